"""A progress bar on stderr while a person watches; nothing where nobody does. Rich is loaded when the first news arrives."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from chatviewer.cli.output import counted, is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

    from chatviewer.domain.importing import ImportProgress

PATIENCE_SECONDS = 0.4  # a refresh that is done before that shows no bar at all


@contextmanager
def progress() -> "Iterator[Callable[[ImportProgress], None] | None]":
    """A function to call with each `ImportProgress`, or None."""
    if not is_terminal(sys.stderr):
        yield None
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    def __init__(self) -> None:
        self._start = monotonic()
        self._progress: Progress | None = None

    def __call__(self, news: "ImportProgress") -> None:
        if self._progress is None:
            if monotonic() - self._start < PATIENCE_SECONDS:
                return
            self._progress = self._made()
            self._progress.start()
            self._task = self._progress.add_task("", total=None, sessions="")
        sessions = counted(news.sessions, "session") if news.sessions else ""  # they count once they are stored, many files at a time
        self._progress.update(self._task, total=news.bytes_total, completed=news.bytes_done, sessions=sessions)

    def _made(self) -> "Progress":
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        # No file name in it: names are foreign text, and they flicker by too fast to be read.
        sessions = TextColumn("{task.fields[sessions]}", markup=False)
        columns = (BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn(), sessions, TimeRemainingColumn())
        return Progress(*columns, console=Console(stderr=True), transient=True)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
