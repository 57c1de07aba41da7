"""Removing sessions for ever: what was imported, what the user said about it, and the way back to both.

A tombstone stays, so that the next import of the same file does not bring them back. Their sub-agents go with them, and so does what
was laid out for other programs: it may be of theirs.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from chatviewer.domain.surrogates import storable
from chatviewer.storage.forgetting import remember
from chatviewer.storage.journal import Journal
from chatviewer.storage.reading import id_list

_WITH_SUBAGENTS = """
WITH RECURSIVE doomed (id) AS (
    SELECT session.id FROM session WHERE session.user_id = ? AND session.uid = ?
    UNION
    SELECT child.id FROM doomed JOIN session AS child ON child.parent_id = doomed.id WHERE child.user_id = ?
)
SELECT session.id, session.uid FROM session WHERE session.id IN (SELECT id FROM doomed)
"""
_UIDS = """
SELECT uid FROM session WHERE id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT uid FROM message WHERE session_id IN (SELECT value FROM json_each(?1))
"""
_ROWS = (
    "DELETE FROM attachment WHERE message_id IN (SELECT id FROM message WHERE session_id IN {})",
    "DELETE FROM tool_call WHERE session_id IN {}",
    "UPDATE tool_call SET child_session_id = NULL WHERE child_session_id IN {}",
    "DELETE FROM message WHERE session_id IN {}",
    "DELETE FROM context_item WHERE session_id IN {}",
    "DELETE FROM session_file WHERE session_id IN {}",
    "UPDATE session SET parent_id = NULL WHERE parent_id IN {}",
    "DELETE FROM session WHERE id IN {}",
)
_ORPHANED_TAGS = "DELETE FROM tag WHERE user_id = ? AND id NOT IN (SELECT tag_id FROM session_tag)"


def purge(journal: Journal, uids: Sequence[str]) -> int:
    """Remove these sessions and their sub-agents; returns how many of `uids` are gone. Cannot be undone.

    What the journal's file holds about them goes as well. Raises the DatabaseError kinds.
    """
    user_id = journal.user_id
    with journal.changing() as step:
        connection = journal.database.connection()
        doomed: dict[int, str] = {}
        count = 0
        for uid in dict.fromkeys(storable(one) for one in uids):
            found = connection.execute(_WITH_SUBAGENTS, (user_id, uid, user_id)).fetchall()
            count += bool(found)
            doomed.update(found)
        if doomed:
            rows = [(user_id, uid, step.store.now) for uid in doomed.values()]
            connection.executemany("INSERT OR REPLACE INTO tombstone (user_id, uid, purged_at) VALUES (?, ?, ?)", rows)
            _remove(connection, user_id, id_list(doomed), step.store.now)
            step.purged(list(doomed.values()))
    if doomed:
        journal.forget()
    return count


def trashed_before(connection: sqlite3.Connection, user_id: int, at: datetime) -> list[str]:
    """The uids of the sessions that were put into the trash before that time."""
    found = connection.execute(
        "SELECT uid FROM session WHERE user_id = ? AND status = 'trashed' AND trashed_at < ?", (user_id, int(at.timestamp() * 1000))
    )
    return [uid for (uid,) in found]


def _remove(connection: sqlite3.Connection, user_id: int, listed: str, now: int) -> None:
    """Everything about the sessions in `listed`, a JSON array of their ids, and a note that the journal's file is to forget them, too."""
    connection.execute("PRAGMA secure_delete = ON")  # not every SQLite overwrites by itself what is deleted
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS purged_uid (uid TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM purged_uid")
    connection.execute(f"INSERT OR IGNORE INTO purged_uid {_UIDS}", (listed,))
    remember(connection, user_id, now)
    for table in ("rating", "note", "star", "title_override", "status_change", "reading"):
        connection.execute(f"DELETE FROM {table} WHERE user_id = ? AND uid IN (SELECT uid FROM purged_uid)", (user_id,))
    connection.execute("DELETE FROM journal WHERE user_id = ? AND target IN (SELECT uid FROM purged_uid)", (user_id,))
    connection.execute(
        "DELETE FROM session_tag WHERE uid IN (SELECT uid FROM purged_uid) AND tag_id IN (SELECT id FROM tag WHERE user_id = ?)", (user_id,)
    )
    connection.execute(_ORPHANED_TAGS, (user_id,))
    remove_rows(connection, listed)
    connection.execute("DELETE FROM purged_uid")


def remove_rows(connection: sqlite3.Connection, listed: str) -> None:
    """What was imported of the sessions in `listed`, a JSON array of their ids, also where foreign keys are not followed."""
    hashes = connection.execute(
        "SELECT DISTINCT attachment.sha256 FROM attachment JOIN message ON message.id = attachment.message_id "
        "WHERE attachment.sha256 IS NOT NULL AND message.session_id IN (SELECT value FROM json_each(?))",
        (listed,),
    ).fetchall()
    for statement in _ROWS:  # their index entries go by triggers
        connection.execute(statement.format("(SELECT value FROM json_each(?))"), (listed,))
    connection.executemany(
        "DELETE FROM attachment_data WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM attachment WHERE attachment.sha256 = ?1)", hashes
    )
