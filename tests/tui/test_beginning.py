"""The first import in the viewer: the newest chats can be read while all are imported, and what is read then stays where it is."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from chatviewer import ingest
from chatviewer.domain import ImportReport
from chatviewer.ingest import beginning
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.sharing import SharedLibrary
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.screens.importing import ImportScreen
from chatviewer.tui.widgets.status_line import StatusLine
from tests.drills.machine import damages, held, record, session_id, transcript, write
from tests.test_beginning import age, lines_of
from tests.tui.conftest import settle
from tests.tui.test_watching import until

FORK = 6


class Halt:
    """Holds the import between the newest files and all of them."""

    def __init__(self) -> None:
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    def run(self, *given: Any, on_beginning: Callable[..., None] | None = None, **named: Any) -> ImportReport:
        if on_beginning is None:  # a look by watching
            return RUN(*given, **named)

        def begin(begun: Any) -> None:
            on_beginning(begun)
            self.has_begun.set()
            assert self.may_go_on.wait(30)

        return RUN(*given, on_beginning=begin, **named)


RUN = ingest.run


@pytest.fixture
def halt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Halt]:
    monkeypatch.setattr(beginning, "SHORT", 0)
    monkeypatch.setattr(beginning, "SHARE", 2)
    made = Halt()
    monkeypatch.setattr(ingest, "run", made.run)
    yield made
    made.may_go_on.set()


@pytest.fixture
def filled(isolated_home: Path) -> Path:
    """Ten sessions of thirty messages; one of the newest was resumed from the oldest."""
    for number in range(10):
        write(transcript(isolated_home, number), session_id(number), 0, 30)
    copied = lines_of(transcript(isolated_home, 0))
    more = [json.loads(record(session_id(FORK), place, f"zqfork said {place}")) for place in range(6)]
    more[0]["parentUuid"] = copied[-1]["uuid"]
    lines = [json.dumps(line | {"sessionId": session_id(FORK)}) + "\n" for line in [*copied, *more]]
    transcript(isolated_home, FORK).write_text("".join(lines))
    for number in range(10):
        age(transcript(isolated_home, number), number)
    return isolated_home


@pytest.fixture
def shared(database_path: Path) -> Iterator[SharedLibrary]:
    with SharedLibrary.open(database_path) as opened:
        yield opened


def status(app: ChatviewerApp) -> str:
    return str(app.screen.query_one(StatusLine).render())


async def begin(pilot: Pilot[int], halt: Halt) -> ChatviewerApp:
    """Press R and wait for the newest."""
    app = pilot.app
    assert isinstance(app, ChatviewerApp)
    await settle(pilot)
    await pilot.press("R")
    await until(pilot, halt.has_begun.is_set)
    await until(pilot, lambda: len(app.main.session_list.rows) > 0)
    await settle(pilot)
    return app


async def end(pilot: Pilot[int], halt: Halt) -> None:
    halt.may_go_on.set()
    app = pilot.app
    assert isinstance(app, ChatviewerApp)
    await until(pilot, lambda: not app.import_state.is_running)
    await until(pilot, lambda: len(app.main.session_list.rows) == 10)
    await settle(pilot)


async def test_the_newest_can_be_read_and_the_reader_is_not_moved(filled: Path, shared: SharedLibrary, halt: Halt) -> None:
    async with ChatviewerApp(shared, is_watching=True).run_test(size=(120, 40)) as pilot:
        app = await begin(pilot, halt)
        main = app.main
        count = len(main.session_list.rows)
        assert 2 < count < 6
        assert not main.has_class("-first-start")
        assert f"the newest {count} of 10 files are here" in status(app)
        await pilot.press("j", "enter", "J", "J", "J", "4")
        await settle(pilot)
        view = main.reader.view
        assert view is not None
        before = main.reader.message_uid, view.cursor, view.top, main.session_list.cursor_id
        rated = main.reader.message_uid
        assert rated is not None
        await end(pilot, halt)
        assert (main.reader.message_uid, view.cursor, view.top, main.session_list.cursor_id) == before
        assert main.session_list.cursor_summary is not None
        assert (main.session_list.cursor_summary.rating, main.session_list.cursor_summary.id) == (4, before[3])
        assert shared.message_session(rated)[1].rating is not None
        assert "10 new sessions" in status(app)
        await pilot.press("*")
        await settle(pilot)
        assert main.session_list.cursor_summary.is_starred
    assert damages(shared) == []
    with Library.open(shared.path) as library:
        assert [summary.rating for summary in library.summaries(library.session_ids(parse("is:rated")))] == [4]


async def test_of_a_resumed_session_the_reader_stays_at_its_message(filled: Path, shared: SharedLibrary, halt: Halt) -> None:
    """Its copied part turns out to be another session's; what is its own is still there, and the cursor on it."""
    async with ChatviewerApp(shared).run_test(size=(120, 40)) as pilot:
        app = await begin(pilot, halt)
        main = app.main
        fork = next(row for row in range(9) if main.session_list.rows.session_id(row) == _fork_id(shared))
        await pilot.press(*["j"] * fork, "enter", "G")
        await settle(pilot)
        assert main.reader.shown is not None
        assert len(main.reader.shown.stubs) > 20
        uid = main.reader.message_uid
        await end(pilot, halt)
        await until(pilot, lambda: main.reader.shown is not None and len(main.reader.shown.stubs) == 6)
        await settle(pilot)
        assert main.reader.message_uid == uid
        assert main.reader.view is not None
        assert main.reader.view.has_focus


def _fork_id(library: Library) -> int:
    return next(one.id for one in library.summaries(library.session_ids()) if one.source_id == session_id(FORK))


async def test_a_search_says_that_not_all_is_here(filled: Path, shared: SharedLibrary, halt: Halt) -> None:
    async with ChatviewerApp(shared).run_test(size=(120, 40)) as pilot:
        app = await begin(pilot, halt)
        await pilot.press("slash", *"lorem")
        await settle(pilot)
        advice = str(app.main.query_one("#advice").render())
        assert "of 10 files are here" in advice
        hits = len(app.main.session_list.rows)
        await pilot.press(*["backspace"] * 5, *f"zq{session_id(0)[:8]}n4zz")
        await settle(pilot)
        assert "Only the newest" in app.main.listing.empty_words(app.main.counts)
        await pilot.press(*["backspace"] * 20, *"lorem")
        await settle(pilot)
        halt.may_go_on.set()
        await until(pilot, lambda: not app.import_state.is_running)
        await settle(pilot)
        assert "files are here" not in str(app.main.query_one("#advice").render())
        assert app.main.search_box.value == "lorem"
        assert len(app.main.session_list.rows) >= hits


async def test_stopped_and_left_it_is_whole_with_the_next_import(filled: Path, shared: SharedLibrary, halt: Halt, tmp_path: Path) -> None:
    """A beginning that was left is told as one, and nothing but the user goes on with it."""
    ingest_all = RUN
    with Library.open(tmp_path / "whole" / "w.db") as whole:
        ingest_all(whole)
        expected = held(whole)

    class KilledError(BaseException):
        pass

    def kill(_: object) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        RUN(shared, on_beginning=kill)
    begun = shared.beginning()
    assert begun is not None
    halt.may_go_on.set()
    async with ChatviewerApp(shared, is_watching=True).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app = pilot.app
        assert isinstance(app, ChatviewerApp)
        assert f"the newest {begun.file_count} of 10 files are here · R brings the others" in status(app)
        await pilot.pause(1.5)
        assert shared.beginning() == begun
        await pilot.press("R")
        await end(pilot, halt)
        assert "files are here" not in status(app)
    assert held(shared) == expected


@pytest.mark.parametrize("size", [(80, 24), (50, 20)])
async def test_the_import_screen_breaks_no_number_from_its_unit(
    filled: Path, shared: SharedLibrary, halt: Halt, size: tuple[int, int]
) -> None:
    async with ChatviewerApp(shared).run_test(size=size) as pilot:
        app = await begin(pilot, halt)
        await pilot.press("I")
        await until(pilot, lambda: isinstance(app.screen, ImportScreen))
        await settle(pilot)
        lines = str(app.screen.query_one("#state").render()).split("\n")
        assert all(len(line) <= size[0] - 8 for line in lines)
        assert any("of 10 files are here" in line for line in lines)
