"""While the viewer is open, what a running session writes appears, and the reader stays where they are."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from chatviewer import ingest
from chatviewer.domain import ImportReport, SessionStatus
from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from tests.drills.machine import session_id, transcript, write
from tests.tui.conftest import settle

PATIENCE_SECONDS = 10.0  # of a busy machine; on an idle one it takes two


async def until(pilot: Pilot[int], is_done: Callable[[], bool]) -> float:
    """Wait for it; how long it took."""
    began = time.monotonic()
    while not is_done():
        assert time.monotonic() - began < PATIENCE_SECONDS
        await pilot.pause(0.05)
    return time.monotonic() - began


async def test_new_messages_appear_and_the_reader_is_not_moved(isolated_home: Path, library: Library) -> None:
    for number in range(3):
        write(transcript(isolated_home, number), session_id(number), 0, 30)
    ingest.run(library)
    app = ChatviewerApp(library, is_watching=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("j", "enter")
        await settle(pilot)
        main = app.main
        assert main.reader.shown is not None
        assert main.reader.view is not None
        shown = main.reader.shown.summary
        await pilot.press("j", "j", "j")
        await settle(pilot)
        before = main.reader.view.cursor, main.reader.view.top
        count = len(main.reader.shown.stubs)
        number = next(number for number in range(3) if session_id(number) == library.session(shown.uid).source_id)
        write(transcript(isolated_home, number), session_id(number), 30, 34)
        write(transcript(isolated_home, 7), session_id(7), 0, 4)
        await until(pilot, lambda: main.reader.shown is not None and len(main.reader.shown.stubs) > count)
        await until(pilot, lambda: len(main.session_list.rows) == 4)
        await settle(pilot)
        assert (main.reader.view.cursor, main.reader.view.top) == before
        assert main.session_list.cursor_summary is not None
        assert main.session_list.cursor_summary.uid == shown.uid
        assert len(main.reader.view.layout_of_rows.stubs) == len(main.reader.shown.stubs)


async def test_it_can_be_turned_off_and_does_not_begin_on_its_own(isolated_home: Path, library: Library) -> None:
    write(transcript(isolated_home, 1), session_id(1), 0, 4)
    app = ChatviewerApp(library, is_watching=True)
    async with app.run_test() as pilot:
        await pilot.pause(2.5)
        assert library.is_empty, "the first import is the user's to start"
    library.set_preference("watch", False)
    ingest.run(library)
    write(transcript(isolated_home, 1), session_id(1), 4, 8)
    app = ChatviewerApp(library, is_watching=True)
    async with app.run_test() as pilot:
        await pilot.pause(2.5)
        assert ingest.run(library).counts.updated == 1


async def test_an_import_that_the_user_stopped_is_not_gone_on_with_by_watching(
    isolated_home: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(transcript(isolated_home, 1), session_id(1), 0, 4)
    ingest.run(library)
    write(transcript(isolated_home, 2), session_id(2), 0, 4)
    run_import, is_begun = ingest.run, threading.Event()

    def slow(*given: Any, should_stop: Callable[[], bool], **named: Any) -> ImportReport:
        is_begun.set()
        while not should_stop():
            time.sleep(0.005)
        return run_import(*given, should_stop=should_stop, **named)

    app = ChatviewerApp(library, is_watching=True)
    async with app.run_test() as pilot:
        monkeypatch.setattr(ingest, "run", slow)
        await pilot.press("R", "I")
        await until(pilot, is_begun.is_set)
        await pilot.press("s")
        await until(pilot, lambda: not app.import_state.is_running)
        monkeypatch.setattr(ingest, "run", run_import)
        await pilot.pause(2.0)
        assert library.counts().active == 1
        await pilot.press("R")
        await until(pilot, lambda: library.counts().active == 2)


async def test_what_another_program_imports_and_archives_is_followed(
    isolated_home: Path, library: Library, database_path: Path, tmp_path: Path
) -> None:
    for number in range(3):
        write(transcript(isolated_home, number), session_id(number), 0, 4)
    ingest.run(library)
    app = ChatviewerApp(library, is_watching=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("j")
        await pilot.pause(1.5)  # a look has been taken
        chosen = app.main.session_list.cursor_summary
        assert chosen is not None
        with Library.open(database_path) as other:
            write(tmp_path / "brought" / "chat.jsonl", session_id(8), 0, 4)  # in no place that is watched
            assert ingest.run(other, paths=[tmp_path / "brought"]).counts.new == 1
            await until(pilot, lambda: len(app.main.session_list.rows) == 4)
            gone = next(uid for uid in (row.uid for row in other.summaries(other.session_ids())) if uid != chosen.uid)
            other.set_status([gone], SessionStatus.ARCHIVED)
        await until(pilot, lambda: len(app.main.session_list.rows) == 3)
        await until(pilot, lambda: app.main.counts is not None and app.main.counts.archived == 1)
        assert app.main.session_list.cursor_summary is not None
        assert app.main.session_list.cursor_summary.uid == chosen.uid
