"""Tables: columns aligned by display width, cells wrapped where it is narrow, and as records where columns no longer fit."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from chatviewer.tui.rendering.row import MUTED, Row, break_words, slices, wrap

GAP = 3  # between columns: " │ "
SMALLEST_COLUMN = 8
LONGEST_KEPT_WORD = 16  # cells; a longer word may be broken to make room for the other columns
MAX_COLUMNS = 40


def table_rows(header: Sequence[Content], body: Sequence[Sequence[Content]], aligns: Sequence[str], width: int) -> list[Row]:
    """The rows of a table. `aligns` holds left, right or center for each column."""
    count = min(MAX_COLUMNS, max([len(header), *(len(line) for line in body)], default=0))
    if not count:
        return []
    blank = Content("")
    lines = [[*line[:count], *([blank] * (count - len(line)))] for line in (header, *body)]
    natural = [max(1, *(line[column].cell_length for line in lines)) for column in range(count)]
    words = [max(_longest_word(line[column]) for line in lines) for column in range(count)]
    room = width - GAP * (count - 1)
    widths = _fit(natural, words, room) or _fit(natural, [min(SMALLEST_COLUMN, column) for column in natural], room)
    if widths is None:
        return [*_records(lines[0], lines[1:], width), *_hidden_sign(max(len(line) for line in (header, *body)) - count)]
    aligns = [*aligns, *(["left"] * count)][:count]
    rows = [row for cells in [[cell.stylize("bold") for cell in lines[0]]] for row in _line(cells, widths, aligns)]
    rows.append(Row(Content.styled("─┼─".join("─" * column for column in widths), MUTED)))
    hidden = max(len(line) for line in (header, *body)) - count
    is_wrapped = any(cell.cell_length > widths[column] for line in lines[1:] for column, cell in enumerate(line))
    for number, line in enumerate(lines[1:]):
        if number and is_wrapped:
            rows.append(Row(Content.styled("╌┼╌".join("╌" * column for column in widths), MUTED)))
        rows += _line(line, widths, aligns)
    return [*rows, *_hidden_sign(hidden)]


def _hidden_sign(columns: int) -> list[Row]:
    return [Row(Content.styled(f"… {columns:,} more columns", MUTED))] if columns > 0 else []


def _longest_word(cell: Content) -> int:
    return min(LONGEST_KEPT_WORD, cell.cell_length, max(SMALLEST_COLUMN, *map(cell_len, cell.plain.split(" "))))


def _fit(natural: list[int], smallest: list[int], room: int) -> list[int] | None:
    """Widths that fit: the widest columns give first. None if even the smallest do not."""
    if sum(natural) <= room:
        return natural
    if sum(smallest) > room:
        return None
    low, high = 1, max(natural)
    while low < high:  # the largest limit for which all columns together fit
        limit = (low + high + 1) // 2
        if sum(max(least, min(column, limit)) for column, least in zip(natural, smallest, strict=True)) <= room:
            low = limit
        else:
            high = limit - 1
    widths = [max(least, min(column, low)) for column, least in zip(natural, smallest, strict=True)]
    spare = room - sum(widths)
    for column in range(len(widths)):
        more = min(spare, natural[column] - widths[column])
        widths[column] += more
        spare -= more
    return widths


def _line(cells: Sequence[Content], widths: Sequence[int], aligns: Sequence[str]) -> list[Row]:
    separator = Content.styled(" │ ", MUTED)
    columns = [slices(cell, break_words(cell.plain, width)) for cell, width in zip(cells, widths, strict=True)]
    rows: list[Row] = []
    for number in range(max(len(column) for column in columns)):
        parts = [
            _align(column[number] if number < len(column) else Content(""), width, align)
            for column, width, align in zip(columns, widths, aligns, strict=True)
        ]
        rows.append(Row(separator.join(parts)))
    return rows


def _align(cell: Content, width: int, align: str) -> Content:
    space = max(0, width - cell.cell_length)
    left = space if align == "right" else space // 2 if align == "center" else 0
    return cell.pad(left, space - left) if space else cell


def _records(header: Sequence[Content], body: Sequence[Sequence[Content]], width: int) -> list[Row]:
    """Each line of the table as "name: value" lines, for when the columns do not fit side by side."""
    rows: list[Row] = []
    for number, line in enumerate(body):
        if number:
            rows.append(Row(Content.styled("─" * min(width, 20), MUTED)))
        for name, cell in zip(header, line, strict=True):
            rows += wrap(Content.assemble(name.stylize("bold"), ": ", cell), width, rest=Content("  "))
    return rows
