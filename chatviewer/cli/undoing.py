"""`chatviewer undo` and `redo`: the last change taken back, made again. Also across restarts."""

from argparse import ArgumentParser, Namespace

from chatviewer.cli.opening import open_library, tell_warning
from chatviewer.cli.output import clean, is_terminal, say, terminal_width
from chatviewer.cli.table import MIN_FLEXIBLE, cell_width, cut_to
from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.wording import step_line


def add_arguments(parser: ArgumentParser) -> None:
    """Neither takes any."""


def run(arguments: Namespace) -> int:
    with open_library(arguments) as library:
        done = library.undo() if arguments.name == "undo" else library.redo()
        tell_warning(library)
    if done is None:
        say(f"Nothing to {arguments.name}.")
    else:
        told = step_line(done.words, done.title)
        if is_terminal():  # a title may be as long as a prompt
            room = terminal_width() - cell_width(step_line(done.words, "")) - len("Undone:  (“”).")
            told = step_line(done.words, cut_to(safe_line(done.title), max(MIN_FLEXIBLE, room)))
        say(clean(f"{'Undone' if arguments.name == 'undo' else 'Redone'}: {told}."))
    return 0
