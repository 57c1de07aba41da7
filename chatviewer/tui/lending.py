"""The terminal lent to another program: an editor, the agent that made a session. The viewer waits, and is back when that ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from textual.app import App, SuspendNotSupported

from chatviewer.domain import safe_line

_END_SIGNALS = () if sys.platform == "win32" else (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Lent(NamedTuple):
    """How it went: how long the program ran, and what went wrong, in words."""

    seconds: float
    problem: str = ""


def lend_terminal(app: App[int], command: Sequence[str], folder: str | None = None) -> Lent:
    """Runs a program on the viewer's terminal. Nothing of the viewer draws meanwhile; a signal to end ends the program,
    and then the viewer, whose event loop has got it too."""
    start = time.monotonic()
    try:
        with app.suspend():
            problem = run_program(command, folder)
    except SuspendNotSupported:
        problem = "This terminal cannot be lent to another program."
    return Lent(time.monotonic() - start, problem)


def run_program(command: Sequence[str], folder: str | None = None) -> str:
    """Runs it to its end; what went wrong, in words, or nothing."""
    name = safe_line(command[0], 60)
    with _signals_end() as ends:
        try:
            process = subprocess.Popen(command, cwd=folder or None)
        except OSError as error:
            return f"{name} cannot be started: {error.strerror or 'no such program'}."
        ends(process)
        code = process.wait()
    return f"{name} ended with code {code}." if code else ""


@contextmanager
def _signals_end() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """ctrl+c is the other program's; what tells the viewer to end is handed on, also what came while the program was started."""
    started: list[subprocess.Popen[bytes]] = []
    is_ending = False

    def take(number: int, _frame: FrameType | None) -> None:
        nonlocal is_ending
        if number != signal.SIGINT:
            is_ending = True
            for process in started:
                process.terminate()

    def ends(process: subprocess.Popen[bytes]) -> None:
        started.append(process)
        if is_ending:
            process.terminate()

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, *_END_SIGNALS)}
    try:
        yield ends
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
