"""`chatviewer undo` and `redo`: the last change taken back, made again. Also across restarts."""

from argparse import ArgumentParser, Namespace

from chatviewer.cli.opening import open_library, tell_warning
from chatviewer.cli.output import clean, say


def add_arguments(parser: ArgumentParser) -> None:
    """Neither takes any."""


def run(arguments: Namespace) -> int:
    with open_library(arguments) as library:
        done = library.undo() if arguments.name == "undo" else library.redo()
        tell_warning(library)
    if done is None:
        say(f"Nothing to {arguments.name}.")
    else:
        say(clean(f"{'Undone' if arguments.name == 'undo' else 'Redone'}: {done}."))
    return 0
