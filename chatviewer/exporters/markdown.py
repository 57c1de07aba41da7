"""Markdown for people: a heading a session, a heading a message, tool calls and thinking folded away. Content is verbatim."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.summary import SessionSummary
from chatviewer.exporters.base import Exporter, ExportReader, paged, title_or_opening
from chatviewer.exporters.branching import Place, forks, tree_of
from chatviewer.exporters.encoding import dumps
from chatviewer.exporters.text import call_line, call_state, clock, speaker

if TYPE_CHECKING:
    from chatviewer.domain.message import Message, ToolCall
    from chatviewer.domain.session import Session

_FENCE = re.compile(r"^[ \t>]*(`{3,})", re.MULTILINE)
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#|~!])")


class MarkdownExporter(Exporter):
    format = "md"
    label = "Markdown, for reading and for notes; all branches"
    extension = ".md"

    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        for index, summary in enumerate(summaries):
            if index:
                out.write("\n---\n\n")
            out.writelines(_session_lines(library, summary))


def _session_lines(library: ExportReader, summary: SessionSummary) -> Iterator[str]:
    session, stubs = library.session(summary.uid), library.stubs(summary.id)
    places = forks(tree_of(stubs))
    yield f"# {plain(title_or_opening(library, summary)) or 'Untitled session'}\n\n"
    yield from (f"- {name}: {plain(value)}\n" for name, value in facts(summary, session))
    if session.summary:
        yield f"\n{quoted(session.summary)}\n"
    if session.note:
        yield f"\n**Note:** {session.note}\n"
    if session.system_prompt:
        yield f"\n## System prompt\n\n{fenced(session.system_prompt)}\n"
    for message in paged(library, summary.id, [stub.seq for stub in stubs]):
        yield from _message_lines(message, places.get(message.seq))


def facts(summary: SessionSummary, session: "Session") -> Iterator[tuple[str, str]]:
    """What stands at the head of a session, by name; what is unknown is left out."""
    yield "source", summary.source
    if summary.project:
        yield "project", summary.project
    if session.branch:
        yield "branch", session.branch
    if summary.model:
        yield "model", summary.model
    if summary.started_at:
        yield "started", clock(summary.started_at)
    if summary.last_message_at:
        yield "last message", clock(summary.last_message_at)
    yield "messages", f"{summary.message_count}"
    if summary.tool_call_count:
        yield "tool calls", f"{summary.tool_call_count}"
    if summary.tags:
        yield "tags", ", ".join(summary.tags)
    if summary.rating:
        yield "rating", stars(summary.rating)
    if summary.status != "active":
        yield "status", str(summary.status)
    if summary.parent_uid:
        yield "sub-agent of", summary.parent_uid
    yield "id", summary.uid


def stars(value: int) -> str:
    """★★★★☆"""
    return "★" * value + "☆" * (5 - value)


def _message_lines(message: "Message", place: Place | None) -> Iterator[str]:
    head = [plain(speaker(message)), clock(message.created_at)]
    if place:
        head.append(f"branch {place.number} of {place.total}")
    if message.rating:
        head.append(stars(message.rating.value))
    yield f"\n## {' · '.join(part for part in head if part)}\n"
    if message.rating and message.rating.text:
        yield f"\n{quoted('Rated: ' + message.rating.text)}\n"
    if message.note:
        yield f"\n{quoted('Note: ' + message.note)}\n"
    if message.thinking:
        yield folded("Thinking", fenced(message.thinking))
    if message.content:
        yield f"\n{message.content if message.role in ('user', 'assistant') else fenced(message.content)}\n"
    for attachment in message.attachments:
        size = "" if attachment.byte_count is None else f", {attachment.byte_count:,} bytes"
        yield f"\n*Attachment: {plain(attachment.name or 'unnamed')} ({plain(attachment.media_type or 'unknown type')}{size})*\n"
        if attachment.text:
            yield folded("Text of the attachment", fenced(attachment.text))
    for call in message.tool_calls:
        yield from _call_lines(call)


def _call_lines(call: "ToolCall") -> Iterator[str]:
    arguments = call.arguments if isinstance(call.arguments, str) else dumps(call.arguments)
    body = "" if call.arguments is None else fenced(arguments, "" if isinstance(call.arguments, str) else "json")
    if call.result:
        body += f"\n\n{fenced(call.result)}"
    elif call.error_message:
        body += f"\n\n{fenced(call.error_message)}"
    if call.child_uid:
        body += f"\n\nSub-agent session: {call.child_uid}"
    yield folded(f"{call_line(call)} ({call_state(call)})", body)


def plain(text: str) -> str:
    """One line in which no character is Markdown."""
    return _ACTIVE.sub(r"\\\1", safe_line(text))


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any in the text."""
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(text))])
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def folded(title: str, body: str) -> str:
    """A block that renderers of Markdown show closed."""
    escaped = safe_line(title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"\n<details><summary>{escaped}</summary>\n\n{body}\n\n</details>\n"
