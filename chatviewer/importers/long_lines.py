"""A JSON record of many megabytes, read without its long texts ever being a str: see `domain.long_text`."""

import json
import re
from typing import Any

from chatviewer.domain.long_text import HELD, PIECE, hold
from chatviewer.domain.record import pattern
from chatviewer.importers.parsing import decode_first, mended

_STRING = pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_WIDE_ESCAPE = pattern(rb"\\u(?!00[0-7])")
_HIGH_HALF = pattern(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = 6  # bytes


def long_value(raw: bytes | bytearray) -> Any:
    """The value of a JSON text, in which excerpts stand for the long strings. Those of ASCII alone are strings as ever: they take no more
    than their bytes, and may be an image. None where there is none to hold, or the text is no JSON: then it is read as any other."""
    if raw.isascii() and not _WIDE_ESCAPE.search(raw):
        return None
    parts: list[str] = []
    at = 0
    try:
        for found in _STRING.finditer(raw):
            start, end = found.span()
            if end - start > HELD and (text := _unescaped(raw, start + 1, end - 1)) is not None:
                parts += (_decoded(raw[at:start]), json.dumps(hold(text)))
                at = end
        if not parts:
            return None
        parts.append(_decoded(raw[at:]))
        text_of_rest = "".join(parts)
        value, end = decode_first(text_of_rest, 0)
    except ValueError:
        return None
    return None if text_of_rest[end:].strip() else value


def _unescaped(raw: bytes | bytearray, start: int, stop: int) -> bytearray | None:
    """What the inside of a JSON string says, in UTF-8; None when that is all ASCII. Raises ValueError."""
    text = bytearray()
    while start < stop:
        end = _place_to_cut(raw, start, min(start + PIECE, stop), stop)
        piece, _ = decode_first(f'"{_decoded(raw[start:end])}"', 0)
        text += piece.encode()
        start = end
    return None if text.isascii() else text


def _place_to_cut(raw: bytes | bytearray, start: int, at: int, stop: int) -> int:
    """The last place up to `at` that is in no character and in no escape, nor between the halves of a pair. What begins at `start` is a
    whole one."""
    if at == stop:
        return at
    while raw[at] & 0xC0 == 0x80 and at - start > 1:
        at -= 1
    backslash = raw.rfind(b"\\", max(start, at - _LONGEST_ESCAPE + 1), at)
    if _begins_escape(raw, start, backslash):
        at = backslash
    before = at - _LONGEST_ESCAPE
    if before > start and _HIGH_HALF.fullmatch(raw, before, at) and _begins_escape(raw, start, before):
        at = before
    return at


def _begins_escape(raw: bytes | bytearray, start: int, at: int) -> bool:
    """Whether the byte there is a backslash that is not itself escaped."""
    if at < start:
        return False
    run = raw[start : at + 1]
    return (len(run) - len(run.rstrip(b"\\"))) % 2 == 1


def _decoded(raw: bytes | bytearray) -> str:
    """JSON as `reading` decodes a line that orjson refuses: each wrong byte is U+FFFD."""
    return mended(raw.decode("utf-8", "surrogateescape"))
