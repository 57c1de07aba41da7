"""The shape of `list --json`, `show --json` and of the JSON exports: domain objects as plain values.

Times are ISO 8601 in UTC with milliseconds, or null; ids are uids. `SCHEMA_VERSION` stands in every document; fields are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatviewer.domain.summary import SessionSummary
from chatviewer.domain.wording import iso_time as iso_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chatviewer.domain.message import Attachment, Message, ToolCall
    from chatviewer.domain.session import ContextItem, Session

SCHEMA_VERSION = 1


def summary_document(summary: SessionSummary) -> dict[str, Any]:
    """One session as in `list --json`."""
    return {
        "uid": summary.uid,
        "source": summary.source,
        "source_id": summary.source_id,
        "title": summary.title,
        "project": summary.project,
        "model": summary.model,
        "status": str(summary.status),
        "starred": summary.is_starred,
        "rating": summary.rating,
        "tags": list(summary.tags),
        "message_count": summary.message_count,
        "unread_count": summary.unread_count,
        "tool_call_count": summary.tool_call_count,
        "input_tokens": summary.input_tokens,
        "output_tokens": summary.output_tokens,
        "started_at": iso_time(summary.started_at),
        "last_message_at": iso_time(summary.last_message_at),
        "parent": summary.parent_uid,
    }


def session_document(summary: SessionSummary, session: Session, context_items: list[ContextItem]) -> dict[str, Any]:
    """One session as in `show --json`."""
    return summary_document(summary) | {
        "summary": session.summary,
        "system_prompt": session.system_prompt,
        "metadata": dict(session.metadata),
        "note": session.note,
        "context": dict(session.context),
        "context_items": [
            {
                "type": item.type,
                "key": item.key,
                "value": item.value,
                "priority": item.priority,
                "expires_at": iso_time(item.expires_at),
            }
            for item in context_items
        ],
        "branch": session.branch,
        "run_state": None if session.run_state is None else str(session.run_state),
        "spawned_by": session.spawned_by,
        "current": session.current_uid,
        "ended_at": iso_time(session.ended_at),
        "source_gone": summary.is_source_gone,
        "trace_id": session.trace_id,
        "created_by": session.created_by,
        "updated_by": session.updated_by,
    }


def message_document(message: Message) -> dict[str, Any]:
    """One message as in `show --json`; `parent` gives the tree."""
    rating = message.rating
    return {
        "uid": message.uid,
        "seq": message.seq,
        "parent": message.parent_uid,
        "role": str(message.role),
        "content": message.content,
        "thinking": message.thinking,
        "model": message.model,
        "input_tokens": message.input_tokens,
        "output_tokens": message.output_tokens,
        "created_at": iso_time(message.created_at),
        "rating": None if rating is None else rating.value,
        "rating_text": None if rating is None else rating.text,
        "note": message.note,
        "tool_name": message.tool_name,
        "tool_call_id": message.tool_call_id,
        "tool_calls": [_call_document(call) for call in message.tool_calls],
        "attachments": [_attachment_document(attachment) for attachment in message.attachments],
        "metadata": dict(message.metadata),
        "trace_id": message.trace_id,
    }


def _call_document(call: ToolCall) -> dict[str, Any]:
    return {
        "uid": call.uid,
        "tool_call_id": call.tool_call_id,
        "name": call.tool_name,
        "arguments": call.arguments,
        "result": call.result,
        "status": str(call.status),
        "error": call.error_message,
        "started_at": iso_time(call.started_at),
        "duration_ms": call.duration_ms,
        "child": call.child_uid,
    }


def _attachment_document(attachment: Attachment) -> dict[str, Any]:
    return {
        "media_type": attachment.media_type,
        "name": attachment.name,
        "byte_count": attachment.byte_count,
        "sha256": attachment.sha256,
        "text": attachment.text,
    }


def document_pieces(session: dict[str, Any], messages: Iterator[Message]) -> Iterator[str]:
    """A whole `show --json` document as text, in pieces: a session of any length never stands in memory at once."""
    from chatviewer.exporters.encoding import dumps

    yield f'{{"schema_version": {SCHEMA_VERSION}, "session": {dumps(session)}, "messages": ['
    separator = ""
    for message in messages:
        yield separator + dumps(message_document(message))
        separator = ", "
    yield "]}"
