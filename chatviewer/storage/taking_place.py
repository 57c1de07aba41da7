"""A load takes the place of the empty database, or of the beginning that was shown while it went on.

What others wrote meanwhile is respected: the user's own rows are taken over under the write lock, as they are then, and if somebody
imported, the load is dropped. Nobody waits for long: the file is on the disk before, and is then exchanged by renaming it. SQLite keeps
the log of a database under its name, so that must only be done while nobody has it open; where another program has, the rows are copied.
"""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from chatviewer import paths
from chatviewer.domain.importing import Beginning
from chatviewer.storage.beginning import LoadLostError, holds_all, is_defended
from chatviewer.storage.choosing import apply_choices
from chatviewer.storage.connection import BUSY_TIMEOUT_MS, Database, connect, roll_back
from chatviewer.storage.files import stored_beginning

OWN = (  # the user's rows; parents before children
    *("user", "preference", "journal", "rating", "note", "star", "tag", "session_tag", "title_override", "status_change", "reading"),
    "tombstone",
)
_USERS_RATINGS = " WHERE origin = 'user'"
_TRIES, _SECONDS_BETWEEN = 20, 0.2  # until the other threads, and short commands in other terminals, leave the file for a moment
_SECONDS_FOR_THREADS = 0.5


class Load(NamedTuple):
    """What was loaded into the file at `path`, and is to be the database."""

    database: Database
    user_id: int
    loading: sqlite3.Connection
    path: Path
    lock: int  # the descriptor that keeps other processes from loading into that file
    begun: Beginning | None  # of what it takes the place


def take_place(load: Load) -> bool:
    """Exchange the files, else copy the rows over, in one transaction. Raises LoadLostError.

    True: there is no file at the load's path any more, and its lock is closed.
    """
    database = load.database
    if load.begun is not None and not holds_all(load.loading, database.connection()):
        raise LoadLostError
    paths.flush(load.path)
    for _ in range(_TRIES if database.gate is not None else 1):
        with _alone(database) as is_alone:
            if is_alone and _exchange(load):
                return True
        if database.gate is not None:
            time.sleep(_SECONDS_BETWEEN)
    database.is_copying = True
    try:
        with closing(connect(database.path)) as real:
            _copy_all(load, real)
    finally:
        database.is_copying = False
    return False


@contextmanager
def _alone(database: Database) -> Iterator[bool]:
    """No connection of this process is open meanwhile but those of threads that go through no gate."""
    if database.gate is None:
        database.close_own()
        yield True
        return
    with database.gate.alone(_SECONDS_FOR_THREADS) as is_alone:
        if is_alone:
            database.close()
        yield is_alone


def _exchange(load: Load) -> bool:
    """Rename, if nobody else has the database open; False else."""
    with closing(connect(load.database.path)) as real:
        real.execute("PRAGMA busy_timeout = 0")
        real.execute("PRAGMA locking_mode = EXCLUSIVE")  # nobody comes in before this connection is closed, in whatever journal mode
        try:
            real.execute("PRAGMA journal_mode = DELETE")  # refused while anybody else is connected
            real.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        try:
            _check_untouched(load, real)
            _take_over(load, real)
            load.loading.execute("PRAGMA journal_mode = WAL")
            load.loading.close()
            paths.flush(load.path)
            load.path.replace(load.database.path)
        except BaseException:
            roll_back(real)
            with suppress(sqlite3.OperationalError):  # what happened here is to be told, not that; the next who opens it does that
                real.execute("PRAGMA journal_mode = WAL")
            raise
        os.close(load.lock)  # before anybody opens it: closing a descriptor drops the locks that SQLite has on the same file
        with suppress(OSError):  # of file systems that cannot
            paths.flush(load.path.parent)
        real.execute("ROLLBACK")
    return True


def _check_untouched(load: Load, real: sqlite3.Connection) -> None:
    """Raises LoadLostError where there is something else than what was there when the load began."""
    if load.begun is not None:
        others = "SELECT EXISTS (SELECT 1 FROM session WHERE user_id <> ?1) OR EXISTS (SELECT 1 FROM source_file WHERE user_id <> ?1)"
        is_touched = stored_beginning(real, load.user_id) != load.begun or real.execute(others, (load.user_id,)).fetchone()[0]
    else:
        is_touched = real.execute("SELECT EXISTS (SELECT 1 FROM session) OR EXISTS (SELECT 1 FROM source_file)").fetchone()[0]
    if is_touched:
        raise LoadLostError


def _take_over(load: Load, real: sqlite3.Connection) -> None:
    """The user's rows as they are now, and what follows from them for the sessions."""
    loading = load.loading
    loading.execute("PRAGMA secure_delete = ON")  # what was purged meanwhile is not to stay in pages that are free now
    loading.execute("BEGIN")
    copy_own(real, loading, OWN)
    apply_choices(loading, load.user_id)
    loading.execute("COMMIT")


def copy_own(source: sqlite3.Connection, target: sqlite3.Connection, tables: Iterable[str]) -> None:
    """The user's rows as they are there; the ratings that the load took from the sources stay."""
    for table in reversed(tuple(tables)):
        target.execute(f"DELETE FROM {table}{_USERS_RATINGS if table == 'rating' else ''}")
    for table in tables:
        rows = source.execute(f"SELECT * FROM {table}{_USERS_RATINGS if table == 'rating' else ''}").fetchall()
        if rows:
            target.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)


def _copy_all(load: Load, real: sqlite3.Connection) -> None:
    load.loading.close()
    real.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    real.execute("PRAGMA journal_mode = WAL")
    real.execute("PRAGMA foreign_keys = OFF")
    real.execute("ATTACH ? AS loaded", (os.fspath(load.path),))
    real.execute("BEGIN IMMEDIATE")
    try:
        _check_untouched(load, real)
        # the index comes with its tables: what they hold must not be indexed, nor what is deleted be taken from it
        triggers = real.execute("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            real.execute(f"DROP TRIGGER {name}")
        tables = "SELECT name FROM loaded.sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite%'"
        copied = [table for (table,) in real.execute(tables) if table not in OWN]
        for table in reversed(copied):
            real.execute(f"DELETE FROM main.{table}")
        for table in copied:
            real.execute(f"INSERT INTO main.{table} SELECT * FROM loaded.{table}")
        real.execute("DELETE FROM main.rating WHERE origin = 'source'")
        real.execute("INSERT OR IGNORE INTO main.rating SELECT * FROM loaded.rating WHERE origin = 'source'")
        for _, sql in triggers:
            real.execute(sql)
        apply_choices(real, load.user_id)
        real.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if is_defended(error):
            raise LoadLostError from error
        raise
    finally:
        roll_back(real)
