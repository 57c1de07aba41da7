"""Ending what a thread reads once nobody waits for it.

`Library.interrupt` ends the statement that runs just now, at once, but not one that begins a moment later, nor a list. So what
asks for an answer that may take long also says how it is known that nobody waits for it any more.
"""

import math
import sqlite3
from collections.abc import Callable
from contextlib import suppress

from chatviewer.errors import InterruptedSearchError
from chatviewer.storage.connection import Database, is_interrupt
from chatviewer.storage.patterns import time_limit

_STEPS = 50_000  # of SQLite's machine between two questions: few statements that are shown at once take as many


class Stopping:
    """What `Library.stopping` gives."""

    def __init__(self, database: Database, should_stop: Callable[[], bool]) -> None:
        self._connections = {database.connection(), database.reader()}
        self._limit = time_limit(math.inf, should_stop)
        self._should_stop = should_stop

    def __enter__(self) -> None:
        self._limit.__enter__()  # patterns, of which one row may take long
        for connection in self._connections:
            connection.set_progress_handler(self._should_stop, _STEPS)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._limit.__exit__()
        for connection in self._connections:
            with suppress(sqlite3.ProgrammingError):  # closed since, for another file took the place of its own
                connection.set_progress_handler(None, 0)
        if self._should_stop() and (error is None or (isinstance(error, sqlite3.Error) and is_interrupt(error))):
            raise InterruptedSearchError("The search was stopped for a newer one.") from error
