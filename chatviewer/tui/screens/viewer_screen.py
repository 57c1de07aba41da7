"""What the parts of the main screen share: the library, the threads that ask it, and the panes."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from chatviewer.domain import LibraryCounts
from chatviewer.storage.library import Library
from chatviewer.tui.actions import LIST
from chatviewer.tui.background import JobThread
from chatviewer.tui.layout_state import LayoutState
from chatviewer.tui.listing import Listing
from chatviewer.tui.query_history import QueryHistory
from chatviewer.tui.reading import Reader
from chatviewer.tui.searching import SearchThread
from chatviewer.tui.widgets.facet_band import FacetBand
from chatviewer.tui.widgets.library_pane import LibraryPane
from chatviewer.tui.widgets.search_box import SearchBox
from chatviewer.tui.widgets.session_list import SessionList
from chatviewer.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from chatviewer.tui.app import ChatviewerApp

ASKED_FOR = ("outline", "branches", "details", "note", "continuation", "children")  # what is fetched for a key, not for the cursor


class ViewerScreen(Screen[None]):
    """`fetcher` reads, `counter` counts and `changes` writes, `writer` exports, each in its own thread: what is slow never delays what is
    wanted now."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)  # Textual's own paints the whole screen anew whenever it changes
    pane = LIST  # the one that keys go to
    _told_in = ""  # the pane that the last notice is about

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.library = library
        self.fetcher = JobThread("fetch", self)
        self.counter = JobThread("count", self)
        self.changes = JobThread("change", self)
        self.writer = JobThread("write", self)
        self.is_leaving = threading.Event()
        self.copies: dict[Path, int] = {}  # folders with what editors read, or may still read, and when that was written
        self.searcher = SearchThread(library, self, lambda: self.viewer.now())
        self.layout_state = LayoutState.load()
        self.session_list = SessionList(lambda: self.viewer.now(), id="list")
        self.library_pane = LibraryPane(id="library")
        self.search_box = SearchBox(id="search")
        self.band = FacetBand(id="facets")
        self.status = StatusLine(id="status")
        self.listing = Listing(self.session_list, self.searcher, sort=self.layout_state.sort, order=self.layout_state.order)
        self.history = QueryHistory(self.layout_state.history)
        self.reader = Reader(library, self.fetcher, self)
        self.counts: LibraryCounts | None = None
        self.digit_due = 0  # typed before it was known what it narrows

    @property
    def viewer(self) -> "ChatviewerApp":
        return cast("ChatviewerApp", self.app)

    def is_expecting(self, *, is_text: bool) -> bool:
        """Whether something is under way that a key has asked for: the next one is meant for what it will be. A box takes text
        while what it finds is on its way."""
        if self.reader.is_opening or self.fetcher.is_doing(*ASKED_FOR):
            return True
        return not is_text and (
            self.listing.is_waiting or bool(self.digit_due) or not self.changes.is_idle or self.reader.is_waiting_for_page
        )

    @property
    def is_idle(self) -> bool:
        """Whether no thread has anything to do; what they posted may still wait for its handler."""
        threads = (self.fetcher, self.counter, self.changes, self.writer, self.searcher)
        return all(thread.is_idle for thread in threads)

    def tell(self, words: str, *, is_warning: bool = False, lasts: bool = False, about: str = "") -> None:
        """Say something in the bottom line for a while, in which the title `about` may be cut; what does not last is about this pane, and
        goes when the pane is left."""
        self._told_in = "" if lasts or is_warning else self.pane
        self.status.tell(words, is_warning=is_warning, about=about)

    def forget_told(self) -> None:
        """After the focus has moved: take back what was said about another pane."""
        if self._told_in and self._told_in != self.pane:
            self._told_in = ""
            self.status.forget()

    def search_for(self, query: str) -> None:
        """Write a query into the search box; the list follows."""
        self.search_box.choose(query)
