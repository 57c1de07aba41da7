"""How long it takes from a key to what it shows: typed in the search box of the program itself, in a pseudo-terminal.

`python benchmarks/key_to_paint.py DATABASE [--word configuration] [--rounds N]`: the letters of a word are typed one after the other, each
when the screen has come to rest. The time of a letter ends with the output after which the list of hits is as it stays. Beside it the
same for the box of an empty Textual app, which only echoes: what lies between is ours. Milliseconds of wall time; the machine is in them.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from pathlib import Path

import pyte

COLUMNS, ROWS = 120, 36
REST = 0.4  # seconds without output that end a key; what the box offers and counts besides comes within them
LIST, BOX = (slice(4, 24), slice(22, 66)), (slice(0, 3), slice(0, COLUMNS))  # rows and columns of the screen
ECHO = """
from textual.app import App
from textual.widgets import Input
class Empty(App):
    def compose(self):
        yield Input()
Empty().run()
"""


class Terminal:
    """A program in a pseudo-terminal, and its screen."""

    def __init__(self, command: list[str]) -> None:
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.environ.update(
                TERM="xterm-256color", COLORTERM="truecolor", TEXTUAL_ANIMATIONS="none", COLUMNS=str(COLUMNS), LINES=str(ROWS)
            )
            os.execv(command[0], command)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)

    def output(self, rest: float, most: float = 2.0) -> list[tuple[float, bytes]]:
        """What comes until nothing has come for so long, or for `most` seconds (a cursor blinks for ever), each piece with its time."""
        pieces: list[tuple[float, bytes]] = []
        end = time.monotonic() + most
        while time.monotonic() < end and select.select([self.file], [], [], rest)[0]:
            try:
                data = os.read(self.file, 1 << 16)
            except OSError:
                break
            if not data:
                break
            pieces.append((time.perf_counter(), data))
        return pieces

    def settle(self, rest: float = 0.6, most: float = 3.0) -> None:
        for _, data in self.output(rest, most):
            self.stream.feed(data)

    def key(self, keys: bytes, part: tuple[slice, slice]) -> float:
        """Type; milliseconds until this part of the screen is as it stays."""
        start = time.perf_counter()
        os.write(self.file, keys)
        states = []
        for at, data in self.output(REST):
            self.stream.feed(data)
            states.append((at, tuple(line[part[1]] for line in self.screen.display[part[0]])))
        if not states:
            return float("nan")
        last = states[-1][1]
        first_right = next(number for number in range(len(states)) if all(state == last for _, state in states[number:]))
        return (states[first_right][0] - start) * 1000

    def close(self) -> None:
        os.kill(self.process, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and os.waitpid(self.process, os.WNOHANG)[0] == 0:
            self.output(0.05)
        os.close(self.file)


def typed(command: list[str], before: bytes, word: str, part: tuple[slice, slice], rounds: int) -> list[float]:
    """The times of the letters of a word, typed and taken away again so many times; the first round warms up."""
    terminal = Terminal(command)
    try:
        terminal.settle(1.0)
        os.write(terminal.file, before)
        terminal.settle()
        times: list[float] = []
        for number in range(rounds + 1):
            times += [terminal.key(letter.encode(), part) for letter in word][: len(word) if number else 0]
            os.write(terminal.file, b"\x7f" * len(word))
            terminal.settle(0.6)
        return times
    finally:
        terminal.close()


def told(name: str, times: list[float]) -> str:
    known = sorted(each for each in times if each == each)
    return f"{name:24} {statistics.median(known):8.1f} {known[min(len(known) - 1, int(len(known) * 0.95))]:8.1f} {len(known):5}"


def main() -> None:
    parser = argparse.ArgumentParser(description="From a key to what it shows, beside an empty Textual app.")
    parser.add_argument("database", type=Path)
    parser.add_argument("--word", default="configuration")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    program = [sys.executable, "-m", "chatviewer", "--database", str(options.database)]
    print(f"{'milliseconds':24} {'p50':>8} {'p95':>8} {'keys':>5}")
    print(told("empty Textual app, echo", typed([sys.executable, "-c", ECHO], b"", options.word, BOX, options.rounds)))
    print(told("search box, hits", typed(program, b"/", options.word, LIST, options.rounds)))


if __name__ == "__main__":
    main()
