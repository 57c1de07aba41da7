"""The list: arithmetic of its rows, moving, marking, painting, any number of sessions."""

from array import array
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from chatviewer.domain import Hit, HitKind, Role, SessionStatus, SessionSummary
from chatviewer.tui import formatting
from chatviewer.tui.messages import SummariesNeeded
from chatviewer.tui.widgets.hit_painting import snippet_lines
from chatviewer.tui.widgets.row_layout import Heading, RowLayout
from chatviewer.tui.widgets.session_list import SessionList
from chatviewer.tui.widgets.session_rows import HitRows, SessionRows
from chatviewer.tui.widgets.summary_memory import KEPT, SummaryMemory

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


def summary(number: int, **fields: Any) -> SessionSummary:
    values: dict[str, Any] = {
        "id": number,
        "uid": f"uid-{number}",
        "source": "codex",
        "source_id": f"s{number}",
        "project": "/home/me/api",
        "title": f"Session number {number}",
        "model": None,
        "status": SessionStatus.ACTIVE,
        "is_starred": False,
        "rating": None,
        "tags": (),
        "message_count": 12,
        "tool_call_count": 0,
        "input_tokens": None,
        "output_tokens": None,
        "started_at": NOW,
        "last_message_at": NOW - timedelta(hours=2),
        "parent_uid": None,
        "child_count": 0,
        "is_source_gone": False,
        "has_note": False,
    }
    return SessionSummary(**(values | fields))


def hit(session: int, seq: int, snippet: str = "the \x02words\x03 found") -> Hit:
    return Hit(session, f"uid-{session}", f"Title {session}", "codex", "", f"m{session}-{seq}", seq, Role.USER, NOW, snippet, HitKind.TEXT)


class ListApp(App[None]):
    """The list alone, answering from a function."""

    def __init__(self, rows: SessionRows | HitRows, answer: Callable[[int], SessionSummary] = summary) -> None:
        super().__init__()
        self.rows = rows
        self.answer = answer
        self.asked: list[int] = []

    def compose(self) -> ComposeResult:
        yield SessionList(lambda: NOW, id="list")

    def on_mount(self) -> None:
        self.sessions.show(self.rows)

    @property
    def sessions(self) -> SessionList:
        return self.query_one(SessionList)

    def on_summaries_needed(self, event: SummariesNeeded) -> None:
        self.asked += event.ids
        self.sessions.put_summaries([self.answer(id_) for id_ in event.ids])

    def text(self) -> list[str]:
        return [self.sessions.render_line(y).text.rstrip() for y in range(self.sessions.scrollable_content_region.height)]


# Arithmetic


@given(
    row_count=st.integers(1, 60),
    row_height=st.integers(1, 2),
    gap=st.integers(0, 1),
    starts=st.sets(st.integers(0, 59), max_size=12),
)
def test_every_line_belongs_to_one_row_or_heading(row_count: int, row_height: int, gap: int, starts: set[int]) -> None:
    headings = [Heading(row, str(row)) for row in sorted(starts) if row < row_count]
    layout = RowLayout(row_count, row_height, headings, gap)
    places = [layout.place(line) for line in range(layout.line_count)]
    assert None not in places
    assert layout.place(layout.line_count) is None
    rows = [place.number for place in places if place and not place.is_heading]
    assert rows == [row for row in range(row_count) for _ in range(row_height)]
    for row in range(row_count):
        first = layout.line_of(row)
        assert layout.row_at(first) == row
        place = layout.place(first)
        assert place is not None
        assert (place.is_heading, place.number, place.offset) == (False, row, 0)
        above = layout.covered(row)
        assert layout.row_at(max(0, first - above)) in (row, row - 1), "at most the line of the row above is covered"
        top = layout.sticky(first)
        assert top == max((index for index, heading in enumerate(headings) if heading.row <= row), default=None)
        following, before = layout.next_group(row), layout.previous_group(row)
        assert following in {heading.row for heading in headings if heading.row > row} or following == row_count - 1
        assert not any(row < heading.row < following or before < heading.row < row for heading in headings)
        assert before < row or row == 0


@given(st.text(max_size=80), st.text(min_size=1, max_size=20), st.text(max_size=80), st.integers(4, 60), st.integers(1, 3))
def test_snippets_never_overflow(before: str, match: str, after: str, width: int, line_count: int) -> None:
    lines = snippet_lines(f"{before}\x02{match}\x03{after}", width, line_count)
    assert len(lines) <= line_count
    for line in lines:
        assert sum(cell_len(text) for text, _ in line) <= width
        assert not any(char < " " for text, _ in line for char in text)


def test_the_match_of_a_snippet_is_lit() -> None:
    (line,) = snippet_lines("why does the \x02import\x03 test fail", 60, 1)
    assert line == [("why does the ", False), ("import", True), (" test fail", False)]


WORDS = st.lists(st.sampled_from(["a", "flaky", "sqlite3.OperationalError:", "…-", "database", "日本語", "x" * 30]), max_size=15)


@given(WORDS, WORDS, st.integers(24, 70), st.integers(1, 3))
@example(["x" * 30], ["sqlite3.OperationalError:"], 30, 3)
def test_the_first_match_is_seen_whatever_stands_before_it(before: list[str], after: list[str], width: int, line_count: int) -> None:
    snippet = " ".join([*before, "\x02locked\x03", *after])
    lines = snippet_lines(snippet, width, line_count, "thinking · ")
    assert "".join(text for text, _ in lines[0]).startswith("thinking ·")
    assert "locked" in "".join(text for line in lines for text, is_match in line if is_match)


@given(st.text(max_size=60), st.integers(1, 40))
def test_fitted_text_has_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(formatting.fit(text, width)) == width
    assert cell_len(formatting.fit(text, width, pad=False)) <= width


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=5), "now"),
        (timedelta(minutes=14), "14 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=20), "2 w"),
        (timedelta(days=130), "4 mo"),
        (timedelta(days=800), "2 y"),
        (timedelta(days=-1), "now"),
    ],
)
def test_ages(ago: timedelta, shown: str) -> None:
    assert formatting.age(NOW - ago, NOW) == shown


@pytest.mark.parametrize(("number", "shown"), [(999, "999"), (1000, "1.0k"), (2149, "2.1k"), (310_400, "310k"), (1_250_000, "1.2M")])
def test_counts(number: int, shown: str) -> None:
    assert formatting.short_count(number) == shown


# The widget


async def test_a_hundred_thousand_sessions_ask_only_for_what_is_seen() -> None:
    app = ListApp(SessionRows(array("q", range(1, 100_001))))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert "Session number 1" in app.text()[0]
        assert len(app.asked) < 200
        await pilot.press("G")
        await pilot.pause()
        assert app.sessions.cursor_id == 100_000
        assert "Session number 100000" in "\n".join(app.text())
        assert len(app.asked) < 400
        assert len(app.asked) == len(set(app.asked)), "a row is asked for once"
        assert len(app.sessions._summaries) <= KEPT


async def test_moving_keeps_the_cursor_on_the_screen() -> None:
    app = ListApp(SessionRows(array("q", range(1, 101)), [Heading(0, "Today", 3), Heading(3, "Yesterday", 37), Heading(40, "March", 60)]))
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.press("j", "j", "j")
        assert app.sessions.cursor_id == 4
        text = app.text()
        assert " Yesterday · 37" in text
        assert any(line.startswith("▌  Session number 4") for line in text)
        await pilot.press("ctrl+d", "pagedown", "G")
        assert app.sessions.cursor_id == 100
        assert any("Session number 100" in line for line in app.text())
        await pilot.press("g")
        assert app.text()[0] == " Today · 3", "the heading above the first row is seen, too"


async def test_the_heading_of_the_topmost_row_stays_on_the_top_line() -> None:
    headings = [Heading(0, "Today", 3), Heading(3, "Yesterday", 37), Heading(40, "March", 60)]
    app = ListApp(SessionRows(array("q", range(1, 101)), headings))
    async with app.run_test(size=(60, 15)) as pilot:
        for _ in range(99):
            await pilot.press("j")
            text, number = app.text(), app.sessions.cursor_id or 0
            wanted = "Today · 3" if number < 4 else "Yesterday · 37" if number < 41 else "March · 60"
            assert any(line.startswith("▌  Session number") for line in text[1:]), "no heading covers the cursor's row"
            first = app.sessions._layout_rows.row_at(round(app.sessions.scroll_y)) + 1
            top = "Today · 3" if first < 4 else "Yesterday · 37" if first < 41 else "March · 60"
            assert text[0].strip() in (top, ""), "a gap between two groups is no heading"
            assert f" {wanted}" in text
        for _ in range(99):
            await pilot.press("k")
            assert any(line.startswith("▌  Session number") for line in app.text()[1:])


async def test_from_group_to_group_by_key_and_by_a_click_on_a_heading() -> None:
    app = ListApp(SessionRows(array("q", range(1, 101)), [Heading(0, "Today"), Heading(3, "Yesterday"), Heading(40, "March")]))
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.press("right_curly_bracket", "right_curly_bracket")
        assert app.sessions.cursor_id == 41
        assert app.text()[0] == " March", "the group that was gone to begins at the top"
        await pilot.press("right_curly_bracket")
        assert app.sessions.cursor_id == 100
        await pilot.press("left_curly_bracket")
        assert app.sessions.cursor_id == 41
        await pilot.press("left_curly_bracket")
        assert app.sessions.cursor_id == 4
        await pilot.press("j", "j", "j", "j", "j", "j", "j")
        await pilot.click("#list", offset=(3, 0))
        assert app.sessions.cursor_id == 4, "the heading on the top line leads to its first row"


async def test_rows_that_leave_hand_the_cursor_to_the_next() -> None:
    app = ListApp(SessionRows(array("q", [1, 2, 3, 4])))
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.press("j")
        app.sessions.show(SessionRows(array("q", [1, 3, 4])))
        assert app.sessions.cursor_id == 3
        app.sessions.show(SessionRows(array("q", [9, 1, 3, 4])))
        assert app.sessions.cursor_id == 3, "new sessions above do not move it away"
        app.sessions.show(SessionRows(array("q", [])))
        assert app.sessions.cursor_id is None
        await pilot.press("j", "k", "G", "enter", "space", "v", "ctrl+a")
        assert app.sessions.chosen_ids == []


async def test_what_is_new_above_is_seen_where_the_list_stands_at_its_top_and_moves_nothing_where_it_does_not() -> None:
    app = ListApp(SessionRows(array("q", range(1, 40))))
    async with app.run_test(size=(60, 15)) as pilot:
        app.sessions.show(SessionRows(array("q", [100, *range(1, 40)])))
        assert app.sessions.cursor_id == 1
        await pilot.pause()
        assert app.text()[0].strip().startswith("Session number 100")
        app.sessions.show(SessionRows(array("q", [*range(200, 240), 100, *range(1, 40)])))
        assert app.sessions.cursor_id == 1, "however many come"
        await pilot.pause()
        assert any(line.endswith("Session number 1") for line in app.text())
        await pilot.press("j", "j")
        before = app.text()
        app.sessions.show(SessionRows(array("q", [300, *range(200, 240), 100, *range(1, 40)])))
        await pilot.pause()
        assert app.text() == before


@pytest.mark.parametrize("width", [34, 40, 60])
async def test_a_tag_is_seen_rather_than_the_source(width: int) -> None:
    app = ListApp(
        SessionRows(array("q", [1, 2])), lambda id_: summary(id_, project="/home/me/web-shop", tags=("work",) if id_ == 1 else ())
    )
    async with app.run_test(size=(width, 15)) as pilot:
        await pilot.pause()
        _, tagged, _, plain, *_ = app.text()
        assert "web-shop" in tagged
        assert "#work" in tagged
        assert ("codex" in tagged) is (width > 40)
        assert "codex · web-shop" in plain


async def test_marks_are_what_actions_work_on() -> None:
    app = ListApp(SessionRows(array("q", range(1, 11))))
    async with app.run_test(size=(60, 15)) as pilot:
        assert app.sessions.chosen_ids == [1]
        await pilot.press("space", "space")
        assert app.sessions.chosen_ids == [1, 2]
        assert any(line.startswith("●") for line in app.text()), "marks are told without colour"
        await pilot.press("j", "v", "j", "j")
        assert app.sessions.chosen_ids == [1, 2, 4, 5, 6]
        await pilot.press("k", "v", "j")
        assert app.sessions.chosen_ids == [1, 2, 4, 5]
        await pilot.press("ctrl+a")
        assert len(app.sessions.chosen_ids) == 10
        await pilot.press("ctrl+a")
        assert app.sessions.marks == set()


async def test_hits_stand_under_their_session_and_more_can_come() -> None:
    app = ListApp(HitRows([hit(1, 0), hit(2, 5), hit(1, 7)]))
    async with app.run_test(size=(60, 15)) as pilot:
        text = app.text()
        assert text[0].startswith(" Title 1")
        assert sum(line.startswith(" Title 1") for line in text) == 1
        assert "you · the words found" in text[1]
        await pilot.press("j")
        assert app.sessions.cursor_hit is not None
        assert (app.sessions.cursor_hit.session_id, app.sessions.cursor_hit.seq) == (1, 7)
        app.sessions.add_hits([hit(3, 1)])
        assert app.sessions.cursor_hit.seq == 7
        await pilot.press("G")
        assert app.sessions.cursor_id == 3


async def test_everything_foreign_is_harmless_and_nothing_overflows() -> None:
    nasty = "\x1b]52;c;aGk=\x07 [bold]x[/] \u202e日本語 " + "é" * 200

    def answer(number: int) -> SessionSummary:
        return summary(
            number,
            title=nasty,
            source=nasty[:40],
            project=nasty,
            tags=(nasty, "b"),
            rating=4,
            is_starred=True,
            child_count=2,
            has_note=True,
        )

    for size in ((40, 12), (100, 12)):
        for is_dense in (False, True):
            app = ListApp(SessionRows(array("q", range(1, 30))), answer)
            async with app.run_test(size=size) as pilot:
                app.sessions.is_dense = is_dense
                await pilot.pause()
                for y in range(app.sessions.size.height):
                    strip = app.sessions.render_line(y)
                    assert strip.cell_length == app.sessions.scrollable_content_region.width
                    assert not any(char < " " or char == "\u202e" for char in strip.text)


async def test_one_line_a_session_shows_twice_as_many() -> None:
    app = ListApp(SessionRows(array("q", range(1, 100))))
    async with app.run_test(size=(80, 12)) as pilot:
        app.sessions.is_dense = True
        await pilot.pause()
        shown = [line for line in app.text() if "Session number" in line]
        assert len(shown) == 12
        assert shown[0].endswith("12    2 h")


async def test_a_click_moves_and_a_second_one_opens() -> None:
    app = ListApp(SessionRows(array("q", range(1, 10))))
    chosen: list[int] = []
    async with app.run_test(size=(60, 15)) as pilot:
        app.sessions.action_choose = lambda: chosen.append(app.sessions.cursor_id or 0)  # type: ignore[method-assign]
        await pilot.click("#list", offset=(5, 4))
        assert app.sessions.cursor_id == 3
        await pilot.click("#list", offset=(5, 4), times=2)
        assert chosen == [3]


def test_summaries_that_are_stale_are_shown_but_asked_for_again() -> None:
    memory = SummaryMemory()
    assert list(memory.ask([1, 2])) == [1, 2]
    assert list(memory.ask([2, 3])) == [3], "what has been asked for is not asked for twice"
    memory.keep([summary(1)])
    memory.expire()
    assert memory.get(1) is not None
    assert not memory.are_fresh([1])
    memory.keep([summary(number) for number in range(10, 10 + KEPT)])
    assert memory.get(1) is None
    assert len(memory) == KEPT


async def test_after_a_search_the_cursor_is_on_what_was_found_or_where_it_was() -> None:
    app = ListApp(SessionRows(array("q", range(1, 50))))
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.press("j", "j")
        app.sessions.show(HitRows([hit(30, 0), hit(99, 5)]), keep_cursor=False)
        app.sessions.show(SessionRows(array("q", range(1, 50))))
        assert app.sessions.cursor_id == 30
        app.sessions.show(HitRows([hit(7, 0), hit(99, 5)]), keep_cursor=False)
        await pilot.press("j")
        app.sessions.show(SessionRows(array("q", range(1, 50))))
        assert app.sessions.cursor_id == 30, "the hit's session, a sub-agent, is not in the list"
