"""How a list draws its rows, and how it asks for those that it is about to draw.

A line API widget: a line is made when it is looked at, so it costs the same for ten sessions and for a hundred thousand.
"""

from array import array
from collections.abc import Callable
from datetime import UTC, datetime

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.visual import Visual

from chatviewer.tui.messages import SummariesNeeded
from chatviewer.tui.widgets.hit_painting import HitPainter
from chatviewer.tui.widgets.marks import Marks
from chatviewer.tui.widgets.row_layout import Place
from chatviewer.tui.widgets.row_painting import FOLDED, UNFOLDED, Looks, RowState
from chatviewer.tui.widgets.scrolling import QuickScrollView
from chatviewer.tui.widgets.session_rows import HitRows, Rows, SessionRows
from chatviewer.tui.widgets.summary_memory import SummaryMemory

EMPTY_MARGIN = 2  # cells
PAGE = 60  # sessions fetched at once, before and behind what is seen


class ListDrawing(QuickScrollView, can_focus=True):
    """Rows, headings between them, the heading of the topmost row on the top line; a cursor and marks as they stand."""

    COMPONENT_CLASSES = {
        "session-list--title",
        "session-list--strong",
        "session-list--dim",
        "session-list--accent",
        "session-list--tag",
        "session-list--heading",
        "session-list--sticky",
        "session-list--match",
        "session-list--cursor",
        "session-list--marked",
        "session-list--empty",
    }

    ALLOW_SELECT = False

    is_dense = reactive(False, init=False)
    has_dates = reactive(False, init=False)

    def __init__(self, when: Callable[[], datetime] = lambda: datetime.now(UTC), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.when = when
        self.cursor = -1
        self._marks = Marks(self._tell_marks)
        self._summaries = SummaryMemory()
        self._rows: Rows = SessionRows(array("q"))
        self._layout_rows = self._rows.layout(False)
        self._painter: HitPainter | None = None
        self._grounds: dict[str, Style] = {}
        self._empty = Content("")
        self._empty_strips: tuple[int, list[Strip]] | None = None

    def _tell_marks(self, count: int) -> None:
        """Other rows are marked now."""
        self.refresh()

    def _cursor_line(self) -> int:
        return self._layout_rows.line_of(self.cursor) if self.cursor >= 0 else 0

    def _show_cursor(self) -> None:
        """Scroll as little as it takes to see the row under the cursor, with the heading above it."""
        height = self.scrollable_content_region.height
        if self.cursor < 0 or height <= 0:
            return
        row_height = self._layout_rows.row_height
        above = max(0, min(self._layout_rows.covered(self.cursor), height - row_height))
        top, bottom = self._cursor_line() - above, self._cursor_line() + row_height
        if top < self.scroll_y:
            self.scroll_to(y=top, animate=False, immediate=True)
        elif bottom > self.scroll_y + height:
            self.scroll_to(y=bottom - height, animate=False, immediate=True)

    def watch_is_dense(self) -> None:
        self._painter = None
        line = self._cursor_line() - round(self.scroll_y)
        self._layout_rows = self._rows.layout(self.is_dense)
        self._resize_virtual()
        if self.cursor >= 0:
            self.scroll_to(y=max(0, self._cursor_line() - line), animate=False, immediate=True)
            self._show_cursor()
        self._request_visible()
        self.refresh()

    def watch_has_dates(self) -> None:
        self._painter = None
        self.refresh()

    def notify_style_update(self) -> None:
        self._painter = None
        self._grounds = {}
        self._empty_strips = None
        super().notify_style_update()

    def _resize_virtual(self) -> None:
        self.put_virtual_size(Size(self.scrollable_content_region.width, self._layout_rows.line_count))

    def on_resize(self) -> None:
        self._resize_virtual()
        self._show_cursor()
        self._request_visible()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._request_visible()

    def _request_visible(self) -> None:
        """Ask for the rows on the screen and a page around them, once."""
        if not isinstance(self._rows, SessionRows) or not len(self._rows):
            return
        top = round(self.scroll_y)
        first = self._layout_rows.row_at(top)
        last = self._layout_rows.row_at(top + max(1, self.scrollable_content_region.height))
        ids = self._rows.ids
        margin = PAGE // 3
        around = (ids[max(0, first - margin)], ids[min(len(ids) - 1, last + margin)])
        if self._summaries.are_fresh((*ids[first : last + 1], *around)):
            return
        wanted = self._summaries.ask(ids[max(0, first - PAGE) : last + PAGE])
        if wanted:
            self.post_message(SummariesNeeded(wanted))

    def _paints(self) -> HitPainter:
        if self._painter is None:
            names = ("title", "strong", "dim", "accent", "tag", "heading", "match")
            looks = Looks(*(self._text_style(f"session-list--{name}", keep_ground=name == "match") for name in names))
            self._painter = HitPainter(looks, self.when, is_dense=self.is_dense, has_dates=self.has_dates)
        return self._painter

    def _text_style(self, name: str, *, keep_ground: bool = False) -> Style:
        style = self.get_visual_style(name).rich_style
        if keep_ground:
            return style
        return Style(color=style.color, bold=style.bold, italic=style.italic, underline=style.underline)

    def _top_ground(self) -> Style:
        if "top" not in self._grounds:
            style = self.get_visual_style("session-list--sticky").rich_style
            self._grounds["top"] = Style(bgcolor=style.bgcolor)
        return self._grounds["top"]

    def _ground(self, state: RowState) -> Style:
        name = f"cursor{state.has_focus}" if state.is_cursor else "marked" if state.is_marked else "plain"
        if name not in self._grounds:
            component = "cursor" if state.is_cursor else "marked"
            style = self.plain_style if name == "plain" else self.get_visual_style(f"session-list--{component}").rich_style
            self._grounds[name] = Style(color=style.color, bgcolor=style.bgcolor)
        return self._grounds[name]

    def _place_on(self, y: int) -> Place | None:
        """What stands on a line of the screen: on the top one the heading of the row that it covers."""
        top = round(self.scroll_y)
        sticky = self._layout_rows.sticky(top) if y == 0 else None
        return self._layout_rows.place(top + y) if sticky is None else Place(True, sticky, self._layout_rows.heading_height(sticky) - 1)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if not len(self._rows):
            return self._empty_line(y, width)
        place = self._place_on(y)
        if place is None:
            return Strip.blank(width, self.plain_style)
        if place.is_heading:
            is_gap = place.offset < self._layout_rows.heading_height(place.number) - 1
            ground = self._top_ground() if y == 0 and not is_gap else self.plain_style
            segments = [Segment(" " * width)] if is_gap else self._heading(place.number, width)
            return Strip(segments).apply_style(ground).adjust_cell_length(width, ground)
        session_id = self._rows.session_id(place.number)
        state = RowState(place.number == self.cursor, session_id in self._marks.ids, self.has_focus, self._rows.depth(place.number))
        segments = self._row(place.number, session_id, place.offset, width, state)
        ground = self._ground(state)
        return Strip(segments).apply_style(ground).adjust_cell_length(width, ground)

    def _empty_line(self, y: int, width: int) -> Strip:
        if self._empty_strips is None or self._empty_strips[0] != width:
            style = self.get_visual_style("session-list--empty")
            room = max(1, width - 2 * EMPTY_MARGIN)
            self._empty_strips = (width, Visual.to_strips(self, self._empty, room, None, style))
        lines = self._empty_strips[1]
        line = y - 1
        if not 0 <= line < len(lines):
            return Strip.blank(width, self.plain_style)
        margin = Strip.blank(EMPTY_MARGIN, self.plain_style)
        return Strip.join([margin, lines[line]]).adjust_cell_length(width, self.plain_style)

    def _heading(self, index: int, width: int) -> list[Segment]:
        heading = self._layout_rows.headings[index]
        if isinstance(self._rows, HitRows):
            return self._paints().hit_heading(self._rows.hits[heading.row], width)
        return self._paints().heading(heading, width)

    def _row(self, row: int, session_id: int, offset: int, width: int, state: RowState) -> list[Segment]:
        rows = self._rows
        if isinstance(rows, HitRows):
            return self._paints().hit(rows.hits[row], offset, width, state)
        summary = self._summaries.get(session_id)
        if summary is None:
            return self._paints().waiting(offset, width, state)
        if isinstance(rows, SessionRows):
            fold = (UNFOLDED if rows.is_unfolded(row) else FOLDED) if rows.can_unfold and summary.child_count else ""
            state = state._replace(fold=fold, told=rows.group)
        return self._paints().session(summary, offset, width, state)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
