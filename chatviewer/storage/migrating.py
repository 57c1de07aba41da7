"""From any schema to the newest: numbered SQL files, each in one transaction, the file copied before.

`user_version` is the number of the last file applied. A newer one is refused and the file left as it is.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator

from chatviewer import paths
from chatviewer.errors import DatabaseDamagedError, DatabaseNewerError
from chatviewer.storage.connection import APPLICATION_ID, BUSY_TIMEOUT_MS, PAGE_SIZE, roll_back
from chatviewer.storage.opening import MIGRATIONS as MIGRATIONS
from chatviewer.storage.opening import is_current, migration_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def migration_files(directory: Path | str = MIGRATIONS) -> list[Path]:
    """In order of their numbers, which are 1, 2, 3, ..."""
    from pathlib import Path

    return [Path(directory, name) for name in migration_names(directory)]


def statements(script: str) -> Iterator[str]:
    """The single statements of a script: `executescript` would commit the transaction that it is to run in."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        raise ValueError(f"the script ends within a statement: {pending[:80]!r}")


def version(connection: sqlite3.Connection) -> int:
    """The schema's version."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_owner(connection: sqlite3.Connection, path: Path | str | None) -> None:
    """Raises DatabaseDamagedError for a database that is not ours: only one without tables and without an owner's marks may become it."""
    connection.execute("BEGIN")  # all of one moment: another program may be making it ours
    try:
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        marks = owner or version(connection) or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    finally:
        roll_back(connection)
    if marks and owner != APPLICATION_ID:
        raise DatabaseDamagedError(f"{path} is a database of another program; name another file. It was not touched.")


def migrate(connection: sqlite3.Connection, path: Path | str | None, directory: Path | str = MIGRATIONS) -> int:
    """Bring the schema up to date; returns how many steps that took. `path` None: in memory.

    Raises DatabaseNewerError and DatabaseDamagedError before anything is written; sqlite3.Error as it comes.
    """
    if is_current(connection, directory):
        return 0
    newest, current = len(migration_names(directory)), version(connection)
    check_owner(connection, path)
    if current > newest:
        raise DatabaseNewerError(
            f"{path} was written by a newer chatviewer (schema {current}; this one knows {newest}). "
            "Update chatviewer; the file was not touched."
        )
    if path is not None:
        if current:
            back_up(connection, path, current)
        else:
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            _begin_log(connection)
    connection.execute("PRAGMA foreign_keys = OFF")  # a table that is made anew must not cascade away its children
    try:
        return sum(_apply(connection, file, number) for number, file in enumerate(migration_files(directory), 1) if number > current)
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _begin_log(connection: sqlite3.Connection) -> None:
    """Keep a log from the first page on. For another program that has just begun the same file SQLite does not wait here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(0.01)


def _apply(connection: sqlite3.Connection, file: Path, number: int) -> bool:
    """Apply one file, unless another process was faster."""
    script = file.read_text("utf-8")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version(connection) >= number:
            connection.execute("ROLLBACK")
            return False
        for statement in statements(script):
            connection.execute(statement)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError(f"{file.name} would leave rows that point nowhere")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise
    return True


def back_up(connection: sqlite3.Connection, path: Path | str, schema_version: int) -> Path:
    """Copy the whole database, as it is at one moment, to the backup directory; returns the copy's path."""
    from pathlib import Path

    path = Path(path)
    directory = paths.backup_directory(path)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    draft = Path(paths.draft_of(directory / path.stem))  # so that under a backup's name there is a whole copy
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        target = sqlite3.connect(draft)
        try:
            connection.backup(target)
        finally:
            target.close()
        for number in range(1000):
            copy = directory / f"{path.stem}-schema{schema_version}-{stamp}{f'-{number}' if number else ''}.db"
            try:
                paths.take_name(draft, copy)
            except FileExistsError:
                continue
            return copy
        raise FileExistsError(f"{directory} has too many copies of this second")
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + end).unlink(missing_ok=True)
