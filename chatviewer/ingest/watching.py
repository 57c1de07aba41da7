"""Looking for what running sessions write, again and again, without getting in anybody's way.

Files are asked for their times only (`refreshing`); what changed is read from where the last reading ended. A look that took long and
found nothing is followed by a long rest, so that waiting never takes more than a tenth of one processor. What goes wrong at every look is
told once: a file that nobody may read, a disk that is full.
"""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING

from chatviewer import ingest
from chatviewer.errors import DatabaseLockedError

if TYPE_CHECKING:
    from chatviewer.domain.importing import ImportProgress, ImportReport, Problem
    from chatviewer.storage.library import Library

INTERVAL_SECONDS = 1.0
_REST = 10  # times as long as the look took
_REST_AFTER_NEWS = 2  # where something was read, more follows soon
_LOCKED_SECONDS = 15.0  # somebody else imports
_FAILED_SECONDS = 15.0  # what failed will hardly work a second later


class Watch:
    """When to look, and the look itself. `clock` gives seconds; `told` are problems that were told already."""

    def __init__(self, library: "Library", clock: Callable[[], float] = monotonic, told: "Iterable[Problem]" = ()) -> None:
        self._library = library
        self._clock = clock
        self._next = clock() + INTERVAL_SECONDS
        self._told = set(told)
        self._failure = ""  # of the last look
        self._seen: tuple[object, ...] | None = None  # the stamp of what the library holds, at the end of the last look
        self.is_changed_elsewhere = False  # found by the last look: somebody else imported, archived, purged since the one before

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._next

    def look(
        self, on_progress: "Callable[[ImportProgress], None] | None" = None, should_stop: Callable[[], bool] | None = None
    ) -> "ImportReport | None":
        """Import what is new; None if nothing is. The first import of all is the user's to start.

        What goes wrong is raised, the DatabaseError kinds and all else; but what went wrong in the same way the last time only then.
        """
        began = self._clock()
        rest, times = 0.0, _REST
        self.is_changed_elsewhere = False
        try:
            seen, self._seen = self._seen, self._library.contents_stamp()
            self.is_changed_elsewhere = seen is not None and seen != self._seen
            if self._library.is_empty or self._library.beginning() is not None:
                return None
            report = ingest.run(self._library, on_progress=on_progress, should_stop=should_stop)
            if report.files_read:
                times = _REST_AFTER_NEWS
                self._seen = self._library.contents_stamp()
        except DatabaseLockedError:
            rest = _LOCKED_SECONDS
            return None
        except Exception as error:
            rest = _FAILED_SECONDS
            failure = f"{type(error).__name__}: {error}"
            if failure == self._failure:
                return None
            self._failure = failure
            raise
        finally:
            now = self._clock()
            self._next = now + max(INTERVAL_SECONDS, rest, times * (now - began))
        self._failure = ""
        problems = tuple(problem for problem in report.problems if problem not in self._told)
        self._told.update(problems)
        return report._replace(problems=problems) if report.counts.new or report.counts.updated or problems else None
