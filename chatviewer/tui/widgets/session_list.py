"""The list of sessions or search results. A line API widget: it costs the same for ten sessions and for a hundred thousand.

It holds ids and asks for the rows that can be seen (`SummariesNeeded`); whoever answers calls `put_summaries`.
"""

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from chatviewer.domain import Hit, SessionSummary
from chatviewer.tui.actions import LIST, bindings
from chatviewer.tui.messages import ListScrolledToEnd, MarksChanged, SessionChosen, SessionHighlighted, SummariesNeeded
from chatviewer.tui.widgets.marks import Marks
from chatviewer.tui.widgets.row_painting import Looks, RowPainter, RowState
from chatviewer.tui.widgets.session_rows import HitRows, Key, Rows, SessionRows
from chatviewer.tui.widgets.summary_memory import SummaryMemory

EMPTY_MARGIN = 2  # cells
PAGE = 60  # sessions fetched at once, before and behind what is seen


class SessionList(ScrollView, can_focus=True):
    """Moves a cursor over rows, keeps marks, asks for what it shows."""

    COMPONENT_CLASSES = {
        "session-list--title",
        "session-list--strong",
        "session-list--dim",
        "session-list--accent",
        "session-list--tag",
        "session-list--heading",
        "session-list--match",
        "session-list--cursor",
        "session-list--marked",
        "session-list--empty",
    }
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST)]

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
        self._painter: RowPainter | None = None
        self._grounds: dict[str, Style] = {}
        self._empty = Content("")
        self._empty_strips: tuple[int, list[Strip]] | None = None

    # What is shown

    @property
    def rows(self) -> Rows:
        return self._rows

    def show(self, rows: Rows, *, summaries: Sequence[SessionSummary] = (), keep_cursor: bool = True) -> None:
        """Show other rows. With `keep_cursor` it stays on its session, else on its place: what follows an archived one moves up."""
        key = self._cursor_key() if keep_cursor else None
        place, line = self.cursor, self._cursor_line() - round(self.scroll_y)
        self._rows = rows
        self._marks.keep(lambda: {rows.session_id(row) for row in range(len(rows))})
        self._layout_rows = rows.layout(self.is_dense)
        self._summaries.expire()
        self._summaries.keep(summaries)
        found = rows.find(key) if key else None
        self.cursor = found if found is not None else min(max(place, 0), len(rows) - 1) if keep_cursor else min(0, len(rows) - 1)
        self._resize_virtual()
        if keep_cursor and self.cursor >= 0:
            self.scroll_to(y=max(0, self._cursor_line() - line), animate=False, immediate=True)
        else:
            self.scroll_to(y=0, animate=False, immediate=True)
        self._show_cursor()
        self.refresh()
        self._request_visible()
        self._tell_cursor()

    def say_when_empty(self, words: Content) -> None:
        """What stands in the place of rows while there are none."""
        self._empty = words
        self._empty_strips = None
        self.refresh()

    def add_hits(self, hits: Sequence[Hit]) -> None:
        """More results of the search that is shown, below the others."""
        if isinstance(self._rows, HitRows):
            key, line = self._cursor_key(), self._cursor_line() - round(self.scroll_y)
            self._rows = HitRows([*self._rows.hits, *hits])
            self._layout_rows = self._rows.layout(self.is_dense)
            self._marks.end_range()
            self._resize_virtual()
            if key is not None:  # more results of the sessions above have moved it down
                self.cursor = self._rows.find(key) or 0
                self.scroll_to(y=max(0, self._cursor_line() - line), animate=False, immediate=True)
            self.refresh()

    def put_summaries(self, summaries: Sequence[SessionSummary]) -> None:
        """The answer to `SummariesNeeded`."""
        self._summaries.keep(summaries)
        self.refresh()
        if self.cursor >= 0 and any(summary.id == self._rows.session_id(self.cursor) for summary in summaries):
            self._tell_cursor()

    def refresh_summaries(self) -> None:
        """Ask again for what is seen; the old rows stay until the answer comes."""
        self._summaries.expire()
        self._request_visible()

    # Who is meant

    def _cursor_key(self) -> Key | None:
        return self._rows.key(self.cursor) if 0 <= self.cursor < len(self._rows) else None

    @property
    def cursor_id(self) -> int | None:
        """The id of the session under the cursor."""
        return self._rows.session_id(self.cursor) if 0 <= self.cursor < len(self._rows) else None

    @property
    def cursor_summary(self) -> SessionSummary | None:
        """None while it is being fetched."""
        found = self.cursor_id
        return self._summaries.get(found) if found is not None else None

    def summary_of(self, session_id: int) -> SessionSummary | None:
        """What is known of a session that the list has shown."""
        return self._summaries.get(session_id)

    @property
    def cursor_hit(self) -> Hit | None:
        return self._rows.hits[self.cursor] if isinstance(self._rows, HitRows) and 0 <= self.cursor < len(self._rows) else None

    @property
    def chosen_ids(self) -> list[int]:
        """What an action works on: all that are marked, else the one under the cursor."""
        if self.marks:
            return sorted(self.marks)
        return [self.cursor_id] if self.cursor_id is not None else []

    def titles_of(self, ids: Sequence[int]) -> list[str]:
        """The titles of those that are known, foreign text as it is."""
        known = {hit.session_id: hit.title for hit in self._rows.hits} if isinstance(self._rows, HitRows) else {}
        known |= {summary.id: summary.title for summary in map(self._summaries.get, ids) if summary is not None}
        return [known[id_] for id_ in ids if id_ in known]

    # The cursor

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and show it."""
        if not len(self._rows):
            return
        self.cursor = max(0, min(row, len(self._rows) - 1))
        self._marks.follow(self.cursor, self._rows.session_id)
        self._show_cursor()
        self.refresh()
        self._tell_cursor()
        if self.cursor >= len(self._rows) - 5:
            self.post_message(ListScrolledToEnd())

    def _cursor_line(self) -> int:
        return self._layout_rows.line_of(self.cursor) if self.cursor >= 0 else 0

    def _show_cursor(self) -> None:
        if self.cursor < 0:
            return
        above = self._layout_rows.heading_above(self.cursor)
        region = Region(0, self._cursor_line() - above, 1, self._layout_rows.row_height + above)
        height = self.scrollable_content_region.height
        if height <= 0:
            return
        if region.y < self.scroll_y:
            self.scroll_to(y=region.y, animate=False, immediate=True)
        elif region.bottom > self.scroll_y + height:
            self.scroll_to(y=region.bottom - height, animate=False, immediate=True)

    def _tell_cursor(self) -> None:
        self.post_message(SessionHighlighted(self.cursor_id, self.cursor, len(self._rows)))

    def _rows_on_screen(self) -> int:
        return max(1, self.scrollable_content_region.height // self._layout_rows.row_height)

    def action_cursor_down(self) -> None:
        self.move_cursor(self.cursor + 1)

    def action_cursor_up(self) -> None:
        self.move_cursor(self.cursor - 1)

    def action_half_page_down(self) -> None:
        self.move_cursor(self.cursor + max(1, self._rows_on_screen() // 2))

    def action_half_page_up(self) -> None:
        self.move_cursor(self.cursor - max(1, self._rows_on_screen() // 2))

    def action_page_down(self) -> None:
        self.move_cursor(self.cursor + max(1, self._rows_on_screen() - 1))

    def action_page_up(self) -> None:
        self.move_cursor(self.cursor - max(1, self._rows_on_screen() - 1))

    def action_first(self) -> None:
        self.move_cursor(0)

    def action_last(self) -> None:
        self.move_cursor(len(self._rows) - 1)

    def action_choose(self) -> None:
        if self.cursor_id is not None:
            self.post_message(SessionChosen(self.cursor_id, self.cursor_hit))

    # Marks

    @property
    def marks(self) -> set[int]:
        """Ids of sessions, all of them shown."""
        return self._marks.ids

    def action_mark(self) -> None:
        if self.cursor_id is not None:
            self._marks.toggle(self.cursor_id)
            self.move_cursor(self.cursor + 1)

    def action_mark_range(self) -> None:
        if self.cursor_id is not None:
            self._marks.toggle_range(self.cursor, self.cursor_id)

    def action_mark_all(self) -> None:
        self._marks.toggle_all({self._rows.session_id(row) for row in range(len(self._rows))})

    def clear_marks(self) -> bool:
        """Take all marks away; whether there were any."""
        return self._marks.clear()

    def _tell_marks(self, count: int) -> None:
        self.refresh()
        self.post_message(MarksChanged(count))

    # Drawing

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
        self.virtual_size = Size(self.scrollable_content_region.width, self._layout_rows.line_count)

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

    def _paints(self) -> RowPainter:
        if self._painter is None:
            names = ("title", "strong", "dim", "accent", "tag", "heading", "match")
            looks = Looks(*(self._text_style(f"session-list--{name}", keep_ground=name == "match") for name in names))
            self._painter = RowPainter(looks, self.when, is_dense=self.is_dense, has_dates=self.has_dates)
        return self._painter

    def _text_style(self, name: str, *, keep_ground: bool = False) -> Style:
        style = self.get_visual_style(name).rich_style
        if keep_ground:
            return style
        return Style(color=style.color, bold=style.bold, italic=style.italic, underline=style.underline)

    def _ground(self, state: RowState) -> Style:
        name = f"cursor{state.has_focus}" if state.is_cursor else "marked" if state.is_marked else "plain"
        if name not in self._grounds:
            component = "cursor" if state.is_cursor else "marked"
            style = self.rich_style if name == "plain" else self.get_visual_style(f"session-list--{component}").rich_style
            self._grounds[name] = Style(color=style.color, bgcolor=style.bgcolor)
        return self._grounds[name]

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if not len(self._rows):
            return self._empty_line(y, width)
        place = self._layout_rows.place(y + round(self.scroll_y))
        if place is None:
            return Strip.blank(width, self.rich_style)
        if place.is_heading:
            is_gap = place.offset < self._layout_rows.heading_height(place.number) - 1
            segments = [Segment(" " * width)] if is_gap else self._heading(place.number, width)
            return Strip(segments).apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)
        session_id = self._rows.session_id(place.number)
        state = RowState(place.number == self.cursor, session_id in self.marks, self.has_focus)
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
            return Strip.blank(width, self.rich_style)
        margin = Strip.blank(EMPTY_MARGIN, self.rich_style)
        return Strip.join([margin, lines[line]]).adjust_cell_length(width, self.rich_style)

    def _heading(self, index: int, width: int) -> list[Segment]:
        row, text = self._layout_rows.headings[index]
        if isinstance(self._rows, HitRows):
            return self._paints().hit_heading(self._rows.hits[row], width)
        return self._paints().heading(text, width)

    def _row(self, row: int, session_id: int, offset: int, width: int, state: RowState) -> list[Segment]:
        if isinstance(self._rows, HitRows):
            return self._paints().hit(self._rows.hits[row], offset, width, state)
        summary = self._summaries.get(session_id)
        if summary is None:
            return self._paints().waiting(offset, width, state)
        return self._paints().session(summary, offset, width, state)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = offset.y + round(self.scroll_y)
        if self._layout_rows.place(line) is not None:
            self.move_cursor(self._layout_rows.row_at(line))
            if event.chain == 2:
                self.action_choose()
