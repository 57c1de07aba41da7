"""Keys that come faster than the viewer follows them do what they do when they are typed slowly."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from chatviewer.storage.library import Library
from tests.tui.terminal import Terminal

ENTER, ESCAPE, DOWN = "\r", "\x1b", "\x1b[B"
KEY_SECONDS, REST_SECONDS = 0.3, 1.5  # without a change of the screen, after a slow key and at the end
SLOW_START = """
import asyncio
from chatviewer.tui.screens.main import MainScreen
complete = MainScreen._complete
async def late(self):
    await asyncio.sleep(2.5)
    await complete(self)
MainScreen._complete = late
"""
SLOW_THREADS = """
import time
from chatviewer.tui import background, reading, searching
reading.READ_SECONDS = 1000  # nothing is read in passing: when that shows is a matter of time
def slow(run):
    def job(work):
        time.sleep(0.05)
        return run(work)
    return job
background.run_job = slow(background.run_job)
searching.run_job = slow(searching.run_job)
"""


@pytest.fixture
def start(demo_library: Library, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """The viewer with a library of its own, that of the one before restored."""
    database, opened = demo_library.path, list[Terminal]()
    demo_library.close()
    files = {path: path.read_bytes() for path in database.parent.iterdir() if path.is_file()}

    def started(before: str = "") -> Terminal:
        for path in database.parent.iterdir():
            if path.is_file():
                path.unlink()
        for path, data in files.items():
            path.write_bytes(data)
        opened.append(Terminal(database, before))
        return opened[-1]

    yield started
    for terminal in opened:
        terminal.close()


def at_rest(terminal: Terminal, seconds: float = REST_SECONDS) -> list[str]:
    """The screen once it stays as it is, without what a clock says."""
    before: list[str] = []
    while before != (now := list(terminal.screen.display)):
        before = now
        terminal.read(seconds)
    return [re.sub(r"\d+ ms\b|\s*imported (just now|\d+ .* ago)", "", line).rstrip() for line in now]


SEQUENCES: dict[str, Sequence[str]] = {
    "into a session and to its end": (ENTER, "G"),
    "a search, its hit, and on": ("/", *"flaky", ENTER, "j", "j", ENTER),
    "down the hits while typing": ("/", *"test", DOWN, DOWN, ENTER, "J"),
    "what narrows the hits, twice": ("/", *"test", "\t", "2", "j", "1", "j"),
    "help and out of it": ("?", ESCAPE),
    "an action of the palette": (":", *"details", ENTER),
    "a filter, then the list": ("f", *"codex", ENTER, "j", ENTER, "G"),
    "two sessions archived, one passed": ("a", "a", "j", "a"),
    "a find and its second match": (ENTER, "/", *"the", ENTER, "n"),
    "the outline": (ENTER, "O", DOWN, ENTER, "j"),
    "a tag and a note": ("#", *"quick", ENTER, "j", "N", *"again", "\x13", "*"),
}


@pytest.mark.parametrize("keys", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_a_burst_of_keys_does_what_slow_keys_do(start: Callable[..., Terminal], keys: Sequence[str]) -> None:
    screens = []
    for is_burst in (False, True):
        terminal = start(SLOW_THREADS)
        terminal.wait_for("sessions")
        at_rest(terminal)
        if is_burst:
            terminal.press("".join(keys))
        else:
            for key in keys:
                terminal.press(key)
                at_rest(terminal, KEY_SECONDS)
        screens.append(at_rest(terminal))
    assert screens[0] == screens[1]


def test_enter_before_the_viewer_is_complete_goes_into_the_session(start: Callable[..., Terminal]) -> None:
    terminal = start(SLOW_START)
    terminal.wait_for("Sessions")
    terminal.press(ENTER)
    terminal.wait_for("o fold")
    terminal.press("q")
    terminal.wait_for("/ search")
