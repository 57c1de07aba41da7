"""JSON as orjson writes it, also by a short command that never loads orjson: its import takes as long as all else that such a command
imports to store one more message (it looks for the types of `dataclasses`, `uuid` and others that it could write)."""

import sys
from typing import Any

from chatviewer.domain import plain_json

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
