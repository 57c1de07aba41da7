"""The rows that a search may show, newest session first.

The index gives its rows in the order in which they were stored, and that is not the order of time: an export of old chats may be
imported today. Sorting half a million rows that hold a common word takes a quarter of a second. So there are two ways:

* a word that few rows hold: all of them, sorted
* a common word: the sessions, newest first, a few at a time; the index is asked only for the stretch of rows that they fill.
"""

import json
import sqlite3
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from chatviewer.storage.filtering import SqlParts, index_rows, scoped

FEW = 1_000  # rows that are sorted as a whole
FIRST_BATCH = 8  # sessions
LARGE_SESSION = 500  # messages; such a session is asked for alone, so that it does not fill a stretch by itself
MAX_HIDDEN_SESSIONS = 500

_STATUSES = ("active", "archived", "trashed")


class Candidate(NamedTuple):
    """A row that matches. They sort newest session first, its title before its messages, these the newest first."""

    time: int  # of the session's last message, negative; unknown ones are 0 and come last
    session: int  # negative id
    order: int  # 0 title, 1 the rest
    row: int  # negative id
    level: str


class Level(NamedTuple):
    """A kind of row: its table, how it reaches its session, and the statement for the ids of one session's rows."""

    name: str
    source: str
    row: str
    session: str
    bounds: str


LEVELS = {
    "message": Level(
        "message",
        "message CROSS JOIN session ON session.id = message.session_id",
        "message.id",
        "message.session_id",
        "SELECT min(+part.id), max(+part.id), count(*) FROM message AS part WHERE part.session_id = ?",
    ),
    "tool": Level(
        "tool",
        "tool_call CROSS JOIN message ON message.id = tool_call.message_id CROSS JOIN session ON session.id = tool_call.session_id",
        "tool_call.id",
        "tool_call.session_id",
        "SELECT min(+part.id), max(+part.id), count(*) FROM tool_call AS part WHERE part.session_id = ?",
    ),
    "attachment": Level(
        "attachment",
        "attachment CROSS JOIN message ON message.id = attachment.message_id CROSS JOIN session ON session.id = message.session_id",
        "attachment.id",
        "message.session_id",
        "",
    ),
    "session": Level("session", "session", "session.id", "session.id", ""),
}


class Plan(NamedTuple):
    """One level of a search: `match` for the index (None: read the rows themselves), and what must hold besides."""

    level: str
    match: str | None
    conditions: SqlParts  # of the row
    session_conditions: SqlParts  # of its session; repeats what it can of the other, to leave sessions out early
    statuses: tuple[str, ...]
    user_id: int


def rows_of_index(connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], limit: int) -> list[int]:
    """The rows stored last that match, without any other condition."""
    assert plan.match is not None
    statement = f"{index_rows(plan.level)} ORDER BY rowid DESC LIMIT ?"
    return [row for (row,) in connection.execute(statement, (scoped(plan.level, scopes, plan.match), limit))]


def sorted_rows(connection: sqlite3.Connection, plan: Plan, rows: list[int]) -> tuple[list[Candidate], int]:
    """Those of the rows that meet the conditions, in order, and how many more there are in sessions of another status."""
    level = LEVELS[plan.level]
    sql, parameters = plan.conditions
    statement = (
        f"SELECT session.status, session.last_message_at, session.id, {level.row} FROM json_each(?) AS listed "
        f"CROSS JOIN {level.source} WHERE {level.row} = listed.value AND session.user_id = ? AND {sql}"
    )
    found: list[Candidate] = []
    hidden_count = 0
    for status, time, session, row in connection.execute(statement, (json.dumps(rows), plan.user_id, *parameters)):
        if status in plan.statuses:
            found.append(Candidate(-(time or 0), -session, plan.level != "session", -row, plan.level))
        else:
            hidden_count += 1
    found.sort()
    return found, hidden_count


def sessions(connection: sqlite3.Connection, plan: Plan, statuses: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """(negative time, negative id) of the sessions, newest first; lazily, by the index, one cursor for each kind."""
    sql, parameters = plan.session_conditions
    statement = (
        "SELECT -coalesce(session.last_message_at, 0), -session.id FROM session WHERE session.user_id = ? AND session.status = ? "
        f"AND session.is_subagent = ? AND {sql} ORDER BY session.last_message_at DESC, session.id DESC"
    )
    kinds = [(status, is_subagent) for status in statuses for is_subagent in (0, 1)]
    return merge(*(connection.execute(statement, (plan.user_id, *kind, *parameters)) for kind in kinds))


def walk(connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], wanted: int) -> Iterator[list[Candidate]]:
    """The matching rows of the sessions, newest first, a batch of sessions at a time. Stops when `wanted` were given."""
    size = FIRST_BATCH
    waiting = sessions(connection, plan, plan.statuses)
    while wanted > 0 and (batch := list(islice(waiting, size))):
        found = _rows_within(connection, plan, scopes, batch, wanted)
        found.sort()
        wanted -= len(found)
        yield found
        size = min(size * 4, 2_048)


def hidden_within(connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...]) -> int:
    """How many rows match in the newest sessions that the status leaves out; beyond `FEW` it is a lower bound."""
    others = tuple(status for status in _STATUSES if status not in plan.statuses)
    if not others:
        return 0
    batch = list(islice(sessions(connection, plan, others), MAX_HIDDEN_SESSIONS))
    count = 0
    for start in range(0, len(batch), 64):
        if count >= FEW:
            break
        count += len(_rows_within(connection, plan, scopes, batch[start : start + 64], FEW))
    return count


def bounds_of(connection: sqlite3.Connection, level: Level, session: int) -> tuple[int, int, int]:
    """The first and last row of a session, and how many it has; (0, -1, 0) for none."""
    low, high, count = connection.execute(level.bounds, (session,)).fetchone()
    return (low, high, count) if count else (0, -1, 0)


def _rows_within(
    connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], batch: list[tuple[int, int]], wanted: int
) -> list[Candidate]:
    """The rows of these sessions that match; of a large session at most `wanted`."""
    level = LEVELS[plan.level]
    times = {-session: time for time, session in batch}
    sql, parameters = plan.conditions
    bound = f"{index_name(plan.level)}.rowid" if plan.match is not None else level.row
    source = f"{index_name(plan.level)} CROSS JOIN {level.source}" if plan.match is not None else level.source
    where = f"{bound} BETWEEN ? AND ?"
    given: list[object] = []
    if plan.match is not None:
        where = f"{index_name(plan.level)} MATCH ? AND {where} AND {level.row} = {bound}"
        given.append(scoped(plan.level, scopes, plan.match))
    statement = (
        f"SELECT {level.session}, {bound} FROM {source} WHERE {where} AND {sql} AND ({level.session} = ? OR ? = 0) "
        f"ORDER BY {bound} DESC LIMIT ?"
    )
    found: dict[int, Candidate] = {}
    for low, high, alone in _stretches(connection, level, list(times)):
        for session, row in connection.execute(statement, (*given, low, high, *parameters, alone, alone, wanted if alone else -1)):
            if session in times:
                found[row] = Candidate(times[session], -session, 1, -row, plan.level)
    return list(found.values())


def index_name(level: str) -> str:
    """The FTS5 table of a level."""
    return f"{level}_fts"


def _stretches(connection: sqlite3.Connection, level: Level, ids: list[int]) -> list[tuple[int, int, int]]:
    """The rows of these sessions as stretches without gaps: (first, last, the session if it is a large one that stands alone, else 0)."""
    found: list[tuple[int, int, int]] = []
    for low, high, count, session in sorted((*bounds_of(connection, level, session), session) for session in ids):
        if not count:
            continue
        if count >= LARGE_SESSION:
            found.append((low, high, session))
        elif found and not found[-1][2] and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]), 0)
        else:
            found.append((low, high, 0))
    return found
