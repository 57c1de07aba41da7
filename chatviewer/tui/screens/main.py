"""The main screen: library, list and transcript side by side, as many of them as there is room for.

Workers fetch and post messages; the handlers here change what is shown. What the user does to sessions is in `organising_actions`,
what it sends elsewhere in `outgoing_actions`; menus and other screens are opened in `window_actions`.
"""

import gc

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from chatviewer.domain import safe_line
from chatviewer.storage.library import Library
from chatviewer.tui import formatting, organising
from chatviewer.tui.actions import LIST
from chatviewer.tui.background import run_job
from chatviewer.tui.fetching import fetch_counts, fetch_message, fetch_preferences, fetch_searches, fetch_sources, fetch_summaries
from chatviewer.tui.import_messages import SourcesFetched
from chatviewer.tui.importing import ImportState
from chatviewer.tui.list_messages import ListingReady
from chatviewer.tui.messages import (
    AskFind,
    CountsFetched,
    FilterBy,
    FindProgressed,
    HitsReady,
    LibraryChanged,
    ListScrolledToEnd,
    MarksChanged,
    MessageFetched,
    MessageHighlighted,
    OpenSession,
    ReadMarksChanged,
    SearchTyped,
    SessionChosen,
    SessionHighlighted,
    SessionRead,
    SummariesFetched,
    SummariesNeeded,
    TranscriptFetched,
    TranscriptGrown,
    WorkFailed,
)
from chatviewer.tui.outgoing import forget_copies, forget_stale_copies
from chatviewer.tui.screens.outgoing_actions import OutgoingActions
from chatviewer.tui.screens.window_actions import WindowActions
from chatviewer.tui.searching import FIRST_SESSIONS, answer
from chatviewer.tui.titles import put_subtitle, put_title
from chatviewer.tui.warming import DELAY_SECONDS, warm_up
from chatviewer.tui.welcome import LOW, import_text, welcome_text
from chatviewer.tui.widgets.advice_line import AdviceLine
from chatviewer.tui.widgets.find_box import FindBox, progress_words
from chatviewer.tui.widgets.panes import Panes


class MainScreen(OutgoingActions, WindowActions):
    """Library, list and transcript."""

    AUTO_FOCUS = "#list"

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self.listing.wanted_uid = self.layout_state.last_session

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static("chatviewer", id="brand", markup=False)
            yield Static("/", id="slash", markup=False)
            yield self.search_box
            yield Static("", id="total", markup=False)
        yield AdviceLine("", id="advice", markup=False)
        yield self.band
        with Panes(id="panes"):
            yield self.library_pane
            with Vertical(id="list-pane"):
                yield self.session_list
            with Vertical(id="reading"):
                yield FindBox()
        yield self.status

    def on_mount(self) -> None:
        self.search_box.find_completions = self.find_completions
        self.apply_preferences()
        self.apply_layout()
        request = self.listing.request()._replace(limit=FIRST_SESSIONS)
        first = run_job(lambda: answer(self.library, 0, request, self.viewer.now()))
        if isinstance(first, ListingReady):
            self.show_sessions(first)
        elif isinstance(first, WorkFailed):
            first.generation = 0
            self.show_failure(first)
        if not len(self.session_list.rows) and not self.listing.failure and self.library.is_empty:
            self.add_class("-first-start")
            self.session_list.say_when_empty(Content(""))  # the welcome is about to come
        self.show_pane()
        self.call_after_refresh(self._complete)

    async def _complete(self) -> None:
        """After the first frame: what is not needed to be useful."""
        if not self.is_attached:  # left before
            return
        from chatviewer.tui.widgets.transcript import TranscriptView

        view = TranscriptView(id="transcript")
        await self.query_one("#reading").mount(view, before="#find")
        self.prefer_folds(view)
        self.reader.attach(view)
        if self._enters_soon:  # somebody was faster than the first frame
            self.focus_transcript()
        self._begin_to_collect()
        if self.listing.is_partial:
            self.listing.refresh()
        self.counter.submit(fetch_counts(self.library), key="counts")
        self.changes.submit(organising.empty_trash(self.library, self.viewer.preference("trash_retention_days"), self.viewer.now()))
        if self.has_class("-first-start") or not self.viewer.preference("watch"):  # else what expires is imported before it could be told
            self.fetcher.submit(fetch_sources(self.library), key="sources")
        self.watch(self.viewer, "import_state", self.follow_import)
        if not self.app.is_headless:
            self.set_timer(DELAY_SECONDS, lambda: self.counter.submit(warm_up(self.is_leaving), key="warm-up"))
            self.set_timer(DELAY_SECONDS, lambda: self.writer.submit(forget_stale_copies, key="stale copies"))
        self.watch(self.viewer, "app_focus", self.reader.begin_to_read, init=False)

    @staticmethod
    def _begin_to_collect() -> None:
        """Look for garbage from now on, though seldom and not among what is there: modules and style sheets stay to the end, and
        walking over them halts the keyboard for 70 ms every few seconds."""
        gc.freeze()
        gc.set_threshold(5_000, 5, 40)
        gc.enable()

    def _restore_last_session(self, found_id: int | None) -> None:
        """Once after the start, unless the user has moved already."""
        if not self.listing.wanted_uid:
            return
        if found_id is not None or self.session_list.cursor > 0 or not self.listing.is_partial:
            self.listing.wanted_uid = ""  # else it may be further down, in what follows
        if found_id is not None and self.session_list.cursor <= 0:
            row = self.session_list.rows.find((found_id, ""))
            if row is not None:
                self.session_list.move_cursor(row)

    def on_unmount(self) -> None:
        self.layout_state.sort, self.layout_state.order = self.listing.sort, self.listing.order
        summary = self.session_list.cursor_summary
        is_nested = self.session_list.cursor >= 0 and self.session_list.rows.depth(self.session_list.cursor) > 0
        left_at = summary and (summary.parent_uid if is_nested else summary.uid)  # what is unfolded is not kept
        self.layout_state.last_session = left_at or ""
        self.layout_state.save()
        self.reader.leave(self.changes)
        self.is_leaving.set()
        self.writer.stop()
        forget_copies(self.copies)
        self.searcher.stop()
        self.fetcher.stop()
        self.counter.stop()
        self.changes.stop()

    def apply_preferences(self) -> None:
        """Look as the preferences say."""
        self.session_list.is_dense = self.viewer.preference("list_density") == "one-line"
        self.session_list.has_dates = self.viewer.preference("date_style") == "date"
        self.listing.group_by(self.viewer.preference("list_groups"))
        self.set_class(not self.viewer.preference("library_pane"), "-no-library")
        if self.reader.view is not None:
            self.prefer_folds(self.reader.view)

    # Searching and the list

    def action_search(self) -> None:
        self.search_box.focus()

    def action_list_move(self, how: str) -> None:
        getattr(self.session_list, f"action_cursor_{how}" if how in ("up", "down") else f"action_{how}")()

    @on(SearchTyped)
    def search(self, event: SearchTyped) -> None:
        self.library_pane.mark_current(event.text)
        self.listing.show(event.text)
        self.digit_due = 0
        self.advise()
        self.show_facets()

    @on(Input.Submitted, "#search")
    def open_best(self) -> None:
        self.remember_query()
        if self.listing.is_search and self.session_list.cursor_id is not None:
            self.session_list.action_choose()
        else:
            self.focus_list()

    @on(FilterBy)
    def filter_by(self, event: FilterBy) -> None:
        self.search_for(event.query)
        self.focus_list()

    @on(ListingReady)
    def show_sessions(self, event: ListingReady) -> None:
        if self.listing.take_sessions(event):
            self.describe_list()
            self.advise()
            self._restore_last_session(event.found_id)

    @on(HitsReady)
    def show_hits(self, event: HitsReady) -> None:
        if self.listing.take_hits(event):
            self.describe_list()
            self.advise()

    @on(ListScrolledToEnd)
    def load_more(self) -> None:
        self.listing.load_more()

    @on(MarksChanged)
    def describe_list(self) -> None:
        """Title, position, and what to do where the list is empty."""
        put_title(self.session_list, safe_line(self.listing.title(self.session_list.size.width - 4), 120))
        put_subtitle(self.session_list, self.listing.position())
        self.session_list.set_class(bool(self.listing.problems), "-problem")
        is_empty = not len(self.session_list.rows)
        if not is_empty and self.has_class("-first-start"):
            self.remove_class("-first-start")
            self.show_pane()
        if is_empty and not self.has_class("-first-start"):
            self.say_why_empty()
        if is_empty:
            self.preview_cursor()
            if self.listing.text.strip():
                self.show_narrowing_of_nothing()
        self.say_freshness()

    @on(SummariesNeeded)
    def fetch_rows(self, event: SummariesNeeded) -> None:
        self.fetcher.submit(fetch_summaries(self.library, event.ids))

    @on(SummariesFetched)
    def put_rows(self, event: SummariesFetched) -> None:
        self.session_list.put_summaries(event.summaries)
        if self.reader.take_summaries(event.summaries):
            self._name_session()

    @on(CountsFetched)
    def show_counts(self, event: CountsFetched) -> None:
        self.counts = event.counts
        self.show_searches()
        self.query_one("#total", Static).update(Content(formatting.counted(event.counts.active, "session")))
        self.describe_list()

    # Reading

    @on(SessionHighlighted)
    def follow_cursor(self, event: SessionHighlighted) -> None:
        put_subtitle(self.session_list, self.listing.position())
        if self.pane == LIST:
            self.name_keys()
        self.preview_cursor()

    def preview_cursor(self) -> None:
        """The transcript follows the cursor of the list, unless it is being read: then a list that changes takes nothing away."""
        if self.reader.has_focus:
            return
        self.reader.preview(self.session_list.cursor_id, self.session_list.cursor_hit, self.listing.words)
        if self.session_list.cursor_id is None:
            put_title(self.query_one("#reading"), "")
            put_subtitle(self.query_one("#reading"), "")

    @on(SessionChosen)
    def open_chosen(self, event: SessionChosen) -> None:
        if self.reader.open(event.session_id, event.hit, self.listing.words):
            self.focus_transcript()

    @on(OpenSession)
    def open_named(self, event: OpenSession) -> None:
        self.reader.open_uid(event.uid, event.at_seq, event.words)

    @on(TranscriptFetched)
    def show_transcript(self, event: TranscriptFetched) -> None:
        self.reader.take(event)
        self._name_session()
        put_subtitle(self.query_one("#reading"), "")
        if event.is_opened:
            self.focus_transcript()

    def _name_session(self) -> None:
        if self.reader.shown is not None:
            put_title(self.query_one("#reading"), safe_line(self.reader.shown.summary.title, 200) or "Untitled")

    @on(MessageHighlighted)
    def follow_message(self, event: MessageHighlighted) -> None:
        self.reader.point_to(event.uid, f"{event.position:,}/{event.total:,}")
        if not self.reader.is_finding:
            put_subtitle(self.query_one("#reading"), self.reader.position)

    @on(MessageFetched)
    def refresh_message(self, event: MessageFetched) -> None:
        if self.reader.view is not None:
            self.reader.view.refresh_message(event.message)

    @on(AskFind)
    def action_find(self) -> None:
        if self.reader.shown is not None:
            self.query_one("#reading").add_class("-finding")
            self.query_one("#find", Input).focus()

    def action_find_next(self) -> None:
        self.reader.find_next()

    @on(Input.Changed, "#find")
    def find(self, event: Input.Changed) -> None:
        self.reader.find(event.value)

    @on(Input.Submitted, "#find")
    def keep_find(self) -> None:
        if self.reader.is_finding:
            self.reader.keep_place()
            self.query_one("#reading").remove_class("-finding")
            self.focus_transcript()
        else:
            self.end_find()

    @on(FindProgressed)
    def show_find(self, event: FindProgressed) -> None:
        pane = self.query_one("#reading")
        room = pane.size.width - 6  # without the border, its corners and a blank on each side
        put_subtitle(pane, progress_words(event, room) or self.reader.position)
        if not pane.has_class("-finding"):
            self.name_keys()

    # What happened

    @on(LibraryChanged)
    def show_change(self, event: LibraryChanged) -> None:
        hints = [event.hint if self.reader.has_focus and not self.reader.is_finding else "", "u undoes" if event.can_undo else ""]
        self.tell(" · ".join([event.words, *filter(None, hints)]), lasts=True, about=event.about)
        if event.moves_sessions or self.listing.follows_changes:
            self.listing.refresh()
        else:
            self.session_list.refresh_summaries()
        self.counter.submit(fetch_counts(self.library), key="counts")
        self.fetcher.submit(fetch_searches(self.library), key="searches")  # what was undone may have been one
        if event.message_uid is not None:
            self.fetcher.submit(fetch_message(self.library, event.message_uid))
        elif event.is_step_of_history:
            self.fetcher.submit(fetch_preferences(self.library), key="preferences")
            self.reader.reload()

    @on(SourcesFetched)
    def greet(self, event: SourcesFetched) -> None:
        """The first start: what is there to import. Later: what is about to be deleted and not imported."""
        if self.has_class("-first-start"):
            if self.viewer.import_state.is_running:
                return
            self.session_list.say_when_empty(welcome_text(event.sources, event.left_changes, is_low=self.app.size.height < LOW))
            return
        unsaved = [f"{source.label}: {source.warning()}" for source in event.sources if source.unsaved_count]
        if unsaved:
            self.tell(f"{'; '.join(unsaved)} · R imports", is_warning=True)

    def follow_import(self, state: ImportState) -> None:
        """Progress while it runs; the new sessions when it is over, and of a first import the newest as soon as they are there."""
        if state.report is not None and self.counts is not None:
            self.counts = self.counts._replace(beginning=None)  # or they will say so, once they come
        self.say_freshness()
        if state.beginning is not None and state.progress is None:
            self.listing.refresh(is_asked=False)
            self.counter.submit(fetch_counts(self.library), key="counts")
        if self.has_class("-first-start") and state.is_running:
            self.session_list.say_when_empty(import_text(state))
        elif self.has_class("-first-start") and (state.report is not None or state.failure):
            self.fetcher.submit(fetch_sources(self.library), key="sources")  # stopped, or nothing came: what there is, once more
        if state.report is not None and not state.is_running:
            if not state.is_quiet or state.report.counts.new or state.report.problems:
                self.tell(state.words(), lasts=True)
            self.show_imported()

    def show_imported(self) -> None:
        """What an import brought; cursor and reader stay where they are."""
        self.listing.refresh(is_asked=False)
        self.reader.grow()
        self.counter.submit(fetch_counts(self.library), key="counts")

    @on(SessionRead)
    def note_reading(self, event: SessionRead) -> None:
        self.changes.submit(organising.note_reading(self.library, event.session_id, event.message_count))

    @on(ReadMarksChanged)
    def show_read_marks(self, event: ReadMarksChanged) -> None:
        """The list stays as it is, also where it shows what is unread: nothing is taken away from under a reader."""
        self.session_list.put_summaries(event.summaries)
        self.reader.take_summaries(event.summaries)
        self.counter.submit(fetch_counts(self.library), key="counts")

    @on(TranscriptGrown)
    def show_growth(self, event: TranscriptGrown) -> None:
        self.reader.take_growth(event)
        self._name_session()
