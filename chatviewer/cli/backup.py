"""`chatviewer backup`: a whole copy of the database in one file, also while others use it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from chatviewer.cli.opening import open_library
from chatviewer.cli.output import clean, say
from chatviewer.errors import NotFoundError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where the copy goes; nothing is overwritten")


def run(arguments: Namespace) -> int:
    target = Path(arguments.file)
    with open_library(arguments) as library:
        if not library.path.exists():
            raise NotFoundError(f"There is no database at {library.path} yet.")
        library.backup(target)
    say(clean(f"Copied to {target}."))
    return 0
