"""The rows that a search may show: what they are, and those of a word that few rows hold, sorted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from heapq import merge

from chatviewer.domain.record import NamedTuple
from chatviewer.storage.filtering import SqlParts, index_rows, scoped
from chatviewer.storage.reading import id_list

FEW = 1_000  # rows that are sorted as a whole


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


def sorted_rows(connection: sqlite3.Connection, plan: Plan, rows: Sequence[int]) -> tuple[list[Candidate], int]:
    """Those of the rows that meet the conditions, in order, and how many more there are in sessions of another status."""
    level = LEVELS[plan.level]
    sql, parameters = plan.conditions
    statement = (
        f"SELECT session.status, session.last_message_at, session.id, {level.row} FROM json_each(?) AS listed "
        f"CROSS JOIN {level.source} WHERE {level.row} = listed.value AND session.user_id = ? AND {sql}"
    )
    found: list[Candidate] = []
    hidden_count = 0
    for status, when, session, row in connection.execute(statement, (id_list(set(rows)), plan.user_id, *parameters)):
        if status in plan.statuses:
            found.append(Candidate(-(when or 0), -session, plan.level != "session", -row, plan.level))
        else:
            hidden_count += 1
    return sorted(found), hidden_count


def sessions(connection: sqlite3.Connection, plan: Plan, statuses: tuple[str, ...], more: str = "") -> Iterator[tuple[int, ...]]:
    """(negative time, negative id) of the sessions, newest first, and `more` columns; lazily, by the index, one cursor for each kind."""
    sql, parameters = plan.session_conditions
    statement = (
        f"SELECT -coalesce(session.last_message_at, 0), -session.id{more} FROM session WHERE session.user_id = ? AND session.status = ? "
        f"AND session.is_subagent = ? AND {sql} ORDER BY session.last_message_at DESC, session.id DESC"
    )
    kinds = [(status, is_subagent) for status in statuses for is_subagent in (0, 1)]
    return merge(*(connection.execute(statement, (plan.user_id, *kind, *parameters)) for kind in kinds))


def is_beginning(match: str) -> bool:
    """Whether an expression asks for words by their beginning. Typed text holds no quotes there."""
    return '" *' in match


def index_name(level: str) -> str:
    """The FTS5 table of a level."""
    return f"{level}_fts"
