"""Phrases in tool calls, whose index knows no order of words: they find what they find in messages."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatviewer.domain import Role
from chatviewer.query import parse
from chatviewer.storage import matching, searching
from chatviewer.storage.library import Library
from chatviewer.storage.searching import UNREAD_TEXT
from tests.chance import examples
from tests.factories import fill, make_call, make_message, make_session
from tests.measuring import cpu_seconds
from tests.storage.test_search_terms import TEXTS, TRIPLES

# Words that look alike to an index without positions, cut and joined in every way that an identifier can be.
PIECES = [
    "get",
    "User",
    "user",
    "Name",
    "get_user",
    "getUser",
    "x1",
    "café ",
    "cafe\u0301 ",
    "Maße ",
    "登录",
    "页面",
    "🚀",
    "a.b",
    "\n",
    "-",
]


def with_call(source_id: str, result: str, **fields: object):  # type: ignore[no-untyped-def]
    call = make_call(source_id, result=result, **fields)
    return make_session(source_id, [make_message(source_id, "hay", role=Role.ASSISTANT, tool_calls=(call,))], title=".")


def found(library: Library, text: str) -> set[str]:
    names = {summary.id: summary.source_id for summary in library.summaries(library.session_ids(parse("is:any")))}
    hits = {names[hit.session_id] for hit in library.search(parse(text)).hits}
    assert {names[id_] for id_ in library.session_ids(parse(text))} == hits
    return hits


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("phrases") / "chatviewer.db") as opened:
        fill(opened, *(with_call(name, text) for name, text in TEXTS.items()))
        yield opened


@pytest.mark.parametrize(("text", "wanted", "unwanted"), TRIPLES)
def test_tool_output_is_found_like_prose(tools: Library, text: str, wanted: str, unwanted: str) -> None:
    names = found(tools, f"{text} in:tools")
    assert names >= set(wanted.split())
    assert names.isdisjoint(unwanted.split())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"red green"', "ab"),
        ('"green red"', "c"),
        ('"red gre"*', "ab"),
        ('"red green" OR "green red"', "abc"),
        ('-"red green" red', "cd"),
        ('-"red green" -"green red" red', "d"),
        ('("red green" -blue) OR "red blue"', "bd"),
        ('-(red "green blue") red', "bcd"),
        ('"bash red"', ""),
        ('"alpha beta"', "d"),
        ('"red green" tool:bash', "a"),
        ("red-green", "ab"),
        ("red.green", "ab"),
        ('"red green" role:user', ""),
    ],
)
def test_the_order_of_words_counts(library: Library, text: str, names: str) -> None:
    fill(
        library,
        with_call("a", "red green blue"),
        with_call("b", "Red\n\nGREEN", tool_name="Read"),
        with_call("c", "green red, and then green"),
        with_call("d", "red blue green", arguments={"deep": ["alpha\nbeta", {"x": 1}]}),
    )
    assert found(library, f"{text} in:tools") == set(names)
    assert {hit.session_id for hit in library.search(parse(f"{text} in:tools"), order="best").hits} == {
        hit.session_id for hit in library.search(parse(f"{text} in:tools")).hits
    }


@settings(max_examples=examples(150), deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([*PIECES, " "]), min_size=1, max_size=8).map("".join), min_size=1, max_size=4),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4),
    st.sampled_from([" ", "", "_"]),
    st.booleans(),
)
def test_calls_and_messages_hold_the_same_phrases(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], words: list[str], joint: str, is_prefix: bool
) -> None:
    typed = f'"{joint.join(word for word in words if word.strip()) or "x"}"{"*" if is_prefix else ""}'.replace("\n", " ")
    with Library.open(tmp_path_factory.mktemp("same") / "chatviewer.db") as library:
        fill(library, *(make_session(f"s{number}", [make_message(f"s{number}", text)], title=".") for number, text in enumerate(texts)))
        in_text = found(library, f"{typed} in:text")
    with Library.open(tmp_path_factory.mktemp("same") / "chatviewer.db") as library:
        fill(library, *(with_call(f"s{number}", text, arguments={}) for number, text in enumerate(texts)))
        assert found(library, f"{typed} in:tools") == in_text


def test_every_character_is_a_part_of_one_word_or_of_none() -> None:
    """An index without positions refuses a quoted text that it takes for two words."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2', detail = none)")
        for first in range(0x80, sys.maxunicode, 4096):
            characters = [chr(code) for code in range(first, min(first + 4096, sys.maxunicode)) if not 0xD800 <= code < 0xE000]
            words = " ".join(f"a{character}b" for character in characters)
            for at in range(0, len(words), 64 * 4):
                for word in dict.fromkeys(matching.known_text(words[at : at + 64 * 4]).split()):
                    connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (f'"{word}"',)).fetchall()


def test_what_there_was_no_time_to_read_is_no_hit_and_said(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(with_call(f"s{number}", "red green") for number in range(3)))
    assert len(library.search(parse('"red green" in:tools')).hits) == 3
    monkeypatch.setattr(searching, "PATTERN_SECONDS", -1)
    for text in ('"red green" in:tools', '-"green red" red in:tools'):
        result = library.search(parse(text))
        assert not result.hits
        assert UNREAD_TEXT in result.problems
    for text in ("hay", "hay -/zz/", "hay -(/zz/ OR /yy/)"):
        result = library.search(parse(text))
        assert (bool(result.hits), UNREAD_TEXT in result.problems) == ((True, False) if text == "hay" else (False, True))
    assert len(library.search(parse("red in:tools")).hits) == 3  # the index alone answers


def test_a_phrase_in_much_output_is_found_in_time(library: Library) -> None:
    long = "red, then blue and green. " * 20_000
    calls = tuple(make_call("m", number, result=long) for number in range(20))
    fill(library, make_session("s", [make_message("m", "hay", role=Role.ASSISTANT, tool_calls=calls)]), with_call("t", "red green"))
    assert cpu_seconds(lambda: found(library, '"red green" in:tools')) < 3
    assert found(library, '"red green" in:tools') == {"t"}


@settings(max_examples=examples(150), deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["a\nb", "\0x", "\ud800", '"\\']),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
    st.text(max_size=12) | st.sampled_from(["fooBar \ud800", "a\0b"]),
)
def test_what_is_indexed_is_what_the_view_reads(tmp_path_factory: pytest.TempPathFactory, arguments: object, result: str) -> None:
    """FTS5 forgets by the words that it is told: another text than the one that was indexed would leave words behind."""
    with Library.open(tmp_path_factory.mktemp("words") / "chatviewer.db") as library:
        fill(library, with_call("s", result, arguments=arguments))
        connection = library.database.connection()
        connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, tool_fts, row)")
        indexed = connection.execute("SELECT term FROM vocabulary").fetchall()
        assert ("bash",) in indexed
        library.purge([library.summaries(library.session_ids())[0].uid])
        connection.execute("INSERT INTO tool_fts (tool_fts) VALUES ('optimize')")
        assert not connection.execute("SELECT term FROM vocabulary").fetchall()
        assert all(finding.severity == "ok" for finding in library.check() if finding.check == "search index")
