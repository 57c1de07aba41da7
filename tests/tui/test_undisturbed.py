"""What is being read stays, whatever changes in the list beside it; what is seen is what is stored."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from textual.pilot import Pilot

from chatviewer.domain import Hit, HitKind, Role
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.tui.screens.main import MainScreen
from chatviewer.tui.widgets.session_rows import HitRows
from tests.factories import fill, make_session
from tests.tui.conftest import settle
from tests.tui.test_main_screen import cursor, main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def shown_rating(main: MainScreen) -> int | None:
    assert main.reader.view is not None
    message = main.reader.view.layout_of_rows.message(main.reader.view.cursor_seq)
    return message.rating.value if message is not None and message.rating is not None else None


async def go_to_a_reply(pilot: Pilot[int]) -> None:
    main = main_of(pilot)
    for _ in range(10):
        await press(pilot, "J")
        assert main.reader.view is not None
        message = main.reader.view.layout_of_rows.message(main.reader.view.cursor_seq)
        if message is not None and message.role is Role.ASSISTANT:
            return
    raise AssertionError("there is no reply")


async def test_a_reply_that_its_rating_takes_out_of_the_list_is_still_read(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"rating:none", "enter")
        before = cursor(pilot)
        await press(pilot, "enter")
        await go_to_a_reply(pilot)
        await press(pilot, "4")
        await settle(pilot)
        assert main.session_list.rows.find((before.id, "")) is None
        assert main.reader.has_focus
        assert main.reader.shown is not None
        assert main.reader.shown.summary.uid == before.uid
        assert shown_rating(main) == 4
        await press(pilot, "escape")
        await settle(pilot)
        assert main.reader.shown.summary.uid == cursor(pilot).uid


async def test_the_last_session_of_a_list_can_be_archived_while_it_is_read(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        (id_,) = demo_library.session_ids(parse('title:"Compare FTS tokenizers"'))
        await press(pilot, "slash", *'title:"Compare FTS tokenizers"', "enter", "enter")
        await press(pilot, "a")
        assert len(main.session_list.rows) == 0
        assert main.reader.shown is not None
        assert main.reader.shown.summary.id == id_
        await press(pilot, "escape")
        await settle(pilot)
        assert main.reader.shown is None


async def test_undo_and_redo_of_a_rating_are_seen_in_the_transcript(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        row = main.session_list.rows.find((demo_library.session_ids(parse("rating:none"))[0], ""))
        assert row is not None
        main.session_list.move_cursor(row)
        await press(pilot, "enter")
        await go_to_a_reply(pilot)
        for key, rating in (("5", 5), ("u", None), ("ctrl+r", 5)):
            await press(pilot, key)
            await settle(pilot)
            await settle(pilot)
            assert shown_rating(main) == rating, key


@pytest.mark.parametrize("is_note", [True, False])
async def test_undo_and_redo_do_not_move_the_reader(open_viewer: OpenViewer, library: Library, is_note: bool) -> None:
    session = make_session("long", [f"said {number}\n\n" + "words " * 40 for number in range(60)])
    fill(library, session)
    noted = session.messages[3].uid
    library.set_note(noted, "first")
    library.set_note(noted, "second")
    async with open_viewer(library, size=(100, 30)) as pilot:
        main = main_of(pilot)
        await press(pilot, "enter", "J", "J", "J", "j", "j", "j", "k")
        if not is_note:
            await press(pilot, "*")
        await settle(pilot)
        view = main.reader.view
        assert view is not None
        before = view.cursor, view.top
        for key, note in (("u", "first"), ("ctrl+r", "second")):
            await press(pilot, key)
            await settle(pilot)
            await settle(pilot)
            assert (view.cursor, view.top) == before, key
            held = next(message for message in view.layout_of_rows.held() if message.uid == noted)
            assert held.note == (note if is_note else "second"), key


async def test_a_new_title_stands_above_the_transcript(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "r")
        await press(pilot, "ctrl+u", *"Mine", "enter")
        await settle(pilot)
        assert str(main_of(pilot).query_one("#reading").border_title) == "Mine"


async def test_the_words_that_are_lit_follow_what_is_typed(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"title:flaky lock*")
        await settle(pilot)
        first = main.session_list.cursor_hit
        await press(pilot, *(["backspace"] * 5), *"database")
        await settle(pilot)
        view = main.reader.view
        assert view is not None
        assert view._pattern is not None
        assert first is not None
        assert view._pattern.search("a database")
        assert not view._pattern.search("locked")


async def test_more_results_leave_the_cursor_on_its_result(open_viewer: OpenViewer, demo_library: Library) -> None:
    def hit(session: int, seq: int) -> Hit:
        return Hit(session, f"s{session}", "Title", "codex", "", f"m{session}-{seq}", seq, Role.USER, None, "text", HitKind.TEXT)

    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        shown = main.session_list
        shown.show(HitRows([hit(1, 0), hit(2, 0), hit(2, 1)]), keep_cursor=False)
        shown.cursor = 2
        shown.add_hits([hit(1, 1), hit(1, 2), hit(3, 0)])
        assert shown.cursor_hit == hit(2, 1)
        assert [one.session_id for one in shown.rows.hits] == [1, 1, 1, 2, 2, 3]  # type: ignore[attr-defined]


async def test_where_the_reader_is_stands_below_the_transcript_again_after_a_find(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        reading = main_of(pilot).query_one("#reading")
        await press(pilot, "enter", "J")
        await settle(pilot)
        assert str(reading.border_subtitle) == "2/4"
        await press(pilot, "slash", *"test")
        await settle(pilot)
        assert "in other branches" in str(reading.border_subtitle)
        await press(pilot, "enter", "escape")
        await settle(pilot)
        assert str(reading.border_subtitle) in {f"{number}/4" for number in range(1, 5)}
