"""Search as you type: one thread, and a mailbox in which only the latest request lies.

A newer request interrupts the search that runs; its result would be thrown away. Results carry the generation of their request, so
that a late one is told from the one that is waited for.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from chatviewer.errors import InterruptedSearchError, NotFoundError
from chatviewer.storage.library import Library
from chatviewer.tui.background import Receiver, run_job
from chatviewer.tui.grouping import day_headings, named_groups
from chatviewer.tui.list_messages import ListingReady
from chatviewer.tui.messages import HitsReady, WorkFailed
from chatviewer.tui.naming import named, named_hits
from chatviewer.tui.search_messages import HintsReady, NarrowingReady
from chatviewer.tui.widgets.row_layout import Heading
from chatviewer.tui.widgets.session_rows import SessionRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatviewer.domain import SessionSummary
    from chatviewer.query import Query

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
    unfolded: frozenset[int] = frozenset()  # sessions whose sub-agents stand below them
    wanted_uid: str = ""  # of a session whose id is asked for


class SearchThread:
    """Answers the latest request with `ListingReady` or `HitsReady`; `NarrowingReady` and `HintsReady` may follow."""

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
                self._explain(generation, request, message)

    def _explain(self, generation: int, request: SearchRequest, message: Message) -> None:
        """What could narrow the result and what would find more, once no further key has come for a moment."""
        if request.offset or not request.text or not isinstance(message, HitsReady | ListingReady):
            return
        with self._changed:
            if self._changed.wait_for(lambda: self._waiting or self._is_stopped, HINT_DELAY_SECONDS):
                return
        is_found = bool(message.result.hits if isinstance(message, HitsReady) else message.rows.ids)
        jobs = [lambda: self._narrowing(generation, request)] if is_found else []
        jobs.append(lambda: self._hints(generation, request, is_found=is_found))
        for job in jobs:
            more = run_job(job) if not self._is_unwanted() else None
            if more is not None:
                self._receiver.post_message(more)

    def _is_unwanted(self) -> bool:
        """Whether something newer waits for an answer."""
        return self._waiting is not None or self._is_stopped

    def _narrowing(self, generation: int, request: SearchRequest) -> Message | None:
        from chatviewer.tui.narrowing import find_narrowing

        found = find_narrowing(self._library, request.text, local_clock(self._when()), self._is_unwanted)
        return NarrowingReady(generation, found) if found is not None else None

    def _hints(self, generation: int, request: SearchRequest, *, is_found: bool) -> Message:
        query = parsed(request.text, self._when())
        return HintsReady(generation, self._library.search_hints(query, is_found=is_found, should_stop=self._is_unwanted))

    def _answer(self, generation: int, request: SearchRequest) -> Message | None:
        if not request.text:  # the whole list is there at once
            return answer(self._library, generation, request, self._when())
        try:
            with self._library.stopping(self._is_unwanted):
                return answer(self._library, generation, request, self._when())
        except InterruptedSearchError:
            return None


def answer(library: Library, generation: int, request: SearchRequest, now: datetime) -> Message:
    """Hits when the query holds words to look for, else the sessions that it leaves."""
    query = parsed(request.text, now) if request.text else None
    if query is not None and (query.words or query.patterns):
        result = library.search(query, order=request.order, limit=request.hits, offset=request.offset)
        return HitsReady(generation, request.offset, result._replace(hits=named_hits(library, result.hits)), query.words)
    headings: list[Heading] = []
    if request.group in ("project", "source"):
        ids, headings = named_groups(library, query, request.group, request.sort, request.limit)
    else:
        ids = library.session_ids(query, sort=request.sort, limit=request.limit)
    summaries = named(library, library.summaries(ids[:FIRST_SUMMARIES]))
    is_partial = len(ids) == request.limit
    if request.group == "day":
        headings = day_headings(library, ids, summaries, request.sort, now, is_partial=is_partial)
    problems = [words for _, words in query.problems] if query is not None else []
    can_unfold = query is None or not query.asks("is", "subagent", "any")
    rows = SessionRows(ids, headings, group=request.group, can_unfold=can_unfold)
    if request.unfolded and can_unfold:
        rows = rows.unfold_all({id_: [child.id for child in library.children(id_)] for id_ in request.unfolded})
    found_id = _found(library, request, summaries) if request.wanted_uid else None
    return ListingReady(generation, rows, summaries, problems, is_partial=is_partial, found_id=found_id)


def _found(library: Library, request: SearchRequest, first: "Sequence[SessionSummary]") -> int | None:
    """The id of the session that is looked for; before the first frame only among those that it shows."""
    for summary in first:
        if summary.uid == request.wanted_uid:
            return summary.id
    try:
        return None if request.limit is not None else library.summary(request.wanted_uid).id
    except NotFoundError:  # purged meanwhile
        return None


def parsed(text: str, now: datetime) -> "Query":
    """The query that is being typed."""
    from chatviewer.query import parse  # not before the first frame

    return parse(text, now=local_clock(now), is_being_typed=True)


def local_clock(now: datetime) -> datetime:
    """The time as this machine's clock shows it: its zone says where days begin, summer time and all."""
    return now.astimezone().replace(tzinfo=None)
