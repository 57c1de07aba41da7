"""The terminal lent to another program: an editor, the agent that made a session. The viewer waits, and is back when that ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from textual.app import App, SuspendNotSupported

from chatviewer.domain import safe_line

_END_SIGNALS = () if sys.platform == "win32" else (signal.SIGTERM, signal.SIGHUP)


class Lent(NamedTuple):
    """How it went: how long the program ran, or why it did not, in words."""

    seconds: float
    problem: str = ""


def lend_terminal(app: App[int], command: Sequence[str], folder: str | None = None) -> Lent:
    """Runs a program on the viewer's terminal. Nothing of the viewer draws meanwhile; a signal to end ends the program,
    and then the viewer, whose event loop has got it too."""
    start = time.monotonic()
    problem = ""
    try:
        with app.suspend():
            try:
                process = subprocess.Popen(command, cwd=folder or None)
            except OSError as error:
                problem = f"{safe_line(command[0], 60)} cannot be started: {error.strerror}."
            else:
                with _signals_end(process):
                    process.wait()
    except SuspendNotSupported:
        problem = "This terminal cannot be lent to another program."
    return Lent(time.monotonic() - start, problem)


@contextmanager
def _signals_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """ctrl+c is the other program's; what tells the viewer to end is handed on."""

    def take(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            process.terminate()

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, *_END_SIGNALS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
