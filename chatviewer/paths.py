"""Where chatviewer keeps its own files. Functions, not constants: the environment decides at the time of the call.

`CHATVIEWER_HOME` puts everything below one directory; else the platform's directories (platformdirs) are used. `pathlib` is imported
by what gives a `Path`: a refresh does with `database_file`, and without the third of its imports that hang on `pathlib`.
"""

from __future__ import annotations

import os

from chatviewer.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

DATABASE_NAME = "chatviewer.db"


def data_directory() -> Path:
    """Where the database, its journal and its backups lie."""
    home = os.environ.get("CHATVIEWER_HOME")
    if home:
        from pathlib import Path

        return Path(home)
    from platformdirs import user_data_path

    return user_data_path("chatviewer", appauthor=False)


def state_directory() -> Path:
    """Where the log and the layout of the viewer lie."""
    home = os.environ.get("CHATVIEWER_HOME")
    if home:
        from pathlib import Path

        return Path(home) / "state"
    from platformdirs import user_state_path

    return user_state_path("chatviewer", appauthor=False)


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
        return os.path.join(home, DATABASE_NAME) if home else str(data_directory() / DATABASE_NAME)
    if "://" not in text:
        return os.path.expanduser(text)
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or rest == "/":
        raise UsageError("A database URL looks like sqlite:///folder/chatviewer.db; only SQLite is supported.")
    from urllib.parse import unquote

    # As SQLAlchemy and Peewee read it: three slashes are a relative path, four an absolute one.
    return os.path.expanduser(unquote(rest[1:]))


def journal_path(database: Path) -> Path:
    """The second copy of the user's own changes, beside the database."""
    return database.with_name("journal.jsonl" if database.name == DATABASE_NAME else f"{database.stem}.journal.jsonl")


def backup_directory(database: Path) -> Path:
    """Where the copies made before a migration go."""
    return database.parent / "backups"


def draft_of(target: str | Path) -> str:
    """Where a file is written before it gets its name, in the same folder. What killed processes left of the same file is deleted, also
    one of this process's number: in a container all have the same."""
    folder, name = os.path.split(os.fspath(target))
    start = f".{name[:60]}."
    try:
        found = [each for each in os.listdir(folder or ".") if each.startswith(start)]
    except OSError:
        found = []
    for each in found:
        number, _, end = each[len(start) :].partition(".")
        if end in ("part", "part-journal") and number.isascii() and number.isdecimal() and _is_left(int(number)):
            try:  # noqa: SIM105 (short commands do without `contextlib`)
                os.unlink(os.path.join(folder, each))
            except OSError:
                pass
    return os.path.join(folder, f"{start}{os.getpid()}.part")


def _is_left(process_id: int) -> bool:
    return process_id == os.getpid() or not is_running(process_id)


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


def is_running(process_id: int) -> bool:
    """Whether there is such a process: what one that is no more has left may be deleted."""
    if os.name == "nt":  # where asking would end it
        return True
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
