"""What is new since it was last read: after the first import nothing, then what comes, until it is read."""

from pathlib import Path

import pytest

from chatviewer.domain import Session
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.rejoining import rejoin, take_own
from tests.factories import make_import, make_session

TEXTS = ("one", "two", "three", "four", "five")


def session_of(count: int, source_id: str = "s", **fields: object) -> Session:
    return make_session(source_id, TEXTS[:count], **fields)


def imported(library: Library, *sessions: Session) -> None:
    """A complete run of an import."""
    library.save([make_import(session) for session in sessions])
    library.finish_import({session.source for session in sessions})


def unread(library: Library) -> dict[str, int]:
    return {summary.source_id: summary.unread_count for summary in library.summaries(library.session_ids(parse("is:unread")))}


def test_after_the_first_import_nothing_is_new(library: Library) -> None:
    imported(library, session_of(2), session_of(3, "t"))
    assert unread(library) == {}
    assert library.counts().unread == 0


def test_a_first_import_that_was_stopped_goes_on_without_marks(library: Library) -> None:
    library.save([make_import(session_of(2))])
    library.finish_import()  # stopped: nothing is complete
    imported(library, session_of(3, "t"), session_of(4))
    assert unread(library) == {}


def test_what_comes_after_that_is_new(library: Library) -> None:
    imported(library, session_of(2))
    imported(library, session_of(5), session_of(3, "t"))
    assert unread(library) == {"s": 3, "t": 3}
    assert [row.source_id for row in library.summaries(library.session_ids(parse("is:new")))] == ["t"]
    assert library.counts().unread == 2
    imported(library, session_of(5), session_of(3, "t"))  # the same again
    assert unread(library) == {"s": 3, "t": 3}


def test_the_first_import_of_another_source_brings_no_marks(library: Library) -> None:
    imported(library, session_of(2))
    imported(library, make_session("export", TEXTS, source="chatgpt"))
    assert unread(library) == {}
    imported(library, make_session("export-2", TEXTS, source="chatgpt"))
    assert unread(library) == {"export-2": 5}


def test_reading_takes_the_mark_away_until_more_comes(library: Library) -> None:
    imported(library, session_of(2))
    imported(library, session_of(4))
    uid = session_of(2).uid
    assert library.mark_read({uid: 3}) == 1  # the fourth came while the third was read
    assert unread(library) == {"s": 1}
    assert library.mark_read({uid: 4}) == 1
    assert library.mark_read({uid: 4}) == library.mark_read({uid: 3}) == library.mark_read({"no such": 1}) == 0
    assert unread(library) == {}
    imported(library, session_of(5))
    assert unread(library) == {"s": 1}


def test_marked_as_unread_it_is_new_as_a_whole(library: Library) -> None:
    imported(library, session_of(3))
    assert library.mark_read({session_of(3).uid: 0}) == 1
    assert unread(library) == {"s": 3}
    imported(library, session_of(4))
    assert unread(library) == {"s": 4}


def test_a_sub_agent_is_never_new(library: Library) -> None:
    parent = session_of(2)
    imported(library, parent)
    imported(library, session_of(3, "child", parent_uid=parent.uid))
    assert not library.session_ids(parse("is:unread is:subagent"))
    child = library.summary(session_of(3, "child").uid)
    assert library.mark_read({child.uid: 0}) == 0


def test_it_is_no_step_of_undo(library: Library) -> None:
    imported(library, session_of(2))
    library.mark_read({session_of(2).uid: 0})
    assert library.undo() is None


def test_read_marks_survive_that_the_rows_are_made_anew(library: Library) -> None:
    imported(library, session_of(5))
    library.mark_read({session_of(5).uid: 0})
    library.mark_read({session_of(5).uid: 3})
    library.database.connection().execute("DELETE FROM session")
    imported(library, session_of(5))
    assert unread(library) == {"s": 2}


def test_a_purge_forgets_them(library: Library) -> None:
    imported(library, session_of(2))
    library.mark_read({session_of(2).uid: 0})
    library.purge([session_of(2).uid])
    assert library.database.connection().execute("SELECT count(*) FROM reading").fetchone() == (0,)


def test_a_repair_keeps_what_was_new(library: Library, tmp_path: Path) -> None:
    imported(library, session_of(2), session_of(3, "t"))
    imported(library, session_of(4))
    old = tmp_path / "old.db"
    library.backup(old)
    with Library.open(tmp_path / "new.db") as new:
        take_own(new.database, new.user.id, old)
        imported(new, session_of(5), session_of(3, "t"))  # one more since
        rejoin(new.database, new.user.id, old)
        assert unread(new) == {"s": 3}
        assert not [finding for finding in new.check() if finding.severity == "damage"]


def test_a_repair_mends_what_the_rows_forgot_and_knows_what_was_imported_before(library: Library, tmp_path: Path) -> None:
    imported(library, session_of(2), session_of(1, "u", source="codex"))
    imported(library, session_of(4))
    library.mark_read({session_of(2).uid: 4})
    library.database.connection().execute("UPDATE session SET read_count = 1")
    old = tmp_path / "old.db"
    library.backup(old)
    with Library.open(tmp_path / "new.db") as new:
        take_own(new.database, new.user.id, old)
        imported(new, session_of(4))
        rejoin(new.database, new.user.id, old)
        assert not [finding for finding in new.check() if finding.severity == "damage"]
        assert unread(new) == {}
        imported(new, session_of(3, "v", source="codex"))  # whose first session no source holds any more
        assert unread(new) == {"v": 3}


@pytest.mark.parametrize("statement", ["UPDATE session SET read_count = 9", "UPDATE session SET read_count = -1"])
def test_doctor_sees_a_count_that_cannot_be(library: Library, statement: str) -> None:
    imported(library, session_of(2))
    library.mark_read({session_of(2).uid: 0})
    assert not [finding for finding in library.check() if finding.severity == "damage"]
    library.database.connection().execute(statement)
    assert any("as read" in finding.detail for finding in library.check() if finding.severity == "damage")


def test_doctor_sees_a_session_that_forgot_that_it_was_read(library: Library) -> None:
    imported(library, session_of(2))
    imported(library, session_of(4))
    library.mark_read({session_of(2).uid: 4})
    library.database.connection().execute("UPDATE session SET read_count = 1")
    assert any("as read" in finding.detail for finding in library.check() if finding.severity == "damage")
