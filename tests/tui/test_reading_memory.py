"""Branch, folds and place of a session are as they were left, also after a new start."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer import paths
from chatviewer.domain import FileImport
from chatviewer.storage.library import Library
from chatviewer.tui import reading_memory
from chatviewer.tui.reading_memory import Memory
from chatviewer.tui.rendering.block import Level
from chatviewer.tui.widgets.transcript import TranscriptView
from chatviewer.tui.widgets.transcript_plan import Bookmark
from tests.factories import make_call, make_file, make_message, make_session
from tests.tui.conftest import settle
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


@pytest.fixture
def forked(library: Library) -> Library:
    call = make_call("m1", result="\n".join(f"line {number}" for number in range(40)))
    texts = [f"paragraph {number}\n\n" * 9 for number in range(40)]
    messages = [
        make_message("m0", "prompt"),
        make_message("m1", "reply", role="assistant", parent="m0", tool_calls=(call,)),
        make_message("m2", "one way", parent="m1"),
        make_message("m3", "another way", parent="m1"),
        *(make_message(f"t{number}", text, parent=f"t{number - 1}" if number else "m2") for number, text in enumerate(texts)),
    ]
    library.save([FileImport(file=make_file(), sessions=(make_session("forked", messages), make_session("other")))])
    return library


def view_of(pilot: Pilot[int]) -> TranscriptView:
    view = main_of(pilot).reader.view
    assert view is not None
    return view


async def open_session(pilot: Pilot[int], library: Library, source_id: str) -> None:
    main = main_of(pilot)
    row = main.session_list.rows.find((library.summary(make_session(source_id).uid).id, ""))
    assert row is not None
    main.session_list.move_cursor(row)
    await press(pilot, "enter")


async def test_branch_folds_and_place_are_there_again_after_a_new_start(open_viewer: OpenViewer, forked: Library) -> None:
    async with open_viewer(forked) as pilot:
        await open_session(pilot, forked, "forked")
        view = view_of(pilot)
        await press(pilot, "J", "j", "j", "o")
        assert list(view.layout_of_rows.levels.values()) == [Level.SHORT]
        view.show_message(2)
        await settle(pilot)
        view.show_message(20)
        await settle(pilot)
        await press(pilot, *"jjjjj")
        place = view.layout_of_rows.bookmark(view.cursor)
        path = list(view.layout_of_rows.path)
        assert place.seq == 20
        assert place.row > 3
    async with open_viewer(forked) as pilot:
        await open_session(pilot, forked, "forked")
        await settle(pilot)
        view = view_of(pilot)
        await pilot.app.workers.wait_for_complete()
        await settle(pilot)
        assert view.layout_of_rows.path == path
        assert list(view.layout_of_rows.levels.values()) == [Level.SHORT]
        back = view.layout_of_rows.bookmark(view.cursor)
        assert (back.seq, back.key, back.chunk) == (place.seq, place.key, place.chunk)
        assert abs(back.row - place.row) <= 1  # the first frame may be of another width


async def test_looking_on_leaves_nothing_behind(open_viewer: OpenViewer, forked: Library) -> None:
    async with open_viewer(forked) as pilot:
        await open_session(pilot, forked, "forked")
        await press(pilot, "escape")
        await open_session(pilot, forked, "other")
    assert not (paths.state_directory() / reading_memory.FILE_NAME).exists()


async def test_it_is_written_when_another_session_is_shown(open_viewer: OpenViewer, forked: Library) -> None:
    async with open_viewer(forked) as pilot:
        await open_session(pilot, forked, "forked")
        await press(pilot, "J", "escape")
        await open_session(pilot, forked, "other")
        assert list(reading_memory.load()) == [make_session("forked").uid]


def test_what_is_kept_is_bounded() -> None:
    levels = {(seq, "text"): Level.FULL for seq in range(1_000)}
    reading_memory.save({f"s{number}": Memory({0: 1}, levels, Bookmark(1, "text", 0, 2, 3)) for number in range(300)})
    loaded = reading_memory.load()
    assert list(loaded) == [f"s{number}" for number in range(100, 300)]
    assert len(loaded["s299"].levels) == reading_memory.KEPT_FOLDS
    assert loaded["s299"].cursor == Bookmark(1, "text", 0, 2, 3)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["branches", "folds", "place", "x"]), inner, max_size=3),
    max_leaves=20,
)


@given(VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_gives_memories_or_none(value: object) -> None:
    path = paths.state_directory() / reading_memory.FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    for stored in (value, {"sessions": value}, {"sessions": {"a": value}}):
        path.write_text(json.dumps(stored))
        loaded = reading_memory.load()
        reading_memory.save(loaded)
        assert reading_memory.load() == loaded
