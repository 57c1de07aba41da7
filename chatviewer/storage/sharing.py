"""A library that several threads use, whose file another one can take the place of under them.

SQLite does not notice that a file was renamed: a connection to the old one would go on reading it, and what it writes would be lost. So
each call of the library is within a gate. Who exchanges the file waits until no thread is inside, closes the connections of all, and lets
nobody in before the new file is there; each thread then opens it with its next call.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from chatviewer.storage.library import Library

_FREE = frozenset({"open", "close", "interrupt", "bulk", "path", "warning"})
"""What asks no connection of the calling thread for anything, or, as `bulk`, is what waits for the others."""


class Gate:
    """Many inside, or one alone. A thread that is inside may come in again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: dict[int, int] = {}  # how often, by thread
        self._alone: int | None = None  # the thread that keeps the others out

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._changed:
            if me not in self._inside:
                self._changed.wait_for(lambda: self._alone in (None, me))
            self._inside[me] = self._inside.get(me, 0) + 1

    def __exit__(self, *raised: object) -> None:
        me = threading.get_ident()
        with self._changed:
            self._inside[me] -= 1
            if not self._inside[me]:
                del self._inside[me]
                self._changed.notify_all()

    @contextmanager
    def alone(self, seconds: float) -> Iterator[bool]:
        """Keep the others out; False when they do not all leave within that time. They are let in again then and at the end."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._alone is None)
            self._alone = me
            is_alone = self._changed.wait_for(lambda: not self._inside.keys() - {me}, seconds)
            if not is_alone:
                self._let_in()
        try:
            yield is_alone
        finally:
            if is_alone:
                with self._changed:
                    self._let_in()

    def _let_in(self) -> None:
        self._alone = None
        self._changed.notify_all()


class SharedLibrary(Library):
    """A `Library` each of whose calls is within the gate."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.database.gate = Gate()


def _gated(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def gated(library: Library, *args: Any, **named: Any) -> Any:
        gate = library.database.gate
        assert gate is not None
        with gate:
            return call(library, *args, **named)

    return gated


for _name in dir(Library):
    if not _name.startswith("_") and _name not in _FREE:
        _value = getattr(Library, _name)
        if isinstance(_value, property) and _value.fget is not None:
            setattr(SharedLibrary, _name, property(_gated(_value.fget)))
        elif callable(_value):
            setattr(SharedLibrary, _name, _gated(_value))
