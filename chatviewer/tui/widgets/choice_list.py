"""Lines to choose one from. However many there are, only those that are seen are made."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual


class ChoiceList(ScrollView):
    """A cursor over `line_count` lines; `line` makes one of them. It is moved by the widget that has the focus."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--cursor"}

    class Chosen(Message):
        """Intent: take this line."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, line: Callable[[int], Content], empty: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.can_focus = False
        self._line = line
        self._empty = Content.styled(empty, "dim")
        self.line_count = 0
        self.cursor = 0

    def show(self, line_count: int, cursor: int = 0) -> None:
        """There are other lines now."""
        self.line_count = line_count
        self.virtual_size = Size(self.scrollable_content_region.width, max(1, line_count))
        self.refresh(layout=True)
        self.move_to(cursor)
        self.call_after_refresh(self._keep_in_sight)  # how high the list is depends on how many there are

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        limit = self.styles.max_height  # else what is around it leaves room for all lines
        room = self.line_count if limit is None else int(limit.resolve(container, viewport))
        return max(1, min(self.line_count, room))

    def move_to(self, line: int) -> None:
        """Put the cursor on a line, or on the nearest one that there is."""
        self.cursor = max(0, min(line, self.line_count - 1))
        self._keep_in_sight()
        self.refresh()

    def _keep_in_sight(self) -> None:
        height = self.scrollable_content_region.height
        if self.cursor < self.scroll_y:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif height and self.cursor >= self.scroll_y + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def move(self, how: str) -> None:
        """Down, up, or by a page."""
        page = max(1, self.scrollable_content_region.height - 1)
        steps = {"cursor_down": 1, "cursor_up": -1, "page_down": page, "page_up": -page}
        there = self.cursor + steps[how]
        if how == "cursor_down" and there >= self.line_count:
            there = 0
        elif how == "cursor_up" and there < 0:
            there = self.line_count - 1
        self.move_to(there)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = offset.y + round(self.scroll_y) if offset is not None else -1
        if 0 <= line < self.line_count:
            self.move_to(line)
            self.post_message(self.Chosen(line))

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number = y + round(self.scroll_y)
        if number >= max(1, self.line_count):
            return Strip.blank(width, self.rich_style)
        content = self._line(number) if self.line_count else self._empty
        is_cursor = bool(self.line_count) and number == self.cursor
        style = self.get_visual_style("choices--cursor") if is_cursor else self.visual_style
        strips = Visual.to_strips(self, content, max(1, width), 1, style)
        ground = style.rich_style
        return strips[0].adjust_cell_length(width, ground) if strips else Strip.blank(width, ground)
