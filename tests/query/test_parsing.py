"""Typed text to a query: the grammar, what is a word after all, and what is said in words."""

import json
import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.query import Absent, AllOf, AnyOf, Names, Node, Not, Pattern, Query, Span, Word, parse
from chatviewer.query.fields import FIELDS
from chatviewer.query.nodes import positive_leaves
from tests.measuring import cpu_seconds

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=timezone(timedelta(hours=2)))  # a Wednesday
SHARED = Path(os.environ.get("CHATVIEWER_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))


def shown(node: Node | None) -> str:
    """The tree as text: tuples of two kinds of node would compare equal."""
    match node:
        case Word(text, is_prefix, is_phrase):
            return (f'"{text}"' if is_phrase else text) + ("*" if is_prefix else "")
        case Pattern(source):
            return f"/{source}/"
        case Names(field, values):
            return f"{field}:{'|'.join(values)}"
        case Span(field, low, high):
            return f"{field}:{'' if low is None else low}..{'' if high is None else high}"
        case Absent(field):
            return f"{field}:none"
        case Not(below):
            return f"-{shown(below)}"
        case AllOf(nodes):
            return f"({' & '.join(map(shown, nodes))})"
        case AnyOf(nodes):
            return f"({' | '.join(map(shown, nodes))})"
        case _:
            return ""


def at(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=NOW.tzinfo).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("350 ms", ["", "350"]),
        ("within 350 MS of", ["", "", "350", ""]),
        ("(350 kb) 3 px", ["", "350", "", "3"]),
        ("part 3 s", ["", "", ""]),
        ("ms 350", ["", ""]),
        ("350 source:codex ms", ["", ""]),
        ('350 "ms"', ["", ""]),
        ('"350" ms', ["", ""]),
        ("3* ms", ["", ""]),
        ("-350 ms", [""]),
        ("350 OR ms", ["", ""]),
        ("3.5 ms", ["", ""]),
    ],
)
def test_a_unit_behind_its_number_knows_it(text: str, numbers: list[str]) -> None:
    assert [leaf.number for leaf in positive_leaves(parse(text).node) if isinstance(leaf, Word)] == numbers
    assert parse(text, is_being_typed=True).words == parse(text).words


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("flaky test", "(flaky & test)"),
        ('"import test" fixture', '("import test" & fixture)'),
        ("pre*", "pre*"),
        ('"import te"*', '"import te"*'),
        ("-word", "-word"),
        ('-"a phrase"', '-"a phrase"'),
        ("a OR b", "(a | b)"),
        ("a b OR c", "(a & (b | c))"),
        ("a OR b OR c d", "((a | b | c) & d)"),
        ("a* b a* b OR b a*", "(a* & b)"),
        ("a -a a (a b)", "(a & -a & b)"),
        ("(a b) OR c", "((a & b) | c)"),
        ("a AND b", "(a & b)"),
        ("a NOT b", "(a & -b)"),
        ("-(a OR b)", "-(a | b)"),
        ("-(-a)", "a"),
        ("((((a))))", "a"),
        ("(a (b (c)))", "(a & b & c)"),
        ("()", ""),
        ("foo.bar()", "foo.bar()"),
        ("(foo.bar() OR f(x))", "(foo.bar() | f(x))"),
        ("a-b --help - -", "(a-b & --help & -)"),
        ("-> -- -= -漢", "(-> & -- & -= & -漢)"),
        ("*fix", "*fix"),
        ("**", "**"),
        ("http://x.org/a:b", "http://x.org/a:b"),
        ("foo:bar std::string 12:30", "(foo:bar & std::string & 12:30)"),
        ("title:", "title:"),
        ("title: x", "(title: & x)"),
        ("/usr/bin/python", "/usr/bin/python"),
        ("/tmp/x/", "/tmp/x/"),
        (r"/err(or)? \d+/ x", r"(/err(or)? \d+/ & x)"),
        (r"/a\/b/", "/a/b/"),
        ("/home and /tmp", "(/home & and & /tmp)"),
        ("SOURCE:codex", "source:codex"),
        ("source:codex,claude-code", "source:codex|claude-code"),
        ('-project:"my site",api', "-project:my site|api"),
        ("(project:api)", "project:api"),
        ("model:none,opus", "(model:opus | model:none)"),
        ("role:USER", "role:user"),
        ("rating:>=4", "rating:4.."),
        ("rating:>3 rating:<=4 rating:<2", "(rating:4.. & rating:..5 & rating:..2)"),
        ("rating:>0", "rating:1.."),
        ("rating:..9", "rating:..10"),
        ("rating:5,none", "(rating:5..6 | rating:none)"),
        ("messages:10..20", "messages:10..21"),
        ("messages:..20", "messages:..21"),
        ("tokens:>10k", "tokens:10001.."),
        ("tokens:1m..", "tokens:1000000.."),
        ("is:starred -is:archived", "(is:starred & -is:archived)"),
        ("\ud800 x", "(\ufffd & x)"),
        ("a\0b", "(a & b)"),
        ("OR", "OR"),
        ("   ", ""),
        ("", ""),
    ],
)
def test_grammar(text: str, tree: str) -> None:
    query = parse(text, now=NOW)
    assert shown(query.node) == tree
    assert not query.problems
    assert query.is_empty == (tree == "")


@pytest.mark.parametrize(
    ("first", "second"),
    [("/tag/", "tag:none"), ("-(a b)", "-(a OR b)"), ("messages:0", '"messages"'), ("-/rating/", "-rating:none")],
)
def test_two_kinds_of_terms_are_never_taken_for_the_same_one(first: str, second: str) -> None:
    alone = [shown(parse(term).node) for term in (first, second)]
    for text, kind in ((f"{first} {second}", AllOf), (f"{first} OR {second}", AnyOf)):
        node = parse(text).node
        assert isinstance(node, kind)
        assert [shown(each) for each in node.nodes] == alone
    assert parse(f"{first} {first}").node == parse(first).node


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("on:2026", at(2026), at(2027)),
        ("on:2025-12", at(2025, 12), at(2026)),
        ("on:2026-03-01", at(2026, 3, 1), at(2026, 3, 2)),
        ("on:2026-03-01..2026-03-03", at(2026, 3, 1), at(2026, 3, 4)),
        ("on:2026..", at(2026), None),
        ("on:today", at(2026, 3, 4), at(2026, 3, 5)),
        ("on:yesterday", at(2026, 3, 3), at(2026, 3, 4)),
        ("on:monday", at(2026, 3, 2), at(2026, 3, 3)),
        ("on:wed", at(2026, 3, 4), at(2026, 3, 5)),
        ("on:thursday", at(2026, 2, 26), at(2026, 2, 27)),
        ("after:2026-03", at(2026, 3), None),
        ("before:2026-03", None, at(2026, 3)),
        ("on:>2026-02", at(2026, 3), None),
        ("on:<=2026-02", None, at(2026, 3)),
        ("after:7d", at(2026, 2, 25, 15, 30), None),
        ("on:7d", at(2026, 2, 25, 15, 30), None),
        ("before:3w", None, at(2026, 2, 11, 15, 30)),
        ("after:12h", at(2026, 3, 4, 3, 30), None),
        ("after:9999", at(9999), None),
        ("on:9999", at(9999), None),
    ],
)
def test_dates_are_local_days(text: str, low: int | None, high: int | None) -> None:
    assert parse(text, now=NOW).node == Span("date", low, high)


def test_dates_follow_the_summer_time_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert parse("after:2026-01-15").node == Span("date", 1768431600000, None)
        assert parse("after:2026-07-15").node == Span("date", 1784066400000, None)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "position", "words", "tree"),
    [
        ('"unclosed phrase', 0, "quote is not closed", '"unclosed phrase"'),
        ('x ""', 2, "nothing stands between", "x"),
        ("((a) OR", 5, "OR needs words on both sides", "a"),
        ("a AND", 2, "AND needs words on both sides", "a"),
        ("a ) b", 2, "closes nothing", "(a & b)"),
        ("on:2025-02-30 x", 0, "there is no 2025-02-30", "x"),
        ("before:soon", 0, "a date looks like", ""),
        ("x after:2026-13", 2, "there is no 2026-13", "x"),
        ("before:>=2026-03", 0, "on: takes comparisons", ""),
        ("x after:<2026", 2, "on: takes comparisons", "x"),
        ("is:happy", 0, "is: is one of active, archived", ""),
        ("rating:good", 0, "takes a number", ""),
        ("rating:9", 0, "rating: is 1 to 5, or none", ""),
        ("rating:0", 0, "rating: is 1 to 5, or none", ""),
        ("rating:>5", 0, "rating: is 1 to 5, or none", ""),
        ("rating:<1", 0, "rating: is 1 to 5, or none", ""),
        ("rating:6..9", 0, "rating: is 1 to 5, or none", ""),
        ("rating:4,9", 0, "rating: is 1 to 5, or none", ""),
        ("messages:..", 0, "takes a number", ""),
        ("/(/", 0, "this pattern is not right", ""),
        ("/(a+)+$/", 0, "repeats a repeat", ""),
        ("/(a|aa)+$/", 0, "repeats alternatives", ""),
        (r"/(a+)\1/", 0, "refers back", ""),
        ("/.*.*.*.*x/", 0, "open repeats", ""),
        ("(x in:tools)", 3, "counts for the whole query", "x"),
        ("source:,", 0, "needs a value", ""),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, position: int, words: str, tree: str) -> None:
    query = parse(text, now=NOW)
    assert shown(query.node) == tree
    assert any(where == position and words in said for where, said in query.problems), query.problems


def test_an_unmatched_closing_parenthesis_of_a_word_belongs_to_it() -> None:
    assert shown(parse("'); DROP TABLE messages;--").node) == "('); & DROP & TABLE & messages;--)"


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("x", ("text", "thinking", "title")),
        ("in:tools x", ("tools",)),
        ("in:tools,title x", ("tools", "title")),
        ("in:tools in:text", ("text", "tools")),
        ("-in:title", ("text", "thinking")),
        ("in:all", ("text", "tools", "thinking", "title")),
        ("in:all -in:tools", ("text", "thinking", "title")),
    ],
)
def test_scopes(text: str, scopes: tuple[str, ...]) -> None:
    assert parse(text).scopes == scopes


def test_words_to_light_are_the_wanted_ones() -> None:
    query = parse('flaky "import test" pre* -not (a OR -b) -(-c) role:user /x+/ flaky')
    assert query.words == ("flaky", "import test", "pre", "a", "c")
    assert query.patterns == ("x+",)


def test_asks() -> None:
    query = parse("is:archived -is:starred -(-is:subagent)")
    assert query.asks("is", "archived", "any")
    assert query.asks("is", "subagent")
    assert not query.asks("is", "starred")


def test_every_field_has_examples_that_parse_without_problems() -> None:
    for spec in FIELDS.values():
        for example in spec.examples:
            query = parse(f"{example} word", now=NOW)
            assert not query.problems, example
            assert query.words == ("word",), example
        for choice in spec.choices:
            assert not parse(f"{spec.name}:{choice}").problems


LONG_TEXTS = {
    "opened": "(" * 10_000,
    "nested": "(" * 5_000 + "a" + ")" * 5_000,
    "opened alternatives": "a OR (" * 1_700,
    "nested alternatives": "(a OR " * 30 + "b" + ")" * 30,
    "opened after commas": "a,(" * 3_333,
    "dashes": "-" * 10_000,
    "quotes": '"' * 9_999,
    "words": "x " * 6_000,
    "one word": "x" * 50_000,
    "slashes": "/" * 9_999,
    "fields without values": "is:" * 4_000,
    "empty values": "title:" + "," * 9_000,
    "a large number": "tokens:" + "9" * 9_000,
    "a large date": "on:" + "9" * 9_000,
}


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS.keys())
def test_long_and_deep_text_is_answered_at_once(text: str) -> None:
    assert cpu_seconds(lambda: parse(text), runs=3) < 0.2
    query = parse(text)
    assert depth(query.node) <= 50
    assert len(positive_leaves(query.node)) <= 200


def depth(node: Node | None) -> int:
    below: tuple[Node, ...] = ()
    if isinstance(node, Not):
        below = (node.node,)
    elif isinstance(node, AllOf | AnyOf):
        below = node.nodes
    return 1 + max(map(depth, below), default=0)


def nasty_queries() -> list[str]:
    path = SHARED / "hostile" / "queries.json"
    return [json.loads(each["raw_json"]) for each in json.loads(path.read_text())] if path.exists() else []


@pytest.mark.skipif(not nasty_queries(), reason="the shared material is absent")
def test_half_of_a_pair_is_what_stands_for_it_in_what_is_stored() -> None:
    assert parse("a\ud800b /[\udc80-\ue000]+/ title:\ud800").node == parse("a\ufffdb /[\ufffd-\ue000]+/ title:\ufffd").node
    assert [position for position, _ in parse("\ud800 nosuch:x").problems] == [position for position, _ in parse("? nosuch:x").problems]


def test_nasty_queries_parse() -> None:
    for text in nasty_queries():
        assert isinstance(parse(text), Query)


PIECES = st.sampled_from(
    [
        *("a", "OR", "AND", "NOT", "-", "(", ")", '"', "*", "/", ":", ",", "..", ">=", " ", "none", "2026", "7d", "[", "\\"),
        *("\0", "\ud800", "漢"),
        *(f"{name}:" for name in FIELDS),
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join)))
def test_any_text_parses(text: str) -> None:
    query = parse(text, now=NOW)
    assert query.text == text
    assert all(0 <= position <= len(text) and words for position, words in query.problems)
    assert query.scopes
    depth(query.node)


@given(st.lists(st.text(alphabet="abcxyz_.@漢é", min_size=1, max_size=8), min_size=1, max_size=6))
def test_plain_words_are_words(words: list[str]) -> None:
    query = parse(" ".join(words))
    assert query.words == tuple(dict.fromkeys(words))


@pytest.mark.parametrize("typed", ["flaky project:", "flaky -is:", "flaky NOT tag:", "flaky TOOL:"])
def test_a_field_without_a_value_is_no_word_while_it_is_typed(typed: str) -> None:
    assert parse(typed, is_being_typed=True).node == parse("flaky").node
    assert parse(typed).node != parse("flaky").node
    assert parse(typed + " ", is_being_typed=True).node != parse("flaky").node
