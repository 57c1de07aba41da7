"""Preferences: every one on the screen, changed in place, checked in words, reset one by one, used at once."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from chatviewer.domain.preference import PREFERENCES
from chatviewer.errors import DatabaseUnwritableError
from chatviewer.storage.library import Library
from chatviewer.tui.screens.preferences import PreferencesScreen
from chatviewer.tui.widgets.preference_row import PreferenceRow
from chatviewer.tui.widgets.status_line import StatusLine
from tests.tui.conftest import settle
from tests.tui.test_main_screen import main_of

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    screen = pilot.app.screen
    while isinstance(screen, PreferencesScreen) and not screen._changes.is_idle:
        await pilot.pause(0.01)
    await settle(pilot)


async def go_to(pilot: Pilot[int], key: str) -> PreferenceRow:
    row = next(row for row in pilot.app.screen.query(PreferenceRow) if row.preference.key == key)
    row.focus()
    await pilot.pause()
    return row


def effect(pilot: Pilot[int]) -> str:
    return str(pilot.app.screen.query_one("#effect", Static).render())


async def test_every_preference_has_a_row_that_says_what_it_does(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "comma")
        rows = list(pilot.app.screen.query(PreferenceRow))
        assert [row.preference for row in rows] == list(PREFERENCES)
        for row in rows:
            assert row.has_focus
            assert row.preference.effect[:20] in effect(pilot).replace("\n", " ")
            await pilot.press("j")


async def test_a_window_of_80_columns_has_room_for_all_that_is_said_about_one(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(80, 24)) as pilot:
        await press(pilot, "comma")
        for preference in PREFERENCES:
            await go_to(pilot, preference.key)
            box = pilot.app.screen.query_one("#effect", Static)
            assert box.visual.get_height({}, box.content_size.width) <= box.content_size.height, preference.key
            assert ("(default)" if preference.kind == "choice" else "Default: ") in effect(pilot)


async def test_a_change_is_used_at_once_even_when_the_screen_is_left_before_it_is_stored(
    open_viewer: OpenViewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = demo_library.set_preference

    def slowly(key: str, value: object) -> None:
        time.sleep(0.3)
        store(key, value)

    monkeypatch.setattr(demo_library, "set_preference", slowly)
    async with open_viewer(demo_library) as pilot:
        await pilot.press("comma")
        await pilot.pause()
        await pilot.press("enter", "escape")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, PreferencesScreen)
        assert demo_library.preference("theme") == pilot.app.theme == "chatviewer-light"


async def test_choices_and_toggles_change_at_once_and_can_be_undone(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "comma")
        await press(pilot, "enter")
        assert demo_library.preference("theme") == "chatviewer-light"
        assert pilot.app.theme == "chatviewer-light"
        row = await go_to(pilot, "list_density")
        await press(pilot, "enter")
        assert demo_library.preference("list_density") == "one-line"
        assert main.session_list.is_dense
        assert row.is_changed
        await press(pilot, "r")
        assert demo_library.preference("list_density") == "two-line"
        assert not row.is_changed
        await press(pilot, "u")
        assert demo_library.preference("list_density") == "one-line"
        row = await go_to(pilot, "library_pane")
        await press(pilot, "space", "escape")
        assert not main.library_pane.display


async def test_what_is_typed_is_checked_in_words(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "comma")
        await go_to(pilot, "disabled_sources")
        await press(pilot, "enter", *"codexx", "enter")
        assert "There is no source 'codexx'; known are " in effect(pilot)
        await press(pilot, "backspace", "enter")
        assert demo_library.preference("disabled_sources") == "codex"
        row = await go_to(pilot, "max_context_messages")
        await press(pilot, "enter")
        await press(pilot, *"9x", "enter")
        assert "is a whole number from 1 to 100000, not '9x'" in effect(pilot)
        assert demo_library.preference("max_context_messages") == 50
        await press(pilot, "backspace", "enter")
        assert demo_library.preference("max_context_messages") == 9
        assert row.has_focus
        await press(pilot, "enter", "7", "escape")
        assert demo_library.preference("max_context_messages") == 9
        assert not pilot.app.screen.query(Input)
        assert isinstance(pilot.app.screen, PreferencesScreen), "the first Esc only leaves the input"
        await press(pilot, "escape")
        assert main_of(pilot).session_list.has_focus


async def test_undo_here_may_be_of_something_else_and_the_list_shows_it(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        count = len(main.session_list.rows)
        await press(pilot, "a")
        assert len(main.session_list.rows) == count - 1
        await press(pilot, "comma", "u")
        assert "Undone: archived" in pilot.app.screen.query_one(StatusLine).notice
        await press(pilot, "escape")
        assert len(main.session_list.rows) == count


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_values_are_seen_in_any_window(open_viewer: OpenViewer, demo_library: Library, size: tuple[int, int]) -> None:
    async with open_viewer(demo_library, size=size) as pilot:
        await press(pilot, "comma")
        row = await go_to(pilot, "list_density")
        assert row.query_one(".value").content_size.width >= 8
        assert row.region.bottom <= pilot.app.screen.query_one("#effect").region.y


async def test_a_change_that_fails_after_the_screen_was_left_is_told(
    open_viewer: OpenViewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_left = threading.Event()

    def failing(*_arguments: object) -> None:
        is_left.wait(5)
        raise DatabaseUnwritableError("There is no room left to write the database.")

    monkeypatch.setattr(demo_library, "set_preference", failing)
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "comma")
        await go_to(pilot, "library_pane")
        await pilot.press("space", "escape")
        is_left.set()
        await settle(pilot)
        assert main.status.notice == "There is no room left to write the database."
