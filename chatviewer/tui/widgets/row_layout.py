"""Which line of a list shows what: rows of one height, with headings between them. Pure arithmetic, for any number of rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """What stands on a line: line `offset` of a row, or of a heading. `number` counts rows or headings from 0."""

    is_heading: bool
    number: int
    offset: int


class Heading(NamedTuple):
    """A line above a row, and how many sessions stand under it; None where that is not known (yet)."""

    row: int
    text: str
    size: int | None = None


class RowLayout:
    """`headings` stand in order of their rows. All but the first have `gap` empty lines above."""

    def __init__(self, row_count: int, row_height: int, headings: Sequence[Heading] = (), gap: int = 0) -> None:
        self.row_count = row_count
        self.row_height = row_height
        self.headings = headings
        self.gap = gap
        self._rows = [heading.row for heading in headings]
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

    def heading_of(self, row: int) -> int | None:
        """The number of the heading that a row stands under."""
        index = bisect_right(self._rows, row) - 1
        return index if index >= 0 else None

    def sticky(self, line: int) -> int | None:
        """The number of the heading that is to stay on the top line while the list is scrolled to `line`: that of the row there."""
        place = self.place(line)
        return None if place is None or place.is_heading else self.heading_of(place.number)

    def covered(self, row: int) -> int:
        """The lines above a row that are to be seen with it: its own heading, or the line that the one on top covers."""
        index = self.heading_of(row)
        if index is None:
            return 0
        return self.heading_height(index) if self._rows[index] == row else 1

    def next_group(self, row: int) -> int:
        """The first row under the next heading; the last row where there is none."""
        index = bisect_right(self._rows, row)
        return self._rows[index] if index < len(self._rows) else self.row_count - 1

    def previous_group(self, row: int) -> int:
        """The first row under this heading; for that row itself the first one under the heading before."""
        index = bisect_left(self._rows, row) - 1
        return self._rows[index] if index >= 0 else 0
