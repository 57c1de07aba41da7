"""Commands that read: their JSON field by field, their text, and what they say to a pipe."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatviewer.cli.listing import local_time
from chatviewer.domain import Session
from chatviewer.storage.library import Library
from tests.cli.conftest import ESCAPES, Run
from tests.factories import fill, make_message, make_session

READING = (
    ["list"],
    ["search", "word"],
    ["export", "--format", "jsonl"],
    ["export", "--format", "md"],
    ["stats"],
    ["preferences", "list"],
    ["preferences", "get", "theme"],
    ["doctor"],
    ["undo"],
    ["redo"],
)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_without_a_database_the_answer_is_empty_and_nothing_is_made(run: Run, database_path: Path, words: list[str]) -> None:
    outcome = run(*words)
    assert outcome.code == 0
    assert not database_path.parent.exists()


def test_empty_answers_as_json(run: Run) -> None:
    assert run("list", "--json").json["sessions"] == []
    found = run("search", "--json", "word").json
    assert (found["hits"], found["hidden"], found["hidden_is_whole"]) == ([], 0, True)
    assert isinstance(found["seconds"], float)
    assert run("doctor", "--json").json["exists"] is False


def test_list_as_json(run: Run, filled: list[Session]) -> None:
    sessions = run("list", "--json").json["sessions"]
    assert {each["title"] for each in sessions} == {filled[0].title, filled[1].title}
    session = next(each for each in sessions if each["uid"] == filled[0].uid)
    assert session == {
        "uid": filled[0].uid,
        "source": "claude-code",
        "source_id": "branched",
        "title": filled[0].title,
        "project": "/home/dev/api",
        "model": "claude-opus",
        "status": "active",
        "starred": False,
        "rating": 5,
        "tags": [],
        "message_count": 3,
        "unread_count": 0,
        "tool_call_count": 1,
        "input_tokens": session["input_tokens"],
        "output_tokens": session["output_tokens"],
        "started_at": "2026-03-01T12:00:00.000Z",
        "last_message_at": "2026-03-01T12:02:00.000Z",
        "parent": None,
    }
    child = run("list", "--json", "is:subagent").json["sessions"]
    assert [each["parent"] for each in child] == [filled[0].uid]


def test_list_for_a_pipe_is_tabs_without_escapes(run: Run, filled: list[Session]) -> None:
    outcome = run("list")
    rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert {row[0] for row in rows} == {filled[0].uid, filled[1].uid}
    assert all(len(row) == 7 for row in rows)
    assert "\x1b" not in outcome.out
    assert "\x9b" not in outcome.out


def test_list_limits_sorts_and_filters(run: Run, filled: list[Session]) -> None:
    assert len(run("list", "--json", "--limit", "1").json["sessions"]) == 1
    assert len(run("list", "--json", "--limit", "0").json["sessions"]) == 2
    by_title = [each["title"] for each in run("list", "--json", "--sort", "title").json["sessions"]]
    assert by_title == sorted(by_title, key=str.lower)
    assert [each["title"] for each in run("list", "--json", "--sort=-title").json["sessions"]] == by_title[::-1]
    assert [each["source"] for each in run("list", "source:codex", "--json").json["sessions"]] == ["codex"]
    assert [each["source"] for each in run("list", "--json", "--", "-source:codex").json["sessions"]] == ["claude-code"]


def test_a_wrong_field_is_said_and_the_rest_answered(run: Run, filled: list[Session]) -> None:
    outcome = run("list", "--json", "rating:lots")
    assert outcome.code == 0
    assert outcome.err.strip()
    assert "sessions" in outcome.json


def test_commands_take_the_id_that_the_agent_gave(run: Run, filled: list[Session]) -> None:
    assert run("show", "codex-1", "--json").json["session"]["uid"] == filled[1].uid
    assert run("show", "codex", "--json").json["session"]["source_id"] == "codex-1"
    assert "1 session starred" in run("star", "bran").out
    assert [each["title"] for each in run("list", "is:starred", "--json").json["sessions"]] == [filled[0].title]
    assert run("note", "codex-1", "mine").out.startswith(f"Note on session {filled[1].uid[:13]}")
    assert run("show", "branche-d").code == 1


def test_search_as_json(run: Run, filled: list[Session]) -> None:
    found = run("search", "fixture", "shares", "--json").json
    assert [hit["session"] for hit in found["hits"]] == [filled[0].uid]
    hit = found["hits"][0]
    assert set(hit) == {"session", "message", "title", "source", "role", "created_at", "snippet", "kind"}
    assert hit["message"] == filled[0].messages[1].uid
    assert hit["title"] == filled[0].title
    assert (hit["source"], hit["role"], hit["kind"]) == ("claude-code", "assistant", "text")
    assert hit["created_at"] == "2026-03-01T12:01:00.000Z"
    assert "fixture shares" in hit["snippet"]
    assert "\x02" not in hit["snippet"]
    assert found["hidden"] == 0


def test_search_words_stand_anywhere(run: Run, filled: list[Session]) -> None:
    assert run("search", "--json", "--limit", "5", "--", "fixture", "-another").json["hits"]
    assert run("search", "fixture", "--json", "shares").json["hits"]
    assert run("search", "--sort", "best", "fixture").code == 0
    assert run("search", "--json", "--", "--help").code == 0
    assert run("search", "--json", "--", "").code == 0
    assert run("search").code == 2


@pytest.mark.parametrize("command", ["search", "list"])
def test_where_words_are_looked_for_is_an_option_too(run: Run, filled: list[Session], command: str) -> None:
    def found(*words: str) -> object:
        answer = run(command, "--json", *words).json
        return {**answer, "seconds": None}

    for scopes in ("text", "tools", "title", "thinking", "all", "tools,title", "TOOLS"):
        assert found("fixture", "--in", scopes) == found(f"in:{scopes}", "fixture") == found(f"--in={scopes}", '"fixture')
    assert found("shares", "--in", "title") != found("shares", "--in", "all")
    outcome = run(command, "fixture", "--in", "nowhere")
    assert outcome.code == 2
    assert "--in: is one of text, tools" in outcome.err


def test_search_says_what_it_hides(run: Run, filled: list[Session]) -> None:
    run("archive", filled[1].uid)
    found = run("search", "rename", "--json").json
    assert found["hits"] == []
    assert found["hidden"] >= 1


def test_search_says_what_to_leave_out(run: Run, filled: list[Session]) -> None:
    outcome = run("search", "flaky", "title:nothing")
    assert outcome.out == ""
    assert outcome.err.startswith("Nothing holds all of it. Without title:nothing: ")


def test_search_says_what_was_probably_meant(run: Run, filled: list[Session]) -> None:
    outcome = run("search", "flakky")
    assert outcome.out == ""
    assert outcome.err.strip() == "Nothing found. Did you mean: flaky"
    assert run("search", "flaky").err == "", "a pipe gets hits only"


def test_show_as_json(run: Run, filled: list[Session]) -> None:
    document = run("show", filled[0].uid[:13], "--json").json
    session = document["session"]
    assert session["uid"] == filled[0].uid
    assert session["summary"] == "It was the fixture."
    assert session["system_prompt"] == "Be brief."
    assert session["metadata"] == {"version": "1.0"}
    assert session["note"] is None
    first, second, third = document["messages"]
    assert first["content"] == filled[0].messages[0].content
    assert [message["seq"] for message in document["messages"]] == [0, 1, 2]
    assert [message["parent"] for message in document["messages"]] == [None, first["uid"], first["uid"]]
    assert second["thinking"] == "one\ntwo"
    assert (second["input_tokens"], second["output_tokens"], second["model"]) == (10, 20, "claude-opus")
    call = second["tool_calls"][0]
    assert call["arguments"] == {"command": "pytest -q", "deep": [1, None]}
    assert (call["name"], call["status"], call["result"], call["child"]) == ("Bash", "failed", "1 failed\nlots", None)
    attachment = second["attachments"][0]
    assert (attachment["media_type"], attachment["name"], attachment["byte_count"]) == ("text/plain", "log.txt", 12)
    assert third["rating"] == 5
    current = run("show", filled[0].uid, "--json", "--branch", "current").json
    assert [message["uid"] for message in current["messages"]] == [first["uid"], second["uid"]]


def test_show_as_text(run: Run, filled: list[Session]) -> None:
    outcome = run("show", filled[0].uid)
    assert "The fixture shares a database." in outcome.out
    assert "Another answer" not in outcome.out
    assert "1 message on other branches" in outcome.err
    assert "▸ thinking (2 lines)" in outcome.out
    assert "Bash pytest -q" in outcome.out
    assert "failed" in outcome.out
    assert not set(ESCAPES) & set("\x1b\x07\x9b\u202e") & set(outcome.out)
    everything = run("show", filled[0].uid, "--branch", "all", "--thinking", "--tools")
    assert "Another answer" in everything.out
    assert "branch 2 of 2" in everything.out
    assert "    two" in everything.out
    assert "    lots" in everything.out


def test_show_what_there_is_not(run: Run, filled: list[Session]) -> None:
    outcome = run("show", "zzzz")
    assert (outcome.code, outcome.out) == (1, "")
    assert "no session 'zzzz'" in outcome.err
    assert outcome.err.count("\n") == 1


def test_stats_as_json(run: Run, filled: list[Session]) -> None:
    document = run("stats", "--json").json
    assert document["counts"]["active"] == 2
    assert document["counts"]["subagents"] == 1
    assert set(document["by"]) == {"day", "model", "source", "project", "tool"}
    assert {row["key"] for row in document["by"]["source"]} == {"claude-code", "codex"}
    assert document["budget"]["daily_message_limit"] is None
    run("preferences", "set", "daily_message_limit", "100")
    assert run("stats", "--json").json["budget"]["daily_message_limit"] == 100
    assert "of 100 messages today" in run("stats").out
    assert run("stats", "--by", "source").out.startswith(("claude-code\t", "codex\t"))


def test_doctor_on_a_sound_database(run: Run, filled: list[Session]) -> None:
    document = run("doctor", "--json").json
    assert document["is_sound"] is True
    assert document["findings"]
    assert run("doctor").code == 0


def test_each_line_of_the_piped_statistics_names_its_table(run: Run, filled: list[Session]) -> None:
    lines = run("stats").out.splitlines()[1:]
    assert {line.split("\t")[0] for line in lines} == {"day", "model", "source", "project", "tool"}
    assert {line.count("\t") for line in lines} == {6}


def test_what_has_no_project_is_told_below_those_that_have(run: Run, database_path: Path) -> None:
    """However much it is: it is no project among others."""
    with Library.open(database_path) as library:
        most = make_session("none", [make_message(str(number)) for number in range(3)], project="")
        fill(library, most, *(make_session(f"s{number}", [make_message(f"m{number}")], project=f"/p{number:02d}") for number in range(11)))
    lines = [line.split("\t")[1:4] for line in run("stats").out.splitlines() if line.startswith("project\t")]
    assert lines == [*([f"/p{number:02d}", "1", "1"] for number in range(10)), ["no project", "1", "3"]]
    assert run("stats", "--by", "project").out.splitlines()[-1].startswith("no project\t1\t3\t")
    assert [row["key"] for row in run("stats", "--by", "project", "--json").json["by"]["project"]][-2:] == ["/p10", None]


@pytest.mark.parametrize("limit", ["-3", "x", "1.5", "9" * 30])
def test_a_limit_that_is_no_number_is_said_in_words(run: Run, limit: str) -> None:
    outcome = run("list", f"--limit={limit}")
    assert outcome.code == 2
    assert f"{limit!r} is no number of rows" in outcome.err


def test_times_at_the_edge_of_the_calendar_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        first = datetime.min.replace(tzinfo=UTC)
        assert local_time(first) == f"{first:%Y-%m-%d %H:%M}"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_session_without_a_title_is_called_by_how_it_begins(run: Run, database_path: Path) -> None:
    reply = make_message("m1", "\n## The plan\nfirst a needle", role="assistant")
    with Library.open(database_path) as library:
        fill(library, make_session("s1", [reply], title=""))
    assert run("list").out.rstrip().endswith("\t(The plan)")
    assert "\t(The plan)\t" in run("search", "needle").out
    uid = run("list", "--json").json["sessions"][0]["uid"]
    assert run("show", uid).out.startswith("(The plan)\n")
    for name, heading in (("md", "# (The plan)\n"), ("context", "# Continue: (The plan)\n"), ("html", "<h1>(The plan)</h1>")):
        assert heading in run("export", uid, "--format", name).out
    assert run("list", "--json").json["sessions"][0]["title"] == ""
