"""Which line of a list shows what: rows of one height, with headings between them. Pure arithmetic, for any number of rows."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """What stands on a line: line `offset` of a row, or of a heading. `number` counts rows or headings from 0."""

    is_heading: bool
    number: int
    offset: int


class RowLayout:
    """`headings` are (row, text) in order of rows: the text stands above that row. All but the first have `gap` empty lines above."""

    def __init__(self, row_count: int, row_height: int, headings: Sequence[tuple[int, str]] = (), gap: int = 0) -> None:
        self.row_count = row_count
        self.row_height = row_height
        self.headings = headings
        self.gap = gap
        self._rows = [row for row, _ in headings]
        self._first_lines: list[int] = []
        above = 0
        for index, row in enumerate(self._rows):
            self._first_lines.append(row * row_height + above)
            above += self.heading_height(index)
        self.line_count = row_count * row_height + above

    def heading_height(self, index: int) -> int:
        return 1 + (self.gap if index else 0)

    def line_of(self, row: int) -> int:
        """The first line of a row."""
        index = bisect_right(self._rows, row) - 1
        if index < 0:
            return row * self.row_height
        return self._first_lines[index] + self.heading_height(index) + (row - self._rows[index]) * self.row_height

    def place(self, line: int) -> Place | None:
        """What stands on a line; None below the end."""
        if not 0 <= line < self.line_count:
            return None
        index = bisect_right(self._first_lines, line) - 1
        if index < 0:
            return Place(False, *divmod(line, self.row_height))
        inside = line - self._first_lines[index]
        height = self.heading_height(index)
        if inside < height:
            return Place(True, index, inside)
        row, offset = divmod(inside - height, self.row_height)
        return Place(False, self._rows[index] + row, offset)

    def row_at(self, line: int) -> int:
        """The row on a line, or the next one below it; the last one below the end; -1 in an empty list."""
        place = self.place(max(0, line))
        if place is None:
            return self.row_count - 1
        return self._rows[place.number] if place.is_heading else place.number

    def heading_above(self, row: int) -> int:
        """The height of the heading directly above a row, 0 where there is none."""
        index = bisect_right(self._rows, row) - 1
        return self.heading_height(index) if index >= 0 and self._rows[index] == row else 0
