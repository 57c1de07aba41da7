"""`doctor` and its exit codes: 0 sound (notes are no damage), 1 damaged, 3 no database that can be opened."""

import sqlite3
from pathlib import Path

import pytest

from chatviewer.domain import Session
from chatviewer.storage import checking
from chatviewer.storage.connection import connect, explain
from tests.cli.conftest import Run


def test_damage_is_exit_1_told_on_stderr_and_in_the_document(run: Run, filled: list[Session], database_path: Path) -> None:
    connection = connect(database_path)
    connection.execute("UPDATE session SET message_count = message_count + 1")
    connection.close()
    outcome = run("doctor", "--json")
    assert outcome.code == 1
    assert outcome.json["is_sound"] is False
    assert any(each["severity"] == "damage" and each["check"] == "derived columns" for each in outcome.json["findings"])
    assert f"{database_path}: derived columns: " in outcome.err
    assert "doctor --repair" in outcome.err
    assert run("doctor").code == 1
    repaired = run("doctor", "--repair", "--json")
    assert repaired.code == 0
    assert repaired.json["is_sound"] is True
    assert Path(repaired.json["repair"]["old_database"]).exists()


@pytest.mark.parametrize("words", [["doctor"], ["doctor", "--json"]])
def test_what_is_no_database_is_exit_3_in_one_sentence(run: Run, database_path: Path, words: list[str]) -> None:
    database_path.parent.mkdir(mode=0o700)
    database_path.write_text("a novel " * 1000)
    outcome = run(*words)
    assert outcome.code == 3
    assert outcome.out == ""
    assert len(outcome.err.strip().splitlines()) == 1
    assert "doctor` says more" not in outcome.err  # that is what was just asked
    assert all(way in outcome.err for way in ("backup", "--database", "`chatviewer doctor --repair`"))
    assert "`chatviewer doctor` says more" in run("list").err
    assert run(*words, "--repair").code == 0
    assert run(*words).code == 0


def test_an_error_within_a_repair_does_not_lead_to_doctor(run: Run, filled: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise explain(sqlite3.DatabaseError("what nobody knows"), "the.db")

    monkeypatch.setattr("chatviewer.storage.repairing.restore_before_import", fail)
    outcome = run("doctor", "--repair")
    assert outcome.code == 3
    told = "the.db cannot be used: what nobody knows; put a backup in its place, or name another file with --database.\n"
    assert outcome.err == f"chatviewer: {told}"


@pytest.mark.parametrize("word", ["session_branched ON", "is_branched = 1", "CREATE INDEX session_branched", "title TEXT", "STRICT"])
@pytest.mark.parametrize("bit", [0x80, 0x02])
def test_damage_in_the_words_of_the_schema_is_told_as_such(
    run: Run, filled: list[Session], database_path: Path, word: str, bit: int
) -> None:
    """SQLite quotes them in its error, which is no UTF-8 then."""
    data = bytearray(database_path.read_bytes())
    data[data.index(word.encode()) + 4] ^= bit
    database_path.write_bytes(data)
    for words in (["doctor"], ["list"], ["import"], ["star", filled[0].uid]):
        outcome = run(*words)
        assert "unexpected" not in outcome.err
        if words == ["doctor"]:
            assert outcome.code in (1, 3)
            assert "`chatviewer doctor --repair` makes a new database" in outcome.err
        elif outcome.code:
            assert outcome.code == 3, words
            assert len(outcome.err.strip().splitlines()) == 1
    assert run("doctor", "--repair").code == 0


def test_a_network_file_system_and_open_permissions_are_notes(
    run: Run, filled: list[Session], database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_mounted", lambda path, mounts: "nfs4")
    database_path.parent.chmod(0o755)
    outcome = run("doctor", "--json")
    notes = {each["check"]: each["detail"] for each in outcome.json["findings"] if each["severity"] == "note"}
    assert outcome.code == 0
    assert "network file system (nfs4)" in notes["file system"]
    assert "permissions" in notes


def test_where_the_database_is_gone_the_journal_beside_it_is_told_of(run: Run, filled: list[Session], database_path: Path) -> None:
    assert run("tag", filled[0].uid, "kept").code == 0
    database_path.unlink()
    outcome = run("doctor")
    assert outcome.code == 0
    assert "holds your changes; `chatviewer doctor --repair`" in outcome.out
    assert "doctor --repair` brings them back" in run("import").err
    assert "doctor --repair" not in run("import").err
    assert "1 of your changes are only in " in run("doctor").out
    database_path.unlink()
    database_path.with_name("journal.jsonl").unlink()
    assert "no database yet; the first import makes it" in run("doctor").out
