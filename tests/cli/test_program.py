"""The program as a whole: exit codes, sentences, pipes, and what it loads."""

import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chatviewer import __version__
from chatviewer.cli.parser import COMMANDS, overview
from chatviewer.domain import Session
from tests.cli.conftest import Run
from tests.cli.process import PROGRAM, ROOT, SLOW, loaded, program


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"chatviewer {__version__}\n", "")


def test_help_names_every_command(run: Run) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    assert outcome.out == overview()
    assert all(f"\n  {name} " in outcome.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run: Run, name: str) -> None:
    outcome = run(name, "--help")
    assert outcome.code == 0
    assert "--database" in outcome.out


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["--nonsense"],
        ["list", "--nonsense"],
        ["list", "--limit", "x"],
        ["show"],
        ["--database"],
        ["list", "--js"],
        ["bad\udcff\x1b"],
    ],
)
def test_usage_is_one_line_and_2(run: Run, words: list[str]) -> None:
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert "\x1b" not in outcome.err


def test_the_viewer_needs_a_terminal(run: Run) -> None:
    outcome = run()
    assert outcome.code == 2
    assert "terminal" in outcome.err


def test_the_database_may_be_named_before_or_after(run: Run, filled: list[Session], tmp_path: Path) -> None:
    other = str(tmp_path / "other.db")
    assert run("--database", other, "list", "--json").json["sessions"] == []
    assert run("list", "--json", "--database", f"sqlite:///{other}").json["sessions"] == []
    assert run(f"--database={other}", "list", "--json").json["sessions"] == []
    assert len(run("list", "--json").json["sessions"]) == 2
    assert run("--database", "postgres://x/y", "list").code == 2


def test_a_database_that_is_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are my notes" * 100)
    for words in (["list"], ["search", "x"], ["undo"]):
        outcome = run(*words, "--database", str(path))
        assert outcome.code == 3
        assert outcome.err.count("\n") == 1
    assert path.read_text() == "these are my notes" * 100


def test_a_newer_database_is_left_alone(run: Run, filled: list[Session], database_path: Path) -> None:
    connection = sqlite3.connect(database_path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = database_path.read_bytes()
    outcome = run("list")
    assert outcome.code == 3
    assert "newer" in outcome.err
    assert database_path.read_bytes() == before


def test_the_unforeseen_is_a_sentence_and_a_log(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def burst(*_: object) -> int:
        raise ValueError("a secret of the chat")

    monkeypatch.setattr("chatviewer.cli.run", burst)
    outcome = run("list")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "ValueError" in outcome.err
    log = tmp_path / "chatviewer" / "state" / "chatviewer.log"
    assert str(log) in outcome.err
    text = log.read_text(encoding="utf-8")
    assert "burst" in text
    assert "secret of the chat" not in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_somebody_without_a_home_is_told_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(path: Any) -> Any:
        return path

    monkeypatch.setattr("os.path.expanduser", unknown)  # as it is for a user whom the system does not know
    for name in ("HOME", "CHATVIEWER_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    outcome = run("list")
    assert outcome.code == 2
    assert "set HOME, or CHATVIEWER_HOME" in outcome.err
    assert run("--database", str(tmp_path / "own.db"), "import").code == 0
    assert run("--database", str(tmp_path / "own.db"), "doctor").code == 0
    monkeypatch.setattr("chatviewer.cli.run", lambda _: 1 // 0)
    assert "ZeroDivisionError" in run("list").err
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["list"], ["list", "--json"]])
def test_a_closed_stdout_is_no_error(filled: list[Session], words: list[str]) -> None:
    outcome = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *PROGRAM, *words], capture_output=True, timeout=60, cwd=ROOT, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, b"")


def test_ctrl_c_is_a_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("chatviewer.cli.run", stop)
    assert run("list") == (130, "", "chatviewer: Stopped.\n")


@pytest.mark.parametrize(
    "words",
    [["list"], ["export", "--format", "jsonl", "--query", "is:any"], ["--help"], ["list", "--help"], ["show", "x", "--branch", "all"]],
)
def test_a_reader_who_leaves(filled: list[Session], words: list[str]) -> None:
    """stdout is a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        words = [filled[0].uid if word == "x" else word for word in words]
        outcome = program(*words, stdout=writing, stderr=subprocess.PIPE, capture_output=False)
    finally:
        os.close(writing)
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_a_full_disk_is_a_sentence(filled: list[Session]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        outcome = program("list", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "No space left" in outcome.stderr


def test_utf8_whatever_the_locale(filled: list[Session]) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    outcome = program("show", filled[0].uid, env=environment)
    assert outcome.returncode == 0
    assert "▸ thinking" in outcome.stdout


@pytest.mark.parametrize("words", [["list"], ["search", "fixture"], ["list", "--json"], ["search", "fixture", "--json"]], ids=" ".join)
def test_quick_commands_load_little(filled: list[Session], words: list[str]) -> None:
    modules = loaded(*words)
    assert not modules & SLOW
    assert not [name for name in modules if name.startswith("chatviewer.tui")]


@pytest.mark.parametrize("words", [["list"], ["list", "project:api"], ["search", "fixture"], ["search", "fixture", "test"]], ids=" ".join)
def test_plain_lists_and_searches_load_no_large_module_at_all(filled: list[Session], words: list[str]) -> None:
    modules = loaded(*words)
    assert not modules & {"typing", "re", "enum", "contextlib", "threading", "argparse", "pathlib", "json"}
    assert not modules & {"chatviewer.storage.hinting", "chatviewer.storage.ranking", "chatviewer.exporters.document"}


@pytest.mark.parametrize("words", [["search", "fixture"], ["search", "fixture", "test"]], ids=" ".join)
def test_plain_words_need_no_fields_and_no_beginnings(filled: list[Session], words: list[str]) -> None:
    modules = loaded(*words)
    assert not modules & {"chatviewer.query.fields", "chatviewer.query.fielding", "chatviewer.storage.vocabulary", "heapq", "bisect"}
    assert not modules & {"chatviewer.storage.migrating", "chatviewer.domain.summary", "chatviewer.domain.message"}


def test_version_loads_next_to_nothing() -> None:
    modules = loaded("--version")
    assert not modules & {"argparse", "sqlite3", "pathlib", "re", "json", "typing"}


def test_only_the_command_that_runs_is_loaded(filled: list[Session]) -> None:
    commands = {f"chatviewer.cli.{entry.module}" for entry in COMMANDS.values()}
    assert loaded("list") & commands == {"chatviewer.cli.listing"}
