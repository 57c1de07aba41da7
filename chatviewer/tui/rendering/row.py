"""A row of the screen before it is painted, and breaking long text into rows."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes
from textual.content import Content, Span

MUTED = "$foreground 62%"  # $text-muted is an "auto" colour, which only a widget's own style resolves
ACCENT = "$text-accent"
PRIMARY = "$text-primary"
ERROR = "$text-error"
SECONDARY = "$text-secondary"
SUCCESS = "$text-success"
WARNING = "$text-warning"
CODE_FILL = "on $panel 45%"

CUT_AT = 4_000  # characters of one line that are shown
FOLD_SIGN = "↪ "  # in front of a row that continues a line of code or output
MINIMUM_WIDTH = 8  # below that, text is laid out as if there were this much room


class Row(NamedTuple):
    """One row. `fill` styles it over its whole width; `indent` columns at the left stay outside the fill."""

    content: Content
    fill: str = ""
    indent: int = 0

    @property
    def plain(self) -> str:
        return " " * self.indent + self.content.plain


BLANK = Row(Content(""))


def cut(line: str) -> str:
    """The line as far as it is shown, with a sign of how much is hidden."""
    return line if len(line) <= CUT_AT else f"{line[:CUT_AT]} … ({len(line) - CUT_AT:,} more characters)"


def break_words(text: str, width: int) -> list[tuple[int, int]]:
    """Where rows of at most `width` cells begin and end, broken at spaces where there are any; the space at a break is left out."""
    if text.isascii() or (len(text) <= width and cell_len(text) == len(text)):
        return _break_narrow(text, width)
    return _break_wide(text, width)


def _break_narrow(text: str, width: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    start, length = 0, len(text)
    while length - start > width:
        space = text.rfind(" ", start + 1, start + width + 1)
        if space == -1 or not text[start:space].strip():
            ranges.append((start, start + width))
            start += width
            continue
        end = space
        while end > start and text[end - 1] == " ":
            end -= 1
        ranges.append((start, end))
        start = space + 1
        while start < length and text[start] == " ":
            start += 1
    if start < length or not ranges:
        ranges.append((start, length))
    return ranges


def _break_wide(text: str, width: int) -> list[tuple[int, int]]:
    """As `_break_narrow` for text whose characters differ in width; text without spaces (CJK) breaks between any two."""
    ranges: list[tuple[int, int]] = []
    start = used = 0
    space, space_used = -1, 0  # the last space of this row, and the cells up to behind it
    for begin, end, cells in split_graphemes(text)[0]:
        if used + cells > width and begin > start:
            if text[begin] == " ":
                ranges.append((start, begin))
                start, used, space = begin + 1, 0, -1
                continue
            if space > start:
                ranges.append((start, space))
                start, used, space = space + 1, used - space_used, -1
            else:
                ranges.append((start, begin))
                start, used, space = begin, 0, -1
        used += cells
        if text[begin] == " ":
            space, space_used = begin, used
        del end
    if start < len(text) or not ranges:
        ranges.append((start, len(text)))
    return ranges


def break_anywhere(text: str, width: int) -> list[tuple[int, int]]:
    """Where rows of `width` cells begin and end, broken wherever a row is full: for code and output, whose spaces matter."""
    length = len(text)
    if text.isascii():
        return [(start, min(start + width, length)) for start in range(0, length, width)] or [(0, 0)]
    breaks, used = [0], 0
    for begin, _end, cells in split_graphemes(text)[0]:
        if used + cells > width and begin > breaks[-1]:
            breaks.append(begin)
            used = 0
        used += cells
    return list(pairwise([*breaks, length]))


def slices(content: Content, ranges: Sequence[tuple[int, int]]) -> list[Content]:
    """The parts of a content, each with its share of the styles."""
    text, spans = content.plain, content.spans
    if not spans:
        return [Content(text[start:end]) for start, end in ranges]
    starts = [start for start, _end in ranges]
    shares: list[list[Span]] = [[] for _ in ranges]
    for span in spans:
        for number in range(max(0, bisect_right(starts, span.start) - 1), len(ranges)):
            start, end = ranges[number]
            if start >= span.end:
                break
            if span.start < end:
                shares[number].append(Span(max(span.start, start) - start, min(span.end, end) - start, span.style))
    return [Content(text[start:end], share) for (start, end), share in zip(ranges, shares, strict=True)]


def wrap(content: Content, width: int, *, first: Content | None = None, rest: Content | None = None, fill: str = "") -> list[Row]:
    """Rows of words; `first` stands in front of the first row, `rest` (default: as many blanks) in front of all others."""
    return _rows(content, width, first, rest, fill, is_code=False)


def fold(content: Content, width: int, *, first: Content | None = None, rest: Content | None = None, fill: str = "") -> list[Row]:
    """Rows of code or output: nothing is dropped at a break, and a sign shows where a line goes on."""
    return _rows(content, width, first, rest, fill, is_code=True)


def _rows(content: Content, width: int, first: Content | None, rest: Content | None, fill: str, *, is_code: bool) -> list[Row]:
    margin = max(0 if first is None else first.cell_length, 0 if rest is None else rest.cell_length)
    if rest is None and margin:
        rest = Content(" " * margin)
    room = max(MINIMUM_WIDTH, width - margin)
    plain = content.plain
    if (len(plain) <= room and plain.isascii()) or content.cell_length <= room:
        return [Row(content if first is None else first + content, fill)]
    if is_code:
        sign = Content.styled(FOLD_SIGN, MUTED)
        rest = sign if rest is None else rest + sign
        ranges = break_anywhere(plain, max(MINIMUM_WIDTH, room - len(FOLD_SIGN)))
    else:
        ranges = break_words(plain, room)
    rows: list[Row] = []
    for number, part in enumerate(slices(content, ranges)):
        prefix = rest if number else first
        rows.append(Row(part if prefix is None else prefix + part, fill))
    return rows


def beside(left: Content, right: Content, width: int, fill: str = "") -> Row:
    """One row: `left`, cut where it must be, and `right` at the right edge. Where there is no room for both, `left` goes first."""
    right_cells = right.cell_length
    if right_cells and right_cells + MINIMUM_WIDTH > width:
        right, right_cells = Content(""), 0
    room = width - right_cells - (2 if right_cells else 0)
    if left.cell_length > room:
        left = left.truncate(max(1, room), ellipsis=True)
    gap = width - left.cell_length - right_cells
    return Row(Content.assemble(left, " " * gap, right) if right_cells else left, fill)
