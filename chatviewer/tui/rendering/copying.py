"""What copying takes: the source as it was stored, never the wrapped screen."""

import json

from chatviewer.domain import Message, Role, ToolCall
from chatviewer.tui.rendering.tool_call.base import fields


def copy_source(message: Message, key: str) -> tuple[str, str] | None:
    """The text behind a block and what it is in words; None if there is none."""
    if key == "thinking":
        return message.thinking, "thinking"
    if key.startswith("call:") and (number := int(key[5:])) < len(message.tool_calls):
        return _call_source(message.tool_calls[number])
    if key.startswith("attachment:") and (number := int(key[11:])) < len(message.attachments):
        attachment = message.attachments[number]
        return (attachment.text or attachment.name), "attachment"
    if message.content:
        return message.content, {Role.USER: "prompt", Role.ASSISTANT: "reply"}.get(message.role, "message")
    if message.tool_calls:
        return _call_source(message.tool_calls[0])
    return None


def _call_source(call: ToolCall) -> tuple[str, str]:
    """A command, or the arguments, and below them what came back."""
    command = fields(call).get("command")
    if isinstance(command, str):
        text = command
    elif isinstance(call.arguments, str):
        text = call.arguments
    else:
        text = json.dumps(call.arguments, ensure_ascii=False, indent=2, default=str)
    return (f"{text}\n\n{call.result}" if call.result else text), f"{call.tool_name} call"
