"""Every action can be reached: by its key in each of its panes, by the palette, and it stands in the help."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from textual.keys import _character_to_key
from textual.pilot import Pilot

from chatviewer.storage.library import Library
from chatviewer.tui.actions import (
    ACTION_BY_ID,
    ACTIONS,
    ALL_PANES,
    EVERYWHERE,
    PANES,
    Action,
    actions_for,
    bindings,
    footer_hints,
    help_lines,
)
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.palette import ActionProvider
from chatviewer.tui.screens.help import HelpScreen
from chatviewer.tui.screens.main import MainScreen
from chatviewer.tui.widgets.library_pane import LibraryPane
from chatviewer.tui.widgets.session_list import SessionList
from chatviewer.tui.widgets.transcript import TranscriptView
from tests.tui.conftest import settle
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
WIDGETS = {"list": SessionList, "transcript": TranscriptView, "library": LibraryPane}
by_id = pytest.mark.parametrize("action", ACTIONS, ids=[action.id for action in ACTIONS])


def test_ids_are_unique_and_no_key_means_two_things_in_a_pane() -> None:
    assert len(ACTION_BY_ID) == len(ACTIONS)
    for pane in ALL_PANES:
        keys = [key for action in actions_for(pane) for key in action.keys]
        assert len(keys) == len(set(keys)), pane


@by_id
def test_every_action_has_a_method_where_it_works(action: Action) -> None:
    owner, _, name = action.handler.rpartition(".")
    method = f"action_{name.partition('(')[0]}"
    homes = {"screen": [MainScreen], "app": [ChatviewerApp], "": [WIDGETS[pane] for pane in action.where if pane in WIDGETS]}[owner]
    assert homes
    for home in homes:
        assert callable(getattr(home, method, None)), f"{home.__name__}.{method}"


@by_id
def test_every_action_is_bound_in_its_panes(action: Action) -> None:
    for pane in action.where:
        if pane == EVERYWHERE:
            continue
        bound = WIDGETS[pane]._merge_bindings().key_to_bindings
        for key in action.keys:
            name = _character_to_key(key) if len(key) == 1 else key
            assert any(binding.action == action.handler for binding in bound.get(name, [])), (pane, key)


@by_id
def test_every_action_stands_in_the_help_of_its_panes(action: Action) -> None:
    for pane in (*ALL_PANES,) if EVERYWHERE in action.where else action.where:
        keys = {words: shown for shown, words in help_lines(pane)}
        first, _, last = keys[action.help].partition("  …  ")
        assert action.shown in keys[action.help] or first < action.shown < last
    assert action.help[0].isupper() or not action.help[0].isalpha()
    assert not action.help.endswith(".")


def test_footers_name_real_keys() -> None:
    for pane in PANES:
        for key, words in footer_hints(pane):
            assert any(action.shown.split()[0] == key and action.label.lower() == words for action in ACTIONS)


def test_bindings_have_ids_to_remap_them_by() -> None:
    ids = [binding.id for pane in ALL_PANES for binding in bindings(pane)]
    assert all(ids)
    assert len(ids) == len(set(ids))


async def test_the_palette_offers_every_action_and_does_it(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        provider = ActionProvider(pilot.app.screen)
        assert len([hit async for hit in provider.discover()]) == len(ACTIONS)
        for action in ACTIONS:
            found = [str(hit.text) async for hit in provider.search(action.label)]
            assert any(action.label in text for text in found), action.label
        main = main_of(pilot)
        await press(pilot, "colon", *"archive", "enter")
        await settle(pilot)
        assert main.status.notice or main.search_box.value


async def test_performing_any_action_from_anywhere_never_fails(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        app = pilot.app
        assert isinstance(app, ChatviewerApp)
        for action in ACTIONS:
            if action.id not in ("quit", "leave"):
                await app.perform(action)
                await settle(pilot)
                assert app.is_running, action.id
                assert not app.crash, action.id


async def test_keys_that_would_be_typed_are_typed(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        count = len(demo_library.session_ids())
        await press(pilot, "slash", "a", "d", "u", "q", "question_mark", "comma", "1", "space", "x")
        assert main.search_box.value == "aduq?,1 x"
        assert len(demo_library.session_ids()) == count


async def test_help_shows_the_pane_that_had_the_focus_first(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "enter", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        text = pilot.app.screen._text().plain
        assert text.startswith("Transcript")
        assert "Rate the reply under the cursor" in text
        assert "rating:>=4" in text
        await press(pilot, "escape")
        assert main_of(pilot).reader.has_focus
