"""What a purge has to forget outside the database: the words about what is gone in the journal's file, and what was laid out for other
programs, which may be of theirs.

That goes once the purge itself is on the disk, and a kill may come in between. So the purge leaves a note for each thing among its
tombstones, in the same transaction; whoever has cleaned the file takes the notes away. `stamps.has_unforgotten` says whether there are any.
"""

import sqlite3
from contextlib import suppress

from chatviewer import paths
from chatviewer.errors import UsageError
from chatviewer.storage.stamps import UNFORGOTTEN

_MARK = "said:"  # before the uid of a session or message; a uid that is none begins with a hexadecimal digit


def remember(connection: sqlite3.Connection, user_id: int, now: int) -> None:
    """Of all uids in the table `purged_uid`."""
    sql = "INSERT OR REPLACE INTO tombstone (user_id, uid, purged_at) SELECT ?, ? || uid, ? FROM purged_uid"
    connection.execute(sql, (user_id, _MARK, now))


def unforgotten(connection: sqlite3.Connection, user_id: int) -> set[str]:
    """The uids about which words may still stand in the file."""
    return {uid[len(_MARK) :] for (uid,) in connection.execute(f"SELECT uid FROM tombstone WHERE {UNFORGOTTEN}", (user_id,))}


def done(connection: sqlite3.Connection, user_id: int) -> None:
    """The file is clean."""
    connection.execute(f"DELETE FROM tombstone WHERE {UNFORGOTTEN}", (user_id,))


def empty_handover() -> None:
    """What another program holds open, or is not ours to delete, stays."""
    with suppress(OSError, UsageError):
        for path in paths.handover_directory().iterdir():
            with suppress(OSError):
                path.unlink()
