"""The moving and drawing part of the transcript: an anchor and a cursor in a `TranscriptLayout`, drawn by the line API.

The anchor is a place in the conversation, not a scroll offset: what stands above it may be laid out, folded, loaded or estimated anew
without anything moving on the screen. `scroll_y` follows from it, for the scroll bar only.
"""

from collections.abc import Callable, Sequence

from textual import events
from textual.geometry import Offset, Region, Size
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.selection import Selection
from textual.strip import Strip

from chatviewer.domain import Role
from chatviewer.tui.messages import MessageHighlighted
from chatviewer.tui.rendering.row import Row
from chatviewer.tui.widgets.scrolling import QuickScrollView
from chatviewer.tui.widgets.transcript_layout import TranscriptLayout
from chatviewer.tui.widgets.transcript_painting import GUTTER, RIGHT_MARGIN, SELECTED, Look, Mark, Painter
from chatviewer.tui.widgets.transcript_plan import Bookmark, Position

WHEEL_ROWS = 3
MAX_SELECTED_ROWS = 20_000
_PIECE_BITS, _ROW_BITS = 20, 20  # how a position is packed into the `y` of a text selection


class TranscriptNavigation(QuickScrollView, can_focus=True):
    """Shows a layout; moves through it by rows, pages, messages and prompts."""

    DEFAULT_CSS = """
    TranscriptNavigation {
        overflow-y: scroll;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's own word
        super().__init__(name=name, id=id, classes=classes)
        self.layout_of_rows = TranscriptLayout()
        self.painter = Painter(self)
        self.top = Position(0)
        self.cursor = Position(0)
        self.is_at_end = False  # the reader went to the end: new heights there must not move it away
        self._visible: list[tuple[Position, Row]] | None = None
        self._highlighted: tuple[int, str | None] | None = None
        self._drawn: tuple[int, list[tuple[Position, Look]]] = (-1, [])  # what the screen shows, and in which generation of strips

    # What is on the screen

    @property
    def page_height(self) -> int:
        return max(1, self.size.height)

    @property
    def text_width(self) -> int:
        return max(10, self.row_width - GUTTER - RIGHT_MARGIN)

    @property
    def row_width(self) -> int:
        """Columns beside the scroll bar, which `size` counts too."""
        return self.size.width - self.styles.scrollbar_size_vertical

    @property
    def cursor_seq(self) -> int:
        """The sequence number of the message under the cursor; -1 in an empty transcript."""
        path = self.layout_of_rows.path
        return path[min(self.cursor.at, len(path) - 1)] if path else -1

    def visible_lines(self) -> list[tuple[Position, Row]]:
        """The rows on the screen with their positions. Moves the anchor up if the screen would end in nothing."""
        if self._visible is None:
            layout, height = self.layout_of_rows, self.page_height
            lines = list(layout.lines(self.top, height))
            if len(lines) < height and layout.path:
                self.top = layout.move(layout.end(), 1 - height)
                lines = list(layout.lines(self.top, height))
            self._visible = lines
        return self._visible

    def render_line(self, y: int) -> Strip:
        lines = self.visible_lines()
        width = self.row_width
        if y >= len(lines):
            return self.painter.blank(width)
        position, row = lines[y]
        look = Look(position == self.cursor, position.at == self.cursor.at, self.has_focus)
        number = _packed(position)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, end = max(0, span[0] - GUTTER), len(row.plain) if span[1] == -1 else max(0, span[1] - GUTTER)
            marks = [*self.marks_of(position), Mark(start, end, SELECTED)]
            strip = self.painter.paint(row, width, look, marks)
        else:
            strip = self.painter.strip(position, row, width, look, self.marks_of(position))
        return strip.apply_offsets(0, number)

    def marks_of(self, position: Position) -> Sequence[Mark]:
        """What is lit in a row."""
        return ()

    def _redraw(self, lines: Sequence[tuple[Position, Row]]) -> None:
        """Draws the rows that look different now: of a step of the cursor two, or two messages, not the whole screen. What comes with
        the focus Textual draws anew by itself."""
        generation, before = self._drawn
        now = [(position, Look(position == self.cursor, position.at == self.cursor.at)) for position, _row in lines]
        self._drawn = (self.painter.generation, now)
        if generation != self.painter.generation or len(before) != len(now):
            self.refresh()
        elif changed := [line for line, (old, new) in enumerate(zip(before, now, strict=True)) if old != new]:
            self.refresh(*(Region(0, line, self.size.width, 1) for line in changed))

    # Keeping the eye in place

    def relayout(self, change: Callable[[], None]) -> None:
        """Makes a change of the layout; the row under the cursor stays on its line of the screen."""
        layout = self.layout_of_rows
        cursor = layout.bookmark(self.cursor)
        line = self._screen_line(self.cursor)
        top = layout.bookmark(self.top) if line is None else None
        change()
        self.restore(cursor, line, top)

    def restore(self, cursor: Bookmark, line: int | None, top: Bookmark | None = None) -> None:
        """Puts the cursor on a place, and that on a line of the screen; with `top` the cursor is off the screen and the top stays."""
        layout = self.layout_of_rows
        self.painter.clear()
        self.cursor = layout.find(cursor)
        if self.is_at_end:
            self.cursor = layout.end()
            self.top = layout.move(self.cursor, 1 - self.page_height)
        elif top is not None:
            self.top = layout.find(top)
        else:
            self.top = layout.move(self.cursor, -(line or 0))
        self.moved()

    def _screen_line(self, position: Position) -> int | None:
        for line, (there, _row) in enumerate(self.visible_lines()):
            if there == position:
                return line
        return None

    def moved(self) -> None:
        """After any move: draws, sets the scroll bar, says which message the cursor is on, asks for what is missing."""
        self._visible = None
        lines = self.visible_lines()
        if lines:
            self.need(lines[0][0].at, lines[-1][0].at)
        self._sync_scroll_bar()
        self._redraw(lines)
        self._tell_message()

    def need(self, first: int, last: int) -> None:
        """The messages from one index to another are on the screen."""

    def _tell_message(self) -> None:
        layout = self.layout_of_rows
        seq = self.cursor_seq
        message = layout.message(seq) if seq != -1 else None
        fact = (seq, message.uid if message else None)
        if seq != -1 and fact != self._highlighted:
            self._highlighted = fact
            self.post_message(MessageHighlighted(seq, self.cursor.at + 1, len(layout.path), fact[1]))

    def _sync_scroll_bar(self) -> None:
        layout = self.layout_of_rows
        total = max(layout.total, self.page_height) if layout.path else 0
        offset = layout.offset(self.top)
        # without watchers: the position does not follow from `scroll_y`, it is the other way round
        self.set_reactive(TranscriptNavigation.virtual_size, Size(self.row_width, total))
        self.set_reactive(TranscriptNavigation.scroll_y, float(offset))
        self.set_reactive(TranscriptNavigation.scroll_target_y, float(offset))
        if self.is_mounted and self.show_vertical_scrollbar:
            bar = self.vertical_scrollbar
            bar.window_virtual_size = total
            bar.window_size = self.page_height
            bar.position = offset

    # Moving

    def go(self, position: Position, *, line: int | None = None) -> None:
        """Puts the cursor on a row and shows it: on this line of the screen, else where it is if it is on the screen already."""
        layout = self.layout_of_rows
        self.is_at_end = False
        self.cursor = layout.clamp(position)
        if line is not None:
            self.top = layout.move(self.cursor, -line)
        else:
            self._show_cursor()
        self.moved()

    def _show_cursor(self) -> None:
        layout, height = self.layout_of_rows, self.page_height
        margin = min(3, height // 4)
        lines = self.visible_lines()
        if not lines or self.cursor < lines[0][0]:
            self.top = layout.move(self.cursor, -margin)
        elif self.cursor > lines[-1][0]:
            self.top = layout.move(self.cursor, margin + 1 - height)
        else:
            line = next((number for number, (there, _row) in enumerate(lines) if there >= self.cursor), 0)
            if line < margin:
                self.top = layout.move(self.top, line - margin)
            elif line > height - 1 - margin:
                self.top = layout.move(self.top, line - (height - 1 - margin))

    def scroll_rows(self, rows: int) -> None:
        """Moves the screen; the cursor stays on its row as long as that is on the screen."""
        layout = self.layout_of_rows
        self.is_at_end = False
        self.top = layout.move(self.top, rows)
        self._visible = None
        lines = self.visible_lines()
        if lines:
            self.cursor = min(max(self.cursor, lines[0][0]), lines[-1][0])
        self.moved()

    def move_page(self, rows: int) -> None:
        """Moves screen and cursor together; at the ends the cursor goes on alone."""
        layout = self.layout_of_rows
        line = self._screen_line(self.cursor)
        self.is_at_end = False
        self.cursor = layout.move(self.cursor, rows)
        if line is None:
            self._show_cursor()
        else:
            self.top = layout.move(self.cursor, -line)
        self.moved()

    def go_to_message(self, index: int, *, at_top: bool = False) -> None:
        """Puts the cursor on a message's header, and as much of the message on the screen as there is room for."""
        layout = self.layout_of_rows
        start = layout.start(index)
        lines = self.visible_lines()
        is_whole = bool(lines) and lines[0][0] <= start and Position(index + 1) <= lines[-1][0]
        self.go(start, line=None if is_whole and not at_top else 1 if index else 0)

    def _step_message(self, step: int, *, only_prompts: bool = False) -> None:
        layout = self.layout_of_rows
        if not layout.path:
            return
        index = self.cursor.at
        if step < 0 and self.cursor > layout.start(index) and not (only_prompts and layout.stub(index).role is not Role.USER):
            self.go_to_message(index, at_top=only_prompts)
            return
        index += step
        while 0 <= index < len(layout.path):
            if layout.is_shown(index) and (not only_prompts or layout.stub(index).role is Role.USER):
                self.go_to_message(index, at_top=only_prompts)
                return
            index += step
        if step > 0 and not only_prompts:
            self.action_last()

    def action_cursor_down(self) -> None:
        self.go(self.layout_of_rows.move(self.cursor, 1))

    def action_cursor_up(self) -> None:
        self.go(self.layout_of_rows.move(self.cursor, -1))

    def action_half_page_down(self) -> None:
        self.move_page(self.page_height // 2)

    def action_half_page_up(self) -> None:
        self.move_page(-(self.page_height // 2))

    def action_page_down(self) -> None:
        self.move_page(max(1, self.page_height - 2))

    def action_page_up(self) -> None:
        self.move_page(-max(1, self.page_height - 2))

    def action_first(self) -> None:
        self.go(Position(0), line=0)

    def action_last(self) -> None:
        layout = self.layout_of_rows
        self.cursor = layout.end()
        self.top = layout.move(self.cursor, 1 - self.page_height)
        self.is_at_end = True
        self.moved()

    def action_next_message(self) -> None:
        self._step_message(1)

    def action_previous_message(self) -> None:
        self._step_message(-1)

    def action_next_prompt(self) -> None:
        self._step_message(1, only_prompts=True)

    def action_previous_prompt(self) -> None:
        self._step_message(-1, only_prompts=True)

    # Mouse, scroll bar, selection, size

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop().prevent_default()
        self.scroll_rows(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop().prevent_default()
        self.scroll_rows(-WHEEL_ROWS)

    def on_scroll_to(self, message: ScrollTo) -> None:
        """The scroll bar was dragged."""
        message.stop().prevent_default()
        if message.y is None:
            return
        layout = self.layout_of_rows
        if round(message.y) >= layout.total - self.page_height:
            self.top = layout.move(layout.end(), 1 - self.page_height)
        else:
            self.top = layout.at_offset(round(message.y))
        self.scroll_rows(0)

    def on_scroll_up(self, message: ScrollUp) -> None:
        message.stop().prevent_default()
        self.scroll_rows(2 - self.page_height)

    def on_scroll_down(self, message: ScrollDown) -> None:
        message.stop().prevent_default()
        self.scroll_rows(self.page_height - 2)

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        position = self.position_at(event.get_content_offset(self))
        if position is not None:
            self.go(position)
            if event.chain == 1 and event.button == 1:
                self.clicked(position)

    def clicked(self, position: Position) -> None:
        """A row was clicked."""

    def position_at(self, offset: Offset | None) -> Position | None:
        lines = self.visible_lines()
        return lines[offset.y][0] if offset is not None and 0 <= offset.y < len(lines) else None

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it is on the screen, without the gutter."""
        layout = self.layout_of_rows
        start = _unpacked(selection.start.y) if selection.start is not None else self.top
        parts: list[str] = []
        for position, row in layout.lines(layout.clamp(start), MAX_SELECTED_ROWS):
            span = selection.get_span(_packed(position))
            if span is None:
                break
            text = row.plain
            parts.append(text[max(0, span[0] - GUTTER) : None if span[1] == -1 else max(0, span[1] - GUTTER)].rstrip())
        return ("\n".join(parts), "\n") if parts else None

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def on_resize(self) -> None:
        width = self.text_width
        if width != self.layout_of_rows.width:
            self.relayout(lambda: self.layout_of_rows.set_width(width))
        else:
            self._visible = None
            if not self.is_at_end:
                self._show_cursor()
            else:
                self.top = self.layout_of_rows.move(self.cursor, 1 - self.page_height)
            self.moved()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.painter.clear_styles()


def _packed(position: Position) -> int:
    """A position as one number that grows with it."""
    return (position.at << (_PIECE_BITS + _ROW_BITS)) + (position.piece << _ROW_BITS) + position.row


def _unpacked(number: int) -> Position:
    row_mask, piece_mask = (1 << _ROW_BITS) - 1, (1 << _PIECE_BITS) - 1
    return Position(number >> (_PIECE_BITS + _ROW_BITS), (number >> _ROW_BITS) & piece_mask, number & row_mask)
