"""`chatviewer demo`: the viewer on made-up chats, in a database that is thrown away when it closes (unless --database names one)."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from chatviewer.cli.output import clean, say
from chatviewer.cli.viewing import need_terminal, show
from chatviewer.errors import RefusedError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--fill-only", action="store_true", help="with --database: write the chats and do not open the viewer")


def run(arguments: Namespace) -> int:
    if arguments.database:
        from chatviewer.paths import database_path

        return _keep(database_path(arguments.database), arguments.fill_only)
    if arguments.fill_only:
        raise RefusedError("--fill-only needs --database: a database that is thrown away at once is of no use.")
    need_terminal()
    with TemporaryDirectory(prefix="chatviewer-demo-") as folder:
        os.environ["CHATVIEWER_HOME"] = folder  # layout and log of the visit are thrown away as well
        return _open(Path(folder) / "chatviewer.db")


def _keep(path: Path, is_fill_only: bool) -> int:
    from chatviewer import demo
    from chatviewer.storage.library import Library

    if not is_fill_only:
        need_terminal()
    with Library.open(path) as library:
        has_room = library.is_empty
        if has_room:
            demo.fill(library)
        if is_fill_only:
            say(clean(f"Made-up chats are in {path}." if has_room else f"There are chats in {path} already; none were added."))
            return 0
        return show(library)


def _open(path: Path) -> int:
    from chatviewer import demo
    from chatviewer.storage.library import Library

    with Library.open(path) as library:
        demo.fill(library)
        return show(library)
