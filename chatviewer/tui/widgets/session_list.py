"""The list of sessions or search results. A line API widget: it costs the same for ten sessions and for a hundred thousand.

It holds ids and asks for the rows that can be seen (`SummariesNeeded`); whoever answers calls `put_summaries`.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Offset

from chatviewer.domain import Hit, SessionSummary
from chatviewer.tui.actions import LIST, bindings
from chatviewer.tui.list_messages import AgentsClicked
from chatviewer.tui.messages import EmptyListChosen, MarksChanged, SessionChosen
from chatviewer.tui.shown_keys import key_of
from chatviewer.tui.widgets.row_painting import TOGGLES_AGENTS
from chatviewer.tui.widgets.session_list_moving import ListMoving
from chatviewer.tui.widgets.session_rows import HitRows, Key, Rows, SessionRows


class SessionList(ListMoving):
    """What is shown, who is meant, what is marked."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST)]

    def __init__(self, when: Callable[[], datetime] = lambda: datetime.now(UTC), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(when, id=id)
        self._unfolded: set[int] = set()
        self._before_hits: Key | None = None

    # What is shown

    @property
    def rows(self) -> Rows:
        return self._rows

    def show(self, rows: Rows, *, summaries: Sequence[SessionSummary] = (), keep_cursor: bool = True) -> None:
        """Show other rows. With `keep_cursor` it stays on its session, else on its place: what follows an archived one moves up.

        Its line on the screen stays, too, unless the list stands at its very top: then it goes on to do so, and what is new is seen.
        """
        key = self._cursor_key() if keep_cursor else None
        place, line = self.cursor, self._cursor_line() - round(self.scroll_y)
        is_back = isinstance(self._rows, HitRows) and isinstance(rows, SessionRows)
        is_at_top = round(self.scroll_y) == 0 and not is_back
        if isinstance(self._rows, SessionRows) and isinstance(rows, HitRows):
            self._before_hits = self._cursor_key()
        self._rows = rows
        self._marks.keep(lambda: {rows.session_id(row) for row in range(len(rows))})
        self._layout_rows = rows.layout(self.is_dense)
        self._summaries.expire()
        self._summaries.keep(summaries)
        found = self._found(rows, key, is_back=is_back) if key else None
        self.cursor = found if found is not None else min(max(place, 0), len(rows) - 1) if keep_cursor else min(0, len(rows) - 1)
        self._resize_virtual()
        if keep_cursor and self.cursor >= 0 and not is_at_top:
            self.scroll_to(y=max(0, self._cursor_line() - line), animate=False, immediate=True)
        else:
            self.scroll_to(y=0, animate=False, immediate=True)
        self._show_cursor()
        self.refresh()
        self._request_visible()
        self._tell_cursor()

    def _found(self, rows: Rows, key: Key, *, is_back: bool) -> int | None:
        """The row of what the cursor stood on. Back from hits: their session, else where the cursor stood before the search."""
        found = rows.find(key)
        if found is None and is_back:
            return (rows.find(self._before_hits) if self._before_hits else None) or 0
        return found

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

    # Sub-agents

    @property
    def unfolded(self) -> Collection[int]:
        """The sessions whose sub-agents are to be shown below them wherever they stand in a list, while the program runs."""
        return self._unfolded

    @property
    def can_fold(self) -> bool:
        """Whether there are sub-agents to fold or unfold under the cursor, or around it."""
        rows, summary = self._rows, self.cursor_summary
        if not isinstance(rows, SessionRows) or summary is None or not rows.can_unfold:
            return False
        return summary.child_count > 0 or rows.depth(self.cursor) > 0

    def toggle_agents(self) -> int | None:
        """Fold the sub-agents of the session under the cursor, or those that it is one of. The id of a session whose sub-agents
        are to be fetched (`put_children`) when there are some to unfold."""
        rows, summary = self._rows, self.cursor_summary
        if not self.can_fold or not isinstance(rows, SessionRows) or summary is None:
            return None
        if summary.child_count and not rows.is_unfolded(self.cursor):
            return summary.id
        parent = self.cursor if rows.is_unfolded(self.cursor) else rows.parent_row(self.cursor)
        self._marks.drop(rows.ids[parent + 1 : rows.end_of(parent)])
        self._unfolded.discard(rows.ids[parent])
        self.cursor = parent
        self._exchange(rows.fold(parent))
        return None

    def put_children(self, session_id: int, children: Sequence[SessionSummary]) -> None:
        """Show the sub-agents of a session below it, if it is still there."""
        rows = self._rows
        row = rows.find((session_id, "")) if isinstance(rows, SessionRows) else None
        if row is None or not isinstance(rows, SessionRows) or rows.is_unfolded(row):
            return
        self._summaries.keep(children)
        unfolded = rows.unfold(row, [child.id for child in children])
        if len(unfolded) == len(rows):
            return
        self._unfolded.add(session_id)
        if self.cursor > row:
            self.cursor += len(unfolded) - len(rows)
        self._exchange(unfolded)
        if self.cursor == row:  # as many of them as there is room for, without losing the session itself
            height, last = self.scrollable_content_region.height, self._layout_rows.line_of(unfolded.end_of(row) - 1)
            bottom = last + self._layout_rows.row_height - height
            highest = self._cursor_line() - self._layout_rows.covered(row)
            if bottom > self.scroll_y:
                self.scroll_to(y=min(bottom, highest), animate=False, immediate=True)

    def _exchange(self, rows: SessionRows) -> None:
        """The same list with more or fewer rows; the cursor's row stays where it is on the screen."""
        line = self._cursor_line() - round(self.scroll_y)
        self._rows = rows
        self._layout_rows = rows.layout(self.is_dense)
        self._marks.end_range()
        self._resize_virtual()
        self.scroll_to(y=max(0, self._cursor_line() - line), animate=False, immediate=True)
        self._show_cursor()
        self.refresh()
        self._request_visible()
        self._tell_cursor()

    # Who is meant

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

    def action_choose(self) -> None:
        if self.cursor_id is not None:
            self.post_message(SessionChosen(self.cursor_id, self.cursor_hit))
        elif not len(self._rows):
            self.post_message(EmptyListChosen())

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

    def on_click(self, event: events.Click) -> None:
        """A row gets the cursor, a second click opens it; a heading leads to its first row."""
        offset = event.get_content_offset(self)
        if offset is not None and not len(self._rows):
            self._click_way_out(offset)
            return
        place = self._place_on(offset.y) if offset is not None and len(self._rows) else None
        if place is None:
            return
        if place.is_heading:
            self._go_to_group(self._layout_rows.headings[place.number].row)
            return
        self.move_cursor(place.number)
        if TOGGLES_AGENTS in event.style.meta:
            self.post_message(AgentsClicked())
        elif event.chain == 2:
            self.action_choose()

    def _click_way_out(self, offset: Offset) -> None:
        """Where there are no rows, a line that begins with a key is that key."""
        words = "".join(segment.text for segment in self.render_line(offset.y)).split()
        if len(words) > 1 and (key := key_of(words[0])) is not None:
            self.app.simulate_key(key)
