"""What a session's row knows of where its messages stand, by which a search walks it: first and last row, and whether it has branches."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatviewer.domain import Session
from chatviewer.query import parse
from chatviewer.storage import walking
from chatviewer.storage.checking import check
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_message, make_session


@pytest.fixture
def library(database_path: Path) -> Iterator[Library]:
    with Library.open(database_path) as opened:
        yield opened


def thread(name: str, count: int, *, start: float = 0, asked_again: bool = False) -> Session:
    """A session of so many messages, each the answer to the one before; asked again, the last two answer the same."""
    messages = []
    for number in range(count):
        answers = number - (2 if asked_again and number == count - 1 else 1)
        parent = messages[answers].uid if number else None
        messages.append(make_message(f"{name}-{number}", f"needle {number}", parent_uid=parent, created_at=at(start + number)))
    return make_session(name, messages)


def stretches(library: Library) -> dict[str, tuple[int, int, int]]:
    rows = library.database.reader().execute("SELECT source_id, first_row, last_row, is_branched FROM session")
    return {name: (first, last, is_branched) for name, first, last, is_branched in rows}


def is_sound(library: Library) -> bool:
    return all(finding.severity == "ok" for finding in check(library.database, library.user.id) if finding.check == "derived columns")


def branched(library: Library) -> list[str]:
    return sorted(summary.source_id for summary in library.summaries(list(library.session_ids(parse("is:branched")))))


@pytest.mark.parametrize("is_bulk", [False, True])
def test_sessions_know_their_rows_and_branches_as_they_grow(library: Library, is_bulk: bool) -> None:
    if is_bulk:
        with library.bulk():
            fill(library, thread("a", 3), thread("b", 4, asked_again=True))
            library.finish_import()
    else:
        fill(library, thread("a", 3), thread("b", 4, asked_again=True))
    assert stretches(library) == {"a": (1, 3, 0), "b": (4, 7, 1)}
    assert branched(library) == ["b"]
    fill(library, thread("a", 5), thread("c", 1))
    assert stretches(library) == {"a": (1, 9, 0), "b": (4, 7, 1), "c": (10, 10, 0)}
    fill(library, thread("a", 6, asked_again=True))
    assert branched(library) == ["a", "b"], "the new answer has the parent of a stored one"
    assert is_sound(library)


def test_doctor_finds_sessions_that_do_not_know_their_rows(library: Library) -> None:
    fill(library, thread("a", 3), thread("b", 3, asked_again=True))
    for change in ("last_row = 2", "first_row = NULL", "is_branched = 1 - is_branched"):
        connection = library.database.connection()
        connection.execute("SAVEPOINT damage")
        connection.execute(f"UPDATE session SET {change}")
        assert not is_sound(library), change
        connection.execute("ROLLBACK TO damage")
        connection.execute("RELEASE damage")
    assert is_sound(library)


def test_a_session_that_went_on_after_others_is_not_read_across_them(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, thread("old", 5, start=-1000))
    fill(library, *(thread(f"s{number}", 10, start=number) for number in range(20)))
    fill(library, thread("old", 8, start=5000))
    for name, value in (("FEW", 5), ("PROBE", 5), ("PROBE_SECONDS", -1), ("_QUERY_SECONDS", 0), ("HIDDEN_SECONDS", -1)):
        monkeypatch.setattr(walking, name, value)
    asked: list[tuple[int, int]] = []
    between = walking.IndexRows.between

    def watched(rows: walking.IndexRows, low: int, high: int, limit: int = -1) -> object:
        asked.append((low, high))
        return between(rows, low, high, limit)

    monkeypatch.setattr(walking.IndexRows, "between", watched)
    hits = library.search(parse("needle in:text"), limit=7).hits
    assert [hit.seq for hit in hits] == [7, 6, 5, 4, 3, 2, 1]
    assert {(1, 5), (206, 208)} <= set(asked)
    assert all(high - low < 10 for low, high in asked), "where its rows are, not all that lie between them"


def test_hits_in_sessions_that_went_on_later_and_in_others_stand_in_one_order(library: Library) -> None:
    """Whose the rows are is found in two ways; sessions of the same time come one after the other."""
    fill(library, thread("a", 2), thread("b", 2))
    fill(library, thread("a", 4), thread("c", 4))
    found = [(hit.session_id, hit.seq) for hit in library.search(parse("needle")).hits]
    assert found == [(3, 3), (3, 2), (3, 1), (3, 0), (1, 3), (1, 2), (1, 1), (1, 0), (2, 1), (2, 0)]
