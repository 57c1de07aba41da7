"""SQL's REGEXP and CONTAINS by Python. Both are bound to a time: what is not read by then does not match, and that is said."""

from __future__ import annotations

import sqlite3
import time
from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# The worst time of a pattern grows with the text's length to the power of its open repeats, so the text is read in windows.
_WINDOWS = {0: 1_000_000, 1: 4_000, 2: 400, 3: 100}  # characters, by the number of open repeats

_limits = _local()


class TimeLimit:
    """`is_over` is set once something was left unread: the time was up, or nobody waits for the answer any more."""

    def __init__(self, deadline: float, should_stop: Callable[[], bool]) -> None:
        self.deadline = deadline
        self.is_over = False
        self._should_stop = should_stop

    def is_over_now(self) -> bool:
        """Whether to stop; remembered."""
        self.is_over = self.is_over or time.monotonic() >= self.deadline or self._should_stop()
        return self.is_over


class time_limit:  # noqa: N801 (used as a function)
    """What this thread's statements may spend on patterns, in seconds, unless they are to stop before; gives the `TimeLimit`."""

    def __init__(self, seconds: float, should_stop: Callable[[], bool] = bool) -> None:
        self._seconds = seconds
        self._should_stop = should_stop
        self._outer: TimeLimit | None = None

    def __enter__(self) -> TimeLimit:
        self._outer = getattr(_limits, "current", None)
        limit = _limits.current = TimeLimit(time.monotonic() + self._seconds, self._should_stop)
        return limit

    def __exit__(self, *raised: object) -> None:
        _limits.current = self._outer


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions `regexp(pattern, text)`, `begins(word, text)`, `fits(typed, name)` and
    `says(word, name, arguments, result, terms)`."""
    connection.create_function("regexp", 2, regexp, deterministic=True)
    connection.create_function("begins", 2, begins, deterministic=True)
    connection.create_function("fits", 2, fits, deterministic=True)
    connection.create_function("says", 5, says, deterministic=True)


def _is_over() -> bool:
    limit: TimeLimit | None = getattr(_limits, "current", None)
    return limit is not None and limit.is_over_now()


def regexp(source: str, text: str | None) -> int | None:
    """1 where the pattern matches somewhere in the text. None: there was no time to read it."""
    if not text:
        return 0
    if _is_over():
        return None
    from chatviewer.query.patterns import compiled

    pattern, open_repeats = compiled(source)
    window = _WINDOWS[min(open_repeats, 3)]
    if len(text) <= window:
        return 1 if pattern.search(text) else 0
    for start in range(0, len(text), window // 2):
        if pattern.search(text, start, start + window):
            return 1
        if _is_over():
            return None
    return 0


def first_match(source: str, text: str, deadline: float) -> tuple[int, int] | None:
    """Where a pattern matches first, in the windows in which `regexp` looks for it; none behind the one at which the time is up."""
    from chatviewer.query.patterns import compiled

    pattern, open_repeats = compiled(source)
    window = _WINDOWS[min(open_repeats, 3)]
    for start in range(0, max(len(text), 1), window // 2):
        if match := pattern.search(text, start, start + window):
            return match.span()
        if time.monotonic() >= deadline:
            break
    return None


def begins(word: str, text: str | None) -> int | None:
    """1 where a word of the text begins like this one (ASCII letters, any case), accents aside. None: there was no time to read it."""
    if not text:
        return 0
    if _is_over():
        return None
    from chatviewer.query.patterns import beginning
    from chatviewer.storage.snippets import fold

    return 1 if beginning(word).search(fold(text)) else 0


def fits(typed: str, name: str) -> int:
    """How well a name fits what was typed, see `query.naming.fit`."""
    from chatviewer.query.naming import fit

    return fit(typed, name)


def says(code: str, tool_name: str, arguments: str, result: str | None, terms: str | None) -> int | None:
    """1 where a tool call says what an encoded word asks for. None: there was no time to read it."""
    if _is_over():
        return None
    from chatviewer.storage.phrases import CallText, decoded

    return 1 if CallText(tool_name, arguments, result, terms).holds_any(decoded(code)) else 0
