"""The first import: into a file of its own, without journal and indexes, which takes the place of the empty database when it is whole.

A kill on the way leaves the empty database as it was. What another process wrote meanwhile is respected: user data is taken over
under the write lock, and if somebody imported, this load is dropped.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chatviewer.storage.connection import Database, connect, explained, prepare_file
from chatviewer.storage.linking import link_all, mark_all_branched, refresh_ratings
from chatviewer.storage.migrating import migrate

_FTS = ("message_fts", "tool_fts", "attachment_fts", "session_fts")
_LOADING = {"hashsize": 16 << 20, "automerge": 0}  # measured: half the time of the defaults, which come back afterwards
_DEFAULTS = {"hashsize": 1 << 20, "automerge": 4}
_OWN = (  # the user's rows, which an empty library can hold; parents before children
    *(
        "user",
        "preference",
        "journal",
        "rating",
        "note",
        "star",
        "tag",
        "session_tag",
        "title_override",
        "status_change",
        "reading",
        "tombstone",
    ),
)
_USERS_RATINGS = " WHERE origin = 'user'"
_KEPT_INDEXES = ("source_file_stamp",)  # by which the import itself looks for things; where messages are it knows by heart


class LoadLostError(Exception):
    """Another process imported meanwhile; what was loaded here was dropped and is to be imported the ordinary way."""


@contextmanager
def bulk(database: Database, user_id: int) -> Iterator[None]:
    """What this thread saves meanwhile goes into the new file. Raises LoadLostError at the end, and the DatabaseError kinds.

    An exception from within drops everything. Without effect while another process does the same, or if there are sessions.
    """
    path = database.path.with_name(f"{database.path.name}.importing")
    lock = _lock(path)
    if lock is None:
        yield
        return
    try:
        with explained(path):
            loading = _prepare(path, database)
            with closing(loading):
                indexes = _drop_indexes(loading)
                with database.redirected(loading):
                    yield
                _finish(loading, user_id, indexes)
                with closing(connect(database.path)) as real:
                    _take_place(real, loading, path, database)
    finally:
        path.unlink(missing_ok=True)
        _remove_logs(path)
        os.close(lock)


def _remove_logs(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _lock(path: Path) -> int | None:
    """Our own new file; None if another process is loading into it, or where files cannot be locked so."""
    if sys.platform == "win32":
        return None
    import fcntl

    prepare_file(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)  # what a killed import left
        _remove_logs(path)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _prepare(path: Path, database: Database) -> sqlite3.Connection:
    """A connection within a transaction that ends with the load."""
    loading = connect(path)
    try:
        # some builds of SQLite fill each page with zeros before they use it, for what may have been deleted there: here nothing was
        for pragma in ("locking_mode = EXCLUSIVE", "synchronous = OFF", "temp_store = MEMORY", "secure_delete = OFF"):
            loading.execute(f"PRAGMA {pragma}")
        migrate(loading, path)
        loading.execute("PRAGMA cache_size = -65536")  # now: SQLite counts pages, and their size is known from here on
        loading.execute("PRAGMA journal_mode = OFF")
        loading.execute("PRAGMA foreign_keys = OFF")
        loading.execute("BEGIN EXCLUSIVE")
        _copy_own(database.connection(), loading)
        _configure(loading, _LOADING)
    except BaseException:
        loading.close()
        raise
    return loading


def _drop_indexes(loading: sqlite3.Connection) -> dict[str, str]:
    """By name, the statements that make them again: to sort rows once takes less than to put each in its place."""
    indexes = dict(loading.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall())
    for name in _KEPT_INDEXES:
        del indexes[name]
    for name in indexes:
        loading.execute(f"DROP INDEX {name}")
    return indexes


def _configure(connection: sqlite3.Connection, options: dict[str, int]) -> None:
    for table in _FTS:
        connection.executemany(f"INSERT INTO {table} ({table}, rank) VALUES (?, ?)", options.items())


def _copy_own(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """The user's rows as they are there; the ratings that the load took from the sources stay."""
    for table in reversed(_OWN):
        target.execute(f"DELETE FROM {table}{_USERS_RATINGS if table == 'rating' else ''}")
    for table in _OWN:
        rows = source.execute(f"SELECT * FROM {table}").fetchall()
        if rows:
            target.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)


def _finish(loading: sqlite3.Connection, user_id: int, indexes: dict[str, str]) -> None:
    """Indexes and settings as the schema wants them, parents and children connected, ratings known to the list."""
    present = {row[0] for row in loading.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
    for name, sql in indexes.items():
        if name not in present:
            loading.execute(sql)
    link_all(loading, user_id)
    mark_all_branched(loading)
    refresh_ratings(loading, user_id)
    _configure(loading, _DEFAULTS)
    loading.execute("COMMIT")


def _take_place(real: sqlite3.Connection, loading: sqlite3.Connection, path: Path, database: Database) -> None:
    """Exchange the files if nobody else has the database open; else copy the rows over, in one transaction."""
    database.close_own()
    real.execute("PRAGMA foreign_keys = OFF")
    try:
        real.execute("PRAGMA busy_timeout = 0")
        real.execute("PRAGMA journal_mode = DELETE")  # refused while anybody else is connected
        real.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        real.execute("PRAGMA busy_timeout = 5000")
        _copy_all(real, loading, path)
        return
    try:
        _check_empty(real)
    except LoadLostError:
        real.execute("ROLLBACK")
        real.execute("PRAGMA journal_mode = WAL")
        raise
    _copy_own(real, loading)
    loading.execute("PRAGMA journal_mode = WAL")
    loading.close()
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    path.replace(database.path)
    directory = os.open(database.path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    real.execute("ROLLBACK")


def _check_empty(real: sqlite3.Connection) -> None:
    if real.execute("SELECT EXISTS (SELECT 1 FROM session) OR EXISTS (SELECT 1 FROM source_file)").fetchone()[0]:
        raise LoadLostError


def _copy_all(real: sqlite3.Connection, loading: sqlite3.Connection, path: Path) -> None:
    loading.close()
    real.execute("PRAGMA journal_mode = WAL")
    real.execute("ATTACH ? AS loaded", (os.fspath(path),))
    real.execute("BEGIN IMMEDIATE")
    try:
        _check_empty(real)
        tables = "SELECT name FROM loaded.sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite%'"
        for (table,) in real.execute(tables).fetchall():
            if table not in _OWN:
                real.execute(f"DELETE FROM main.{table}")
                real.execute(f"INSERT INTO main.{table} SELECT * FROM loaded.{table}")
        real.execute("INSERT OR IGNORE INTO main.rating SELECT * FROM loaded.rating WHERE origin = 'source'")
        real.execute("COMMIT")
    finally:
        if real.in_transaction:
            real.execute("ROLLBACK")
