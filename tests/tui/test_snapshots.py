"""How it looks. `pytest --snapshot-update` after a change that was meant, and look at the pictures."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from chatviewer.storage.library import Library
from chatviewer.tui.app import ChatviewerApp
from tests.tui.conftest import NOW, settle

Compare = Callable[..., bool]


def looks(compare: Compare, library: Library, size: tuple[int, int], *keys: str) -> bool:
    async def arrange(pilot: Pilot[int]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return compare(ChatviewerApp(library, clock=lambda: NOW), terminal_size=size, run_before=arrange)


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """No blinking cursor: where it stands in its beat is chance. Every search takes no time, which is told as 1 ms."""
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)
    monkeypatch.setattr("chatviewer.storage.searching.time", SimpleNamespace(perf_counter=lambda: 0.0, monotonic=time.monotonic))


def test_wide(snap_compare: Compare, demo_library: Library) -> None:
    assert looks(snap_compare, demo_library, (120, 36), "j", "space")


def test_search_in_a_small_window(snap_compare: Compare, demo_library: Library) -> None:
    assert looks(snap_compare, demo_library, (80, 24), "slash", *"import", "down")


def test_preferences_in_light(snap_compare: Compare, demo_library: Library) -> None:
    demo_library.set_preference("theme", "chatviewer-light")
    assert looks(snap_compare, demo_library, (100, 30), "comma", "j", "j")
