"""argparse as chatviewer speaks it: help in the terminal's width, errors in one line."""

import argparse
from typing import NoReturn

from chatviewer.cli.output import terminal_width
from chatviewer.errors import UsageError


def _formatter(prog: str) -> argparse.HelpFormatter:
    """With a width of our own: to find one, argparse would load shutil and its archives for every option of every command."""
    return argparse.HelpFormatter(prog, max_help_position=28, width=max(40, min(terminal_width() - 2, 120)))


class CommandParser(argparse.ArgumentParser):
    """Errors are UsageErrors in one line; nothing is abbreviated, so that a new option never changes what an old command means."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False, formatter_class=_formatter)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (`{self.prog} --help` shows how)")
