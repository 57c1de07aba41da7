"""What a session without a title is called, and how long what is said stands."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from textual.pilot import Pilot
from textual.widgets import Input, Static

from chatviewer.domain import FileImport
from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.messages import HitsReady
from chatviewer.tui.naming import named
from chatviewer.tui.searching import SearchRequest, answer
from tests.factories import fill, make_file, make_message, make_session
from tests.tui.conftest import settle

Viewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def test_a_session_without_prompt_is_called_by_its_first_reply(library: Library) -> None:
    reply = make_message("m1", "\n\n## Here is\x1b[31m the plan\nfirst", role="assistant")
    said = make_session("s1", [reply], title="", project="/home/me/api")
    silent = make_session("s2", [make_message("m2", " \n", role="assistant")], title=" ", project="/home/me/api")
    titled = make_session("s3", [make_message("m3", "reply", role="assistant")], title="Its title")
    library.save([FileImport(file=make_file(), sessions=(said, silent, titled))])
    titles = {summary.source_id: summary.title for summary in named(library, library.summaries(library.session_ids()))}
    assert titles["s1"].startswith("(Here is")
    assert "the plan)" in titles["s1"]
    assert "\x1b" not in titles["s1"]
    assert titles["s2"].startswith("Untitled · api")
    assert titles["s3"] == "Its title"


async def test_a_session_without_a_title_is_renamed_from_nothing(open_viewer: Viewer, library: Library) -> None:
    fill(library, make_session("s1", ["how do I begin"], title=""))
    async with open_viewer(library) as pilot:
        app = pilot.app
        assert isinstance(app, ChatviewerApp)
        await pilot.press("r")
        await settle(pilot)
        assert pilot.app.screen.query_one("#answer", Input).value == ""
        await pilot.press(*"Mine", "enter")
        await settle(pilot)
        assert [summary.title for summary in library.summaries(library.session_ids())] == ["Mine"]
        await pilot.press("r")
        await settle(pilot)
        assert pilot.app.screen.query_one("#answer", Input).value == "Mine"
        await pilot.press("ctrl+u", "enter")
        await settle(pilot)
        summary = app.main.session_list.cursor_summary
        assert summary is not None
        assert summary.title == "(how do I begin)"
        await pilot.press("r")
        await settle(pilot)
        assert pilot.app.screen.query_one("#answer", Input).value == ""


async def test_what_is_said_about_a_pane_goes_with_it_and_changes_stay(open_viewer: Viewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        app = pilot.app
        assert isinstance(app, ChatviewerApp)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("g", "5")
        await settle(pilot)
        assert "Only replies are rated" in app.main.status.notice
        await pilot.press("escape")
        await settle(pilot)
        assert app.main.status.notice == ""
        await pilot.press("asterisk")
        await settle(pilot)
        assert "u undoes" in app.main.status.notice
        await pilot.press("enter")
        await settle(pilot)
        assert "u undoes" in app.main.status.notice


async def test_details_fold_below_the_value_in_a_small_window(open_viewer: Viewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, (40, 12)) as pilot:
        await pilot.press("i")
        await settle(pilot)
        lines = str(pilot.app.screen.query_one("#body Static", Static).content).split("\n")
        assert max(map(len, lines)) <= 34
        title = next(number for number, line in enumerate(lines) if line.startswith("Title"))
        assert lines[title + 1].startswith(" " * 14)
        assert lines[title + 2].startswith("Source")
        dialog, body = pilot.app.screen.query_one("#dialog"), pilot.app.screen.query_one("#body")
        assert dialog.region.width == 40, "nothing of what lies below stands beside it"
        assert "j k scroll" in str(dialog.border_subtitle)
        await pilot.press("G")
        await settle(pilot)
        assert body.scroll_y == body.max_scroll_y > 0
        await pilot.press("g", "j")
        await settle(pilot)
        assert body.scroll_y == 1


def test_hits_stand_under_the_title_that_the_list_shows(library: Library) -> None:
    reply = make_message("m1", "# The plan\nfirst a needle", role="assistant")
    fill(library, make_session("s1", [reply], title=""), make_session("s2", [make_message("m2", "needle")], title="Its title"))
    request = SearchRequest("needle")
    message = answer(library, 1, request, datetime.now(UTC))
    assert isinstance(message, HitsReady)
    assert {hit.title for hit in message.result.hits} == {"(The plan)", "Its title"}
