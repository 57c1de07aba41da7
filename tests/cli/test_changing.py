"""Commands that change what is the user's own."""

import io
from pathlib import Path

import pytest

from chatviewer.domain import Session
from tests.cli.conftest import Run


def session(run: Run, uid: str) -> dict[str, object]:
    return run("show", uid, "--json").json["session"]  # type: ignore[no-any-return]


def test_rating_with_a_remark_and_back(run: Run, filled: list[Session]) -> None:
    uid = filled[0].messages[1].uid
    outcome = run("rate", uid[:18], "4", "--note", "clear")
    assert (outcome.code, outcome.err) == (0, "")
    message = run("show", filled[0].uid, "--json").json["messages"][1]
    assert (message["rating"], message["rating_text"]) == (4, "clear")
    assert run("rate", uid, "none").code == 0
    assert run("show", filled[0].uid, "--json").json["messages"][1]["rating"] is None
    assert run("rate", uid, "6").code == 2
    assert run("rate", "zzzz", "3").code == 1


def test_only_replies_are_rated(run: Run, filled: list[Session]) -> None:
    prompt = filled[0].messages[0].uid
    outcome = run("rate", prompt, "4")
    assert (outcome.code, outcome.out) == (1, "")
    assert "is no reply (its role is user)" in outcome.err
    assert run("show", filled[0].uid, "--json").json["messages"][0]["rating"] is None
    assert run("rate", prompt, "none").code == 0


@pytest.mark.parametrize(("there", "back", "status"), [("archive", "unarchive", "archived"), ("trash", "restore", "trashed")])
def test_away_and_back(run: Run, filled: list[Session], there: str, back: str, status: str) -> None:
    uids = [each.uid for each in filled[:2]]
    assert run(there, *uids).out.startswith("2 sessions ")
    assert run("list", "--json").json["sessions"] == []
    assert {each["uid"] for each in run("list", "--json", f"is:{status}").json["sessions"]} == set(uids)
    assert run(there, *uids).out.startswith("0 sessions ")
    assert run(back, "--query", "source:codex").out.startswith("1 session ")
    assert session(run, uids[1])["status"] == "active"
    assert run("undo").out.startswith("Undone: ")
    assert session(run, uids[1])["status"] == status
    assert run("redo").out.startswith("Redone: ")
    assert session(run, uids[1])["status"] == "active"


def test_what_was_undone_is_told_in_one_line_of_a_terminal_and_whole_elsewhere(
    run: Run, filled: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "A name " * 20 + "at its end"
    assert run("rename", filled[0].uid, title).code == run("star", filled[0].uid).code == 0
    assert run("undo").out == f"Undone: starred a session (“{title}”).\n"
    monkeypatch.setattr("chatviewer.cli.undoing.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    assert run("redo").out == "Redone: starred a session (“A name A name A name A name …”).\n"
    assert run("preferences", "set", "list_groups", "project").code == 0
    assert run("undo").out == "Undone: set “Groups in the list” to project.\n"


def test_what_is_archived_is_not_taken_from_the_trash(run: Run, filled: list[Session]) -> None:
    run("archive", filled[0].uid)
    assert run("restore", filled[0].uid).out.startswith("0 sessions ")
    assert session(run, filled[0].uid)["status"] == "archived"


def test_stars_and_a_query(run: Run, filled: list[Session]) -> None:
    assert run("star", "--query", "source:codex").out == "1 session starred.\n"
    assert [each["starred"] for each in run("list", "--json", "source:codex").json["sessions"]] == [True]
    assert run("unstar", filled[1].uid).out == "1 session unstarred.\n"


def test_one_missing_id_costs_only_itself(run: Run, filled: list[Session]) -> None:
    outcome = run("star", "zzzz", filled[1].uid)
    assert outcome.code == 1
    assert outcome.out == "1 session starred.\n"
    assert "zzzz" in outcome.err


@pytest.mark.parametrize(
    "words", [["archive"], ["star", "--query", ""], ["trash", "--query", "rating:lots"], ["purge", "--yes"], ["tag", "x"]]
)
def test_a_change_needs_to_be_told_of_what(run: Run, filled: list[Session], words: list[str]) -> None:
    outcome = run(*words)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert len(run("list", "--json").json["sessions"]) == 2


def test_made_up_chats_are_not_put_among_others(run: Run, filled: list[Session], database_path: Path, tmp_path: Path) -> None:
    other = str(tmp_path / "demo.db")
    assert run("demo", "--database", other, "--fill-only").out == f"Made-up chats are in {other}.\n"
    again = run("demo", "--database", str(database_path), "--fill-only")
    assert again.out == f"There are chats in {database_path} already; none were added.\n"
    assert len(run("list", "--json").json["sessions"]) == 2


def test_purge_asks(run: Run, filled: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("purge", filled[1].uid).code == 2  # nobody to ask
    assert run("show", filled[1].uid).code == 0
    monkeypatch.setattr("chatviewer.cli.purging.is_terminal", lambda _: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n1\n"))
    asked = run("purge", filled[0].uid)
    assert asked.out == "Nothing was purged.\n"
    assert "deletes 1 session with sub-agents for ever" in asked.err
    assert "deletes 1 session for ever" in run("purge", filled[1].uid).err
    assert run("show", filled[1].uid).code == 1
    assert run("purge", filled[0].uid, "--yes").out == "1 session purged.\n"
    assert run("list", "is:any").out == ""


def test_purge_names_the_older_copies_of_the_library(run: Run, filled: list[Session], database_path: Path) -> None:
    """They hold it still, which someone who deletes for ever wants to know."""
    assert run("purge", filled[2].uid, "--yes").err == ""
    old = Path(run("doctor", "--repair", "--json").json["repair"]["old_database"])
    backup = database_path.parent / "backups" / f"{database_path.stem}-schema1-20260301-000000.db"
    backup.parent.mkdir()
    for path in (backup, database_path.with_name("other.db.damaged-1"), backup.with_name("other-schema1-20260301-000000.db")):
        path.touch()
    outcome = run("purge", filled[0].uid, "--yes")
    assert outcome.out == "1 session purged.\n"
    told = [line.partition(": ")[2] for line in outcome.err.removeprefix("chatviewer: ").splitlines()]
    assert told == sorted([str(old), str(backup)])


def test_tags(run: Run, filled: list[Session]) -> None:
    assert run("tag", filled[0].uid, "release", "two words").out == "1 session tagged.\n"
    assert session(run, filled[0].uid)["tags"] == ["release", "two words"]
    assert run("tag", "--query", "source:codex", "release").out == "1 session tagged.\n"
    assert len(run("list", "--json", "tag:release").json["sessions"]) == 2
    assert run("untag", filled[0].uid, "release").out == "1 session untagged.\n"
    assert session(run, filled[0].uid)["tags"] == ["two words"]
    assert run("tag", filled[0].uid, "a,b").code == 2


def test_titles(run: Run, filled: list[Session]) -> None:
    assert "Mine now" in run("rename", filled[1].uid, "Mine", "now").out
    assert session(run, filled[1].uid)["title"] == "Mine now"
    run("rename", filled[1].uid, "")
    assert session(run, filled[1].uid)["title"] == "Rename the keys"


def test_notes(run: Run, filled: list[Session]) -> None:
    assert run("note", filled[0].uid[:12], "look", "again").code == 0
    assert run("note", filled[0].messages[0].uid, "here").code == 0
    document = run("show", filled[0].uid, "--json").json
    assert document["session"]["note"] == "look again"
    assert document["messages"][0]["note"] == "here"
    assert run("note", filled[0].uid, "").out.endswith("removed.\n")
    assert run("note", "zzzz", "x").code == 1


def test_nothing_left_to_undo(run: Run, filled: list[Session]) -> None:
    assert run("undo").out == "Nothing to undo.\n"
    assert run("redo").out == "Nothing to redo.\n"


def test_preferences(run: Run, database_path: Path) -> None:
    assert run("preferences", "get", "max_context_messages").out == "50\n"
    assert run("preferences", "set", "max_context_messages", "7").code == 0
    assert run("preferences", "get", "max_context_messages", "--json").json["preferences"] == {"max_context_messages": 7}
    assert run("preferences", "list", "--json").json["preferences"]["max_context_messages"] == 7
    assert "max_context_messages\t7\n" in run("preferences").out
    assert run("preferences", "reset", "max_context_messages").out == "max_context_messages is 50.\n"
    assert run("preferences", "set", "max_context_messages", "many").code == 2
    assert run("preferences", "set", "no_such", "1").code == 2
    assert run("preferences", "get").code == 2
    assert run("preferences", "set", "disabled_sources", "Codex, chatgpt,").code == 0
    outcome = run("preferences", "set", "disabled_sources", "chatgpt, codex-cli")
    assert (outcome.code, outcome.out) == (2, "")
    assert "There is no source 'codex-cli'; known are chatgpt, claude-ai" in outcome.err
    assert run("preferences", "get", "disabled_sources").out == "Codex, chatgpt,\n"
    assert run("preferences", "set", "save_history", "off").out == "save_history is off.\n"


def test_a_backup_is_a_whole_library(run: Run, filled: list[Session], tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run("backup", str(copy)).code == 0
    assert len(run("list", "--json", "--database", str(copy)).json["sessions"]) == 2
    assert run("backup", str(copy)).code == 1
    assert run("backup", str(tmp_path)).code == 1
