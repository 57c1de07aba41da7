"""Which files a session's tool calls changed and read: from their arguments alone, as the agents of all sources write them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.part import Code, Diff
from chatviewer.tui.rendering.tool_call import edit, placing, read, shell
from chatviewer.tui.rendering.tool_call.base import line_count
from chatviewer.tui.rendering.tool_call.registry import describe, normal_name

_CHANGING = frozenset(edit.NAMES.split()) | frozenset(placing.NAMES.split()) | frozenset(shell.NAMES.split())
_READING = frozenset(read.NAMES.split())


class TouchedFile(NamedTuple):
    """A file and what calls did to it: how often, and how many lines they put in and took out (a file that was written whole counts
    as lines put in). `change_count` 0: it was only read."""

    path: str
    change_count: int = 0
    added: int = 0
    removed: int = 0


def touched_files(calls: Iterable[tuple[str, Any]]) -> list[TouchedFile]:
    """Those that were changed first, each in the order of its first call."""
    found: dict[str, TouchedFile] = {}
    for name, arguments in calls:
        bare = normal_name(name)
        if bare in _CHANGING or bare in _READING:
            for path, added, removed in _changes(ToolCall(uid="", tool_name=name, arguments=arguments), bare):
                before = found.get(path, TouchedFile(path))
                is_change = 0 if bare in _READING else 1
                found[path] = TouchedFile(path, before.change_count + is_change, before.added + added, before.removed + removed)
    return sorted(found.values(), key=lambda file: file.change_count == 0)


def _changes(call: ToolCall, bare: str) -> Iterable[tuple[str, int, int]]:
    view = describe(call)
    diffs = [part.change for part in view.parts if isinstance(part, Diff)]
    if diffs:
        return [(change.new_path or change.path, change.added, change.removed) for change in diffs if change.path]
    if bare in shell.NAMES.split() or not view.detail:
        return []
    whole = sum(line_count(part.text) for part in view.parts if isinstance(part, Code)) if bare not in _READING else 0
    path = view.detail.rpartition(":")[0] if bare in _READING and view.detail.rpartition(":")[2].replace("-", "").isdigit() else view.detail
    return [(path, whole, 0)]
