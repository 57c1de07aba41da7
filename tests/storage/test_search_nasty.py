"""Nothing typed makes a search fail or work long: made-up nasty queries, the shared ones, and any text."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer.domain import Role, SearchResult
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.factories import at, fill, make_call, make_message, make_session

SHARED = Path(os.environ.get("CHATVIEWER_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))


def thread(source_id: str, *texts: str, title: str | None = None):  # type: ignore[no-untyped-def]
    """A session of question and answer."""
    messages = [
        make_message(f"{source_id}-{number}", text, role=Role.USER if number % 2 == 0 else Role.ASSISTANT, created_at=at(number))
        for number, text in enumerate(texts)
    ]
    return make_session(source_id, messages, **({} if title is None else {"title": title}))


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with a little of everything."""
    with Library.open(tmp_path_factory.mktemp("varied") / "chatviewer.db") as library:
        uid = make_message("m1").uid
        fill(
            library,
            thread("s1", "the cat (a + b) OR foo.bar() = [1, 2] % \\ 漢字仮名交じり文", "é straße 🎉 2025-02-30 title:x", title="x y"),
            make_session("s2", [make_message("m1", "```code```", thinking="hm", tool_calls=(make_call(uid),))]),
            thread("s3", "a" * 5_000, "x " * 3_000),
        )
        yield library


def nasty_queries() -> list[str]:
    """What people, pastes and attackers type: made up here, and the shared ones where they are at hand."""
    path = SHARED / "hostile" / "queries.json"
    shared = [json.loads(each["raw_json"]) for each in json.loads(path.read_text())] if path.exists() else []
    return [*NASTY, *shared]


NASTY = (
    *(
        '"',
        '""',
        '"""',
        "'",
        "''",
        "\\",
        "\\\\",
        "*",
        "**",
        "*a",
        "a**",
        "^",
        "^a",
        ":",
        "a:",
        ":a",
        "::",
        "-",
        "--",
        "---a",
        "- a",
        "+",
        "+a",
    ),
    *("OR", "AND", "NOT", "OR OR", "a OR", "OR a", "a AND", "NOT NOT a", "a NOT", "NEAR", "NEAR(", "NEAR(a b, 2)", "a NEAR/2 b", "-OR"),
    *("(", ")", "()", ")(", "((a)", "(a OR", "(" * 3_000, ")" * 3_000, "(" * 200 + "a" + ")" * 200, "-(" * 50 + "a", "NOT " * 500 + "a"),
    *(
        "content:a",
        "{content} : a",
        "rowid:1",
        "message_fts:a",
        "rank",
        "a MATCH b",
        "'; DROP TABLE message; --",
        "1=1",
        "%",
        "_",
        "?",
        "?1",
        "$a",
    ),
    *(
        "/",
        "//",
        "/(/",
        "/[/",
        "/a{1,99999}/",
        "/(a*)*b/",
        "/.*.*.*.*x/",
        "/^(a|aa)+$/",
        "/\\1/",
        "/(?<=a+)b/",
        "/x*x*x*x*y/",
        "/[\ud800]/",
    ),
    *("x" * 100_000, "x " * 5_000, "x* " * 300, "-x " * 300, "a OR " * 300, '"a b" ' * 300, "in:all " * 300, "/a/ " * 100, "é" * 5_000),
    *(
        "\0",
        "a\0b",
        "\x1b[31m",
        "\x1b]52;c;eA==\x07",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\ud800",
        "a\ud800",
        "\U0010ffff",
        "e" + "\u0301" * 500,
    ),
    *("漢", "漢*", "漢字", '"漢字仮名"', "ภาษา", "한국", "שלום", "İ", "ß", "ﬁ", "🎉", "🎉*", "👩‍👩‍👧", "é", "e\u0301", "①", "٣"),
    *(
        "before:9999",
        "after:0000",
        "on:2025-02-30",
        "on:..",
        "rating:>99999999999999999999",
        "messages:-1",
        "tokens:1e999",
        "messages:..",
        "after:9999999y",
    ),
    *(
        "project:%",
        "project:_",
        "project:*",
        "tag:#",
        "title:[",
        "model:'",
        "source:\\",
        "tool:%",
        "is:",
        "is:none",
        "has:everything",
        "in:nowhere",
    ),
    *(
        "e*",
        "e* a* i*",
        "-e*",
        "e* OR a*",
        '"e*"',
        "1*",
        "0* 1* 2*",
        "the the the",
        "a" * 63 + "*",
        "in:tools e*",
        "in:all -e*",
        "x in:title -x",
    ),
)
STEPS = 100  # of SQLite's machine between two looks
MOST_STEPS = 400_000  # two hundredths of a second or so


@pytest.fixture
def steps(varied: Library) -> Iterator[list[int]]:
    """How much SQLite did: one number, which grows. A search that goes on and on is stopped, and fails."""
    count = [0]
    connection = varied.database.reader()

    def look() -> bool:
        count[0] += STEPS
        return count[0] > MOST_STEPS

    connection.set_progress_handler(look, STEPS)
    yield count
    connection.set_progress_handler(None, 0)


@pytest.mark.parametrize("order", ["recent", "best"])
def test_nasty_queries_are_answered_with_little_work(varied: Library, steps: list[int], order: str) -> None:
    for text in nasty_queries():
        steps[0] = 0
        for typed in (True, False):
            result = varied.search(parse(text, is_being_typed=typed), order=order)  # stopped by its budget it would raise
            assert isinstance(result, SearchResult), text
            assert all(hit.snippet.count("\x02") == hit.snippet.count("\x03") for hit in result.hits)


def test_nasty_queries_filter_lists_with_little_work(varied: Library) -> None:
    connection = varied.database.connection()
    for text in nasty_queries():
        count = [0]

        def look(count: list[int] = count) -> bool:
            count[0] += STEPS
            return count[0] > MOST_STEPS

        connection.set_progress_handler(look, STEPS)
        try:
            assert len(varied.session_ids(parse(text))) <= 3, text
        finally:
            connection.set_progress_handler(None, 0)


PIECES = st.sampled_from(
    [
        *("cat", "a", "x*", "f*", "OR", "AND", "NOT", "-", "(", ")", '"', "*", "/a+/", ":", " ", " ", "!!", "^", "NEAR(", "+", "{", "}"),
        *("\0", "\ud800", "漢", "ß", "🎉", "ภา", "getUserName", "v1.2.3", "in:all", "in:title", "in:thinking", "in:tools"),
        *("source:claude", "project:none", "model:opus", "role:user", "tool:Bash", "tag:x", "tag:none", "title:x", "rating:>=4"),
        *("rating:none", "before:2030", "after:7d", "is:any", "is:branched", "has:error,image,thinking,tool,note,code", "status:paused"),
        *("messages:>1", "tokens:1..2", "is:subagent", "is:starred,rated"),
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=examples(150))
@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=8).map(" ".join)))
def test_any_text_searches_and_filters(varied: Library, text: str) -> None:
    query = parse(text)
    for order in ("recent", "best"):
        result = varied.search(query, order=order, limit=5)
        assert all(hit.snippet.count("\x02") == hit.snippet.count("\x03") for hit in result.hits)
    varied.session_ids(query)
