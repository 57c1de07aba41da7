"""What the user says: each change alone, what it does to the rows that repeat it, and what it refuses."""

from pathlib import Path

import pytest

from chatviewer.domain import SessionStatus
from chatviewer.domain.preference import PREFERENCES
from chatviewer.errors import DatabaseLockedError, NotFoundError, UsageError
from chatviewer.query import parse
from chatviewer.storage.connection import connect
from chatviewer.storage.library import Library
from tests.factories import fill, make_session, told

A, B, C = (make_session(name).uid for name in "abc")


@pytest.fixture
def three(library: Library) -> Library:
    fill(library, *(make_session(name) for name in "abc"))
    return library


def replies(library: Library, uid: str = A) -> list[str]:
    return [message.uid for message in library.messages(library.summary(uid).id)]


def columns(library: Library, uid: str, names: str) -> tuple[object, ...]:
    row: tuple[object, ...] = library.database.connection().execute(f"SELECT {names} FROM session WHERE uid = ?", (uid,)).fetchone()
    return row


def found_titles(library: Library, word: str) -> int:
    sql = "SELECT count(*) FROM session_fts WHERE session_fts MATCH ?"
    return int(library.database.connection().execute(sql, (f'title : "{word}"',)).fetchone()[0])


def test_a_title_of_ones_own_is_found_by_its_parts_as_long_as_it_stands(three: Library) -> None:
    def found(text: str) -> list[str]:
        return [hit.session_uid for hit in three.search(parse(f"in:title {text}")).hits]

    three.rename(A, "parseHttpHeader 数据库连接 🚀")
    for text in ("HttpHeader", "http", "据库", "🚀"):
        assert found(text) == [A], text
        assert [summary.uid for summary in three.summaries(three.session_ids(parse(f"in:title {text}")))] == [A]
    three.rename(A, "loadTlsCert")
    assert (found("http"), found("tls")) == ([], [A])
    three.undo()
    assert (found("http"), found("tls")) == ([A], [])
    three.redo()
    assert (found("http"), found("tls")) == ([], [A])
    three.rename(A, "")
    assert found("tls") == []
    assert columns(three, A, "terms") == (None,)


def test_a_rating_is_given_changed_and_taken_away(three: Library) -> None:
    first, second = replies(three)
    three.rate(second, 2, "so so")
    three.rate(first, 4)
    assert three.summary(A).rating == 4
    three.rate(second, 5)
    rated = three.messages(three.summary(A).id)[1].rating
    assert rated is not None
    assert (rated.value, rated.text) == (5, "so so")
    three.rate(second, None)
    assert three.summary(A).rating == 4
    three.rate(first, None)
    assert three.summary(A).rating is None


@pytest.mark.parametrize("value", [0, 6, -1])
def test_a_rating_has_one_to_five_stars(three: Library, value: int) -> None:
    with pytest.raises(UsageError, match="1 to 5"):
        three.rate(replies(three)[0], value)


def test_what_is_not_there_cannot_be_annotated(three: Library) -> None:
    with pytest.raises(NotFoundError):
        three.rate("nobody", 3)
    with pytest.raises(NotFoundError):
        three.set_note("\udcff", "x")
    with pytest.raises(NotFoundError):
        three.rename("nobody", "x")
    assert three.set_status(["nobody"], SessionStatus.ARCHIVED) == 0
    assert three.undo() is None


def test_status_moves_the_session_and_its_times(three: Library) -> None:
    assert three.set_status([A, B, A], SessionStatus.ARCHIVED) == 2
    assert three.set_status([A, B, C], SessionStatus.ARCHIVED) == 1
    assert list(three.session_ids()) == []
    status, archived_at, trashed_at = columns(three, A, "status, archived_at, trashed_at")
    assert (status, trashed_at) == ("archived", None)
    assert archived_at is not None
    assert three.set_status([A], SessionStatus.TRASHED) == 1
    status, archived_at, trashed_at = columns(three, A, "status, archived_at, trashed_at")
    assert (status, archived_at) == ("trashed", None)
    assert trashed_at is not None
    three.set_status([A], SessionStatus.ACTIVE)
    assert columns(three, A, "status, archived_at, trashed_at") == ("active", None, None)


def test_stars_come_and_go(three: Library) -> None:
    assert three.set_starred([A, B], True) == 2
    assert three.set_starred([A, C], True) == 1
    assert three.set_starred([B], False) == 1
    assert [three.summary(uid).is_starred for uid in (A, B, C)] == [True, False, True]


def test_tags_are_one_whatever_their_case_and_go_with_their_last_session(three: Library) -> None:
    assert three.add_tags([A], ["#Bug", " two  words "]) == 1
    assert three.add_tags([A, B], ["bug"]) == 1
    assert [(tag.name, tag.session_count) for tag in three.tags()] == [("Bug", 2), ("two words", 1)]
    assert three.summary(B).tags == ("Bug",)
    assert three.remove_tags([A, B, C], ["BUG"]) == 2
    assert [tag.name for tag in three.tags()] == ["two words"]


def test_tags_given_and_taken_at_once_are_one_step(three: Library) -> None:
    three.add_tags([A], ["old", "kept"])
    assert three.change_tags([A, B], ["new", "KEPT"], ["OLD", "new"]) == 2
    assert [three.summary(uid).tags for uid in (A, B)] == [("kept", "new"), ("kept", "new")]
    assert three.change_tags([A], ["new"], ["old"]) == 0
    three.undo()
    assert [three.summary(uid).tags for uid in (A, B)] == [("kept", "old"), ()]


def test_case_of_other_scripts_makes_another_tag(three: Library) -> None:
    three.add_tags([A], ["Übel"])
    three.add_tags([A], ["übel"])
    assert set(three.summary(A).tags) == {"Übel", "übel"}
    assert told(three.undo()) == "tagged a session #übel (“Title of a”)"
    assert three.summary(A).tags == ("Übel",)


@pytest.mark.parametrize("name", ["", "#", " ", "a,b", "x" * 101])
def test_what_is_no_tag_is_refused(three: Library, name: str) -> None:
    with pytest.raises(UsageError, match="no tag"):
        three.add_tags([A], [name])


def test_a_title_of_ones_own_is_shown_sorted_and_found(three: Library) -> None:
    three.rename(A, "  Zebra \n crossing ")
    assert three.summary(A).title == three.session(A).title == "Zebra crossing"
    assert (found_titles(three, "zebra"), found_titles(three, "title")) == (1, 2)
    three.rename(A, "")
    assert three.summary(A).title == make_session("a").title
    assert (found_titles(three, "zebra"), found_titles(three, "title")) == (0, 3)


def test_notes_are_kept_word_for_word(three: Library) -> None:
    text = "  indented\n\nand \x1b[31m more \udcff"
    three.set_note(A, text)
    assert three.session(A).note == text.replace("\udcff", "\ufffd")
    three.set_note(A, " \n ")
    assert three.session(A).note is None


def test_saying_the_same_again_is_no_step(three: Library) -> None:
    three.rate(replies(three)[0], 3, "x")
    three.rate(replies(three)[0], 3)
    three.set_note(A, "n")
    three.set_note(A, "n")
    three.add_tags([A], ["t"])
    three.add_tags([A], ["T"])
    in_a = "(“Title of a”)"
    steps = [f"tagged a session #t {in_a}", f"wrote a note {in_a}", f"rated a reply 3 stars {in_a}", None]
    assert [told(three.undo()) for _ in range(4)] == steps


def test_preferences_have_defaults_and_are_checked(three: Library) -> None:
    assert three.preferences() == {preference.key: preference.default for preference in PREFERENCES}
    three.set_preference("theme", "nord")
    three.set_preference("max_context_messages", 7)
    assert (three.preference("theme"), three.preferences()["max_context_messages"]) == ("nord", 7)
    three.reset_preference("theme")
    assert three.preference("theme") == "chatviewer-dark"
    for key, value in (("theme", "beige"), ("theme", 3), ("max_context_messages", 0), ("max_context_messages", True), ("no_such", 1)):
        with pytest.raises(UsageError):
            three.set_preference(key, value)
    with pytest.raises(UsageError):
        three.preference("no_such")
    with pytest.raises(UsageError):
        three.reset_preference("no_such")


@pytest.mark.parametrize("stored", ['"beige"', "17", "{", "null", "[" * 100_000])
def test_a_stored_value_that_is_none_reads_as_the_default(three: Library, stored: str) -> None:
    three.database.connection().execute("INSERT INTO preference VALUES (?, 'theme', ?, 0)", (three.user.id, stored))
    assert three.preference("theme") == "chatviewer-dark"


def test_a_reimport_leaves_what_the_user_said(three: Library) -> None:
    reply = replies(three)[1]
    three.rate(reply, 4)
    three.set_status([A], SessionStatus.ARCHIVED)
    three.set_starred([A], True)
    three.rename(A, "mine")
    three.add_tags([A], ["t"])
    three.set_note(A, "n")
    before = (three.summary(A), three.session(A).note)
    fill(three, make_session("a", title="a newer title", messages=["Why is the sky blue?", "It scatters.", "More?"]))
    after = three.summary(A)
    assert after.message_count == 3
    assert (after._replace(message_count=2, last_message_at=before[0].last_message_at), three.session(A).note) == before


def test_another_writer_is_reported_in_words(three: Library, monkeypatch: pytest.MonkeyPatch, database_path: Path) -> None:
    other = connect(database_path)
    other.execute("BEGIN IMMEDIATE")
    three.database.connection().execute("PRAGMA busy_timeout = 1")
    try:
        with pytest.raises(DatabaseLockedError):
            three.set_status([A], SessionStatus.ARCHIVED)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert three.summary(A).status is SessionStatus.ACTIVE
    assert not (database_path.parent / "journal.jsonl").exists()
