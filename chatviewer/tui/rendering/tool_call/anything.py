"""Calls of tools that no other renderer knows: every argument, aligned, and the result."""

from chatviewer.domain import ToolCall
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.part import Output, Part, Plain, Tree
from chatviewer.tui.rendering.row import MUTED
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, first_line, line_count, result_of

_TELLING = (
    "description",
    "query",
    "path",
    "file_path",
    "command",
    "prompt",
    "name",
    "url",
    "title",
    "message",
    "text",
    "input",
    "question",
)


def describe(call: ToolCall) -> ToolView:
    parts: list[Part] = []
    if isinstance(call.arguments, str):
        parts.append(Plain(call.arguments))
    elif call.arguments not in (None, {}, []):
        parts.append(Tree(call.arguments))
    if result := result_of(call):
        if parts:
            parts.append(Plain("result", MUTED))
        parts.append(Output(result))
    outcome = counted(line_count(result), "line") if result else ""
    return ToolView(call.tool_name, telling_argument(call), outcome, tuple(parts))


def telling_argument(call: ToolCall) -> str:
    """The one argument that says most about a call, in one line."""
    if isinstance(call.arguments, str):
        return first_line(call.arguments)
    found = fields(call)
    values = [found.get(name) for name in _TELLING] + list(found.values())
    return next((first_line(value) for value in values if isinstance(value, str) and value.strip()), "")
