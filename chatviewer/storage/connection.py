"""SQLite by the standard library: one file, one connection per thread, errors in words.

Pragmas and rights: the file is 0600 in a directory 0700; WAL, so that reading never waits for writing; every write is a
`BEGIN IMMEDIATE` (a deferred transaction that reads before it writes fails at once when another one wrote in between). The connection
for writing is opened first: after a crash only that can play back what the log still holds.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from _thread import _local, allocate_lock  # `threading` would take a short command a millisecond or two

from chatviewer.errors import ASK_DOCTOR, DatabaseDamagedError, DatabaseError, DatabaseLockedError, DatabaseUnwritableError
from chatviewer.storage.patterns import register

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from chatviewer.storage.sharing import Gate

APPLICATION_ID = 0x43686174  # "Chat"; https://www.sqlite.org/pragma.html#pragma_application_id
BUSY_TIMEOUT_MS = 5000
PAGE_SIZE = 32768

# Where a NULL is bound, sqlite3 asks for an adapter, and without one runs into two errors of attributes before it takes it as it is.
sqlite3.register_adapter(type(None), lambda none: none)

_REFUSED = tuple(f"vtable constructor failed: {table}" for table in ("json_each", "json_tree", "message_fts_words", "tool_fts_words"))
_UNWRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_IOERR")


def explain(error: sqlite3.Error, path: Path | str) -> DatabaseError:
    """The error of ours that says in one sentence what SQLite's error means, with a way out."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseLockedError(f"Another program is writing to {path}; try again when it is done.")
    if name == "SQLITE_READONLY_DBMOVED":
        return DatabaseLockedError(f"{path} was replaced by another program; try again.")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_IOERR_SHORT_READ")):
        return _damaged(path)
    if name == "SQLITE_FULL" or (name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _is_full(path)):
        return DatabaseUnwritableError(f"There is no room left to write {path}; free some space and try again.")
    if name.startswith(_UNWRITABLE):
        return DatabaseUnwritableError(f"{path} cannot be opened or written ({error}); check its permissions and its folder's.")
    return DatabaseError(f"{path} cannot be used: {error}; {ASK_DOCTOR}")


def _damaged(path: Path | str) -> DatabaseError:
    return DatabaseDamagedError(f"{path} is damaged or no chatviewer database. Nothing was changed; {ASK_DOCTOR}")


def _is_full(path: Path | str) -> bool:
    """Whether its disk has no room for even the log; SQLite does not always say so."""
    try:
        disk = os.statvfs(os.path.dirname(os.path.abspath(path)))
    except (AttributeError, OSError):  # not on Windows
        return False
    return disk.f_bavail * disk.f_frsize < 1 << 16 and not disk.f_flag & os.ST_RDONLY


def is_interrupt(error: sqlite3.Error) -> bool:
    """Whether a statement ended because another thread, or its time, wanted it to.

    A statement that is interrupted while it is prepared says so in other words: the tables that are made for it alone are refused.
    """
    return getattr(error, "sqlite_errorname", None) == "SQLITE_INTERRUPT" or str(error) in _REFUSED


class explained:  # noqa: N801 (used as a function; without `contextlib`, which a short command does not wait for)
    """Around SQL: SQLite's errors become ours. An interrupted statement stays what it is, the one who interrupted it waits for it."""

    def __init__(self, path: Path | str) -> None:
        self._path = path

    def __enter__(self) -> object:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, sqlite3.DatabaseError) and not is_interrupt(error):
            raise explain(error, self._path) from error
        if isinstance(error, UnicodeDecodeError) and error.object.startswith(b"malformed"):  # SQLite's own words, which quote the damage
            raise _damaged(self._path) from error


def prepare_file(path: Path | str) -> bool:
    """Make the file (0600) and its directory (0700) where they are missing; True if the file is new or empty.

    Raises DatabaseUnwritableError, and DatabaseDamagedError for what is no regular file. Nothing is done to a file that is not ours.
    """
    try:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            _make_file(path)
            found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise DatabaseDamagedError(f"{path} is not a file; name a file for the database.")
        if found.st_size == 1:  # SQLite takes it for empty: https://sqlite.org/src/file/src/os_unix.c, unixFileSize
            raise DatabaseDamagedError(f"{path} is no database: it holds a single byte. Name another file; it was not touched.")
        if found.st_mode & 0o077 and (found.st_size == 0 or _is_ours(path)):
            try:  # noqa: SIM105 (short commands do without `contextlib`)
                os.chmod(path, 0o600)
            except PermissionError:
                pass  # somebody else's file: theirs to decide
        return found.st_size == 0
    except OSError as error:
        raise DatabaseUnwritableError(f"{path} cannot be made or opened: {error.strerror or error}.") from error


def _is_ours(path: Path | str) -> bool:
    """By its header, https://www.sqlite.org/fileformat2.html#the_database_header; before SQLite makes a log with the file's rights."""
    with open(path, "rb") as file:
        header = file.read(72)
    return header.startswith(b"SQLite format 3\0") and int.from_bytes(header[68:], "big") == APPLICATION_ID


def _make_file(path: Path | str) -> None:
    from pathlib import Path

    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:  # noqa: SIM105
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass  # another process was quicker


def connect(path: Path | str | None) -> sqlite3.Connection:
    """A connection for reading and writing; None is a database in memory, for that one connection."""
    connection = sqlite3.connect(
        ":memory:" if path is None else os.fspath(path),
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        check_same_thread=False,  # a thread has its own; only closing and interrupting cross over
        cached_statements=256,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        register(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction without its changes; a full disk, or a failed COMMIT, may have ended it already."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


class Database:
    """The file with its connections. `path` may be absent with `is_absent`: then each thread reads an empty library in memory.

    `is_alone`: one thread uses it, and nobody interrupts what it reads: one connection does for both, and reads the schema once.
    """

    def __init__(self, path: Path | str, *, is_absent: bool = False, is_alone: bool = False) -> None:
        self.file = os.fspath(path)
        self.is_absent = is_absent
        self.is_alone = is_alone
        self.is_loading = False  # a first import is under way: what joins sessions is done once, at its end
        self.loaded_rows: dict[int, int] | None = None  # in it: the row of a message by the hash of its uid, instead of an index
        self.kept_ids: dict[str, int] = {}  # of the sessions that are shown while the load goes on, by uid: they keep them
        # in a repair, of sessions with one id, by source, id and project: as they were
        self.kept_uids: dict[tuple[str, str, str], str] = {}
        self.is_copying = False  # a first import is copied into it, which holds the write lock for long
        self.gate: Gate | None = None  # where several threads use the library (`sharing`)
        self._local = _local()
        self._lock = allocate_lock()
        self._open: list[sqlite3.Connection] = []
        self._asked: set[sqlite3.Connection] = set()
        self._generation = 0  # connections of an older one are opened anew: the file was exchanged

    @property
    def path(self) -> Path:
        """The file; a `Path` is made when asked for, for short commands do without."""
        from pathlib import Path

        return Path(self.file)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection for reading and writing."""
        return self._of_thread("writer")

    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading only (`is_alone`: for both)."""
        return self._of_thread("writer" if self.is_alone else "reader")

    def asked(self) -> Asked:
        """This thread's reader, for something that another thread may end by `interrupt`."""
        return Asked(self)

    def interrupt(self) -> None:
        """End the statements of all readers that are asked just now."""
        for connection in tuple(self._asked):
            try:  # noqa: SIM105
                connection.interrupt()
            except sqlite3.ProgrammingError:
                pass  # closed since: what was asked of it is over

    def _of_thread(self, kind: str) -> sqlite3.Connection:
        kept: tuple[int | None, sqlite3.Connection] | None = getattr(self._local, kind, None)
        if kept is not None and kept[0] in (self._generation, None):
            return kept[1]
        with explained(self.file):
            connection = connect(None if self.is_absent else self.file)
            if self.is_absent:
                from chatviewer.storage.opening import make_empty

                make_empty(connection)
            if kind == "reader":
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("PRAGMA query_only = ON")
        with self._lock:
            self._open.append(connection)
        setattr(self._local, kind, (self._generation, connection))
        return connection

    def transaction(self, *, is_durable: bool = False) -> Transaction:
        """One write: all of it or nothing. Durable: on the disk when it returns, also after a power cut (what the user did).

        Nested, it joins the outer one. Raises the DatabaseError kinds.
        """
        return Transaction(self, is_durable)

    def redirected(self, connection: sqlite3.Connection, kept_ids: dict[str, int]) -> Redirection:
        """Meanwhile what this thread reads and writes goes there: the load of a first import."""
        return Redirection(self, connection, kept_ids)

    def close_own(self) -> None:
        """Close this thread's connections; they are opened anew when asked for."""
        for kind in ("writer", "reader"):
            kept = getattr(self._local, kind, None)
            if kept is not None:
                setattr(self._local, kind, None)
                with self._lock:
                    self._open = [connection for connection in self._open if connection is not kept[1]]
                kept[1].close()

    def close(self) -> None:
        """Close the connections of all threads; using the object again opens new ones."""
        with self._lock:
            connections, self._open = self._open, []
            self._generation += 1
        for connection in connections:
            connection.close()


class Transaction:
    """What `Database.transaction` gives: with its block, one write."""

    def __init__(self, database: Database, is_durable: bool) -> None:
        self._database = database
        self._connection = database.connection()
        self._file = database.file
        self._is_durable = is_durable
        self._is_nested = self._connection.in_transaction

    def __enter__(self) -> sqlite3.Connection:
        if not self._is_nested:
            with explained(self._file):
                self._begin()
        return self._connection

    def _begin(self) -> None:
        try:
            if self._is_durable:
                self._connection.execute("PRAGMA synchronous = FULL")
            while not self._has_begun():
                pass
        except BaseException:
            self._end()
            raise

    def _has_begun(self) -> bool:
        """False where the time was up, but it is known who writes and that it ends."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not self._database.is_copying or error.sqlite_errorname != "SQLITE_BUSY":
                raise
            return False
        return True

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if self._is_nested:
            return
        with explained(self._file):
            try:
                if error is None:
                    self._connection.execute("COMMIT")
                elif isinstance(error, sqlite3.DatabaseError):
                    raise error  # in words
            finally:
                self._end()

    def _end(self) -> None:
        roll_back(self._connection)
        if self._is_durable:
            self._connection.execute("PRAGMA synchronous = NORMAL")


class Redirection:
    """What `Database.redirected` gives."""

    def __init__(self, database: Database, connection: sqlite3.Connection, kept_ids: dict[str, int]) -> None:
        self._database = database
        self._connection = connection
        self._kept_ids = kept_ids
        self._kept: tuple[int | None, sqlite3.Connection] | None = None

    def __enter__(self) -> None:
        own = self._database._local
        self._kept = getattr(own, "writer", None)
        own.writer = (None, self._connection)  # of no generation: `close` must not send the rest of a load into the database itself
        self._database.is_loading = True
        self._database.loaded_rows = {}
        self._database.kept_ids = self._kept_ids

    def __exit__(self, *raised: object) -> None:
        self._database.is_loading = False
        self._database.loaded_rows = None
        self._database.kept_ids = {}
        self._database._local.writer = self._kept


class Asked(explained):
    """What `Database.asked` gives."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.file)
        self._asked = database._asked
        self._connection = database.reader()

    def __enter__(self) -> sqlite3.Connection:
        self._asked.add(self._connection)
        return self._connection

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._asked.discard(self._connection)
        super().__exit__(kind, error, traceback)
