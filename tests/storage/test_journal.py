"""Undo and redo, also after a restart, and the second copy of every change in a file."""

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer.domain import SessionStatus
from chatviewer.errors import DatabaseError, DatabaseUnwritableError
from chatviewer.storage.facets import FACETS, Store
from chatviewer.storage.journal import JournalFile
from chatviewer.storage.library import Library
from chatviewer.storage.restoring import restore
from chatviewer.storage.tables import peewee_database
from tests.chance import examples
from tests.factories import fill, make_session, told

UIDS = [make_session(name).uid for name in "abc"]
A, B, C = UIDS


@pytest.fixture
def three(library: Library) -> Library:
    fill(library, *(make_session(name) for name in "abc"))
    return library


@pytest.fixture
def journal(database_path: Path) -> Path:
    return database_path.parent / "journal.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []


# Times of a tag's first use and of the last changes are no part of what a person sees come back.
SEEN = {
    "session": "SELECT uid, title, status, archived_at, trashed_at, starred_at, rating FROM session ORDER BY uid",
    "rating": "SELECT * FROM rating",
    "note": "SELECT * FROM note",
    "star": "SELECT * FROM star",
    "tag": "SELECT session_tag.uid, tag.name FROM session_tag JOIN tag ON tag.id = tag_id ORDER BY 1, 2",
    "title_override": "SELECT * FROM title_override",
    "status_change": "SELECT * FROM status_change",
    "preference": "SELECT * FROM preference",
}


def state(library: Library) -> dict[str, list[Any]]:
    return {name: library.database.connection().execute(sql).fetchall() for name, sql in SEEN.items()}


def test_undo_and_redo_say_what_they_did(three: Library) -> None:
    reply = three.messages(three.summary(A).id)[1].uid
    three.set_status(UIDS, SessionStatus.ARCHIVED)
    three.set_status([A], SessionStatus.ACTIVE)
    three.set_status([A], SessionStatus.TRASHED)
    three.set_status([A], SessionStatus.ACTIVE)
    three.set_starred([A, B], True)
    three.set_starred([A], False)
    three.rate(reply, 4)
    three.rate(reply, 1)
    three.rate(reply, None)
    three.add_tags(UIDS, ["one", "two"])
    three.remove_tags([A], ["one"])
    three.rename(A, "new")
    three.rename(A, "")
    three.set_note(A, "n")
    three.set_note(A, "m")
    three.set_note(A, "")
    three.set_preference("theme", "nord")
    three.reset_preference("theme")
    three.set_preference("show_thinking", True)
    three.set_preference("preferred_model", "opus")
    three.set_preference("preferred_model", "")
    words = [
        "archived 3 sessions",
        "unarchived a session",
        "moved a session to the trash",
        "restored a session",
        "starred 2 sessions",
        "unstarred a session",
        "rated a reply 4 stars",
        "rated a reply 1 star",
        "cleared the rating of a reply",
        "tagged 3 sessions #one #two",
        "took #one from a session",
        "renamed a session to new",
        "gave a session its own title back",
        "wrote a note",
        "changed a note",
        "removed a note",
        "set “Theme” to nord",
        "set “Theme” to its default",
        "set “Thinking unfolded” to on",
        "set “Preferred model” to opus",
        "emptied “Preferred model”",
    ]
    assert [step.words for _ in words if (step := three.undo())] == words[::-1]
    assert three.undo() is None
    assert [step.words for _ in words if (step := three.redo())] == words
    assert three.redo() is None


def test_a_bulk_step_is_one_and_survives_a_restart(three: Library, database_path: Path) -> None:
    first = state(three)
    three.set_status(UIDS, SessionStatus.ARCHIVED)
    last = state(three)
    three.close()
    with Library.open(database_path) as again:
        assert told(again.undo()) == "archived 3 sessions"
        assert state(again) == first
    with Library.open(database_path) as again:
        assert told(again.redo()) == "archived 3 sessions"
        assert state(again) == last


def test_a_new_change_clears_what_could_be_redone(three: Library) -> None:
    three.set_starred([A], True)
    three.set_starred([B], True)
    three.undo()
    three.set_note(C, "n")
    assert three.redo() is None
    assert [told(three.undo()) for _ in range(3)] == ["wrote a note (“Title of c”)", "starred a session (“Title of a”)", None]


CHANGES = st.one_of(
    st.tuples(st.just("status"), st.lists(st.sampled_from(UIDS), min_size=1), st.sampled_from(list(SessionStatus))),
    st.tuples(st.just("star"), st.lists(st.sampled_from(UIDS), min_size=1), st.booleans()),
    st.tuples(st.just("tag"), st.lists(st.sampled_from(UIDS), min_size=1), st.lists(st.sampled_from(["x", "X", "y z", "ü"]), min_size=1)),
    st.tuples(st.just("untag"), st.lists(st.sampled_from(UIDS), min_size=1), st.lists(st.sampled_from(["x", "Y Z", "ü"]), min_size=1)),
    st.tuples(st.just("rate"), st.integers(0, 5), st.sampled_from([None, 1, 3, 5])),
    st.tuples(st.just("title"), st.sampled_from(UIDS), st.sampled_from(["", "one", "two 'quoted' \x00 \U0001f600"])),
    st.tuples(st.just("note"), st.sampled_from(UIDS), st.sampled_from(["", "text\nmore", "\x1b"])),
    st.tuples(st.just("preference"), st.sampled_from(["theme", "date_style"]), st.integers(0, 2)),
    st.tuples(st.just("undo"), st.none(), st.none()),
    st.tuples(st.just("redo"), st.none(), st.none()),
)


def make(library: Library, change: tuple[str, Any, Any]) -> None:
    kind, target, value = change
    if kind == "rate":
        uid = [message.uid for one in UIDS for message in library.messages(library.summary(one).id)][target]
        library.rate(uid, value, "said" if value == 5 else None)
    elif kind == "preference":
        choice = {"theme": ("nord", "gruvbox"), "date_style": ("date", "relative")}[target]
        if value == 2:
            library.reset_preference(target)
        else:
            library.set_preference(target, choice[value])
    elif kind in ("undo", "redo"):
        getattr(library, kind)()
    else:
        names = {
            "status": "set_status",
            "star": "set_starred",
            "tag": "add_tags",
            "untag": "remove_tags",
            "title": "rename",
            "note": "set_note",
        }
        getattr(library, names[kind])(target, value)


def replayed(path: Path, database_path: Path) -> dict[str, list[Any]]:
    """The state after writing each line's `after` into a library that only the import filled."""
    with Library.open(database_path) as fresh:
        fill(fresh, *(make_session(name) for name in "abc"))
        with fresh.database.transaction():
            store = Store(peewee_database(fresh.database), fresh.user.id, 0)
            for line in lines(path):
                FACETS[line["action"]].write(store, {line["target"]: line["after"]})
        return state(fresh)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGES, max_size=14))
def test_undo_leads_back_to_the_start_redo_to_the_end_and_the_file_tells_all(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Any, Any]]
) -> None:
    home = tmp_path_factory.mktemp("library")
    path = home / "chatviewer.db"
    with Library.open(path) as library:
        fill(library, *(make_session(name) for name in "abc"))
        first = state(library)
        for change in changes:
            make(library, change)
        while library.redo():
            pass
        last = state(library)
        steps = 0
        while library.undo():
            steps += 1
        assert state(library) == first
        for _ in range(steps):
            assert library.redo()
        assert library.redo() is None
        assert state(library) == last
    assert replayed(home / "journal.jsonl", home / "fresh" / "chatviewer.db") == last


def test_every_change_stands_in_the_file_which_only_the_user_can_read(three: Library, journal: Path) -> None:
    three.set_status([A, B], SessionStatus.ARCHIVED)
    three.undo()
    three.redo()
    found = lines(journal)
    assert [(line["kind"], line["target"], line["before"]["status"], line["after"]["status"]) for line in found] == [
        ("do", A, "active", "archived"),
        ("do", B, "active", "archived"),
        ("undo", A, "archived", "active"),
        ("undo", B, "archived", "active"),
        ("redo", A, "active", "archived"),
        ("redo", B, "active", "archived"),
    ]
    assert {line["step"] for line in found} == {1}
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert three.warning is None


def test_lines_are_on_the_disk_before_the_transaction_commits(three: Library, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        real(descriptor)
        synced.append((os.fstat(descriptor).st_size, three.database.connection().in_transaction))

    monkeypatch.setattr(os, "fsync", watched)
    three.set_starred([A], True)
    assert synced == [(journal.stat().st_size, True)]


@pytest.mark.parametrize("obstacle", ["directory", "fifo", "link"])
def test_where_the_file_cannot_be_written_the_change_is_made_and_a_warning_given(three: Library, journal: Path, obstacle: str) -> None:
    if obstacle == "directory":
        journal.mkdir()
    elif obstacle == "fifo":
        os.mkfifo(journal)
    else:
        journal.symlink_to(journal.with_name("elsewhere"))
    three.set_starred([A], True)
    assert three.summary(A).is_starred
    assert three.warning is not None
    assert str(journal) in three.warning
    assert not journal.with_name("elsewhere").exists()
    if obstacle == "directory":
        journal.rmdir()
    else:
        journal.unlink()
    three.set_starred([B], True)
    assert three.warning is None
    assert [line["target"] for line in lines(journal)] == [A, B], "what was missed is made up for"


def test_half_a_line_of_a_power_cut_costs_only_itself(three: Library, journal: Path) -> None:
    three.set_starred([A], True)
    with journal.open("ab") as file:
        file.write(b'{"version": 1, "at": "20')
    three.set_starred([B], True)
    written = journal.read_bytes().split(b"\n")
    assert [json.loads(line)["target"] for line in (written[0], *written[2:-1])] == [A, A, B]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-20],
    "cut at the end of the line": lambda data: data[:-1],
    "zeros behind": lambda data: data + b"\0" * 5000,
    "the last line is zeros": lambda data: data[: data.rfind(b"\n", 0, -1) + 1] + b"\0" * 300,
    "each line twice": lambda data: b"".join(line * 2 for line in data.splitlines(keepends=True)),
    "the last line twice, once half": lambda data: data + data.splitlines()[-1][:60] + b"\n" + data.splitlines()[-1] + b"\n",
    "no version": lambda data: data.replace(b'"version": 1, ', b""),
    "a version that is none": lambda data: data.replace(b'"version": 1, ', b'"version": null, '),
    "a bit of the name of the version": lambda data: data.replace(b'"version"', b'"versioo"'),
    "lines of another system, with a mark": lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"),
    "other words between": lambda data: data.replace(b"\n", b"\n\n[1]\n12\nnull\n\xff\xfe\n{}\n"),
}


def test_what_is_undone_names_its_session_for_another_viewer_may_have_done_it(three: Library, database_path: Path) -> None:
    three.rename(C, "Mine\x1b]0;x\x07 " + "and long " * 9)
    three.set_note(C, "noted")
    three.rate(three.messages(three.summary(A).id)[1].uid, 4)
    with Library.open(database_path) as elsewhere:
        elsewhere.set_status([B], SessionStatus.ARCHIVED)
        elsewhere.set_starred([A, B], True)
    assert told(three.undo()) == "starred 2 sessions"
    assert told(three.undo()) == "archived a session (“Title of b”)"
    assert told(three.redo()) == "archived a session (“Title of b”)"
    assert told(three.undo()) == "archived a session (“Title of b”)"
    assert told(three.undo()) == "rated a reply 4 stars (“Title of a”)"
    step = three.undo()
    assert step == ("wrote a note", "Mine\x1b]0;x\x07 " + "and long " * 8 + "and long"), "whoever shows it makes room for it"
    assert told(step) == "wrote a note (“Mine␛]0;x␇ " + "and long " * 8 + "and long”)"


@pytest.mark.parametrize("damage", DAMAGES)
def test_after_the_next_change_a_damaged_file_tells_all_again(three: Library, journal: Path, tmp_path: Path, damage: str) -> None:
    three.set_note(A, "a note")
    three.set_starred([A, B], True)
    three.rename(C, "new")
    three.undo()
    three.set_starred([B], False)
    journal.write_bytes(DAMAGES[damage](journal.read_bytes()))
    three.add_tags([B], ["t"])
    with Library.open(tmp_path / "fresh" / "chatviewer.db") as fresh:
        fill(fresh, *(make_session(name) for name in "abc"))
        restore(fresh.database, fresh.user.id, journal)
        assert state(fresh) == state(three)
        assert told(fresh.undo()) == "tagged a session #t (“Title of b”)"
    assert not [finding.detail for finding in three.check() if finding.check == "journal" and "only in the database" in finding.detail]
    assert not [finding.detail for finding in three.check() if "newer" in finding.detail]


@pytest.mark.parametrize("missed", range(1, 7))
def test_a_file_that_is_behind_is_brought_up_to_date(three: Library, journal: Path, tmp_path: Path, missed: int) -> None:
    """Whatever was missed at the end: after the next change the file tells all again, and doctor finds nothing."""
    three.set_note(A, "x" * 10_000)
    three.set_starred([A, B], True)
    three.add_tags([B], ["t"])
    three.undo()
    three.undo()
    three.redo()
    content = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(content[: len(content) - missed]))
    three.rename(C, "new")
    assert replayed(journal, tmp_path / "fresh" / "chatviewer.db") == state(three)
    assert [finding.detail for finding in three.check() if finding.severity != "ok"] == []
    size = journal.stat().st_size
    three.rename(C, "newer")
    assert journal.stat().st_size < size + 1000, "once is enough"


def test_a_change_that_fails_leaves_neither_row_nor_line(three: Library, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three.set_starred([A], True)
    before, size = state(three), journal.stat().st_size
    real = JournalFile.append

    def failing(self: JournalFile, found: Any) -> str | None:
        real(self, found)
        raise sqlite3.OperationalError("no room")

    monkeypatch.setattr(JournalFile, "append", failing)
    with pytest.raises(DatabaseError):
        three.set_status(UIDS, SessionStatus.TRASHED)
    assert state(three) == before
    assert journal.stat().st_size == size


def test_errors_of_peewee_do_not_come_through(three: Library) -> None:
    three.database.connection().execute("PRAGMA query_only = ON")
    with pytest.raises(DatabaseUnwritableError):
        three.set_starred([A], True)
    three.database.connection().execute("PRAGMA query_only = OFF")
    three.database.connection().execute("DROP TABLE star")
    with pytest.raises(DatabaseError):
        three.set_starred([A], True)


def test_without_a_database_nothing_is_written(database_path: Path) -> None:
    with Library.open(database_path, create=False) as absent:
        assert absent.undo() is absent.redo() is None
        assert absent.set_status([A], SessionStatus.ARCHIVED) == 0
    assert not database_path.parent.exists()


def test_a_database_that_is_made_anew_goes_on_behind_the_file_and_doctor_tells_what_it_lacks(
    three: Library, journal: Path, database_path: Path, tmp_path: Path
) -> None:
    three.set_starred([A], True)
    three.add_tags([B, C], ["left"])
    three.rate(three.messages(three.session_ids()[0])[0].uid, 4)
    three.undo()
    assert notes(three) == []
    three.close()
    kept = journal.read_bytes()
    (tmp_path / "new").mkdir()
    with Library.open(tmp_path / "new" / database_path.name) as anew:
        (tmp_path / "new" / journal.name).write_bytes(kept)
        fill(anew, *(make_session(name) for name in "abc"))
        assert len(notes(anew)) == 1
        assert notes(anew)[0].startswith("3 of your changes are only in ")
        anew.add_tags([A], ["new"])
        assert lines(tmp_path / "new" / journal.name)[-1]["step"] == 4
        restore(anew.database, anew.user.id, tmp_path / "new" / journal.name)
        assert notes(anew) == []
        assert told(anew.undo()) == "tagged a session #new (“Title of a”)"
        assert told(anew.undo()) == "tagged 2 sessions #left"


def notes(library: Library) -> list[str]:
    return [found.detail for found in library.check() if found.check == "journal" and found.severity != "ok"]
