"""What a search finds, in which order, and that nothing typed makes it fail."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatviewer.domain import Attachment, HitKind, Role, SearchResult, SessionStatus
from chatviewer.errors import InterruptedSearchError, UsageError
from chatviewer.query import parse
from chatviewer.storage import ranking, walking
from chatviewer.storage.library import Library
from chatviewer.storage.searching import UNWEIGHED
from tests.factories import at, fill, make_call, make_message, make_session
from tests.measuring import cpu_seconds

SHARED = Path(os.environ.get("CHATVIEWER_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))


@pytest.fixture
def library(database_path: Path) -> Iterator[Library]:
    with Library.open(database_path) as opened:
        yield opened


def find(library: Library, text: str, **options: object) -> SearchResult:
    return library.search(parse(text), **options)  # type: ignore[arg-type]


def ids(library: Library, text: str, **options: object) -> list[str]:
    """The sessions of the hits, in order."""
    source_ids = {summary.id: summary.source_id for summary in library.summaries(list(library.session_ids(parse("is:any"))))}
    return [source_ids[hit.session_id] for hit in find(library, text, **options).hits]


def thread(source_id: str, *texts: str, start: float = 0, **fields: object):  # type: ignore[no-untyped-def]
    """A session whose first message is `start` minutes after noon."""
    messages = [
        make_message(f"{source_id}-{number}", text, role=Role.USER if number % 2 == 0 else Role.ASSISTANT, created_at=at(start + number))
        for number, text in enumerate(texts)
    ]
    return make_session(source_id, messages, **fields)  # type: ignore[arg-type]


def test_a_hit_says_where_and_what(library: Library) -> None:
    fill(library, thread("s1", "Why is the test flaky?", "The fixture shares a database file.", title="Fix it", project="/home/me/api"))
    (hit,) = find(library, "database").hits
    assert (hit.title, hit.source, hit.project, hit.seq) == ("Fix it", "claude-code", "/home/me/api", 1)
    assert hit.role is Role.ASSISTANT
    assert hit.kind is HitKind.TEXT
    assert hit.created_at == at(1)
    assert hit.snippet == "The fixture shares a \x02database\x03 file."
    assert library.message_session(hit.message_uid or "")[1].content.startswith("The fixture")


def test_newest_session_first_whatever_was_imported_first(library: Library) -> None:
    fill(library, thread("new", "needle", "needle too", start=500), thread("old", "needle", start=-900), thread("middle", "needle"))
    assert ids(library, "needle") == ["new", "new", "middle", "old"]
    assert [hit.seq for hit in find(library, "needle").hits][:2] == [1, 0]


def test_a_common_word_is_found_in_the_same_order_as_a_rare_one(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(thread(f"s{number}", "needle", "hay", "needle", start=number * 37 % 300 * 10) for number in range(40)))
    library.set_status([library.summaries([session])[0].uid for session in library.session_ids()[:5]], SessionStatus.ARCHIVED)
    few = [ids(library, "needle", limit=30, offset=offset) for offset in (0, 30, 60)]
    hidden = find(library, "needle").hidden_count
    monkeypatch.setattr(walking, "FEW", 5)
    monkeypatch.setattr(walking, "PROBE", 5)
    monkeypatch.setattr(walking, "HIDDEN_SECONDS", 10)
    many = [ids(library, "needle", limit=30, offset=offset) for offset in (0, 30, 60)]
    assert few == many
    assert sum(map(len, few)) == 70
    assert hidden == find(library, "needle").hidden_count == 10


def test_large_and_interleaved_sessions_are_walked_right(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(thread(f"s{number}", *["needle"] * (number % 5 * 3), start=number) for number in range(1, 20)))
    whole = [(hit.session_id, hit.seq) for hit in find(library, "needle", limit=500).hits]
    monkeypatch.setattr(walking, "FEW", 5)
    monkeypatch.setattr(walking, "PROBE", 5)
    monkeypatch.setattr(walking, "LARGE", 7)
    assert [(hit.session_id, hit.seq) for hit in find(library, "needle", limit=500).hits] == whole
    assert [(hit.session_id, hit.seq) for hit in find(library, "needle", limit=4).hits] == whole[:4]
    assert [(hit.session_id, hit.seq) for hit in find(library, "n*", limit=500).hits] == whole


def test_pages_follow_each_other(library: Library) -> None:
    fill(library, *(thread(f"s{number}", "needle", start=number) for number in range(25)))
    pages = [find(library, "needle", limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [len(page.hits) for page in pages] == [10, 10, 5, 0]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert len({hit.message_uid for page in pages for hit in page.hits}) == 25


def test_titles_are_found_and_stand_before_their_session(library: Library) -> None:
    fill(library, thread("s1", "about a needle", title="The needle in the hay"), thread("s2", "nothing", title="Needle", start=10))
    hits = find(library, "needle").hits
    assert [(hit.kind, hit.title) for hit in hits] == [
        (HitKind.TITLE, "Needle"),
        (HitKind.TITLE, "The needle in the hay"),
        (HitKind.TEXT, "The needle in the hay"),
    ]
    assert hits[0].message_uid is None
    assert hits[1].snippet == "The \x02needle\x03 in the hay"


def test_titles_are_found_by_their_parts_too(library: Library) -> None:
    fill(library, thread("s1", "x", title="修复登录页面的错误"), thread("s2", "x", title="Why getUserName fails 🎉"))
    for text, expected in (
        ("登录", ["s1"]),
        ("登录 错误", ["s1"]),
        ("userName", ["s2"]),
        ("🎉", ["s2"]),
        ("登 页", ["s1"]),
        ("录登", []),
        ("登录 -错误", []),
    ):
        assert ids(library, text) == expected, text
        assert ids(library, text, order="best") == expected, text
        assert len(library.session_ids(parse(text))) == len(expected), text


def test_scopes(library: Library) -> None:
    uid = make_message("m1").uid
    call = make_call(uid, tool_name="Grep", arguments={"pattern": "alpha\nomega"}, result="beta")
    message = make_message(
        "m1", "gamma", role=Role.ASSISTANT, thinking="delta", tool_calls=(call,), attachments=(Attachment(name="a.txt", text="epsilon"),)
    )
    fill(library, make_session("s1", [message], title="zeta"))
    for word, kind, scope in [
        ("gamma", HitKind.TEXT, "text"),
        ("delta", HitKind.THINKING, "thinking"),
        ("zeta", HitKind.TITLE, "title"),
        ("epsilon", HitKind.ATTACHMENT, "text"),
        ("alpha", HitKind.TOOL, "tools"),
        ("omega", HitKind.TOOL, "tools"),
        ("beta", HitKind.TOOL, "tools"),
        ("grep", HitKind.TOOL, "tools"),
    ]:
        (hit,) = find(library, f"{word} in:{scope}").hits
        assert hit.kind is kind
        assert "\x02" in hit.snippet
        assert len(find(library, f"{word} in:all").hits) == 1
        assert len(find(library, word).hits) == (scope != "tools")
        others = [other for other in ("text", "thinking", "title", "tools") if other != scope]
        assert not find(library, f"{word} in:{','.join(others)}").hits


def test_the_calls_of_a_tool_that_is_asked_for_are_searched(library: Library) -> None:
    uid = make_message("m1").uid
    calls = (make_call(uid, tool_name="Bash", result="needle"), make_call(uid, 1, tool_name="mcp__shell__Bash", result="needle"))
    other = make_call(uid, 2, tool_name="Read", result="needle")
    fill(library, make_session("s1", [make_message("m1", "text", role=Role.ASSISTANT, tool_calls=(*calls, other))]), thread("s2", "needle"))
    assert [hit.kind for hit in find(library, "needle tool:bash").hits] == [HitKind.TOOL, HitKind.TOOL]
    assert len(find(library, "tool:Read").hits) == 1
    assert not find(library, "tool:Write needle").hits


def test_archived_and_trashed_sessions_are_counted_but_not_shown(library: Library) -> None:
    fill(library, *(thread(name, "needle") for name in ("shown", "archived", "trashed")))
    uids = {summary.source_id: summary.uid for summary in library.summaries(library.session_ids())}
    library.set_status([uids["archived"]], SessionStatus.ARCHIVED)
    library.set_status([uids["trashed"]], SessionStatus.TRASHED)
    for order in ("recent", "best"):
        result = find(library, "needle", order=order)
        assert (len(result.hits), result.hidden_count) == (1, 2)
        assert find(library, "needle is:any", order=order).hidden_count == 0
    assert sorted(ids(library, "needle is:any")) == ["archived", "shown", "trashed"]
    assert ids(library, "needle is:archived") == ["archived"]
    assert sorted(ids(library, "needle is:archived,trashed")) == ["archived", "trashed"]
    assert find(library, "project:api").hidden_count == 2


def test_words_in_one_message_come_before_words_in_one_session(library: Library) -> None:
    fill(
        library,
        thread("together", "why is the import slow", "because of the fixture", start=100),
        thread("one", "the import and its fixture"),
        thread("apart", "import", start=200),
        thread("title", "fixture", title="Import", start=300),
    )
    assert ids(library, "import fixture") == ["one", "title", "title", "together", "together"]
    assert ids(library, "import fixture -slow") == ["one", "title", "title"]
    assert ids(library, '"import" fixture project:nowhere') == []


def test_words_in_one_session_when_one_of_them_is_common(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(thread(f"s{number}", "common", "rare" if number % 10 == 0 else "hay", start=number) for number in range(40)))
    whole = ids(library, "common rare")
    assert whole == ["s30", "s30", "s20", "s20", "s10", "s10", "s0", "s0"]
    monkeypatch.setattr(walking, "FEW", 6)
    monkeypatch.setattr(walking, "PROBE", 6)
    assert ids(library, "common rare") == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", ["s1", "s2"]),
        ("cat dog", ["s1"]),
        ("cat -dog", ["s2"]),
        ("cat OR bird", ["s1", "s2", "s3"]),
        ('"the cat"', ["s1"]),
        ('"cat the"', []),
        ("ca*", ["s1", "s2"]),
        ("c*", ["s1", "s2"]),
        ("zz*", []),
        ("b* -fly", []),
        ("(cat OR bird) -(dog OR fly)", ["s2"]),
        ("-cat", ["s3"]),
        ("-cat -bird", []),
        ("/c.t a/", ["s1", "s2"]),
        ("cat /d.g/", ["s1"]),
        ("/nothing/", []),
        ("!!!", ["s2"]),
        ("cat !!!", ["s1", "s2"]),
        ("cat OR project:aviary", ["s1", "s2", "s3"]),
        ("project:aviary", ["s3"]),
        ("cat role:user", ["s1", "s2"]),
        ("cat role:assistant", []),
        ("", ["s1", "s2", "s3"]),
        ("CAT", ["s1", "s2"]),
        ("kat", []),
    ],
)
def test_operators(library: Library, text: str, expected: list[str]) -> None:
    fill(
        library,
        thread("s1", "the cat and the dog", start=3, title="x"),
        thread("s2", "a cat alone!!!", start=2, title="y"),
        thread("s3", "birds fly, a bird flies", start=1, project="/home/me/aviary", title="z"),
    )
    assert list(dict.fromkeys(ids(library, text))) == expected


def test_dates_are_those_of_the_message(library: Library) -> None:
    fill(library, make_session("s1", [make_message("a", "needle", created_at=at(0)), make_message("b", "needle", created_at=at(2 * 1440))]))
    assert [hit.seq for hit in find(library, "needle on:2026-03-01").hits] == [0]
    assert [hit.seq for hit in find(library, "needle after:2026-03-02").hits] == [1]
    assert not find(library, "needle before:2026-02").hits


def test_best_first_weighs_title_phrase_author_and_rating(library: Library) -> None:
    filler = "some more words about other things that matter less " * 3
    fill(
        library,
        thread("apart", f"slow {filler} import", start=40),
        thread("exact", f"{filler} slow import", start=30),
        thread("rated", f"slow {filler} import", start=20),
        thread("titled", "what now", title="Slow import", start=10),
    )
    uid = next(hit.message_uid for hit in find(library, "slow import").hits if hit.title == "Title of rated")
    library.rate(uid or "", 5)
    assert ids(library, "slow import", order="best") == ["titled", "exact", "rated", "apart"]


def test_best_first_of_a_common_word_looks_at_the_last_rows(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, thread("old", "needle", start=-1, project="/old"))
    fill(library, *(thread(f"s{number}", "needle needle" if number == 9 else "needle", start=number) for number in range(12)))
    monkeypatch.setattr(ranking, "MAX_ROWS", 5)
    best = find(library, "needle", order="best")
    assert (len(best.hits), best.problems) == (13, (UNWEIGHED,))
    order = [hit.title.rpartition(" ")[2] for hit in best.hits]
    assert order[0] == "s9"
    assert sorted(order[:5]) == ["s10", "s11", "s7", "s8", "s9"]
    assert order[5:] == [*(f"s{number}" for number in range(6, -1, -1)), "old"], "the others follow, newest first"
    for size in range(1, 14):
        pages = [find(library, "needle", order="best", limit=size, offset=offset) for offset in range(0, 13, size)]
        assert [hit.title.rpartition(" ")[2] for page in pages for hit in page.hits] == order
        assert all(page.problems == (UNWEIGHED,) for page in pages)
        assert [page.has_more for page in pages] == [True] * (len(pages) - 1) + [False]
    assert ids(library, "needle project:old", order="best") == ["old"], "none of those that were weighed fits"
    assert find(library, "needle").problems == ()
    monkeypatch.setattr(ranking, "MAX_ROWS", 13)
    assert find(library, "needle", order="best").problems == (), "all were weighed"
    assert find(library, "needle project:api", order="best", limit=3).has_more


def test_sub_agents_are_searched(library: Library) -> None:
    fill(library, thread("parent", "hay"), thread("child", "needle", parent_uid=make_session("parent").uid))
    assert ids(library, "needle") == ["child"]
    assert ids(library, "needle is:subagent") == ["child"]
    assert ids(library, "needle -is:subagent") == []


def test_an_unknown_order_is_refused(library: Library) -> None:
    with pytest.raises(UsageError):
        find(library, "x", order="random")


def test_problems_are_passed_on(library: Library) -> None:
    result = find(library, 'needle "unclosed rating:good')
    assert result.problems == ("this quote is not closed",)


def test_a_pattern_that_takes_too_long_is_cut_off_and_says_so(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(thread(f"s{number}", "a" * 3_000, start=number) for number in range(30)))
    monkeypatch.setattr("chatviewer.storage.searching.PATTERN_SECONDS", 0.02)
    assert cpu_seconds(lambda: find(library, "/a.*a.*a.*b/"), runs=2) < 0.5
    result = find(library, "/a.*a.*a.*b/")
    assert "Not everything was read" in result.problems[-1]


def test_a_search_can_be_interrupted(library: Library) -> None:
    fill(library, *(thread(f"s{number}", "a" * 3_000, start=number) for number in range(50)))
    stop = threading.Event()

    def search_often() -> None:
        for _ in range(200):
            find(library, "/a.*a.*a.*b/")

    def interrupt() -> None:
        while not stop.is_set():
            library.interrupt()
            time.sleep(0.001)

    thread_ = threading.Thread(target=interrupt)
    thread_.start()
    try:
        with pytest.raises(InterruptedSearchError):
            search_often()
    finally:
        stop.set()
        thread_.join()
    assert len(find(library, "aaa*").hits) == 50


@pytest.mark.parametrize("text", ["-/a.*b/", "-/a.*b/ -/c.*d/ is:any"])
def test_a_list_stops_when_nobody_waits_for_it(library: Library, text: str) -> None:
    """Its patterns are read without a limit of time, for commands act on all that it holds."""
    fill(library, *(thread(f"s{number}", "hay", start=number) for number in range(50)))
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > 5

    whole = library.session_ids(parse(text))
    assert len(whole) == 50
    with pytest.raises(InterruptedSearchError), library.stopping(should_stop):
        library.session_ids(parse(text))
    assert 5 < len(asked) < 12, "no pattern was looked for after that"
    with library.stopping(lambda: False):
        assert library.session_ids(parse(text)) == whole
    assert library.session_ids(parse(text)) == whole


def test_an_endless_statement_stops_when_nobody_waits_for_it(library: Library) -> None:
    asked: list[int] = []
    counting = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT sum(n) FROM number"
    with pytest.raises(InterruptedSearchError), library.stopping(lambda: asked.append(1) or len(asked) > 2):
        library.database.connection().execute(counting).fetchone()
    with pytest.raises(sqlite3.ProgrammingError), library.stopping(lambda: True):
        library.database.connection().execute("SELECT 1", (1,))


def test_the_number_of_statements_does_not_grow_with_the_hits(library: Library) -> None:
    def count(limit: int) -> int:
        statements: list[str] = []
        connection = library.database.reader()
        connection.set_trace_callback(statements.append)
        assert len(find(library, "needle", limit=limit).hits) == limit
        connection.set_trace_callback(None)
        return len(statements)

    fill(library, *(thread(f"s{number}", "needle", start=number) for number in range(60)))
    count(1)  # the first search also reads the schema
    assert count(5) == count(50)


def test_a_search_without_text_asks_for_many_sessions_at_once(library: Library) -> None:
    def count(text: str, limit: int) -> int:
        statements: list[str] = []
        connection = library.database.reader()
        connection.set_trace_callback(lambda text: statements.append(text) if not text.startswith("--") else None)
        assert len(find(library, text, limit=limit).hits) == limit
        connection.set_trace_callback(None)
        return len(statements)

    fill(library, *(thread(f"s{number}", "needle", "thread", "needle", start=number) for number in range(60)))
    for text in ("role:user", "-thread"):
        count(text, 1)
        assert count(text, 60) - count(text, 5) <= 3, text
    assert {hit.seq for hit in find(library, "-needle", limit=100).hits} == {1}
    assert {hit.seq for hit in find(library, "-thread", limit=100).hits} == {2}
    assert not find(library, "-needle -thread").hits


def test_sessions_that_were_not_looked_at_are_no_matter_of_patterns(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, thread("s1", "needle"))
    monkeypatch.setattr("chatviewer.storage.searching.PATTERN_SECONDS", 0.0)
    (problem,) = find(library, "role:user").problems
    assert problem.startswith("Not every session was looked at")
    assert "pattern" not in problem


def test_attachments_beyond_those_that_are_read_are_told_of(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        given = (Attachment(media_type="text/plain", text=f"Pasted {number}"),)
        fill(library, make_session(f"s{number}", [make_message(f"m{number}", "text", attachments=given)], title="Title"))
    for most, other_from, expected in ((6, 6, 6), (3, 3, 3), (2, 3, 2)):
        connection = library.database.connection()
        connection.execute("INSERT OR IGNORE INTO user (id, name, created_at) VALUES (2, 'other', 0)")
        connection.execute("UPDATE session SET user_id = 2 WHERE source_id >= ?", (f"s{other_from}",))
        monkeypatch.setattr("chatviewer.storage.searching.READ_ROWS", most)
        result = find(library, "/pasted [0-5]/")
        assert (len(result.hits), len(result.problems)) == (expected, most == 2), "another user's sessions take no place"
    assert "Not everything was read" in result.problems[-1]


def test_no_user_sees_another_ones_sessions(library: Library) -> None:
    fill(library, thread("s1", "needle", title="needle"))
    connection = library.database.connection()
    connection.execute("INSERT INTO user (name, created_at) VALUES ('other', 0)")
    connection.execute("UPDATE session SET user_id = 2")
    for text in ("needle", "nee*", "n*", "/needle/", "project:api", "needle OR project:api", "needle is:any"):
        for order in ("recent", "best"):
            result = find(library, text, order=order)
            assert (result.hits, result.hidden_count) == ((), 0)


def test_an_absent_library_answers_with_nothing(tmp_path: Path) -> None:
    with Library.open(tmp_path / "none.db", create=False) as library:
        for text in ("needle", "-needle", "/x/", "!", "", "f*"):
            assert find(library, text).hits == ()
