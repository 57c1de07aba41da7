"""What a Claude Code transcript is made of while it is read: pieces of messages, replies, calls, threads.

A piece becomes a `Message`. A reply is what the provider sent under one message id: written as several lines, it is one piece, or
several where text follows a tool call. A thread becomes a `Session`: the main line of a file, or the side chain of a sub-agent.
"""

from datetime import datetime
from typing import Any

from chatviewer.domain.attachment import Attachment
from chatviewer.domain.identity import message_uid, session_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Message
from chatviewer.domain.tool_call import ToolCall, ToolResult

SOURCE = "claude-code"
CACHE_KEYS = (("cache_read_input_tokens", "cache_read_tokens"), ("cache_creation_input_tokens", "cache_creation_tokens"))
USAGE = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def session_key(session_id: str, agent_id: str | None = None) -> str:
    """The source's own id of a session: a sub-agent's is unique only within the session that started it."""
    return f"{session_id}/agent-{agent_id}" if agent_id else session_id


class Call:
    """A tool call, and what came back when it is known."""

    __slots__ = (
        *("answer_line", "arguments", "child_uid", "completed_at", "duration_ms", "error", "id", "is_stored", "name", "owner", "piece"),
        *("result", "started_at", "status"),
    )

    def __init__(self, owner: "Reply | Piece", piece: "Piece", id: str | None, name: str, arguments: Any) -> None:  # noqa: A002
        self.owner = owner  # what goes on after the result goes on from the last piece of the whole reply
        self.piece = piece
        self.id = id
        self.name = name
        self.arguments = arguments
        self.started_at = piece.created_at
        self.answer_line = 0
        self.result: str | None = None
        self.status = ToolCallStatus.PENDING
        self.error: str | None = None
        self.completed_at: datetime | None = None
        self.duration_ms: int | None = None
        self.child_uid: str | None = None
        self.is_stored = False  # read by an earlier import: only its result is new

    def answer(self, result: str, is_error: bool, at: datetime | None, duration_ms: int | None) -> None:
        """The result. Without a duration in the source it is the time between the call's line and the result's."""
        self.result = result
        self.status = ToolCallStatus.FAILED if is_error else ToolCallStatus.COMPLETED
        if is_error:
            line = result.replace("<tool_use_error>", "").replace("</tool_use_error>", "").strip()[:2_000].partition("\n")[0]
            self.error = line[:500] or None
        self.completed_at = at
        started = self.started_at
        if duration_ms is None and at is not None and started is not None and at >= started:
            duration_ms = int((at - started).total_seconds() * 1000)
        self.duration_ms = duration_ms

    def tool_call(self) -> ToolCall:
        return ToolCall(
            tool_name=self.name,
            tool_call_id=self.id,
            arguments=self.arguments,
            result=self.result,
            status=self.status,
            error_message=self.error,
            started_at=self.started_at,
            completed_at=self.completed_at,
            duration_ms=self.duration_ms,
            child_uid=self.child_uid,
        )

    def tool_result(self) -> ToolResult:
        return ToolResult(
            tool_call_id=self.id or "",
            result=self.result,
            status=self.status,
            error_message=self.error,
            completed_at=self.completed_at,
            duration_ms=self.duration_ms,
            child_uid=self.child_uid,
        )


class Piece:
    """A message while it is put together. `parent` is set when the parent is known for sure, else `parent_uuid` names a record."""

    __slots__ = (
        *(
            "attachments",
            "calls",
            "content",
            "created_at",
            "has_parent_field",
            "input_tokens",
            "is_dropped",
            "is_note",
            "is_stored",
            "line",
        ),
        *(
            "logical_uuid",
            "metadata",
            "model",
            "output_tokens",
            "parent",
            "parent_uuid",
            "role",
            "thinking",
            "thread",
            "tool_call_id",
            "uid",
        ),
    )

    def __init__(self, thread: "Thread", uid: str, role: Role, line: int) -> None:
        self.thread = thread
        self.uid = uid
        self.role = role
        self.line = line
        self.content = ""
        self.thinking = ""
        self.calls: list[Call] = []
        self.attachments: list[Attachment] = []
        self.parent: Piece | None = None
        self.parent_uuid: str | None = None
        self.logical_uuid: str | None = None
        self.has_parent_field = True
        self.is_note = False  # put there by a program: never a branch of its own
        self.is_dropped = False  # a result that found its call later
        self.is_stored = False  # read by an earlier import
        self.model: str | None = None
        self.created_at: datetime | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.tool_call_id: str | None = None
        self.metadata: dict[str, Any] = {}

    def message(self, parent_uid: str | None) -> Message:
        return Message(
            uid=self.uid,
            role=self.role,
            content=self.content,
            thinking=self.thinking,
            parent_uid=parent_uid,
            model=self.model,
            tool_call_id=self.tool_call_id,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            created_at=self.created_at,
            metadata=self.metadata,
            tool_calls=tuple([call.tool_call() for call in self.calls]) if self.calls else (),
            attachments=tuple(self.attachments) if self.attachments else (),
        )


class Reply:
    """The lines of one provider message id so far."""

    __slots__ = ("has_parent_field", "id", "is_settled", "last_usage", "line", "offset", "parent_uuid", "pieces", "usage")

    def __init__(self, id: str | None, parent_uuid: str | None, has_parent_field: bool, line: int, offset: int) -> None:  # noqa: A002
        self.id = id
        self.parent_uuid = parent_uuid
        self.has_parent_field = has_parent_field
        self.line = line
        self.offset = offset
        self.pieces: list[Piece] = []
        self.usage: dict[str, int] = {}
        self.last_usage: dict[str, Any] | None = None
        self.is_settled = True

    def count(self, usage: dict[str, Any]) -> None:
        """Every line of a reply repeats its usage, the last ones more fully."""
        self.last_usage, self.is_settled = usage, False
        for key in USAGE:
            value = usage.get(key)
            if type(value) is int and 0 <= value < 1 << 63 and value >= self.usage.get(key, 0):
                self.usage[key] = value

    def settle(self) -> None:
        """Put the usage on the first piece: once for the whole reply."""
        self.is_settled = True
        first, usage = self.pieces[0], self.usage
        first.input_tokens, first.output_tokens = usage.get("input_tokens"), usage.get("output_tokens")
        for key, name in CACHE_KEYS:
            if usage.get(key):
                first.metadata[name] = usage[key]


class Thread:
    """One session while it is read. `last` is the newest piece: what a message without a usable parent goes on from."""

    __slots__ = (
        *(
            "agent_id",
            "before",
            "branch",
            "continues",
            "current",
            "is_new",
            "is_touched",
            "key",
            "last",
            "last_at",
            "late",
            "metadata",
            "model",
            "parent_key",
        ),
        *("pieces", "project", "replies", "root", "session_id", "spawned_by", "started_at", "title", "title_rank"),
    )

    def __init__(self, session_id: str, key: str, agent_id: str | None = None, parent_key: str | None = None) -> None:
        self.session_id = session_id
        self.key = key
        self.agent_id = agent_id
        self.parent_key = parent_key  # set: a sub-agent's
        self.pieces: list[Piece] = []
        self.replies: dict[str, Reply] = {}
        self.late: list[Call] = []  # calls of an earlier import whose results stand in this tail
        self.before: Piece | None = None  # the last piece that an earlier import stored
        self.root: Piece | None = None  # a note at the beginning, stored as well: every beginning hangs on it
        self.last: Piece | None = None
        self.current: Piece | None = None  # the newest that is no note
        self.is_touched = False  # a record was read for it
        self.is_new = True  # False: an earlier import stored a part of it
        self.project = ""
        self.branch = ""
        self.model: str | None = None
        self.title = ""
        self.title_rank = 0
        self.started_at: datetime | None = None
        self.last_at: datetime | None = None
        self.continues: Piece | None = None  # of another thread of this file
        self.spawned_by: str | None = None
        self.metadata: dict[str, Any] = {}

    @property
    def uid(self) -> str:
        return session_uid(SOURCE, self.key)

    @property
    def parent_uid(self) -> str | None:
        return session_uid(SOURCE, self.parent_key) if self.parent_key else None

    def dissolve(self) -> None:
        """Let go of all pieces: threads, pieces and calls know each other, and whoever imports switches the search for cycles off."""
        for piece in self.pieces:
            piece.calls.clear()
            piece.parent = None
        for pieces in (self.pieces, self.replies, self.late):
            pieces.clear()
        self.before = self.root = self.last = self.current = self.continues = None

    def piece(self, uuid: str, role: Role, line: int) -> Piece:
        """A new piece at the end of the thread, for the record `uuid`."""
        piece = Piece(self, message_uid(SOURCE, "", uuid), role, line)
        self.pieces.append(piece)
        self.last = piece
        return piece
