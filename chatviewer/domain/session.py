"""A conversation with a model, from whatever source."""

from __future__ import annotations

from chatviewer.domain.kinds import SessionStatus
from chatviewer.domain.record import NOTHING, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from chatviewer.domain.annotation import Rating
    from chatviewer.domain.kinds import RunState
    from chatviewer.domain.message import Message, ToolResult


UPDATED_AT = "updated_at"
"""In a session's metadata: when it last changed in its source, as `moment` writes it. Of two exports of a session the one that knows it
later says what is current, in whatever order they come."""


def moment(time: datetime) -> str:
    """A time in UTC as text; of two, the later one is the greater."""
    return time.isoformat(timespec="milliseconds")


class ContextItem(NamedTuple):
    """What a source remembers beside the messages: facts, preferences, documents put in front of a session."""

    type: str
    key: str
    value: Any
    priority: int = 0
    expires_at: datetime | None = None


class Session(NamedTuple):
    """A session as an importer gives it, and as `Library.session` returns it (then `messages` is filled on demand).

    With `is_tail`, `messages` and `late_results` continue what an earlier import stored under the same uid; all other fields are
    what is known now (empty: unchanged).
    """

    uid: str
    source: str
    source_id: str  # the source's own id
    project: str = ""  # the working directory, or the project's name in the source
    title: str = ""  # as the source gives it, else made from the first real prompt
    summary: str = ""
    status: SessionStatus = SessionStatus.ACTIVE  # as the source holds it; the user's own choice stands above
    run_state: RunState | None = None
    model: str | None = None
    system_prompt: str = ""
    branch: str = ""  # of version control
    parent_uid: str | None = None  # set: this is a sub-agent's session
    spawned_by: str | None = None  # the provider's id of the tool call in the parent that started it
    current_uid: str | None = None  # the last message of the branch that the source shows; None: the newest
    input_tokens: int | None = None
    output_tokens: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    last_message_at: datetime | None = None
    trace_id: str | None = None
    created_by: str | None = None
    updated_by: str | None = None
    is_starred: bool = False  # as the source holds it
    context: Mapping[str, Any] = NOTHING
    metadata: Mapping[str, Any] = NOTHING
    messages: tuple[Message, ...] = ()
    context_items: tuple[ContextItem, ...] = ()
    ratings: tuple[Rating, ...] = ()  # those that the source holds
    late_results: tuple[ToolResult, ...] = ()
    is_tail: bool = False
    # Known once it is in the library:
    note: str | None = None  # the user's own

    @property
    def has_content(self) -> bool:
        """Whether there is anything to keep: text, a call, an attachment, or a reply that somebody rated."""
        return bool(self.ratings) or any(
            message.content or message.thinking or message.tool_calls or message.attachments for message in self.messages
        )
