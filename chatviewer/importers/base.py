"""What an importer is: one foreign format in, `domain.Session` out. It only ever reads.

An importer does not write, print, or know the database or another importer. A bad record costs that record: it is reported with
`reading.problem(line, reason)`; what is left out on purpose is counted with `reading.skip(kind)`.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from chatviewer.domain.importing import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from chatviewer.domain.session import Session


class NotThisFormatError(Exception):
    """Raised by `read` before anything was yielded: the file is no chat file of this source."""


class FullReadNeededError(Exception):
    """Raised by `read` with `reading.is_tail`: the new tail refers to what the kept state does not know; read it all again."""


class Reading:
    """One file while it is read: where to start, and what came of it.

    For a file that only grew, `offset`, `line` and `state` are what the last reading left (`is_tail`), and sessions are yielded
    with `is_tail=True`. The importer moves `offset` (bytes) and `line` to the end of what need not be read again: an unfinished
    last line, or a reply that may still grow, stays behind them.
    """

    __slots__ = ("file", "is_tail", "line", "offset", "problems", "skipped", "state", "told_line")

    def __init__(
        self, path: Path | str, offset: int = 0, line: int = 0, state: Mapping[str, Any] | None = None, is_tail: bool = False
    ) -> None:
        self.file = os.fspath(path)
        self.offset = offset
        self.line = line
        self.state: Mapping[str, Any] = {} if state is None else state  # JSON; small
        self.is_tail = is_tail
        self.told_line = 0  # set by the importer: of the lines up to this one, read a second time, the problems were told the first time
        self.problems: list[Problem] = []
        self.skipped: Counter[str] = Counter()

    @property
    def path(self) -> Path:
        """The file as a `Path`, whose module one longer file is stored without."""
        from pathlib import Path

        return Path(self.file)

    def problem(self, line: int, reason: str) -> None:
        """Report a record that could not be stored, in one plain phrase. `line` counts from 1."""
        self.problems.append(Problem(self.file, line, reason))

    def skip(self, kind: str, count: int = 1) -> None:
        """Count records that are left out on purpose, by kind (their type in the source)."""
        if count:
            self.skipped[kind] += count


class Importer(ABC):
    """A format. Subclasses in this package are found by `registry`; a new one is one file, one test, one sample."""

    source: ClassVar[str]  # the name in queries and tables: claude-code
    label: ClassVar[str]  # the name that people use: Claude Code
    order: ClassVar[int] = 50  # files are offered to the importers with a low number first: the most specific formats
    extensions: ClassVar[tuple[str, ...]] = ()  # of files worth opening when a folder is searched, with the dot
    beside: ClassVar[tuple[str, ...]] = ()  # names of files that are read together with one in the same folder: when they change, it did

    @abstractmethod
    def places(self) -> list[Path]:
        """The default places on this machine, whether they exist or not. Empty for exports that the user brings."""

    @abstractmethod
    def files(self, place: Path) -> Iterator[Path | str]:
        """The chat files below one of `places()`, without following links. Does not open them."""

    def files_in(self, place: Path, folder: str) -> Iterator[Path | str]:
        """Those of `files(place)` that lie in one folder, itself: for where only that changed."""
        return (file for file in self.files(place) if os.fspath(file).rpartition("/")[0] == folder)

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether a file that the user named is of this format. `head` is its first 64 KiB. Never raises."""

    @abstractmethod
    def read(self, reading: Reading) -> Iterator[Session]:
        """Yield the sessions of one file. Raises NotThisFormatError or FullReadNeededError; OSError is the caller's to report."""

    def kept_days(self, place: Path) -> int | None:
        """How many days after its last change this program deletes a file below that one of `places()`; None: never."""
        return None

    def expiry(self) -> str:
        """What this program deletes of its own history when, in words; "" when nothing."""
        return ""
