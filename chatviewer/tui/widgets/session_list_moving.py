"""How the cursor of a list moves: by rows, pages and groups, and what is scrolled to show it."""

from chatviewer.tui.messages import ListScrolledToEnd, SessionHighlighted
from chatviewer.tui.widgets.session_list_drawing import ListDrawing
from chatviewer.tui.widgets.session_rows import Key

NEAR_THE_END = 5  # rows


class ListMoving(ListDrawing):
    """Puts the cursor on rows and tells of it."""

    def _cursor_key(self) -> Key | None:
        return self._rows.key(self.cursor) if 0 <= self.cursor < len(self._rows) else None

    @property
    def cursor_id(self) -> int | None:
        """The id of the session under the cursor."""
        return self._rows.session_id(self.cursor) if 0 <= self.cursor < len(self._rows) else None

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and show it."""
        if not len(self._rows):
            return
        before, top = self.cursor, self.scroll_y
        self.cursor = max(0, min(row, len(self._rows) - 1))
        self._marks.follow(self.cursor, self._rows.session_id)
        self._show_cursor()
        if self.scroll_y == top and before >= 0:
            for each in {before, self.cursor}:
                self.refresh_lines(self._layout_rows.line_of(each), self._layout_rows.row_height)
        else:
            self.refresh()
        self._tell_cursor()
        if self.cursor >= len(self._rows) - NEAR_THE_END:
            self.post_message(ListScrolledToEnd())

    def _go_to_group(self, row: int) -> None:
        """Put the cursor on the first row of a group; where that was not on the screen, its heading comes to the top."""
        before = round(self.scroll_y)
        self.move_cursor(row)
        if round(self.scroll_y) != before:
            self.scroll_to(y=max(0, self._cursor_line() - 1), animate=False, immediate=True)

    def _tell_cursor(self) -> None:
        self.post_message(SessionHighlighted(self.cursor_id, self.cursor, len(self._rows)))

    def _move_by_lines(self, lines: int) -> None:
        """So many lines on, but at least to the next row: headings take their part of a page."""
        row = self._layout_rows.row_at(self._cursor_line() + lines)
        self.move_cursor(max(row, self.cursor + 1) if lines > 0 else min(row, self.cursor - 1))

    def _page(self) -> int:
        """Lines of rows on the screen, one row of them being seen again after a page."""
        return self.scrollable_content_region.height - 1 - self._layout_rows.row_height

    def action_cursor_down(self) -> None:
        self.move_cursor(self.cursor + 1)

    def action_cursor_up(self) -> None:
        self.move_cursor(self.cursor - 1)

    def action_half_page_down(self) -> None:
        self._move_by_lines(max(1, self._page() // 2))

    def action_half_page_up(self) -> None:
        self._move_by_lines(-max(1, self._page() // 2))

    def action_page_down(self) -> None:
        self._move_by_lines(max(1, self._page()))

    def action_page_up(self) -> None:
        self._move_by_lines(-max(1, self._page()))

    def action_first(self) -> None:
        self.move_cursor(0)

    def action_last(self) -> None:
        self.move_cursor(len(self._rows) - 1)

    def action_next_group(self) -> None:
        self._go_to_group(self._layout_rows.next_group(self.cursor))

    def action_previous_group(self) -> None:
        self._go_to_group(self._layout_rows.previous_group(self.cursor))
