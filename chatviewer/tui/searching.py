"""Search as you type: one thread, and a mailbox in which only the latest request lies.

A newer request interrupts the search that runs; its result would be thrown away. Results carry the generation of their request, so
that a late one is told from the one that is waited for.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from textual.message import Message

from chatviewer.errors import InterruptedSearchError
from chatviewer.storage.library import Library
from chatviewer.tui.background import Receiver, run_job
from chatviewer.tui.grouping import day_headings, named_groups
from chatviewer.tui.messages import HitsReady, ListingReady, WorkFailed
from chatviewer.tui.search_messages import HintsReady
from chatviewer.tui.widgets.row_layout import Heading

PAGE = 50  # hits
HINT_DELAY_SECONDS = 0.12
FIRST_SUMMARIES = 60
FIRST_SESSIONS = 100  # enough for the first frame; the others follow behind it


class SearchRequest(NamedTuple):
    """What the list is to show; a word at the end of `text` is the beginning of one, unless a space follows.

    `sort` orders sessions, `group` puts them under headings, `order` (recent, best) orders hits; `limit` is for the first frame.
    Of hits, `hits` from `offset` on.
    """

    text: str = ""
    sort: str = "recent"
    group: str = "day"
    order: str = "recent"
    offset: int = 0
    limit: int | None = None  # sessions
    hits: int = PAGE


class SearchThread:
    """Answers the latest request with `ListingReady` or `HitsReady`; `HintsReady` may follow."""

    def __init__(self, library: Library, receiver: Receiver, when: Callable[[], datetime]) -> None:
        self._library = library
        self._receiver = receiver
        self._when = when
        self._changed = threading.Condition()
        self._waiting: tuple[int, SearchRequest] | None = None
        self._is_searching = False
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)
        self._is_started = False
        self.generation = 0

    def submit(self, request: SearchRequest) -> int:
        """Ask; what was asked before is no longer wanted. Returns the generation that the answer will carry."""
        with self._changed:
            self.generation += 1
            self._waiting = (self.generation, request)
            if self._is_searching:
                self._library.interrupt()
            if not self._is_started:
                self._is_started = True
                self._thread.start()
            self._changed.notify_all()
            return self.generation

    @property
    def is_idle(self) -> bool:
        with self._changed:
            return self._waiting is None and not self._is_searching

    def stop(self, timeout_seconds: float = 2.0) -> None:
        with self._changed:
            self._is_stopped = True
            self._waiting = None
            if self._is_searching:
                self._library.interrupt()
            self._changed.notify_all()
        if self._is_started:
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_searching = False
                self._changed.wait_for(lambda: self._waiting or self._is_stopped)
                if self._waiting is None:
                    return
                generation, request = self._waiting
                self._waiting = None
                self._is_searching = True
            message = run_job(lambda: self._answer(generation, request))  # noqa: B023 - called before the next turn
            with self._changed:
                is_wanted = self._waiting is None
            if isinstance(message, WorkFailed):
                message.generation = generation
            if message is not None and is_wanted:
                self._receiver.post_message(message)
                self._hint(generation, request, message)

    def _hint(self, generation: int, request: SearchRequest, message: Message) -> None:
        """What would find more, once no further key has come for a moment."""
        if not isinstance(message, HitsReady) or request.offset:
            return
        with self._changed:
            if self._changed.wait_for(lambda: self._waiting or self._is_stopped, HINT_DELAY_SECONDS):
                return
        hints = run_job(lambda: self._hints(generation, request, is_found=bool(message.result.hits)))
        if hints is not None:
            self._receiver.post_message(hints)

    def _hints(self, generation: int, request: SearchRequest, *, is_found: bool) -> Message:
        from chatviewer.query import parse

        return HintsReady(generation, self._library.search_hints(parse(request.text, is_being_typed=True), is_found=is_found))

    def _answer(self, generation: int, request: SearchRequest) -> Message | None:
        try:
            return answer(self._library, generation, request, self._when())
        except InterruptedSearchError:
            return None


def answer(library: Library, generation: int, request: SearchRequest, now: datetime) -> Message:
    """Hits when the query holds words to look for, else the sessions that it leaves."""
    query = None
    if request.text:
        from chatviewer.query import parse  # not before the first frame

        query = parse(request.text, is_being_typed=True)
    if query is not None and (query.words or query.patterns):
        result = library.search(query, order=request.order, limit=request.hits, offset=request.offset)
        return HitsReady(generation, request.offset, result, query.words)
    headings: list[Heading] = []
    if request.group in ("project", "source"):
        ids, headings = named_groups(library, query, request.group, request.sort, request.limit)
    else:
        ids = library.session_ids(query, sort=request.sort, limit=request.limit)
    summaries = library.summaries(ids[:FIRST_SUMMARIES])
    is_partial = len(ids) == request.limit
    if request.group == "day":
        headings = day_headings(library, ids, summaries, request.sort, now, is_partial=is_partial)
    problems = [words for _, words in query.problems] if query is not None else []
    return ListingReady(generation, ids, headings, summaries, problems, is_partial=is_partial)
