"""The panes: how wide they are, how the mouse changes that, and that a window of another size takes nothing away."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer.storage.library import Library
from chatviewer.tui.layout_state import LayoutState
from chatviewer.tui.pane_widths import LEAST_LIST, LEAST_READING, LIBRARY_WIDTHS, pane_widths
from tests.tui.conftest import settle
from tests.tui.test_main_screen import cursor, main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


@given(st.integers(120, 400), st.integers(0, 500), st.integers(0, 500), st.booleans())
def test_every_pane_keeps_its_least_width(window: int, library: int, sessions: int, has_library: bool) -> None:
    widths = pane_widths(window, library, sessions, has_library=has_library)
    assert widths[0] in (range(LIBRARY_WIDTHS[0], LIBRARY_WIDTHS[1] + 1) if has_library else (0,))
    assert widths[1] >= LEAST_LIST
    assert window - sum(widths) >= LEAST_READING
    if sessions and LEAST_LIST <= sessions <= window - widths[0] - LEAST_READING:
        assert widths[1] == sessions


@given(st.integers(80, 119), st.integers(0, 500))
def test_also_in_a_medium_window(window: int, sessions: int) -> None:
    library, width = pane_widths(window, 30, sessions, has_library=False)
    assert library == 0
    assert LEAST_LIST <= width <= window - LEAST_READING


async def drag(pilot: Pilot[int], x: int, to: int, y: int = 10) -> None:
    await pilot.hover(offset=(x, y))
    await pilot.mouse_down(offset=(x, y))
    await pilot.hover(offset=(to, y))
    await pilot.mouse_up(offset=(to, y))
    await settle(pilot)


async def test_borders_are_dragged_and_the_widths_remembered(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(160, 40)) as pilot:
        main = main_of(pilot)
        sessions, library, reading = main.query_one("#list-pane"), main.library_pane, main.query_one("#reading")
        usual = sessions.region.width
        edge = sessions.region.right - 1
        await pilot.hover(offset=(edge, 10))
        assert sessions.has_class("-edge-right")
        assert reading.has_class("-edge-left"), "what can be dragged lights up under the pointer"
        await pilot.hover(offset=(edge - 9, 10))
        assert not sessions.has_class("-edge-right")
        await drag(pilot, edge, edge + 12)
        assert sessions.region.width == usual + 12
        await drag(pilot, library.region.right - 1, library.region.right + 7)
        assert library.region.width == 30
        assert sessions.region.width == usual + 12
        row = main.session_list.cursor
        await drag(pilot, sessions.region.right, 159)
        assert reading.region.width == LEAST_READING, "no pane is dragged away"
        assert main.session_list.cursor == row
        await drag(pilot, sessions.region.right - 1, sessions.region.right - 20)
        wanted = sessions.region.width
    assert (LayoutState.load().library_width, LayoutState.load().list_width) == (30, wanted)
    async with open_viewer(demo_library, size=(160, 40)) as pilot:
        main = main_of(pilot)
        assert (main.library_pane.region.width, main.query_one("#list-pane").region.width) == (30, wanted)
        await pilot.click(offset=(main.library_pane.region.right - 1, 10), times=2)
        await settle(pilot)
        assert main.library_pane.region.width == 22, "a double click gives the usual width back"


async def test_keys_resize_the_list_and_the_library(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(160, 40)) as pilot:
        main = main_of(pilot)
        sessions = main.query_one("#list-pane")
        width = sessions.region.width
        await press(pilot, "right_square_bracket")
        assert sessions.region.width == width + 4
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert sessions.region.width == width - 4
        await press(pilot, "shift+tab", "right_square_bracket")
        assert (main.pane, main.library_pane.region.width) == ("library", 26)
        await press(pilot, "tab", "backslash", "right_square_bracket")
        assert sessions.region.width == 160, "alone it has all there is"
        assert main.status.notice.startswith("One pane now: \\")
        await press(pilot, "backslash")
        assert (main.library_pane.region.width, sessions.region.width) == (26, width - 4)


async def test_a_window_of_another_size_keeps_focus_cursor_and_place(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(160, 40)) as pilot:
        main = main_of(pilot)
        await press(pilot, "j", "j", "j", "right_square_bracket", "right_square_bracket")
        uid, width = cursor(pilot).uid, main.query_one("#list-pane").region.width
        await press(pilot, "enter", "J", "J")
        assert main.reader.view is not None
        message = main.reader.message_uid
        for size in ((100, 30), (60, 20), (40, 12), (79, 24), (80, 24), (119, 30), (200, 50), (160, 40)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert main.reader.has_focus
            assert main.reader.message_uid == message
            assert cursor(pilot).uid == uid
            list_width = main.query_one("#list-pane").region.width
            assert list_width == 0 if size[0] < 80 else LEAST_LIST <= list_width <= size[0] - LEAST_READING
        assert main.query_one("#list-pane").region.width == width, "what was wanted comes back with the room for it"
        await press(pilot, "escape")
        for size in ((60, 20), (40, 12), (160, 40)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert main.session_list.has_focus
            line = main.session_list._cursor_line() - round(main.session_list.scroll_y)
            assert 0 <= line < main.session_list.scrollable_content_region.height, "the cursor is seen"


async def test_the_first_start_has_the_window_for_itself(open_viewer: OpenViewer, library: Library) -> None:
    async with open_viewer(library, size=(160, 40)) as pilot:
        main = main_of(pilot)
        assert main.query_one("#list-pane").region.width == 160
