"""JSON that can be shown anywhere: UTF-8 as it is, but nothing in it that a terminal would obey.

Controls, lone surrogates, bidirectional and invisible format characters stand as `\\uXXXX`, so the value is verbatim and the text harmless.
What the standard library's encoder refuses (very deep values, huge integers, NaN) is written all the same; NaN and infinities become null.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quote = json.encoder.encode_basestring

# Everything that `json` leaves as it is and `domain.safe` would change: C1 controls, invisible and bidirectional characters, surrogates.
_SUSPECT = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def dumps(value: Any) -> str:
    """The value as JSON on one line. Keys that are no text become text; what JSON has no word for becomes its `str`."""
    try:
        text = _encode(value)
    except (RecursionError, ValueError, TypeError):
        text = "".join(_pieces(value))
    return text if text.isascii() and "\x7f" not in text else _SUSPECT.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _pieces(value: Any) -> Iterator[str]:
    """The same without recursion: foreign arguments may be nested 10,000 deep. A stack of iterators over text and values."""
    stack: list[Iterator[tuple[str, Any]]] = [iter([("", value)])]
    closers: list[str] = [""]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            yield closers.pop()
            continue
        before, item = step
        yield before
        if isinstance(item, Mapping):
            stack.append(_members(item))
            closers.append("}")
            yield "{"
        elif isinstance(item, (list, tuple)):
            stack.append((", " if index else "", element) for index, element in enumerate(item))
            closers.append("]")
            yield "["
        else:
            yield _scalar(item)


def _members(item: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for index, (key, element) in enumerate(item.items()):
        yield f"{', ' if index else ''}{_quote(str(key))}: ", element


def _scalar(item: Any) -> str:
    if item is None or item != item or item in (float("inf"), float("-inf")):
        return "null"
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return _integer(int(item))
    if isinstance(item, float):
        return float.__repr__(item)
    return _quote(str(item))


def _integer(number: int) -> str:
    """Python refuses to write more than 4,300 digits at once (a guard against slow conversions), so they go out in pieces."""
    limit = sys.get_int_max_str_digits() or 4300
    digits, rest = [], abs(number)
    base = 10 ** (limit - 300)
    while rest >= base:
        rest, low = divmod(rest, base)
        digits.append(f"{low:0{limit - 300}d}")
    return ("-" if number < 0 else "") + str(rest) + "".join(reversed(digits))
