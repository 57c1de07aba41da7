"""`chatviewer` alone, and `chatviewer demo`: the viewer. The only file of the command line that loads the screens."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chatviewer.cli.output import is_terminal
from chatviewer.errors import UsageError

if TYPE_CHECKING:
    from chatviewer.storage.library import Library


def open_viewer(database: str | None) -> int:
    """Open the viewer on a database, which is made if it is not there. Raises UsageError without a terminal, DatabaseError."""
    need_terminal()
    from chatviewer.paths import database_path

    path: Path = database_path(database)
    from chatviewer.storage.sharing import SharedLibrary

    with SharedLibrary.open(path) as library:
        return show(library, is_watching=True)


def show(library: "Library", *, is_watching: bool = False) -> int:
    """Hand the terminal to the viewer until the user leaves it. Made-up chats are not watched: real ones would come among them."""
    from chatviewer.tui import run

    return run(library, is_watching=is_watching)


def need_terminal() -> None:
    """Raises UsageError where there is nobody to look and type."""
    if not (is_terminal() and is_terminal(sys.stdin)):
        raise UsageError("The viewer needs a terminal; `chatviewer --help` lists the commands that do not.")
