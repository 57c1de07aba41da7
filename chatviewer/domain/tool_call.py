"""A call that a model made to a tool, with what came back."""

from __future__ import annotations

from chatviewer.domain.kinds import ToolCallStatus
from chatviewer.domain.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any


class ToolCall(NamedTuple):
    """`arguments` is the JSON value, or the raw string where the source holds no JSON. `result` is what the call returned as text,
    whether it failed or not; `error_message` is the first line of a failure."""

    tool_name: str
    uid: str = ""  # made of the message's, see `identity.tool_call_uid`, where it is read from the library
    tool_call_id: str | None = None  # the provider's id; not unique
    arguments: Any = None
    result: str | None = None
    status: ToolCallStatus = ToolCallStatus.PENDING
    error_message: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    child_uid: str | None = None  # the session of the sub-agent that this call started


class ToolResult(NamedTuple):
    """A result whose call was read earlier: the new tail of a growing source answers a call that is already stored."""

    tool_call_id: str
    result: str | None
    status: ToolCallStatus
    error_message: str | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    child_uid: str | None = None
