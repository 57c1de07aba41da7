"""`chatviewer` and `chatviewer demo` in a real terminal."""

import os
import select
import struct
import sys
import time
from pathlib import Path

import pytest

from tests.cli.process import ROOT

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

LEAVE = b"\x11"  # ctrl+q


def in_terminal(environment: dict[str, str], *words: str, until: bytes) -> tuple[int, bytes]:
    """Run it until it has drawn `until`, leave it by a key; its exit code and all that it wrote."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "chatviewer", *words], {**os.environ, **environment})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    written, end, is_left = b"", time.monotonic() + 40, False
    try:
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    piece = os.read(terminal, 65536)
                except OSError:  # how Linux says that the other side is closed
                    break
                if not piece:
                    break
                written += piece
            elif until in written and not is_left:
                os.write(terminal, LEAVE)
                is_left = True
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), written


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return {"TMPDIR": str(folder), "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none", "NO_COLOR": "1"}


def test_the_demo_leaves_nothing_behind(environment: dict[str, str], database_path: Path) -> None:
    code, written = in_terminal(environment, "demo", until=b"flaky")
    assert code == 0
    assert b"\x1b[?1049l" in written  # back from the alternate screen
    assert list(Path(environment["TMPDIR"]).iterdir()) == []
    assert not database_path.exists()


def test_the_viewer_makes_its_database(environment: dict[str, str], database_path: Path) -> None:
    code, written = in_terminal(environment, until=b"chatviewer")
    assert code == 0
    assert b"\x1b[?1049l" in written
    assert database_path.exists()
