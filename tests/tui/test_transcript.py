"""The transcript as a reader meets it: long sessions, folding, branches, finding, hostile text."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Region

from chatviewer.domain import Message, MessageStub, Rating, Role, ToolCallStatus
from chatviewer.errors import DatabaseError
from chatviewer.tui.messages import BranchSwitched, FindProgressed, MessageHighlighted, OpenSession, RateReply
from chatviewer.tui.rendering.block import TOOL_CALL_VIEWS, Folds, Level
from chatviewer.tui.widgets import transcript
from chatviewer.tui.widgets.transcript import TranscriptView
from chatviewer.tui.widgets.transcript_layout import Position, TranscriptLayout
from chatviewer.tui.widgets.transcript_sample import ListSource, sample_messages, stubs_of, summary_of
from tests.chance import examples
from tests.tui.reading import ReadingApp, call, conversation, cursor_line, screen, settle, show


@pytest.fixture
def app() -> ReadingApp:
    return ReadingApp()


async def test_a_long_session_is_fetched_by_pages(app: ReadingApp) -> None:
    messages = conversation(10_000)
    fetched: list[int] = []

    class CountingSource(ListSource):
        def messages(self, seqs: Sequence[int]) -> list[Message]:
            fetched.extend(seqs)
            return super().messages(seqs)

    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages, CountingSource(messages))
        assert "message number 0" in "\n".join(screen(view))
        view.action_last()
        await settle(pilot)
        assert "message number 9999" in "\n".join(screen(view))
        assert view.cursor == view.layout_of_rows.end()
        view.show_match(7_000, ["number"])
        await settle(pilot)
        assert "message number 7000" in "\n".join(screen(view))
        assert len(fetched) < 400
        assert view.vertical_scrollbar.position == pytest.approx(view.vertical_scrollbar.window_virtual_size * 0.7, rel=0.1)


async def test_a_slow_source_never_blocks_and_never_lies(app: ReadingApp) -> None:
    messages = conversation(200)

    class SlowSource(ListSource):
        def messages(self, seqs: Sequence[int]) -> list[Message]:
            time.sleep(0.05)
            return super().messages(seqs)

    async with app.run_test(size=(100, 30)) as pilot:
        view = app.view
        view.show(summary_of(messages), stubs_of(messages), SlowSource(messages))
        assert "❯ you …" in "\n".join(screen(view))  # drawn before the first page is there
        view.action_last()
        other = [message._replace(content=f"other {message.seq}") for message in messages]
        view.show(summary_of(other, "other"), stubs_of(other), SlowSource(other))
        await settle(pilot)
        text = "\n".join(screen(view))
        assert "other 0" in text
        assert "message number" not in text  # a page of the session before does not come through


async def test_the_next_session_takes_the_place_of_the_one_before_at_once(app: ReadingApp, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = conversation(20)
    other = [message._replace(content=f"other {message.seq}") for message in messages]
    may_read = threading.Event()

    class WaitingSource(ListSource):
        def messages(self, seqs: Sequence[int]) -> list[Message]:
            may_read.wait(30)
            return super().messages(seqs)

    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages)
        before = screen(view)
        monkeypatch.setattr(transcript, "HOLD_SECONDS", 3_600.0)
        view.show(summary_of(other, "other"), stubs_of(other), WaitingSource(other))
        await pilot.pause()
        assert screen(view) == before  # not emptied while the messages are read
        view.action_cursor_down()
        assert screen(view) == before
        may_read.set()
        await settle(pilot)
        assert "other 0" in "\n".join(screen(view))
        assert "message number" not in "\n".join(screen(view))
        may_read.clear()
        monkeypatch.setattr(transcript, "HOLD_SECONDS", 0.001)
        view.show(summary_of(messages, "slow"), stubs_of(messages), WaitingSource(messages))
        while "❯ you …" not in "\n".join(screen(view)):  # what takes longer is not hidden
            await pilot.pause(0.005)
        may_read.set()
        await settle(pilot)


async def test_a_step_of_the_cursor_draws_two_rows_anew(app: ReadingApp, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [message._replace(content="one  \ntwo  \nthree  \nfour") for message in conversation(30)]
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages)
        view.action_cursor_down()
        await settle(pilot)
        asked: list[tuple[Region, ...]] = []
        monkeypatch.setattr(view, "refresh", lambda *regions, **_options: asked.append(regions))
        before = cursor_line(view)
        view.action_cursor_down()
        assert [[region.y for region in regions] for regions in asked] == [[before, before + 1]]
        asked.clear()
        view.action_page_down()
        assert len(asked[0]) == view.size.height
        asked.clear()
        view.find("three")
        assert () in asked  # what is lit looks different everywhere


async def test_a_source_that_fails_is_said_once(app: ReadingApp) -> None:
    class BrokenSource:
        def messages(self, seqs: Sequence[int]) -> list[Message]:
            raise DatabaseError("disk is [red]gone[/]")

    messages = conversation(30)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        view = await show(pilot, messages, BrokenSource())
        view.action_cursor_down()
        await settle(pilot)
        assert [notification.message for notification in app._notifications] == ["disk is [red]gone[/]"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda view: view.action_cycle_tool_calls(), id="tool calls"),
        pytest.param(lambda view: view.action_toggle_thinking(), id="thinking"),
        pytest.param(lambda view: view.action_unfold_all(), id="unfold all"),
        pytest.param(lambda view: view.append([MessageStub(400, 399, Role.USER, 5, 0, 0, 0)]), id="new messages"),
        pytest.param(
            lambda view: view.refresh_message(view.layout_of_rows.message(231)._replace(rating=Rating(uid="m231", value=5))),
            id="rated above",
        ),
    ],
)
async def test_the_eye_stays_on_its_row(app: ReadingApp, change: Callable[[TranscriptView], None]) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, conversation(400))
        view.go_to_message(231)
        await settle(pilot)
        view.go_to_message(233)
        for _ in range(3):
            view.action_cursor_down()
        await settle(pilot)
        seq, line = view.cursor_seq, cursor_line(view)
        text = screen(view)[line]
        change(view)
        await settle(pilot)
        assert (view.cursor_seq, cursor_line(view), screen(view)[line]) == (seq, line, text)


async def test_resizing_keeps_the_message_and_the_end(app: ReadingApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, conversation(400))
        view.go_to_message(200)
        await settle(pilot)
        line = cursor_line(view)
        for size in ((60, 20), (140, 40), (12, 5), (100, 30)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert view.cursor_seq == 200
        assert cursor_line(view) == pytest.approx(line, abs=3)
        view.action_last()
        await settle(pilot)
        await pilot.resize_terminal(60, 20)
        await settle(pilot)
        assert view.cursor == view.layout_of_rows.end()


async def test_folding_one_call_in_three_levels(app: ReadingApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, conversation(4))
        text = screen(view)
        view.go(view.visible_lines()[next(y for y, row in enumerate(text) if "Bash" in row)][0])
        assert "5,000 lines" in screen(view)[cursor_line(view)]
        view.action_toggle_block()
        assert "… 4,988 more lines" in "\n".join(screen(view))
        view.action_toggle_block()
        assert view.layout_of_rows.block_at(view.cursor).level is Level.FULL
        view.move_page(5_000)
        assert "output line 4" in "\n".join(screen(view))
        view.action_toggle_block()  # from far inside of it
        assert "Bash" in screen(view)[cursor_line(view)]
        assert "output line" not in "\n".join(screen(view))


async def test_branches_are_switched_in_place(app: ReadingApp) -> None:
    main = conversation(200)
    other = [
        one._replace(uid=f"o{one.seq}", seq=one.seq + 200, content=f"other {one.seq}", parent_uid=f"o{one.seq - 1}") for one in main[:60]
    ]
    other[0] = other[0]._replace(parent_uid="m99")
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, [*main, *other])
        assert view.layout_of_rows.path[100] == 200  # the newest branch is shown first
        view.go_to_message(100)
        await settle(pilot)
        for _ in range(4):
            view.action_cursor_up()
        view.go_to_message(100)
        line = cursor_line(view)
        assert "‹ 2/2 ›" in screen(view)[line]
        await pilot.press(">")
        await settle(pilot)
        assert (view.cursor_seq, cursor_line(view)) == (100, line)
        assert "‹ 1/2 ›" in screen(view)[line]
        assert app.last(BranchSwitched).seqs == tuple(range(200))  # type: ignore[attr-defined]
        view.action_cursor_down()
        await pilot.press("<")  # from within the message
        await settle(pilot)
        assert (view.cursor_seq, cursor_line(view)) == (200, line)
        view.show_match(150, ["message"])  # a match in the branch that is not shown
        await settle(pilot)
        assert "message number 150" in "\n".join(screen(view))


async def test_the_way_a_session_was_left_is_remembered(app: ReadingApp) -> None:
    messages = sample_messages()
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages)
        view.layout_of_rows.show_branch_of(5)
        view.go(view.layout_of_rows.start(4))
        other = conversation(3)
        view.show(summary_of(other, "other"), stubs_of(other), ListSource(other))
        await settle(pilot)
        await show(pilot, messages)
        assert view.cursor_seq == 4
        assert view.layout_of_rows.path[-1] == 5


async def test_rating_and_opening_are_asked_for(app: ReadingApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        view = await show(pilot, sample_messages())
        await pilot.press("4")  # the prompt: not rated
        view.go_to_message(4)
        await pilot.press("5", "0")
        ratings = [(message.uid, message.value) for message in app.posted if isinstance(message, RateReply)]
        assert ratings == [("m4", 5), ("m4", None)]
        view.action_first()
        line = next(y for y, row in enumerate(screen(view)) if "Task explorer" in row)
        view.go(view.visible_lines()[line][0])
        await pilot.press("enter")
        assert app.last(OpenSession).uid == "child"  # type: ignore[attr-defined]
        view.refresh_message(sample_messages()[4]._replace(rating=Rating(uid="m4", value=2)))
        view.go_to_message(4)
        assert "★★☆☆☆" in screen(view)[cursor_line(view)]
        assert view.copy_text() == (sample_messages()[4].content, "reply")
        await pilot.pause()
        assert app.last(MessageHighlighted).uid == "m4"  # type: ignore[attr-defined]


HOSTILE = (
    "\x1b]52;c;aGk=\x07\x1b[2J\x1b[31mred\x9b5n \x1bP+q\x1b\\ \u202egnp\u202c [@click=app.quit]x[/] [bold [/] [red]\n"
    "| \x1b[31m | [a](javascript:x) |\n|--|--|\n| \x07 | ![x](http://e/\x1b[0m) |\n```\x1b[1m\n\x1b[2J\r\n```\n"
    + "x" * 1_000_000
    + "\ud800"
)


async def test_no_control_character_reaches_a_strip(app: ReadingApp) -> None:
    calls = tuple(
        call(f"c{number}", HOSTILE, tool_name=name, arguments=arguments, error_message=HOSTILE, status=ToolCallStatus.FAILED)
        for number, (name, arguments) in enumerate(
            (name, arguments)
            for name in ("Bash", "Edit", "Read", "Grep", "Task", "TodoWrite", "WebFetch", f"mcp__{HOSTILE[:50]}", HOSTILE[:80])
            for arguments in (
                {"command": HOSTILE, "path": HOSTILE, "todos": [HOSTILE, {"content": HOSTILE}], "old_str": HOSTILE[:99], "edits": 3},
                HOSTILE,
                None,
            )
        )
    )
    message = Message(uid="m", role=Role.ASSISTANT, content=HOSTILE, thinking=HOSTILE, model=HOSTILE[:60], note=HOSTILE, tool_calls=calls)
    notice = Message(uid="n", seq=1, role=Role.SYSTEM, parent_uid="m", content=HOSTILE, metadata={"kind": HOSTILE[:60]})
    async with app.run_test(size=(100, 40)) as pilot:
        view = await show(pilot, [message, notice])
        view.action_unfold_all()
        view.find("red")
        await settle(pilot)
        seen = 0
        while view.cursor != view.layout_of_rows.end():
            for row in screen(view):
                seen += 1
                assert row.isprintable() or not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in row), row
                assert "\ud800" not in row
                assert "\u202e" not in row
            view.action_page_down()
        assert 100 < seen < 20_000  # the line of a megabyte is cut
        assert "more characters" in "\n".join(row.plain for _position, row in view.layout_of_rows.lines(Position(0), 20_000))


async def test_dragging_and_wheel_and_selecting(app: ReadingApp) -> None:
    from textual.geometry import Offset
    from textual.scrollbar import ScrollTo
    from textual.selection import Selection

    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, conversation(1_000))
        view.post_message(ScrollTo(y=view.virtual_size.height / 2))
        await settle(pilot)
        assert view.cursor_seq == pytest.approx(500, abs=60)
        first = screen(view)[:2]
        strips = [view.render_line(y) for y in range(2)]
        offsets = [segment.style.meta["offset"] for strip in strips for segment in strip if segment.style is not None]
        text = view.get_selection(Selection(Offset(2, offsets[0][1]), Offset(9, offsets[-1][1])))
        assert text is not None
        assert text[0] == f"{first[0][2:]}\n{first[1][2:9]}".rstrip()


async def test_dragging_the_mouse_selects_text(app: ReadingApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, conversation(30))
        text = screen(view)
        line = next(y for y, row in enumerate(text) if "message number 0" in row)
        column = text[line].index("number")
        await pilot.mouse_down(view, offset=(column, line))
        await pilot.hover(view, offset=(column + 5, line))
        await pilot.mouse_up(view, offset=(column + 5, line))
        await pilot.pause()
        assert app.screen.get_selected_text() in ("numbe", "number")
        await pilot.click(view, offset=(column, line + 2))
        assert cursor_line(view) == line + 2


@given(data=st.data(), parents=st.lists(st.integers(min_value=-1, max_value=30), min_size=1, max_size=30))
@settings(max_examples=examples(60), deadline=None)
def test_walking_down_and_up_is_the_same_way(data: st.DataObject, parents: list[int]) -> None:
    """Whatever is shown, hidden, read or missing: rows have one order, and the places in it can be found again."""
    roles = st.sampled_from(list(Role))
    messages = [
        Message(
            uid=f"m{seq}",
            seq=seq,
            role=data.draw(roles),
            content="word " * data.draw(st.integers(0, 60)),
            thinking="t" * data.draw(st.integers(0, 3)),
            tool_calls=tuple(call(f"c{seq}-{number}", "line\n" * 40) for number in range(data.draw(st.integers(0, 2)))),
            parent_uid=f"m{parent}" if -1 < parent < len(parents) else None,
        )
        for seq, parent in enumerate(parents)
    ]
    layout = TranscriptLayout(stubs_of(messages), width=40)
    layout.set_view(layout.view._replace(folds=Folds(data.draw(st.sampled_from(TOOL_CALL_VIEWS)))))
    layout.add_messages(message for message in messages if data.draw(st.booleans()))
    down = [position for position, _row in layout.lines(layout.clamp(Position(0)), 10_000)]
    assert down == sorted(set(down))
    if not down:
        return
    assert down[-1] == layout.end()
    up = [layout.end()]
    while (above := layout.move(up[-1], -1)) != up[-1]:
        up.append(above)
    assert up[::-1] == down
    place = data.draw(st.sampled_from(down))
    assert layout.find(layout.bookmark(place)) == place
    assert layout.at_offset(layout.offset(place)) == place


async def test_everything_at_once_settles(app: ReadingApp) -> None:
    """Keys pressed faster than pages come: no exception, and what is asked for last is what is shown."""
    async with app.run_test(size=(80, 24)) as pilot:
        view = await show(pilot, conversation(2_000))
        await pilot.press("G", "ctrl+u", "t", "T", "g", "J", "J", "K", "}", "{", "Z", "pagedown", "z", "o", "G", "t", "t")
        view.find("number 1999")
        await asyncio.sleep(0)
        await settle(pilot)
        assert view.cursor_seq == 1_999
        view.clear()
        await pilot.press("j", "G", "J", "o", "y", ">", "5", "t")
        assert view.cursor_seq == -1


async def test_a_sub_agents_session_ends_below_its_unfolded_call(app: ReadingApp) -> None:
    messages = sample_messages()
    async with app.run_test(size=(100, 60)) as pilot:
        view = await show(pilot, messages)
        view.show_message(3)
        await settle(pilot)
        view.set_level("call:1", Level.FULL)
        await settle(pilot)
        shown = "\n".join(screen(view))
        assert "its session · 9 messages, the last 2 here · Enter on the call opens it" in shown
        assert any("│" in line and "It writes to" in line for line in screen(view)), shown
        view.find("安全です")
        await settle(pilot)
        assert app.last(FindProgressed).total == 2  # type: ignore[attr-defined]  # in the nested session as well
