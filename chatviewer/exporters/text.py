"""Words that the formats for people share: who speaks, when, what a tool was asked in one line."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from chatviewer.domain.kinds import Role
from chatviewer.domain.sanitizing import safe_line
from chatviewer.exporters.encoding import dumps

if TYPE_CHECKING:
    from chatviewer.domain.message import Message, ToolCall

# The argument that says most about a call, in the words of the tools of all sources; the first that is there stands in its line.
TELLING_ARGUMENTS = (
    "command",
    "cmd",
    "pattern",
    "query",
    "url",
    "file_path",
    "filePath",
    "notebook_path",
    "path",
    "description",
    "prompt",
    "input",
)


def speaker(message: "Message") -> str:
    """You, the model's name, system, or the tool's name."""
    if message.role is Role.USER:
        return "You"
    if message.role is Role.ASSISTANT:
        return safe_line(message.model or "", 60) or "Assistant"
    if message.role is Role.TOOL:
        return f"Tool {safe_line(message.tool_name or '', 60)}".rstrip()
    kind = message.metadata.get("kind")
    return f"System ({safe_line(kind, 40)})" if isinstance(kind, str) and kind else "System"


def clock(moment: datetime | None) -> str:
    """2026-03-01 10:00 UTC, or nothing where the time is unknown."""
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def call_line(call: "ToolCall", limit: int = 120) -> str:
    """A tool call in one line: its name and the argument that says most."""
    return " ".join(part for part in (safe_line(call.tool_name, 60), call_gist(call, limit)) if part)


def call_gist(call: "ToolCall", limit: int = 120) -> str:
    """What the call was about, from its arguments."""
    arguments = call.arguments
    if isinstance(arguments, str):
        return safe_line(arguments, limit)
    if not isinstance(arguments, Mapping):
        return "" if arguments is None else safe_line(dumps(arguments), limit)
    for name in TELLING_ARGUMENTS:
        value = arguments.get(name)
        if isinstance(value, str) and value.strip():
            return safe_line(value, limit)
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return safe_line(" ".join(value), limit)
    return safe_line(dumps(arguments), limit) if arguments else ""


def call_state(call: "ToolCall") -> str:
    """failed · 3.2 s"""
    parts = [str(call.status)]
    if call.duration_ms is not None:
        parts.append(f"{call.duration_ms} ms" if call.duration_ms < 1000 else f"{call.duration_ms / 1000:.1f} s")
    return " · ".join(parts)
