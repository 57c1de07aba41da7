"""Rows of the database read as values of the domain.

What a session or message is made of is imported where one is made: a list needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from chatviewer.domain.kinds import Role, RunState, SessionStatus, ToolCallStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from chatviewer.domain.annotation import Rating
    from chatviewer.domain.message import Attachment, Message, ToolCall
    from chatviewer.domain.session import ContextItem, Session
    from chatviewer.domain.summary import SessionSummary

Row: TypeAlias = "tuple[Any, ...]"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SUMMARY_COLUMNS = (
    "session.id, session.uid, session.source, session.source_id, session.project, session.title, session.model, session.status, "
    "session.starred_at, session.rating, session.message_count, session.tool_call_count, session.input_tokens, session.output_tokens, "
    "session.started_at, session.last_message_at, session.parent_uid, session.source_gone_at, "
    "(SELECT count(*) FROM session AS child WHERE child.parent_id = session.id) AS child_count, "
    "max(0, session.message_count - session.read_count) AS unread_count"
)
SESSION_COLUMNS = (
    "session.id, session.uid, session.source, session.source_id, session.project, session.title, session.summary, session.status, "
    "session.run_state, session.model, session.system_prompt, session.branch, session.parent_uid, session.spawned_by, "
    "session.current_uid, session.input_tokens, session.output_tokens, session.started_at, session.ended_at, "
    "session.last_message_at, session.trace_id, session.created_by, session.updated_by, session.starred_at, session.context, "
    "session.metadata"
)
MESSAGE_COLUMNS = (
    "message.id, message.uid, message.seq, message.role, message.content, message.thinking, message.model, message.tool_name, "
    "message.tool_call_id, message.input_tokens, message.output_tokens, message.created_at, message.trace_id, message.metadata, "
    "(SELECT parent.uid FROM message AS parent WHERE parent.id = message.parent_id) AS parent_uid"
)
TOOL_CALL_COLUMNS = (
    "tool_call.message_id, (SELECT message.uid FROM message WHERE message.id = tool_call.message_id), "
    "tool_call.tool_name, tool_call.tool_call_id, tool_call.input_arguments, "
    "tool_call.output_result, tool_call.status, tool_call.error_message, tool_call.started_at, tool_call.completed_at, "
    "tool_call.duration_ms, tool_call.child_uid, tool_call.position"
)
ATTACHMENT_COLUMNS = (
    "attachment.message_id, attachment.media_type, attachment.name, attachment.byte_count, attachment.sha256, attachment.text"
)
CONTEXT_ITEM_COLUMNS = "context_item.type, context_item.key, context_item.value, context_item.priority, context_item.expires_at"
RATING_COLUMNS = "rating.uid, rating.origin, rating.value, rating.text, rating.created_at"


def to_datetime(milliseconds: int | None) -> datetime | None:
    """Milliseconds since 1970 as an aware UTC time; None for None and for what no calendar of Python's holds."""
    if milliseconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def id_list(ids: Iterable[int]) -> str:
    """Numbers as the JSON array that `json_each(?)` unfolds: one parameter, however many there are."""
    return f"[{','.join(map(str, ids))}]"


def summary_of(row: Row, tags: tuple[str, ...], has_note: bool) -> SessionSummary:
    """From `SUMMARY_COLUMNS`."""
    from chatviewer.domain.summary import SessionSummary

    return SessionSummary(
        id=row[0],
        uid=row[1],
        source=row[2],
        source_id=row[3],
        project=row[4],
        title=row[5],
        model=row[6],
        status=SessionStatus(row[7]),
        is_starred=row[8] is not None,
        rating=row[9],
        tags=tags,
        message_count=row[10],
        tool_call_count=row[11],
        input_tokens=row[12],
        output_tokens=row[13],
        started_at=to_datetime(row[14]),
        last_message_at=to_datetime(row[15]),
        parent_uid=row[16],
        child_count=row[18],
        is_source_gone=row[17] is not None,
        has_note=has_note,
        unread_count=row[19],
    )


def session_of(row: Row, context_items: tuple[ContextItem, ...], note: str | None) -> Session:
    """From `SESSION_COLUMNS`."""
    from chatviewer.domain.session import Session
    from chatviewer.storage.encoding import mapping_from_json

    return Session(
        uid=row[1],
        source=row[2],
        source_id=row[3],
        project=row[4],
        title=row[5],
        summary=row[6],
        status=SessionStatus(row[7]),
        run_state=None if row[8] is None else RunState(row[8]),
        model=row[9],
        system_prompt=row[10],
        branch=row[11],
        parent_uid=row[12],
        spawned_by=row[13],
        current_uid=row[14],
        input_tokens=row[15],
        output_tokens=row[16],
        started_at=to_datetime(row[17]),
        ended_at=to_datetime(row[18]),
        last_message_at=to_datetime(row[19]),
        trace_id=row[20],
        created_by=row[21],
        updated_by=row[22],
        is_starred=row[23] is not None,
        context=mapping_from_json(row[24]),
        metadata=mapping_from_json(row[25]),
        context_items=context_items,
        note=note,
    )


def context_item_of(row: Row) -> ContextItem:
    """From `CONTEXT_ITEM_COLUMNS`."""
    from chatviewer.domain.session import ContextItem
    from chatviewer.storage.encoding import from_json

    return ContextItem(type=row[0], key=row[1], value=from_json(row[2]), priority=row[3], expires_at=to_datetime(row[4]))


def message_of(
    row: Row,
    tool_calls: tuple[ToolCall, ...] = (),
    attachments: tuple[Attachment, ...] = (),
    rating: Rating | None = None,
    note: str | None = None,
) -> Message:
    """From `MESSAGE_COLUMNS`."""
    from chatviewer.domain.message import Message
    from chatviewer.storage.encoding import mapping_from_json

    return Message(
        uid=row[1],
        seq=row[2],
        role=Role(row[3]),
        content=row[4],
        thinking=row[5],
        model=row[6],
        tool_name=row[7],
        tool_call_id=row[8],
        input_tokens=row[9],
        output_tokens=row[10],
        created_at=to_datetime(row[11]),
        trace_id=row[12],
        metadata=mapping_from_json(row[13]),
        parent_uid=row[14],
        tool_calls=tool_calls,
        attachments=attachments,
        rating=rating,
        note=note,
    )


def tool_call_of(row: Row) -> ToolCall:
    """From `TOOL_CALL_COLUMNS`."""
    from chatviewer.domain.identity import tool_call_uid
    from chatviewer.domain.message import ToolCall
    from chatviewer.storage.encoding import from_json

    return ToolCall(
        uid=tool_call_uid(row[1], row[12]),
        tool_name=row[2],
        tool_call_id=row[3],
        arguments=from_json(row[4]),
        result=row[5],
        status=ToolCallStatus(row[6]),
        error_message=row[7],
        started_at=to_datetime(row[8]),
        completed_at=to_datetime(row[9]),
        duration_ms=row[10],
        child_uid=row[11],
    )


def attachment_of(row: Row) -> Attachment:
    """From `ATTACHMENT_COLUMNS`; without its bytes."""
    from chatviewer.domain.message import Attachment

    return Attachment(media_type=row[1], name=row[2], byte_count=row[3], sha256=row[4], text=row[5])


def rating_of(row: Row) -> Rating:
    """From `RATING_COLUMNS`."""
    from chatviewer.domain.annotation import Rating
    from chatviewer.domain.kinds import RatingOrigin

    return Rating(uid=row[0], origin=RatingOrigin(row[1]), value=row[2], text=row[3], created_at=to_datetime(row[4]))
