"""Columns for people: aligned by the cells that a terminal uses, cut to its width. Where stdout is no terminal: tabs, whole values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chatviewer.cli.output import dim, is_terminal, say, terminal_width
from chatviewer.domain.record import NamedTuple
from chatviewer.domain.sanitizing import safe_line

MIN_FLEXIBLE = 16
COMFORTABLE = 32  # cells of a flexible column; below that other columns give way
GAP = "  "


class Column(NamedTuple):
    """`is_flexible`: gets the width that the others leave. `style` dresses a cell that is already padded. Where a flexible column gets
    little room, those with `yields` are left out, the highest number first."""

    title: str
    is_right: bool = False
    is_flexible: bool = False
    style: Callable[[str], str] | None = None
    limit: int = 40  # cells, unless flexible
    yields: int = 0


def say_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows; a terminal gets a heading, a pipe gets lines of values with tabs between, for `cut` and `awk`."""
    if not is_terminal():
        for row in rows:
            say("\t".join(safe_line(cell) for cell in row))
        return
    cells = [[safe_line(cell, 2000) for cell in row] for row in rows]
    if not cells:
        return
    columns, cells = _without_yielding(columns, cells)
    widths = _widths(columns, cells)
    say(dim(_joined([_fitted(column.title, width, column.is_right) for column, width in zip(columns, widths, strict=True)])))
    for row in cells:
        dressed = []
        for column, width, cell in zip(columns, widths, row, strict=True):
            fitted = cut_to(cell, width) if column is columns[-1] and not column.is_right else _fitted(cell, width, column.is_right)
            dressed.append(column.style(fitted) if column.style else fitted)
        say(_joined(dressed))


def _joined(cells: list[str]) -> str:
    return GAP.join(cells).rstrip()


def _without_yielding(columns: Sequence[Column], rows: list[list[str]]) -> tuple[Sequence[Column], list[list[str]]]:
    """The columns that a terminal of this width has room for, and their cells."""
    while any(column.yields for column in columns) and _is_cramped(columns, rows):
        gone = max(range(len(columns)), key=lambda index: columns[index].yields)
        columns = [*columns[:gone], *columns[gone + 1 :]]
        rows = [[*row[:gone], *row[gone + 1 :]] for row in rows]
    return columns, rows


def _is_cramped(columns: Sequence[Column], rows: list[list[str]]) -> bool:
    """Whether a flexible column is cut although it is not comfortably wide."""
    widths = _widths(columns, rows)
    return any(
        column.is_flexible and widths[index] < min(COMFORTABLE, max(cell_width(row[index]) for row in rows))
        for index, column in enumerate(columns)
    )


def _widths(columns: Sequence[Column], rows: list[list[str]]) -> list[int]:
    widths = [cell_width(column.title) for column in columns]
    for row in rows:
        for index, cell in enumerate(row):
            width = cell_width(cell)
            if width > widths[index]:
                widths[index] = width
    widths = [width if column.is_flexible else min(width, column.limit) for column, width in zip(columns, widths, strict=True)]
    spare = terminal_width() - len(GAP) * (len(columns) - 1) - sum(widths)
    flexible = [index for index, column in enumerate(columns) if column.is_flexible]
    for index in flexible:
        if spare < 0:
            cut = min(-spare, max(0, widths[index] - MIN_FLEXIBLE))
            widths[index] -= cut
            spare += cut
    return widths


def _fitted(text: str, width: int, is_right: bool) -> str:
    text = cut_to(text, width)
    padding = " " * (width - cell_width(text))
    return padding + text if is_right else text + padding


def cut_to(text: str, width: int) -> str:
    """At most `width` cells, the last one then an ellipsis."""
    if cell_width(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _cells(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def cell_width(text: str) -> int:
    """The cells that a terminal uses for a harmless line."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if character < "\u0300":
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
