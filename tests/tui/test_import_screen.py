"""The Import screen: what an import brought, and the way to what could not be read."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from chatviewer import ingest
from chatviewer.domain import ImportProgress, ImportReport, Problem, SaveCounts, SourceStatus
from chatviewer.domain.importing import ImportedPlace
from chatviewer.ingest.watching import Watch
from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.editing import editor_command, is_gone
from chatviewer.tui.formatting import wrapped
from chatviewer.tui.import_messages import ImportFinished
from chatviewer.tui.import_report import problem_line, report_text, sources_text
from chatviewer.tui.importing import ImportState, left_words, progress_facts, report_words
from chatviewer.tui.lending import Lent, run_program
from chatviewer.tui.modals.notice import NoticeModal
from chatviewer.tui.screens.importing import ImportScreen
from chatviewer.tui.welcome import import_text, welcome_text
from chatviewer.tui.widgets.status_line import StatusLine
from tests.drills.machine import session_id, transcript, write
from tests.tui.conftest import NOW
from tests.tui.test_main_screen import press
from tests.tui.test_terminal import Terminal
from tests.tui.test_watching import until

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


@pytest.fixture
def broken(isolated_home: Path, library: Library) -> Path:
    """An import of two sessions, of which one file has two broken lines."""
    for number in range(2):
        write(transcript(isolated_home, number), session_id(number), 0, 4)
    path = transcript(isolated_home, 1)
    with path.open("ab") as file:
        file.write(b'{"type": "user", "text": "\x1b]0;owned\x07"\nno record\n')
    ingest.run(library)
    return path


def shown(pilot: Pilot[int], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


async def test_a_problem_can_be_looked_at(broken: Path, library: Library, open_viewer: OpenViewer) -> None:
    async with open_viewer(library) as pilot:
        await press(pilot, "I")
        screen = pilot.app.screen
        assert isinstance(screen, ImportScreen)
        await until(pilot, lambda: screen.query_one(OptionList).option_count == 2)
        assert "2 problems" in shown(pilot, "#heading")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, NoticeModal))
        text = shown(pilot, "#body Static")
        assert '"text": "␛]0;owned␇"' in text
        assert "\x1b" not in text
        assert f"{broken.name}:" in text.replace("\n", "")
        await press(pilot, "escape", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, NoticeModal))
        assert "no record" in shown(pilot, "#body Static")


async def test_of_a_file_that_is_gone_that_is_said(broken: Path, library: Library, open_viewer: OpenViewer) -> None:
    async with open_viewer(library) as pilot:
        await press(pilot, "I")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 2)
        broken.unlink()
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, NoticeModal))
        assert "cannot be read any more" in shown(pilot, "#body Static")
        await press(pilot, "escape", "e")
        assert pilot.app.screen.query_one(StatusLine).notice == "The file is not there any more."


def test_only_what_is_not_there_is_gone(broken: Path) -> None:
    """Where nobody may look, or can, the editor says so: the look at it is no error of the viewer."""
    assert [is_gone(str(path)) for path in (broken, broken / "below", broken.with_name("other"))] == [False, True, True]
    assert not is_gone(str(broken.with_name("n" * 300)))


async def test_the_place_is_copied(broken: Path, library: Library, open_viewer: OpenViewer) -> None:
    async with open_viewer(library) as pilot:
        await press(pilot, "I")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 2)
        await press(pilot, "j", "y")
        problem = library.problems()[1]
        assert pilot.app.clipboard == f"{broken}:{problem.line}"


async def test_beside_what_has_just_happened_the_way_back_is_named_in_80_columns(
    broken: Path, library: Library, open_viewer: OpenViewer
) -> None:
    async with open_viewer(library, size=(80, 24)) as pilot:
        await press(pilot, "I")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 2)
        status = pilot.app.screen.query_one(StatusLine)
        for words in ("Copied file and line", "R reads the file again"):
            status.tell(words)
            line = str(status.render())
            assert all(each in line for each in ("Enter show", "e editor", "Esc back", "? help", words)), line


async def test_without_an_editor_the_way_out_is_named(
    broken: Path, library: Library, open_viewer: OpenViewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatviewer.tui.editing.shutil.which", lambda command: None)
    async with open_viewer(library) as pilot:
        await press(pilot, "I")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 2)
        await press(pilot, "e")
        assert "set $EDITOR" in str(pilot.app.screen.query_one("#status").render())


def test_the_editor_opens_the_file_at_the_line(
    broken: Path, library: Library, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    editor = tmp_path / "vim"
    editor.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\necho the editor is open\nread answer\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", f"{editor} -n")
    monkeypatch.delenv("VISUAL", raising=False)
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    terminal = Terminal(database_path)
    try:
        terminal.wait_for("2 sessions")
        terminal.press("I")
        terminal.wait_for("2 problems")
        terminal.press("e")
        terminal.wait_until(told.exists)
        terminal.wait_for("the editor is open")
        terminal.press("x\n")
        terminal.wait_for("R reads the file again")
        problem = library.problems()[0]
        assert told.read_text().split("\n")[:3] == ["-n", f"+{problem.line}", str(broken)]
        terminal.press("q")
        terminal.wait_for("2 sessions")
        terminal.press("q")
        assert terminal.end() == 0
    finally:
        terminal.process.kill()


@pytest.mark.parametrize(
    ("editor", "command"),
    [
        ("vim", ["vim", "+7", "/x/-a.jsonl"]),
        ("sensible-editor", ["sensible-editor", "+7", "/x/-a.jsonl"]),
        ("/usr/bin/nano -l", ["/usr/bin/nano", "-l", "+7", "/x/-a.jsonl"]),
        ("emacsclient -t", ["emacsclient", "-t", "+7", "/x/-a.jsonl"]),
        ("hx", ["hx", "/x/-a.jsonl:7"]),
        ("code --wait", ["code", "--wait", "--goto", "/x/-a.jsonl:7"]),
        ("ed-of-mine", ["ed-of-mine", "/x/-a.jsonl"]),
        ("'my editor' -x", ["my editor", "-x", "/x/-a.jsonl"]),
    ],
)
def test_editors_and_their_lines(editor: str, command: list[str]) -> None:
    assert editor_command(shlex.split(editor), "/x/-a.jsonl", 7) == command


async def test_without_a_named_editor_one_that_is_there_opens_the_file(
    broken: Path, library: Library, open_viewer: OpenViewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatviewer.tui.editing.shutil.which", lambda command: f"/bin/{command}" if command == "nano" else None)
    begun: list[Sequence[str]] = []

    def lend(_viewer: object, command: Sequence[str]) -> Lent:
        begun.append(command)
        return Lent(3.0)

    monkeypatch.setattr("chatviewer.tui.screens.importing.lend_terminal", lend)
    async with open_viewer(library) as pilot:
        await press(pilot, "I")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 2)
        await press(pilot, "e")
        await until(pilot, lambda: bool(begun))
    assert begun == [["nano", f"+{library.problems()[0].line}", str(broken)]]


def test_an_editor_that_fails_is_told() -> None:
    assert "cannot be started" in run_program(["/nowhere/editor"])
    assert "code 3" in run_program([sys.executable, "-c", "raise SystemExit(3)"])
    assert run_program([sys.executable, "-c", ""]) == ""


def test_what_an_import_brought() -> None:
    skipped = {"empty file": 3, "esc\x1b[2J": 1, **{f"kind {number}": 1 for number in range(9)}}
    report = ImportReport(
        SaveCounts(new=5, new_subagents=2, updated=1, unchanged=4, messages=1200, tool_calls=1), 9, 1000, 15, skipped, (), 75.0
    )
    text = report_text(report).plain
    assert "took 1 min 15 s" in text
    assert "3 new · 2 new sub-agents · 1 updated · 4 unchanged" in text
    assert "1,200 new · 1 tool call" in text
    assert "9 read · 1,000 unchanged · 15 left out" in text
    assert "3 empty file" in text
    assert "of other kinds" in text
    assert "\x1b" not in text
    assert report_text(None).plain == ""


def test_rate_and_time_left() -> None:
    progress = ImportProgress(10, 40, 20_000_000, 80_000_000, 9, "/x")
    state = ImportState(is_running=True, progress=progress, seconds=4.0)
    assert progress_facts(state) == ["20 MB of 80 MB", "5.0 MB/s", "12 s left"]
    assert "12 s left" in import_text(state).plain
    assert "25%" in import_text(state).plain
    assert progress_facts(state._replace(seconds=0.2)) == ["20 MB of 80 MB"]
    assert (left_words(0.1), left_words(89), left_words(200)) == ("1 s left", "89 s left", "3 min left")
    read = state._replace(progress=progress._replace(files_done=40, bytes_done=80_000_000))
    assert read.words().startswith("Sorting in what was read · 40 of 40 files")
    assert progress_facts(read) == ["80 MB of 80 MB", "20 MB/s"]
    assert "Looking" in import_text(ImportState(is_running=True)).plain


@pytest.mark.parametrize("width", [20, 60, 100])
def test_a_hostile_problem_stays_in_its_two_lines(width: int) -> None:
    problem = Problem("/x/\x1b[2J/" + "long/" * 40 + "a\nb.jsonl", 12, "reason\nwith \x1b[31m escapes " * 9)
    lines = problem_line(problem, width).plain.split("\n")
    assert len(lines) == 2
    assert "\x1b" not in "".join(lines)
    assert lines[1].endswith(":12")
    assert len(lines[0]) <= width


async def test_problems_that_watching_finds_are_shown(broken: Path, library: Library, open_viewer: OpenViewer) -> None:
    async with open_viewer(library) as pilot:
        await press(pilot, "I")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.query_one(OptionList).option_count == 2)
        with broken.open("ab") as file:
            file.write(b"no record either\n")
        assert isinstance(pilot.app, ChatviewerApp)
        watch = Watch(library)
        report = watch.look()
        assert report is not None
        pilot.app.post_message(ImportFinished(report, is_quiet=True))
        await until(pilot, lambda: screen.query_one(OptionList).option_count == 3)


def test_a_signal_that_comes_while_a_program_is_started_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Signalled(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            signal.raise_signal(signal.SIGTERM)
            super().__init__(*given, **named)

    monkeypatch.setattr(subprocess, "Popen", Signalled)
    assert f"code {-signal.SIGTERM}." in run_program([sys.executable, "-c", "import time; time.sleep(60)"])


@pytest.mark.parametrize("width", [28, 60, 100])
def test_an_export_that_was_imported_is_not_among_what_was_not_found(width: int) -> None:
    def source(name: str, label: str, place: str = "", **fields: Any) -> SourceStatus:
        places = (Path(place),) if place else ()
        return SourceStatus(
            name, label, places, places if fields.get("file_count") else (), **({"file_count": 0, "byte_count": 0} | fields)
        )

    export = ImportedPlace("/home/dev/Downloads/chatgpt.zip", 1, NOW - timedelta(days=3))
    backup = ImportedPlace("/mnt/backup\x1b[2J", 900, NOW - timedelta(days=40), is_gone=True)
    statuses = [
        source("codex", "Codex CLI", "/home/dev/.codex"),
        source("chatgpt", "ChatGPT", imported=(export,)),
        source("claude-code", "Claude Code", "/home/dev/.claude", file_count=2, byte_count=10, imported=(backup,)),
        source("claude-ai", "Claude.ai"),
    ]
    text = sources_text(statuses, width, NOW).plain
    known, _, rest = text.partition("Not found here")
    assert "ChatGPT" in known
    assert "chatgpt.zip · 3 d ago" in known
    assert "also imported: " in known
    assert "900 files · 5 w ago · gone there, kept here" in known
    assert [label for label in ("Codex CLI", "Claude.ai", "ChatGPT") if label in rest] == ["Codex CLI", "Claude.ai"]
    assert rest.index("Read from an export that you bring") < rest.index("Claude.ai")
    assert "\x1b" not in text


async def test_while_a_first_import_runs_the_key_that_began_it_is_not_named(open_viewer: OpenViewer, library: Library) -> None:
    async with open_viewer(library) as pilot:
        app = pilot.app
        assert isinstance(app, ChatviewerApp)
        assert app.main.status.hints[0] == ("Enter", "look for chats")
        app.import_state = ImportState(is_running=True)
        await pilot.pause()
        assert [key for key, _ in app.main.status.hints] == ["I", "q", "?"]
        app.import_state = ImportState(failure="It was stopped.")
        await pilot.pause()
        assert app.main.status.hints[0] == ("Enter", "look for chats")


def test_a_refresh_of_many_files_says_nothing_untrue_before_the_first_are_stored() -> None:
    state = ImportState(is_running=True, progress=ImportProgress(88, 213, 20_000_000, 80_000_000, 0, "/x"), seconds=2)
    assert state.words() == "Importing 25% · 88 of 213 files · 6 s left"
    assert "88 of 213 files" in import_text(state).plain
    assert "session" not in import_text(state).plain
    assert "sorting" not in import_text(state).plain
    read = state._replace(progress=ImportProgress(213, 213, 80_000_000, 80_000_000, 200, "/x"))
    assert "213 of 213 files · 200 sessions so far · sorting in what was read" in import_text(read).plain
    stored = state._replace(progress=ImportProgress(200, 213, 60_000_000, 80_000_000, 1, "/x"))
    assert "200 of 213 files · 1 session · " in stored.words()
    assert "1 session so far" in import_text(stored).plain


@pytest.mark.parametrize("width", range(24, 90))
def test_a_number_stands_beside_its_unit_however_narrow_the_window_is(width: int) -> None:
    report = ImportReport(SaveCounts(new=1_234, updated=56, new_subagents=78), files_read=1_300, problems=(Problem("/x", 1, "bad"),) * 12)
    lines = wrapped(report_words(report, way_to_problems=""), width).split("\n")
    assert " ".join(lines) == report_words(report, way_to_problems="")
    assert not [line for line in lines if len(line) > width or line[-1].isdigit()]


def test_a_low_window_shows_the_key_that_imports() -> None:
    source = SourceStatus(source="codex", label="Codex CLI", places=(), found_places=(), file_count=7, byte_count=1)
    assert welcome_text([source], is_low=True).plain.split("\n")[1:3] == ["7 chat files found.", "  Enter  or R brings them all in"]
    assert "Codex CLI" in welcome_text([source]).plain
