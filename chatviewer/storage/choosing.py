"""What the user said about sessions, put into the rows of a load: it came while they were read, or before."""

import sqlite3

from chatviewer.storage.linking import refresh_ratings
from chatviewer.storage.reading import id_list
from chatviewer.storage.rows import text_terms

_STATUS = (
    "UPDATE session SET (status, archived_at, trashed_at) = (SELECT status, CASE status WHEN 'archived' THEN changed_at END,"
    " CASE status WHEN 'trashed' THEN changed_at END FROM status_change WHERE user_id = ?1 AND uid = session.uid)"
    " WHERE user_id = ?1 AND uid IN (SELECT uid FROM status_change WHERE user_id = ?1)"
)
_STAR = (
    "UPDATE session SET starred_at = (SELECT CASE WHEN is_starred THEN changed_at END FROM star WHERE user_id = ?1 AND uid = session.uid)"
    " WHERE user_id = ?1 AND uid IN (SELECT uid FROM star WHERE user_id = ?1)"
)
_READ = (
    "UPDATE session SET read_count = min(message_count,"
    " (SELECT reading.message_count FROM reading WHERE user_id = ?1 AND uid = session.uid))"
    " WHERE user_id = ?1 AND is_subagent = 0 AND uid IN (SELECT uid FROM reading WHERE user_id = ?1)"
)
_TITLES = (
    "SELECT session.id, own.title, session.summary FROM title_override AS own JOIN session ON session.user_id = own.user_id"
    " AND session.uid = own.uid WHERE own.user_id = ?"
)
_RATED = (
    "SELECT DISTINCT message.session_id FROM rating CROSS JOIN message ON message.uid = rating.uid"
    " WHERE rating.user_id = ? AND rating.origin = 'user'"
)
_PURGED = (
    "SELECT session.id FROM tombstone CROSS JOIN session ON session.user_id = tombstone.user_id AND session.uid = tombstone.uid"
    " WHERE tombstone.user_id = ?"
)


def apply_choices(connection: sqlite3.Connection, user_id: int) -> None:
    """Status, star, title, rating and how far was read, as the user's own rows say; what was purged goes."""
    purged = [row[0] for row in connection.execute(_PURGED, (user_id,))]
    if purged:
        from chatviewer.storage.purging import remove_rows  # it loads Peewee

        remove_rows(connection, id_list(purged))
    for statement in (_STATUS, _STAR, _READ):
        connection.execute(statement, (user_id,))
    for session_id, title, summary in connection.execute(_TITLES, (user_id,)).fetchall():
        values = (title, text_terms(title, summary), session_id)
        connection.execute("UPDATE session SET title = ?, terms = ? WHERE id = ?", values)
    rated = [row[0] for row in connection.execute(_RATED, (user_id,))]
    if rated:
        refresh_ratings(connection, user_id, rated)
