"""Where chatviewer keeps its own files. Functions, not constants: the environment decides at the time of the call.

`CHATVIEWER_HOME` puts everything below one directory; else the platform's directories (platformdirs) are used. `pathlib` is imported
by what gives a `Path`: a refresh does with `database_file`, and without the third of its imports that hang on `pathlib`.
"""

from __future__ import annotations

import os
import sys
import time

from chatviewer.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

DATABASE_NAME = "chatviewer.db"
_DAY_SECONDS = 86_400
_NOWHERE = "There is no home directory to keep the library in: set HOME, or CHATVIEWER_HOME to a folder."


def data_directory() -> Path:
    """Where the database, its journal and its backups lie. Raises UsageError where there is no home."""
    home = os.environ.get("CHATVIEWER_HOME")
    if home:
        from pathlib import Path

        return Path(home)
    from platformdirs import user_data_path

    try:
        return user_data_path("chatviewer", appauthor=False)
    except RuntimeError as error:  # a user whom the system does not know, without HOME
        raise UsageError(_NOWHERE) from error


def state_directory() -> Path:
    """Where the log and the layout of the viewer lie. Raises UsageError where there is no home."""
    home = os.environ.get("CHATVIEWER_HOME")
    if home:
        from pathlib import Path

        return Path(home) / "state"
    from platformdirs import user_state_path

    try:
        return user_state_path("chatviewer", appauthor=False)
    except RuntimeError as error:
        raise UsageError(_NOWHERE) from error


def expanded(path: str) -> Path:
    """The path with `~` made the home directory. Where there is no such home it stays as it is, and leads nowhere."""
    from pathlib import Path

    return Path(os.path.expanduser(path))


def handover_directory() -> Path:
    """Where the viewer lays out what other programs are to show: images, and texts too long for the clipboard. A purge empties it."""
    return state_directory() / "handover"


def database_path(given: str | None = None) -> Path:
    """As `database_file`, a `Path`."""
    from pathlib import Path

    return Path(database_file(given))


def database_file(given: str | None = None) -> str:
    """The database file: as given on the command line, else `CHATVIEWER_DATABASE`, else the default place.

    Raises UsageError for a URL of another database than SQLite.
    """
    text = given or os.environ.get("CHATVIEWER_DATABASE") or ""
    if not text:
        home = os.environ.get("CHATVIEWER_HOME")
        return _file(os.path.join(home, DATABASE_NAME) if home else str(data_directory() / DATABASE_NAME))
    if "://" not in text:
        return _file(os.path.expanduser(text))
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or rest == "/":
        raise UsageError("A database URL looks like sqlite:///folder/chatviewer.db; only SQLite is supported.")
    from urllib.parse import unquote

    # As SQLAlchemy and Peewee read it: three slashes are a relative path, four an absolute one.
    return _file(os.path.expanduser(unquote(rest[1:])))


def _file(name: str) -> str:
    """The file that is meant by a name. Of a link what it leads to: that is where SQLite keeps the log, and what another file takes the
    place of. Not `:memory:` or a URI, as SQLite would read such a name."""
    if os.path.islink(name) and os.path.exists(name):
        return os.path.realpath(name)
    return os.path.abspath(name) if name.startswith((":", "file:")) else name


def journal_path(database: Path) -> Path:
    """The second copy of the user's own changes, beside the database. By its whole name: chats.home and chats.work are two libraries."""
    return database.with_name("journal.jsonl" if database.name == DATABASE_NAME else f"{database.name}.journal.jsonl")


def backup_directory(database: Path) -> Path:
    """Where the copies made before a migration go."""
    return database.parent / "backups"


def older_copies(database: Path) -> list[Path]:
    """The copies that were kept of a database: by a repair, and before a migration. What is purged later stands in them all the same."""
    repaired = [path for path in database.parent.glob(f"{_escaped(database.name)}.damaged-*") if not path.name.endswith(("-wal", "-shm"))]
    migrated = backup_directory(database).glob(f"{_escaped(database.stem)}-schema*.db")
    return sorted([*repaired, *migrated])


def _escaped(name: str) -> str:
    """For a pattern of file names that means this name."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def draft_of(target: str | Path) -> str:
    """Where a file is written before it gets its name, in the same folder. What killed processes left of the same file is deleted, also
    one of this process's number: it was so before a restart, or of another one before."""
    folder, name = os.path.split(os.fspath(target))
    start = f".{name[:50]}."
    try:
        found = [each for each in os.listdir(folder or ".") if each.startswith(start)]
    except OSError:
        found = []
    for each in found:
        mark, _, end = each[len(start) :].partition(".")
        path = os.path.join(folder, each)
        if end in ("part", "part-journal") and (mark == own_mark() or is_left(mark, path)):
            try:  # noqa: SIM105 (short commands do without `contextlib`)
                os.unlink(path)
            except OSError:
                pass
    return os.path.join(folder, f"{start}{own_mark()}.part")


def write_state(path: Path, text: str) -> None:
    """Write a small file in the state directory, whole or not, for its owner alone: it tells what was searched and read. OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = draft_of(path)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(draft, path)


def flush(path: str | Path) -> None:
    """Wait until what was written to a file, or the names in a folder, are on the disk. Raises OSError; Windows has no such thing for a
    folder."""
    if sys.platform == "win32" and os.path.isdir(path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take_name(draft: str | Path, target: str | Path) -> None:
    """Give a finished file its name; never in the place of another: FileExistsError, also where somebody else was quicker. OSError."""
    try:
        os.link(draft, target)  # unlike a rename it overwrites nothing
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first, by an empty file that only its owner can read
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            os.replace(draft, target)
        except OSError:
            os.unlink(target)
            raise
    else:
        os.unlink(draft)


def own_mark() -> str:
    """This process, in the name of something that it leaves behind when it is killed: its number, and where that counts."""
    return f"{os.getpid()}{_system()}"


def is_left(mark: str, path: str | Path) -> bool:
    """Whether the process of that `own_mark`, which made what lies at `path`, is no more, so that this may be deleted.

    Of another system (a container, a machine that has the same folder, this one before it was started anew) nobody can know: there it
    counts as left when nothing has touched it for a day.
    """
    number, at, system = mark.partition("@")
    if not (number.isascii() and number.isdecimal()):
        return False
    if at + system == _system():
        return not _is_running(int(number))
    try:
        return time.time() - os.lstat(path).st_mtime > _DAY_SECONDS
    except OSError:
        return False


def _system() -> str:
    """Which numbers of processes are meant: those of this start of this machine, in this container. "" where the kernel does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"@{file.read(8)}{os.stat('/proc/self/ns/pid').st_ino:x}"
    except (OSError, ValueError):
        return ""


def _is_running(process_id: int) -> bool:
    """Whether there is such a process."""
    if os.name == "nt":  # where asking would end it
        return True
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
