"""Looking for what running sessions write, again and again, without getting in anybody's way.

Files are asked for their times only (`refreshing`); what changed is read from where the last reading ended. A look that took long and
found nothing is followed by a long rest, so that waiting never takes more than a tenth of one processor.
"""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from chatviewer import ingest
from chatviewer.errors import DatabaseLockedError

if TYPE_CHECKING:
    from chatviewer.domain.importing import ImportProgress, ImportReport
    from chatviewer.storage.library import Library

INTERVAL_SECONDS = 1.0
_REST = 10  # times as long as the look took
_REST_AFTER_NEWS = 2  # where something was read, more follows soon
_LOCKED_SECONDS = 15.0  # somebody else imports


class Watch:
    """When to look, and the look itself. `clock` gives seconds."""

    def __init__(self, library: "Library", clock: Callable[[], float] = monotonic) -> None:
        self._library = library
        self._clock = clock
        self._next = clock() + INTERVAL_SECONDS

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._next

    def look(
        self, on_progress: "Callable[[ImportProgress], None] | None" = None, should_stop: Callable[[], bool] | None = None
    ) -> "ImportReport | None":
        """Import what is new; None if nothing is. The first import of all is the user's to start. Raises the DatabaseError kinds."""
        began = self._clock()
        rest, times = 0.0, _REST
        try:
            if self._library.is_empty:
                return None
            report = ingest.run(self._library, on_progress=on_progress, should_stop=should_stop)
            if report.files_read:
                times = _REST_AFTER_NEWS
        except DatabaseLockedError:
            rest = _LOCKED_SECONDS
            return None
        finally:
            now = self._clock()
            self._next = now + max(INTERVAL_SECONDS, rest, times * (now - began))
        return report if report.counts.new or report.counts.updated or report.problems else None
