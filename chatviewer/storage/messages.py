"""The messages of a session: their outline, whole pages of them, and where a text stands.

The number of statements never depends on the number of messages, and every one goes through the session's owner.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from chatviewer.domain.kinds import Role
from chatviewer.domain.summary import MessageOpening, MessageStub, SessionSummary
from chatviewer.errors import NotFoundError
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.encoding import from_json
from chatviewer.storage.reading import (
    ATTACHMENT_COLUMNS,
    MESSAGE_COLUMNS,
    RATING_COLUMNS,
    TOOL_CALL_COLUMNS,
    Row,
    attachment_of,
    id_list,
    message_of,
    rating_of,
    to_datetime,
    tool_call_of,
)
from chatviewer.storage.sessions import find_by_prefix, prefix_range, summaries

if TYPE_CHECKING:
    from chatviewer.domain.annotation import Rating
    from chatviewer.domain.message import Message

Value = TypeVar("Value")

OPENING_LENGTH = 400  # characters
MAX_LIKE_LENGTH = 1_000  # characters; SQLite refuses patterns of more than 50,000 bytes

# A message's parent stands in the same session or, where a session goes on from another one, nowhere that this list could show.
_STUBS = """
SELECT
    message.id, message.parent_id, message.seq, message.role, length(message.content), length(message.thinking),
    (SELECT count(*) FROM tool_call WHERE tool_call.message_id = message.id)
FROM message JOIN session ON session.id = message.session_id
WHERE message.session_id = ? AND session.user_id = ?
ORDER BY message.seq
"""
# A session without any rating, nearly all of them, costs one look at its row.
_RATING_VALUES = """
SELECT message.seq, rating.origin, rating.value
FROM session CROSS JOIN rating ON rating.user_id = session.user_id
CROSS JOIN message ON message.uid = rating.uid AND message.session_id = session.id
WHERE session.id = ? AND session.user_id = ? AND session.rating IS NOT NULL
ORDER BY rating.origin
"""


def stubs(database: Database, user_id: int, session_id: int) -> list[MessageStub]:
    """The outline of a session: all its messages without their texts, in order."""
    with explained(database.file):
        connection = database.connection()
        rows = connection.execute(_STUBS, (session_id, user_id)).fetchall()
        # 'source' comes before 'user', which so stands above it
        ratings = {seq: value for seq, _, value in connection.execute(_RATING_VALUES, (session_id, user_id))}
    seq_of = {row[0]: row[2] for row in rows}
    roles = {role.value: role for role in Role}
    return [
        MessageStub(seq, seq_of.get(parent_id, -1), roles[role], content, thinking, calls, ratings.get(seq, 0))
        for _, parent_id, seq, role, content, thinking, calls in rows
    ]


def current_seq(database: Database, user_id: int, session_id: int) -> int | None:
    """The last message of the branch that the source shows; None: the source does not say."""
    with explained(database.file):
        row = (
            database.connection()
            .execute(
                "SELECT message.seq FROM session JOIN message ON message.uid = session.current_uid AND message.session_id = session.id "
                "WHERE session.id = ? AND session.user_id = ?",
                (session_id, user_id),
            )
            .fetchone()
        )
    return None if row is None else int(row[0])


def openings(database: Database, user_id: int, session_id: int, seqs: Sequence[int] | None) -> list[MessageOpening]:
    """How messages begin, in order: those of `seqs`, else all prompts."""
    sql = (
        f"SELECT message.seq, substr(message.content, 1, {OPENING_LENGTH}), message.created_at "
        "FROM message JOIN session ON session.id = message.session_id WHERE message.session_id = ? AND session.user_id = ? AND "
    )
    which = "message.role = ?" if seqs is None else "message.seq IN (SELECT value FROM json_each(?))"
    with explained(database.file):
        rows = database.connection().execute(
            f"{sql}{which} ORDER BY message.seq", (session_id, user_id, Role.USER.value if seqs is None else id_list(seqs))
        )
        return [MessageOpening(seq, text, to_datetime(time)) for seq, text, time in rows]


def messages(database: Database, user_id: int, session_id: int, seqs: Sequence[int] | None) -> "list[Message]":
    """Whole messages in order, with calls, attachments, ratings and notes: those of `seqs`, else all."""
    sql = (
        f"SELECT {MESSAGE_COLUMNS} FROM message JOIN session ON session.id = message.session_id "
        "WHERE message.session_id = ? AND session.user_id = ?"
    )
    with explained(database.file):
        connection = database.connection()
        if seqs is None:
            rows = connection.execute(f"{sql} ORDER BY message.seq", (session_id, user_id)).fetchall()
        else:
            rows = connection.execute(
                f"{sql} AND message.seq IN (SELECT value FROM json_each(?)) ORDER BY message.seq", (session_id, user_id, id_list(seqs))
            ).fetchall()
        return _whole(connection, user_id, rows)


def message_session(database: Database, user_id: int, uid: str) -> "tuple[SessionSummary, Message]":
    """A message by the beginning of its uid, with the row of its session. Raises NotFoundError."""
    bounds = prefix_range(uid)
    with explained(database.file):
        connection = database.connection()
        found: list[Row] = []
        if bounds:
            found = connection.execute(
                f"SELECT {MESSAGE_COLUMNS}, message.session_id, session.title FROM message "
                "CROSS JOIN session ON session.id = message.session_id "
                "WHERE message.uid BETWEEN ? AND ? AND session.user_id = ? ORDER BY message.uid LIMIT 4",
                (*bounds, user_id),
            ).fetchall()
        row = find_by_prefix(found, "message", uid)
        message = _whole(connection, user_id, [row])[0]
    rows = summaries(database, user_id, [row[-2]])
    if not rows:
        raise NotFoundError("The session of this message was just purged.")
    return rows[0], message


def attachment_data(database: Database, user_id: int, sha256: str) -> bytes | None:
    """The bytes of an attachment on one of the user's messages; None where they are not stored."""
    with explained(database.file):
        row = (
            database.connection()
            .execute(
                "SELECT data FROM attachment_data WHERE sha256 = ? AND EXISTS ("
                "SELECT 1 FROM attachment CROSS JOIN message ON message.id = attachment.message_id "
                "CROSS JOIN session ON session.id = message.session_id "
                "WHERE attachment.sha256 = attachment_data.sha256 AND session.user_id = ?)",
                (sha256, user_id),
            )
            .fetchone()
        )
    return bytes(row[0]) if row else None


def call_arguments(database: Database, user_id: int, session_id: int) -> list[tuple[str, Any]]:
    """Tool and arguments of every call of a session, in order, without what came back."""
    with explained(database.file):
        rows = database.connection().execute(
            "SELECT tool_call.tool_name, tool_call.input_arguments FROM tool_call"
            " JOIN message ON message.id = tool_call.message_id JOIN session ON session.id = tool_call.session_id"
            " WHERE tool_call.session_id = ? AND session.user_id = ? ORDER BY message.seq, tool_call.position",
            (session_id, user_id),
        )
        return [(name, from_json(arguments)) for name, arguments in rows]


def matching_seqs(database: Database, user_id: int, session_id: int, needle: str) -> list[int]:
    """The messages that hold `needle`, whatever its case: in their texts, their attachments, or their calls' names, arguments, results."""
    if not needle:
        return []
    with explained(database.file):
        connection = database.connection()
        if needle.isascii() and len(needle) <= MAX_LIKE_LENGTH and "\0" not in needle:
            return _seqs_by_like(connection, user_id, session_id, needle)
        return _seqs_by_casefold(connection, user_id, session_id, needle.casefold())


# JSON escapes quotes, backslashes and line feeds: the leaves are looked at, and the whole text first only to pass most calls by.
_MATCHING = r"""
SELECT message.seq FROM message JOIN session ON session.id = message.session_id
WHERE message.session_id = :session AND session.user_id = :user AND (
    message.content LIKE :pattern ESCAPE '\'
    OR message.thinking LIKE :pattern ESCAPE '\'
    OR EXISTS (
        SELECT 1 FROM tool_call WHERE tool_call.message_id = message.id AND (
            tool_call.tool_name LIKE :pattern ESCAPE '\'
            OR tool_call.output_result LIKE :pattern ESCAPE '\'
            OR tool_call.error_message LIKE :pattern ESCAPE '\'
            OR CASE
                WHEN :is_plain AND tool_call.input_arguments NOT LIKE :pattern ESCAPE '\' THEN 0
                WHEN NOT json_valid(tool_call.input_arguments) THEN 0
                ELSE EXISTS (SELECT 1 FROM json_tree(tool_call.input_arguments) AS leaf WHERE leaf.atom LIKE :pattern ESCAPE '\')
            END
        )
    )
    OR EXISTS (
        SELECT 1 FROM attachment WHERE attachment.message_id = message.id AND (
            attachment.name LIKE :pattern ESCAPE '\' OR attachment.text LIKE :pattern ESCAPE '\'
        )
    )
)
ORDER BY message.seq
"""
_TEXTS = """
SELECT message.seq, message.content, message.thinking
FROM message JOIN session ON session.id = message.session_id
WHERE message.session_id = :session AND session.user_id = :user
"""
_CALL_TEXTS = """
SELECT message.seq, tool_call.tool_name, tool_call.output_result, tool_call.error_message, (
    SELECT group_concat(leaf.atom, char(10)) FROM json_tree(
        CASE WHEN json_valid(tool_call.input_arguments) THEN tool_call.input_arguments ELSE 'null' END
    ) AS leaf
)
FROM message JOIN session ON session.id = message.session_id JOIN tool_call ON tool_call.message_id = message.id
WHERE message.session_id = :session AND session.user_id = :user
"""
_ATTACHMENT_TEXTS = """
SELECT message.seq, attachment.name, attachment.text
FROM message JOIN session ON session.id = message.session_id JOIN attachment ON attachment.message_id = message.id
WHERE message.session_id = :session AND session.user_id = :user
"""


def _seqs_by_like(connection: sqlite3.Connection, user_id: int, session_id: int, needle: str) -> list[int]:
    """By SQLite's LIKE, which knows upper and lower case of ASCII only."""
    escaped = needle.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    is_plain = needle.isprintable() and not set(needle) & {'"', "\\", "/"}
    parameters = {"session": session_id, "user": user_id, "pattern": f"%{escaped}%", "is_plain": is_plain}
    return [seq for (seq,) in connection.execute(_MATCHING, parameters)]


def _seqs_by_casefold(connection: sqlite3.Connection, user_id: int, session_id: int, folded: str) -> list[int]:
    """By Python, which knows the case of every script."""
    parameters = {"session": session_id, "user": user_id}
    found: set[int] = set()
    for sql in (_TEXTS, _CALL_TEXTS, _ATTACHMENT_TEXTS):
        for seq, *texts in connection.execute(sql, parameters):
            if seq not in found and any(text and folded in text.casefold() for text in texts):
                found.add(seq)
    return sorted(found)


def _whole(connection: sqlite3.Connection, user_id: int, rows: list[Row]) -> "list[Message]":
    """From rows of `MESSAGE_COLUMNS`."""
    listed = id_list(row[0] for row in rows)
    calls = _grouped(
        (row[0], tool_call_of(row))
        for row in connection.execute(
            f"SELECT {TOOL_CALL_COLUMNS} FROM tool_call WHERE tool_call.message_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY tool_call.message_id, tool_call.position",
            (listed,),
        )
    )
    attachments = _grouped(
        (row[0], attachment_of(row))
        for row in connection.execute(
            f"SELECT {ATTACHMENT_COLUMNS} FROM attachment WHERE attachment.message_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY attachment.message_id, attachment.position",
            (listed,),
        )
    )
    ratings: dict[int, Rating] = {
        row[0]: rating_of(row[1:])
        for row in connection.execute(
            f"SELECT message.id, {RATING_COLUMNS} FROM message CROSS JOIN rating ON rating.user_id = ? AND rating.uid = message.uid "
            "WHERE message.id IN (SELECT value FROM json_each(?)) ORDER BY rating.origin",
            (user_id, listed),
        )
    }
    notes: dict[int, str] = dict(
        connection.execute(
            "SELECT message.id, note.text FROM message CROSS JOIN note ON note.user_id = ? AND note.uid = message.uid "
            "WHERE message.id IN (SELECT value FROM json_each(?))",
            (user_id, listed),
        ).fetchall()
    )
    return [
        message_of(row, tuple(calls.get(row[0], ())), tuple(attachments.get(row[0], ())), ratings.get(row[0]), notes.get(row[0]))
        for row in rows
    ]


def _grouped(pairs: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    groups: dict[int, list[Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
