"""How the reader left the sessions: branch, folds and place of each, in a small JSON file in the state directory.

Losing it costs nothing but comfort, so nothing here raises; what is not as it should be is left out.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from chatviewer import paths
from chatviewer.tui.rendering.block import TOOL_CALL_VIEWS, Folds, Level
from chatviewer.tui.widgets.transcript_plan import Bookmark

FILE_NAME = "reading.json"
KEPT_SESSIONS = 200  # the latest
KEPT_FOLDS = 300  # of one session, the latest
MAX_BYTES = 8_000_000
_LARGEST = 1 << 40


class Memory(NamedTuple):
    """How a session was left. `chosen` holds for each fork the message that the shown branch goes on with."""

    chosen: Mapping[int, int] = {}
    levels: Mapping[tuple[int, str], Level] = {}
    cursor: Bookmark | None = None
    folds: Folds | None = None  # None: as the preferences say


Memories = OrderedDict[str, Memory]


def load() -> Memories:
    """By the uid of the session, the latest last."""
    path = paths.state_directory() / FILE_NAME
    memories: Memories = OrderedDict()
    try:
        if path.stat().st_size > MAX_BYTES:
            return memories
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return memories
    sessions = stored.get("sessions") if isinstance(stored, dict) else None
    for uid, one in sessions.items() if isinstance(sessions, dict) else ():
        if isinstance(one, dict):
            memories[uid] = _memory(one)
    return memories


def save(memories: Mapping[str, Memory]) -> None:
    """Write all of it, or nothing."""
    latest = list(memories.items())[-KEPT_SESSIONS:]
    with suppress(OSError):
        paths.write_state(paths.state_directory() / FILE_NAME, json.dumps({"sessions": {uid: _values(memory) for uid, memory in latest}}))


def _values(memory: Memory) -> dict[str, Any]:
    levels = list(memory.levels.items())[-KEPT_FOLDS:]
    return {
        "branches": list(memory.chosen.items())[-KEPT_FOLDS:],
        "folds": [[seq, key, int(level)] for (seq, key), level in levels],
        "place": list(memory.cursor) if memory.cursor is not None else None,
        "view": list(memory.folds) if memory.folds is not None else None,
    }


def _memory(stored: dict[str, Any]) -> Memory:
    chosen = dict(_rows(stored.get("branches"), int, int))
    known = {int(level): level for level in Level}
    levels = {(seq, key): known[level] for seq, key, level in _rows(stored.get("folds"), int, str, int) if level in known}
    places = [Bookmark(*row) for row in _rows([stored.get("place")], int, str, int, int, int)]
    cursor = next((place for place in places if place.height > 0 and min(place.seq, place.chunk, place.row) >= 0), None)
    views = [
        Folds(calls, known[thinking], known[others])
        for calls, thinking, others in _rows([stored.get("view")], str, int, int)
        if calls in TOOL_CALL_VIEWS and {thinking, others} <= known.keys()
    ]
    return Memory(chosen, levels, cursor, views[0] if views else None)


def _rows(stored: Any, *types: type) -> Iterator[list[Any]]:
    """Those rows that consist of values of these types."""
    for row in stored if isinstance(stored, list) else ():
        if (
            isinstance(row, list)
            and len(row) == len(types)
            and all(type(value) is kind for value, kind in zip(row, types, strict=True))
            and all(abs(value) < _LARGEST for value in row if type(value) is int)
        ):
            yield row
