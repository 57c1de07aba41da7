"""JSON in the columns of tables: as orjson writes it, also by a short command that never loads orjson. The import of that takes as long as
all else that such a command imports to store one more message (it looks for the types of `dataclasses`, `uuid` and others that it could
write)."""

from __future__ import annotations

import sys

from chatviewer.domain import plain_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST = 2_000  # values in one; more are worth orjson
_INTEGERS = range(-(2**63), 2**64)


def dumps(value: Any) -> bytes:
    """The value in UTF-8. Raises TypeError for what orjson refuses: surrogates, long integers, mappings that are no dict, nesting over
    254 levels."""
    if "orjson" not in sys.modules and _is_simple(value):
        try:
            return plain_json.dumps(value).encode()
        except UnicodeEncodeError:
            raise TypeError("str is not valid UTF-8: surrogates not allowed") from None
    import orjson

    return orjson.dumps(value)


def _is_simple(value: Any) -> bool:
    """Whether both write the same: no numbers with a fraction, no types of Python's own, little of it."""
    waiting, count = [(value, 0)], 0
    while waiting:
        here, depth = waiting.pop()
        count += 1
        kind = type(here)
        if kind is dict and all(type(key) is str for key in here):
            waiting += [(item, depth + 1) for item in here.values()]
        elif kind is list:
            waiting += [(item, depth + 1) for item in here]
        elif not (kind is str or here is None or kind is bool or (kind is int and here in _INTEGERS)):
            return False
        if depth > 100 or count + len(waiting) > _MOST:
            return False
    return True


def from_json(text: str | None, fallback: Any = None) -> Any:
    """The JSON value of a column; where Python refuses it (numbers of 5,000 digits, nesting of 100,000) the text itself."""
    if not text:
        return fallback
    try:
        return plain_json.loads(text)
    except (ValueError, RecursionError):
        return text


def mapping_from_json(text: str | None) -> dict[str, Any]:
    """As `from_json`, for columns that hold an object."""
    value = from_json(text)
    return value if isinstance(value, dict) else {}


def words_in(value: Any) -> str:
    """All strings among the values of arguments, in their order: as the view `tool_text` gives them to the index, where escapes such as
    \\n would glue themselves to the next word."""
    if type(value) is dict:
        try:
            return "\n".join(value.values())
        except TypeError:  # not only strings
            pass
    words: list[str] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            words.append(here)
        elif isinstance(here, dict):
            waiting.extend(reversed(here.values()))
        elif isinstance(here, (list, tuple)):
            waiting.extend(reversed(here))
    return "\n".join(words)


def words_in_json(arguments: str | bytes | bytearray) -> str:
    """The same for arguments as they are stored; what is no JSON is text as it stands."""
    text = arguments if isinstance(arguments, str) else arguments.decode()
    try:
        value = plain_json.loads(text)
    except (ValueError, RecursionError):
        return text
    return words_in(value)
