"""What the field being typed may go on with: counts that hold, and no text at which it fails."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer.domain import LibraryCounts, SessionStatus
from chatviewer.query import parse
from chatviewer.query.editing import bare, held, pieces, terms, toggled, widened, with_term, without
from chatviewer.query.fields import FIELDS
from chatviewer.storage.library import Library
from chatviewer.tui.advising import unknown_field
from chatviewer.tui.completing import completions
from chatviewer.tui.narrowing import of_nothing
from tests.factories import fill, make_session
from tests.tui.conftest import settle
from tests.tui.test_main_screen import main_of, press

PIECES = st.sampled_from(
    [
        *("a", "cat", " ", " ", "OR", "AND", "NOT ", "-", "(", ")", '"', "*", "/", "/x/", ":", ",", "..", ">=", "none", "2026", "7d", "\\"),
        *("\0", "\ud800", "\x1b[31m", "\u202e", "漢", "é", "🚀", "sorce:x", "from:x"),
        *(f"{name}:" for name in FIELDS),
        *(example for spec in FIELDS.values() for example in spec.examples),
    ]
)
TYPED = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=14).map("".join), st.lists(PIECES, max_size=8).map(" ".join))
COUNTS = LibraryCounts(
    sources={"chat": 3, "chatgpt": 6},
    projects={"/me/api": 4, "/me/api-server": 3, "/me/my site": 2, "": 1},
    models={"gpt-5": 6, "gpt-5-mini": 2, 'a"b': 1},
    tags={"release": 2, "to do": 1},
)


@pytest.fixture
def library(library: Library) -> Library:
    """Names that are parts of others."""
    made = [
        make_session("a", source="codex", project="/home/me/api", model="gpt-5"),
        make_session("b", source="codex", project="/home/me/api", model="gpt-5-mini"),
        make_session("c", source="codex-cloud", project="/home/me/api-server", model="gpt-5"),
        make_session("d", source="chatgpt", project="/home/api/web", model="opus"),
        make_session("e", source="chatgpt", project="", model=None),
    ]
    fill(library, *made)
    library.add_tags([made[0].uid, made[1].uid], ["release"])
    library.set_status([made[4].uid], SessionStatus.ARCHIVED)
    library.set_starred([made[1].uid], True)
    return library


def test_a_count_is_what_the_completed_query_finds(library: Library) -> None:
    counts = library.counts()
    compared = 0
    for begun in ("source:", "project:", "project:/", "project:a", "model:", "model:g", "tag:", "is:", "is:s", "status:"):
        for completion in completions(begun, counts, {}):
            if completion.session_count is not None:
                assert len(library.session_ids(parse(completion.text))) == completion.session_count, completion.text
                compared += 1
    assert compared > 20


@given(TYPED, st.integers(0, 60))
def test_nothing_typed_fails_in_completion_chips_and_advice(text: str, place: int) -> None:
    for cursor in (None, min(place, len(text))):
        for completion in completions(text, COUNTS, {"Bash": 3, "mcp__files__Edit": 1}, cursor):
            assert 0 < completion.cursor <= len(completion.text)
            parse(completion.text, is_being_typed=True)
    completions(text, None, {})
    unknown_field(text)
    of_nothing(text)
    assert all(text[start:end] for start, end in pieces(text))
    for term in ("source:codex", "tag:release", "-is:archived", 'project:"my site"', "on:2026-03"):
        for changed in (with_term(text, term), toggled(text, term), widened(text, term)):
            parse(changed)
    for each in terms(text):
        parse(without(text, each.start, each.end))
    held(text)
    parse(bare(text))


@pytest.mark.parametrize(
    ("text", "cursor", "completed", "after"),
    [
        ("tag:rel", None, "tag:release ", 12),
        ("tag:rel flaky", 7, "tag:release flaky", 11),
        ("(tag:rel)", 8, "(tag:release)", 12),
        ("tag:rel,x", 7, "tag:release,x", 11),
        ("-tag:to", None, '-tag:"to do" ', 13),
        ("pro", None, "project:", 8),
    ],
)
def test_a_value_at_the_end_is_followed_by_a_space(text: str, cursor: int | None, completed: str, after: int) -> None:
    first = completions(text, COUNTS, {}, cursor)[0]
    assert (first.text, first.cursor) == (completed, after)


def test_a_tag_that_is_being_typed_is_the_beginning_of_one(library: Library) -> None:
    library.add_tags([summary.uid for summary in library.summaries(library.session_ids(parse("-project:none -tag:release")))], ["to do"])

    def found(text: str, *, is_being_typed: bool = True) -> int:
        query = parse(text, is_being_typed=is_being_typed)
        return len(library.session_ids(query))

    assert [found(f"tag:{'release'[:length]}") for length in range(1, 8)] == [2] * 7
    assert found("tag:RE") == found("tag:#re") == found("tag:x,re") == found("in:title tag:re") == 2
    assert found('tag:"to d') == found("tag:release,to") - 2 == found("tag:to*")
    assert found("tag:re ") == found('tag:"re"') == found("tag:re,x") == found("tag:re", is_being_typed=False) == 0
    assert found("tag:re*", is_being_typed=False) == found("tag:re* ") == 2
    assert found("tag:%") == found("tag:r_lease") == 0
    assert found("tag:none") == found("tag:none ")
    assert found("-tag:re") == found("-tag:zzz"), "what is unwanted is said to its end"


async def test_typing_goes_on_behind_what_tab_completes(
    open_viewer: Callable[..., AbstractAsyncContextManager[Pilot[int]]], demo_library: Library
) -> None:
    async with open_viewer(demo_library) as pilot:
        box = main_of(pilot).search_box
        await press(pilot, "slash", *"tag:rel", "tab", *"flaky")
        assert box.value == "tag:release flaky"
        await press(pilot, "ctrl+u", *"tag:rel", "tab", *" flaky  x")
        assert box.value == "tag:release flaky  x", "the space is typed by habit"
        await press(pilot, "ctrl+u", *"tag:rel", "tab", *",ru", "tab")
        assert box.value == "tag:release,rust "
        assert len(main_of(pilot).session_list.rows) == 4
        await press(pilot, *"x ,")
        assert box.value == "tag:release,rust x ,"


async def test_a_list_of_fields_says_what_archive_and_trash_hold(
    open_viewer: Callable[..., AbstractAsyncContextManager[Pilot[int]]], demo_library: Library
) -> None:
    codex = demo_library.summaries(demo_library.session_ids(parse("source:codex")))
    demo_library.set_status([summary.uid for summary in codex], SessionStatus.ARCHIVED)
    hidden = len(demo_library.session_ids(parse("source:codex is:archived,trashed")))
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "slash", *"source:codex ")
        assert f"ctrl+o  {hidden} sessions in archive and trash" in str(main_of(pilot).listing.empty_words(None))
        demo_library.set_status([codex[0].uid], SessionStatus.ACTIVE)
        await press(pilot, "space")
        await press(pilot, "backspace")
        assert f"{hidden - 1} more in archive and trash: ctrl+o" in main_of(pilot).listing.facts(is_typing=True)
        main_of(pilot).search_for("/t[e]st/")  # a pattern: archive and trash are not read for it
        await settle(pilot)
        assert "perhaps more in archive and trash: ctrl+o" in main_of(pilot).listing.facts(is_typing=True)
        main_of(pilot).search_for("/q[z]x/")
        await settle(pilot)
        assert ("ctrl+o", "Perhaps something in archive and trash") in main_of(pilot).listing.ways_out()


async def test_a_field_without_a_value_narrows_nothing_yet(
    open_viewer: Callable[..., AbstractAsyncContextManager[Pilot[int]]], demo_library: Library
) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        total = len(main.session_list.rows)
        await press(pilot, "slash", *"project:")
        assert len(main.session_list.rows) == total, "not what holds the word project:"
        await press(pilot, *"zz")
        assert "No session fits" in main.listing.empty_words(None)
        assert "open" not in str(main.status.render())
        await press(pilot, "ctrl+u", *"zzz pro")
        assert "Tab     zzz project:" in str(main.session_list._empty)
        await press(pilot, "ctrl+u", *"project:kit")
        shown = demo_library.summaries([main.session_list.rows.session_id(row) for row in range(len(main.session_list.rows))])
        assert {summary.project.rpartition("/")[2] for summary in shown} == {"tui-kit", "parser-kit"}, "a word of the name"
        await press(pilot, "tab")
        assert main.search_box.value in ("project:tui-kit ", "project:parser-kit ")
        assert len(main.session_list.rows)
        await press(pilot, "ctrl+u", *"flaky -tag:")
        assert main.listing.is_search
        assert main.listing.words == ("flaky",)
