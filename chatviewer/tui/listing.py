"""What the list shows and why: the query, its order, and the answer that is waited for. Knows the list, not the screen around it."""

from array import array

from chatviewer.domain import LibraryCounts, ResultFacets, SearchHints, SearchResult, safe_line
from chatviewer.tui.formatting import counted, full_count
from chatviewer.tui.list_messages import ListingReady
from chatviewer.tui.messages import HitsReady
from chatviewer.tui.search_messages import HintsReady, NarrowingReady
from chatviewer.tui.searching import PAGE, SearchRequest, SearchThread
from chatviewer.tui.widgets.session_list import SessionList
from chatviewer.tui.widgets.session_rows import HitRows, SessionRows

SORTS = {
    "recent": "newest first",
    "-recent": "oldest first",
    "started": "last started first",
    "-started": "first started first",
    "title": "title A to Z",
    "-title": "title Z to A",
    "messages": "longest first",
    "-messages": "shortest first",
    "tokens": "most tokens first",
    "-tokens": "fewest tokens first",
    "rating": "best rated first",
    "-rating": "worst rated first",
}
ORDERS = {"recent": "newest first", "best": "best match first"}


class Listing:
    """Asks the search thread, takes its answers, and says in words what is shown."""

    def __init__(self, session_list: SessionList, searcher: SearchThread, *, sort: str, order: str) -> None:
        self._list = session_list
        self._searcher = searcher
        self.text = ""
        self.sort = sort if sort in SORTS else "recent"
        self.group = "day"
        self.order = order if order in ORDERS else "recent"
        self.words: tuple[str, ...] = ()  # to light up in the transcript
        self.problems: tuple[str, ...] = ()
        self.wanted_uid = ""  # of a session that is looked for in what is shown next
        self._generation = 0
        self.is_waiting = False  # for an answer that the keys which follow may be meant for
        self.is_explaining = False  # what could narrow the result, or find more, is on its way
        self._is_shown = False  # an answer has come
        self.failure = ""  # why there is no answer
        self._keeps_cursor = False
        self._result: SearchResult | None = None
        self.hints = SearchHints()
        self._facets: ResultFacets | None = None  # of what is shown, once it is counted
        self._is_loading_more = False
        self.is_partial = False  # only the beginning of the list is here yet

    @property
    def is_search(self) -> bool:
        return self._result is not None

    def request(self) -> SearchRequest:
        text = self.text if self.text.strip() else ""
        return SearchRequest(text, self.sort, self.group, self.order, unfolded=frozenset(self._list.unfolded), wanted_uid=self.wanted_uid)

    def show(self, text: str) -> None:
        """Ask for what this query finds; the cursor then stands at the top."""
        self.text = text
        self._ask(keeps_cursor=not text.strip())

    def refresh(self, *, is_asked: bool = True) -> None:
        """Ask again, for as many hits as are shown; the cursor stays. `is_asked`: by a key, so that others may follow it."""
        self._ask(keeps_cursor=True, hits=len(self._list.rows) if self.is_search else 0, is_asked=is_asked)

    def sort_by(self, key: str) -> None:
        """Another order, of hits while they are shown; the cursor then stands at the top, on what comes first."""
        if self.is_search:
            self.order = key
        else:
            self.sort = key
        self._ask(keeps_cursor=False)

    def group_by(self, group: str) -> None:
        """Put the sessions under other headings; the cursor stays on its session."""
        if group != self.group:
            self.group = group
            if self._is_shown and not self.is_search:
                self.refresh()

    @property
    def follows_changes(self) -> bool:
        """Whether a star, a tag, a title or a rating can put a session elsewhere, in or out."""
        return bool(self.text.strip()) or self.sort.lstrip("-") in ("title", "rating")

    def _ask(self, *, keeps_cursor: bool, hits: int = 0, is_asked: bool = True) -> None:
        self.is_waiting = self.is_waiting or is_asked
        self._keeps_cursor = keeps_cursor
        self._is_loading_more = False
        self.hints = SearchHints()
        self._facets = None
        self.is_explaining = bool(self.text.strip())
        self._generation = self._searcher.submit(self.request()._replace(hits=max(PAGE, hits)))

    def load_more(self) -> None:
        """The next hits, when there are more."""
        if self._result is None or not self._result.has_more or self._is_loading_more or not isinstance(self._list.rows, HitRows):
            return
        self._is_loading_more, self.is_explaining = True, False
        self._generation = self._searcher.submit(self.request()._replace(offset=len(self._list.rows)))

    def take_sessions(self, answer: ListingReady) -> bool:
        """Show the answer, if it is the one that is waited for."""
        if answer.generation != self._generation:
            return False
        self.is_waiting = False
        self._result, self.words, self.problems, self.failure = None, (), tuple(answer.problems), ""
        self._is_shown = True
        self.is_partial = answer.is_partial
        self._list.show(answer.rows, summaries=answer.summaries, keep_cursor=self._keeps_cursor)
        return True

    def take_hits(self, answer: HitsReady) -> bool:
        """Show the answer, if it is the one that is waited for."""
        if answer.generation != self._generation:
            return False
        self.is_waiting = False
        self.words, self.problems, self.failure = answer.words, answer.result.problems, ""
        self._is_loading_more = False
        self._result = answer.result
        if answer.offset:
            self._list.add_hits(answer.result.hits)
        else:
            self._list.show(HitRows(answer.result.hits), keep_cursor=self._keeps_cursor)
        return True

    def take_failure(self, generation: int | None, sentence: str) -> bool:
        """Show nothing rather than what was asked for before, and say why; more hits that did not come may be asked for again.

        Returns whether the list is empty for that.
        """
        if generation != self._generation:
            return False
        self.is_waiting = self.is_explaining = False
        if self._is_loading_more:
            self._is_loading_more = False
            return False
        self.failure, self.is_partial = sentence, False
        self._result, self.words, self.problems = None, (), ()
        self._list.show(SessionRows(array("q")))
        return True

    def take_hints(self, answer: HintsReady) -> bool:
        """Keep what would find more, if it belongs to what is shown."""
        if answer.generation != self._generation:
            return False
        self.hints, self.is_explaining = answer.hints, False
        return True

    def take_narrowing(self, answer: NarrowingReady) -> bool:
        """Keep how many there are, if they are of what is shown."""
        if answer.generation != self._generation:
            return False
        self._facets, self.is_explaining = answer.narrowing.facets, False
        return True

    def title(self, room: int = 100) -> str:
        """What the list shows, or what is wrong with the query; the order of search results where there is room for so many cells."""
        if self.problems:
            return self.problems[0]
        if self.failure:
            return "The list cannot be read"
        if self._result is None:
            grouped = {"project": "By project", "source": "By source"}.get(self.group, "Sessions")
            return f"{grouped} · {SORTS[self.sort]}"
        rows = self._list.rows
        if not isinstance(rows, HitRows) or not len(rows):
            return "Nothing found"
        hits, sessions, more = len(rows), rows.session_count, self._result.has_more
        if more and self._facets is not None and self._facets.hit_count > hits:
            hits, sessions, more = self._facets.hit_count, self._facets.session_count, not self._facets.is_whole
        words = f"{full_count(hits)}{'+' if more else ''} {'hit' if hits == 1 else 'hits'}"
        found, order = f"{words} in {counted(sessions, 'session')}", f" · {ORDERS[self.order]}"
        return found + order if len(found + order) <= room else found

    def position(self) -> str:
        """Where the cursor is, and how many are marked."""
        if self.is_partial:
            return ""
        total = len(self._list.rows)
        place = f"{full_count(self._list.cursor + 1)}/{full_count(total)}" if total else ""
        return f"{full_count(len(self._list.marks))} marked · {place}" if self._list.marks else place

    def facts(self, *, is_typing: bool) -> list[str]:
        """How long the search took and what would show more, with the key for it."""
        facts = [] if self._result is None else [f"{max(1, round(self._result.seconds * 1000))} ms"]
        hidden, is_whole = self._hidden()
        if hidden or not is_whole:
            key = "ctrl+o" if is_typing else "A"
            count = f"{full_count(hidden)}{'' if is_whole else '+'}" if hidden else "perhaps"
            facts.append(f"{count} more in archive and trash: {key}")
        if self.hints.tool_count:
            more = "" if self.hints.is_tool_count_whole else "+"
            facts.append(f"{full_count(self.hints.tool_count)}{more} more in tool output: ctrl+t")
        return facts

    def _hidden(self) -> tuple[int, bool]:
        """How many hits, or sessions where no words are looked for, archive and trash hold, and whether these are all."""
        if self._result is None:
            return self.hints.hidden_count, self.hints.is_hidden_count_whole
        return self._result.hidden_count, self._result.is_hidden_count_whole

    def ways_out(self) -> list[tuple[str, str]]:
        """What would find something, as (key, words), where nothing was found."""
        hints, ways = self.hints, []
        if hints.suggestion:
            ways.append(("ctrl+y", f"Did you mean  {safe_line(hints.suggestion, 60)} ?"))
        hidden, is_whole = self._hidden()
        if hidden or not is_whole:
            noun = "session" if self._result is None else "hit"
            words = counted(hidden, noun) if is_whole else f"{full_count(hidden)}+ {noun}s" if hidden else "Perhaps something"
            ways.append(("ctrl+o", f"{words} in archive and trash"))
        if hints.tool_count:
            ways.append(("ctrl+t", f"{_at_least(hints.tool_count, not hints.is_tool_count_whole)} in tool output"))
        if hints.shorter:
            more = "+" if hints.has_more_shorter else ""
            ways.append(("ctrl+w", f"{full_count(hints.shorter_count)}{more} found without  {safe_line(hints.dropped, 40)}"))
        return ways

    def empty_words(self, counts: LibraryCounts | None, completion: str = "") -> str:
        """What to do next when the list is empty. `completion`: the query that Tab would make of this one, if any."""
        words = self._empty_words(counts, completion)
        if counts is not None and counts.beginning is not None and not self.failure:
            begun = counts.beginning
            return f"{words}\n\nOnly the newest files are here yet,\n{full_count(begun.file_count)} of {full_count(begun.total_count)}."
        return words

    def _empty_words(self, counts: LibraryCounts | None, completion: str) -> str:
        if self.failure:
            clear = ", Esc clears the search" if self.text.strip() else ""
            return f"{safe_line(self.failure, 400)}\n\nR tries again{clear}."
        if self.problems:
            return f"{self.problems[0]}\n\nEsc clears the search."
        ways = [("Tab   ", safe_line(completion, 60))] if completion else []
        if ways := ways + self.ways_out():
            lines = [f"{key}  {words}" for key, words in ways]
            return "\n".join(["Nothing found.", "", *lines, "Esc     clears the search"])
        if self.text.strip() and self._result is None:
            return "No session fits.\n\nEsc clears the search."
        if self.text.strip():
            more = "Fewer words find more." if len(self.text.split()) > 1 else "Fewer letters find more."
            return f"Nothing found.\n\n{more}\nEsc clears the search."
        if counts is not None and counts.archived:
            return "No sessions here.\n\nA shows the archived ones, R looks for new chats."
        return "No sessions here.\n\nR looks for new chats."


def _at_least(count: int, has_more: bool) -> str:
    return counted(count, "hit").replace(" ", "+ ", 1) if has_more else counted(count, "hit")
