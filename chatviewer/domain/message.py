"""A message of a session. Its normal form: thinking, then content, then its tool calls in order.

A reply whose blocks alternate (text, tool, text) is several messages, each the child of the one before, so order is kept without a
table of blocks.
"""

from __future__ import annotations

from chatviewer.domain.record import NOTHING, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from chatviewer.domain.annotation import Rating
    from chatviewer.domain.attachment import Attachment
    from chatviewer.domain.kinds import Role
    from chatviewer.domain.tool_call import ToolCall


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
