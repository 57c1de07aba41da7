"""Sub-agents below their parents in the list: unfolded and folded, counted, marked, remembered."""

from array import array
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from chatviewer.storage.library import Library
from chatviewer.tui.widgets.row_facts import facts_of, shown_facts
from chatviewer.tui.widgets.row_layout import Heading
from chatviewer.tui.widgets.session_list import SessionList
from chatviewer.tui.widgets.session_rows import SessionRows
from tests.tui.conftest import settle
from tests.tui.test_main_screen import cursor, main_of, press
from tests.tui.test_session_list import summary

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
PARENT = "Review the retry logic with three reviewers"


# Rows


@st.composite
def trees(draw: st.DrawFn) -> tuple[SessionRows, dict[int, list[int]]]:
    """A list of sessions under headings, and sub-agents of some of them, in three generations; a few circles among them."""
    count = draw(st.integers(1, 12))
    starts = sorted(draw(st.sets(st.integers(0, count - 1), max_size=4)))
    children: dict[int, list[int]] = {}
    following = 100
    for parent in range(1, count + 1):
        children[parent] = list(range(following, following + draw(st.integers(0, 3))))
        following += 3
        for child in children[parent]:
            children[child] = [following, following + 1][: draw(st.integers(0, 2))] + draw(st.sampled_from([[], [], [child]]))
            following += 2
    headings = [Heading(row, str(row), end - row) for row, end in zip(starts, [*starts[1:], count], strict=False)]
    return SessionRows(array("q", range(1, count + 1)), headings), {id_: kids for id_, kids in children.items() if kids}


def check(rows: SessionRows, base: SessionRows, children: dict[int, list[int]]) -> None:
    assert len(set(rows.ids)) == len(rows.ids), "every session stands once"
    assert [rows.ids[row] for row in range(len(rows)) if rows.depth(row) == 0] == list(base.ids)
    for row in range(len(rows)):
        parent = rows.parent_row(row)
        if rows.depth(row):
            assert rows.depth(parent) == rows.depth(row) - 1
            assert rows.ids[row] in children[rows.ids[parent]]
            assert parent < row < rows.end_of(parent)
        else:
            assert parent == row
    moved = [(rows.ids[heading.row], heading.text, heading.size) for heading in rows.headings]
    assert moved == [(base.ids[heading.row], heading.text, heading.size) for heading in base.headings]


@given(trees(), st.lists(st.integers(0, 40), max_size=15))
def test_whatever_is_unfolded_and_folded_every_session_stands_once_below_its_parent(
    tree: tuple[SessionRows, dict[int, list[int]]], toggles: list[int]
) -> None:
    base, children = tree
    rows = base
    for number in toggles:
        row = number % len(rows)
        rows = rows.fold(row) if rows.is_unfolded(row) else rows.unfold(row, children.get(rows.ids[row], []))
        check(rows, base, children)
    while rows.depths:
        rows = rows.fold(rows.parent_row(next(row for row in range(len(rows)) if rows.depth(row))))
    assert (rows.ids, list(rows.headings)) == (base.ids, list(base.headings))


@given(trees(), st.data())
def test_unfolding_all_at_once_is_unfolding_one_by_one(tree: tuple[SessionRows, dict[int, list[int]]], data: st.DataObject) -> None:
    base, children = tree
    wanted = {id_: kids for id_, kids in children.items() if data.draw(st.booleans())}
    rows = base.unfold_all(wanted)
    check(rows, base, children)
    for row, id_ in enumerate(rows.ids):
        assert rows.is_unfolded(row) == (any(child != id_ for child in wanted.get(id_, [])))


def test_a_list_that_holds_sub_agents_anyway_unfolds_none() -> None:
    rows = SessionRows(array("q", [1, 2, 3]), can_unfold=False)
    assert rows.unfold(0, [2]) is rows


# Facts


@given(st.integers(0, 60), st.booleans(), st.text(max_size=30), st.integers(0, 3), st.booleans(), st.sampled_from(["", "▸", "▾"]))
def test_facts_never_overflow_and_keep_what_unfolds(
    width: int, is_gone: bool, project: str, agents: int, has_note: bool, fold: str
) -> None:
    known = summary(1, project=project, child_count=agents, has_note=has_note, is_source_gone=is_gone)
    pieces = shown_facts(facts_of(known, fold, is_nested=False, told=""), width)
    text = "".join(text for text, _ in pieces)
    assert cell_len(text) <= width
    if agents and fold and width >= 12:
        assert fold in text
    if width >= 60 and cell_len(project) < 20:
        assert ("source gone" in text) is is_gone


# The viewer


async def go_to_parent(pilot: Pilot[int]) -> SessionList:
    sessions = main_of(pilot).session_list
    while cursor(pilot).title != PARENT:
        await press(pilot, "j")
    return sessions


def shown(sessions: SessionList) -> list[str]:
    return [sessions.render_line(y).text.rstrip() for y in range(sessions.scrollable_content_region.height)]


async def test_sub_agents_are_unfolded_below_their_parent_and_folded_again(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        sessions = await go_to_parent(pilot)
        count, row = len(sessions.rows), sessions.cursor
        assert ("o", "agents") in main.status.hints
        assert any("▸" in line for line in shown(sessions))
        await press(pilot, "o")
        assert (len(sessions.rows), sessions.cursor) == (count + 2, row)
        assert [line.strip() for line in shown(sessions) if "└" in line] == ["└ Review load", "└ Review correctness"]
        assert any("▾" in line for line in shown(sessions))
        await press(pilot, "j", "space", "space")
        assert len(sessions.marks) == 2
        await press(pilot, "asterisk")
        starred = [each for each in demo_library.children(sessions.rows.session_id(row)) if each.is_starred]
        assert len(starred) == 2, "actions work on them as on any session"
        await press(pilot, "k", "o")
        assert (len(sessions.rows), sessions.cursor) == (count, row), "folded from a sub-agent the cursor goes to its parent"
        assert sessions.marks == set(), "what is not seen is not marked"


async def test_what_is_unfolded_stays_so_in_every_order_group_and_density(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        sessions = await go_to_parent(pilot)
        parent = sessions.cursor_id
        await press(pilot, "o", "j")
        child = sessions.cursor_id
        for group in ("project", "source", "none", "day"):
            main.listing.group_by(group)
            await settle(pilot)
            for sort in ("title", "-recent", "messages", "recent"):
                main.listing.sort = sort
                main.listing.refresh()
                await settle(pilot)
                rows = sessions.rows
                assert isinstance(rows, SessionRows)
                assert sessions.cursor_id == child, "the cursor stays on its session"
                assert rows.ids[rows.parent_row(sessions.cursor)] == parent
                assert sum(heading.size or 0 for heading in rows.headings) in (0, len(rows) - 2), "headings count sessions"
        for size in ((40, 12), (200, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            for is_dense in (True, False):
                sessions.is_dense = is_dense
                await settle(pilot)
                assert sessions.cursor_id == child
                assert any(line.startswith("▌  └ ") for line in shown(sessions))
        await press(pilot, "A")
        await press(pilot, "A")
        assert isinstance(sessions.rows, SessionRows)
        assert len(sessions.rows.depths) == 2, "also after another list was shown"


async def test_a_click_on_the_count_unfolds(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        sessions = await go_to_parent(pilot)
        await press(pilot, "g")
        count = len(sessions.rows)
        y = next(y for y, line in enumerate(shown(sessions)) if "▸" in line)
        x = shown(sessions)[y].index("▸")
        await pilot.click("#list", offset=(x + 1, y + 1))
        await settle(pilot)
        assert len(sessions.rows) == count + 2
        await pilot.click("#list", offset=(x + 1, y + 1))
        await settle(pilot)
        assert len(sessions.rows) == count


async def test_where_sub_agents_are_rows_of_their_own_nothing_unfolds(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"is:any", "enter")
        await go_to_parent(pilot)
        count = len(main.session_list.rows)
        await press(pilot, "o")
        assert len(main.session_list.rows) == count
        assert main.status.notice == "There are no sub-agents to unfold here."
