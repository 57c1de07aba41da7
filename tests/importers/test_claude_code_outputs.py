"""Long outputs that Claude Code has put into files of their own: read with their record, and kept when they are gone."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.domain import ImportReport, Session
from chatviewer.domain.preview import has_more, preview
from chatviewer.importers import claude_code_outputs
from chatviewer.importers.base import Reading
from chatviewer.importers.claude_code import ClaudeCodeImporter
from chatviewer.ingest.repairing import repair
from chatviewer.storage.library import Library
from tests.drills.machine import damages
from tests.importers.test_claude_code import SID, call, env, lines, piecewise, reply, result, text, user

GONE, UNREADABLE, LARGE = claude_code_outputs.GONE, claude_code_outputs.UNREADABLE, claude_code_outputs.LARGE
OUTPUT = "".join(f"line {number} of fernweh\n" for number in range(4000)) + "the very end\n"
AGENT = "a1b2"


def shown(path: str, output: str = OUTPUT) -> str:
    """What Claude Code leaves in the record."""
    begins = output.lstrip("\n")[:2000].rpartition("\n")[0]
    head = f"<persisted-output>\nOutput too large (80KB). Full output saved to: {path}\n\nPreview (first 2KB):\n"
    return f"{head}{begins}\n...\n</persisted-output>"


def records(given: str, **fields: Any) -> list[dict[str, Any]]:
    return [user("u", None, "Go", **fields), reply("r", "u", "m", call("c"), **fields), result("s", "r", "c", given, **fields)]


@pytest.fixture
def project(isolated_home: Path) -> Path:
    folder = isolated_home / ".claude" / "projects" / "-w"
    folder.mkdir(parents=True)
    return folder


def put(project: Path, output: str | bytes = OUTPUT, name: str = "b1.txt", session: str = SID) -> Path:
    path = project / session / "tool-results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(output if isinstance(output, bytes) else output.encode())
    return path


def write(project: Path, *more: dict[str, Any], given: str = "", name: str = f"{SID}.jsonl", **fields: Any) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines([*records(given or shown("/h/.claude/tool-results/b1.txt"), **fields), *more]))
    return path


def read(path: Path) -> tuple[Session, Reading]:
    reading = Reading(path)
    (session,) = ClaudeCodeImporter().read(reading)
    assert reading.problems == []
    return session, reading


def result_of(path: Path) -> str | None:
    session, reading = read(path)
    assert not reading.skipped
    return session.messages[1].tool_calls[0].result


def stored(library: Library) -> list[str | None]:
    return [row[0] for row in library.database.connection().execute("SELECT output_result FROM tool_call ORDER BY id")]


def imported(library: Library) -> ImportReport:
    report = ingest.run(library)
    assert report.problems == ()
    return report


# -- what becomes of one


def test_the_whole_output_is_the_result(project: Path) -> None:
    put(project)
    assert result_of(write(project)) == OUTPUT
    assert result_of(write(project, given=shown(r"C:\Users\mira\.claude\tool-results\b1.txt"))) == OUTPUT


def test_empty_lines_at_its_beginning_are_not_shown(project: Path) -> None:
    put(project, f"\n \n{OUTPUT}")
    assert result_of(write(project, given=shown("/h/b1.txt"))) == f"\n \n{OUTPUT}"


def test_what_only_the_record_says_stays(project: Path) -> None:
    put(project)
    given = f"{shown('/h/b1.txt')}\n<error>Command was aborted</error>"
    assert result_of(write(project, given=given)) == f"{OUTPUT}\n<error>Command was aborted</error>"
    beside = {"stdout": OUTPUT[:9000], "stderr": "and a warning"}
    assert result_of(write(project, toolUseResult=beside)) == f"{OUTPUT}\nand a warning"
    beside["stderr"] = "the very end"
    assert result_of(write(project, toolUseResult=beside)) == OUTPUT, "it says that itself"


def test_a_file_that_was_cut_takes_nothing_from_what_the_record_says(project: Path) -> None:
    put(project, OUTPUT[:9000])
    made = result_of(write(project, toolUseResult={"stdout": OUTPUT})) or ""
    assert (made[:18], made[-13:]) == ("<persisted-output>", "the very end\n")
    assert result_of(write(project, toolUseResult={"stdout": OUTPUT[:8000]})) == OUTPUT[:9000]


def test_a_file_that_begins_in_another_way_is_kept_beside_what_is_shown(project: Path) -> None:
    put(project, "[colours]\n" + OUTPUT)
    given = shown("/h/b1.txt")
    assert result_of(write(project, given=given)) == f"{given}\n[colours]\n{OUTPUT}"


@pytest.mark.parametrize("unheld", [0, claude_code_outputs._UNHELD])
@pytest.mark.parametrize("ending", ["\U0001f389", "ü", "\x00 \x1b[31m"])
def test_any_characters(project: Path, ending: str, unheld: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_code_outputs, "_UNHELD", unheld)
    output = OUTPUT + ending
    put(project, output)
    with Library.open(project / "x.db") as library:
        ingest.run(library, [write(project)])
        assert stored(library) == [output]
        assert damages(library) == []


def test_a_preview_that_ends_within_a_character_and_bytes_that_are_no_text(project: Path) -> None:
    put(project, OUTPUT.encode()[:2000] + "\U0001f389".encode() + b"\xff\xfe\x80 rest")
    given = shown("/h/b1.txt").replace("\n...\n</", "\ufffd\n...\n</")
    given = given.replace(OUTPUT[:2000].rpartition("\n")[0], OUTPUT[:2000])
    assert result_of(write(project, given=given)) == f"{OUTPUT[:2000]}\U0001f389\ufffd\ufffd\ufffd rest"


def test_results_as_blocks_and_web_exports(project: Path) -> None:
    put(project)
    path = write(project)
    path.write_bytes(lines([*records("")[:2], result("s", "r", "c", [text(shown("/h/b1.txt"))])]))
    assert result_of(path) == OUTPUT
    web = project / f"{SID}.json"
    web.write_bytes(b'{"loglines": [' + b",".join(lines(records(shown("/h/b1.txt"))).splitlines()) + b"]}")
    assert result_of(web) == shown("/h/b1.txt")


# -- whose folder


@pytest.mark.parametrize("below", ["subagents", "subagents/workflows/wf_1"])
def test_that_of_a_sub_agent_is_its_session_s(project: Path, below: str) -> None:
    name = f"{SID}/{below}/agent-{AGENT}.jsonl"
    path = write(project, name=name, isSidechain=True, agentId=AGENT, sessionId="another")
    put(project, session="another")
    _, reading = read(path)
    assert reading.skipped == {GONE: 1}, "the folder that it lies in says whose it is"
    put(project)
    assert result_of(path) == OUTPUT


def test_that_of_a_sub_agent_beside_its_session(project: Path) -> None:
    put(project)
    assert result_of(write(project, name=f"agent-{AGENT}.jsonl", isSidechain=True, agentId=AGENT)) == OUTPUT


def test_a_home_with_a_folder_of_that_name_above(project: Path) -> None:
    other = project / "subagents" / "-w"
    put(other)
    assert result_of(write(other)) == OUTPUT


def test_a_transcript_of_another_name(project: Path) -> None:
    put(project)
    assert result_of(write(project, name="kept.jsonl")) == OUTPUT


def test_a_folder_that_was_moved(project: Path, tmp_path: Path) -> None:
    put(project)
    write(project, given=shown(str(put(project))))
    shutil.move(project, tmp_path / "other")
    put(project, "not that one")
    assert result_of(tmp_path / "other" / f"{SID}.jsonl") == OUTPUT


# -- what is not there, or not a file


def without(project: Path, kind: str, given: str = "") -> None:
    """The preview stays, and what stands beside it."""
    given = given or shown("/h/tool-results/b1.txt")
    session, reading = read(write(project, user("v", "s", "more"), result("t", "v", "c", given), given=given))
    assert session.messages[1].tool_calls[0].result == given
    assert reading.skipped == {kind: 1, "repeated result": 1}, "counted once"


def test_a_file_that_is_gone(project: Path) -> None:
    without(project, GONE)
    put(project, name="other.txt")
    without(project, GONE)
    put(project, b"")
    without(project, GONE)
    put(project, bytes(5000))
    without(project, GONE)
    path = write(project, toolUseResult={"stdout": OUTPUT})
    session, _ = read(path)
    assert (session.messages[1].tool_calls[0].result or "").endswith("the very end\n")


@pytest.mark.parametrize("name", ["..", ".", "", "/", "\x00", "a\x00b", "x" * 300, "..\\..", "b1.txt/", "\ufffd\n"])
def test_names_that_are_none(project: Path, name: str) -> None:
    put(project)
    given = shown(f"/h/tool-results/{name}")
    session, reading = read(write(project, given=given))
    assert session.messages[1].tool_calls[0].result == given
    assert reading.skipped.total() == 1


@pytest.mark.parametrize("sid", ["..", ".", "", "../-w", "/etc", "a\x00", 5, None, ["x"]])
def test_ids_of_sessions_that_are_no_names(project: Path, sid: Any) -> None:
    put(project, session="..")  # of the folder with all projects
    session, reading = read(write(project, name=f"agent-{AGENT}.jsonl", isSidechain=True, agentId=AGENT, sessionId=sid))
    assert session.messages[1].tool_calls[0].result == shown("/h/.claude/tool-results/b1.txt")
    assert reading.skipped.total() == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret.txt", "../secret.txt", "/h/../secret.txt"])
def test_a_path_is_never_opened_as_it_stands(project: Path, path: str) -> None:
    put(project)
    for folder in (project, project / SID, project.parent):
        (folder / "secret.txt").write_text(OUTPUT)
    without(project, GONE, shown(path))


def linked(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to("real")


def folder_linked(path: Path) -> None:
    path.parent.rename(path.parents[2] / "elsewhere")
    path.parent.symlink_to(path.parents[2] / "elsewhere")


def session_linked(path: Path) -> None:
    path.parents[1].rename(path.parents[2] / "elsewhere")
    path.parents[1].symlink_to("elsewhere")


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_socket(path: Path) -> None:
    path.unlink()
    os.chdir(path.parent)  # their paths are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


@pytest.mark.parametrize("change", [linked, folder_linked, session_linked, fifo, folder, a_socket])
def test_what_is_no_file(project: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    change(put(project))
    without(project, UNREADABLE)


def test_a_file_that_nobody_may_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project)

    def refused(path: object, folder: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(claude_code_outputs, "open_source", refused)
    without(project, UNREADABLE)


def test_large_files(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(project)
    os.truncate(path, 1 << 30)  # of holes
    without(project, LARGE)
    put(project)
    monkeypatch.setattr(claude_code_outputs, "MAX_TOGETHER", len(OUTPUT) * 3 // 2)
    more = [reply("r2", "s", "m2", call("c2")), result("s2", "r2", "c2", shown("/h/b2.txt"))]
    put(project, name="b2.txt")
    session, reading = read(write(project, *more))
    assert [each.tool_calls[0].result for each in session.messages[1:]] == [OUTPUT, shown("/h/b2.txt")]
    assert reading.skipped == {LARGE: 1}


def test_a_preview_that_says_nothing_of_a_file(project: Path) -> None:
    put(project)
    for given in ("<persisted-output>", "<persisted-output>\nPreview (first ", "<persisted-output>\n\nPreview (first 2KB):\nx"):
        session, reading = read(write(project, given=given))
        assert (session.messages[1].tool_calls[0].result, reading.skipped) == (given, {})


# -- what is stored


def test_it_is_found_by_what_only_the_file_says(library: Library, project: Path) -> None:
    from chatviewer.query import parse

    put(project)
    write(project)
    imported(library)
    assert len(library.session_ids(parse('in:tools "very end"'))) == 1


def test_a_refresh_looks_at_no_file_again(library: Library, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project)
    write(project)
    imported(library)
    put(project, name="b2.txt")  # a folder that changed is searched again

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(claude_code_outputs.Outputs, "_read", never)
    assert imported(library).files_read == 0
    assert stored(library) == [OUTPUT]


def test_a_result_that_comes_later(library: Library, project: Path) -> None:
    path = write(project)
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    imported(library)
    assert stored(library) == [None]
    put(project)
    path.write_bytes(whole)
    imported(library)
    assert stored(library) == [OUTPUT]
    path.write_bytes(whole + lines([reply("r2", "s", "m2", text("done"))]))
    assert imported(library).counts.messages == 1
    assert stored(library) == [OUTPUT]


def test_piece_by_piece_it_is_the_same(project: Path) -> None:
    put(project)
    more = [reply("r2", "s", "m2", call("c2"), call("c3")), result("s2", "r2", "c2", shown("/h/b1.txt")), result("s3", "s2", "c3", "short")]
    path = write(project, *more, result("s4", "s3", "c3", shown("/h/none.txt")), reply("r3", "s4", "m3", text("done")))
    data = path.read_bytes()
    in_one, _ = piecewise(data, [], path)
    (messages,) = in_one.messages.values()
    assert [each.result for message in messages.values() for each in message.tool_calls] == [OUTPUT, OUTPUT, "short"]
    assert in_one.skipped == {GONE: 1}
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10]
    for cuts in [*([end] for end in ends), ends]:
        shelf, _ = piecewise(data, cuts, path)
        assert (shelf.contents(), shelf.skipped) == (in_one.contents(), in_one.skipped), cuts


BESIDES: list[dict[str, Any]] = [{}, {"toolUseResult": {"stdout": OUTPUT[:9000], "stderr": ""}}, {"toolUseResult": {"stdout": OUTPUT}}]


@pytest.mark.parametrize("fields", BESIDES)
@pytest.mark.parametrize(
    "output", [OUTPUT, "\n" + OUTPUT, "other\n" + OUTPUT, OUTPUT + "\U0001f389"], ids=["plain", "empty line", "another", "emoji"]
)
def test_what_was_stored_stays_when_the_file_is_gone(
    library: Library, project: Path, output: str, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_code_outputs, "_UNHELD", 0)  # so that the one with an emoji stays in UTF-8
    spilled = put(project, output)
    path = write(project, **fields)
    imported(library)
    before = stored(library)
    assert len(before) == 1
    assert (before[0] or "").endswith(output)
    spilled.unlink()
    with path.open("ab") as file:
        file.write(lines([reply("r2", "s", "m2", text("done"))]))
    assert imported(library).counts.messages == 1
    rewritten = user("u", None, "Go on"), *records(shown("/h/.claude/tool-results/b1.txt"), **fields)[1:]
    path.write_bytes(lines([*rewritten, reply("r2", "s", "m2", text("done")), user("v", "r2", "thanks")]))
    assert imported(library).counts.messages == 1
    assert stored(library) == before
    assert damages(library) == []


@pytest.mark.parametrize("fields", BESIDES)
def test_what_can_be_read_later_takes_the_place_of_its_beginning(library: Library, project: Path, fields: dict[str, Any]) -> None:
    path = write(project, **fields)
    imported(library)
    put(project, OUTPUT * 2)
    path.write_bytes(b" \n" + path.read_bytes())
    assert imported(library).counts.updated == 1
    assert stored(library) == [OUTPUT * 2]
    assert damages(library) == []


@pytest.mark.parametrize("first", ["original", "copy"])
def test_a_resumed_copy_in_a_session_without_the_file(library: Library, project: Path, first: str) -> None:
    other = SID.replace("1", "2")
    put(project)
    files = {
        "original": write(project, env("user", "x", "s", message={"role": "user", "content": "only here"})),
        "copy": write(project, user("y", "s", "only there", sessionId=other), name=f"{other}.jsonl", sessionId=other),
    }
    for at, name in enumerate(sorted(files, key=lambda name: name != first)):
        os.utime(files[name], (1_700_000_000 + at * 100, 1_700_000_000 + at * 100))
    imported(library)
    assert stored(library) == [OUTPUT]


def test_a_repair_keeps_what_is_gone(project: Path, database_path: Path) -> None:
    spilled = put(project)
    write(project)
    with Library.open(database_path) as library:
        imported(library)
    spilled.unlink()
    repair(database_path)
    with Library.open(database_path) as library:
        assert stored(library) == [OUTPUT]
        assert damages(library) == []
        assert library.counts().messages == 2


def test_a_repair_takes_what_was_not_there(project: Path, database_path: Path) -> None:
    write(project)
    with Library.open(database_path) as library:
        imported(library)
    put(project)
    repair(database_path)
    with Library.open(database_path) as library:
        assert stored(library) == [OUTPUT]
        assert library.counts().messages == 2


def test_such_a_file_is_no_chat(library: Library, project: Path) -> None:
    spilled = put(project)
    put(project, lines(records("x")), name="b2.txt")  # not even by what it holds
    (problem,) = ingest.run(library, [spilled]).problems
    assert problem.reason == "not a chat file that chatviewer knows"
    shutil.copytree(project, project.parent / "copy")
    report = ingest.run(library, [project.parent / "copy"])
    assert (report.files_read, report.problems, library.is_empty) == (0, (), True)
    assert imported(library).files_read == 0


# -- two texts of one result


def test_previews_and_outputs() -> None:
    given, whole = shown("/h/b1.txt").encode(), OUTPUT.encode()
    made = preview(given)
    assert made is not None
    assert has_more(whole, given) is True
    assert has_more(given, whole) is False
    rest = whole.removeprefix(made.shown)
    assert has_more(whole, given + rest) is True, "what stands behind is in it"
    assert has_more(given + rest, whole) is False
    assert has_more(given + b"\n" + whole * 2, whole) is True
    assert has_more(whole, given + b"\n" + whole * 2) is False
    assert has_more(given + b"\nlonger", given + b"\nother") is True
    assert has_more(given, shown("/h/b2.txt").encode()) is None
    assert has_more(b"other", given) is None
    assert has_more(given, b"other") is None
    assert has_more(b"one", b"other") is None
    assert has_more(whole[:500], given) is None
    assert (made.path, made.frame, made.behind) == ("/h/b1.txt", given, b"")
    assert OUTPUT.encode().startswith(made.shown)
