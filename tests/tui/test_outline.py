"""The outline of prompts and the overview of branches: what they list, and where a choice leads."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer.domain import FileImport, MessageStub, MessageTree, Role
from chatviewer.storage.library import Library
from chatviewer.tui.branching import find_branches
from chatviewer.tui.modals.menu import MenuModal
from chatviewer.tui.widgets.transcript import TranscriptView
from tests.factories import at, make_file, make_message, make_session
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


@pytest.fixture
def branched(library: Library) -> Library:
    """A session whose second prompt was asked in two ways; the first way forks once more in its reply."""
    session = make_session(
        "forks",
        [
            make_message("m0", "\n  first prompt\nmore of it", created_at=at(0)),
            make_message("m1", "first reply", role="assistant", parent="m0", created_at=at(1)),
            make_message("m2", "asked one way", parent="m1", created_at=at(2)),
            make_message("m3", "a reply", role="assistant", parent="m2", created_at=at(3)),
            make_message("m4", "another reply", role="assistant", parent="m2", created_at=at(4)),
            make_message("m5", "asked another way \x1b[31m", parent="m1", created_at=at(5)),
            make_message("m6", "last reply", role="assistant", parent="m5", created_at=at(6)),
        ],
        title="Forks",
    )
    library.save([FileImport(file=make_file(), sessions=(session,))])
    return library


def view_of(pilot: Pilot[int]) -> TranscriptView:
    view = main_of(pilot).reader.view
    assert view is not None
    return view


def lines(pilot: Pilot[int]) -> list[str]:
    assert isinstance(pilot.app.screen, MenuModal)
    menu = pilot.app.screen
    return [" ".join(str(menu._line(choice)).split()) for choice in menu._shown]


def test_openings_are_those_of_prompts_or_of_the_messages_named(branched: Library) -> None:
    id_ = branched.session_ids()[0]
    assert [opening.seq for opening in branched.openings(id_)] == [0, 2, 5]
    named = branched.openings(id_, [4, 1])
    assert [(opening.seq, opening.text, opening.created_at) for opening in named] == [
        (1, "first reply", at(1)),
        (4, "another reply", at(4)),
    ]
    assert branched.openings(id_ + 1) == []


async def test_the_outline_lists_the_prompts_of_the_branch_and_enter_jumps(open_viewer: OpenViewer, branched: Library) -> None:
    async with open_viewer(branched) as pilot:
        await press(pilot, "enter", "O")
        assert lines(pilot) == ["› 1 first prompt 12:00", "2 asked another way ␛[31m 12:05"]
        await press(pilot, *"another", "enter")
        assert view_of(pilot).cursor_seq == 5
        await press(pilot, "O", "escape")
        assert view_of(pilot).cursor_seq == 5
        assert main_of(pilot).reader.has_focus


async def test_the_overview_shows_every_branch_and_enter_switches(open_viewer: OpenViewer, branched: Library) -> None:
    async with open_viewer(branched) as pilot:
        await press(pilot, "enter", "B")
        found = lines(pilot)
        assert len(found) == 5
        assert found[1].endswith("asked one way 1/2 · 2 messages · 12:02")
        assert "├─ ○" in found[1]
        assert "├─ ○ a reply" in found[2]
        assert "└─ ● asked another way ␛[31m 2/2 · 2 messages · 12:05" in found[4]
        await press(pilot, *"a reply", "enter")
        assert view_of(pilot).cursor_seq == 3
        assert view_of(pilot).layout_of_rows.path == [0, 1, 2, 3]


async def test_a_session_without_branches_says_so(open_viewer: OpenViewer, library: Library) -> None:
    library.save([FileImport(file=make_file(), sessions=(make_session(),))])
    async with open_viewer(library) as pilot:
        await press(pilot, "enter", "B")
        assert main_of(pilot).status.notice == "This session has no branches."


def stubs_of(parents: Sequence[int]) -> dict[int, MessageStub]:
    return {seq: MessageStub(seq, parent, Role.USER if seq % 2 == 0 else Role.ASSISTANT, 1, 0, 0, 0) for seq, parent in enumerate(parents)}


@given(st.lists(st.integers(-1, 60), max_size=60))
def test_every_leaf_lies_in_a_branch_and_each_branch_begins_once(parents: list[int]) -> None:
    stubs = stubs_of(parents)
    tree = MessageTree((seq, parent) for seq, parent in enumerate(parents))
    branches = find_branches(tree, stubs)
    seqs = [branch.seq for branch in branches]
    assert len(seqs) == len(set(seqs))
    reached = {seq for branch in branches for seq in tree.path_to(tree.newest_leaf(branch.seq))}
    assert all(len(tree.path_through(branch.seq)) - len(tree.path_to(branch.seq)) + 1 == branch.length for branch in branches)
    forks = [seq for fork in tree.fork_points() for seq in tree.children[fork]]
    assert {seq for seq in forks if seq in reached} <= set(seqs)


def test_ten_thousand_messages_and_a_thousand_forks_in_forks() -> None:
    parents = [-1, *range(9_999), *range(0, 9_000, 9)]
    stubs = stubs_of(parents)
    branches = find_branches(MessageTree(enumerate(parents)), stubs)
    assert len(branches) == 2_001
    assert max(len(branch.lead) for branch in branches) <= 40


async def test_escape_ends_a_find_where_it_began_unless_enter_kept_it(open_viewer: OpenViewer, branched: Library) -> None:
    async with open_viewer(branched) as pilot:
        await press(pilot, "enter", "slash", *"last", "escape")
        assert view_of(pilot).cursor_seq == 0
        await press(pilot, "slash", *"last", "enter")
        assert view_of(pilot).cursor_seq == 6
        await press(pilot, "escape")
        assert view_of(pilot).cursor_seq == 6
        assert not view_of(pilot).is_finding
        await press(pilot, "slash", *"one way")
        assert "1 message in other branches" in str(main_of(pilot).query_one("#reading").border_subtitle)
        await press(pilot, "enter", "n")
        assert view_of(pilot).cursor_seq == 2


async def test_a_second_escape_that_was_typed_ahead_closes_nothing_else(open_viewer: OpenViewer, branched: Library) -> None:
    async with open_viewer(branched) as pilot:
        await press(pilot, "enter", "O")
        modal = pilot.app.screen
        assert isinstance(modal, MenuModal)
        modal.action_leave()
        modal.action_leave()
        await pilot.pause()
        assert pilot.app.is_running
        assert pilot.app.screen is main_of(pilot)
