"""Made-up chats for tests. Every function has working defaults; pass what the test is about."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chatviewer.domain import FileImport, Message, Problem, Role, Session, SourceFile, ToolCall, ToolCallStatus, UndoneStep
from chatviewer.domain.identity import message_uid, session_uid, tool_call_uid
from chatviewer.domain.wording import step_line
from chatviewer.storage.library import Library

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SOURCE = "claude-code"


def at(minutes: float) -> datetime:
    """So many minutes after noon of 1 March 2026, UTC."""
    return NOON + timedelta(minutes=minutes)


def told(step: UndoneStep | None) -> str | None:
    """What was undone, as people read it."""
    return None if step is None else step_line(step.words, step.title)


def make_call(message: str = "", position: int = 0, **fields: Any) -> ToolCall:
    """A completed `Bash` call. `message` is the uid of its message."""
    fields.setdefault("uid", tool_call_uid(message, position))
    fields.setdefault("tool_name", "Bash")
    fields.setdefault("tool_call_id", f"call-{message[:8]}-{position}")
    fields.setdefault("arguments", {"command": "pytest -q"})
    fields.setdefault("result", "3 passed")
    fields.setdefault("status", ToolCallStatus.COMPLETED)
    return ToolCall(**fields)


def make_message(key: str = "m0", content: str = "", *, role: Role | str = Role.USER, source: str = SOURCE, **fields: Any) -> Message:
    """A message whose uid is made of `key`; its parent is given as `parent="m0"` (a key) or `parent_uid`."""
    parent = fields.pop("parent", None)
    if parent is not None:
        fields["parent_uid"] = message_uid(source, "", parent)
    fields.setdefault("uid", message_uid(source, "", key))
    return Message(role=Role(role), content=content or f"text of {key}", **fields)


def make_thread(texts: Sequence[str], prefix: str = "m", *, source: str = SOURCE, start: float = 0) -> tuple[Message, ...]:
    """A chain of prompts and replies, a minute apart, keys `m0`, `m1`, ..."""
    return tuple(
        make_message(
            f"{prefix}{number}",
            text,
            role=Role.USER if number % 2 == 0 else Role.ASSISTANT,
            source=source,
            parent=f"{prefix}{number - 1}" if number else None,
            created_at=at(start + number),
            model="claude-opus-4" if number % 2 else None,
        )
        for number, text in enumerate(texts)
    )


def make_session(
    source_id: str = "s1", messages: Iterable[Message] | Sequence[str] = ("Why is the sky blue?", "It scatters."), **fields: Any
) -> Session:
    """A session of messages, or of texts that become a thread of prompts and replies with keys `<source_id>-0`, ..."""
    source = fields.setdefault("source", SOURCE)
    given = tuple(messages)
    if given and isinstance(given[0], str):
        given = make_thread([str(text) for text in given], f"{source_id}-", source=source)
    fields.setdefault("uid", session_uid(source, source_id))
    fields.setdefault("project", "/home/dev/api")
    fields.setdefault("title", f"Title of {source_id}")
    times = [message.created_at for message in given if isinstance(message, Message) and message.created_at]
    fields.setdefault("started_at", min(times, default=None))
    fields.setdefault("last_message_at", max(times, default=None))
    return Session(source_id=source_id, messages=given, **fields)


def make_file(path: str = "/home/dev/.claude/projects/api/s1.jsonl", **fields: Any) -> SourceFile:
    """A file as the import saw it."""
    fields.setdefault("source", SOURCE)
    fields.setdefault("size", 100)
    fields.setdefault("mtime_ns", 1)
    fields.setdefault("ctime_ns", 1)
    return SourceFile(path=path, **fields)


def make_import(*sessions: Session, path: str = "", problems: Sequence[Problem] = (), **fields: Any) -> FileImport:
    """What one file gave; its path follows from the first session unless given."""
    name = path or f"/home/dev/.claude/projects/api/{sessions[0].source_id if sessions else 'empty'}.jsonl"
    return FileImport(make_file(name, **fields), tuple(sessions), tuple(problems))


def fill(library: Library, *sessions: Session) -> None:
    """Store sessions, each as a file of its own, and link them."""
    library.save([make_import(session) for session in sessions])
    library.finish_import()
