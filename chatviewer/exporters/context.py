"""The context pack: what a new chat needs to go on from a session. Markdown, to be pasted or piped into another agent.

System prompt, how replies should be, what the source remembered, and the last messages of the branch that is shown. The preferences of the
group Continue decide what of it is there.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from chatviewer.domain.kinds import Role
from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.session import ContextItem
from chatviewer.domain.summary import SessionSummary
from chatviewer.exporters.base import Exporter, ExportReader, paged, title_or_opening
from chatviewer.exporters.branching import current_branch, tree_of
from chatviewer.exporters.encoding import dumps
from chatviewer.exporters.markdown import fenced, plain
from chatviewer.exporters.text import call_line, speaker

_WISHES = (("response_tone", "Tone"), ("response_length", "Length"), ("response_format", "Format"))


class ContextExporter(Exporter):
    format = "context"
    label = "context pack for a new chat: prompt, last messages"
    extension = ".md"

    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        preferences = library.preferences()
        for index, summary in enumerate(summaries):
            if index:
                out.write("\n---\n\n")
            out.writelines(_pack(library, summary, preferences))


def _pack(library: ExportReader, summary: SessionSummary, preferences: Mapping[str, Any]) -> Iterator[str]:
    session = library.session(summary.uid)
    yield f"# Continue: {plain(title_or_opening(library, summary)) or 'untitled session'}\n\n"
    if preferences["preferred_model"]:
        yield f"Model: {plain(preferences['preferred_model'])}\n\n"
    if summary.project:
        yield f"Project: {plain(summary.project)}\n\n"
    if prompt := session.system_prompt or preferences["default_system_prompt"]:
        yield f"## System prompt\n\n{prompt}\n\n"
    wishes = [f"- {label}: {preferences[key]}\n" for key, label in _WISHES if preferences[key] != "any"]
    if wishes:
        yield "## Replies\n\n"
        yield from wishes
        yield "\n"
    items = remembered(library.context_items(summary.id), datetime.now(UTC)) if preferences["context_memory"] else []
    if items:
        yield "## Context\n\n"
        yield from (f"- {plain(item.type)} {plain(item.key)}: {_value(item.value)}\n" for item in items)
        yield "\n"
    if session.summary:
        yield f"## Summary so far\n\n{session.summary}\n\n"
    yield from _last_messages(library, summary, session.current_uid, preferences["max_context_messages"])


def remembered(items: Iterable[ContextItem], now: datetime) -> list[ContextItem]:
    """The items that have not expired, the highest priority first."""
    return sorted(
        (item for item in items if item.expires_at is None or item.expires_at > now), key=lambda item: (-item.priority, item.type, item.key)
    )


def _value(value: Any) -> str:
    return safe_line(value) if isinstance(value, str) else dumps(value)


def _last_messages(library: ExportReader, summary: SessionSummary, current_uid: str | None, limit: int) -> Iterator[str]:
    branch = current_branch(library, tree_of(library.stubs(summary.id)), current_uid)
    if not branch:
        return
    yield f"## Conversation (the last {min(limit, len(branch))} of {len(branch)} messages)\n"
    for message in paged(library, summary.id, branch[-limit:]):
        if message.role is Role.SYSTEM and not message.content:
            continue
        yield f"\n### {plain(speaker(message))}\n\n"
        if message.content:
            yield f"{message.content if message.role in (Role.USER, Role.ASSISTANT) else fenced(message.content)}\n"
        for attachment in message.attachments:
            yield f"\n(attached: {plain(attachment.name or attachment.media_type or 'a file')})\n"
        for call in message.tool_calls:
            yield f"\n- tool: {plain(call_line(call))}\n"
            if call.result:
                yield f"\n{fenced(_shortened(call.result))}\n"


def _shortened(text: str, limit: int = 4000) -> str:
    """Tool output as a new chat needs it: its head and its tail."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}\n[{len(text) - limit:,} characters left out]\n{text[-limit // 2 :]}"
