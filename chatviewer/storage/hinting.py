"""What would find more than a query did: hits in tool output, and words as the library spells them.

It is asked for after the hits are shown, and stops at a deadline: half an answer is still a hint.
"""

import sqlite3
from collections.abc import Callable, Iterator

from chatviewer.domain.hit import SearchHints
from chatviewer.errors import InterruptedSearchError
from chatviewer.query import parse
from chatviewer.query.editing import pieces, without
from chatviewer.query.nodes import AllOf, Names, Query, Word, positive_leaves
from chatviewer.storage.candidates import FEW, rows_of_index, sorted_rows
from chatviewer.storage.connection import is_interrupt
from chatviewer.storage.filtering import asks_for_status, index_rows, level_match, levels_of, scopes_of, session_where
from chatviewer.storage.matching import word_match
from chatviewer.storage.patterns import TimeLimit, time_limit
from chatviewer.storage.searching import Search, search
from chatviewer.storage.snippets import fold

SECONDS = 0.1
MOST = 100  # tool calls that are counted
SHORTEST, LONGEST = 4, 24  # letters of a word that can be misspelt, or be a part of one
MAX_WORDS = 8
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STEPS = 2_000  # of SQLite's machine between two looks at the clock


def search_hints(
    connection: sqlite3.Connection, user_id: int, query: Query, is_found: bool, should_stop: Callable[[], bool] = bool
) -> SearchHints:
    """The hints for a query. A newer search may interrupt it; then they are those known so far."""
    hints = SearchHints()
    for step in (_in_tools, _hidden, *(() if is_found else (_respelled, _shortened))):
        with _Limited(connection, should_stop) as limit:
            try:
                hints = step(connection, user_id, query, hints, limit)
            except InterruptedSearchError:
                pass
            except sqlite3.OperationalError as error:
                if not is_interrupt(error):
                    raise
    return hints


class _Limited(time_limit):
    """Statements of this connection are interrupted when the time is up."""

    def __init__(self, connection: sqlite3.Connection, should_stop: Callable[[], bool]) -> None:
        super().__init__(SECONDS, should_stop)
        self._connection = connection

    def __enter__(self) -> TimeLimit:
        limit = super().__enter__()
        self._connection.set_progress_handler(limit.is_over_now, _STEPS)
        return limit

    def __exit__(self, *raised: object) -> None:
        self._connection.set_progress_handler(None, 0)
        super().__exit__(*raised)


def _in_tools(connection: sqlite3.Connection, user_id: int, query: Query, hints: SearchHints, limit: TimeLimit) -> SearchHints:
    """How many of the tool calls stored last would be hits."""
    search = Search(connection, user_id, query, MOST, limit)
    if query.has_scopes or "tools" in search.scopes or search.parts.match is None:
        return hints
    search = Search(connection, user_id, query._replace(scopes=("tools",)), MOST, limit)
    plan = search.plan("tool", search.parts.matched)
    rows = rows_of_index(connection, plan, search.scopes, MOST + 1)
    found, _, _ = sorted_rows(connection, plan, rows[:MOST])
    return hints._replace(tool_count=len(found), is_tool_count_whole=len(rows) <= MOST)


def _hidden(connection: sqlite3.Connection, user_id: int, query: Query, hints: SearchHints, limit: TimeLimit) -> SearchHints:
    """How many archived and trashed sessions a list leaves out; a search for words has counted them already."""
    if query.node is None or query.words or query.patterns or asks_for_status(query):
        return hints
    sql, given = session_where(query._replace(node=AllOf((Names("is", ("archived", "trashed")), query.node))), user_id)
    (count,) = connection.execute(f"SELECT count(*) FROM (SELECT 1 FROM session WHERE {sql} LIMIT ?)", (*given, FEW + 1)).fetchone()
    return hints._replace(hidden_count=min(count, FEW), is_hidden_count_whole=count <= FEW)


def _respelled(connection: sqlite3.Connection, user_id: int, query: Query, hints: SearchHints, limit: TimeLimit) -> SearchHints:
    """The hints with what was probably meant."""
    suggestion = _respelling(connection, user_id, query, limit)
    is_useful = bool(suggestion) and _finds(connection, user_id, _parsed(suggestion, query))
    return hints._replace(suggestion=suggestion) if is_useful else hints


def _respelling(connection: sqlite3.Connection, user_id: int, query: Query, limit: TimeLimit) -> str:
    """The query's text with what is known in the place of each word that is not; "" if there is nothing for one."""
    text, levels = query.text, levels_of(scopes_of(query))
    spoken = [level for level in levels if level != "attachment"]  # whose words are the nearest
    words = [leaf for leaf in positive_leaves(query.node) if isinstance(leaf, Word) and not leaf.is_phrase][:MAX_WORDS]
    has_changed = False
    for word in dict.fromkeys(words):
        if word_match(word) is None or _is_known(connection, levels, word):
            continue
        import re  # mostly every word is known

        if word.text[-1].isalnum() and _is_known(connection, levels, word._replace(is_prefix=True)):
            better = f"{word.text}*"
        else:
            better = _nearest(connection, spoken, fold(word.text).lower(), limit) or _anywhere(connection, user_id, query, word.text)
        place = re.search(rf"(?<!\w){re.escape(word.text)}(?!\w)", text)
        if not better or place is None:
            return ""
        text = text[: place.start()] + better + text[place.end() :]
        has_changed = True
    return text.strip() if has_changed else ""


def _parsed(text: str, query: Query) -> Query:
    """A text in the place of a query: a word at its end is a beginning where it was one there."""
    leaves = positive_leaves(query.node)
    last = leaves[-1] if leaves else None
    is_being_typed = isinstance(last, Word) and last.is_prefix and query.text.endswith(last.text)
    return parse(text, is_being_typed=is_being_typed)


def _finds(connection: sqlite3.Connection, user_id: int, query: Query) -> bool:
    """Whether the user would find anything: the index holds everybody's words, and its fields may rule out all that hold the word."""
    return bool(search(connection, user_id, query, limit=1).hits)


def _shortened(connection: sqlite3.Connection, user_id: int, query: Query, hints: SearchHints, limit: TimeLimit) -> SearchHints:
    """The hints with the word or field without which the query finds most, the last one where several find as many.

    Where it finds nothing without any of them, the word that says most: alone it finds something, and the least of all.
    """
    for start, end in reversed(pieces(query.text)[:MAX_WORDS]):
        shorter = without(query.text, start, end).strip()
        if not shorter or limit.is_over_now():
            continue
        found = search(connection, user_id, _parsed(shorter, query))
        if len(found.hits) > hints.shorter_count:
            dropped = query.text[start:end]
            hints = hints._replace(shorter=shorter, dropped=dropped, shorter_count=len(found.hits), has_more_shorter=found.has_more)
    return hints if hints.shorter else _alone(connection, user_id, query, hints, limit)


def _alone(connection: sqlite3.Connection, user_id: int, query: Query, hints: SearchHints, limit: TimeLimit) -> SearchHints:
    parts = [query.text[start:end] for start, end in pieces(query.text)[:MAX_WORDS]]
    fewest: tuple[bool, int] | None = None
    for number, part in enumerate(parts):
        alone = _parsed(part, query)
        if len(parts) < 3 or not alone.words or limit.is_over_now():  # of two, either was left out already
            continue
        found = search(connection, user_id, alone)
        count = found.has_more, len(found.hits)
        if found.hits and (fewest is None or count < fewest):
            fewest = count
            dropped = " ".join([*parts[:number], *parts[number + 1 :]])
            hints = hints._replace(shorter=part, dropped=dropped, shorter_count=count[1], has_more_shorter=count[0])
    return hints


def _anywhere(connection: sqlite3.Connection, user_id: int, query: Query, text: str) -> str:
    """The pattern for what stands within words."""
    import re

    if "/" in text or not SHORTEST <= len(text) <= LONGEST:
        return ""
    pattern = f"/{re.escape(text)}/"
    return pattern if _finds(connection, user_id, parse(pattern)._replace(scopes=query.scopes, has_scopes=True)) else ""


def _nearest(connection: sqlite3.Connection, levels: list[str], word: str, limit: TimeLimit) -> str:
    """The word one edit away that most rows hold, two letters in the wrong order before all others."""
    if not (word.isascii() and word.isalpha() and SHORTEST <= len(word) <= LONGEST):
        return ""
    best, best_count = "", 0
    for group in _edits(word):
        for candidate in dict.fromkeys(group):
            if limit.is_over_now():
                return best
            match = f'"{candidate}"'
            count = sum(_count(connection, level, match, 1) and _count(connection, level, match, MOST) for level in levels)
            if count > best_count:
                best, best_count = candidate, count
        if best:
            return best
    return best


def _edits(word: str) -> Iterator[list[str]]:
    """All words one edit away: first those with two letters swapped, then the others."""
    places = range(len(word))
    yield [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1] if word[at] != word[at + 1]]
    yield [
        *(word[:at] + word[at + 1 :] for at in places),
        *(word[:at] + letter + word[at:] for at in range(len(word) + 1) for letter in _LETTERS),
        *(word[:at] + letter + word[at + 1 :] for at in places for letter in _LETTERS if letter != word[at]),
    ]


def _is_known(connection: sqlite3.Connection, levels: list[str], word: Word) -> bool:
    """Whether the indexes know it."""
    return any(_count(connection, level, level_match(level, word), 1) for level in levels)


def _count(connection: sqlite3.Connection, level: str, match: str | None, most: int) -> int:
    """How many rows of an index there are, counted up to `most`."""
    count: int = connection.execute(f"SELECT count(*) FROM ({index_rows(level)} LIMIT ?)", (match, most)).fetchone()[0]
    return count
