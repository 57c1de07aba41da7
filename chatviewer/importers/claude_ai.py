"""Claude.ai's data export: a zip, a file of the unpacked one, or a single conversation as the web interface gives it.

Only `conversations.json` holds chats. A project's instructions and documents are put to the conversations that name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chatviewer.domain.identity import session_uid
from chatviewer.domain.record import pattern
from chatviewer.domain.session import UPDATED_AT, ContextItem, Session, moment
from chatviewer.importers.base import Importer, Reading
from chatviewer.importers.building import TITLE_LIMIT, first_prompt_title, mapping, parse_time, text, word

if TYPE_CHECKING:
    from pathlib import Path

    from chatviewer.importers.conversations import Conversation, Export

MAX_DOCUMENTS = 2 << 20  # characters of a project's documents that each of its conversations carries

_MARK = pattern(rb'"chat_messages"\s*:')
_KEPT = ("settings", "is_temporary", "platform")


class ClaudeAiImporter(Importer):
    source = "claude-ai"
    label = "Claude.ai"
    order = 40
    extensions = (".zip", ".json", ".jsonl")
    beside = ("projects.json",)

    def places(self) -> list[Path]:
        return []

    def files(self, place: Path) -> Iterator[Path]:
        return iter(())

    def recognises(self, path: Path, head: bytes) -> bool:
        from chatviewer.importers.conversations import head_of

        beginning = head_of(path, head)
        return beginning is not None and _MARK.search(beginning) is not None

    def read(self, reading: Reading) -> Iterator[Session]:
        from chatviewer.importers.conversations import opened  # with all that zips need

        for export in opened(reading):
            projects = _Projects(export, reading)
            for conversation in export.conversations():
                session = _session(conversation, export, projects, reading)
                if session is not None:
                    yield session
            projects.finish()


def _session(conversation: Conversation, export: Export, projects: _Projects, reading: Reading) -> Session | None:
    from chatviewer.importers.claude_ai_messages import SOURCE, Thread

    value = conversation.value
    if "chat_messages" not in value:
        value = next((inner for inner in value.values() if type(inner) is dict and "chat_messages" in inner), value)
    if type(value.get("chat_messages")) is not list:
        export.lost(conversation, "it holds no messages (`chat_messages`)")
        return None
    source_id = word(value.get("uuid")) or f"{conversation.member}-{conversation.number}"
    reasons: list[str] = []
    thread = Thread(source_id, value["chat_messages"], reasons.append, reading.skip)
    messages = thread.build()
    if not messages:
        export.left_out(conversation, reasons)
        return None
    for reason in reasons:
        export.damaged(conversation, reason)
    project = mapping(value.get("project"))
    project_id = word(value.get("project_uuid")) or word(project.get("uuid"))
    name, prompt, context = projects.of(project_id)
    times = [message.created_at for message in messages if message.created_at]
    metadata = {key: value[key] for key in _KEPT if value.get(key)}
    updated_at = parse_time(value.get("updated_at"))
    if updated_at is not None:
        metadata[UPDATED_AT] = moment(updated_at)
    return Session(
        uid=session_uid(SOURCE, source_id),
        source=SOURCE,
        source_id=source_id,
        project=name or text(project.get("name")) or project_id or "",
        title=_title(value) or first_prompt_title(messages),
        summary=text(value.get("summary")) if type(value.get("summary")) is str else "",
        model=word(value.get("model")),
        system_prompt=prompt,
        current_uid=thread.last_uids.get(text(value.get("current_leaf_message_uuid"))),
        started_at=parse_time(value.get("created_at")),
        last_message_at=max(times, default=None) or updated_at,
        is_starred=value.get("is_starred") is True,
        metadata=metadata,
        messages=tuple(messages),
        context_items=context,
    )


def _title(value: Mapping[str, Any]) -> str:
    name = value.get("name")
    return name[: TITLE_LIMIT * 10] if type(name) is str and name.strip() else ""


class _Projects:
    """What `projects.json`, or the newer folder of one file for each project, says about projects."""

    def __init__(self, export: Export, reading: Reading) -> None:
        from chatviewer.importers.conversations import objects

        self._reading = reading
        self._used: set[str] = set()
        documents = [export.document("projects.json")]
        if export.archive.is_zip:
            documents += [[export.document(name)] for name in export.archive.names(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json")]
        found = [project for document in documents for project in objects(document)]
        self._projects = {text(project.get("uuid")): project for project in found if "messages" not in project}
        reading.skip("conversation of another kind", sum("messages" in each for each in found))  # design_chats/<uuid>.json
        if export.document("memories.json"):
            reading.skip("memory of the account")

    def of(self, identity: str | None) -> tuple[str, str, tuple[ContextItem, ...]]:
        """Name, instructions and documents of a project; empty for an unknown one."""
        project = self._projects.get(identity or "")
        if project is None or identity is None:
            return "", "", ()
        from chatviewer.importers.conversations import objects

        self._used.add(identity)
        items = {("project", key): text(project.get(key)) for key in ("name", "description") if project.get(key)}
        room = MAX_DOCUMENTS
        for number, document in enumerate(objects(project.get("docs")), 1):
            content, name = text(document.get("content")), text(document.get("filename")) or f"document {number}"
            if len(content) > room:
                self._reading.skip("large document of a project")
                continue
            room -= len(content)
            items[("document", name if ("document", name) not in items else f"{name} ({number})")] = content
        context = tuple(ContextItem(type=kind, key=key, value=value) for (kind, key), value in items.items())
        return text(project.get("name")), text(project.get("prompt_template")), context

    def finish(self) -> None:
        """Count the projects that no conversation of the export names."""
        if left := len(self._projects) - len(self._used):
            self._reading.skip("project without a conversation", left)
