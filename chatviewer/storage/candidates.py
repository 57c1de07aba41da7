"""The rows that a search may show, newest session first.

The index gives its rows in the order in which they were stored, and that is not the order of time: an export of old chats may be
imported today. Sorting half a million rows that hold a common word takes a quarter of a second. So there are two ways:

* a word that few rows hold: all of them, sorted
* a common word: the sessions, newest first, a few at a time; the index is asked only for the stretch of rows that they fill.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from chatviewer.storage.filtering import SqlParts, escaped, index_rows, scoped
from chatviewer.storage.matching import split_word
from chatviewer.storage.reading import id_list

FEW = 1_000  # rows that are sorted as a whole
FIRST_BATCH = 8  # sessions
LARGE_SESSION = 500  # messages; such a session is asked for alone, so that it does not fill a stretch by itself
HIDDEN_SECONDS = 0.003  # what counting the rows that are not shown may take

_STATUSES = ("active", "archived", "trashed")


class Candidate(NamedTuple):
    """A row that matches. They sort newest session first, its title before its messages, these the newest first."""

    when: int  # of the session's last message, negative; unknown ones are 0 and come last
    session: int  # negative id
    order: int  # 0 title, 1 the rest
    row: int  # negative id
    level: str


class Level(NamedTuple):
    """A kind of row: its table, how it reaches its session, and the statement for the ids of the rows of some sessions."""

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
        "SELECT min(+part.id), max(+part.id), count(*), part.session_id FROM message AS part "
        "WHERE part.session_id IN (SELECT value FROM json_each(?)) GROUP BY part.session_id",
    ),
    "tool": Level(
        "tool",
        "tool_call CROSS JOIN message ON message.id = tool_call.message_id CROSS JOIN session ON session.id = tool_call.session_id",
        "tool_call.id",
        "tool_call.session_id",
        "SELECT min(+part.id), max(+part.id), count(*), part.session_id FROM tool_call AS part "
        "WHERE part.session_id IN (SELECT value FROM json_each(?)) GROUP BY part.session_id",
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
    conditions: SqlParts  # all of them
    row_conditions: SqlParts  # those that speak of the row itself
    session_conditions: SqlParts  # those that speak of its session alone
    statuses: tuple[str, ...]
    user_id: int


def rows_of_index(connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], limit: int) -> list[int]:
    """The rows stored last that match, without any other condition."""
    assert plan.match is not None
    statement = f"{index_rows(plan.level)} ORDER BY rowid DESC LIMIT ?"
    return [row for (row,) in connection.execute(statement, (scoped(plan.level, scopes, plan.match), limit))]


def titles_holding(connection: sqlite3.Connection, words: list[str], word_count: int) -> list[int]:
    """Sessions whose titles hold all words, where these are of the kind that the index keeps in a column that titles do not have."""
    if not words or len(words) < word_count or all(split_word(word) is None for word in words):
        return []
    condition = " AND ".join(["session.title LIKE ? ESCAPE '\\'"] * len(words))
    given = [f"%{escaped(word)}%" for word in words]
    return [row for (row,) in connection.execute(f"SELECT session.id FROM session WHERE {condition} LIMIT ?", (*given, FEW))]


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
    for status, when, session, row in connection.execute(statement, (id_list(rows), plan.user_id, *parameters)):
        if status in plan.statuses:
            found.append(Candidate(-(when or 0), -session, plan.level != "session", -row, plan.level))
        else:
            hidden_count += 1
    return sorted(set(found)), hidden_count


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
    size = FIRST_BATCH if plan.match is None or not is_beginning(plan.match) else 8 * FIRST_BATCH
    waiting = sessions(connection, plan, plan.statuses)
    while wanted > 0 and (batch := list(islice(waiting, size))):
        found = _rows_within(connection, plan, scopes, batch, wanted)
        found.sort()
        wanted -= len(found)
        yield found
        size = min(size * 4, 2_048)


def hidden_within(connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...]) -> int:
    """How many rows match in the sessions that their status leaves out. A lower bound where these are many: the newest are asked first."""
    others = tuple(status for status in _STATUSES if status not in plan.statuses)
    if not others:
        return 0
    deadline = time.monotonic() + HIDDEN_SECONDS
    waiting = sessions(connection, plan, others)
    count = 0
    while count < FEW and time.monotonic() < deadline and (batch := list(islice(waiting, 2 * FIRST_BATCH))):
        count += len(_rows_within(connection, plan, scopes, batch, FEW))
    return count


def bounds_of(connection: sqlite3.Connection, level: Level, session: int) -> tuple[int, int, int]:
    """The first and last row of a session, and how many it has; (0, -1, 0) for none."""
    row = connection.execute(level.bounds, (id_list([session]),)).fetchone()
    return row[:3] if row else (0, -1, 0)


def _rows_within(
    connection: sqlite3.Connection, plan: Plan, scopes: tuple[str, ...], batch: list[tuple[int, int]], wanted: int
) -> list[Candidate]:
    """The rows of these sessions that match; of a large session at most `wanted`."""
    level, index = LEVELS[plan.level], index_name(plan.level)
    sql, parameters = plan.row_conditions
    times = {-session: when for when, session in batch}
    bounds = connection.execute(level.bounds, (id_list(times),)).fetchall()
    if plan.match is None:
        # reading the rows themselves is dear: session by session, until there are enough
        owned = {session: (low, high, [(low, session, count)]) for low, high, count, session in bounds}
        stretches = [owned[session] for session in times if session in owned]
    else:
        stretches = _stretches(bounds)
    if plan.match is not None and is_beginning(plan.match) and len(stretches) > 1:
        # the words with one beginning are put together anew each time that the index is asked: ask once, beyond the gaps
        stretches = [(min(low for low, _, _ in stretches), max(high for _, high, _ in stretches), [])]
    found: dict[int, Candidate] = {}
    if plan.match is None:
        plain, joined = "", f"SELECT {level.session}, {level.row} FROM {level.source} WHERE {level.row} BETWEEN ? AND ?"
        matched: tuple[object, ...] = ()
    else:
        plain = f"SELECT rowid FROM {index} WHERE {index} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?"
        joined = (
            f"SELECT {level.session}, {level.row} FROM {index} CROSS JOIN {level.source} "
            f"WHERE {index} MATCH ? AND {index}.rowid BETWEEN ? AND ? AND {level.row} = {index}.rowid"
        )
        matched = (scoped(plan.level, scopes, plan.match),)
    joined += f" AND {sql} AND ({level.session} = ? OR ? = 0) ORDER BY {level.row} DESC LIMIT ?"
    for low, high, owners in stretches:
        if plan.match is None and len(found) >= wanted:
            break
        alone = owners[0][1] if len(owners) == 1 else 0
        limit = wanted if alone else -1
        rows: Iterable[tuple[int, int]]
        if plain and sql == "1" and owners and _is_dense(low, high, owners):
            rows = _owned(owners, connection.execute(plain, (*matched, low, high, limit)))
        else:
            rows = connection.execute(joined, (*matched, low, high, *parameters, alone, alone, limit))
        for session, row in rows:
            if session in times:
                found[row] = Candidate(times[session], -session, 1, -row, plan.level)
    return list(found.values())


def is_beginning(match: str) -> bool:
    """Whether an expression asks for words by their beginning. Typed text holds no quotes there."""
    return '" *' in match


def index_name(level: str) -> str:
    """The FTS5 table of a level."""
    return f"{level}_fts"


Owner = tuple[int, int, int]  # first row, session, number of rows


def _is_dense(low: int, high: int, owners: list[Owner]) -> bool:
    """Whether every row from `low` to `high` belongs to one of the sessions, so that none need be asked whose it is."""
    return high - low + 1 == sum(count for _, _, count in owners)


def _owned(owners: list[Owner], rows: Iterable[tuple[int]]) -> Iterator[tuple[int, int]]:
    """(session, row) of rows that come in falling order, in a stretch that is dense."""
    number = len(owners) - 1
    for (row,) in rows:
        while row < owners[number][0]:
            number -= 1
        yield owners[number][1], row


def _stretches(bounds: list[tuple[int, int, int, int]]) -> list[tuple[int, int, list[Owner]]]:
    """The rows of sessions as stretches without gaps: (first, last, the sessions in them). A large session stands alone."""
    found: list[tuple[int, int, list[Owner]]] = []
    is_open = False  # whether the last stretch may go on
    for low, high, count, session in sorted(bounds):
        owner = (low, session, count)
        is_whole = count < LARGE_SESSION and high - low + 1 == count
        if is_open and is_whole and low == found[-1][1] + 1:
            found[-1] = (found[-1][0], high, [*found[-1][2], owner])
        else:
            found.append((low, high, [owner]))
        is_open = is_whole
    return found
