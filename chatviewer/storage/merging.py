"""A message that is already stored, met again: the same, longer, or another one under the same uid.

Sources grow: a reply is streamed, a call gets its result, an unfinished file is read again. So a text that extends the stored one
replaces it, a shorter one changes nothing, and one that differs is another message. Nothing stored is ever made less.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from chatviewer.domain.identity import make_uid
from chatviewer.domain.long_text import Text, whole
from chatviewer.domain.message import Message, ToolCall, ToolResult
from chatviewer.domain.preview import START as PREVIEW_START
from chatviewer.domain.preview import has_more
from chatviewer.domain.record import NamedTuple
from chatviewer.storage.encoding import words_in_json
from chatviewer.storage.rows import (
    CHECKED,
    MAY_BE_LONG,
    as_stored,
    call_terms,
    checksum,
    clean,
    clean_row,
    encoded,
    json_text,
    json_utf8,
    long_in_utf8,
    message_row,
    milliseconds,
    text_terms,
)
from chatviewer.storage.writing import Writer

_STORED = long_in_utf8(
    "m.id, m.uid, m.session_id, s.uid, s.user_id, m.role, m.content, m.thinking, m.model, m.tool_name, m.tool_call_id, m.input_tokens,"
    " m.output_tokens, m.trace_id, m.created_at, m.metadata, m.parent_id"
)
_CALL = long_in_utf8(
    "id, message_id, position, tool_name, tool_call_id, status, error_message, started_at, completed_at, duration_ms, child_uid,"
    " input_arguments, output_result"
)


class StoredCall(NamedTuple):
    id: int
    message_id: int
    position: int
    tool_name: str
    tool_call_id: str | None
    status: str
    error_message: str | None
    started_at: int | None
    completed_at: int | None
    duration_ms: int | None
    child_uid: str | None
    input_arguments: Text
    output_result: Text | None


class StoredMessage(NamedTuple):
    id: int
    uid: str
    session_id: int
    session_uid: str | None  # None: its session's row is about to be written
    user_id: int | None
    role: str
    content: Text
    thinking: Text
    model: str | None
    tool_name: str | None
    tool_call_id: str | None
    input_tokens: int | None
    output_tokens: int | None
    trace_id: str | None
    created_at: int | None
    metadata: str | None
    parent_id: int | None
    calls: list[StoredCall]


def stored_messages(writer: Writer, uids: Iterable[str]) -> dict[str, StoredMessage]:
    """Those of the uids that are stored, whosever they are, with their calls. Two statements, however many."""
    by_uid, rows = "m.uid IN (SELECT value FROM json_each(?))", writer.rows
    if rows is None:
        return _selected(writer.connection, by_uid, json_text(list(uids)))
    ids = [rows[key] for key in rows.keys() & map(hash, uids)]
    return _selected(writer.connection, "m.id IN (SELECT value FROM json_each(?))", json_text(ids)) if ids else {}


def _selected(connection: sqlite3.Connection, condition: str, listed: str) -> dict[str, StoredMessage]:
    rows = connection.execute(
        f"SELECT {_STORED} FROM message m LEFT JOIN session s ON s.id = m.session_id WHERE {condition}", (listed,)
    ).fetchall()
    if not rows:
        return {}
    found = {row[0]: StoredMessage._make((*row, [])) for row in rows}
    calls = connection.execute(
        f"SELECT {_CALL} FROM tool_call WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY message_id, position",
        (json_text(list(found)),),
    )
    for row in calls:
        found[row[1]].calls.append(StoredCall._make(row))
    return {message.uid: message for message in found.values()}


def longer(stored: Text, given: Text) -> Text | None:
    """The longer one of two texts of which one begins with the other, or is a preview of it; None if they differ."""
    if isinstance(stored, str) and isinstance(given, str):
        if stored.startswith(given):
            return stored
        if given.startswith(stored):
            return given
        if not stored.startswith(PREVIEW_START) and not given.startswith(PREVIEW_START):
            return None
    old, new = encoded(stored), encoded(given)
    if old.startswith(new):
        return stored
    if new.startswith(old):
        return given
    is_more = has_more(new, old)
    return None if is_more is None else given if is_more else stored


def is_other(old: str | None, new: str | None) -> bool:
    """Whether the texts of two rows differ: neither is a stage of the other."""
    return longer(old or "", new or "") is None


def is_more(old: str | None, new: str) -> bool:
    """Whether of those the old one holds more."""
    return old is not None and old != new and longer(new, old) is old


def is_same(stored: StoredMessage, message: Message) -> bool:
    """Whether this is the stored message, perhaps at another stage of its growth."""
    return (
        stored.role == message.role.value
        and longer(stored.content, as_stored(message.content)) is not None
        and longer(stored.thinking, as_stored(message.thinking)) is not None
        and all(map(_is_same_call, stored.calls, message.tool_calls))
    )


def _is_same_call(stored: StoredCall, call: ToolCall) -> bool:
    if stored.tool_name != clean(call.tool_name):
        return False
    if call.tool_call_id is not None and stored.tool_call_id == clean(call.tool_call_id):
        return call.result is None or stored.output_result is None or longer(stored.output_result, as_stored(call.result)) is not None
    return encoded(stored.input_arguments) == json_utf8(call.arguments) and (
        call.result is None or stored.output_result is None or encoded(stored.output_result) == encoded(as_stored(call.result))
    )


def variant_uid(message: Message, uid: str) -> str:
    """The uid of another message that came under a uid already taken: made of what it says, so the same one is found again."""
    said = [json_text([call.tool_name, call.arguments, call.result]) for call in message.tool_calls]
    return make_uid(uid, "variant", message.role.value, whole(message.content), whole(message.thinking), *said)


class Change(NamedTuple):
    """What a merge did: whether anything, and what it adds to the session's sums."""

    is_changed: bool = False
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


def merge_message(writer: Writer, stored: StoredMessage, message: Message, *, is_copy: bool) -> Change:
    """Bring a stored message up to what is given. A copy, read from another session's file, may only add what was missing."""
    new = dict(zip(_MERGED, clean_row(message_row(message, "", 0, 0, 0, None, None))[6:], strict=True))
    old = stored._asdict()
    changes: dict[str, Any] = {}
    if not is_copy:
        for column in ("model", "tool_name", "tool_call_id", "input_tokens", "output_tokens", "trace_id", "metadata"):
            if new[column] is not None and new[column] != old[column]:
                changes[column] = new[column]
    if stored.created_at is None and new["created_at"] is not None:
        changes["created_at"] = new["created_at"]
    texts = {column: longer(old[column], new[column]) or old[column] for column in ("content", "thinking")}
    longer_texts = {column: text for column, text in texts.items() if text != old[column]}
    if longer_texts:
        changes |= longer_texts | {"terms": text_terms(texts["content"], texts["thinking"])}
    if changes:
        _update(writer, "message", stored.id, changes)
    added = _merge_calls(writer, stored, message)
    if message.attachments and _add_attachments(writer, stored.id, message):
        added = added or 0
    return Change(
        bool(changes) or added is not None,
        added or 0,
        changes.get("input_tokens", stored.input_tokens or 0) - (stored.input_tokens or 0),
        changes.get("output_tokens", stored.output_tokens or 0) - (stored.output_tokens or 0),
    )


_MERGED = (
    *("model", "tool_name", "tool_call_id", "input_tokens", "output_tokens", "trace_id", "created_at", "metadata"),
    *("terms", "thinking", "content", "checksum"),
)


_COMPLETED = ("status", "error_message", "started_at", "completed_at", "duration_ms", "child_uid", "output_result")


def _merge_calls(writer: Writer, stored: StoredMessage, message: Message) -> int | None:
    """How many calls were added; None if nothing changed at all."""
    is_changed = False
    for old, call in zip(stored.calls, message.tool_calls, strict=False):
        given = (call.status.value, call.error_message, milliseconds(call.started_at), milliseconds(call.completed_at), call.duration_ms)
        values = (*clean_row((*given, call.child_uid)), None if call.result is None else as_stored(call.result))
        is_changed |= complete_call(writer, old, dict(zip(_COMPLETED, values, strict=True)))
    more = message.tool_calls[len(stored.calls) :]
    for position, call in enumerate(more, len(stored.calls)):
        writer.add_call(call, stored.id, stored.session_id, position)
    if more:
        writer.flush()
    return len(more) if more or is_changed else None


def _add_attachments(writer: Writer, message_id: int, message: Message) -> bool:
    known = writer.connection.execute("SELECT count(*) FROM attachment WHERE message_id = ?", (message_id,)).fetchone()[0]
    more = message.attachments[known:]
    for position, attachment in enumerate(more, known):
        writer.add_attachment(attachment, message_id, position)
    if more:
        writer.flush()
    return bool(more)


def complete_call(writer: Writer, stored: StoredCall, given: Mapping[str, Any]) -> bool:
    """Fill in what was not known of a call: its result above all. True if anything changed."""
    changes: dict[str, Any] = {}
    for column in ("started_at", "completed_at", "duration_ms", "child_uid", "error_message"):
        if getattr(stored, column) is None and given.get(column) is not None:
            changes[column] = given[column]
    result = given["output_result"]
    if result is not None:
        text = longer(stored.output_result or "", result)
        if text is not None and text != stored.output_result:
            changes |= {"output_result": text, "terms": call_terms(stored.tool_name, words_in_json(stored.input_arguments), text)}
    if given["status"] != stored.status and stored.status in ("pending", "running") and given["status"] != "pending":
        changes["status"] = given["status"]
    if changes:
        _update(writer, "tool_call", stored.id, changes)
    return bool(changes)


def move_message(writer: Writer, stored: StoredMessage, parent_id: int | None) -> None:
    """Hang a stored message on another one."""
    _update(writer, "message", stored.id, {"parent_id": parent_id})


def _update(writer: Writer, table: str, row_id: int, changes: Mapping[str, Any]) -> None:
    """Change a row and its checksum. Where that was wrong already it stays so: `doctor` is to see it."""
    if writer.has_unindexed():
        writer.index()
    names = CHECKED[table].split(", ")
    if not changes.keys().isdisjoint(names):
        query = f"SELECT checksum, {long_in_utf8(CHECKED[table])} FROM {table} WHERE id = ?"
        before, *values = writer.connection.execute(query, (row_id,)).fetchone()
        if before is None or before == checksum(*values):
            old = dict(zip(names, values, strict=True))
            changes = {**changes, "checksum": checksum(*(changes.get(name, old[name]) for name in names))}
    columns = ", ".join(f"{column} = CAST(? AS TEXT)" if column in MAY_BE_LONG else f"{column} = ?" for column in changes)
    writer.connection.execute(f"UPDATE {table} SET {columns} WHERE id = ?", (*changes.values(), row_id))


def answer(writer: Writer, session_ids: list[int], late: ToolResult) -> bool | None:
    """Give a stored call its late result. True: stored; False: it had it already; None: no such call, or it has another result."""
    for session_id in session_ids:
        rows = writer.connection.execute(
            f"SELECT {_CALL} FROM tool_call WHERE session_id = ? AND tool_call_id = ? ORDER BY output_result IS NOT NULL, id DESC",
            (session_id, clean(late.tool_call_id)),
        )
        for row in rows.fetchall():
            stored = StoredCall._make(row)
            if late.result is None or stored.output_result is None or longer(stored.output_result, as_stored(late.result)) is not None:
                values = (
                    late.status.value,
                    late.error_message,
                    milliseconds(late.completed_at),
                    late.duration_ms,
                    late.child_uid,
                )
                result = None if late.result is None else as_stored(late.result)
                names = "status", "error_message", "completed_at", "duration_ms", "child_uid", "output_result"
                return complete_call(writer, stored, dict(zip(names, (*clean_row(values), result), strict=True)))
    return None
