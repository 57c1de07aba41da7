"""Search as you type: from the key to the hit in its transcript."""

import threading
import time
from array import array
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import pytest
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from chatviewer.domain import SearchHints, SearchResult
from chatviewer.errors import DatabaseLockedError, InterruptedSearchError
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.tui.advising import unknown_field
from chatviewer.tui.layout_state import LayoutState
from chatviewer.tui.list_messages import ListingReady
from chatviewer.tui.messages import HitsReady, WorkFailed
from chatviewer.tui.search_messages import HintsReady
from chatviewer.tui.searching import SearchRequest, SearchThread
from chatviewer.tui.widgets.session_rows import HitRows
from tests.factories import fill, make_message, make_session
from tests.tui.conftest import NOW, settle
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


async def test_typing_shows_hits_and_enter_opens_at_the_match(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"flaky")
        rows = main.session_list.rows
        assert isinstance(rows, HitRows)
        assert "hits in" in main.listing.title()
        place = next(place for place, hit in enumerate(rows.hits) if hit.message_uid is not None)
        await press(pilot, *["down"] * place)
        assert main.search_box.has_focus, "the arrows move the list while the box keeps the focus"
        hit = main.session_list.cursor_hit
        assert hit is not None
        await press(pilot, "enter")
        assert main.reader.has_focus
        assert main.reader.shown is not None
        assert (main.reader.shown.summary.id, main.reader.shown.at_seq) == (hit.session_id, hit.seq)
        assert main.reader.view is not None
        assert main.reader.view.cursor_seq == hit.seq
        await press(pilot, "escape")
        assert main.session_list.cursor_hit == hit


async def test_fields_alone_filter_the_list(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"is:starred")
        assert not isinstance(main.session_list.rows, HitRows)
        assert 0 < len(main.session_list.rows) < 10
        await press(pilot, "enter")
        assert main.session_list.has_focus


async def test_the_word_being_typed_is_a_beginning_until_a_space_follows(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"flak")
        assert isinstance(main.session_list.rows, HitRows)
        beginning = len(main.session_list.rows)
        await press(pilot, "space")
        assert main.listing.title() == "Nothing found"
        await press(pilot, "backspace", "y")
        assert len(main.session_list.rows) == beginning


async def test_more_hits_come_after_a_failure_and_a_refresh_shows_as_many_as_before(
    open_viewer: OpenViewer, demo_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = demo_library.search
    fails = ["once"]

    def failing(query: Any, **options: Any) -> SearchResult:
        if options["offset"] and fails:
            fails.clear()
            raise DatabaseLockedError("The database is in use.")
        return search(query, **options)

    monkeypatch.setattr(demo_library, "search", failing)
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"the", "enter", "escape")
        main.focus_list()
        assert len(main.session_list.rows) == 50
        await press(pilot, "G")
        assert len(main.session_list.rows) == 50, "it failed"
        await press(pilot, "G")
        more = len(main.session_list.rows)
        assert more > 50
        await press(pilot, "G")
        main.session_list.move_cursor(more - 1)
        hit = main.session_list.cursor_hit
        shown = len(main.session_list.rows)
        await press(pilot, "asterisk")
        assert len(main.session_list.rows) >= shown
        assert main.session_list.cursor_hit is not None
        assert hit is not None
        assert main.session_list.cursor_hit.message_uid == hit.message_uid


def advice(pilot: Pilot[int]) -> str:
    line = main_of(pilot).query_one("#advice", Static)
    return str(line.content) if line.display else ""


async def test_a_field_and_its_values_are_completed_with_their_counts(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        assert advice(pilot) == ""
        await press(pilot, "slash")
        assert "is:starred" in advice(pilot)
        await press(pilot, *"pro")
        assert advice(pilot).split() == ["Tab", "project:"]
        await press(pilot, "tab")
        assert main.search_box.value == "project:"
        await press(pilot, *"ap")
        assert advice(pilot).split()[:3] == ["Tab", "api", "10"]
        await press(pilot, "tab")
        assert main.search_box.value == "project:api "
        assert len(main.session_list.rows) == 10
        await press(pilot, "space", *"tool:b")
        await press(pilot, "a")
        assert advice(pilot).split()[:2] == ["Tab", "Bash"]
        await press(pilot, "right", "tab")
        assert main.search_box.value == "project:api tool:Bash ", "the right arrow takes the ghost text"
        assert main.session_list.has_focus
        assert "Tab" not in advice(pilot)


async def test_a_misspelt_word_is_corrected_by_one_key(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"falky")
        assert "Did you mean  flaky" in main.listing.empty_words(None)
        await press(pilot, "tab")
        assert main.search_box.value == "flaky"
        assert len(main.session_list.rows)


async def test_one_key_takes_tool_output_into_the_search_and_out_again(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"pytest")
        before = len(main.session_list.rows)
        assert "more in tool output: ctrl+t" in advice(pilot)
        await press(pilot, "ctrl+t")
        assert main.search_box.value == "in:all pytest"
        assert len(main.session_list.rows) > before
        assert "ctrl+t" not in advice(pilot)
        await press(pilot, "ctrl+t")
        assert main.search_box.value == "pytest"
        assert len(main.session_list.rows) == before


async def test_what_is_wrong_is_said_below_the_place(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"flaky rating:x")
        line = advice(pilot)
        assert "rating" in line
        assert line.index("↑") == main.search_box.region.x + len("flaky ")


async def test_earlier_queries_come_back_with_the_arrow_keys(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        for query in ("flaky", "is:starred"):
            await press(pilot, "slash", *query, "tab", "escape")
        await press(pilot, "slash", *"dra", "up")
        assert main.search_box.value == "is:starred"
        await press(pilot, "up", "up")
        assert main.search_box.value == "flaky"
        await press(pilot, "down", "down")
        assert main.search_box.value == "dra"
    assert LayoutState.load().history == ["flaky", "is:starred"]


async def test_a_search_is_saved_under_a_name_and_undone(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)

        def named() -> list[str | None]:
            return [facet.query for facet in main.library_pane._facets if facet.label == "Mine"]

        await press(pilot, "slash", *"is:starred api", "ctrl+s", *"Mine", "enter")
        assert named() == ["is:starred api"]
        assert demo_library.preference("saved_searches") == "Mine = is:starred api"
        await press(pilot, "escape", "escape", "u")
        assert named() == []
        await press(pilot, "ctrl+r")
        assert named() == ["is:starred api"]
        main.search_for("is:starred api")
        await press(pilot, "slash", "ctrl+s", "ctrl+u", "enter")
        assert named() == []


NASTY = (
    *("zzzzqqq", '"', "((", "-", "rating:zzz", "/x(/", "\\", "in:nowhere x"),
    *("before:never", "a OR", "*", ":::", "日本", "\x1b[31m", "[bold]", "a" * 1999),
)


async def test_whatever_is_typed_gets_an_answer_in_words(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        main.search_box.focus()
        for typed in NASTY:
            main.search_for(typed)
            await settle(pilot)
            assert main.listing.title()
            assert len(pilot.app.screen_stack) == 1
        await press(pilot, "escape", "escape")
        assert main.search_box.value == ""
        assert main.session_list.has_focus
        assert len(main.session_list.rows) > 50


async def test_hits_can_be_sorted_and_more_are_fetched_at_the_end(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"the", "tab")
        assert len(main.session_list.rows) == 50
        await press(pilot, "G")
        assert len(main.session_list.rows) > 50
        assert main.session_list.cursor == 49
        await press(pilot, "s", "down", "enter")
        assert main.listing.order == "best"
        assert "best match first" in main.listing.title()


async def test_fields_look_like_chips_and_are_taken_out_as_a_whole(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        box = main.search_box
        await press(pilot, "slash", *"flaky source:claude-code -tag:x rating:y")
        typed = box.value
        assert [(typed[start:end], looks) for start, end, looks in box.marks(typed)] == [
            *(("source:", "field"), ("claude-code", "value"), ("-tag:", "negated"), ("x", "value")),
            *(("rating:", "field"), ("y", "value"), ("rating:y", "wrong")),
        ]
        await press(pilot, "ctrl+w")
        assert box.value == "flaky source:claude-code -tag:x"
        await press(pilot, "ctrl+w", "space")
        assert box.value == "flaky source:claude-code "
        await press(pilot, "backspace")
        assert box.value == "flaky "
        await press(pilot, "backspace")
        assert box.value == "flaky"
        main.search_for("source:claude-code fla")
        box.cursor_position = len("source:claude-code ")
        await press(pilot, "backspace")
        assert (box.value, box.cursor_position) == ("fla", 0)


async def test_a_field_is_completed_in_the_middle_and_in_a_list(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        box = main.search_box
        await press(pilot, "slash", *" flaky", "home", *"-source:codex,c")
        assert advice(pilot).split()[:3] == ["Tab", "claude-code", "23"], "what stands there already is not offered"
        await press(pilot, "tab")
        assert (box.value, box.cursor_position) == ("-source:codex,claude-code flaky", len("-source:codex,claude-code"))
        await press(pilot, "end", "space", *"after:")
        assert advice(pilot).split()[:3] == ["Tab", "today", "yesterday"]


async def test_behind_a_field_that_was_chosen_a_new_word_begins(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)

        async def typed(*keys: str, chosen: str = "source:codex") -> str:
            main.focus_list()
            main.search_for(chosen)
            await press(pilot, "slash", *keys)
            return main.search_box.value

        await press(pilot, "f", *"codex", "enter", "slash", *"test")
        assert main.search_box.value == "source:codex test"
        assert main.listing.is_search
        assert await typed("comma", *"chatgpt") == "source:codex,chatgpt"
        assert await typed("space", *"x") == "source:codex x"
        assert await typed("minus", "x") == "source:codex -x"
        assert await typed("backspace", "x") == "source:codex"  # what is mended is typed
        assert await typed("left", "y") == "source:codeyx"
        assert await typed("s", chosen="flaky") == "flakys"  # a word goes on
        assert await typed(*"source:codex-cli", chosen="") == "source:codex-cli"


async def test_nothing_found_names_ways_out_each_with_its_key(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"flaky zzyzx ")
        words = main.listing.empty_words(None)
        assert "without  zzyzx" in words
        await press(pilot, "ctrl+w")
        assert main.search_box.value == "flaky"
        assert len(main.session_list.rows)
        main.search_for("is:starred source:nothing")
        await press(pilot)
        assert "4 found without  source:nothing" in main.listing.empty_words(None)


async def test_one_key_takes_archived_sessions_in_and_out_again(open_viewer: OpenViewer, demo_library: Library) -> None:
    archived = demo_library.summaries(demo_library.session_ids(parse("is:archived")))[0]
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        word = f'"{archived.title}" '
        await press(pilot, "slash", *word)
        assert "in archive and trash" in main.listing.empty_words(None)
        await press(pilot, "ctrl+o")
        assert main.search_box.value == f"is:any {word}"
        assert len(main.session_list.rows)
        await press(pilot, "ctrl+o")
        assert main.search_box.value == word


async def test_what_was_meant_for_a_field_is_told_where_it_stands(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        await press(pilot, "slash", *"flaky sorce:codex")
        line = advice(pilot)
        assert "source: is one" in line
        assert line.index("↑") == main.search_box.region.x + len("flaky ")
        for typed in ("https://example.org", "std::move", "flaky", "12:30", "foo:bar", "c:\\temp"):
            assert unknown_field(typed) is None, typed
        assert unknown_field("since:monday") == (0, "since: is no field, so it is searched as a word; after: is one")


# The thread


class SlowLibrary:
    """Answers a search when it is told to, or when it is interrupted."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.interrupted = threading.Event()
        self.searched: list[str] = []
        self.error: Exception | None = None

    def search(self, query: Any, **_options: Any) -> SearchResult:
        self.searched.append(query.text)
        if self.error is not None:
            raise self.error
        if query.text.startswith("slow"):
            self.begun.set()
            assert self.interrupted.wait(5)
            raise InterruptedSearchError("stopped")
        return SearchResult((), 0, 0.0, False)

    def search_hints(self, query: Any, *, is_found: bool, should_stop: Any) -> SearchHints:
        return SearchHints(suggestion=f"{query.text} {is_found}")

    def interrupt(self) -> None:
        self.interrupted.set()

    def stopping(self, _should_stop: Any) -> Any:
        return nullcontext()

    def session_ids(self, _query: Any, **_options: Any) -> "array[int]":
        return array("q")

    def summaries(self, _ids: Any) -> list[Any]:
        return []


class Inbox:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def post_message(self, message: Message) -> bool:
        self.messages.append(message)
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_only_the_latest_request_is_answered() -> None:
    library, inbox = SlowLibrary(), Inbox()
    thread = SearchThread(library, inbox, lambda: NOW)  # type: ignore[arg-type]
    thread.submit(SearchRequest("slow one"))
    assert library.begun.wait(5)
    for number in range(20):
        last = thread.submit(SearchRequest(f"word{number}"))
    wait_until(lambda: len(inbox.messages) == 2)
    thread.stop()
    message, hints = inbox.messages
    assert isinstance(hints, HintsReady)
    assert (hints.generation, hints.hints.suggestion) == (last, "word19 False")
    assert isinstance(message, HitsReady)
    assert message.generation == last
    assert library.searched == ["slow one", "word19"]


@pytest.mark.parametrize("text", ["-/[a-z]x/", "needle"])
def test_what_nobody_waits_for_any_more_ends_where_no_statement_was_interrupted(library: Library, text: str) -> None:
    fill(library, make_session("s", [make_message(f"m{number}", "needle") for number in range(30)]))
    thread = SearchThread(library, Inbox(), lambda: NOW)
    request = SearchRequest(text)
    assert thread._answer(1, request) is not None
    thread._waiting = (2, request)  # it came before the search had begun
    assert thread._answer(1, request) is None
    thread._waiting = None
    assert thread._answer(1, request) is not None


def test_errors_of_a_search_are_sentences() -> None:
    library, inbox = SlowLibrary(), Inbox()
    library.error = DatabaseLockedError("Another program holds the database.")
    thread = SearchThread(library, inbox, lambda: NOW)  # type: ignore[arg-type]
    thread.submit(SearchRequest("word"))
    wait_until(lambda: thread.is_idle and bool(inbox.messages))
    library.error = None
    thread.submit(SearchRequest(""))
    wait_until(lambda: len(inbox.messages) == 2)
    thread.stop()
    assert isinstance(inbox.messages[0], WorkFailed)
    assert inbox.messages[0].sentence == "Another program holds the database."
    assert isinstance(inbox.messages[1], ListingReady), "the thread lives on"
