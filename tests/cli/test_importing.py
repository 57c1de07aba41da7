"""`chatviewer import` and `sources`: what is counted, what is reported, how it is stopped."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from chatviewer.cli.importing import _document, _say_summary
from chatviewer.domain import ImportReport, SaveCounts
from chatviewer.tui.importing import report_words
from tests.cli.conftest import Run
from tests.cli.process import PROGRAM, ROOT, SLOW, loaded


def record(number: int, session: int = 0, text: str = "hello") -> str:
    """A line of Claude Code."""
    return json.dumps(
        {
            "type": "user" if number % 2 == 0 else "assistant",
            "uuid": f"00000000-0000-4000-8000-{session:06d}{number:06d}",
            "parentUuid": f"00000000-0000-4000-8000-{session:06d}{number - 1:06d}" if number else None,
            "sessionId": f"10000000-0000-4000-8000-{session:012d}",
            "cwd": "/home/ada/api",
            "timestamp": f"2026-03-01T10:{number % 60:02d}:00.000Z",
            "message": {"role": "user" if number % 2 == 0 else "assistant", "content": f"{text} {number}"},
        }
    )


@pytest.fixture
def project(isolated_home: Path) -> Path:
    """Where Claude Code keeps its sessions."""
    folder = isolated_home / ".claude" / "projects" / "-home-ada-api"
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, session: int, *lines: str) -> Path:
    path = folder / f"10000000-0000-4000-8000-{session:012d}.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_counts_as_json(run: Run, project: Path) -> None:
    write(project, 0, record(0), record(1))
    write(project, 1, record(0, 1), record(1, 1))
    outcome = run("import", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    document = outcome.json
    assert set(document) == {"schema_version", "sessions", "messages", "tool_calls", "files", "skipped", "problems", "seconds"}
    assert document["sessions"] == {"new": 2, "updated": 0, "unchanged": 0}
    assert (document["messages"], document["tool_calls"], document["problems"]) == (4, 0, [])
    assert document["files"]["read"] == 2
    again = run("import", "--json").json
    assert again["sessions"]["new"] == 0
    assert (again["messages"], again["files"]["read"], again["files"]["unchanged"]) == (0, 0, 2)
    assert len(run("list", "--json").json["sessions"]) == 2


def test_a_bad_record_is_named_and_costs_itself(run: Run, project: Path) -> None:
    path = write(project, 0, record(0), "{broken", record(1))
    outcome = run("import", "--json")
    assert outcome.code == 1
    assert f"{path}:2: " in outcome.err
    problem = outcome.json["problems"][0]
    assert (problem["path"], problem["line"]) == (str(path), 2)
    assert problem["reason"]
    assert outcome.json["messages"] == 2
    again = run("import")
    assert (again.code, again.err) == (0, "")  # the file did not change: it is not told twice


@pytest.mark.parametrize(
    ("new", "subagents", "cli", "viewer"),
    [
        (16, 14, "Sessions: 2 new, 14 new sub-agents; ", "2 new sessions and 14 new sub-agents from 3 files"),
        (1, 1, "Sessions: 1 new sub-agent; ", "1 new sub-agent from 3 files"),
        (2, 0, "Sessions: 2 new; ", "2 new sessions from 3 files"),
    ],
)
def test_sub_agents_are_told_from_sessions(new: int, subagents: int, cli: str, viewer: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = ImportReport(SaveCounts(new=new, new_subagents=subagents), files_read=3)
    _say_summary(report)
    assert capsys.readouterr().out.startswith(cli)
    assert report_words(report) == viewer
    assert _document(report)["sessions"] == {"new": new, "updated": 0, "unchanged": 0}


def test_words_for_people(run: Run, project: Path) -> None:
    assert "No chats found" in run("import").out
    write(project, 0, record(0), record(1))
    assert run("import").out.startswith("Sessions: 1 new; 2 messages")
    assert "Nothing new" in run("import").out
    write(project, 0, record(0), record(1), record(2))
    assert "1 updated" in run("import").out


def test_a_file_that_is_no_chat(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "recipe.txt"
    path.write_text("flour, water, salt")
    outcome = run("import", str(path))
    assert outcome.code == 1
    assert f"{path}:1: not a chat file that chatviewer knows" in outcome.err


def test_hostile_file_names_stay_on_one_line(run: Run, project: Path) -> None:
    for name in (b"new\nline.jsonl", b"esc\x1b[2J.jsonl", b"bad\xff\xfe.jsonl"):
        with open(os.path.join(os.fsencode(project), name), "wb") as file:  # noqa: PTH118, PTH123
            file.write(b"{broken\n{}\n")
    outcome = run("import", "--json")
    assert outcome.code == 1
    assert len(outcome.err.splitlines()) == len(outcome.json["problems"]) >= 3
    assert not set(outcome.err) & set("\x1b\x9b\r")
    outcome.err.encode("utf-8")


def test_save_history_off_adds_nothing_and_says_so(run: Run, project: Path) -> None:
    write(project, 0, record(0), record(1))
    run("preferences", "set", "save_history", "off")
    outcome = run("import")
    assert "save_history" in outcome.out + outcome.err
    assert run("list", "--json").json["sessions"] == []


def test_one_source_only(run: Run, project: Path) -> None:
    write(project, 0, record(0), record(1))
    assert run("import", "--source", "codex", "--json").json["sessions"]["new"] == 0
    assert run("import", "--source", "claude-code", "--json").json["sessions"]["new"] == 1
    assert run("import", "--source", "nonsense").code == 2


def test_a_refresh_loads_little(project: Path) -> None:
    write(project, 0, record(0), record(1))
    for folder in (project, project.parent):  # a folder that changed this very moment is not trusted yet
        os.utime(folder, (1_700_000_000, 1_700_000_000))
    loaded("import")
    assert not loaded("import") & SLOW


def test_nobody_watching_sees_no_bar(run: Run, project: Path) -> None:
    write(project, 0, record(0), record(1))
    assert run("import").err == ""


def test_ctrl_c_leaves_a_sound_database(run: Run, project: Path, database_path: Path) -> None:
    for session in range(400):
        write(project, session, *(record(number, session) for number in range(50)))
    child = subprocess.Popen([*PROGRAM, "import"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    begun, end = database_path.with_name(f"{database_path.name}.importing"), time.monotonic() + 30
    while not begun.exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode in (0, 130)
    assert "Traceback" not in out + err
    assert run("doctor").code == 0
    assert run("import").code == 0
    assert len(run("list", "--json").json["sessions"]) == 400


def test_sources_name_what_is_known(run: Run, project: Path, database_path: Path) -> None:
    write(project, 0, record(0), record(1))
    sources = {each["source"]: each for each in run("sources", "--json").json["sources"]}
    assert {"claude-code", "codex", "chatgpt", "claude-ai"} <= set(sources)
    assert set(sources["codex"]) == {
        "source",
        "label",
        "places",
        "found",
        "file_count",
        "byte_count",
        "expires",
        "expiring_count",
        "unsaved_count",
        "imported",
    }
    assert sources["claude-code"]["file_count"] == 1
    assert sources["codex"]["found"] == []
    outcome = run("sources")
    assert (outcome.code, outcome.err) == (0, "")
    assert "1 file" in outcome.out
    assert not database_path.exists()


def test_sources_say_what_was_imported_from_elsewhere(run: Run, project: Path, tmp_path: Path) -> None:
    export = tmp_path / "export" / "conversations.json"
    shutil.copytree(ROOT / "tests" / "samples" / "chatgpt", export.parent)
    gone = write(project, 0, record(0), record(1))
    write(project, 1, record(0, 1), record(1, 1))
    assert run("import").code == 0
    assert run("import", str(export)).code == 0
    gone.unlink()
    run("import")
    sources = {each["source"]: each for each in run("sources", "--json").json["sources"]}
    [place] = sources["chatgpt"]["imported"]
    assert (place["path"], place["file_count"], place["is_gone"]) == (str(export), 1, False)
    assert place["imported_at"].endswith("Z")
    assert [(each["path"], each["is_gone"]) for each in sources["claude-code"]["imported"]] == [(str(gone), True)]
    assert (sources["codex"]["imported"], sources["claude-ai"]["imported"]) == ([], [])
    told = run("sources").out
    assert f"{export} (imported 20" in told
    assert "gone there, kept here)" in told
    assert told.count("an export that you bring") == 1
