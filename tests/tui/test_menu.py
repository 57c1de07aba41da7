"""A menu: choosing, narrowing down, and how little of a long one is made."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from textual.content import Content
from textual.pilot import Pilot

from chatviewer.storage.library import Library
from chatviewer.tui.modals.menu import Choice, MenuModal
from tests.tui.test_main_screen import press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
MANY = [Choice(f"Entry {number}", f"{number} of many", str(number)) for number in range(20_000)]


async def test_of_a_long_menu_only_what_is_seen_is_made(
    open_viewer: OpenViewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    chosen: list[str | None] = []

    line = MenuModal._line

    def counting(menu: MenuModal, choice: Choice) -> Content:
        made.append(choice.value)
        return line(menu, choice)

    monkeypatch.setattr(MenuModal, "_line", counting)
    async with open_viewer(demo_library) as pilot:
        pilot.app.push_screen(MenuModal("Many", MANY, current="15000"), chosen.append)
        await press(pilot)
        assert "15000" in made
        assert len(set(made)) < 100
        made.clear()
        await press(pilot, *"1999")
        assert set(made) <= {choice.value for choice in MANY if "1999" in choice.label or "1" in choice.label}
        assert len(set(made)) < 200
        await press(pilot, "down", "enter")
    assert chosen == ["11999"]


async def test_a_menu_is_moved_through_by_lines_and_pages(open_viewer: OpenViewer, demo_library: Library) -> None:
    chosen: list[str | None] = []
    async with open_viewer(demo_library, size=(80, 24)) as pilot:
        menu = MenuModal("Many", MANY[:100])
        pilot.app.push_screen(menu, chosen.append)
        await press(pilot, "up")
        assert menu.choices.cursor == 99, "from the top to the end"
        assert menu.choices.scroll_y == 100 - menu.choices.size.height
        await press(pilot, "pageup", "pagedown", "down")
        assert menu.choices.cursor == 0
        await press(pilot, *"nothing like it", "enter")
        assert pilot.app.screen is menu
        assert menu.choices.line_count == 0
        await press(pilot, "escape")
    assert chosen == [None]


async def test_a_click_chooses(open_viewer: OpenViewer, demo_library: Library) -> None:
    chosen: list[str | None] = []
    async with open_viewer(demo_library) as pilot:
        menu = MenuModal("Few", MANY[:5])
        pilot.app.push_screen(menu, chosen.append)
        await press(pilot)
        await pilot.click(menu.choices, offset=(5, 2))
        await press(pilot)
    assert chosen == ["2"]
