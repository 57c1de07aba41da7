"""To-do lists and plans as checklists."""

from collections.abc import Mapping
from typing import Any

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.part import Checklist, Part, Prose, Tree
from chatviewer.tui.rendering.tool_call import anything
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, others, text_of

NAMES = """
    todowrite todoread updateplan plan writetodos managetodolist updatetodolist settodolist exitplanmode taskcreate taskupdate
    tasklist todo createplan taskget todos managetodos settodos updatetodo focuschain updatecurrentstep
"""
_LISTS = ("todos", "plan", "todoList", "todo_list", "items", "tasks")
_TEXTS = ("content", "step", "title", "description", "text", "task", "subject")
_STATES = {
    "completed": "done", "complete": "done", "done": "done", "in_progress": "active", "in-progress": "active", "active": "active",
    "cancelled": "dropped", "canceled": "dropped",
}  # fmt: skip


def describe(call: ToolCall) -> ToolView:
    found = fields(call)
    items: Any = next((found[name] for name in _LISTS if name in found), None)
    if isinstance(items, str) or (items is None and text_of(call, "plan")):
        return ToolView(call.tool_name, anything.telling_argument(call), "", (Prose(items or text_of(call, "plan")),))
    if not isinstance(items, list):
        return anything.describe(call)
    steps = tuple(_step(item) for item in items)
    done = sum(1 for state, _text in steps if state == "done")
    current = next((text for state, text in steps if state == "active"), "")
    parts: list[Part] = [Checklist(steps)]
    if note := text_of(call, "explanation"):
        parts.insert(0, Prose(note))
    if rest := others(call, (*_LISTS, "explanation", "merge")):
        parts.append(Tree(rest))
    return ToolView(call.tool_name, current, f"{done} of {len(steps)} done", tuple(parts))


def _step(item: Any) -> tuple[str, str]:
    if not isinstance(item, Mapping):
        return "open", str(item)
    text = next((str(item[name]) for name in _TEXTS if item.get(name)), str(dict(item)))
    return _STATES.get(str(item.get("status", "")).lower(), "done" if item.get("done") is True else "open"), text
