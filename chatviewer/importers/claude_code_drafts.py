"""What a Claude Code transcript is made of while it is read: pieces of messages, replies, calls, threads.

A piece becomes a `Message`. A reply is what the provider sent under one message id: written as several lines, it is one piece, or
several where text follows a tool call. A thread becomes a `Session`: the main line of a file, or the side chain of a sub-agent.
Whatever is made for every record is made by position: naming the fields of a named tuple costs more than all else about it.
"""

from datetime import datetime
from typing import Any

from chatviewer.domain.identity import message_uid, session_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.importers.building import whole_number

SOURCE = "claude-code"
CACHE_KEYS = (("cache_read_input_tokens", "cache_read_tokens"), ("cache_creation_input_tokens", "cache_creation_tokens"))
USAGE = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def session_key(session_id: str, agent_id: str | None = None) -> str:
    """The source's own id of a session: a sub-agent's is unique only within the session that started it."""
    return f"{session_id}/agent-{agent_id}" if agent_id else session_id


class Call:
    """A tool call of a piece. `made` is what it becomes, as soon as its result is known."""

    __slots__ = ("answer_line", "arguments", "child_uid", "id", "is_stored", "made", "name", "piece", "started_at")

    def __init__(self, piece: "Piece", id: str | None, name: str, arguments: Any, started_at: datetime | None) -> None:  # noqa: A002
        self.piece = piece
        self.id = id
        self.name = name
        self.arguments = arguments
        self.started_at = started_at
        self.made: ToolCall | None = None
        self.answer_line = 0
        self.child_uid: str | None = None
        self.is_stored = False  # read by an earlier import: only its result is new

    def answer(self, line: int, result: str, is_error: bool, at: datetime | None, duration_ms: int | None) -> None:
        """The result. Without a duration in the source it is the time between the call's line and the result's."""
        status, error, started = ToolCallStatus.COMPLETED, None, self.started_at
        if is_error:
            status = ToolCallStatus.FAILED
            said = result.replace("<tool_use_error>", "").replace("</tool_use_error>", "").strip()[:2_000].partition("\n")[0]
            error = said[:500] or None
        if duration_ms is None and at is not None and started is not None and at >= started:
            passed = at - started
            duration_ms = passed.days * 86_400_000 + passed.seconds * 1000 + passed.microseconds // 1000
        self.answer_line = line
        self.made = ToolCall(self.name, "", self.id, self.arguments, result, status, error, started, at, duration_ms, self.child_uid)

    @property
    def owner(self) -> "Reply | Piece":
        """What goes on after the result goes on from the last piece of the whole reply."""
        return self.piece.reply or self.piece

    def belongs_to(self, child_uid: str) -> None:
        """The session that the call started, found after all was read."""
        self.child_uid = child_uid
        if self.made is not None:
            self.made = self.made._replace(child_uid=child_uid)

    def tool_call(self) -> ToolCall:
        return self.made or ToolCall(
            self.name, tool_call_id=self.id, arguments=self.arguments, started_at=self.started_at, child_uid=self.child_uid
        )


class Piece:
    """A message while it is put together. `parent` is the piece before it in its reply; in the end, what it was placed on."""

    __slots__ = (
        *("attachments", "calls", "content", "created_at", "is_dropped", "is_note", "is_stored", "line"),
        *("logical_uuid", "metadata", "model", "more", "parent", "parent_uuid", "place", "reply", "role", "thinking", "thread"),
        *("tool_call_id", "uid"),
    )

    def __init__(self, thread: "Thread", uid: str, role: Role, line: int = 0, at: datetime | None = None) -> None:
        self.thread = thread
        self.uid = uid
        self.role = role
        self.line = line
        self.created_at = at
        self.content = self.thinking = ""
        self.more: tuple[list[str], list[str]] | None = None  # texts behind `content` and behind `thinking`, until `join`
        self.calls: list[Call] = []
        self.attachments: list[Attachment] = []
        self.reply: Reply | None = None  # that it is a part of
        self.parent: Piece | None = None
        self.parent_uuid: str | None = None
        self.logical_uuid: str | None = None
        self.place = 0  # among the pieces of its thread, from 1; 0 until it has a parent, and when it never gets one
        self.is_note = False  # put there by a program: never a branch of its own
        self.is_dropped = False  # a result that found its call later
        self.is_stored = False  # read by an earlier import
        self.model: str | None = None
        self.tool_call_id: str | None = None
        self.metadata: dict[str, Any] = {}

    def say(self, said: str) -> None:
        """Add a text to the content."""
        if not self.content:
            self.content = said
        else:
            self._more()[0].append(said)

    def think(self, thought: str) -> None:
        """Add a text to the thinking."""
        if not self.thinking:
            self.thinking = thought
        else:
            self._more()[1].append(thought)

    def _more(self) -> tuple[list[str], list[str]]:
        if self.more is None:
            self.more = [], []
        return self.more

    def join(self) -> None:
        """Make `content` and `thinking` whole: put together one by one, thousands of texts are copied thousands of times."""
        if self.more is not None:
            said, thought = self.more
            self.content, self.thinking = "\n\n".join([self.content, *said]), "\n\n".join([self.thinking, *thought])
            self.more = None

    def message(self) -> Message:
        if self.more is not None:
            self.join()
        reply, parent = self.reply, self.parent
        input_tokens = output_tokens = None
        if reply is not None and reply.pieces[0] is self and (usage := reply.usage) is not None:  # once for the whole reply
            input_tokens, output_tokens = whole_number(usage.get("input_tokens")), whole_number(usage.get("output_tokens"))
            for key, name in CACHE_KEYS:
                if count := whole_number(usage.get(key)):
                    self.metadata[name] = count
        return Message(
            self.uid,
            self.role,
            self.content,
            self.thinking,
            parent.uid if parent is not None else None,
            self.model,
            None,
            self.tool_call_id,
            input_tokens,
            output_tokens,
            self.created_at,
            None,
            self.metadata,
            tuple([call.made or call.tool_call() for call in self.calls]) if self.calls else (),
            tuple(self.attachments) if self.attachments else (),
        )


class Reply:
    """The lines of one provider message id so far."""

    __slots__ = ("id", "line", "offset", "parent_uuid", "pieces", "usage")

    def __init__(self, id: str | None, parent_uuid: str | None, line: int, offset: int) -> None:  # noqa: A002
        self.id = id
        self.parent_uuid = parent_uuid
        self.line = line
        self.offset = offset
        self.pieces: list[Piece] = []
        self.usage: dict[str, Any] | None = None

    def count(self, usage: dict[str, Any]) -> None:
        """Every line of a reply repeats its usage, the last ones more fully."""
        known = self.usage
        if known is None:
            self.usage = usage
        else:
            counts = {key: (whole_number(known.get(key)), whole_number(usage.get(key))) for key in USAGE}
            self.usage = {key: max(first or 0, second or 0) for key, (first, second) in counts.items() if (first, second) != (None, None)}


class Thread:
    """One session while it is read."""

    __slots__ = (
        *("agent_id", "before", "branch", "continues", "current", "is_described", "is_new", "is_touched", "key", "last_at", "late"),
        *("metadata", "model", "parent_key", "pieces", "project", "replies", "root", "session_id", "spawned_by", "started_at"),
        *("title", "title_rank"),
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
        self.current: Piece | None = None  # the newest that is no note
        self.is_touched = False  # a record was read for it
        self.is_new = True  # False: an earlier import stored a part of it
        self.is_described = False  # project and version are known
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
            piece.parent = piece.reply = None
        self.pieces.clear()
        self.replies.clear()
        self.late.clear()
        self.before = self.root = self.current = self.continues = None

    def piece(self, uuid: str, role: Role, line: int, at: datetime | None) -> Piece:
        """A new piece at the end of the thread, for the record `uuid`."""
        piece = Piece(self, message_uid(SOURCE, "", uuid), role, line, at)
        self.pieces.append(piece)
        return piece
