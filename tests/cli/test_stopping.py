"""Ctrl+C on a terminal: the import ends after the file it reads, says what was done, and goes on the next time."""

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.process import ROOT
from tests.cli.test_importing import project as project
from tests.cli.test_importing import record, write

SESSIONS = 120
# Each file takes its time, so that the key is pressed in the middle on every machine.
SLOW_IMPORT = """
import sys, time
from chatviewer.__main__ import main
from chatviewer.ingest.parsing import FileReader
parts = FileReader.parts
def slowly(self):
    time.sleep(0.02)
    return parts(self)
FileReader.parts = slowly
sys.exit(main(["import"]))
"""


class Import:
    """A slow import in a terminal of its own, which sends the signals of its keys."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.output = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", SLOW_IMPORT],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "110"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def read_until(self, text: bytes, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while text not in self.output:
            assert time.monotonic() < end, self.output
            self._take(0.1)

    def _take(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return False
        self.output += data
        return bool(data)

    def press(self, key: bytes) -> None:
        os.write(self.master, key)

    def end(self, seconds: float = 30) -> int:
        end = time.monotonic() + seconds
        while self._take(0.1) and time.monotonic() < end:
            pass
        return self.process.wait(5)


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_says_what_was_done_and_the_next_import_goes_on(run: Run, project: Path, presses: int) -> None:
    for session in range(SESSIONS):
        write(project, session, *(record(number, session) for number in range(4)))
    running = Import()
    running.read_until("━".encode())  # the bar
    running.press(b"\x03")
    if presses == 2:
        running.read_until(b"Stopping after this file")
        running.press(b"\x03")
    assert running.end() == 130
    text = running.output.decode()
    assert "Traceback" not in text
    assert "Stopped." in text
    if presses == 1:
        assert "What was read is stored" in text
        assert "Sessions: " in text
        assert 0 < len(run("list", "--limit", "0", "--json").json["sessions"]) < SESSIONS
    assert run("doctor").code == 0
    assert run("import").code == 0
    assert len(run("list", "--limit", "0", "--json").json["sessions"]) == SESSIONS
    assert run("list", "is:unread", "--json").json["sessions"] == [], "the first import went on"
