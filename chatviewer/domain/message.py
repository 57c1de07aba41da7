"""A message of a session, with its calls and attachments. Its normal form: thinking, then content, then its tool calls in order.

A reply whose blocks alternate (text, tool, text) is several messages, each the child of the one before, so order is kept without a
table of blocks.
"""

from __future__ import annotations

from chatviewer.domain.kinds import ToolCallStatus
from chatviewer.domain.record import NOTHING, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from chatviewer.domain.annotation import Rating
    from chatviewer.domain.kinds import Role


class Attachment(NamedTuple):
    """What hangs on a message: an image, a file, pasted text.

    `text` is the searchable text of a pasted or extracted document; `data` the bytes of an image or file, stored once per sha256. Read back
    from the library, `data` is None until it is asked for by `sha256`.
    """

    media_type: str = ""  # e.g. image/png
    name: str = ""
    byte_count: int | None = None
    sha256: str | None = None
    text: str | None = None
    data: bytes | None = None


class ToolCall(NamedTuple):
    """A call that a model made to a tool, with what came back.

    `arguments` is the JSON value, or the raw string where the source holds no JSON. `result` is what the call returned as text, whether
    it failed or not; `error_message` is the first line of a failure.
    """

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


class Message(NamedTuple):
    uid: str
    role: Role
    content: str = ""
    thinking: str = ""
    parent_uid: str | None = None  # None: the first of its thread. Siblings are alternatives (branches)
    model: str | None = None
    tool_name: str | None = None  # role tool only
    tool_call_id: str | None = None  # role tool only
    input_tokens: int | None = None
    output_tokens: int | None = None
    created_at: datetime | None = None  # aware UTC; may be unknown: order is `seq`, never time
    trace_id: str | None = None
    metadata: Mapping[str, Any] = NOTHING
    tool_calls: tuple[ToolCall, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    # Known once it is in the library:
    seq: int = 0
    rating: Rating | None = None
    note: str | None = None
