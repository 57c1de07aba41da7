"""The screens and menus beside the main one."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Static

from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.messages import WorkFailed
from chatviewer.tui.palette import ActionProvider
from chatviewer.tui.screens.help import HelpScreen
from tests.tui.test_main_screen import press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


async def test_why_an_import_failed_is_said_where_it_was_started(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "I")
        assert isinstance(pilot.app, ChatviewerApp)
        pilot.app.post_message(WorkFailed("The disk is full."))
        await press(pilot, "j")
        assert str(pilot.app.screen.query_one("#state", Static).render()) == "The disk is full."


async def test_the_palette_begins_with_what_is_not_a_cursor_key(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        names = [str(hit.text) async for hit in ActionProvider(pilot.app.screen).discover()]
        assert names[0].startswith("Open")
        assert names[-1].startswith("To the end")


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
async def test_no_line_of_the_help_is_wider_than_its_page(open_viewer: OpenViewer, demo_library: Library, width: int) -> None:
    async with open_viewer(demo_library, size=(width, 24)) as pilot:
        await press(pilot, "question_mark")
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        room = screen.query_one(Static).content_size.width
        lines = screen._text().plain.split("\n")
        assert [line for line in lines if cell_len(line) > room] == []
