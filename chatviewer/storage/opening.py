"""From a path to a database that can be used: made or brought up to date where needed, with its user."""

from __future__ import annotations

import os
import sqlite3
import time

from chatviewer.domain.user import User
from chatviewer.storage.connection import Database, explained, prepare_file
from chatviewer.storage.migrating import migrate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

USER_NAME = "local"


def open_database(path: Path | str, *, create: bool = True, is_alone: bool = False) -> tuple[Database, User]:
    """The database and its one user. Without `create`, a missing file gives an empty library in memory.

    Raises DatabaseError and its kinds.
    """
    if not create and not os.path.lexists(path):
        database = Database(path, is_absent=True, is_alone=is_alone)
        return database, User(1, USER_NAME)
    prepare_file(path)
    database = Database(path, is_alone=is_alone)
    try:
        with explained(path):
            connection = database.connection()
            migrate(connection, path)
            return database, local_user(connection)
    except BaseException:
        database.close()
        raise


def make_empty(connection: sqlite3.Connection) -> None:
    """An empty library in memory, with its user."""
    migrate(connection, None)
    local_user(connection)


def local_user(connection: sqlite3.Connection) -> User:
    """The one local user; made at the first start."""
    found = connection.execute("SELECT id, name FROM user ORDER BY id LIMIT 1").fetchone()
    if found is None:
        connection.execute("INSERT OR IGNORE INTO user (name, created_at) VALUES (?, ?)", (USER_NAME, time.time_ns() // 1_000_000))
        found = connection.execute("SELECT id, name FROM user ORDER BY id LIMIT 1").fetchone()
    return User(*found)
