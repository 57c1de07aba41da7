"""The screens and menus beside the main one."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Static

from chatviewer.domain import ImportReport, Role
from chatviewer.ingest import HISTORY_IS_OFF
from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.importing import ImportState
from chatviewer.tui.messages import WorkFailed
from chatviewer.tui.modals.menu import Choice, MenuModal
from chatviewer.tui.modals.notice import NoticeModal
from chatviewer.tui.palette import ActionProvider
from chatviewer.tui.rendering.message import Place, View, blocks_of
from chatviewer.tui.rendering.wording import local_day
from chatviewer.tui.screens.help import HelpScreen
from chatviewer.tui.widgets.preference_row import PreferenceRow
from tests.factories import at, fill, make_message, make_session
from tests.tui.conftest import settle
from tests.tui.test_main_screen import press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


async def test_why_an_import_failed_is_said_where_it_was_started(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "I")
        assert isinstance(pilot.app, ChatviewerApp)
        pilot.app.post_message(WorkFailed("The disk is full."))
        await press(pilot, "j")
        assert str(pilot.app.screen.query_one("#state", Static).render()) == "The disk is full."


@pytest.mark.parametrize(
    ("keys", "key", "title", "words"),
    [
        (["I"], "question_mark", "Sources", "Look for new chats"),
        (["I"], "f1", "Sources", "F5"),
        (["comma"], "question_mark", "Preferences", "Back to the default"),
        (["i"], "question_mark", "Details", "Scroll down or up"),
        (["D"], "f1", "", "Take what is typed"),
        (["x"], "f1", "", "These keys"),
        (["f"], "f1", "Filter", "Choose; what is typed narrows down"),
        (["s"], "f1", "Sort and group", "PgDn"),
        (["N"], "f1", "", "an empty note is removed"),
        (["number_sign"], "f1", "", "Leave it as it was"),
        (["enter", "slash"], "f1", "Transcript", "Next or previous prompt"),
        (["slash"], "f1", "Search", "Beginnings"),
        (["ctrl+p"], "f1", "Palette", "Run it"),
    ],
)
async def test_every_screen_and_dialog_shows_its_keys(
    open_viewer: OpenViewer, demo_library: Library, keys: list[str], key: str, title: str, words: str
) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, *keys)
        below = pilot.app.screen
        await press(pilot, key)
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        text = screen._text().plain
        assert text.startswith(title)
        assert words in text
        await press(pilot, "question_mark")
        assert pilot.app.screen is below


async def test_the_palette_begins_with_what_is_not_a_cursor_key(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        names = [str(hit.text) async for hit in ActionProvider(pilot.app.screen).discover()]
        assert names[0].startswith("Open")
        assert names[-1].startswith("Previous group")


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
async def test_no_line_of_the_help_is_wider_than_its_page(open_viewer: OpenViewer, demo_library: Library, width: int) -> None:
    async with open_viewer(demo_library, size=(width, 24)) as pilot:
        await press(pilot, "question_mark")
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        room = screen.query_one(Static).content_size.width
        lines = screen._text().plain.split("\n")
        assert [line for line in lines if cell_len(line) > room] == []


def test_an_import_that_a_preference_forbids_says_so() -> None:
    report = ImportReport(skipped={HISTORY_IS_OFF: 1})
    assert "Save history is off" in ImportState(report=report).words()


@pytest.mark.parametrize("width", range(12, 60))
def test_a_header_shows_whole_facts_or_none(width: int) -> None:
    message = make_message("m", role=Role.ASSISTANT, model="claude-opus-4-5", output_tokens=1234, created_at=at(5))
    (block, *_) = blocks_of(message, Place(branch=1, branch_count=2), View(day=local_day(at(5))), {})
    ((row,),) = [chunk.layout(width) for chunk in block.chunks]
    parts = row.plain.split("  ")[0].split(" · ")
    assert cell_len(row.plain) <= width
    assert [part for part in parts[1:] if part.endswith("…")] == []


async def test_menus_keep_their_labels_in_small_windows(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(40, 12)) as pilot:
        choices = [Choice("Export a context pack", "puts this session in front of a new chat", "a"), Choice("x" * 90, "12:30", "b")]
        menu = MenuModal("What", choices, explanation="one\ntwo\nthree\nfour\nfive\nsix", width=90)
        pilot.app.push_screen(menu)
        await settle(pilot)
        lines = [menu._line(choice).plain for choice in choices]
        assert lines[0].strip().startswith("Export a context")
        assert lines[1].rstrip().endswith("12:30")
        for widget in ("#explanation", "#narrow", "#choices", "#hint"):
            assert menu.region.contains_region(menu.query_one(widget).region), widget
            assert menu.query_one(widget).size.height > 0


async def test_a_list_that_cannot_be_read_says_why_and_comes_back(
    open_viewer: OpenViewer, demo_library: Library, database_path: Path
) -> None:
    async with open_viewer(demo_library, size=(80, 24)) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        main = pilot.app.main
        database = sqlite3.connect(database_path, isolation_level=None)
        database.execute("PRAGMA legacy_alter_table = ON")
        database.execute("ALTER TABLE session RENAME TO elsewhere")
        await press(pilot, "slash", "i", "t", "e", "m")
        assert main.session_list.border_title is not None
        assert "cannot be read" in main.session_list.border_title
        assert "no such table" in main.listing.empty_words(None)
        assert not len(main.session_list.rows), "what was found before is not shown as the answer"
        assert main.reader.shown is None
        assert not pilot.app.import_state.failure, "it was no import"
        assert len(pilot.app.screen_stack) == 1, "nothing stands before the list which says it"
        database.execute("ALTER TABLE elsewhere RENAME TO session")
        database.close()
        await press(pilot, "escape", "escape")
        assert len(main.session_list.rows)
        assert "cannot be read" not in str(main.session_list.border_title)


async def test_a_session_that_cannot_be_read_does_not_leave_another_in_its_place(
    open_viewer: OpenViewer, demo_library: Library, database_path: Path
) -> None:
    async with open_viewer(demo_library) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        main = pilot.app.main
        assert main.reader.shown is not None
        with closing(sqlite3.connect(database_path, isolation_level=None)) as database:
            database.execute("PRAGMA legacy_alter_table = ON")
            database.execute("ALTER TABLE rating RENAME TO elsewhere")
        for _ in range(2):
            await press(pilot, "j")
            assert main.reader.shown is None
            assert str(main.query_one("#reading").border_title) == "This session cannot be read"
            assert "rating" in main.status.notice or "rating" in str(pilot.app.screen.query_one("#body Static", Static).render())
            if len(pilot.app.screen_stack) > 1:
                await press(pilot, "escape")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
async def test_the_footer_names_the_way_back_and_the_help_at_any_width(open_viewer: OpenViewer, demo_library: Library, width: int) -> None:
    async with open_viewer(demo_library, size=(width, 24)) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        status = pilot.app.main.status
        assert "? help" in str(status.render())
        await press(pilot, "enter")
        assert "Esc back" in str(status.render())
        assert "? help" in str(status.render())
        await press(pilot, "escape", "slash")
        assert "Esc clear" in str(status.render())
        assert cell_len(str(status.render())) <= width


async def test_what_is_undone_stands_beside_the_help_in_80_columns(open_viewer: OpenViewer, library: Library) -> None:
    fill(library, make_session("one", title="A title that is much longer than the line has room for"))
    async with open_viewer(library, size=(80, 24)) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        for key in ("asterisk", "a"):
            await press(pilot, key, "u")
            await settle(pilot)
            shown = str(pilot.app.main.status.render())
            assert "Undone: " in shown
            assert "(“A title" in shown
            assert "…”) · ctrl+r redoes" in shown
            assert "? help" in shown
            assert cell_len(shown) <= 80


@pytest.mark.parametrize(
    ("width", "title", "shown"),
    [
        (160, "A title that is much longer than the line has room for", "(“A title that is much longer than the line has room for”)"),
        (80, "ひらがなとカタカナで書かれたとても長い題名", "(“ひらがなとカタカナで…”)"),
        (50, "A title that is much longer than the line has room for", "Undone: starred a session · ctrl+r redoes"),
    ],
)
async def test_the_title_of_what_is_undone_has_the_room_that_there_is(
    open_viewer: OpenViewer, library: Library, width: int, title: str, shown: str
) -> None:
    """Beside the help: it is the title that gives way."""
    fill(library, make_session("one", title=title))
    async with open_viewer(library, size=(width, 24)) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        await press(pilot, "asterisk", "u")
        await settle(pilot)
        line = str(pilot.app.main.status.render())
        assert shown in line
        assert "ctrl+r redoes" in line
        assert "help" in line or width == 50
        assert cell_len(line) <= width


async def test_an_empty_library_names_only_keys_that_do_something(open_viewer: OpenViewer, library: Library) -> None:
    async with open_viewer(library, size=(80, 24)) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        footer = str(pilot.app.main.status.render())
        assert "Enter look for chats" in footer
        assert "archive" not in footer


@pytest.mark.parametrize("size", [(40, 12), (80, 18), (80, 24), (120, 36)])
async def test_all_of_a_long_notice_can_be_scrolled_to(open_viewer: OpenViewer, demo_library: Library, size: tuple[int, int]) -> None:
    async with open_viewer(demo_library, size=size) as pilot:
        pilot.app.push_screen(NoticeModal("Long", "line\n" * 60))
        await settle(pilot)
        dialog, body = pilot.app.screen.query_one("#dialog"), pilot.app.screen.query_one("#body")
        assert dialog.content_region.contains_region(body.region)
        assert body.max_scroll_y > 0
        assert str(dialog.border_subtitle) == "j k scroll · Esc closes"


async def test_preferences_keep_their_names_in_small_windows(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library, size=(40, 12)) as pilot:
        await press(pilot, "comma")
        for row in list(pilot.app.screen.query(PreferenceRow))[:4]:
            for part in row.query(Static):
                assert part.size.width >= cell_len(str(part.render()).rstrip()), row.preference.label


@pytest.mark.parametrize("height", [12, 18, 19, 20, 21, 24, 36, 50])
async def test_a_long_menu_shows_its_last_choice_and_its_keys(open_viewer: OpenViewer, demo_library: Library, height: int) -> None:
    async with open_viewer(demo_library, size=(80, height)) as pilot:
        await press(pilot, "f", *["down"] * 60)
        screen = pilot.app.screen
        inside = screen.query_one("#dialog").content_region
        assert inside.contains_region(screen.query_one("#choices").region)
        assert inside.contains_region(screen.query_one("#hint").region)


async def test_the_key_for_the_next_match_says_when_there_is_no_find(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        await press(pilot, "enter", "n")
        assert "/ finds" in pilot.app.main.status.notice
