"""A library in memory, for exporters: they only ask for an `ExportReader`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from chatviewer.domain import ContextItem, Message, MessageOpening, MessageStub, Session, SessionStatus, SessionSummary
from chatviewer.domain.preference import PREFERENCES
from chatviewer.errors import NotFoundError

NOON = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)


class Shelf:
    """Sessions as given; `pages` remembers how large each answer of `messages` was."""

    def __init__(self, *sessions: Session, preferences: dict[str, Any] | None = None, data: dict[str, bytes] | None = None) -> None:
        self._sessions = list(sessions)
        self._preferences = {each.key: each.default for each in PREFERENCES} | (preferences or {})
        self._data = data or {}
        self.pages: list[int] = []

    def summaries(self) -> list[SessionSummary]:
        return [summary_of(index, session) for index, session in enumerate(self._sessions)]

    def session(self, uid: str) -> Session:
        return next(each for each in self._sessions if each.uid == uid)

    def stubs(self, session_id: int) -> list[MessageStub]:
        messages = self._sessions[session_id].messages
        seqs = {message.uid: message.seq for message in messages}
        return [
            MessageStub(
                message.seq,
                seqs.get(message.parent_uid or "", -1),
                message.role,
                len(message.content),
                len(message.thinking),
                len(message.tool_calls),
                message.rating.value if message.rating else 0,
            )
            for message in messages
        ]

    def messages(self, session_id: int, seqs: Sequence[int] | None = None) -> list[Message]:
        held = {message.seq: message for message in self._sessions[session_id].messages}
        page = [held[seq] for seq in (held if seqs is None else seqs) if seq in held]
        self.pages.append(len(page))
        return page

    def openings(self, session_id: int, seqs: Sequence[int] | None = None) -> list[MessageOpening]:
        return [MessageOpening(message.seq, message.content, message.created_at) for message in self.messages(session_id, seqs)]

    def context_items(self, session_id: int) -> list[ContextItem]:
        return list(self._sessions[session_id].context_items)

    def attachment_data(self, sha256: str) -> bytes | None:
        return self._data.get(sha256)

    def message_session(self, uid: str) -> tuple[SessionSummary, Message]:
        for index, session in enumerate(self._sessions):
            for message in session.messages:
                if message.uid == uid:
                    return summary_of(index, session), message
        raise NotFoundError(f"no message {uid}")

    def preferences(self) -> dict[str, Any]:
        return self._preferences


def summary_of(index: int, session: Session) -> SessionSummary:
    ratings = [message.rating.value for message in session.messages if message.rating]
    return SessionSummary(
        id=index,
        uid=session.uid,
        source=session.source,
        source_id=session.source_id,
        project=session.project,
        title=session.title,
        model=session.model,
        status=SessionStatus(session.status),
        is_starred=session.is_starred,
        rating=max(ratings, default=None),
        tags=("release", "two words"),
        message_count=len(session.messages),
        tool_call_count=sum(len(message.tool_calls) for message in session.messages),
        input_tokens=session.input_tokens,
        output_tokens=session.output_tokens,
        started_at=session.started_at,
        last_message_at=session.last_message_at,
        parent_uid=session.parent_uid,
        child_count=0,
        is_source_gone=False,
        has_note=session.note is not None,
    )
