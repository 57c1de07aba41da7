"""The terminal is given back as it was, however the viewer ends, and nothing of a chat reaches it as a command."""

import io
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from chatviewer.domain import Attachment, FileImport
from chatviewer.storage.library import Library
from tests.factories import make_file, make_message, make_session
from tests.tui.terminal import Terminal

PAYLOADS = ("\x1b]52;c;aGFja2Vk\x07", "\x1b[6n", "\x1b]0;owned\x07", "\x1bP$qm\x1b\\", "\x9b31m", "\x1b[?1049l")
ESC = "\x1b"
CRASH = """
from chatviewer.tui.screens.main import MainScreen
def crash(self):
    secret = "content of a chat"
    raise RuntimeError("boom")
MainScreen.action_star = crash
"""


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
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


@pytest.mark.parametrize("keys", ["", "*/nas", "e"], ids=["idle", "typing", "editor"])
def test_a_terminal_that_is_closed_without_a_signal_ends_the_viewer(
    database: Path, terminals: list[Terminal], editor: Path, keys: str
) -> None:
    """It is nobody's controlling terminal, so that nobody gets SIGHUP: reading it gives the end of a file for ever."""
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("Nasty title")
    terminal.press(keys)
    if keys == "e":
        terminal.wait_for("EDITING")
    terminal.hang_up()
    assert terminal.process.wait(20) in (0, 1)
    assert not list(editor.iterdir())
    with Library.open(database) as library:
        assert [finding for finding in library.check() if finding.severity == "damage"] == []


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
