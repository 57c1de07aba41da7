"""One grammar for `search`, `list` and the commands that change what a query finds; and whatever is typed, they answer."""

import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatviewer.cli import listing, searching
from chatviewer.domain import Session, safe
from chatviewer.query import parse
from chatviewer.query.fields import FIELDS
from chatviewer.storage.connection import connect
from tests.chance import examples
from tests.cli.conftest import Run

EXAMPLES = [example for spec in FIELDS.values() for example in spec.examples]
PIECES = st.sampled_from(
    [
        *(
            "fixture",
            "rename",
            "pytest",
            " ",
            " ",
            "OR",
            "NOT ",
            "-",
            "(",
            ")",
            '"',
            "*",
            "/",
            "/x/",
            ":",
            ",",
            "..",
            "none",
            "7d",
            "\\",
            "--",
        ),
        *("\ud800", "\x1b[31m", "\u202e", "\x9b", "\n", "漢", "é", "🚀", *(f"{name}:" for name in FIELDS), *EXAMPLES),
    ]
)
TYPED = st.one_of(
    st.text(st.characters(exclude_characters="\0"), max_size=30),  # no argument of a program holds that
    st.lists(PIECES, max_size=9).map("".join),
    st.lists(PIECES, max_size=6).map(" ".join),
)
QUERIES = [
    *("rename OR fixture", "-rename", "source:codex", "-source:codex,claude", "is:any", "is:subagent", "project:infra", "has:error"),
    *("rating:>=4", "rating:none", "title:rename", "messages:2..3", "in:tools failed", "(keys OR words) -done", "/ren.me/", "nothing"),
]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=TYPED)
@example("\ud800000")
def test_whatever_is_typed_is_answered(run: Run, filled: list[Session], text: str) -> None:
    problems = parse(text).problems
    for words in (["search", "--json", "--", text], ["list", "--json", "--", text]):
        outcome = run(*words)
        assert outcome.code == 0
        assert outcome.json[{"search": "hits", "list": "sessions"}[words[0]]] is not None
    for words in (["search", "--sort", "best", "--", text], ["list", "--sort", "title", "--", text]):
        outcome = run(*words)
        assert outcome.code == 0
        said = outcome.out + outcome.err
        # not isprintable(): a character newer than this Python's tables is no control
        assert not [char for char in said if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
        assert safe(said) == said
        assert outcome.err.count("\n") >= len({reason for _, reason in problems})
    outcome = run("star", f"--query={text}")
    assert outcome.code == (2 if problems or parse(text).is_empty else 0)
    run("undo")


@pytest.mark.parametrize("text", QUERIES)
def test_a_change_is_of_what_the_list_shows(run: Run, filled: list[Session], text: str) -> None:
    def listed(query: str) -> set[str]:
        return {each["uid"] for each in run("list", "--json", "--", query).json["sessions"]}

    found = listed(text)
    assert run("star", "--query", text).code == 0
    assert listed("is:any is:starred") == found
    assert run("unstar", "--query", text).code == 0
    assert listed("is:any is:starred") == set()
    assert run("archive", "--query", text).code == 0
    assert listed("is:archived is:any") >= found
    assert {each["uid"] for each in run("list", "--json", "is:archived", "is:subagent").json["sessions"]} <= found
    assert listed("is:archived") == found - {each.uid for each in filled if each.parent_uid}


@pytest.mark.parametrize("order", ["recent", "best"])
@pytest.mark.parametrize("text", ["fixture", "rename OR fixture", "-rename", "in:all e*", "is:any"])
def test_a_limit_is_the_beginning_of_all(run: Run, filled: list[Session], order: str, text: str) -> None:
    def hits(*options: str) -> list[object]:
        return run("search", "--json", "--sort", order, *options, "--", text).json["hits"]

    whole = hits("--limit", "0")
    assert whole
    for limit in range(1, len(whole) + 2):
        assert hits("--limit", str(limit)) == whole[:limit]
    sessions = run("list", "--json", "--", text).json["sessions"]
    for limit in range(1, len(sessions) + 2):
        assert run("list", "--json", "--limit", str(limit), "--", text).json["sessions"] == sessions[:limit]


def test_an_option_is_not_taken_for_a_query(run: Run, filled: list[Session]) -> None:
    assert run("purge", "--query", "--yes").code == 2
    assert run("export", "--query", "-o", "x.md", "--format", "md").code == 2


def test_two_dashes_are_a_query_and_no_other_value(run: Run, filled: list[Session]) -> None:
    assert run("star", "--query=--").code == 0
    for words in (["export", "--query", "fixture", "--output=--"], ["list", "--limit=--"], ["search", "fixture", "--sort=--"]):
        outcome = run(*words)
        assert (outcome.code, "unexpected" in outcome.err) == (2, False), words


def test_options_stand_anywhere(run: Run, filled: list[Session]) -> None:
    whole = run("search", "fixture", "--json", "--sort", "best", "--limit", "3", "--in", "all").json["hits"]
    assert whole
    assert run("search", "--in", "all", "--limit=3", "--json", "fixture", "--sort=best").json["hits"] == whole


def test_a_list_on_a_terminal_says_what_archive_and_trash_hold(run: Run, filled: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    run("archive", filled[1].uid)
    monkeypatch.setattr(listing, "is_terminal", lambda: True)
    assert "1 more in archive and trash" in run("list", "source:codex").err
    assert "more in" not in run("list", "source:codex", "is:any").err
    assert "more in" not in run("list", "source:claude").err


def test_hidden_hits_that_were_not_counted_are_told(run: Run, filled: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "is_terminal", lambda: True)
    assert "is:any" not in run("search", "/fix[t]ure/").err
    run("archive", filled[1].uid)
    assert "archived and trashed sessions may hold more (is:any looks there)" in run("search", "/fix[t]ure/").err
    assert "is:any" not in run("search", "/fix[t]ure/ is:any").err


def test_a_terminal_is_told_that_a_first_import_is_not_over(
    run: Run, filled: list[Session], database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as only its newest files are here: what is not found may not be imported yet."""
    for module in (listing, searching):
        monkeypatch.setattr(module, "is_terminal", lambda: True)
    words = "Only the newest 3 of 1,200 files are here; `chatviewer import` brings the others."
    assert words not in run("list").err + run("search", "fixture").err + run("doctor").out
    with closing(connect(database_path)) as connection:
        connection.execute("INSERT INTO beginning SELECT id, 3, 1200 FROM user")
    assert words in run("list").err
    assert words in run("search", "fixture").err
    assert words in run("search", "nowhereatall").err
    outcome = run("doctor")
    assert words in outcome.out
    assert outcome.code == 0
