"""The viewer over the made-up library, with a clock that stands still."""

import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from chatviewer import demo
from chatviewer.storage.library import Library
from chatviewer.tui import reading, searching
from chatviewer.tui.app import ChatviewerApp

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)  # a Thursday


@pytest.fixture(autouse=True)
def fixed_time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Days begin at midnight UTC, on every machine."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Previews and hints come at once, nothing is animated."""
    monkeypatch.setattr(searching, "HINT_DELAY_SECONDS", 0.001)
    monkeypatch.setattr(reading, "PREVIEW_DELAY_SECONDS", 0.005)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up library, filled once."""
    path = tmp_path_factory.mktemp("demo") / "chatviewer.db"
    with Library.open(path) as library:
        demo.fill(library, NOW)
    return path


@pytest.fixture
def demo_library(demo_database: Path, database_path: Path) -> Iterator[Library]:
    """A copy of the made-up library for one test."""
    database_path.parent.mkdir(parents=True, exist_ok=True)
    for file in demo_database.parent.iterdir():
        shutil.copy(file, database_path.parent / file.name)
    with Library.open(database_path) as library:
        yield library


async def settle(pilot: Pilot[int], seconds: float = 30.0) -> None:
    """Wait until no thread works, no preview is due and every message was handled."""
    app = pilot.app
    assert isinstance(app, ChatviewerApp)
    end = time.monotonic() + seconds
    quiet = 0
    while time.monotonic() < end and quiet < 3:
        await pilot.pause(0.01)
        is_reading = any(not worker.is_finished for worker in app.workers)  # the transcript fetches its pages so
        quiet = quiet + 1 if app.main.is_idle and not app.main.reader.is_waiting and not is_reading else 0
    assert quiet == 3, "the viewer does not come to rest"


@pytest.fixture
def open_viewer() -> Callable[..., object]:
    """`async with open_viewer(library) as pilot`: the viewer, settled."""

    @asynccontextmanager
    async def opened(library: Library, size: tuple[int, int] = (120, 36), now: datetime = NOW) -> AsyncIterator[Pilot[int]]:
        app = ChatviewerApp(library, clock=lambda: now)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            yield pilot

    return opened
