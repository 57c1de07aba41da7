"""Importing beside everything else: a job that tells where it stands, and what that says in one line."""

import threading
import time
from typing import NamedTuple

from chatviewer.domain import Beginning, ImportProgress, ImportReport
from chatviewer.ingest.watching import Watch
from chatviewer.storage.library import Library
from chatviewer.tui.background import Job, Receiver
from chatviewer.tui.formatting import byte_size, counted, full_count
from chatviewer.tui.import_messages import ChangedElsewhere, ImportBegun, ImportFinished, ImportProgressed

SECONDS_BETWEEN_NEWS = 0.1
SECONDS_BEFORE_A_RATE = 1.0
SECONDS_BETWEEN_LOOKS = 0.25  # at the clock; files are looked at as often as `Watch` says
MANY_FILES = 20  # from so many on a look is an import that shows how far it is


class ImportState(NamedTuple):
    """What is known about the import that runs, or that ran last."""

    is_running: bool = False
    progress: ImportProgress | None = None
    report: ImportReport | None = None
    is_quiet: bool = False  # found by watching: nobody asked, so only new sessions are told
    failure: str = ""  # why it ended early
    seconds: float = 0.0  # since the first file was begun
    beginning: Beginning | None = None  # what of a first import is in the library, while it runs

    @property
    def share(self) -> float:
        """Of the bytes, 0 to 1."""
        if self.progress is None or not self.progress.bytes_total:
            return 0.0
        return min(1.0, self.progress.bytes_done / self.progress.bytes_total)

    @property
    def rate(self) -> float | None:
        """Bytes a second; None while that cannot be said yet."""
        if self.progress is None or self.seconds < SECONDS_BEFORE_A_RATE or not self.progress.bytes_done:
            return None
        return self.progress.bytes_done / self.seconds

    @property
    def seconds_left(self) -> float | None:
        """Until the end, if it goes on as it went so far; None while that cannot be said yet."""
        rate = self.rate
        if rate is None or self.progress is None:
            return None
        return max(0, self.progress.bytes_total - self.progress.bytes_done) / rate

    @property
    def left(self) -> str:
        """How long it still takes, in words; empty where that cannot be said."""
        return "" if self.seconds_left is None or self.is_read else left_words(self.seconds_left)

    @property
    def is_read(self) -> bool:
        """Whether all files are read; of a first import some seconds of work are left then."""
        return self.progress is not None and self.progress.files_done >= self.progress.files_total

    def facts(self) -> list[str]:
        """How far it is, while it runs."""
        if self.progress is None and self.beginning is None:
            return ["Looking for chats …"]
        facts = ["Sorting in what was read" if self.is_read else f"Importing {self.share:.0%}"]
        if self.beginning is not None:
            return [*facts, beginning_words(self.beginning)]
        if self.progress is not None:
            facts.append(f"{full_count(self.progress.files_done)} of {counted(self.progress.files_total, 'file')}")
            if self.progress.sessions:  # they count once they are stored, many files at a time
                facts.append(counted(self.progress.sessions, "session"))
        return facts

    def words(self) -> str:
        """One line about it; empty when nothing ever ran."""
        if self.is_running:
            return " · ".join([*self.facts(), *([self.left] if self.left else [])])
        return report_words(self.report) if self.report is not None else self.failure


def report_words(report: ImportReport, *, way_to_problems: str = ", I shows them") -> str:
    """What an import brought."""
    from chatviewer.ingest import HISTORY_IS_OFF

    if HISTORY_IS_OFF in report.skipped:
        return "Nothing was added: the preference Save history is off"
    counts = report.counts
    subagents = counts.new_subagents
    sessions = counted(counts.new - subagents, "new session") if counts.new > subagents else ""
    new = " and ".join(part for part in (sessions, counted(subagents, "new sub-agent") if subagents else "") if part)
    updated = f"{full_count(counts.updated)} updated" if counts.updated else ""
    brought = ", ".join(part for part in (new, updated) if part) or "Nothing new"
    problems = f" · {counted(len(report.problems), 'problem')}{way_to_problems}" if report.problems else ""
    return f"{brought} from {counted(report.files_read, 'file')}{problems}" if report.files_read else f"{brought}{problems}"


def progress_facts(state: ImportState) -> list[str]:
    """12 MB of 80 MB, 9.1 MB/s, 8 s left."""
    if state.progress is None:
        return []
    facts = [f"{byte_size(state.progress.bytes_done)} of {byte_size(state.progress.bytes_total)}"]
    if state.rate is not None:
        facts += [f"{byte_size(round(state.rate))}/s", *([state.left] if state.left else [])]
    return facts


def beginning_words(beginning: Beginning) -> str:
    """What of a first import can be read."""
    return f"the newest {full_count(beginning.file_count)} of {counted(beginning.total_count, 'file')} are here"


def left_words(seconds: float) -> str:
    """8 s left, 3 min left."""
    return f"{max(1, round(seconds))} s left" if seconds < 90 else f"{round(seconds / 60)} min left"


def import_job(library: Library, receiver: Receiver, should_stop: threading.Event) -> Job:
    """Look into every known place. Posts `ImportProgressed` a few times a second, returns `ImportFinished`."""
    last = 0.0

    def tell(progress: ImportProgress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_NEWS or progress.files_done == progress.files_total:
            last = now
            receiver.post_message(ImportProgressed(progress))

    def job() -> ImportFinished:
        from chatviewer import ingest

        def tell_beginning(beginning: Beginning) -> None:
            receiver.post_message(ImportBegun(beginning))

        return ImportFinished(ingest.run(library, on_progress=tell, should_stop=should_stop.is_set, on_beginning=tell_beginning))

    return job


def watch_job(watch: Watch, receiver: Receiver, should_stop: threading.Event) -> Job:
    """One look for what is new. Returns `ImportFinished` when something is, `ChangedElsewhere` when another program changed the library."""

    def tell(progress: ImportProgress) -> None:
        if progress.files_total >= MANY_FILES:
            receiver.post_message(ImportProgressed(progress))

    def job() -> ImportFinished | ChangedElsewhere | None:
        report = watch.look(tell, should_stop.is_set)
        if report is not None:
            return ImportFinished(report, is_quiet=True)
        return ChangedElsewhere() if watch.is_changed_elsewhere else None

    return job
