"""What can be clicked: chips, facets, the keys that are shown."""

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from string import printable

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Static

from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.modals.menu import MenuModal
from chatviewer.tui.screens.help import HelpScreen
from chatviewer.tui.shown_keys import key_of, keys_in, tell_alt_digits
from tests.tui.conftest import settle

Viewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def viewer_of(pilot: Pilot[int]) -> ChatviewerApp:
    assert isinstance(pilot.app, ChatviewerApp)
    return pilot.app


async def click_words(pilot: Pilot[int], words: str, below: int = 0) -> None:
    """Where these words stand on the screen."""
    lines = ["".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()]
    y = next(y for y, line in enumerate(lines) if y >= below and words in line)
    await pilot.click(offset=(lines[y].index(words) + 1, y))
    await settle(pilot)


async def test_a_click_takes_a_chip_out(open_viewer: Viewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        app = viewer_of(pilot)
        app.main.search_for("source:codex test is:starred")
        await settle(pilot)
        await click_words(pilot, "source:codex")
        assert app.main.search_box.value == "test is:starred"
        assert app.main.listing.text == "test is:starred"
        assert "source:codex taken out" in app.main.status.notice
        await click_words(pilot, "test is")
        assert app.main.search_box.value == "test is:starred", "words are for the cursor"
        assert app.main.history.entries[-1] == "source:codex test is:starred"


async def test_a_facet_in_the_line_above_the_list_is_its_digit(open_viewer: Viewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, (90, 30)) as pilot:
        app = viewer_of(pilot)
        app.main.search_for("test")
        await settle(pilot)
        facet = app.main.library_pane.numbered[1]
        await click_words(pilot, f"{facet.key} {facet.label}")
        assert facet.query is not None
        assert facet.query in app.main.listing.text


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_keys_of_the_bottom_line_are_clicked(open_viewer: Viewer, demo_library: Library, size: tuple[int, int]) -> None:
    async with open_viewer(demo_library, size) as pilot:
        app, last = viewer_of(pilot), size[1] - 1
        await click_words(pilot, "? help", last)
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await settle(pilot)
        await click_words(pilot, "f filter", last)
        assert isinstance(app.screen, MenuModal)
        await click_words(pilot, "Esc leaves")
        assert app.screen is app.main
        await click_words(pilot, "/ search", last)
        assert app.main.search_box.has_focus
        await click_words(pilot, "Tab", last)
        assert app.main.session_list.has_focus


async def test_ways_out_of_a_search_are_clicked(open_viewer: Viewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        app = viewer_of(pilot)
        app.main.search_for("test zzzzqqq")
        await settle(pilot)
        await click_words(pilot, "found without")
        assert app.main.listing.text.strip() == "test"
        app.main.search_for("test proj")
        app.main.search_box.focus()
        await settle(pilot)
        line = str(app.main.query_one("#advice", Static).content)
        assert "Tab project:" in line
        await click_words(pilot, "project:", 1)
        assert app.main.search_box.value == "test project:"


def test_the_keys_in_a_line() -> None:
    assert [key_of(shown) for shown in ("Enter", "^t", "ctrl+y", "?", "1-9", "↑↓")] == [
        "enter",
        "ctrl+t",
        "ctrl+y",
        "question_mark",
        None,
        None,
    ]
    assert key_of("\x7f") == "\x7f"
    assert {sign: key_of(sign) for sign in printable.strip()} == {sign: _character_to_key(sign) for sign in printable.strip()}
    assert list(keys_in("Type here · Enter saves · n or Esc: no")) == [(11, 24, "enter"), (25, 38, "n")]


def test_without_textuals_table_of_keys_there_is_no_alt_and_a_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual._ansi_sequences", None)
    tell_alt_digits()


def test_alt_and_a_digit_in_a_plain_terminal() -> None:
    tell_alt_digits()
    keys = [event for event in XTermParser().feed("\x1b3\x1b9£") if isinstance(event, Key)]
    assert [(key.key, key.character) for key in keys] == [("alt+3", None), ("alt+9", None), ("pound_sign", "£")]
