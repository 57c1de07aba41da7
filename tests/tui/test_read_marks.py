"""What is new carries a mark in the list until it was open for a moment."""

from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot

from chatviewer.domain import Session, SessionSummary
from chatviewer.storage.library import Library
from chatviewer.tui import reading
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.facets import Facet, library_lines
from chatviewer.tui.formatting import news
from tests.factories import make_import, make_session
from tests.tui.conftest import settle
from tests.tui.test_watching import until

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def session_of(name: str, count: int) -> Session:
    return make_session(name, [f"text {number} of {name}" for number in range(count)])


def save(library: Library, *sessions: Session) -> None:
    library.save([make_import(session) for session in sessions])
    library.finish_import({"claude-code"})


@pytest.fixture
def fresh(library: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Of three sessions one has three new messages, one came as a whole."""
    monkeypatch.setattr(reading, "READ_SECONDS", 0.05)
    save(library, session_of("grown", 2), session_of("old", 2))
    save(library, session_of("grown", 5), session_of("arrived", 3))
    return library


def marks(app: ChatviewerApp) -> dict[str, int]:
    rows = app.main.session_list.rows
    summaries = [app.main.session_list.summary_of(rows.session_id(row)) for row in range(len(rows))]
    return {summary.source_id: summary.unread_count for summary in summaries if isinstance(summary, SessionSummary)}


async def go_to(pilot: Pilot[int], app: ChatviewerApp, name: str) -> None:
    while app.main.session_list.cursor_summary is None or app.main.session_list.cursor_summary.source_id != name:
        await pilot.press("j")
        await settle(pilot)


def test_words() -> None:
    assert [news(*counts) for counts in ((0, 0), (0, 5), (3, 5), (5, 5), (1200, 5000))] == ["", "", "3 new", "new", "1.2k new"]


async def test_passing_by_reads_nothing_and_opening_does(fresh: Library) -> None:
    app = ChatviewerApp(fresh, clock=lambda: NOON)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        assert marks(app) == {"grown": 3, "arrived": 3, "old": 0}
        assert app.main.counts is not None
        assert Facet("Unread", 2, "is:unread", is_term=True) in library_lines(app.main.counts, {})
        await go_to(pilot, app, "old")
        await pilot.press("g")
        await pilot.pause(0.3)
        await settle(pilot)
        assert marks(app) == {"grown": 3, "arrived": 3, "old": 0}, "the cursor only passed by"
        name = app.main.session_list.cursor_summary
        assert name is not None
        await pilot.press("enter")
        await until(pilot, lambda: marks(app)[name.source_id] == 0)
        assert fresh.summary(name.uid).unread_count == 0
        await until(pilot, lambda: app.main.counts is not None and app.main.counts.unread == 1)


async def test_what_comes_while_it_is_open_is_read(fresh: Library) -> None:
    app = ChatviewerApp(fresh, clock=lambda: NOON)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        summary = app.main.session_list.cursor_summary
        assert summary is not None
        await until(pilot, lambda: fresh.summary(summary.uid).unread_count == 0)
        save(fresh, session_of(summary.source_id, summary.message_count + 2))
        assert fresh.summary(summary.uid).unread_count == 2
        app.main.reader.grow()
        await until(pilot, lambda: fresh.summary(summary.uid).unread_count == 0)


async def test_nothing_is_read_while_the_window_is_left(fresh: Library) -> None:
    app = ChatviewerApp(fresh, clock=lambda: NOON)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        app.app_focus = False
        app.main.focus_transcript()
        summary = app.main.session_list.cursor_summary
        assert summary is not None
        await pilot.pause(0.3)
        await settle(pilot)
        assert fresh.summary(summary.uid).unread_count == 3
        app.app_focus = True
        await until(pilot, lambda: fresh.summary(summary.uid).unread_count == 0)


async def test_a_key_marks_all_that_are_marked_and_turns_it_round(fresh: Library) -> None:
    app = ChatviewerApp(fresh, clock=lambda: NOON)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+a", "U")
        await settle(pilot)
        assert marks(app) == {"grown": 0, "arrived": 0, "old": 0}
        assert "as read" in app.main.status.notice
        await pilot.press("U")
        await settle(pilot)
        assert marks(app) == {"grown": 5, "arrived": 3, "old": 2}
        await pilot.press("u")
        await settle(pilot)
        assert "nothing to undo" in app.main.status.notice


async def test_the_list_of_unread_sessions_is_not_pulled_away(fresh: Library) -> None:
    app = ChatviewerApp(fresh, clock=lambda: NOON)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        app.main.search_for("is:unread")
        await settle(pilot)
        app.main.focus_list()
        assert len(app.main.session_list.rows) == 2
        await pilot.press("enter")
        await until(pilot, lambda: fresh.counts().unread == 1)
        await settle(pilot)
        assert len(app.main.session_list.rows) == 2


async def test_the_mark_is_drawn(fresh: Library) -> None:
    for density in ("one-line", "two-line"):
        fresh.set_preference("list_density", density)
        app = ChatviewerApp(fresh, clock=lambda: NOON)
        async with app.run_test(size=(140, 40)) as pilot:
            await settle(pilot)
            view = app.main.session_list
            text = "\n".join(view.render_line(y).text for y in range(view.size.height))
            assert text.count(" 3 new ") == 1
            assert text.count(" new ") == 2
