"""From the domain to rows: times as milliseconds, JSON as text, text that SQLite takes. Reading back is `reading`'s affair."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from chatviewer.domain import long_text
from chatviewer.domain.long_text import Text
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.domain.surrogates import storable
from chatviewer.storage.encoding import dumps, words_in, words_in_json
from chatviewer.storage.terms import LONG, extra_terms, extra_terms_of, pieces, unordered_terms, unordered_terms_of

INTEGER_MAX = 2**63 - 1
MAX_DEPTH = 100  # of stored JSON; what lies deeper becomes a text: encoders and readers give up at 254, 1,000 or 2,000 levels

MESSAGE_COLUMNS = (
    "id, uid, session_id, seq, parent_id, role, model, tool_name, tool_call_id, input_tokens, output_tokens, trace_id, created_at,"
    " metadata, terms, thinking, content, checksum"
)
CALL_COLUMNS = (
    "id, message_id, session_id, position, tool_name, tool_call_id, status, error_message, started_at, completed_at, duration_ms,"
    " child_uid, terms, input_arguments, output_result, checksum"
)
ATTACHMENT_COLUMNS = "id, message_id, position, media_type, name, byte_count, sha256, terms, text, checksum"

CHECKED = {
    "message": (
        "content, thinking, uid, session_id, seq, parent_id, role, model, tool_name, tool_call_id, input_tokens, output_tokens,"
        " trace_id, created_at, metadata"
    ),
    "tool_call": (  # the index cannot be compared with its name and terms
        "input_arguments, output_result, message_id, position, tool_name, terms, tool_call_id, status, error_message, started_at,"
        " completed_at, duration_ms"
    ),
    "attachment": "message_id, position, media_type, name, byte_count, sha256, text",
    "context_item": "session_id, type, key, value, priority, expires_at",
    "session": (
        "uid, source, source_id, project, spawned_by, source_title, run_state, model, branch, current_uid, input_tokens, output_tokens,"
        " started_at, ended_at, last_message_at, trace_id, created_by, updated_by, context, metadata, summary, system_prompt"
    ),
}
"""The columns that a row's `checksum` is of: what its source says, and where it belongs. Links to other sessions are made later."""

MAY_BE_LONG = ("thinking", "content", "input_arguments", "output_result", "text")
"""The columns of texts without bound: bound as `Text`, so by `CAST(? AS TEXT)`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(time: datetime | None) -> int | None:
    """A time as it is stored; exact for every year that `datetime` knows."""
    return None if time is None else (time - _EPOCH) // _MILLISECOND


def clean(text: str) -> str:
    """The text without lone surrogates."""
    if text.isascii():
        return text
    return long_text.whole(text) if long_text.is_excerpt(text) else storable(text)


def long_in_utf8(columns: str) -> str:
    """A list of columns in SQL that gives long texts as bytes: as one str, an emoji in them takes four bytes for each character."""
    as_it_is = "CASE WHEN length({0}) > {1} THEN CAST({0} AS BLOB) ELSE {0} END"
    names = columns.split(", ")
    return ", ".join([as_it_is.format(name, LONG) if name.rpartition(".")[2] in MAY_BE_LONG else name for name in names])


def as_stored(text: str) -> Text:
    """The text as it is bound: a long one in UTF-8, any other `clean`."""
    if not long_text.is_excerpt(text):
        return clean(text)
    utf8 = long_text.in_utf8(text)
    return utf8 if len(utf8) > LONG else utf8.decode()


def clean_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row that SQLite refused, made acceptable: no surrogates, no integer beyond 64 bits."""
    return tuple(
        clean(value) if isinstance(value, str) else max(-INTEGER_MAX, min(value, INTEGER_MAX)) if type(value) is int else value
        for value in row
    )


def json_text(value: Any) -> str:
    """A value as JSON that both Python and SQLite read: no NaN, no surrogates, no nesting without end."""
    try:
        return dumps(value).decode()
    except TypeError:  # surrogates, long integers, mappings that are no dict, nesting over 254
        dumped = _dumped(value)
        return long_text.whole(dumped, long_text.in_json) if long_text.is_excerpt(dumped) else clean(dumped)


def _dumped(value: Any) -> str:
    from json import dumps as written  # what `encoding` leaves over is rare

    return written(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any, depth: int = 0) -> Any:
    if isinstance(value, Mapping | list | tuple) and depth >= MAX_DEPTH:
        return _outline(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, float):
        return value if value - value == 0 else None  # NaN and infinities have no JSON
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 10_000:
        return hex(value)  # Python refuses to write longer ones in decimal
    return value if isinstance(value, str | int | bool | None) else str(value)


def _outline(value: Any) -> str:
    """The JSON of a value nested as deep as it may be, written without recursion."""
    from json import dumps as written

    parts: list[str] = []
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Raw):
            parts.append(item)
        elif isinstance(item, Mapping | list | tuple):
            is_mapping = isinstance(item, Mapping)
            pieces: list[Any] = [_Raw("{" if is_mapping else "[")]
            for number, below in enumerate(item.items() if isinstance(item, Mapping) else item):
                if number:
                    pieces.append(_Raw(","))
                pieces += (_Raw(written(str(below[0])) + ":"), below[1]) if is_mapping else (below,)
            pieces.append(_Raw("}" if is_mapping else "]"))
            pending.extend(reversed(pieces))
        else:
            parts.append(written(_plain(item), ensure_ascii=False))
    return "".join(parts)


class _Raw(str):
    """A piece of JSON that is written as it stands."""

    __slots__ = ()


def checksum(*values: Text | int | None) -> int:
    """Of values as they are stored, CRC-32 of their UTF-8: a bit that flipped on the disk shows. It costs 3 % of an import."""
    result = 0
    for value in values:
        if value is not None:
            result = _crc(value if isinstance(value, str) else str(value) if isinstance(value, int) else value, result)
    return result


def _crc(text: Text, value: int = 0) -> int:
    for piece in pieces(text):
        value = crc32(encoded(piece), value)
    return value


def cleaned(table: str, columns: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row that SQLite refused, made acceptable, with the checksum of what is stored now."""
    names = columns.split(", ")
    values = dict(zip(names, clean_row(row), strict=True))
    if table in CHECKED and "checksum" in values:
        of = (values[name] for name in CHECKED[table].split(", "))
        values["checksum"] = checksum(*of)
    return tuple(values.values())


def message_row(
    message: Message, uid: str, message_id: int, session_id: int, seq: int, parent_id: int | None, terms: str | None
) -> tuple[Any, ...]:
    """The values of `MESSAGE_COLUMNS`."""
    _, role, content, thinking, _, model, tool_name, tool_call_id, input_tokens, output_tokens, time, trace_id, given, *_ = message
    created_at = None if time is None else (time - _EPOCH) // _MILLISECOND
    metadata = json_text(given) if given else None
    said_by = role.value, model, tool_name, tool_call_id  # an exact str: SQLite's module takes a detour for its subclasses
    facts = (uid, session_id, seq, parent_id, *said_by, input_tokens, output_tokens, trace_id, created_at, metadata)
    said = "".join([str(value) for value in facts if value is not None])
    kept: tuple[Text, Text] = thinking, content
    if long_text.is_any_held():
        kept = as_stored(thinking), as_stored(content)
    if len(kept[0]) + len(kept[1]) > LONG:
        total = crc32(encoded(said), checksum(*reversed(kept)))
    else:
        total = crc32(encoded(f"{content}{thinking}{said}"))
    return (message_id, *facts, terms, *kept, total)


def call_row(call: ToolCall, call_id: int, message_id: int, session_id: int, position: int) -> tuple[tuple[Any, ...], Text | None]:
    """The values of `CALL_COLUMNS`, and the words of the arguments for the index; None where only SQLite knows what its view reads."""
    tool_name, _, tool_call_id, arguments, result, status, error_message, started_at, completed_at, duration_ms, child_uid = call
    kept: Text | None = result
    if result and long_text.is_any_held():
        kept = as_stored(result)
    words: Text
    try:
        dumped: bytes | bytearray = dumps(arguments)
        words = words_in(arguments)
    except TypeError:
        dumped, words = _odd_arguments(arguments)
    # a text with an emoji would be four times as large as its bytes
    stored: Text = dumped.decode() if len(dumped) <= LONG and dumped.isascii() else dumped
    if len(dumped) > LONG or (kept and len(kept) > LONG):
        terms, total = call_terms(tool_name, words, kept or ""), _crc(kept or "", crc32(dumped))
    else:
        said = encoded(result) if result else b""
        terms = unordered_terms(b"\n".join((encoded(tool_name), encoded(words), said)))
        total = crc32(said, crc32(dumped))
        if result and not result.isascii():
            kept = said  # what is encoded already
    del dumped
    facts = tool_call_id, status.value, error_message, milliseconds(started_at), milliseconds(completed_at), duration_ms
    beside = message_id, position, tool_name, terms, *facts
    total = crc32(encoded("".join([str(value) for value in beside if value is not None])), total)
    row = (call_id, message_id, session_id, position, tool_name, *facts, child_uid, terms, stored, kept, total)
    has_zero = "\\u0000" in stored if isinstance(stored, str) else b"\\u0000" in stored
    return row, None if has_zero else words  # where some versions of SQLite end the string


def json_utf8(value: Any) -> bytes | bytearray:
    """Arguments as they are stored, in UTF-8."""
    try:
        return dumps(value)
    except TypeError:
        return _odd_arguments(value)[0]


def _odd_arguments(arguments: Any) -> tuple[bytes | bytearray, Text]:
    """What `dumps` refuses, as it is stored, and the words in it."""
    dumped = _dumped(arguments)
    if long_text.is_excerpt(dumped):
        return long_text.in_utf8(dumped, long_text.in_json), long_text.in_utf8(words_in(arguments))
    dumped = clean(dumped)
    return dumped.encode(), words_in_json(dumped)


def attachment_row(
    attachment: Attachment, attachment_id: int, message_id: int, position: int, byte_count: int | None, digest: str | None
) -> tuple[Any, ...]:
    """The values of `ATTACHMENT_COLUMNS`. `digest`: of the data that is stored."""
    name = attachment.name
    text: Text | None = attachment.text
    if text and long_text.is_any_held():
        text = as_stored(attachment.text or "")
    terms = text_terms(text or "", name)
    place = message_id, position, attachment.media_type, name, byte_count, digest
    return attachment_id, *place, terms, text, checksum(*place, text)


def message_terms(messages: Sequence[Message]) -> list[str | None]:
    """Of each message the additional words, see `terms`."""
    if long_text.is_any_held():
        return [text_terms(as_stored(message.content), as_stored(message.thinking)) for message in messages]
    return extra_terms_of([f"{message.content}\n{message.thinking}" if message.thinking else message.content for message in messages])


def text_terms(first: Text, second: Text = "") -> str | None:
    """The additional words of one or two texts, see `terms`: content and thinking, title and summary, text and name."""
    if isinstance(first, str) and isinstance(second, str):
        return extra_terms(f"{first}\n{second}" if second else first) if first or second else None
    return extra_terms(first, second)


def call_terms(tool_name: str, words: Text, result: Text) -> str | None:
    """The additional words of a call, see `terms`. In no order: its index holds none."""
    return unordered_terms_of((tool_name, words, result))


def encoded(text: Text) -> bytes | bytearray:
    """The text as UTF-8, as SQLite will hold it."""
    if not isinstance(text, str):
        return text
    try:
        return text.encode()
    except UnicodeEncodeError:
        return clean(text).encode()
