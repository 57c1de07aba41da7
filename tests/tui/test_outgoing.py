"""What leaves the viewer: a copy in the editor, exports, going on with a session in its agent; and which files a session touched."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from chatviewer.domain import FileImport
from chatviewer.errors import RefusedError, UsageError
from chatviewer.exporters.registry import exporters, find_exporter
from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.continuing import find_continuation
from chatviewer.tui.editing import chosen_editor
from chatviewer.tui.lending import Lent
from chatviewer.tui.modals.menu import MenuModal
from chatviewer.tui.modals.notice import NoticeModal
from chatviewer.tui.modals.prompt import PromptModal
from chatviewer.tui.outgoing import export_path, export_sessions, forget_stale_copies, problem_with, write_copy
from chatviewer.tui.outgoing_messages import ContinuationFound, CopyWritten
from chatviewer.tui.rendering.touched import TouchedFile, touched_files
from chatviewer.tui.screens import outgoing_actions
from chatviewer.tui.screens.main import MainScreen
from chatviewer.tui.widgets.choice_list import ChoiceList
from tests.factories import make_file, make_message, make_session
from tests.tui.conftest import settle

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
post = MainScreen.post_message
TOKEN = "ghp_" + "a1B2" * 9


def main_of(pilot: Pilot[int]) -> MainScreen:
    assert isinstance(pilot.app, ChatviewerApp)
    return pilot.app.main


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


@pytest.fixture
def secretive(library: Library, tmp_path: Path) -> Library:
    """One session of Claude Code in a folder that exists, with a token and an escape sequence in it."""
    project = tmp_path / "api"
    project.mkdir()
    messages = [make_message("m0", f"my token is {TOKEN} \x1b]52;c;eA==\x07"), make_message("m1", "noted", role="assistant", parent="m0")]
    session = make_session("1a-2b", messages, title="A token", project=str(project))
    library.save([FileImport(file=make_file(), sessions=(session,))])
    return library


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "at-home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    return home


async def test_an_export_hides_secrets_and_overwrites_nothing(open_viewer: OpenViewer, secretive: Library, at_home: Path) -> None:
    async with open_viewer(secretive) as pilot:
        main = main_of(pilot)
        await press(pilot, "x")
        assert isinstance(pilot.app.screen, MenuModal)
        await press(pilot, *"markdown", "enter")
        assert isinstance(pilot.app.screen, PromptModal)
        await press(pilot, "enter")
        written = at_home / "A-token.md"
        assert main.status.notice == f"Exported 1 session to {written} · hidden: 1 github token"
        assert TOKEN not in written.read_text()
        assert "\x1b]52" in written.read_text()  # an export is verbatim
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        await press(pilot, "x", *"leave it in", "enter", *"markdown", "enter", "enter")
        again = at_home / "A-token-2.md"  # the next free name is offered
        assert TOKEN in again.read_text()
        await press(pilot, "x", "enter", "ctrl+u", *"A-token.md", "enter")
        prompt = pilot.app.screen
        assert isinstance(prompt, PromptModal)
        assert "nothing is overwritten" in str(prompt.query_one("#hint").render())
        await press(pilot, "escape")
        assert TOKEN not in written.read_text()


async def test_what_each_format_is_can_be_read_in_80_columns(open_viewer: OpenViewer, secretive: Library) -> None:
    async with open_viewer(secretive, size=(80, 24)) as pilot:
        await press(pilot, "x")
        menu = pilot.app.screen
        assert isinstance(menu, MenuModal)
        lines = [menu._line(choice).plain for choice in menu._choices]
        assert [line for line in lines if "…" in line] == []
        assert len(lines) == len(exporters()) + 1


def test_paths_are_checked_before_anything_is_written(at_home: Path) -> None:
    (at_home / "there.md").touch()
    assert export_path("~/chats", ".md") == at_home / "chats.md"
    assert export_path("chats.txt", ".md") == Path("chats.txt")
    assert problem_with("new", ".md") == ""
    for typed, words in (
        ("", "Type where"),
        ("there", "overwritten"),
        (str(at_home), "folder"),
        ("no/such/x", "no folder"),
        ("a\0b", "no path"),
    ):
        assert words in problem_with(typed, ".md"), typed


async def test_the_export_menu_says_in_80_columns_what_becomes_of_secrets(open_viewer: OpenViewer, secretive: Library) -> None:
    async with open_viewer(secretive, size=(80, 24)) as pilot:
        await press(pilot, "x")
        choices = pilot.app.screen.query_one(ChoiceList)
        shown = "\n".join(choices.render_line(y).text for y in range(choices.size.height))
        assert "is hidden; Enter leaves it in" in shown


def test_an_export_that_is_cut_off_by_leaving_leaves_nothing(secretive: Library, at_home: Path) -> None:
    stop = threading.Event()
    stop.set()
    job = export_sessions(secretive, secretive.session_ids(), find_exporter("md"), at_home / "x.md", is_redacting=False, stop=stop)
    with pytest.raises(RefusedError):
        job()
    assert list(at_home.iterdir()) == []


def test_a_copy_for_the_editor_is_private_and_harmless(secretive: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("EDITOR", "true --wait 'a b'")
    copies: dict[Path, int] = {}
    copy = write_copy(secretive, secretive.session_ids()[0], copies, threading.Event())()
    assert isinstance(copy, CopyWritten)
    assert copies == {copy.path.parent: copy.path.stat().st_mtime_ns}
    assert copy.command == ["true", "--wait", "a b"]
    assert (stat.S_IMODE(copy.path.stat().st_mode), stat.S_IMODE(copy.path.parent.stat().st_mode)) == (0o600, 0o700)
    assert copy.path.name == "A-token.md"
    assert TOKEN in copy.path.read_text()
    assert "\x1b" not in copy.path.read_text()
    copy.path.unlink()
    copy.path.parent.rmdir()


KILLED = """
import os, signal, sys, threading
from pathlib import Path
from chatviewer.storage.library import Library
from chatviewer.tui.outgoing import write_copy
with Library.open(Path(sys.argv[1])) as library:
    for _ in range(2):
        print(write_copy(library, library.session_ids()[0], {}, threading.Event())().path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_copies_of_a_killed_viewer_are_deleted_by_the_next(secretive: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody changed, what a running viewer shows, links and whatever else lies there under such a name stay."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("EDITOR", "true")
    own = write_copy(secretive, secretive.session_ids()[0], {}, threading.Event())()
    assert isinstance(own, CopyWritten)
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(secretive.path)], env=environment, capture_output=True, text=True)
    changed, killed = map(Path, done.stdout.splitlines())
    assert done.returncode == -signal.SIGKILL
    changed.write_text("changed")
    number = killed.parent.name.split("-")[2]
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "elsewhere" / "x.md").touch()
    (temporary / f"chatviewer-copy-{number}-link").symlink_to(tmp_path / "elsewhere")
    (temporary / f"chatviewer-copy-{number}-open").mkdir()
    (temporary / f"chatviewer-copy-{number}-unfinished").mkdir(mode=0o700)
    (temporary / f"chatviewer-copy-{number}-unfinished" / ".part").touch()
    (temporary / f"chatviewer-copy-{number}-file").touch()
    for name in ("chatviewer-copy-", "chatviewer-copy-x-y", f"chatviewer-copy-{10**30}x-"):
        (temporary / name).mkdir(mode=0o700)
    before = {path.name for path in temporary.iterdir()}
    forget_stale_copies()
    assert before - {path.name for path in temporary.iterdir()} == {killed.parent.name, f"chatviewer-copy-{number}-unfinished"}
    assert own.path.exists()
    assert changed.read_text() == "changed"
    assert (tmp_path / "elsewhere" / "x.md").exists()


def test_an_editor_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "no-such-editor -w")
    with pytest.raises(UsageError, match="EDITOR is 'no-such-editor -w'"):
        chosen_editor()
    monkeypatch.setenv("EDITOR", "'")
    with pytest.raises(UsageError):
        chosen_editor()
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="set \\$EDITOR"):
        chosen_editor()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_copy_that_is_cut_off_by_leaving_leaves_nothing(secretive: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    stop = threading.Event()
    stop.set()
    with pytest.raises(RefusedError):
        write_copy(secretive, secretive.session_ids()[0], {}, stop)()
    assert list(temporary.iterdir()) == []


async def test_a_copy_that_no_editor_was_opened_for_is_deleted_when_the_viewer_is_left(
    open_viewer: OpenViewer, secretive: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setattr(MainScreen, "post_message", lambda self, message: isinstance(message, CopyWritten) or post(self, message))
    async with open_viewer(secretive) as pilot:
        await press(pilot, "e")
        assert len(list(temporary.iterdir())) == 1, "its message came too late"
    assert list(temporary.iterdir()) == []


async def test_a_copy_that_was_changed_is_the_users(
    open_viewer: OpenViewer, secretive: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")

    def change(_app: object, command: Sequence[str]) -> Lent:
        Path(command[-1]).write_text("mine")
        return Lent(0.1)

    monkeypatch.setattr(outgoing_actions, "lend_terminal", change)
    async with open_viewer(secretive) as pilot:
        await press(pilot, "e")
        assert "What you changed is in" in main_of(pilot).status.notice
    assert [path.read_text() for path in temporary.glob("*/*.md")] == ["mine"]


async def test_what_an_editor_with_a_window_of_its_own_saves_is_not_deleted(
    open_viewer: OpenViewer, secretive: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setattr(outgoing_actions, "lend_terminal", lambda *_given: Lent(0.1))
    async with open_viewer(secretive) as pilot:
        await press(pilot, "e")
        assert "unless you have changed it" in main_of(pilot).status.notice
        await press(pilot, "e")
        first, _second = temporary.glob("*/*.md")
        first.write_text("mine")
    assert [path.read_text() for path in temporary.glob("*/*.md")] == ["mine"]


async def test_where_the_terminal_cannot_be_lent_it_is_said(
    open_viewer: OpenViewer, secretive: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    async with open_viewer(secretive) as pilot:
        await press(pilot, "e")
        assert main_of(pilot).status.notice == "This terminal cannot be lent to another program."
        assert list(temporary.iterdir()) == []


def test_what_continuing_needs_is_looked_for(secretive: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    session = secretive.session_ids()[0]
    monkeypatch.setenv("PATH", str(program.parent))

    def found() -> ContinuationFound:
        result = find_continuation(secretive, session)()
        assert isinstance(result, ContinuationFound)
        return result

    assert "claude is not installed" in found().problem
    program.touch(mode=0o755)
    assert (found().problem, list(found().arguments), found().folder) == ("", ["claude", "--resume", "1a-2b"], str(tmp_path / "api"))
    assert found().command == f"cd {tmp_path / 'api'} && claude --resume 1a-2b"
    (tmp_path / "api").rmdir()
    assert "is not there any more" in found().problem


def test_a_folder_that_nobody_may_look_at_is_not_there(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another machine, or another user: what `Path.is_dir` raises for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    project = "/" + "x" * 300
    library.save([FileImport(file=make_file(), sessions=(make_session("1a-2b", ["hello"], project=project),))])
    found = find_continuation(library, library.session_ids()[0])()
    assert isinstance(found, ContinuationFound)
    assert "is not there any more" in found.problem


def test_in_a_folder_with_a_treacherous_name_nothing_is_run(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor somewhere else instead."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "claude").touch(mode=0o755)
    (tmp_path / "a\x1b[2Jb").mkdir()
    library.save([FileImport(file=make_file(), sessions=(make_session("1a-2b", ["hello"], project=str(tmp_path / "a\x1b[2Jb")),))])
    found = find_continuation(library, library.session_ids()[0])()
    assert isinstance(found, ContinuationFound)
    assert "the name of its folder" in found.problem


async def test_an_export_is_offered_where_the_working_directory_is_gone(open_viewer: OpenViewer, secretive: Library, at_home: Path) -> None:
    gone = at_home / "gone"
    gone.mkdir()
    async with open_viewer(secretive) as pilot:
        os.chdir(gone)
        gone.rmdir()
        await press(pilot, "x", *"markdown", "enter")
        prompt = pilot.app.screen
        assert isinstance(prompt, PromptModal)
        assert prompt.query_one(Input).value == str(at_home / "A-token.md")
        os.chdir(at_home)


async def test_continuing_shows_the_command(open_viewer: OpenViewer, secretive: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    async with open_viewer(secretive) as pilot:
        await press(pilot, "c")
        menu = pilot.app.screen
        assert isinstance(menu, MenuModal)
        assert "claude --resume 1a-2b" in str(menu.query_one("#explanation").render())
        await press(pilot, "enter")
        assert pilot.app.clipboard.endswith("claude --resume 1a-2b")
        await press(pilot, "c", *"pack", "enter")
        assert isinstance(pilot.app.screen, PromptModal)


async def test_details_name_the_files_that_were_changed(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        main.search_for('title:"flaky import"')
        await settle(pilot)
        main.focus_list()
        await press(pilot, "i")
        notice = pilot.app.screen
        assert isinstance(notice, NoticeModal)
        text = str(notice.query_one("#body Static").render())
        assert "tests/conftest.py · +" in text


def test_files_are_counted_by_what_calls_say_they_do() -> None:
    calls = [
        ("Read", {"file_path": "/p/read.py", "offset": 3, "limit": 2}),
        ("Edit", {"file_path": "/p/a.py", "old_string": "x", "new_string": "y\nz"}),
        ("Edit", {"file_path": "/p/a.py", "old_string": "q", "new_string": ""}),
        ("Write", {"file_path": "/p/b.py", "content": "one\ntwo\n"}),
        ("apply_patch", "*** Begin Patch\n*** Update File: c.py\n@@\n-x\n+y\n*** Delete File: d.py\n*** End Patch"),
        ("Bash", {"command": "ls /etc"}),
        ("Edit", "not what it should be"),
        ("Edit", None),
    ]
    assert touched_files(calls) == [
        TouchedFile("/p/a.py", 2, 2, 2),
        TouchedFile("/p/b.py", 1, 2, 0),
        TouchedFile("c.py", 1, 1, 1),
        TouchedFile("d.py", 1, 0, 0),
        TouchedFile("/p/read.py"),
    ]
