"""The main screen as a person uses it: with keys, over the made-up library."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from chatviewer import paths
from chatviewer.domain import FileImport, SessionStatus, SessionSummary
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.layout_state import LayoutState
from chatviewer.tui.messages import RateReply
from chatviewer.tui.modals.filtering import with_filter
from chatviewer.tui.organising import empty_trash
from chatviewer.tui.screens.main import MainScreen
from chatviewer.tui.tagging import tag_changes, typed_form
from tests.factories import fill, make_file, make_session
from tests.tui.conftest import settle
from tests.tui.test_watching import until

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def main_of(pilot: Pilot[int]) -> MainScreen:
    app = pilot.app
    assert isinstance(app, ChatviewerApp)
    return app.main


def cursor(pilot: Pilot[int]) -> SessionSummary:
    summary = main_of(pilot).session_list.cursor_summary
    assert summary is not None
    return summary


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def test_the_list_shows_all_sessions_and_the_transcript_follows(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        assert len(main.session_list.rows) == len(demo_library.session_ids())
        await press(pilot, "j", "j")
        assert main.reader.shown is not None
        assert main.reader.shown.summary.uid == cursor(pilot).uid
        assert str(main.session_list.border_subtitle).startswith("3/")


async def test_a_change_of_the_focus_does_not_paint_the_whole_screen(
    open_viewer: OpenViewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "enter", "escape")  # what is made only once
        painted: list[MainScreen] = []
        monkeypatch.setattr(main, "refresh", lambda *_regions, **_options: painted.append(main))
        await press(pilot, "enter")
        assert main.reader.has_focus
        await press(pilot, "escape")
        assert main.session_list.has_focus
        assert painted == []


async def test_to_leave_before_the_first_frame_is_no_error(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        pilot.app.exit()
        await main._complete()
        assert len(main.query("#transcript")) == 1


async def test_enter_goes_in_and_escape_comes_back_to_the_same_row(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "j", "j", "j", "enter")
        assert main.reader.has_focus
        await press(pilot, "escape")
        assert main.session_list.has_focus
        assert main.session_list.cursor == 3


async def test_archive_takes_it_away_undo_brings_it_back(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "j")
        gone, count = cursor(pilot), len(main.session_list.rows)
        following = main.session_list.rows.session_id(2)
        await press(pilot, "a")
        assert demo_library.summary(gone.uid).status is SessionStatus.ARCHIVED
        assert len(main.session_list.rows) == count - 1
        assert main.session_list.cursor_id == following
        assert main.status.notice == "Archived 1 session · u undoes"
        await press(pilot, "u")
        assert demo_library.summary(gone.uid).status is SessionStatus.ACTIVE
        assert len(main.session_list.rows) == count
        await press(pilot, "ctrl+r")
        assert demo_library.summary(gone.uid).status is SessionStatus.ARCHIVED


async def test_marked_sessions_are_archived_and_trashed_together(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "space", "space", "space", "a")
        assert main.status.notice.startswith("Archived 3 sessions")
        assert main.session_list.marks == set()
        await press(pilot, "d")
        assert main.status.notice.startswith("Moved 1 session to the trash")
        await press(pilot, "A")
        assert main.search_box.value == "is:archived"
        archived = len(main.session_list.rows)
        await press(pilot, "ctrl+a", "a")
        assert main.status.notice.startswith(f"Took {archived} sessions out of the archive")
        await press(pilot, "A")
        assert main.search_box.value == ""


async def test_purge_asks_for_the_count(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        count = len(demo_library.session_ids())
        await press(pilot, "space", "space", "D")
        await press(pilot, "7", "enter")
        assert len(demo_library.session_ids()) == count
        await press(pilot, "backspace", "2", "enter")
        assert len(demo_library.session_ids()) == count - 2
        await press(pilot, "D", "escape")
        assert len(demo_library.session_ids()) == count - 2


async def test_what_is_not_shown_any_more_is_not_marked(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        active = set(demo_library.session_ids())
        await press(pilot, "ctrl+a", "slash", *"flaky", "enter", "escape")
        shown = {main.session_list.rows.session_id(row) for row in range(len(main.session_list.rows))}
        assert 0 < len(shown) < len(active)
        assert main.session_list.marks == shown
        main.focus_list()
        await press(pilot, "a")
        assert set(demo_library.session_ids()) == active - shown


async def test_purge_names_the_first_sessions(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        titles = [summary.title for summary in demo_library.summaries(sorted(demo_library.session_ids()))]
        await press(pilot, "ctrl+a", "D")
        lines = str(pilot.app.screen.query_one("#explanation", Static).content).splitlines()
        assert lines[:3] == [f"· {title[:60]}" for title in titles[:3]]
        assert lines[3] == f"… and {len(titles) - 3} more"


async def test_star_tag_note_and_rename(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "G")
        before = cursor(pilot)
        await press(pilot, "asterisk")
        assert cursor(pilot).is_starred is not before.is_starred
        await press(pilot, "number_sign")
        await press(pilot, *"newtag", "enter")
        assert "newtag" in cursor(pilot).tags
        assert set(before.tags) < set(cursor(pilot).tags)
        await press(pilot, "N")
        await press(pilot, *"remember", "ctrl+s")
        assert "remember" in (demo_library.session(before.uid).note or "")
        await press(pilot, "r")
        await press(pilot, "ctrl+u", *"Mine", "enter")
        assert cursor(pilot).title == "Mine"
        await press(pilot, "u")
        assert cursor(pilot).title == before.title


async def test_a_changed_note_is_not_left_by_one_key(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "N", "escape")
        assert pilot.app.screen is main_of(pilot), "nothing was changed"
        await press(pilot, "N", *"one", "escape")
        assert "Esc again" in str(pilot.app.screen.query_one("#hint", Static).content)
        await press(pilot, *"two", "escape")
        assert "Esc again" in str(pilot.app.screen.query_one("#hint", Static).content), "typing goes on: asked anew"
        await press(pilot, "escape")
        assert pilot.app.screen is main_of(pilot)
        assert "one" not in (demo_library.session(cursor(pilot).uid).note or "")


async def test_a_rating_is_stored_and_shown_in_the_list(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        unrated = demo_library.session_ids(parse("rating:none"))[0]
        row = main.session_list.rows.find((unrated, ""))
        assert row is not None
        main.session_list.move_cursor(row)
        await press(pilot, "enter")
        await until(pilot, lambda: main.reader.has_focus)
        reply = next(message for message in demo_library.messages(unrated) if message.role == "assistant")
        main.post_message(RateReply(reply.uid, 4))
        await settle(pilot)
        await settle(pilot)
        assert demo_library.message_session(reply.uid)[1].rating is not None
        assert cursor(pilot).rating == 4
        assert main.status.notice == "Rated ★★★★☆ · N adds a note · u undoes"


async def test_escape_takes_one_step_at_a_time(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "space", "slash", *"import", "enter")
        assert main.reader.has_focus
        await press(pilot, "escape")
        assert (main.pane, main.search_box.value, len(main.session_list.marks)) == ("list", "import", 1)
        await press(pilot, "escape")
        assert (main.pane, main.search_box.value, len(main.session_list.marks)) == ("list", "", 1)
        await press(pilot, "escape")
        assert main.session_list.marks == set()
        await press(pilot, "escape")
        assert pilot.app.is_running


async def test_the_library_filters_by_writing_a_query(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "shift+tab")
        assert main.pane == "library"
        await press(pilot, "j", "j", "enter")
        assert main.search_box.value == "is:starred"
        assert main.pane == "list"
        assert all(summary.is_starred for summary in demo_library.summaries([main.session_list.rows.session_id(0)]))


async def test_filter_and_sort_menus(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "f", *"codex", "enter")
        assert main.search_box.value == "source:codex"
        await press(pilot, "F", "s", *"title", "enter")
        titles = [summary.title for summary in demo_library.summaries(demo_library.session_ids(sort="title"))]
        assert cursor(pilot).title in titles[:2] or main.listing.sort == "title"
        assert main.listing.title() == "Sessions · title A to Z"


@pytest.mark.parametrize(
    ("width", "at_list", "at_transcript"),
    [(160, "lib list read", "lib list read"), (100, "list read", "list read"), (60, "list", "read"), (40, "list", "read")],
)
async def test_as_many_panes_as_there_is_room_for(
    open_viewer: OpenViewer, demo_library: Library, width: int, at_list: str, at_transcript: str
) -> None:
    def shown(main: MainScreen) -> str:
        panes = {"lib": "#library", "list": "#list-pane", "read": "#reading"}
        return " ".join(name for name, selector in panes.items() if main.query_one(selector).display)

    async with open_viewer(demo_library, size=(width, 24)) as pilot:
        main = main_of(pilot)
        assert shown(main) == at_list
        await press(pilot, "enter")
        assert main.reader.has_focus
        assert shown(main) == at_transcript
        await press(pilot, "escape")
        assert shown(main) == at_list
        await press(pilot, "backslash")
        assert shown(main) == "list"
        await press(pilot, "backslash", "p")
        assert shown(main) == "list"
        await press(pilot, "enter")
        assert shown(main) == "read"


@pytest.mark.parametrize(
    ("text", "term", "query"),
    [
        ("", "is:starred", "is:starred"),
        ("flaky te", "source:codex", "source:codex flaky te"),
        ("flaky te ", "source:codex", "source:codex flaky te "),
        ("source:codex rating:5 te", "source:claude-code", "source:claude-code rating:5 te"),
        ('project:"my site" -source:codex', "project:api", "project:api -source:codex"),
        ("after:7d on:today", "after:30d", "after:30d"),
        ("NOT is:starred", "is:rated", "is:rated NOT is:starred"),
        ("source:codex anything", "", ""),
    ],
)
def test_a_filter_is_added_to_the_query(text: str, term: str, query: str) -> None:
    assert with_filter(text, term) == query


async def test_filters_of_the_menu_are_combined(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        for choice in ("codex", "starred", "claude"):
            await press(pilot, "f")
            await press(pilot, *choice, "enter")
        assert main.search_box.value.split() == ["is:starred", "source:claude-code"]


async def test_the_list_stays_where_it_is_when_typing_begins(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        before = main.session_list.region
        await press(pilot, "slash")
        assert main.session_list.region == before
        await press(pilot, *"flaky")
        assert main.session_list.region == before


async def test_resizing_the_window_keeps_focus_and_place(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(160, 40)) as pilot:
        main = main_of(pilot)
        await press(pilot, "j", "j", "shift+tab")
        assert main.pane == "library"
        await pilot.resize_terminal(60, 20)
        await settle(pilot)
        assert main.pane == "list"
        assert main.session_list.cursor == 2
        await press(pilot, "enter")
        await pilot.resize_terminal(160, 40)
        await settle(pilot)
        assert main.reader.has_focus


async def test_the_layout_is_remembered(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "j", "j", "j", "right_square_bracket")
        uid = cursor(pilot).uid
    state = LayoutState.load()
    assert (state.last_session, state.list_width > 0) == (uid, True)
    async with open_viewer(demo_library) as pilot:
        assert cursor(pilot).uid == uid


async def test_what_the_viewer_remembers_is_the_users_alone(open_viewer: OpenViewer, demo_library: Library) -> None:
    """It tells what was searched for and read; the folder may be one that was there before."""
    folder = paths.state_directory()
    folder.mkdir(parents=True)
    before = os.umask(0)
    try:
        async with open_viewer(demo_library) as pilot:
            await press(pilot, "enter", "J", "escape", "slash", *"flaky", "enter", "escape")
    finally:
        os.umask(before)
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["layout.json", "reading.json"]
    assert [oct(path.stat().st_mode & 0o777) for path in folder.iterdir() if path.is_file()] == ["0o600", "0o600"]


async def test_a_purge_tells_of_older_copies_that_hold_what_is_gone(open_viewer: OpenViewer, demo_library: Library) -> None:
    demo_library.path.with_name(f"{demo_library.path.name}.damaged-20260301-000000").touch()
    async with open_viewer(demo_library, size=(120, 30)) as pilot:
        await press(pilot, "D", "1", "enter")
        assert main_of(pilot).status.notice == "Deleted 1 session for ever; older copies of the library may hold them"
    uids = [summary.uid for summary in demo_library.summaries(demo_library.session_ids()[:2])]
    demo_library.set_status(uids, SessionStatus.TRASHED)
    emptied = empty_trash(demo_library, 30, datetime.now(UTC) + timedelta(days=40))()
    assert emptied is not None
    assert emptied.words.endswith("for 30 days; older copies of the library may hold them")


async def test_an_empty_library_says_what_to_do(open_viewer: OpenViewer, library: Library) -> None:
    async with open_viewer(library) as pilot:
        main = main_of(pilot)
        assert main.session_list.has_focus
        await press(pilot, "j", "G", "enter", "space", "a", "d", "asterisk", "i", "y", "N", "r", "u", "ctrl+a", "v")
        assert pilot.app.is_running
        assert len(pilot.app.screen_stack) == 1
        await settle(pilot)
        shown = "\n".join(main.session_list.render_line(y).text for y in range(20))
        assert "Welcome" in shown
        assert "Enter  or R " in shown


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (50, 16)])
async def test_the_welcome_tells_of_a_journal_that_outlived_its_database(
    open_viewer: OpenViewer, library: Library, database_path: Path, size: tuple[int, int]
) -> None:
    fill(library, make_session("one"))
    library.set_starred([make_session("one").uid], True)
    library.add_tags([make_session("one").uid], ["kept"])
    assert library.left_changes() == 0
    library.close()
    for path in database_path.parent.glob(f"{database_path.name}*"):
        path.unlink()
    with Library.open(database_path) as anew:
        async with open_viewer(anew, size=size) as pilot:
            pane = main_of(pilot).session_list
            shown = " ".join(pane.render_line(y).text.strip() for y in range(pane.size.height))
            assert "journal.jsonl still holds 2 changes of yours" in shown
            assert "`chatviewer doctor --repair` brings" in shown
            assert "q      leaves" in shown or size[1] < 19
        fill(anew, make_session("one"))
        async with open_viewer(anew, size=size) as pilot:
            pane = main_of(pilot).session_list
            assert not any("journal" in pane.render_line(y).text for y in range(pane.size.height))


@pytest.mark.parametrize("query", ["zzqqxx", "project:nosuch"])
async def test_where_nothing_is_found_only_keys_that_work_are_named(open_viewer: OpenViewer, demo_library: Library, query: str) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *query)
        assert [key for key, _ in main.status.hints] == ["Esc", "Tab", "^t", "F1"]
        main.focus_list()
        await settle(pilot)
        assert not len(main.session_list.rows)
        named = [key for key, _ in main.status.hints]
        assert {"/", "Esc", "f", "u", "?"} <= set(named)
        assert not {"Enter", "a", "*"} & set(named)
        assert ("1-9" in named) == bool(main.library_pane.numbered) == (":" in query)
        await press(pilot, "tab")
        main.focus_transcript()
        assert [key for key, _ in main.status.hints] == ["u", "Esc", "?"]
        await press(pilot, "escape", "escape")
        await settle(pilot)
        assert {"Enter", "a", "*"} <= {key for key, _ in main.status.hints}


async def test_while_a_find_is_typed_its_keys_are_named_whatever_comes(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "enter", "slash", "t")
        await settle(pilot)
        assert ("Esc", "back") in main.status.hints
        typed = main.status.hints
        await pilot.resize_terminal(90, 30)
        await settle(pilot)
        main.show_facets()
        assert main.status.hints == typed
        await press(pilot, "enter")
        await settle(pilot)
        assert ("n", "next match") in main.status.hints


async def test_a_search_in_an_empty_library_leaves_the_welcome_there(open_viewer: OpenViewer, library: Library) -> None:
    async with open_viewer(library) as pilot:
        for keys in (("slash", *"error"), ("escape", "escape")):
            await press(pilot, *keys)
            await settle(pilot)
            shown = "\n".join(main_of(pilot).session_list.render_line(y).text for y in range(20))
            assert "Welcome" in shown
            assert "Nothing found" not in shown
    async with open_viewer(library) as pilot:
        await press(pilot, "slash", *"error", "tab")
        await settle(pilot)
        assert [key for key, _ in main_of(pilot).status.hints] == ["Enter", "I", "q", "?"], "there is nothing to narrow"


@pytest.mark.parametrize("key", ["enter", "R", "click"])
async def test_the_first_keys_of_the_welcome_bring_the_chats_in(
    open_viewer: OpenViewer, library: Library, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    begun: list[ChatviewerApp] = []
    monkeypatch.setattr(ChatviewerApp, "start_import", lambda app: begun.append(app))
    async with open_viewer(library) as pilot:
        main = main_of(pilot)
        lines = [main.session_list.render_line(y).text for y in range(main.session_list.size.height)]
        named = next(y for y, line in enumerate(lines) if line.strip().startswith("Enter  or R "))
        assert main.status.hints[0][0] == "Enter"
        await press(pilot, "slash", "x", "enter")
        assert not begun, "who searches does not mean that"
        await press(pilot, "escape")
        await settle(pilot)
        if key == "click":
            await pilot.click(main.session_list, offset=(4, named + 1))
        else:
            await press(pilot, key)
        await settle(pilot)
        assert begun == [pilot.app]


async def test_enter_where_nothing_is_found_imports_nothing(
    open_viewer: OpenViewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[ChatviewerApp] = []
    monkeypatch.setattr(ChatviewerApp, "start_import", lambda app: begun.append(app))
    async with open_viewer(demo_library) as pilot:
        main_of(pilot).search_for("project:nosuch")
        main_of(pilot).focus_list()
        await settle(pilot)
        await press(pilot, "enter")
        assert not begun


async def test_new_sessions_appear_without_moving_the_cursor(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "j", "j")
        uid, count = cursor(pilot).uid, len(main.session_list.rows)
        demo_library.save([FileImport(file=make_file(), sessions=(make_session("fresh"),))])
        main.listing.refresh()
        await settle(pilot)
        assert len(main.session_list.rows) == count + 1
        assert cursor(pilot).uid == uid


async def test_old_trash_is_emptied_at_the_start_when_asked(open_viewer: OpenViewer, demo_library: Library) -> None:
    query = parse("is:trashed")
    trashed = len(demo_library.session_ids(query))
    assert trashed
    async with open_viewer(demo_library):
        assert len(demo_library.session_ids(query)) == trashed, "0 days: never"
    demo_library.set_preference("trash_retention_days", 1)
    async with open_viewer(demo_library, now=datetime.now(UTC)):
        assert len(demo_library.session_ids(query)) == trashed, "it was put there today"
    async with open_viewer(demo_library, now=datetime.now(UTC) + timedelta(days=2)):
        assert len(demo_library.session_ids(query)) == 0


async def test_q_goes_back_and_quits_at_the_root(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "enter", "q")
        assert pilot.app.is_running
        await pilot.press("q")
        await pilot.pause()
        assert pilot.app.return_code == 0


@pytest.mark.parametrize(
    ("typed", "before", "changes"),
    [
        ("release api", (), (["release", "api"], [])),
        ("#release, api", ("api",), (["release"], [])),
        ("", ("api",), ([], ["api"])),
        ("api -old", ("api", "old"), ([], ["old"])),
        ("API", ("api",), ([], [])),
        ("- # ,", (), ([], [])),
        ('api "two words" ', ("api", "two words"), ([], [])),
        ('"two  words" "open', (), (["two words", '"open'], [])),
        ('-"two words" api', ("two words",), (["api"], ["two words"])),
        ('-"three words"', ("api",), ([], ["three words", "api"])),
        ('"two word"', ("two words",), (["two word"], ["two words"])),
    ],
)
def test_typed_tags(typed: str, before: tuple[str, ...], changes: tuple[list[str], list[str]]) -> None:
    assert tag_changes(typed, before) == changes


@pytest.mark.parametrize("tag", ["api", "two words", "-old", "#x", 'a "b" c', 'q"x', '"', "日本 語", "c++", "-"])
def test_tags_that_are_left_as_they_were_shown_stay(tag: str) -> None:
    """The command line gives tags of any form; a dialog that is only looked at must not take them apart."""
    before = ("first", tag, "last")
    assert tag_changes("".join(f"{typed_form(each)} " for each in before), before) == ([], [])
    assert tag_changes(f"first {typed_form(tag)}", before) == ([], ["last"])
    assert tag_changes("first last", before) == ([], [tag])
