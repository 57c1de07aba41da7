"""The bar that an import shows on a terminal."""

import io
import sys

import pytest

from chatviewer.cli import progress as module
from chatviewer.cli.progress import progress
from chatviewer.domain import ImportProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def news(done: int) -> ImportProgress:
    return ImportProgress(files_done=done, files_total=4, bytes_done=done * 1000, bytes_total=4000, sessions=done, path="/x/\x1b[2Jy.jsonl")


def test_a_watched_import_shows_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0)
    with progress() as bar:
        assert bar is not None
        for done in range(1, 5):
            bar(news(done))
    assert "4 sessions" in terminal.getvalue()
    assert "\x1b[2Jy" not in terminal.getvalue()


def test_a_quick_import_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress() as bar:
        assert bar is not None
        bar(news(1))
    assert terminal.getvalue() == ""


def test_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress() as bar:
        assert bar is None
