"""The beginning of a first import: its newest files, which can be read and searched while all files are loaded beside them.

It is imported as a library of its own, and the whole load takes its place: so the whole is what it would be without a beginning, each
message with the oldest session that has it, however sessions were resumed or forked. A beginning that is left when the program is killed
says so itself; the next import then loads all once more.
"""

import sqlite3

from chatviewer.domain.importing import Beginning
from chatviewer.storage.connection import Database, explained


class LoadLostError(Exception):
    """Another process imported meanwhile, or a file that was shown is gone; what was loaded here was dropped and is to be imported the
    ordinary way."""


def beginning(database: Database, user_id: int) -> Beginning | None:
    """Of how many files the newest are here; None where nothing or all of a first import is."""
    with explained(database.file):
        return stored_beginning(database.connection(), user_id)


def stored_beginning(connection: sqlite3.Connection, user_id: int) -> Beginning | None:
    row = connection.execute("SELECT file_count, total_count FROM beginning WHERE user_id = ?", (user_id,)).fetchone()
    return None if row is None else Beginning._make(row)


def remember_beginning(connection: sqlite3.Connection, user_id: int, total_count: int) -> None:
    """What this holds are the newest of so many files; without any it is just empty."""
    (count,) = connection.execute("SELECT count(*) FROM source_file WHERE user_id = ?", (user_id,)).fetchone()
    if count:
        connection.execute("INSERT INTO beginning (user_id, file_count, total_count) VALUES (?, ?, ?)", (user_id, count, total_count))


def forget_beginning(connection: sqlite3.Connection, user_id: int) -> None:
    """Somebody imports into it, file by file: no load takes its place any more."""
    connection.execute("DELETE FROM beginning WHERE user_id = ?", (user_id,))


def ids_of_beginning(connection: sqlite3.Connection, user_id: int) -> dict[str, int]:
    """The ids of its sessions by uid, by which a viewer knows them."""
    if stored_beginning(connection, user_id) is None:
        return {}
    return dict(connection.execute("SELECT uid, id FROM session WHERE user_id = ?", (user_id,)).fetchall())


def holds_all(loading: sqlite3.Connection, real: sqlite3.Connection) -> bool:
    """Whether every message that can be read in `real` is in `loading` under its uid, with all its text: a file may have been deleted or
    written anew in between, and what was imported stays."""
    for uid, content in real.execute("SELECT uid, content FROM message"):
        row = loading.execute("SELECT content FROM message WHERE uid = ?", (uid,)).fetchone()
        if row is None or not row[0].startswith(content):
            return False
    return True
