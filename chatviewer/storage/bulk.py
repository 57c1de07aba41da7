"""The first import: into a file of its own, without journal and indexes, which takes the place of the empty database when it is whole.

A kill on the way leaves the empty database as it was. Where somebody looks on, the newest files are loaded first, for themselves
(`beginning`), and the load of all takes the place of that.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chatviewer.storage.beginning import ids_of_beginning, is_defended, remember_beginning
from chatviewer.storage.connection import Database, connect, explained, prepare_file
from chatviewer.storage.files import stored_beginning
from chatviewer.storage.linking import link_all, mark_all_branched, refresh_ratings
from chatviewer.storage.migrating import migrate
from chatviewer.storage.taking_place import Load, copy_own, take_place

_FTS = ("message_fts", "tool_fts", "attachment_fts", "session_fts")
_LOADING = {"hashsize": 16 << 20, "automerge": 0}  # measured: half the time of the defaults, which come back afterwards
_DEFAULTS = {"hashsize": 1 << 20, "automerge": 4}
_LEVEL = 3  # of the loaded part of an index: sixteen parts of a level are merged, so it is after the 16 ** (_LEVEL + 1)th small import
_MOST_LEVELS = 60  # FTS5 knows 64
_FIRST = ("user", "preference", "tombstone")  # of the user's rows, what the import itself asks for
_KEPT_INDEXES = ("source_file_stamp",)  # by which the import itself looks for things; where messages are it knows by heart


@contextmanager
def bulk(database: Database, user_id: int, begins_of: int = 0) -> Iterator[bool]:
    """What this thread saves meanwhile goes into the new file. Raises LoadLostError at the end, and the DatabaseError kinds.

    An exception from within drops everything. Gives False, and is without effect, while another process does the same. With `begins_of`
    it is the beginning of an import of so many files; the load of all files takes the place of a beginning, too.
    """
    path = database.path.with_name(f"{database.path.name}.importing")
    lock = _lock(path)
    if lock is None:
        yield False
        return
    has_moved = False
    try:
        with explained(path):
            connection = database.connection()
            begun = stored_beginning(connection, user_id)
            kept_ids = ids_of_beginning(connection, user_id)
            loading = _prepare(path, database)
            with closing(loading):
                indexes = _drop_indexes(loading)
                with database.redirected(loading, kept_ids):
                    yield True
                _finish(loading, user_id, indexes)
                if begins_of:
                    remember_beginning(loading, user_id, begins_of)
                has_moved = take_place(Load(database, user_id, loading, path, lock, begun))
    finally:
        if not has_moved:
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
        if not os.path.samestat(os.fstat(descriptor), path.stat()):  # it became the database, or was deleted, since it was opened
            raise BlockingIOError
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
        copy_own(database.connection(), loading, _FIRST)
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
    loading.execute("COMMIT")  # which writes what the indexes gathered
    try:
        for table in _FTS:
            ((structure,),) = loading.execute(f"SELECT block FROM {table}_data WHERE id = 10").fetchall()
            loading.execute(f"UPDATE {table}_data SET block = ? WHERE id = 10", (_raised(structure),))
    except sqlite3.OperationalError as error:
        if not is_defended(error):  # a full disk, say: without a journal the file may be broken
            raise


def _raised(structure: bytes) -> bytes:
    """The list of an index's parts with empty levels below those that there are.

    FTS5 keeps a load on its lowest level, where a small import puts its part, too: the fifteenth after it would write the whole index anew.
    https://sqlite.org/src/file/ext/fts5/fts5_index.c: a cookie of 4 bytes; how many levels, parts and writes, as varints; then the levels,
    each with two counts before its parts.
    """
    levels = structure[4]
    if not 0 < levels <= _MOST_LEVELS:  # nothing was indexed; or a later format, which is left as it is
        return structure
    at = 5
    for _ in range(2):
        while structure[at] & 0x80:
            at += 1
        at += 1
    return structure[:4] + bytes((levels + _LEVEL,)) + structure[5:at] + bytes(2 * _LEVEL) + structure[at:]
