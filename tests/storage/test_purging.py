"""Gone for ever: the rows, the words about them, the way back; and nothing of anybody else's."""

import hashlib
import json
from pathlib import Path

import pytest

from chatviewer import paths
from chatviewer.domain import Attachment, SessionStatus
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session, told

DATA = b"shared bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()
OWN = b"own bytes"
OWN_DIGEST = hashlib.sha256(OWN).hexdigest()


def with_files(key: str, *datas: bytes) -> object:
    message = make_message(key, "needle")
    files = tuple(
        Attachment(name="x", media_type="image/png", sha256=hashlib.sha256(data).hexdigest(), data=data, byte_count=len(data))
        for data in datas
    )
    return make_message(key, "needle", attachments=files, tool_calls=(make_call(message.uid),))


DOOMED = make_session("doomed", [with_files("m0", DATA, OWN)])  # type: ignore[list-item]
CHILD = make_session("child", parent_uid=DOOMED.uid)
GRANDCHILD = make_session("grandchild", parent_uid=CHILD.uid)
KEPT = make_session("kept", [with_files("k0", DATA)])  # type: ignore[list-item]


def rows(library: Library, table: str) -> int:
    return int(library.database.connection().execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_purge_takes_all_and_only_that(library: Library, database_path: Path) -> None:
    fill(library, DOOMED, CHILD, GRANDCHILD, KEPT)
    for session in (DOOMED, KEPT):
        message = library.messages(library.summary(session.uid).id)[0].uid
        library.rate(message, 5)
        library.set_note(message, "n")
        library.set_note(session.uid, "n")
    library.set_starred([DOOMED.uid, KEPT.uid], True)
    library.add_tags([DOOMED.uid], ["only here"])
    library.add_tags([DOOMED.uid, KEPT.uid], ["both"])
    library.rename(DOOMED.uid, "secret")
    library.set_status([DOOMED.uid, CHILD.uid], SessionStatus.TRASHED)
    assert library.purge([DOOMED.uid, DOOMED.uid, "nobody"]) == 1
    assert [row.uid for row in library.summaries(library.session_ids())] == [KEPT.uid]
    assert rows(library, "session") == rows(library, "message") == rows(library, "tool_call") == rows(library, "rating") == 1
    assert rows(library, "note") == 2
    assert rows(library, "status_change") == rows(library, "title_override") == 0
    assert [tag.name for tag in library.tags()] == ["both"]
    assert library.attachment_data(OWN_DIGEST) is None
    assert library.attachment_data(DIGEST) == DATA
    assert rows(library, "tombstone") == 3
    assert [finding for finding in library.check() if finding.severity == "damage"] == []
    purged = [json.loads(line) for line in (database_path.parent / "journal.jsonl").read_text().splitlines()][-3:]
    assert {(line["kind"], line["target"]) for line in purged} == {("purge", one.uid) for one in (DOOMED, CHILD, GRANDCHILD)}


def test_undo_passes_over_what_was_purged(library: Library) -> None:
    fill(library, DOOMED, KEPT)
    library.set_note(DOOMED.uid, "n")
    library.set_status([DOOMED.uid, KEPT.uid], SessionStatus.ARCHIVED)
    library.purge([DOOMED.uid])
    assert [told(library.undo()) for _ in range(2)] == ["archived a session (“Title of kept”)", None]
    assert told(library.redo()) == "archived a session (“Title of kept”)"
    assert rows(library, "status_change") == 1


def test_a_reimport_does_not_bring_it_back(library: Library) -> None:
    fill(library, DOOMED, CHILD, KEPT)
    library.purge([DOOMED.uid])
    fill(library, DOOMED, CHILD, KEPT)
    assert [row.uid for row in library.summaries(library.session_ids())] == [KEPT.uid]
    assert rows(library, "session") == 1


def test_purging_nothing_is_nothing(library: Library, database_path: Path) -> None:
    assert library.purge([]) == library.purge(["nobody"]) == 0
    assert not (database_path.parent / "journal.jsonl").exists()


def test_what_was_laid_out_for_other_programs_goes_too(library: Library) -> None:
    fill(library, DOOMED, KEPT)
    folder = paths.handover_directory()
    folder.mkdir(parents=True)
    (folder / "copied.txt").write_text("of the doomed one")
    assert library.purge(["unknown"]) == 0
    assert list(folder.iterdir())
    assert library.purge([DOOMED.uid]) == 1
    assert not list(folder.iterdir())


def test_no_file_holds_a_word_of_it(library: Library, database_path: Path) -> None:
    """Neither in free pages, also where SQLite does not clear them by itself, nor in the journal, of undone changes too."""
    journal = database_path.parent / "journal.jsonl"
    fill(library, make_session("doomed", [make_message("m0", "quixotic")]), KEPT)
    message = library.messages(library.summary(DOOMED.uid).id)[0].uid
    library.database.connection().execute("PRAGMA secure_delete = OFF")
    library.rate(message, 2, "quixotic remark")
    library.set_note(message, "quixotic note")
    library.set_note(DOOMED.uid, "quixotic note")
    library.rename(DOOMED.uid, "quixotic title")
    library.undo()
    library.set_note(KEPT.uid, "stays")
    journal.write_bytes(journal.read_bytes() + b"{half a line\n")
    library.purge([DOOMED.uid])
    assert library.warning is None
    library.close()
    assert b"quixotic note" not in database_path.read_bytes()
    lines = journal.read_bytes().splitlines()
    said = {(line["kind"], line["target"]) for line in map(json.loads, (line for line in lines if line != b"{half a line"))}
    assert said == {("do", KEPT.uid), ("purge", DOOMED.uid)}
    assert b"{half a line" in lines  # what cannot be read is not dropped
    assert not any(b"quixotic" in line for line in lines)
    assert journal.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in journal.parent.iterdir()) == [database_path.name, journal.name]


def test_the_journal_of_a_purge_brings_back_what_was_said_about_others(library: Library, database_path: Path) -> None:
    fill(library, DOOMED, KEPT)
    library.add_tags([DOOMED.uid, KEPT.uid], ["both"])
    library.purge([DOOMED.uid])
    library.set_note(KEPT.uid, "after")
    findings = {finding.check: finding for finding in library.check()}
    assert findings["journal"].severity == "ok"
    assert [told(library.undo()) for _ in range(3)] == [
        "wrote a note (“Title of kept”)",
        "tagged a session #both (“Title of kept”)",
        None,
    ]


@pytest.mark.parametrize("purged", [1, 40])
def test_what_the_journal_missed_after_a_purge_is_made_up_for(library: Library, database_path: Path, purged: int) -> None:
    """Its last line tells of the purge, not of how far it knows what was changed."""
    journal = database_path.parent / "journal.jsonl"
    fill(library, *(make_session(str(number)) for number in range(43)))
    first, second, third, *others = (make_session(str(number)).uid for number in range(43))
    library.set_starred([first], True)
    library.purge(others[:purged])
    library.set_note(first, "a note")
    told = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(told[:-1]))  # as where it could not be written
    library.set_starred([second], True)
    changes = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert [change["target"] for change in changes if change["action"] == "note"] == [first]
    size = journal.stat().st_size
    library.purge([third])
    library.rename(second, "mine")
    assert journal.stat().st_size < size + 1000, "and only that"


def test_a_journal_that_cannot_be_written_anew_is_told(library: Library, database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, DOOMED)
    library.set_note(DOOMED.uid, "mine")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chatviewer.storage.journal.drop_lines", refuse)
    assert library.purge([DOOMED.uid]) == 1
    assert library.warning is not None
    assert "still stands in" in library.warning
    assert "Permission denied" in library.warning


def test_the_name_of_the_cleaned_journal_is_on_the_disk_too(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, DOOMED)
    library.set_note(DOOMED.uid, "words")
    flushed: list[Path] = []
    monkeypatch.setattr(paths, "flush", flushed.append)
    library.purge([DOOMED.uid])
    assert library.database.path.parent in flushed
