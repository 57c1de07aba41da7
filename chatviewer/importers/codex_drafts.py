"""Messages and calls of a Codex rollout while they may still grow, and the order in which they follow each other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Union

from chatviewer.domain.identity import message_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.importers.building import word

SOURCE = "codex"
MAX_TURNS = 200  # kept between two readings of a growing file


class DraftCall:
    """A call that may still get its result. Its id is the provider's and not unique."""

    def __init__(self, name: str, call_id: str | None, arguments: Any, at: datetime | None) -> None:
        self.name, self.call_id, self.arguments = name, call_id, arguments
        self.started_at = at
        self.completed_at: datetime | None = None
        self.results: list[str] = []
        self.status = ToolCallStatus.PENDING
        self.error: str | None = None
        self.duration_ms: int | None = None
        self.child: str | None = None  # uid of the session of the sub-agent that it started
        self.is_answered = False

    def finished(self) -> ToolCall:
        result = "\n".join(self.results) if self.results else None
        # by position, as messages: naming their fields costs more than all else about them
        return ToolCall(
            self.name,
            "",
            self.call_id,
            self.arguments,
            result,
            self.status,
            self.error,
            self.started_at,
            self.completed_at,
            self.duration_ms,
            self.child,
        )


class Draft:
    """A message that may still grow. `key` is its number in the file; `parent` a draft, or the uid of an earlier reading's message."""

    def __init__(self, key: str, role: Role, at: datetime | None, line: int, offset: int, parent: Union["Draft", str, None]) -> None:
        self.key, self.role, self.at = key, role, at
        self.line, self.offset = line, offset
        self.parent = parent
        # each piece with the kind of event it was taken from; "" for a response item
        self.content: list[tuple[str, str]] = []
        self.thinking: list[tuple[str, str]] = []
        self.calls: list[DraftCall] = []
        self.attachments: list[Attachment] = []
        self.metadata: dict[str, Any] = {}
        self.tool_name: str | None = None
        self.tool_call_id: str | None = None
        self.model: str | None = None
        self.is_open = role is Role.ASSISTANT
        self._uid: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing is left to show. An answer without a call is one even if it says nothing."""
        return not (self.content or self.thinking or self.calls or self.attachments or self.role is Role.TOOL)

    @property
    def is_repetition(self) -> bool:
        """All that it says was taken from events."""
        return not self.calls and not self.attachments and all(event for _, event in self.content + self.thinking)

    def uid(self, session_id: str) -> str:
        """Asked for once all is read, by the message itself and by what follows it."""
        if self._uid is None:
            self._uid = message_uid(SOURCE, session_id, self.key)
        return self._uid

    def finished(self, session_id: str) -> Message:
        parent = self.parent
        return Message(
            self.uid(session_id),
            self.role,
            "\n\n".join([piece for piece, _ in self.content]),
            "\n\n".join([piece for piece, _ in self.thinking]) if self.thinking else "",
            parent.uid(session_id) if isinstance(parent, Draft) else parent,
            self.model,
            self.tool_name,
            self.tool_call_id,
            None,
            None,
            self.at,
            None,
            self.metadata,
            tuple([call.finished() for call in self.calls]) if self.calls else (),
            tuple(self.attachments) if self.attachments else (),
        )


def filled(draft: Draft | str | None) -> Draft | str | None:
    """The draft itself, or what stands before it if nothing is left of it."""
    while isinstance(draft, Draft) and draft.is_empty:
        draft = draft.parent
    return draft


class Drafts:
    """The messages of one file so far. `state` is what the last reading of the same file left."""

    def __init__(self, session_id: str, state: Mapping[str, Any]) -> None:
        self.id = session_id
        self.model: str | None = word(state.get("model"))
        self.drafts: list[Draft] = []
        self._last: Draft | str | None = word(state.get("last"))
        self._turns: list[Draft | str | None] = list(state.get("turns") or ())  # what each of the user's turns follows

    def _say(
        self, line: int, offset: int, role: Role, content: str, at: datetime | None, *, kind: str = "", number: int = 0, event: str = ""
    ) -> Draft:
        """A message that is complete at once."""
        draft = Draft(f"{line}.{number}" if number else str(line), role, at, line, offset, self._last)
        if content:
            draft.content.append((content, event))
        if kind:
            draft.metadata["kind"] = kind
        if role is Role.USER:
            self._turns = [*self._turns[-MAX_TURNS:], self._last]
        self._append(draft)
        return draft

    def _append(self, draft: Draft) -> None:
        self.drafts.append(draft)
        self._last = draft

    def _reply(self, line: int, offset: int, at: datetime | None, *, begins_text: bool = False, begins_thought: bool = False) -> Draft:
        """The open reply, or a new one if the open one is already past this place in the normal form."""
        last = self.drafts[-1] if self.drafts else None
        if last is not None and last.is_open and not ((begins_text or begins_thought) and (last.calls or last.content)):
            return last
        draft = Draft(str(line), Role.ASSISTANT, at, line, offset, self._last)
        draft.model = self.model
        self._append(draft)
        return draft

    def _think(self, line: int, offset: int, thinking: str, at: datetime | None, event: str = "") -> None:
        self._reply(line, offset, at, begins_thought=True).thinking.append((thinking, event))

    def _drop_events(self, speaker: str) -> None:
        kept: list[Draft] = []
        for draft in self.drafts:
            draft.content = [piece for piece in draft.content if piece[1] != speaker]
            draft.thinking = [piece for piece in draft.thinking if piece[1] != speaker]
            draft.parent = filled(draft.parent)  # those before are done, so no chain of empty ones grows
            if not draft.is_empty:
                kept.append(draft)
        self._last = filled(self._last)
        self._turns = [filled(turn) for turn in self._turns]
        if speaker == "user":
            self._turns.clear()  # they were repetitions too
        self.drafts = kept

    def _roll_back(self, count: int) -> None:
        """The last turns of the user are abandoned: what follows is another branch beside them."""
        if not count or not self._turns:
            return
        count = min(count, len(self._turns))
        self._last = self._turns[-count]
        del self._turns[-count:]
        if self.drafts:
            self.drafts[-1].is_open = False

    def open_draft(self) -> Draft | None:
        """The last reply while it may still grow: the next reading begins with it again."""
        last = self.drafts[-1] if self.drafts else None
        return last if last is not None and last.is_open else None

    def uid(self, draft: Draft | str | None) -> str | None:
        return draft.uid(self.id) if isinstance(draft, Draft) else draft
