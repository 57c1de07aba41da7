"""Folding: three levels for one block and for all of them, the eye in its place, remembered for each session."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from textual.pilot import Pilot

from chatviewer.domain import Message, Rating, Role
from chatviewer.storage.library import Library
from chatviewer.tui import reading_memory
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.rendering.block import EVERYTHING, Folds, Level
from chatviewer.tui.rendering.message import Child, Place, View, blocks_of
from chatviewer.tui.widgets.transcript import TranscriptView
from chatviewer.tui.widgets.transcript_folding import NOTHING_TO_FOLD
from chatviewer.tui.widgets.transcript_sample import ListSource, stubs_of, summary_of
from tests.tui.conftest import settle as settle_viewer
from tests.tui.reading import ReadingApp, conversation, cursor_line, screen, show

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
LONG = "\n\n".join(f"thought {number}" for number in range(40))


def everything(count: int = 40) -> list[Message]:
    """A conversation with long thinking, long outputs and long notices of programs."""
    messages = [one._replace(thinking=LONG if one.thinking else "") for one in conversation(count)]
    return [one._replace(role=Role.SYSTEM, metadata={"kind": "system-reminder"}, content=LONG) if one.seq == 2 else one for one in messages]


def on_call(view: TranscriptView) -> int:
    """Puts the cursor on the first call; its line of the screen."""
    view.go(next(position for position, row in view.visible_lines() if "Bash" in row.plain))
    return cursor_line(view)


async def test_everything_goes_through_three_levels_and_the_eye_stays() -> None:
    app = ReadingApp()
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, everything())
        line = on_call(view)
        for keys, level, sign in (("Z", Level.SHORT, "▾"), ("Z", Level.FULL, "▾"), ("Z", Level.FULL, "▾"), ("z", Level.LINE, "▸")):
            await pilot.press(keys)
            assert cursor_line(view) == line
            assert f"{sign} Bash" in screen(view)[line]
            block = view.layout_of_rows.block_at(view.cursor)
            assert block is not None
            assert block.level is level
            text = "\n".join(screen(view))
            assert ("4,988 more lines" in text) == (level is Level.SHORT)
        for how in ("open", "full", "hidden", "line"):
            await pilot.press("t")
            assert view.folds.tool_calls == how


async def test_a_key_for_all_takes_back_what_was_folded_one_by_one() -> None:
    app = ReadingApp()
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, everything())
        on_call(view)
        await pilot.press("o", "o", "T")
        assert list(view.layout_of_rows.levels.values()) == [Level.FULL]  # thinking is another matter
        assert view.folds.thinking is Level.FULL
        await pilot.press("t")
        assert view.layout_of_rows.levels == {}
        assert view.folds == Folds("open", Level.FULL)
        await pilot.press("Z")
        assert view.folds == Folds("open", Level.SHORT, Level.SHORT)


async def test_folds_belong_to_their_session_also_after_a_restart() -> None:
    app = ReadingApp()
    one, other = everything(), conversation(6)
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, one)
        await pilot.press("Z", "Z")
        view.show(summary_of(other, "other"), stubs_of(other), ListSource(other))
        assert view.folds == Folds()
        await pilot.press("t")
        await show(pilot, one)
        assert view.folds == EVERYTHING
        memories = view.remember()
        reading_memory.save(memories or view._memories)
        view.prefer(Folds("hidden"))  # a preference does not take back what the reader chose
        assert view.folds == EVERYTHING
        view.recall(reading_memory.load())
        view.session = None
        view.show(summary_of(other, "other"), stubs_of(other), ListSource(other))
        assert view.folds == Folds("open")
        view.session = None
        view.show(summary_of(one), stubs_of(one), ListSource(one))
        assert view.folds == EVERYTHING


def test_each_kind_of_block_has_three_levels_and_no_key_without_effect() -> None:
    message = next(one for one in everything(12) if one.thinking and one.tool_calls)
    notice = everything(12)[2]
    for one, key in ((message, "thinking"), (message, "call:0"), (notice, "text")):
        heights = []
        levels: dict[str, Level] = {}
        for _ in range(3):
            block = next(block for block in blocks_of(one, Place(), View(), levels) if block.key == key)
            heights.append(sum(len(chunk.layout(80)) for chunk in block.chunks))
            levels[key] = block.next_level()
        assert heights[0] == 1
        assert heights[1] == 14
        assert heights[2] > 40
        assert levels[key] is Level.LINE
    short = message._replace(thinking="one\n\ntwo")
    block = next(block for block in blocks_of(short, Place(), View(), {"thinking": Level.SHORT}) if block.key == "thinking")
    assert block.next_level() is Level.LINE  # there is no more of it


def test_what_is_short_at_one_width_is_never_out_of_reach_at_another() -> None:
    message = conversation(2)[1]._replace(thinking="\n\n".join(["word " * 18] * 5), tool_calls=())
    block = next(block for block in blocks_of(message, Place(), View(), {"thinking": Level.SHORT}) if block.key == "thinking")
    text = " ".join(row.plain.strip() for chunk in block.chunks for row in chunk.layout(30))
    assert block.next_level() is Level.LINE
    assert "more lines" not in text
    assert text.count("word") == 90


def test_what_was_said_about_a_reply_stands_below_its_header() -> None:
    message = conversation(2)[1]._replace(note="one\ntwo", rating=Rating(uid="m1", value=4, text="does it"))
    blocks = blocks_of(message, Place(is_first=False, is_continuation=True), View(), {})
    assert [block.key for block in blocks][:3] == ["header", "rating", "note"]
    rows = [row.plain.strip() for block in blocks[:3] for chunk in block.chunks for row in chunk.layout(60)]
    assert "★★★★☆" in rows[1]
    assert rows[2:] == ["★ does it", "✎ one", "two"]


async def test_after_a_rating_the_note_is_a_hint_that_can_be_ignored(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        main = pilot.app.main
        view = main.reader.view
        assert view is not None
        await pilot.press("enter")
        await settle_viewer(pilot)
        reply = next(stub.seq for stub in view.layout_of_rows.stubs.values() if stub.role is Role.ASSISTANT and not stub.rating)
        view.show_message(reply)
        await settle_viewer(pilot)
        await pilot.press("o")
        await settle_viewer(pilot)
        assert main.status.notice == NOTHING_TO_FOLD
        await pilot.press("4")
        await settle_viewer(pilot)
        assert main.status.notice == "Rated ★★★★☆ · N adds a note · u undoes"
        assert view.has_focus  # reading goes on
        await pilot.press("N", *"good", "ctrl+s")
        await settle_viewer(pilot)
        assert any("✎ good" in row.plain for _position, row in view.visible_lines())
        await pilot.press("5")
        await settle_viewer(pilot)
        assert main.status.notice == "Rated ★★★★★ · N changes its note · u undoes"
        await pilot.press("0")
        await settle_viewer(pilot)
        assert main.status.notice == "Rating cleared · u undoes"


async def test_the_cursor_stays_on_the_message_while_a_rating_brings_and_takes_its_header() -> None:
    app = ReadingApp()
    messages = [one._replace(role=Role.USER if one.seq == 0 else Role.ASSISTANT, tool_calls=(), thinking="") for one in conversation(4)]
    async with app.run_test(size=(60, 30)) as pilot:
        view = await show(pilot, messages)
        view.refresh_message(messages[2]._replace(rating=Rating(uid="m2", value=4)))
        view.go_to_message(2)
        assert "★★★★☆" in screen(view)[cursor_line(view)]
        for rating in (None, Rating(uid="m2", value=5), None):
            view.refresh_message(messages[2]._replace(rating=rating))
            assert screen(view)[cursor_line(view)].strip(" ▌")
            assert view.cursor_seq == 2


def test_what_stands_above_a_sub_agents_session_is_wrapped() -> None:
    call = conversation(2)[1].tool_calls[0]._replace(tool_name="Task", child_uid="u")
    message = conversation(2)[1]._replace(tool_calls=(call,))
    view = View(children={"u": Child(3, tuple(conversation(3)))})
    block = next(block for block in blocks_of(message, Place(), view, {"call:0": Level.FULL}) if block.key == "call:0")
    rows = [row.plain for chunk in block.chunks for row in chunk.layout(50)]
    assert all(len(row) <= 50 for row in rows)
    assert "opens it" in " ".join(" ".join(rows).split())
