"""From a path to a database that can be used: made or brought up to date where needed, with its user."""

from __future__ import annotations

import os
import sqlite3
import time

from chatviewer.domain.user import User
from chatviewer.errors import DatabaseUnwritableError
from chatviewer.storage.connection import APPLICATION_ID, BUSY_TIMEOUT_MS, Database, explained, prepare_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

USER_NAME = "local"
MIGRATIONS = os.path.join(os.path.dirname(__file__), "migrations")


def open_database(path: Path | str, *, create: bool = True, is_alone: bool = False) -> tuple[Database, User]:
    """The database and its one user. Without `create`, a missing file gives an empty library in memory.

    Raises DatabaseError and its kinds.
    """
    if not create and _is_missing(path):
        database = Database(path, is_absent=True, is_alone=is_alone)
        return database, User(1, USER_NAME)
    prepare_file(path)
    database = Database(path, is_alone=is_alone)
    try:
        with explained(path):
            connection = database.connection()
            if not is_current(connection):
                from chatviewer.storage.migrating import migrate

                migrate(connection, path)
            elif connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                _use_log(connection)
            return database, local_user(connection)
    except BaseException:
        database.close()
        raise


def _is_missing(path: Path | str) -> bool:
    """Whether there is nothing; where nobody may look, that is no empty library. Raises DatabaseUnwritableError."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise DatabaseUnwritableError(f"{path} cannot be opened: {error.strerror}; check the permissions of its folder.") from error
    return False


def _use_log(connection: sqlite3.Connection) -> None:
    """As it is without one only if it was to be exchanged for a first import, and that was killed. While others read, the next one does."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:  # noqa: SIM105 (short commands do without `contextlib`)
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        pass
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def make_empty(connection: sqlite3.Connection) -> None:
    """An empty library in memory, with its user."""
    from chatviewer.storage.migrating import migrate

    migrate(connection, None)
    local_user(connection)


def is_current(connection: sqlite3.Connection, directory: Path | str = MIGRATIONS) -> bool:
    """Whether this is a database of ours with the newest schema; `user_version` is the number of the last migration."""
    version, owner = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
    return bool(owner == APPLICATION_ID and version == len(migration_names(directory)))


def migration_names(directory: Path | str = MIGRATIONS) -> list[str]:
    """The files of the migrations, in order."""
    return [name for name in sorted(os.listdir(directory)) if name.endswith(".sql")]


def local_user(connection: sqlite3.Connection) -> User:
    """The one local user; made at the first start."""
    found = connection.execute("SELECT id, name FROM user ORDER BY id LIMIT 1").fetchone()
    if found is None:
        connection.execute("INSERT OR IGNORE INTO user (name, created_at) VALUES (?, ?)", (USER_NAME, time.time_ns() // 1_000_000))
        found = connection.execute("SELECT id, name FROM user ORDER BY id LIMIT 1").fetchone()
    return User(*found)
