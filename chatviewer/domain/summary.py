"""What lists and transcripts are laid out with. Named tuples, not dataclasses: commands that answer in milliseconds import them."""

from __future__ import annotations

from datetime import datetime

from chatviewer.domain.kinds import Role, SessionStatus
from chatviewer.domain.record import NamedTuple


class SessionSummary(NamedTuple):
    """One row of a session list: the columns and the user's annotations, no messages. `id` is valid for this database only."""

    id: int
    uid: str
    source: str
    source_id: str
    project: str
    title: str  # the user's own title if given, else the source's
    model: str | None
    status: SessionStatus
    is_starred: bool
    rating: int | None  # the highest of its messages
    tags: tuple[str, ...]
    message_count: int
    tool_call_count: int
    input_tokens: int | None
    output_tokens: int | None
    started_at: datetime | None
    last_message_at: datetime | None
    parent_uid: str | None
    child_count: int
    is_source_gone: bool
    has_note: bool
    unread_count: int = 0  # messages that came since it was last read; all of them where it never was


class MessageOpening(NamedTuple):
    """How a message begins: a line of an outline."""

    seq: int
    text: str  # the first few hundred characters
    created_at: datetime | None


class MessageStub(NamedTuple):
    """A message without its texts: enough to lay out a transcript of any length."""

    seq: int
    parent_seq: int  # -1: no parent
    role: Role
    content_size: int  # characters
    thinking_size: int  # characters
    tool_call_count: int
    rating: int  # 0: none; the user's own stands above the source's
