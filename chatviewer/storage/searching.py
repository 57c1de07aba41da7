"""Searching: a query to hits, newest first or best first, with what explains them. Nothing that is typed raises."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from itertools import islice

from chatviewer.domain.hit import Hit, SearchResult
from chatviewer.domain.record import NamedTuple
from chatviewer.errors import InterruptedSearchError, UsageError
from chatviewer.query.nodes import AllOf, AnyOf, Names, Node, Not, Pattern, Query, Span, Word, positive_leaves
from chatviewer.storage.candidates import ALL, FEW, LEVELS, Candidate, Plan, sessions, sorted_rows
from chatviewer.storage.connection import is_interrupt
from chatviewer.storage.filtering import (
    MESSAGE_FIELDS,
    Conditions,
    asks_for_status,
    is_known,
    level_match,
    levels_of,
    said,
    scopes_of,
)
from chatviewer.storage.matching import bare, split_word, take_apart, together, tree_match
from chatviewer.storage.patterns import TimeLimit, time_limit
from chatviewer.storage.reading import id_list
from chatviewer.storage.snippets import fold
from chatviewer.storage.walking import FIRST_BATCH, HIDDEN_SECONDS, STRETCH, IndexRows, Owner, hidden_within, read, rows_within, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chatviewer.storage.vocabulary import Vocabulary

PATTERN_SECONDS = 0.09  # what one search may spend on reading texts that no index covers
# What the beginning of a word is looked for in the newest messages before the index is asked; the lists of one that does not stand
# in most of them are short.
SHORT_SECONDS = 0.02
MERGING_SECONDS = 2e-7  # what it takes for each message of the library to merge the lists of such a beginning
READ_ROWS = 20 * FEW  # attachments that are read where no index can be asked
READ_SHARE = 2 / 3  # of the time that is left, for the messages where no index can be asked; the rest is for their titles
MOST_AT_ONCE = 128  # sessions whose newest message is asked for together
UNREAD_TEXT = "Not everything was read: a pattern is looked for in what is newest; add a word to narrow it down."
UNWEIGHED = "The best of those stored last: too many hold this to weigh all; add a word to narrow it down."
UNREAD_SESSIONS = "Not every session was looked at, only the newest; add a word to narrow it down."
ORDERS = ("recent", "best")
MAX_PAGE = 100_000
READ_AS_TYPED = ("message", "tool")  # levels of so many rows that the first letters of a word are better looked for in the newest


class Found(NamedTuple):
    """What was found so far, in order."""

    candidates: list[Candidate]
    hidden_count: int
    is_whole: bool  # whether there is nothing more
    is_hidden_whole: bool = True  # whether no more are hidden


def search(
    connection: sqlite3.Connection, user_id: int, query: Query, order: str = "recent", limit: int = 50, offset: int = 0
) -> SearchResult:
    """The hits of a query from `offset` on, at most `limit`.

    `order` is recent (the session with the newest message first) or best. Raises InterruptedSearchError when another thread
    interrupts the connection, UsageError for another order.
    """
    if order not in ORDERS:
        raise UsageError(f"Search results are sorted by {' or '.join(ORDERS)}.")
    start = time.perf_counter()
    limit, offset = max(0, min(limit, MAX_PAGE)), max(0, offset)
    problems = [words for _, words in query.problems]
    try:
        with time_limit(PATTERN_SECONDS) as spent:
            asked = Search(connection, user_id, query, offset + limit + 1, spent)
            found = asked.found(order)
            page = found.candidates[offset : offset + limit]
            hits = _hits(connection, query, page, asked.parts.is_text) if page else ()
    except sqlite3.OperationalError as error:
        if is_interrupt(error):
            raise InterruptedSearchError("The search was stopped for a newer one.") from error
        raise
    if spent.is_over or asked.has_unread:
        problems.append(UNREAD_TEXT if asked.parts.is_text else UNREAD_SESSIONS)
    elif asked.is_cut:
        problems.append(UNWEIGHED)
    elif asked.has_ungathered:
        problems.append(UNREAD_SESSIONS)
    has_more = len(found.candidates) > offset + limit
    is_hidden_whole = found.is_hidden_whole or (not found.hidden_count and not _has_hidden(connection, user_id))
    return SearchResult(hits, found.hidden_count, time.perf_counter() - start, has_more, tuple(problems), is_hidden_whole)


def _has_hidden(connection: sqlite3.Connection, user_id: int) -> bool:
    """Whether there is any session that searches leave out."""
    statement = "SELECT EXISTS (SELECT 1 FROM session WHERE user_id = ? AND status IN ('archived', 'trashed'))"
    return bool(connection.execute(statement, (user_id,)).fetchone()[0])


class Search:
    """One search: the first `wanted` candidates of each kind of row, merged."""

    def __init__(self, connection: sqlite3.Connection, user_id: int, query: Query, wanted: int, spent: TimeLimit) -> None:
        self.connection = connection
        self.user_id = user_id
        self.query = query
        self.wanted = wanted
        self.spent = spent
        self.is_cut = False  # whether there were too many rows to weigh all
        self.has_unread = False  # whether there was more to read than is read
        self._since: int | None = None  # from when on the sessions are from which enough messages were read
        self.has_ungathered = False  # whether more sessions may hold the words apart than were looked at
        self._vocabulary: Vocabulary | None = None
        self.scopes = scopes_of(query)
        wanted_or_not = [bare(node) for node in together(query.node)]
        dense = {leaf for node in wanted_or_not for leaf in positive_leaves(node) if self._is_dense(leaf)}
        choices = [node for node in wanted_or_not if isinstance(node, AnyOf)]
        self.dense = frozenset(dense | {node for node in choices if not dense.isdisjoint(positive_leaves(node))})
        self.parts = take_apart(query, self.dense)
        self.statuses = ("active", "archived", "trashed") if asks_for_status(query) else ("active",)

    def found(self, order: str) -> Found:
        if not self.parts.is_text:
            return self._sessions_only()
        is_being_typed = not self.dense.isdisjoint(self.parts.words)  # nothing to weigh yet
        if order == "best" and self.parts.match is not None and not is_being_typed:
            from chatviewer.storage.ranking import ranked

            plans = [self.plan(level, self.parts.matched) for level in levels_of(self.scopes)]
            best = ranked(self.connection, plans, self.scopes, self.query, self.wanted)
            self.is_cut = best.is_cut
            is_short = len(best.candidates) < self.wanted
            found = Found(best.candidates, best.hidden_count, is_short, best.is_whole or len(self.statuses) > 1)
            if best.is_cut and is_short:  # what meets the conditions may stand among the rows that were not weighed
                newest, weighed = self._newest(), {(each.level, each.row) for each in best.candidates}
                others = [each for each in newest.candidates if (each.level, each.row) not in weighed]
                found = newest._replace(candidates=[*best.candidates, *others])
        else:
            found = self._newest()
        if found.is_whole and len(self.parts.words) > 1:
            from chatviewer.storage.gathering import gathered

            known = {candidate.session for candidate in found.candidates}
            more = gathered(self, known, self.wanted - len(found.candidates))
            found = found._replace(candidates=[*found.candidates, *more])
        return found

    def _is_dense(self, leaf: Node) -> bool:
        """Whether this is the beginning of a great many words, as while one is being typed."""
        if not isinstance(leaf, Word) or not leaf.is_prefix or not leaf.text.isalnum() or split_word(leaf.text):
            return False
        text = leaf.text if leaf.text.isascii() else fold(leaf.text)
        levels = [level for level in levels_of(self.scopes) if level in READ_AS_TYPED]
        return text.isascii() and (len(text) == 1 or any(self.vocabulary.words(f"{level}_fts", text) is None for level in levels))

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the indexes; loaded when a beginning of words is asked for."""
        if self._vocabulary is None:
            from chatviewer.storage.vocabulary import Vocabulary

            self._vocabulary = Vocabulary(self.connection)
        return self._vocabulary

    def conditions_of(self, level: str, scopes: tuple[str, ...], within: str = "") -> Conditions:
        """No conditions yet, of a level of this search."""
        return Conditions(self.user_id, scopes, level, within, self.dense)

    def index_rows(self, plan: Plan) -> IndexRows:
        """The rows that the index gives for a plan."""
        return IndexRows(self, plan)

    def plan(self, level: str, matched: tuple[Node, ...], nodes: tuple[Node, ...] | None = None) -> Plan:
        """How one kind of row is searched: what the index is asked for, and the conditions given or else all of the query's."""
        nodes = self.parts.conditions if nodes is None else nodes
        # a title is a session's own row; from everywhere else a session's words are another matter than the row's
        scopes = ("title",) if level == "session" else self.scopes
        whole, of_row = (self.conditions_of(level, scopes) for _ in range(2))
        of_session = self.conditions_of("session", self.scopes)
        for node in nodes:
            whole.add(node)
            (of_row if _speaks_of_row(node, level) else of_session).add(node)
        for node in matched:
            if not is_known(level, node):
                sql, parameters = said(node)
                whole.add_sql(sql, *parameters)
                of_row.add_sql(sql, *parameters)
        match = level_match(level, AllOf(matched)) if matched else None
        return Plan(level, match, whole.parts, of_row.parts, of_session.parts, self.statuses, self.user_id)

    def _newest(self) -> Found:
        candidates: list[Candidate] = []
        hidden_count = 0
        is_whole = is_hidden_whole = True
        since: int | None = None  # older sessions stand behind those that were found
        for level in levels_of(self.scopes):
            found = self._newest_of(level, since)
            candidates += found.candidates
            if len(candidates) >= self.wanted:
                candidates.sort()
                since = -candidates[self.wanted - 1].when or None
            hidden_count += found.hidden_count
            is_whole = is_whole and found.is_whole
            is_hidden_whole = is_hidden_whole and found.is_hidden_whole
        candidates.sort()
        return Found(candidates, hidden_count, is_whole and len(candidates) < self.wanted, is_hidden_whole)

    def _newest_of(self, level: str, since: int | None) -> Found:
        plan = self.plan(level, self.parts.matched)
        if plan.match is None:
            return self._read(plan)
        if level in READ_AS_TYPED and not self.dense.isdisjoint(self.parts.words):
            begun = self._begun(plan)
            if begun is not None:
                return begun
        rows = self.index_rows(plan)
        few = rows.few()
        if few is not None:
            return Found(*sorted_rows(self.connection, plan, few, self.wanted, since))
        found = [candidate for batch in walk(self.connection, plan, rows, self.wanted) for candidate in batch]
        hidden_count, is_hidden_whole = hidden_within(self.connection, plan, rows)
        return Found(found, hidden_count, len(found) < self.wanted, is_hidden_whole)

    def _hidden_sessions(self, plan: Plan, newest: NewestMessages | None = None) -> tuple[int, bool]:
        """How many sessions would be found but for their status, and whether these are all."""
        if len(self.statuses) > 1:
            return 0, True
        waiting = sessions(self.connection, plan, ("archived", "trashed"), STRETCH)
        if newest is None:
            count = sum(1 for _ in islice(waiting, FEW))
            return count, count < FEW
        deadline = time.monotonic() + HIDDEN_SECONDS
        count, size = 0, FIRST_BATCH
        while batch := list(islice(waiting, size)):
            found = newest.of(batch)
            if self.spent.is_over:  # what seems to lack a pattern may hold it
                return count, False
            count += len(found)
            if len(batch) == size and (time.monotonic() > deadline or count >= FEW):
                return count, False
            size = min(2 * size, MOST_AT_ONCE)
        return count, True

    def _begun(self, plan: Plan) -> Found | None:
        """A word of which a letter or two are typed: words that begin so stand in nearly every message, so the newest are read.

        None where they do not, and too much would have to be read.
        """
        reading = self.plan(plan.level, (), (*self.parts.conditions, *self.parts.words, *self.parts.unwanted))
        found: list[Candidate] = []
        start = time.monotonic()
        (highest,) = self.connection.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()
        seconds = SHORT_SECONDS + MERGING_SECONDS * highest * len(self.dense)
        with time_limit(seconds) as spent:
            for batch in read(self.connection, reading, self.wanted, spent):
                if spent.is_over:  # not read to its end: what seems to lack the beginning may hold it
                    return None
                found += batch
                if len(found) >= self.wanted:
                    return Found(found, 0, is_whole=False, is_hidden_whole=False)
                if (time.monotonic() - start) * self.wanted > seconds * len(found):
                    return None
        return None

    def _read(self, plan: Plan) -> Found:
        """Text that no index can be asked for: the rows themselves, newest session first, as long as there is time."""
        if plan.level == "session":
            return self._read_titles(plan)
        if plan.level == "attachment":
            level = LEVELS[plan.level]
            statement = f"SELECT {level.row} FROM {level.source} WHERE session.user_id = ? ORDER BY {level.row} DESC LIMIT ?"
            rows = [row for (row,) in self.connection.execute(statement, (self.user_id, READ_ROWS + 1))]
            is_whole = len(rows) <= READ_ROWS
            self.has_unread |= not is_whole
            found, hidden_count, is_all = sorted_rows(self.connection, plan, rows[:READ_ROWS], self.wanted)
            return Found(found, hidden_count, is_whole and is_all)
        found = []
        with time_limit((self.spent.deadline - time.monotonic()) * READ_SHARE) as spent:
            for batch in read(self.connection, plan, self.wanted, spent):
                found += batch
        self.has_unread |= spent.is_over
        if len(found) >= self.wanted and found[self.wanted - 1].when < 0:  # a time that is known
            self._since = -found[self.wanted - 1].when
        return Found(found, 0, len(found) < self.wanted, is_hidden_whole=len(self.statuses) > 1)

    def _read_titles(self, plan: Plan) -> Found:
        """The titles, newest session first; no older ones than the messages that were found, which are enough."""
        sql, parameters = plan.conditions
        since = f"(session.last_message_at >= ? AND {sql})", [self._since, *parameters]
        reading = plan._replace(session_conditions=plan.conditions if self._since is None else since)
        newest = islice(sessions(self.connection, reading, self.statuses), self.wanted)
        found = [Candidate(when, session, 0, session, "session") for when, session in newest]
        hidden_count, is_hidden_whole = self._hidden_sessions(plan._replace(session_conditions=plan.conditions))
        return Found(found, hidden_count, len(found) < self.wanted and self._since is None, is_hidden_whole)

    def _sessions_only(self) -> Found:
        """No text that must be there: the sessions that meet the conditions, newest first, one hit each.

        Where unwanted words, a role or a date speak of messages, it is the newest message that meets them.
        """
        of_session, of_row = self.conditions_of("session", self.scopes), []
        has_messages = "message" in levels_of(self.scopes)  # else unwanted words are looked for in the whole session
        for node in self.parts.conditions:
            is_of_row = isinstance(node, Names | Span | Not) and _speaks_of_row(node, "message")
            if is_of_row and (has_messages or not _has_text(node)):
                of_row.append(node)
            else:
                of_session.add(node)
        plan = Plan("session", None, ("1", []), ("1", []), of_session.parts, self.statuses, self.user_id)
        newest = NewestMessages(self, of_row) if of_row else None
        found: list[Candidate] = []
        waiting = sessions(self.connection, plan, self.statuses, STRETCH)
        size = max(FIRST_BATCH, min(self.wanted, MOST_AT_ONCE))
        while len(found) < self.wanted and not self.spent.is_over_now() and (batch := list(islice(waiting, size))):
            more = newest.of(batch) if newest else [Candidate(when, session, 0, session, "session") for when, session, *_ in batch]
            if self.spent.is_over:  # a pattern was not read to its end: what seems to lack it may hold it
                break
            found += more[: self.wanted - len(found)]
            size = min(4 * size, MOST_AT_ONCE)
        hidden_count, is_hidden_whole = self._hidden_sessions(plan, newest)
        return Found(found, hidden_count, is_whole=True, is_hidden_whole=is_hidden_whole)


class NewestMessages:
    """The newest message that meets conditions, of each session."""

    def __init__(self, search: Search, nodes: Sequence[Node]) -> None:
        self._connection = search.connection
        self._unwanted: list[tuple[Plan, IndexRows]] = []
        conditions = search.conditions_of("message", search.scopes, within="listed.low AND listed.high")
        for node in nodes:
            if isinstance(node, Not) and node.node not in search.dense and tree_match(node.node) is not None:
                plan = search.plan("message", (node.node,), ())
                self._unwanted.append((plan, search.index_rows(plan)))
            else:
                conditions.add(node)
        conditions.add_sql("message.id NOT IN (SELECT value FROM json_each(?))")
        level = LEVELS["message"]
        self._parameters = conditions.parameters
        self._statement = (
            f"WITH listed (low, high, amount, id) AS ({level.bounds}) SELECT listed.id, (SELECT message.id FROM {level.source} "
            f"WHERE message.session_id = listed.id AND {conditions.sql} ORDER BY message.seq DESC LIMIT 1) FROM listed"
        )

    def of(self, batch: Sequence[Owner]) -> list[Candidate]:
        """In the order of the sessions; those without such a message are left out. A constant number of statements."""
        unwanted = {-each.row for plan, rows in self._unwanted for each in rows_within(self._connection, plan, rows, batch, ALL)}
        ids = id_list(-session for _, session, *_ in batch)
        newest = dict(self._connection.execute(self._statement, (ids, *self._parameters, id_list(unwanted))))
        found = [(when, session, newest.get(-session)) for when, session, *_ in batch]
        return [Candidate(when, session, 1, -row, "message") for when, session, row in found if row is not None]


def _speaks_of_row(node: Node, level: str) -> bool:
    """Whether text, or what speaks of one message or call, stands anywhere in a tree."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Not):
            waiting.append(here.node)
        elif isinstance(here, AllOf | AnyOf):
            waiting.extend(here.nodes)
        elif isinstance(here, Word | Pattern) or _is_of_message(here, level):
            return True
    return False


def _has_text(node: Node) -> bool:
    """Whether text stands anywhere in a tree, wanted or not."""
    return any(isinstance(leaf, Word | Pattern) for each in (node, Not(node)) for leaf in positive_leaves(each))


def _is_of_message(node: Node, level: str) -> bool:
    return isinstance(node, Names | Span) and (node.field in MESSAGE_FIELDS or node.field == level == "tool")


def _hits(connection: sqlite3.Connection, query: Query, page: list[Candidate], is_text: bool) -> tuple[Hit, ...]:
    from chatviewer.storage.presenting import hits

    return hits(connection, query, page, is_text)
