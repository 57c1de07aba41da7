"""Typing a search repaints what changes, and lays out nothing."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region, Size
from textual.pilot import Pilot
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar

from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.widgets.scrolling import QuickScrollBar, QuickScrollView
from tests.tui.conftest import settle

Viewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


class Long(App[None]):
    CSS = "ScrollView, QuickScrollView { width: 1fr; height: 10; scrollbar-size-vertical: 1; }"

    def compose(self) -> ComposeResult:
        yield ScrollView()
        yield QuickScrollView()


@pytest.mark.parametrize(("length", "place"), [(20, 0), (20, 10), (1_000, 333), (10_000, 9_990)])
async def test_the_bar_is_that_of_textual(length: int, place: int) -> None:
    app = Long()
    async with app.run_test() as pilot:
        bars = []
        for view in app.query(ScrollView):
            view.virtual_size = Size(50, length)
            await pilot.pause()
            view.scroll_to(y=place, animate=False)
            await pilot.pause()
            bars.append(view.vertical_scrollbar)
        theirs, ours = bars
        assert type(theirs) is ScrollBar
        assert isinstance(ours, QuickScrollBar)
        assert seen(theirs) == seen(ours)


def seen(bar: ScrollBar) -> list[object]:
    """What each cell looks like, and what the mouse does there."""
    cells: list[object] = []
    for strip in bar.render_lines(Region(0, 0, 1, 10)):
        for text, style, _ in strip:
            assert style is not None
            ink, ground = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
            cells.append((text, ink if text.strip() else None, ground, style.meta.get("@mouse.down")))
    return cells


async def test_letters_lay_out_nothing(open_viewer: Viewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_viewer(demo_library) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        await pilot.press("/", "t")
        await settle(pilot)
        count = 0
        lay_out = Screen._refresh_layout

        def counted(screen: Screen[object], size: Size | None = None, scroll: bool = False) -> None:
            nonlocal count
            count += 1
            lay_out(screen, size, scroll)

        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        await pilot.press("e")
        await settle(pilot)
        rows = pilot.app.main.session_list.rows
        assert pilot.app.main.listing.text == "te"
        assert len(rows) > 20
        assert count == 0
