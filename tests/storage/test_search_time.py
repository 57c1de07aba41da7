"""A search keeps its time: what there is no time for is left out, and that is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatviewer.domain import HitKind, SessionStatus
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.patterns import first_match
from chatviewer.storage.searching import UNREAD_TEXT, UNWEIGHED
from tests.factories import at, fill, make_message, make_session
from tests.measuring import cpu_seconds


@pytest.fixture
def library(database_path: Path) -> Iterator[Library]:
    with Library.open(database_path) as opened:
        yield opened


def thread(number: int, *texts: str, **fields: object):  # type: ignore[no-untyped-def]
    """A session; the higher its number, the newer."""
    messages = [make_message(f"{number}-{place}", text, created_at=at(number * 60 + place)) for place, text in enumerate(texts)]
    return make_session(f"s{number}", messages, **fields)


def test_reading_for_punctuation_ends_when_its_time_is_up(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(thread(number, "a -> b") for number in range(5)), thread(5, "text", title="x -> y"))
    whole = library.search(parse("->"))
    assert (len(whole.hits), whole.problems) == (6, ())
    monkeypatch.setattr("chatviewer.storage.searching.READ_SHARE", 0)
    cut = library.search(parse("->"))
    assert [hit.kind for hit in cut.hits] == [HitKind.TITLE], "there is time for titles"
    assert cut.problems == (UNREAD_TEXT,)


def test_hidden_hits_are_counted_for_a_moment_only(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatviewer.storage.walking.FEW", 1)
    monkeypatch.setattr("chatviewer.storage.walking.PROBE", 1)
    hidden = [thread(number, "needle", "needle", status=SessionStatus.ARCHIVED) for number in range(4)]
    fill(library, *hidden, thread(4, "needle", "needle"))
    monkeypatch.setattr("chatviewer.storage.walking.HIDDEN_SECONDS", -1)
    result = library.search(parse("needle in:text"))
    assert (len(result.hits), result.hidden_count, result.is_hidden_count_whole) == (2, 0, False)


def test_where_nothing_is_hidden_no_count_is_missing(library: Library) -> None:
    fill(library, thread(0, "needle"))
    assert library.search(parse("/need+le/")).is_hidden_count_whole
    fill(library, thread(1, "needle", status=SessionStatus.TRASHED))
    assert not library.search(parse("/need+le/")).is_hidden_count_whole
    assert library.search(parse("/need+le/ is:any")).is_hidden_count_whole


def test_what_speaks_of_a_message_is_looked_at_until_there_are_enough(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(thread(number, "needle", f"needle {number % 2}") for number in range(20)))
    monkeypatch.setattr("chatviewer.storage.candidates.MARGIN", 0)
    read: list[str] = []
    library.database.reader().create_function("regexp", 2, lambda pattern, text: read.append(text) or text.endswith("1"))
    first = library.search(parse("needle /1$/ in:text"), limit=3)
    assert ([hit.session_id for hit in first.hits], first.has_more) == ([20, 18, 16], True)
    assert len(read) == 20, "four rows, then sixteen, of which each fourth is one"
    whole = library.search(parse("needle /1$/ in:text"), limit=10)
    assert (len(whole.hits), whole.has_more) == (10, False)


def test_titles_are_weighed_however_old_where_messages_are_too_many(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, thread(0, "text", title="Needle in a haystack"), *(thread(number, "needle", "a needle") for number in range(1, 20)))
    monkeypatch.setattr("chatviewer.storage.ranking.MAX_ROWS", 5)
    result = library.search(parse("needle"), order="best")
    assert (result.hits[0].kind, result.hits[0].session_id) == (HitKind.TITLE, 1)
    assert result.problems == (UNWEIGHED,)


def test_a_pattern_is_marked_where_it_was_found_without_going_over_a_long_line_at_once(library: Library) -> None:
    fill(library, thread(0, "a" * 3_000 + " bx"))
    assert cpu_seconds(lambda: first_match(".*.*.*zx", "a" * 3_000, 0.0), runs=1) < 1, "at once it takes minutes"
    (hit,) = library.search(parse("/b.*x/ in:text")).hits
    assert hit.snippet.endswith("\x02bx\x03")
