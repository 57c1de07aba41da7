"""What connects rows of several sessions: parents with their sub-agents, calls with the sessions they started, ratings with the list."""

import sqlite3
from collections.abc import Collection

from chatviewer.domain.identity import make_uid


def project_uid(uid: str, project: str) -> str:
    """The uid of what another project holds under an id that was taken: another session, its messages."""
    return make_uid(uid, "project", project)


def link_all(connection: sqlite3.Connection, user_id: int) -> None:
    """Connect every session that waits for its parent or child."""
    link(connection, user_id, waiting(connection, user_id))


def waiting(connection: sqlite3.Connection, user_id: int) -> list[int]:
    """The sessions that wait for their parent or child."""
    # From the few that wait (each has an index of its own), not from all that the user has: that is what + and CROSS are for.
    rows = connection.execute(
        "SELECT id FROM session WHERE +user_id = ?1 AND parent_uid IS NOT NULL AND parent_id IS NULL"
        " UNION SELECT t.session_id FROM tool_call t CROSS JOIN session s ON s.id = t.session_id"
        " WHERE s.user_id = ?1 AND t.child_uid IS NOT NULL AND t.child_session_id IS NULL",
        (user_id,),
    )
    return [row[0] for row in rows]


def link(connection: sqlite3.Connection, user_id: int, session_ids: Collection[int]) -> None:
    """Connect these sessions with their parents and children, whichever came first."""
    for session_id in session_ids:
        row = connection.execute("SELECT uid, parent_uid, project FROM session WHERE id = ?", (session_id,)).fetchone()
        if row is None:
            continue
        uid, parent_uid, project = row
        if parent_uid is not None:
            parent = _find(connection, user_id, parent_uid, project)
            if parent is not None and parent != session_id:
                connection.execute("UPDATE session SET parent_id = ? WHERE id = ? AND parent_id IS NOT ?", (parent, session_id, parent))
        children = "SELECT id, project FROM session WHERE user_id = ? AND parent_uid = ? AND parent_id IS NULL AND id <> ?"
        for child_id, child_project in connection.execute(children, (user_id, uid, session_id)).fetchall():
            if _find(connection, user_id, uid, child_project) == session_id:
                connection.execute("UPDATE session SET parent_id = ? WHERE id = ?", (session_id, child_id))
        _link_calls(connection, user_id, session_id, uid)
    _link_spawned(connection, session_ids)


def _find(connection: sqlite3.Connection, user_id: int, uid: str, project: str) -> int | None:
    """The session of that uid, or what its project holds under it."""
    row = connection.execute(
        "SELECT id FROM session WHERE user_id = ? AND uid IN (?, ?) ORDER BY uid = ? LIMIT 1",
        (user_id, project_uid(uid, project), uid, uid),
    ).fetchone()
    return None if row is None else int(row[0])


def _link_calls(connection: sqlite3.Connection, user_id: int, session_id: int, uid: str) -> None:
    """Calls that name the session they started: those of this session, and those of others that wait for it."""
    own = "SELECT id, session_id, child_uid FROM tool_call WHERE session_id = ? AND child_uid IS NOT NULL AND child_session_id IS NULL"
    others = "SELECT id, session_id, child_uid FROM tool_call WHERE child_uid = ? AND child_session_id IS NULL"
    rows = connection.execute(own, (session_id,)).fetchall() + connection.execute(others, (uid,)).fetchall()
    for call_id, parent_id, child_uid in rows:
        row = connection.execute("SELECT uid, user_id, project FROM session WHERE id = ?", (parent_id,)).fetchone()
        child_id = _find(connection, user_id, child_uid, row[2]) if row[1] == user_id else None
        if child_id is None or child_id == parent_id:
            continue
        connection.execute("UPDATE tool_call SET child_session_id = ? WHERE id = ?", (child_id, call_id))
        connection.execute(
            "UPDATE session SET parent_id = ?, parent_uid = coalesce(parent_uid, ?), is_subagent = 1 WHERE id = ? AND parent_id IS NULL",
            (parent_id, row[0], child_id),
        )


def _link_spawned(connection: sqlite3.Connection, session_ids: Collection[int]) -> None:
    """Sub-agents that name the call which started them."""
    for session_id in session_ids:
        rows = connection.execute(
            "SELECT id, uid, parent_id, spawned_by FROM session WHERE spawned_by IS NOT NULL AND parent_id IS NOT NULL AND id = ?1"
            " UNION ALL SELECT id, uid, parent_id, spawned_by FROM session WHERE parent_id = ?1 AND spawned_by IS NOT NULL",
            (session_id,),
        ).fetchall()
        for child_id, child_uid, parent_id, call in rows:
            connection.execute(
                "UPDATE tool_call SET child_session_id = ?, child_uid = coalesce(child_uid, ?)"
                " WHERE session_id = ? AND tool_call_id = ? AND child_session_id IS NULL",
                (child_id, child_uid, parent_id, call),
            )


def mark_branched(connection: sqlite3.Connection, first_row: int) -> None:
    """Mark the sessions in which a message from `first_row` on has the same parent as another one."""
    connection.execute(
        "UPDATE session SET is_branched = 1 WHERE is_branched = 0 AND id IN (SELECT m.session_id FROM message AS m"
        " WHERE m.id >= ? AND m.parent_id IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM message AS sibling WHERE sibling.parent_id = m.parent_id AND sibling.id <> m.id))",
        (first_row,),
    )


def mark_session_branched(connection: sqlite3.Connection, session_id: int) -> None:
    """As `mark_branched`, of one session anew, in which messages were moved."""
    connection.execute(
        "UPDATE session SET is_branched = EXISTS (SELECT 1 FROM message WHERE session_id = ?1 AND parent_id IS NOT NULL"
        " GROUP BY parent_id HAVING count(*) > 1) WHERE id = ?1",
        (session_id,),
    )


def mark_all_branched(connection: sqlite3.Connection) -> None:
    """As `mark_branched`, of all sessions anew: it reads how every message hangs on its parent."""
    connection.execute(
        "UPDATE session SET is_branched = id IN (SELECT m.session_id FROM message AS m WHERE m.id IN"
        " (SELECT max(child.id) FROM message AS child WHERE child.parent_id IS NOT NULL GROUP BY child.parent_id HAVING count(*) > 1))"
    )


def refresh_ratings(connection: sqlite3.Connection, user_id: int, session_ids: Collection[int] | None = None) -> None:
    """Write `session.rating`, the highest effective rating of its messages; the user's own stands above the source's. None: of all
    sessions, none of which has one yet."""
    rows = connection.execute(
        "SELECT m.session_id, max(coalesce(own.value, r.value)) FROM rating r CROSS JOIN message m ON m.uid = r.uid"
        " LEFT JOIN rating own ON own.user_id = r.user_id AND own.uid = r.uid AND own.origin = 'user'"
        " WHERE r.user_id = ? GROUP BY m.session_id",
        (user_id,),
    )
    highest = dict(rows.fetchall())
    of = highest if session_ids is None else session_ids
    connection.executemany("UPDATE session SET rating = ?1 WHERE id = ?2 AND rating IS NOT ?1", [(highest.get(one), one) for one in of])
