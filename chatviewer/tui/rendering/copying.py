"""What copying takes: the source as it was stored, never the wrapped screen."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from chatviewer.domain import Message, Role, SessionSummary, ToolCall, safe_line
from chatviewer.tui.continuing import resume_command
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.links import addresses
from chatviewer.tui.rendering.part import Code, Diff
from chatviewer.tui.rendering.patch import unified
from chatviewer.tui.rendering.tool_call import edit, shell
from chatviewer.tui.rendering.tool_call.base import fields, first_line
from chatviewer.tui.rendering.tool_call.registry import describe, normal_name

MAX_CALLS, MAX_BLOCKS, MAX_LINKS = 40, 40, 40
_FENCE = re.compile(r"^(\s*(?:>\s*)*)(`{3,}|~{3,})\s*([\w+#.-]*)")


class Copyable(NamedTuple):
    """Something to copy. `label` says in words what it is ("code block 2"), `about` helps to tell it from others."""

    label: str
    about: str
    text: str


def copy_source(message: Message, key: str) -> tuple[str, str] | None:
    """The text behind a block and what it is in words; None if there is none."""
    if key == "thinking":
        return message.thinking, "thinking"
    if key == "note" and message.note:
        return message.note, "note"
    if key == "rating" and message.rating is not None:
        return message.rating.text, "words of the rating"
    if key.startswith("call:") and (number := int(key[5:])) < len(message.tool_calls):
        return _call_source(message.tool_calls[number])
    if key.startswith("attachment:") and (number := int(key[11:])) < len(message.attachments):
        attachment = message.attachments[number]
        return (attachment.text or attachment.name), "attachment"
    if message.content:
        return message.content, _message_word(message)
    if message.tool_calls:
        return _call_source(message.tool_calls[0])
    return None


def _message_word(message: Message) -> str:
    return {Role.USER: "prompt", Role.ASSISTANT: "reply"}.get(message.role, "message")


def _call_source(call: ToolCall) -> tuple[str, str]:
    """A command, or the arguments, and below them what came back."""
    command = fields(call).get("command")
    text = command if isinstance(command, str) else _arguments(call)
    return (f"{text}\n\n{call.result}" if call.result else text), f"{call.tool_name} call"


def _arguments(call: ToolCall) -> str:
    if isinstance(call.arguments, str):
        return call.arguments
    return json.dumps(call.arguments, ensure_ascii=False, indent=2, default=str)


def copyables(message: Message, key: str, project: str = "") -> list[Copyable]:
    """All that can be copied of a message, what the block under the cursor holds first. Diffs are patches of files below `project`."""
    found: list[Copyable] = []
    calls = list(enumerate(message.tool_calls))[:MAX_CALLS]
    here = int(key[5:]) if key.startswith("call:") else -1
    for number, call in sorted(calls, key=lambda pair: pair[0] != here):
        if number == here:
            found += _of_call(call, project)
    if message.content:
        found.append(Copyable(_message_word(message), _size(message.content), message.content))
    blocks = [*code_blocks(message.content)][:MAX_BLOCKS]
    found += [
        Copyable(f"code block {number}", f"{language} {_size(code)}".strip(), code) for number, (language, code) in enumerate(blocks, 1)
    ]
    if message.thinking:
        found.append(Copyable("thinking", _size(message.thinking), message.thinking))
    for number, call in calls:
        if number != here:
            found += _of_call(call, project)
    found += [Copyable("attachment", one.name, one.text) for one in message.attachments if one.text]
    if message.rating is not None and message.rating.text:
        found.append(Copyable("rating", _size(message.rating.text), message.rating.text))
    if message.note:
        found.append(Copyable("note", _size(message.note), message.note))
    found += [Copyable("link", address, address) for address in addresses("\n".join(_texts(message)))[:MAX_LINKS]]
    return found


def block_text(message: Message, key: str) -> str:
    """The source of a block with everything in it that could hold an address."""
    if key.startswith("call:") and (number := int(key[5:])) < len(message.tool_calls):
        call = message.tool_calls[number]
        return f"{_arguments(call)}\n{call.result or ''}"
    if key.startswith("attachment:") and (number := int(key[11:])) < len(message.attachments):
        return message.attachments[number].text or ""
    return {"text": message.content, "thinking": message.thinking, "note": message.note or ""}.get(key, "")


def _texts(message: Message) -> Iterator[str]:
    yield message.content
    for call in message.tool_calls:
        yield _arguments(call)
        yield (call.result or "")[:200_000]


def _of_call(call: ToolCall, project: str) -> Iterator[Copyable]:
    """A command, a diff, a file or the arguments; then what came back."""
    view = describe(call)
    name = safe_line(call.tool_name, 30)
    diffs = [part for part in view.parts if isinstance(part, Diff)]
    if normal_name(call.tool_name) in shell.NAMES.split() and not diffs and (command := shell.command_of(call)):
        yield Copyable("command", first_line(command), command)
    elif diffs:
        yield Copyable("diff", view.detail, unified([part.change for part in diffs], project))
    elif normal_name(call.tool_name) in edit.NAMES.split() and (code := [part for part in view.parts if isinstance(part, Code)]):
        yield Copyable("file", view.detail, code[0].text)
    elif call.arguments:
        yield Copyable(f"{name} arguments", view.detail, _arguments(call))
    if call.result:
        yield Copyable(f"{name} result", _size(call.result), call.result)


def code_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and code of the fenced blocks in Markdown. One that is never closed goes on to the end."""
    margin = fence = language = ""
    code: list[str] = []
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            if match and match[2].startswith(fence) and not line[match.end(2) :].strip():
                yield language, "\n".join(code)
                fence = ""
            else:
                code.append(line.removeprefix(margin) if line.startswith(margin) else line.lstrip())
        elif match and not (match[2][0] == "`" and "`" in line[match.end(2) :]):
            margin, fence, language = match[1], match[2], match[3]
            code = []
    if fence and code:
        yield language, "\n".join(code)


def _size(text: str) -> str:
    return counted(text.rstrip("\n").count("\n") + 1, "line")


def ids_of(summary: SessionSummary, message_uid: str | None) -> list[Copyable]:
    """The command that goes on with a session, and what names it and its message elsewhere."""
    command = resume_command(summary)
    named = [
        ("resume command", command),
        ("session id", summary.uid),
        ("message id", message_uid or ""),
        ("source's id", summary.source_id),
        ("project", summary.project),
    ]
    return [Copyable(label, text, text) for label, text in named if text]
