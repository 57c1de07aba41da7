"""The terminal is given back as it was, however the viewer ends, and nothing of a chat reaches it as a command."""

import fcntl
import io
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest
from PIL import Image

from chatviewer.domain import Attachment, FileImport
from chatviewer.storage.library import Library
from tests.factories import make_file, make_message, make_session

COLUMNS, LINES = 100, 30
PAYLOADS = ("\x1b]52;c;aGFja2Vk\x07", "\x1b[6n", "\x1b]0;owned\x07", "\x1bP$qm\x1b\\", "\x9b31m", "\x1b[?1049l")
ESC = "\x1b"
VIEWER = """
import sys
from pathlib import Path
from chatviewer.domain import FileImport
from chatviewer.storage.library import Library
from chatviewer.tui import run
{before}
sys.exit(run(Library.open(Path(sys.argv[1]))))
"""
CRASH = """
from chatviewer.tui.screens.main import MainScreen
def crash(self):
    secret = "content of a chat"
    raise RuntimeError("boom")
MainScreen.action_star = crash
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

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture
def database(library: Library) -> Path:
    """One session, all of whose texts are hostile."""
    nasty = "".join(PAYLOADS)
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(data, "PNG")
    image = Attachment(media_type="image/png", name=f"{nasty}.png", byte_count=len(data.getvalue()), data=data.getvalue())
    session = make_session(
        "evil",
        [
            make_message("m0", f"ask {nasty}", attachments=(image,)),
            make_message("m1", f"reply {nasty}", role="assistant", parent="m0", model=nasty),
        ],
        title=f"Nasty title {nasty}",
        project=f"/home/{nasty}/api",
    )
    library.save([FileImport(file=make_file(), sessions=(session,))])
    return library.path


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_restore_the_terminal(database: Path, terminals: list[Terminal], number: signal.Signals) -> None:
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("Nasty title")
    terminal.process.send_signal(number)
    assert terminal.end() == 128 + number
    terminal.assert_restored()


def test_a_crash_restores_the_terminal_and_says_one_sentence(database: Path, terminals: list[Terminal], tmp_path: Path) -> None:
    terminals.append(terminal := Terminal(database, CRASH))
    terminal.wait_for("Nasty title")
    terminal.press("*")
    assert terminal.end() == 1
    terminal.assert_restored()
    after = terminal.output[terminal.output.rfind(b"\x1b[?1049l") :].decode()
    assert "Something unexpected happened (RuntimeError: boom)" in after
    assert "Traceback" not in after
    assert "content of a chat" not in terminal.output.decode(errors="replace")
    log = tmp_path / "chatviewer" / "state" / "chatviewer.log"
    assert "RuntimeError: boom" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


EDITOR = """\
#!/bin/sh
# An editor: says that it runs, with what settings, and waits for a line.
stty -a | grep -q -- ' icanon' && echo "cooked"
cat "$1"
echo "EDITING $1"
read line
"""


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "editor"
    path.write_text(EDITOR)
    path.chmod(0o755)
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setenv("VISUAL", str(path))
    monkeypatch.setenv("TMPDIR", str(copies))
    return copies


def test_the_editor_has_the_terminal_and_gives_it_back(database: Path, terminals: list[Terminal], editor: Path) -> None:
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("Nasty title")
    terminal.press("e")
    terminal.wait_for("EDITING")
    assert "cooked" in "\n".join(terminal.screen.display)
    assert [file.stat().st_mode & 0o077 for file in editor.rglob("*.md")] == [0]
    terminal.read(2.2)  # an editor that is back at once may have a window of its own
    terminal.press("\r")
    terminal.wait_until(lambda: not list(editor.iterdir()))
    terminal.wait_for("1 session")
    terminal.press("q")
    assert terminal.end() == 0
    terminal.assert_restored()
    for payload in PAYLOADS[:-1]:
        assert payload.encode() not in terminal.output


def test_a_signal_while_an_image_is_shown_restores_the_terminal(database: Path, terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("Nasty title")
    terminal.press("\r")
    terminal.wait_for("o fold")  # the keys of the transcript are those of the footer
    terminal.wait_for("image/png")
    terminal.press("gJkk\r")  # from the reply up to the image of the prompt
    terminal.wait_for("▀▀▀▀▀▀")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    terminal.assert_restored()
    for payload in PAYLOADS[:-1]:
        assert payload.encode() not in terminal.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_while_an_editor_runs_end_both(database: Path, terminals: list[Terminal], editor: Path, number: signal.Signals) -> None:
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("Nasty title")
    terminal.press("e")
    terminal.wait_for("EDITING")
    terminal.process.send_signal(number)
    assert terminal.end() == 128 + number
    terminal.assert_restored()
    assert not list(editor.iterdir())


def test_hostile_text_never_arrives_as_a_command(database: Path, terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("Nasty title")
    walk = ["i", ESC, "x", "\r", ESC, "c", ESC, "r", ESC, "f", ESC, "/nasty", "\r", "t", "Z", "Z", "z", "O", ESC, "Y", ESC]
    for keys in (*walk, ESC, ESC, "s", ESC, "N", ESC):
        terminal.press(keys)
        terminal.read(0.25)
    terminal.press("\x11")
    assert terminal.end() == 0
    terminal.assert_restored()
    for payload in PAYLOADS[:-1]:
        assert payload.encode() not in terminal.output
    assert b"\x1b]52" not in terminal.output
    assert terminal.output.count(b"\x1b[?1049l") == 1
