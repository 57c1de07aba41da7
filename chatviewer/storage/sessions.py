"""Lists of sessions and single ones.

A list is its ids first: 100,000 of them come out of one covering index in some 30 ms, the first screen of them (`limit`) at once.
The rows follow for the ids that are shown, in a number of statements that does not depend on how many. (A `+` before a column keeps
SQLite from entering by an index on it: every session is the one user's.)
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence

from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.summary import SessionSummary
from chatviewer.errors import NotFoundError, UsageError
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.reading import (
    CONTEXT_ITEM_COLUMNS,
    SESSION_COLUMNS,
    SUMMARY_COLUMNS,
    Row,
    context_item_of,
    id_list,
    session_of,
    summary_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chatviewer.domain.session import ContextItem, Session
    from chatviewer.query import Query

LAST_CHARACTER = "\U0010ffff"  # above every text that begins with what stands before it
DEFAULT_FILTER = "session.status = 'active' AND session.is_subagent = 0"

# What is unknown comes last, whichever way round. Each order is that of an index, so nothing is sorted.
_ORDERS = {
    "recent": "session.last_message_at DESC, session.id DESC",
    "-recent": "session.last_message_at ASC NULLS LAST, session.id",
    "started": "session.started_at DESC, session.id DESC",
    "-started": "session.started_at ASC NULLS LAST, session.id",
    "title": "session.title COLLATE NOCASE, session.id",
    "-title": "session.title COLLATE NOCASE DESC, session.id DESC",
    "messages": "session.message_count DESC, session.id DESC",
    "-messages": "session.message_count, session.id",
    "tokens": "session.token_count DESC, session.id DESC",
    "-tokens": "session.token_count, session.id",
    "rating": "session.rating DESC, session.last_message_at DESC, session.id DESC",
    "-rating": "session.rating ASC NULLS LAST, session.last_message_at ASC, session.id",
}
SORTS = tuple(key for key in _ORDERS if not key.startswith("-"))


class Listing:
    """Which sessions a list holds, and in which order. Raises UsageError for an unknown sort key."""

    def __init__(self, query: Query | None, user_id: int, sort: str) -> None:
        order = _ORDERS.get(sort)
        if order is None:
            raise UsageError(f"{safe_line(sort, 40)!r} is no order; sort by {', '.join(SORTS)}, with - before it for the other way round.")
        self.order = order
        condition: str = DEFAULT_FILTER
        parameters: Sequence[object] = ()
        if query is not None and not query.is_empty:
            from chatviewer.storage.filtering import session_where

            condition, parameters = session_where(query, user_id)
        self.where = f"session.user_id = ? AND ({condition})"
        self.parameters: tuple[object, ...] = (user_id, *parameters)

    def select(self, columns: str, also: str = "1", *values: object, limit: int | None = None) -> tuple[str, tuple[object, ...]]:
        """A statement and its parameters for these columns in order, of those rows for which `also` holds."""
        sql = f"SELECT {columns} FROM session WHERE {self.where} AND {also} ORDER BY {self.order} LIMIT ?"
        return sql, (*self.parameters, *values, -1 if limit is None else limit)


def session_ids(database: Database, user_id: int, query: Query | None, sort: str, limit: int | None) -> array[int]:
    """The ids of the sessions that match, in order. Raises UsageError for an unknown sort key."""
    statement, parameters = Listing(query, user_id, sort).select("session.id", limit=limit)
    with explained(database.file):
        return array("q", (row[0] for row in database.connection().execute(statement, parameters)))


def summaries(database: Database, user_id: int, ids: Sequence[int]) -> list[SessionSummary]:
    """The rows of a list, in the order of `ids`; those that are gone by now are left out."""
    if not ids:
        return []
    listed = id_list(ids)
    with explained(database.file):
        connection = database.connection()
        rows = connection.execute(
            f"SELECT {SUMMARY_COLUMNS} FROM session WHERE session.id IN (SELECT value FROM json_each(?)) AND +session.user_id = ?",
            (listed, user_id),
        ).fetchall()
        found = {summary.id: summary for summary in _annotated(connection, user_id, listed, rows)}
    return [found[id_] for id_ in ids if id_ in found]


def children(database: Database, user_id: int, session_id: int) -> list[SessionSummary]:
    """The sub-agents of a session, in the order in which they were started."""
    with explained(database.file):
        connection = database.connection()
        rows = connection.execute(
            f"SELECT {SUMMARY_COLUMNS} FROM session WHERE session.parent_id = ? AND +session.user_id = ? "
            "ORDER BY session.started_at ASC NULLS LAST, session.id",
            (session_id, user_id),
        ).fetchall()
        return _annotated(connection, user_id, id_list(row[0] for row in rows), rows) if rows else []


def summary(database: Database, user_id: int, uid: str) -> SessionSummary:
    """The row of one session by the beginning of its uid, or of its id at its source. Raises NotFoundError."""
    with explained(database.file):
        connection = database.connection()
        row = _row_by_id(connection, user_id, uid, SUMMARY_COLUMNS)
        return _annotated(connection, user_id, id_list(row[:1]), [row])[0]


def session(database: Database, user_id: int, uid: str) -> Session:
    """One session without its messages, as it is shown: title, status and star are the user's where the user chose them.

    Its ratings are those of its messages. Raises NotFoundError.
    """
    with explained(database.file):
        connection = database.connection()
        row = _row_by_id(connection, user_id, uid, SESSION_COLUMNS)
        found_id, found_uid = row[:2]
        note = connection.execute("SELECT text FROM note WHERE user_id = ? AND uid = ?", (user_id, found_uid)).fetchone()
        items = _context_items(connection, user_id, found_id)
        return session_of(row, tuple(items), note[0] if note else None)


def context_items(database: Database, user_id: int, session_id: int) -> list[ContextItem]:
    """What the source remembers beside the messages, the most important first."""
    with explained(database.file):
        return _context_items(database.connection(), user_id, session_id)


def find_by_prefix(found: list[Row], what: str, typed: str) -> Row:
    """The only row that was found for a typed uid. Rows hold the uid second and the title last. Raises NotFoundError in words."""
    if len(found) == 1:
        return found[0]
    shown = safe_line(typed, 60)
    if not found:
        raise NotFoundError(f"There is no {what} {shown!r}.")
    some = ", ".join(f"{row[1]} ({safe_line(row[-1], 40) or 'no title'})" for row in found[:3])
    more = " and others" if len(found) > 3 else ""
    raise NotFoundError(f"More than one {what} begins with {shown!r}: {some}{more}. Type more of it, or one of these ids.")


def prefix_range(typed: str) -> tuple[str, str] | None:
    """The smallest and the largest text that begins with what was typed; None where nothing can."""
    text = typed.strip()
    if not text or any("\ud800" <= character <= "\udfff" for character in text):
        return None  # SQLite stores no lone surrogates
    return text, text + LAST_CHARACTER


def _row_by_id(connection: sqlite3.Connection, user_id: int, typed: str, columns: str) -> Row:
    """`columns` of the session that is meant, the first two being id and uid: whose uid or whose own id at its source is just that,
    else begins so."""
    bounds = prefix_range(typed)
    sql = f"SELECT {columns}, session.title FROM session WHERE session.id IN ({_NAMED}) ORDER BY session.uid LIMIT 4"
    found: list[Row] = []
    for last in dict.fromkeys(bounds or ()):
        if not found and bounds:
            found = connection.execute(sql, {"user": user_id, "first": bounds[0], "last": last}).fetchall()
    return find_by_prefix(found, "session", typed)


def _context_items(connection: sqlite3.Connection, user_id: int, session_id: int) -> list[ContextItem]:
    rows = connection.execute(
        f"SELECT {CONTEXT_ITEM_COLUMNS} FROM context_item JOIN session ON session.id = context_item.session_id "
        "WHERE context_item.session_id = ? AND session.user_id = ? ORDER BY context_item.priority DESC, context_item.id",
        (session_id, user_id),
    )
    return [context_item_of(row) for row in rows]


def _annotated(connection: sqlite3.Connection, user_id: int, listed: str, rows: list[Row]) -> list[SessionSummary]:
    """The rows with the tags and the mark for notes; `listed` are their ids."""
    tags: dict[int, list[str]] = {}
    for id_, name in connection.execute(
        "SELECT session.id, tag.name FROM session CROSS JOIN session_tag ON session_tag.uid = session.uid "
        "CROSS JOIN tag ON tag.id = session_tag.tag_id AND tag.user_id = session.user_id "
        "WHERE session.id IN (SELECT value FROM json_each(?)) AND +session.user_id = ? ORDER BY tag.name COLLATE NOCASE",
        (listed, user_id),
    ):
        tags.setdefault(id_, []).append(name)
    noted = {id_ for (id_,) in connection.execute(_NOTED, {"listed": listed, "user": user_id})}
    return [summary_of(row, tuple(tags.get(row[0], ())), row[0] in noted) for row in rows]


# From the notes to the sessions, not the other way round: a person writes few notes, a session may have 10,000 messages.
_NOTED = """
SELECT message.session_id FROM note CROSS JOIN message ON message.uid = note.uid
WHERE note.user_id = :user AND message.session_id IN (SELECT value FROM json_each(:listed))
UNION
SELECT session.id FROM session CROSS JOIN note ON note.user_id = session.user_id AND note.uid = session.uid
WHERE +session.user_id = :user AND session.id IN (SELECT value FROM json_each(:listed))
"""

# By the uid or by the source's own id, for which the index needs the source. The ids of a session's sub-agents begin with its own:
# where that is found they are not meant.
_NAMED = """
SELECT id FROM session WHERE user_id = :user AND uid BETWEEN :first AND :last
UNION
SELECT own.id FROM session AS own WHERE own.user_id = :user AND own.source_id BETWEEN :first AND :last AND own.source IN (
  WITH RECURSIVE known (source) AS (
    SELECT ''
    UNION ALL SELECT (SELECT min(source) FROM session WHERE user_id = :user AND source > known.source) FROM known WHERE known.source NOTNULL
  ) SELECT source FROM known
) AND NOT EXISTS (SELECT 1 FROM session AS parent WHERE parent.id = own.parent_id AND parent.source_id BETWEEN :first AND :last)
"""
