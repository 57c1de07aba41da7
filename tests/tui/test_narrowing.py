"""Narrowing a result: what stands beside it, the digits, the pane, and the line where there is no pane."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer.domain import ResultFacets
from chatviewer.query.editing import held
from chatviewer.storage.library import Library
from chatviewer.tui.facets import Facet
from chatviewer.tui.narrowing import DIGITS, Kind, Narrowing, Value, keys_of, kinds_of
from chatviewer.tui.widgets.session_rows import HitRows
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
NOW = datetime(2026, 3, 12, 15, 0)  # noqa: DTZ001 - local time
DAY = 86_400_000


def lines(pilot: Pilot[int]) -> list[Facet]:
    return main_of(pilot).library_pane._facets


def line(pilot: Pilot[int], query: str) -> Facet:
    return next(facet for facet in lines(pilot) if facet.query == query)


def hit_sources(pilot: Pilot[int]) -> set[str]:
    rows = main_of(pilot).session_list.rows
    assert isinstance(rows, HitRows)
    return {hit.source for hit in rows.hits}


async def test_a_digit_narrows_the_result_and_takes_it_back(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        assert lines(pilot)[0].label == "All"
        await press(pilot, "slash", *"import")
        assert main.library_pane.border_title == "Narrow · Tab 1-9"
        codex = line(pilot, "source:codex")
        assert codex.session_count == 1
        await press(pilot, codex.key)
        assert main.search_box.value == f"import{codex.key}", "while typing a digit is a digit"
        await press(pilot, "backspace", "tab", codex.key)
        assert main.search_box.value == "source:codex import"
        assert main.session_list.has_focus
        assert hit_sources(pilot) == {"codex"}
        assert line(pilot, "source:claude-code").session_count == 4, "the others stay, to be chosen instead"
        assert main.library_pane.is_on(line(pilot, "source:codex"))
        await press(pilot, line(pilot, "source:claude-code").key)
        assert main.search_box.value == "source:claude-code import"
        await press(pilot, line(pilot, "source:claude-code").key)
        assert main.search_box.value == "import"
        assert hit_sources(pilot) == {"codex", "claude-code"}


async def test_what_a_line_promises_is_what_it_leaves(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"import ", "tab")
        for facet in [facet for facet in lines(pilot) if facet.is_term]:
            assert facet.query is not None
            if facet.query.startswith("on:"):
                continue  # a session with older hits is found by these as well
            main.search_for(f"{facet.query} import ")
            await press(pilot)
            assert isinstance(main.session_list.rows, HitRows)
            assert main.session_list.rows.session_count == facet.session_count, facet


async def test_the_pane_adds_widens_excludes_and_replaces(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(120, 60)) as pilot:
        main = main_of(pilot)
        pane = main.library_pane

        async def at(query: str) -> None:
            pane.cursor = next(place for place, facet in enumerate(lines(pilot)) if facet.query == query)

        await press(pilot, "slash", *"the", "shift+tab")
        assert pane.has_focus
        await at("source:codex")
        await press(pilot, "enter")
        assert main.search_box.value == "source:codex the"
        assert pane.has_focus, "there may be more to narrow"
        await at("source:chatgpt")
        await press(pilot, "space")
        assert main.search_box.value == "source:codex,chatgpt the"
        await at("source:codex")
        await press(pilot, "enter", "enter")
        assert main.search_box.value == "source:codex the"
        await press(pilot, "enter", "minus")
        assert main.search_box.value == "-source:codex the"
        await at("source:chatgpt")
        await press(pilot, "o")
        assert main.search_box.value == "source:chatgpt"
        await press(pilot, "escape")
        assert main.session_list.has_focus
        assert main.search_box.value == "source:chatgpt", "one step at a time"
        await press(pilot, "shift+tab", "g", "enter")
        assert main.search_box.value == ""


async def test_a_result_of_fields_alone_is_narrowed_as_well(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        main.search_for("source:codex")
        await press(pilot)
        project = next(facet for facet in lines(pilot) if (facet.query or "").startswith("project:") and facet.key)
        await press(pilot, project.key)
        assert main.search_box.value == f"{project.query} source:codex"
        assert len(main.session_list.rows) == project.session_count
        await press(pilot, "escape")
        assert main.library_pane.border_title == "Library"


async def test_without_a_pane_a_line_shows_the_digits(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(80, 24)) as pilot:
        main = main_of(pilot)
        assert not main.band.display
        await press(pilot, "slash", *"import")
        assert main.band.display
        assert str(main.band.render()).startswith("Tab 1 claude-code 4  2 codex 1")
        await press(pilot, "tab", "2")
        assert str(main.band.render()).startswith("1 claude-code 4  2›codex 1")
        await press(pilot, "escape")
        assert not main.band.display


async def test_a_digit_at_rest_runs_a_saved_search(open_viewer: OpenViewer, demo_library: Library) -> None:
    demo_library.set_preference("saved_searches", "Stars = is:starred; Flaky = flaky test")
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "9")
        assert main.search_box.value == ""
        assert "digit" in main.status.notice
        await press(pilot, "2")
        assert main.search_box.value == "flaky test"
        assert main.session_list.has_focus


async def test_saved_searches_are_renamed_moved_and_forgotten_in_the_pane(open_viewer: OpenViewer, demo_library: Library) -> None:
    demo_library.set_preference("saved_searches", "Stars = is:starred; Flaky = flaky test")
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "shift+tab", "r")
        assert "No saved search" in main.status.notice
        main.library_pane.cursor = lines(pilot).index(line(pilot, "flaky test"))
        await press(pilot, "K")
        assert demo_library.preference("saved_searches") == "Flaky = flaky test; Stars = is:starred"
        assert main.library_pane.chosen_search == "Flaky", "the cursor goes with it"
        await press(pilot, "r", "ctrl+u", *"Often", "enter")
        assert demo_library.preference("saved_searches") == "Often = flaky test; Stars = is:starred"
        await press(pilot, "d")
        assert demo_library.preference("saved_searches") == "Stars = is:starred"
        await press(pilot, "u")
        assert demo_library.preference("saved_searches") == "Often = flaky test; Stars = is:starred"
        await press(pilot, "f", *"often", "enter")
        assert main.search_box.value == "flaky test"


async def test_where_nothing_is_found_the_fields_can_be_taken_out(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"flaky ")
        main.search_for("source:nothing flaky ")
        await press(pilot, "tab")
        assert [facet.query for facet in lines(pilot) if facet.key] == ["source:nothing"]
        await press(pilot, line(pilot, "source:nothing").key)
        assert main.search_box.value == "flaky "
        assert len(main.session_list.rows)


async def test_all_of_a_kind_are_shown_when_asked_for(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(120, 24)) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"the", "shift+tab")
        place = next(place for place, facet in enumerate(lines(pilot)) if facet.more == "project")
        hidden = int(lines(pilot)[place].label.split()[0])
        before = len(lines(pilot))
        main.library_pane.cursor = place
        await press(pilot, "enter")
        assert len(lines(pilot)) == before - 1 + hidden
        assert not [facet for facet in lines(pilot) if facet.more == "project"]


# What is counted as what


def test_projects_are_named_by_their_folder_where_that_is_clear() -> None:
    facets = ResultFacets(session_count=6, projects={"/home/me/api": 3, "/work/api": 2, "/home/me/my site": 1})
    kind = next(kind for kind in kinds_of("x", facets, {}, NOW) if kind.group == "project")
    assert [value.term for value in kind.values] == ["project:/home/me/api", "project:/work/api", 'project:"my site"']


def test_what_other_names_hold_counts_for_them_too() -> None:
    """`model:gpt-5` also leaves the sessions of gpt-5-mini, as a search for it does."""
    facets = ResultFacets(
        session_count=9,
        sources={"chat": 5, "chatgpt": 4},
        models={"gpt-5": 6, "gpt-5-mini": 2, "opus": 1},
        projects={"/me/api": 4, "/me/api-server": 3, "/me/web": 2},
    )
    counts = {value.term: value.session_count for kind in kinds_of("x", facets, {}, NOW) for value in kind.values}
    assert (counts["source:chat"], counts["source:chatgpt"]) == (9, 4)
    assert (counts["model:gpt-5"], counts["model:gpt-5-mini"], counts["model:opus"]) == (8, 2, 1)
    assert (counts["project:/me/api"], counts["project:api-server"], counts["project:web"]) == (7, 3, 2)


def test_times_are_recent_days_then_years_or_the_months_of_one() -> None:
    now = int(NOW.timestamp() * 1000)
    several = ResultFacets(session_count=5, times=(now, now - DAY, now - 3 * DAY, now - 3 * DAY, now - 400 * DAY))
    kind = next(kind for kind in kinds_of("x", several, {}, NOW) if kind.group == "date")
    assert [(value.label, value.session_count) for value in kind.values] == [
        ("Today", 1),
        ("Yesterday", 1),
        ("Last 7 days", 4),
        ("2026", 4),
        ("2025", 1),
    ]
    one = ResultFacets(session_count=3, times=(now, now - 40 * DAY, now - 41 * DAY))
    kind = next(kind for kind in kinds_of("x", one, {}, NOW) if kind.group == "date")
    assert [(value.term, value.session_count) for value in kind.values] == [("on:today", 1), ("on:2026-03", 1), ("on:2026-01", 2)]


def test_what_every_session_has_is_not_offered() -> None:
    facets = ResultFacets(session_count=3, sources={"codex": 3}, roles={"user": 3, "assistant": 1})
    assert [kind.group for kind in kinds_of("x", facets, {}, NOW)] == ["role"]
    assert [kind.group for kind in kinds_of("source:codex x", facets, {}, NOW)] == ["source", "role"]
    keys = keys_of(Narrowing("x", facets, kinds_of("x", facets, {}, NOW)), {})
    assert keys == {"role:assistant": "1"}


VALUES = st.lists(st.sampled_from([f"v{number}" for number in range(12)]), unique=True, max_size=12)


@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_digits_are_given_once_and_kept(first: list[list[str]], second: list[list[str]]) -> None:
    groups = ("source", "project", "tag", "model")

    def narrowing(values: list[list[str]]) -> Narrowing:
        kinds = [
            Kind(group, group, tuple(Value(name, f"{group}:{name}", 1) for name in names))
            for group, names in zip(groups, values, strict=False)
        ]
        return Narrowing("x", ResultFacets(session_count=2), tuple(kinds))

    before = keys_of(narrowing(first), {})
    after = keys_of(narrowing(second), before)
    for keys, values in ((before, first), (after, second)):
        offered = {f"{group}:{name}" for group, names in zip(groups, values, strict=False) for name in names}
        assert set(keys) <= offered
        assert len(set(keys.values())) == len(keys) == min(len(offered), len(DIGITS))
    assert all(after[term] == digit for term, digit in before.items() if term in after)
    assert all(held(term) == {term} for term in after)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_narrowing_works_at_every_size(open_viewer: OpenViewer, demo_library: Library, size: tuple[int, int]) -> None:
    async with open_viewer(demo_library, size=size) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"import", "tab", "1")
        assert main.search_box.value.endswith("import")
        assert ":" in main.search_box.value
