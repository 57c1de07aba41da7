"""JSON as foreign programs write it: with NaN, numbers beyond all bounds, half of a surrogate pair, invalid UTF-8."""

import math
import re
import sys
from collections.abc import Callable
from typing import Any

from chatviewer.domain.long_text import in_utf8, is_excerpt
from chatviewer.domain.plain_json import reader
from chatviewer.domain.record import pattern
from chatviewer.domain.surrogates import storable

WORTH_ORJSON = 256 << 10  # bytes. Measured: its import, with all that it imports, takes the time in which the standard library reads these
# any escape, so that \\ud800 (a backslash and a word) is not taken for one; a whole pair first; the group is half a pair
_ESCAPE = pattern(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_HALF = pattern(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
# An integer that orjson would make a float has 19 digits or more, so that every fourth byte of it is a digit, four times in a row: looked
# for are these, in a quarter of the bytes. Every third, six times in a row, is found in each time of day (18:26:16).
_STEP = 4
_SAMPLE = b"0" * (19 // _STEP)
_SPAN = _STEP * (len(_SAMPLE) - 1) + 1  # bytes, from the first of the sample to the last
_BACKSLASH = ord("\\")
_DIGITS = b" " * 48 + b"0" * 10 + b" " * 198
_LONG_INTEGER = pattern(rb"(?:^|[\s:,\[])-?[0-9]{19}")


def may_hold_long_integer(data: bytes | bytearray | memoryview) -> bool:
    """Whether there may be an integer beyond 64 bits: never False where there is one."""
    data = bytes(data)  # no copy of what is bytes already
    sample = data[::_STEP].translate(_DIGITS)
    at = -1
    while (at := sample.find(_SAMPLE, at + 1)) >= 0:
        first = at * _STEP
        if data[first : first + _SPAN].isdigit():  # else a time, a part of a UUID
            end = sample.find(b" ", at)
            at = end if end > 0 else len(sample)
            # in front of the first digit that was seen: others, a sign, and what stands before a number
            if _LONG_INTEGER.search(data, max(0, first - _STEP - 1), at * _STEP + _STEP):
                return True
    return False


def fast_loads(size: int) -> Callable[[bytes | bytearray | memoryview | str], Any] | None:
    """orjson's, to read so many bytes; None where the standard library has read them before orjson has started."""
    if size < WORTH_ORJSON and "orjson" not in sys.modules:
        return None
    import orjson  # not a name from it: that is looked up anew by each call

    return orjson.loads


def parse_json(data: bytes | bytearray | str) -> Any:
    """The value of a JSON text. What orjson refuses, or would round, is read by the standard library: NaN is None, integers are exact, a
    number beyond all bounds keeps its digits as a string, invalid UTF-8 and lone surrogates become U+FFFD. Raises ValueError with a
    plain reason."""
    if isinstance(data, str) and is_excerpt(data):
        from chatviewer.importers.long_lines import long_value

        data = in_utf8(data)
        if (value := long_value(data)) is not None:
            return value
    if loads := fast_loads(len(data)):
        try:
            value = loads(data)
            if not may_hold_long_integer(data.encode() if isinstance(data, str) else data):
                return value
        except ValueError:
            pass
    text = mended(data if isinstance(data, str) else data.decode("utf-8", "replace").lstrip("\ufeff"))
    value, end = decode_first(text, 0)
    if text[end:].strip():
        raise ValueError("more text after the JSON value")
    return value


def mended(text: str) -> str:
    """JSON text without lone surrogates, of the same length."""
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
    return storable(text)


def mend(text: bytearray) -> bool:
    """The same, in place, where half a pair stands in bytes as an escape; whether there was any. No copy of a long line."""
    was_broken = False
    low = -1  # where the second half of a whole pair stands
    for start in [found.start() for found in _HALF.finditer(text)]:
        first = start
        while first and text[first - 1] == _BACKSLASH:
            first -= 1
        if start == low or (start - first) % 2:  # or a backslash and a word
            continue
        following = text[start + 6 : start + 12]
        if text[start + 3] in b"89abAB" and _HALF.fullmatch(following) and following[3] in b"cdefCDEF":
            low = start + 6
            continue
        was_broken = True
        text[start + 2 : start + 6] = b"fffd"
    return was_broken


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 4_000 else digits


def _real(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


_read = reader(strict=False, parse_int=_integer, parse_float=_real, parse_constant=lambda _: None)


def decode_first(text: str, at: int) -> tuple[Any, int]:
    """The JSON value that begins at `at` (behind white space), and where it ends. Raises ValueError with a plain reason."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    try:
        value, end = _read(text, at)
    except RecursionError:
        return _nested(text, at), len(text)
    except ValueError as error:
        reason = str(getattr(error, "msg", error))  # of a JSONDecodeError, without the place
        raise ValueError(f"not JSON: {reason[:1].lower()}{reason[1:]}") from None
    return value, end


def _nested(text: str, at: int) -> Any:
    """The value that is the rest of a text, nested deeper than the standard library reads: orjson reads 1,024 levels."""
    from orjson import loads

    try:
        return loads(text[at:].strip(" \t\r\n\x00"))
    except ValueError:
        raise ValueError("nested too deeply") from None
