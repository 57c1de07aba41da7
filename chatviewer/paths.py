"""Where chatviewer keeps its own files. Functions, not constants: the environment decides at the time of the call.

`CHATVIEWER_HOME` puts everything below one directory; else the platform's directories (platformdirs) are used.
"""

import os
from pathlib import Path

from chatviewer.errors import UsageError

DATABASE_NAME = "chatviewer.db"


def data_directory() -> Path:
    """Where the database, its journal and its backups lie."""
    home = os.environ.get("CHATVIEWER_HOME")
    if home:
        return Path(home)
    from platformdirs import user_data_path

    return user_data_path("chatviewer", appauthor=False)


def state_directory() -> Path:
    """Where the log and the layout of the viewer lie."""
    home = os.environ.get("CHATVIEWER_HOME")
    if home:
        return Path(home) / "state"
    from platformdirs import user_state_path

    return user_state_path("chatviewer", appauthor=False)


def database_path(given: str | None = None) -> Path:
    """The database file: as given on the command line, else `CHATVIEWER_DATABASE`, else the default place.

    Raises UsageError for a URL of another database than SQLite.
    """
    text = given or os.environ.get("CHATVIEWER_DATABASE") or ""
    if not text:
        return data_directory() / DATABASE_NAME
    if "://" not in text:
        return Path(text).expanduser()
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or rest == "/":
        raise UsageError("A database URL looks like sqlite:///folder/chatviewer.db; only SQLite is supported.")
    from urllib.parse import unquote

    # As SQLAlchemy and Peewee read it: three slashes are a relative path, four an absolute one.
    return Path(unquote(rest[1:])).expanduser()


def journal_path(database: Path) -> Path:
    """The second copy of the user's own changes, beside the database."""
    return database.with_name("journal.jsonl" if database.name == DATABASE_NAME else f"{database.stem}.journal.jsonl")


def backup_directory(database: Path) -> Path:
    """Where the copies made before a migration go."""
    return database.parent / "backups"
