"""Best first: FTS5's bm25, then what a person would weigh besides.

bm25 has to look at every row that matches, so of a common word only the rows stored last take part.
"""

from __future__ import annotations

import math
import re
import sqlite3
import time

from chatviewer.domain.record import NamedTuple
from chatviewer.query.nodes import Query
from chatviewer.storage.candidates import LEVELS, Candidate, Plan, index_name
from chatviewer.storage.filtering import index_rows, scoped
from chatviewer.storage.matching import known_text
from chatviewer.storage.snippets import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_ROWS = 10_000  # that are scored
WEIGHED = 200  # the best of them are weighed together, then the next so many: a page stays as it is when more is asked for
READ = 5_000  # characters of a message in which a phrase is looked for
_YEAR_MS = 365 * 86_400_000

# bm25's weights of the columns: content, thinking, terms; text, name, terms; title, summary, terms
_COLUMN_WEIGHTS = {"message": "1.0, 0.5, 0.6", "attachment": "1.0, 0.8, 0.6", "session": "1.0, 0.3, 0.6"}
_LEVEL_WEIGHTS = {"message": 1.0, "tool": 0.5, "attachment": 0.7, "session": 2.5}
_ROLE_WEIGHTS = {"user": 1.25, "assistant": 1.0, "system": 0.5, "tool": 0.5}
_TEXTS = {"message": f"substr(message.content, 1, {READ})", "session": "session.title"}
# of a message, the user's own above the source's; looked for only where the session has any
_RATING = (
    "CASE WHEN session.rating IS NOT NULL THEN (SELECT given.value FROM rating AS given WHERE given.user_id = session.user_id "
    "AND given.uid = message.uid ORDER BY given.origin = 'user' DESC LIMIT 1) END"
)


class Best(NamedTuple):
    """The best rows, best first; how many are hidden by their session's status among those that were weighed.

    `is_whole`: all rows that match were weighed. `is_cut`: there are too many to score all, so the best may be among the others.
    """

    candidates: list[Candidate]
    hidden_count: int
    is_whole: bool
    is_cut: bool


def ranked(connection: sqlite3.Connection, plans: list[Plan], scopes: tuple[str, ...], query: Query, wanted: int) -> Best:
    """The best rows of all kinds of rows."""
    weigh = _Weigher(query)
    scored: list[tuple[int, float, Candidate]] = []
    hidden_count = 0
    is_whole, is_cut = True, False
    for plan in plans:
        rows, is_all, is_plan_cut = _best_of(connection, plan, scopes, weigh, wanted)
        is_whole, is_cut = is_whole and is_all, is_cut or is_plan_cut
        places = [(place // WEIGHED, *row) for place, row in enumerate(rows)]
        for block, score, status, candidate in places:
            if status in plan.statuses:
                scored.append((block, -score, candidate))
            else:
                hidden_count += 1
    scored.sort()
    return Best([candidate for _, _, candidate in scored], hidden_count, is_whole, is_cut)


def _best_of(
    connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], weigh: _Weigher, wanted: int
) -> tuple[list[tuple[float, str, Candidate]], bool, bool]:
    """The first rows of a level by the index's own score, so many that the wanted number may be shown; whether these are all; and
    whether there were too many to score all."""
    limit = -(-wanted // WEIGHED) * WEIGHED
    while True:
        rows, is_cut = _scored(connection, plan, scopes, weigh, limit)
        if len(rows) < limit or sum(status in plan.statuses for _, status, _ in rows) >= wanted:
            return rows, len(rows) < limit and not is_cut, is_cut
        limit *= 4


def _scored(
    connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], weigh: _Weigher, limit: int
) -> tuple[list[tuple[float, str, Candidate]], bool]:
    """The first rows by the index's own score, weighed, and whether there are too many to score all."""
    level, index = LEVELS[plan.level], index_name(plan.level)
    match = scoped(plan.level, scopes, plan.match or "")
    edge = connection.execute(f"{index_rows(plan.level)} ORDER BY rowid DESC LIMIT 1 OFFSET ?", (match, MAX_ROWS)).fetchone()
    sql, parameters = plan.conditions
    ranking = f"SELECT rowid, {_score(connection, plan, match)} AS score FROM {index} WHERE {index} MATCH ? AND rowid > ? "
    ranking += "ORDER BY rowid DESC LIMIT ?" if plan.level == "tool" else "ORDER BY score, rowid DESC LIMIT ?"
    message = "NULL, NULL" if plan.level == "session" else f"message.role, {_RATING}"
    # The index scores first and gives the best rows; the join costs for these only, unless conditions drop most of them.
    statement = (
        "SELECT best.rowid, best.score, session.id, session.status, session.last_message_at, session.starred_at IS NOT NULL, "
        f"session.title, {weigh.text_of(plan.level)}, {message} FROM ({ranking}) AS best CROSS JOIN {level.source} "
        f"WHERE {level.row} = best.rowid AND session.user_id = ? AND {sql}"
    )
    depth = limit if sql == "1" else MAX_ROWS
    rows = connection.execute(statement, (match, edge[0] if edge else -1, depth, plan.user_id, *parameters)).fetchmany(limit)
    return [weigh.weighed(plan.level, row) for row in rows], edge is not None


def _score(connection: sqlite3.Connection, plan: Plan, match: str) -> str:
    """What a row scores, as SQL: bm25. The index of tool calls does not know how often a word stands in one, so there all rows score
    the same: the less, the more rows hold the words."""
    if plan.level != "tool":
        return f"bm25({index_name(plan.level)}, {_COLUMN_WEIGHTS[plan.level]})"
    count = connection.execute(f"SELECT count(*) FROM ({index_rows('tool')} LIMIT ?)", (match, MAX_ROWS)).fetchone()[0]
    total = connection.execute("SELECT coalesce(max(id), 0) FROM tool_call").fetchone()[0]
    return str(-math.log(1 + total / (count + 1)))


class _Weigher:
    """What stands beside bm25: the exact phrase, the title, who said it, stars, and age."""

    def __init__(self, query: Query) -> None:
        self._now_ms = time.time_ns() // 1_000_000
        self._of_session: dict[int, float] = {}
        self._words = [fold(known_text(word)).lower() for word in query.words]
        words = [re.escape(word) for text in self._words for word in text.split()]
        # the words side by side, with whatever the index drops between them
        self._phrase = re.compile(r"[\W_]+".join(words)) if len(words) > 1 else None

    def text_of(self, level: str) -> str:
        """The column in which a phrase is looked for."""
        return "NULL" if self._phrase is None else _TEXTS.get(level, "NULL")

    def weighed(self, level: str, row: tuple[Any, ...]) -> tuple[float, str, Candidate]:
        """(score, the session's status, candidate); a higher score is better."""
        row_id, score, session, status, last_message_at, is_starred, title, text, role, rating = row
        weight = self._of_session.get(session)
        if weight is None:
            weight = self._of_session[session] = self._session_weight(last_message_at, is_starred)
        if level == "session":
            weight *= _LEVEL_WEIGHTS[level]
        else:
            weight *= _LEVEL_WEIGHTS[level] * _ROLE_WEIGHTS[role]
            if self._words and self._is_titled(title):
                weight *= 1.4
        if text and self._phrase is not None and self._phrase.search(fold(text).lower()):
            weight *= 1.6
        if rating is not None:
            weight *= 1 + 0.15 * (rating - 3)
        # bm25 is negative, and zero for a word that stands everywhere
        candidate = Candidate(-(last_message_at or 0), -session, level != "session", -row_id, level)
        return (0.01 - score) * weight, status, candidate

    def _session_weight(self, last_message_at: int | None, is_starred: int) -> float:
        age = max(0.0, (self._now_ms - (last_message_at or 0)) / _YEAR_MS)
        return (0.8 + 0.4 * math.exp(-age)) * (1.2 if is_starred else 1.0)

    def _is_titled(self, title: str) -> bool:
        """Whether a title holds all words."""
        folded = fold(title).lower()
        for word in self._words:  # noqa: SIM110 (two hundred titles a search: a generator takes as long again)
            if word not in folded:
                return False
        return True
