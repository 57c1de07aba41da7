"""What of a session is new to the user: the messages that came since it was last read, once the first import of its source is over.

How far somebody has read is the user's own, keyed by uid, but no step of undo and no line of the journal's file: it is written in
passing, and the key that marks as read marks as unread again.
"""

from collections.abc import Collection, Mapping

from chatviewer.storage.connection import Database, explained
from chatviewer.storage.describing import caught_up_sources
from chatviewer.storage.stamps import now_ms

_SET = (
    "UPDATE session SET read_count = min(?3, message_count) WHERE user_id = ?1 AND uid = ?2 AND is_subagent = 0"
    " AND (read_count < min(?3, message_count) OR (?3 = 0 AND read_count > 0))"
)
_PUT = (
    "INSERT INTO reading (user_id, uid, message_count, changed_at) SELECT user_id, uid, ?3, ?4 FROM session WHERE user_id = ?1 AND uid = ?2"
    " ON CONFLICT (user_id, uid) DO UPDATE SET message_count = excluded.message_count, changed_at = excluded.changed_at"
)


def mark_read(database: Database, user_id: int, read: Mapping[str, int]) -> int:
    """So many messages of each session, by uid, are read; 0 marks it as unread. Returns for how many sessions that is news.

    What was read stays read: a number below that changes nothing. Raises the DatabaseError kinds.
    """
    count = 0
    with explained(database.file), database.transaction() as connection:
        now = now_ms()
        for uid, messages in read.items():
            if connection.execute(_SET, (user_id, uid, messages)).rowcount:
                connection.execute(_PUT, (user_id, uid, max(0, messages), now))
                count += 1
    return count


def catch_up(database: Database, user_id: int, sources: Collection[str]) -> None:
    """Everything that these sources hold is imported: from now on what they give is new."""
    if sources and not caught_up_sources(database.connection(), user_id).issuperset(sources):
        with database.transaction() as connection:
            rows = [(user_id, source, now_ms()) for source in sorted(sources)]
            connection.executemany("INSERT OR IGNORE INTO caught_up (user_id, source, at) VALUES (?, ?, ?)", rows)
