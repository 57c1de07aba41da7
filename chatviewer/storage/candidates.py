"""The rows that a search may show: what they are, and those of a word that few rows hold, sorted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from chatviewer.domain.record import NamedTuple
from chatviewer.storage.filtering import SqlParts, index_rows, scoped
from chatviewer.storage.reading import id_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FEW = 1_000  # rows that are sorted as a whole
ALL = 1 << 62  # rows
MARGIN = 50  # rows beyond those that are wanted, which may do in place of some of them


class Candidate(NamedTuple):
    """A row that matches. They sort newest session first, its title before its messages, these the newest first."""

    when: int  # of the session's last message, negative; unknown ones are 0 and come last
    session: int  # negative id
    order: int  # 0 title, 1 the rest
    row: int  # negative id
    level: str


class Level(NamedTuple):
    """A kind of row: its table, how it reaches its session, and for some sessions (a JSON list of ids) two statements: the first and the
    last row, their number and the session, and all rows with their sessions."""

    table: str
    source: str
    row: str
    session: str
    bounds: str
    rows: str


_LISTED = "IN (SELECT value FROM json_each(?))"
_CALLS = "FROM tool_call AS own WHERE own.session_id = part.id"
_ATTACHMENTS = f"FROM message AS part CROSS JOIN attachment ON attachment.message_id = part.id WHERE part.session_id {_LISTED}"
LEVELS = {
    "message": Level(
        "message",
        "message CROSS JOIN session ON session.id = message.session_id",
        "message.id",
        "message.session_id",
        f"SELECT part.first_row, part.last_row, part.message_count, part.id FROM session AS part WHERE part.id {_LISTED}",
        f"SELECT part.session_id AS session, part.id AS row FROM message AS part WHERE part.session_id {_LISTED}",
    ),
    "tool": Level(
        "tool_call",
        "tool_call CROSS JOIN message ON message.id = tool_call.message_id CROSS JOIN session ON session.id = tool_call.session_id",
        "tool_call.id",
        "tool_call.session_id",
        f"SELECT (SELECT min(own.id) {_CALLS}), (SELECT max(own.id) {_CALLS}), part.tool_call_count, part.id FROM session AS part "
        f"WHERE part.id {_LISTED} AND part.tool_call_count > 0",
        f"SELECT part.session_id AS session, part.id AS row FROM tool_call AS part WHERE part.session_id {_LISTED}",
    ),
    "attachment": Level(
        "attachment",
        "attachment CROSS JOIN message ON message.id = attachment.message_id CROSS JOIN session ON session.id = message.session_id",
        "attachment.id",
        "message.session_id",
        f"SELECT min(attachment.id), max(attachment.id), count(*), part.session_id {_ATTACHMENTS} GROUP BY part.session_id",
        f"SELECT part.session_id AS session, attachment.id AS row {_ATTACHMENTS}",
    ),
    "session": Level("session", "session", "session.id", "session.id", "", ""),
}


# Whose messages these are, by the sessions' own rows; those of a session that others' rows lie between are left out.
_OWNERS = (
    "SELECT session.user_id = ? AND ({}), -coalesce(session.last_message_at, 0), -session.id, 1, -listed.value, session.status "
    "FROM json_each(?) AS listed CROSS JOIN session "
    "WHERE session.first_row = (SELECT max(before.first_row) FROM session AS before WHERE before.first_row <= listed.value) "
    "AND session.last_row >= listed.value AND session.last_row - session.first_row + 1 = session.message_count"
)


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


def sorted_rows(
    connection: sqlite3.Connection, plan: Plan, rows: Sequence[int], wanted: int = ALL, since: int | None = None
) -> tuple[list[Candidate], int, bool]:
    """Those of the rows that meet the conditions, in order, how many more are in sessions of another status, and whether these are all.

    What speaks of the rows themselves is looked at in this order, until there are as many as wanted. `since`: milliseconds; older sessions
    are left out.
    """
    if since is not None:
        sql, parameters = plan.session_conditions
        marks = ", ".join("?" * len(plan.statuses))
        sql = f"({sql}) AND (session.last_message_at >= ? OR session.status NOT IN ({marks}))"
        plan = plan._replace(session_conditions=(sql, [*parameters, since, *plan.statuses]))
    placed = _placed(connection, plan, rows)
    places = [place for place in placed if place[-1] in plan.statuses]
    if plan.row_conditions[0] == "1":
        found = [Candidate._make((*place[:-1], plan.level)) for place in places[:wanted]]
        return found, len(placed) - len(places), len(found) == len(places)
    hidden = [-row for *_, row, status in placed if status not in plan.statuses]
    hidden_count = len(meeting(connection, plan, hidden)) if hidden else 0
    shown = [Candidate._make((*place[:-1], plan.level)) for place in places]
    found = []
    start, size = 0, wanted + MARGIN
    while start < len(shown) and len(found) < wanted:
        part = shown[start : start + size]
        met = meeting(connection, plan, [-candidate.row for candidate in part])
        found += [candidate for candidate in part if -candidate.row in met]
        start, size = start + size, size * 4
    return found, hidden_count, start >= len(shown)


def meeting(connection: sqlite3.Connection, plan: Plan, rows: Iterable[int]) -> set[int]:
    """Those of the rows that meet the conditions which speak of the row."""
    level = LEVELS[plan.level]
    sql, parameters = plan.row_conditions
    statement = f"SELECT {level.row} FROM json_each(?) AS listed CROSS JOIN {level.source} WHERE {level.row} = listed.value AND {sql}"
    return {row for (row,) in connection.execute(statement, (id_list(rows), *parameters))}


def _placed(connection: sqlite3.Connection, plan: Plan, rows: Sequence[int]) -> list[tuple[Any, ...]]:
    """Those whose session meets the conditions which speak of it, in order: a `Candidate` with the session's status for its level."""
    level = LEVELS[plan.level]
    sql, parameters = plan.session_conditions
    left = set(rows)
    found: list[tuple[Any, ...]] = []
    if plan.level == "message":
        owned = connection.execute(_OWNERS.format(sql), (plan.user_id, *parameters, id_list(left))).fetchall()
        left.difference_update(-row for *_, row, _ in owned)
        found = [tuple(place) for is_met, *place in owned if is_met]
    if left:
        statement = (
            f"SELECT -coalesce(session.last_message_at, 0), -session.id, {int(plan.level != 'session')}, -{level.row}, session.status "
            f"FROM json_each(?) AS listed CROSS JOIN {level.source} WHERE {level.row} = listed.value AND session.user_id = ? AND {sql}"
        )
        found += connection.execute(statement, (id_list(left), plan.user_id, *parameters)).fetchall()
    found.sort()
    return found


def sessions(connection: sqlite3.Connection, plan: Plan, statuses: tuple[str, ...], more: str = "") -> Iterator[tuple[int, ...]]:
    """(negative time, negative id) of the sessions, newest first, and `more` columns; lazily, by the index, one cursor for each kind."""
    sql, parameters = plan.session_conditions
    statement = (
        f"SELECT -coalesce(session.last_message_at, 0), -session.id{more} FROM session WHERE session.user_id = ? AND session.status = ? "
        f"AND session.is_subagent = ? AND {sql} ORDER BY session.last_message_at DESC, session.id DESC"
    )
    kinds = [(status, is_subagent) for status in statuses for is_subagent in (0, 1)]
    return merged(connection.execute(statement, (plan.user_id, *kind, *parameters)) for kind in kinds)


def merged(sorted_ones: Iterable[Iterator[tuple[int, ...]]]) -> Iterator[tuple[int, ...]]:
    """As `heapq.merge`, without its module, of a few."""
    first = {rows: row for rows in sorted_ones if (row := next(rows, None)) is not None}
    while len(first) > 1:
        least = min(first, key=first.__getitem__)
        yield first.pop(least)
        if (row := next(least, None)) is not None:
            first[least] = row
    for rows, row in first.items():
        yield row
        yield from rows


def is_beginning(match: str) -> bool:
    """Whether an expression asks for words by their beginning. Typed text holds no quotes there."""
    return '" *' in match


def index_name(level: str) -> str:
    """The FTS5 table of a level."""
    return f"{level}_fts"
