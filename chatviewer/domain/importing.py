"""The values of an import: what was read from which file, and what could not be.

Nothing is lost silently: a record is stored, or skipped and counted by kind, or reported as a `Problem`.
"""

from __future__ import annotations

from operator import add

from chatviewer.domain.record import NOTHING, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from chatviewer.domain.session import Session


class Problem(NamedTuple):
    """A record or file that could not be stored. `line` counts from 1; 1 also stands for a whole file."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class SourceFile(NamedTuple):
    """A file that was imported, as it was then. With `state` an importer goes on at `offset` (bytes) and `line` when the file grows."""

    path: str
    source: str
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int
    offset: int = 0  # bytes read for good; what lies behind is read again
    line: int = 0  # lines before `offset`
    head_hash: str = ""  # of the first bytes: tells a longer file from another one
    state: Mapping[str, Any] = NOTHING
    skipped: Mapping[str, int] = NOTHING
    imported_at: datetime | None = None
    gone_at: datetime | None = None


class FileImport(NamedTuple):
    """All that one file gave; saved in one transaction. With `is_tail`, what was read behind the place where the last import ended;
    the problems of lines up to `told_line` are those of the last import."""

    file: SourceFile
    sessions: tuple[Session, ...] = ()
    problems: tuple[Problem, ...] = ()
    is_tail: bool = False
    told_line: int = 0


class SaveCounts(NamedTuple):
    """What saving changed."""

    new: int = 0  # sessions
    updated: int = 0  # sessions
    unchanged: int = 0  # sessions
    messages: int = 0
    tool_calls: int = 0
    new_subagents: int = 0  # sessions, counted in `new` as well
    purged: int = 0  # sessions that were left out, for the user purged them

    def plus(self, other: SaveCounts) -> SaveCounts:
        return SaveCounts(*map(add, self, other))


class ImportReport(NamedTuple):
    """The outcome of a whole run."""

    counts: SaveCounts = SaveCounts()
    files_read: int = 0
    files_unchanged: int = 0
    files_skipped: int = 0
    skipped: Mapping[str, int] = NOTHING  # records and files left out on purpose, by kind
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0


class Beginning(NamedTuple):
    """How much of a first import can be read while it goes on: the newest files, of all that were found."""

    file_count: int
    total_count: int


class ImportProgress(NamedTuple):
    """Where a run stands. `total_bytes` is known from the start."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    sessions: int
    path: str


EXPIRY_WARNING_DAYS = 5


class ImportedPlace(NamedTuple):
    """What was imported and is not among what a look at the known places finds: an export, a file elsewhere, files that are gone."""

    path: str  # a file; of several files the folder that holds them all
    file_count: int
    imported_at: datetime  # the last of them
    is_gone: bool = False


class SourceStatus(NamedTuple):
    """A known source on this machine."""

    source: str
    label: str
    places: tuple[Path, ...]  # where it is looked for
    found_places: tuple[Path, ...]
    file_count: int
    byte_count: int
    expires: str = ""  # what this agent deletes when, in words; empty: nothing
    expiring_count: int = 0  # files that it deletes within `EXPIRY_WARNING_DAYS`
    unsaved_count: int = 0  # of those, files that are not in the library as they are now
    imported: tuple[ImportedPlace, ...] = ()  # beside what is found

    def warning(self) -> str:
        """What is about to be deleted, in words; empty: nothing."""
        if not self.expiring_count:
            return ""
        subject = "file is" if self.expiring_count == 1 else "files are"
        files = f"{self.expiring_count:,} {subject} deleted within {EXPIRY_WARNING_DAYS} days"
        if self.unsaved_count:
            some = "" if self.unsaved_count == self.expiring_count else f"{self.unsaved_count:,} of them "
            return f"{files}, {some}not imported yet"
        return f"{files}; what they hold is in the library"
