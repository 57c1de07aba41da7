"""A new database in the place of a damaged one. All work is done beside it; the old file is only read, and kept when the new one has
taken its place. Who calls this reads the sources in between (`ingest.repairing`)."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatviewer import paths
from chatviewer.domain.identity import session_uid
from chatviewer.errors import DatabaseDamagedError, DatabaseLockedError, DatabaseUnwritableError
from chatviewer.storage.connection import explained
from chatviewer.storage.library import Library
from chatviewer.storage.linking import project_uid
from chatviewer.storage.rejoining import Rejoined, rejoin, take_own
from chatviewer.storage.restoring import restore, restore_before_import
from chatviewer.storage.salvaging import Salvage, salvage

_LOGS = ("-wal", "-shm", "-journal")
# Whoever has the database open holds a lock on some of these bytes: https://www.sqlite.org/lockingv3.html, os.h of SQLite
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
_CHUNK = 1 << 20
_WORK = ".repair-"  # then the process that repairs
_OF_ONE_ID = """
SELECT source, source_id, project, uid FROM session WHERE user_id = ?1 AND ((source, source_id) IN
(SELECT source, source_id FROM session WHERE user_id = ?1 GROUP BY source, source_id HAVING count(*) > 1)
OR uid = uid_of_project(source, source_id, project))
"""  # the other one of the same id may have been purged


def _uid_of_project(source: str, source_id: str, project: str) -> str:
    """The uid of a session whose own one was taken."""
    return project_uid(session_uid(source, source_id), project)


class Rebuilding:
    """One repair. `library` is the new one; first it holds only what the user said."""

    def __init__(self, path: Path, work: Path, salvaged: Salvage) -> None:
        self.path = path
        self.salvaged = salvaged
        self._work = work
        self._old = work / "salvaged.db"
        self._journal = paths.journal_path(path)
        self.is_blank = _is_blank(path, salvaged)  # whether the old database holds nothing, and never did
        self.library = Library.open(work / paths.DATABASE_NAME)
        database, user_id = self.library.database, self.library.user.id
        take_own(database, user_id, self._old)
        restore_before_import(database, user_id, self._journal)
        with Library.open(self._old) as old:
            connection = old.database.connection()
            connection.create_function("uid_of_project", 3, _uid_of_project, deterministic=True)
            database.kept_uids = {row[:3]: row[3] for row in connection.execute(_OF_ONE_ID, (user_id,))}

    def known_paths(self) -> list[str]:
        """The files that the old database was imported from."""
        with Library.open(self._old) as old:
            return list(old.file_stamps())

    def rejoin(self) -> Rejoined:
        """After the import: add what only the old database holds."""
        return rejoin(self.library.database, self.library.user.id, self._old)

    def restore(self) -> int:
        """After that: the user's own words from the journal; returns how many lines were taken."""
        return restore(self.library.database, self.library.user.id, self._journal)

    def take_place(self) -> Path | None:
        """Verify the new database and put it in the old one's place; returns where the old one lies now, None where there was none, or
        nothing in it. Raises DatabaseDamagedError."""
        wrong = [finding for finding in self.library.check() if finding.severity == "damage"]
        if wrong:
            raise DatabaseDamagedError(f"The repaired copy is not sound ({wrong[0].detail}); {self.path} was left as it is.")
        self.library.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.library.close()
        new = self._work / paths.DATABASE_NAME
        with new.open("rb") as file:
            os.fsync(file.fileno())
        kept = self._put_aside()
        new.replace(self.path)
        paths.flush(self.path.parent)
        return kept

    def _put_aside(self) -> Path | None:
        """Give the old file a second name and take its logs away: at no moment is there no database, however this ends."""
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        kept = next(
            name
            for number in range(1000)
            if not os.path.lexists(name := self.path.with_name(f"{self.path.name}.damaged-{stamp}{f'-{number}' if number else ''}"))
        )
        is_there = self.path.exists() and not self.is_blank
        if is_there:
            try:
                os.link(self.path, kept)
            except OSError:  # a file system without hard links
                self.path.rename(kept)
        for end in _LOGS:  # a log without its database is nothing, beside a new one it is a danger
            log = self.path.with_name(self.path.name + end)
            if self.is_blank:
                log.unlink(missing_ok=True)
            elif log.exists():
                log.rename(kept.with_name(kept.name + end))
        return kept if is_there else None


@contextmanager
def rebuilding(path: Path) -> Iterator[Rebuilding]:
    """Copy the damaged database, take all rows out of the copy, and open a new library to put things into. Nobody else may have the
    database open meanwhile.

    Raises DatabaseLockedError, DatabaseUnwritableError, DatabaseDamagedError; the old file is then as it was.
    """
    work: Path | None = None
    descriptor: int | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _forget_killed(path.parent)
        work = Path(tempfile.mkdtemp(prefix=f"{_WORK}{paths.own_mark()}-", dir=path.parent))
        descriptor = _held(path)
        if descriptor is not None:
            if _is_foreign_text(descriptor, path):
                raise DatabaseDamagedError(
                    f"{path} is a text and no database of chatviewer; it was left as it is. Name another file with --database."
                )
            _copy(descriptor, work / "damaged.db")
            log = path.with_name(path.name + "-wal")
            if log.exists():
                shutil.copyfile(log, work / "damaged.db-wal")
        with explained(work):  # no room, say: of the copy, what cannot be read is no error
            salvaged = salvage(work / "damaged.db", work / "salvaged.db")
        rebuilt = Rebuilding(path, work, salvaged)
        try:
            yield rebuilt
        finally:
            rebuilt.library.close()
    except OSError as error:
        raise DatabaseUnwritableError(f"{path} cannot be repaired: {error.strerror or error}.") from error
    finally:
        if descriptor is not None:
            os.close(descriptor)
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def _is_blank(path: Path, salvaged: Salvage) -> bool:
    """What is not kept: an empty file, or a library without a row. A log that holds anything, even what does not fit, is kept with it."""
    if any(log.exists() and log.stat().st_size for log in (path.with_name(path.name + end) for end in _LOGS if end != "-shm")):
        return False
    return path.exists() and (salvaged.is_blank or not path.stat().st_size)


def _forget_killed(folder: Path) -> None:
    """Delete what repairs left that were killed: copies as large as the database."""
    for left in folder.glob(f"{_WORK}*-*"):
        mark, _, _ = left.name.removeprefix(_WORK).partition("-")
        if not left.is_symlink() and paths.is_left(mark, left):
            shutil.rmtree(left, ignore_errors=True)


def _held(path: Path) -> int | None:
    """The open file, so that no other process can use it as a database; None if there is no file."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            os.close(descriptor)
            raise DatabaseLockedError(f"Another program has {path} open; close it and repair then.") from error
    return descriptor


def _is_foreign_text(descriptor: int, path: Path) -> bool:
    """Whether a file has no byte that is zero, as every page of a database has, and neither its name nor what lies beside it says that it
    was a library before something was written over it."""
    beside = (paths.journal_path(path), *(path.with_name(path.name + end) for end in _LOGS))
    if path.name == paths.DATABASE_NAME or any(map(os.path.lexists, beside)):
        return False
    position = 0
    while chunk := os.pread(descriptor, _CHUNK, position):
        if b"\0" in chunk:
            return False
        position += len(chunk)
    return position > 0


def _copy(descriptor: int, target: Path) -> None:
    """By the descriptor that holds the lock: closing another one of the same file would let go of it (POSIX)."""
    with target.open("xb") as file:
        position = 0
        while chunk := os.pread(descriptor, _CHUNK, position):
            file.write(chunk)
            position += len(chunk)
