"""The program itself in a pseudo-terminal: what it writes, and the screen that this makes."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pyte

COLUMNS, LINES = 100, 30
VIEWER = """
import sys
from pathlib import Path
from chatviewer.domain import FileImport
from chatviewer.storage.library import Library
from chatviewer.tui import run
{before}
sys.exit(run(Library.open(Path(sys.argv[1]))))
"""


class Terminal:
    """A program in a pseudo terminal."""

    def __init__(self, database: Path, before: str = "") -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.slave = slave
        self.settings = termios.tcgetattr(slave)
        self.output = b""
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        code = VIEWER.format(before=textwrap.dedent(before))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(Path(__file__).parents[2])}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(database)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )

    def read(self, seconds: float) -> None:
        """Take what comes in that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    return
                self.output += data
                self.stream.feed(data)

    def wait_for(self, text: str, seconds: float = 20) -> None:
        self.wait_until(lambda: text in "\n".join(self.screen.display), seconds)

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.read(0.05)

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self, seconds: float = 20) -> int:
        """The exit code, once all output is read."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "the viewer does not end"
            self.read(0.05)
        self.read(0.1)
        return self.process.returncode

    def assert_restored(self) -> None:
        """Settings as before, the first screen, the cursor shown, no mouse, no bracketed paste."""
        assert termios.tcgetattr(self.slave) == self.settings
        for mode, on, off in ((b"1049", b"h", b"l"), (b"1000", b"h", b"l"), (b"2004", b"h", b"l"), (b"25", b"l", b"h")):
            switched = self.output.rfind(b"\x1b[?" + mode + on)
            assert self.output.rfind(b"\x1b[?" + mode + off) > switched, mode

    def hang_up(self) -> None:
        """Close it, as a window does that is killed."""
        for descriptor in (self.slave, self.master):
            os.close(descriptor)
        self.slave, self.master = (os.open(os.devnull, os.O_RDWR) for _ in range(2))

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)
