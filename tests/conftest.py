"""Every test in its own home: nothing of the machine's is read, nothing outside `tmp_path` is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from chatviewer.storage import faceting, hinting, searching, snippets
from chatviewer.storage.library import Library
from tests.chance import FUZZ, examples

# How long an example takes says something about the machine and what else runs on it, not about the program.
settings.register_profile("chatviewer", deadline=None, max_examples=examples(100), derandomize=not FUZZ)
settings.load_profile("chatviewer")


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test; chatviewer's files lie below `tmp_path / "chatviewer"`."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("CHATVIEWER_HOME", str(tmp_path / "chatviewer"))
    for name in ("CHATVIEWER_DATABASE", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "NO_COLOR", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    return home


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a search may spend on reading texts is enough on a busy machine, too. Tests of the limits set their own, or undo this."""
    for module, name in ((searching, "PATTERN_SECONDS"), (snippets, "PATTERN_SECONDS"), (hinting, "SECONDS"), (faceting, "SECONDS")):
        monkeypatch.setattr(module, name, 60)


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    """Where the test's library lies; not made yet."""
    return tmp_path / "chatviewer" / "chatviewer.db"


@pytest.fixture
def library(database_path: Path) -> Iterator[Library]:
    """An empty library in a real file."""
    with Library.open(database_path) as opened:
        yield opened
