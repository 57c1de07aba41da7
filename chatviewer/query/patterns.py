"""Regular expressions that a search can afford. Python's engine backtracks and cannot be interrupted, so a pattern that might take
for ever is refused in words before it runs."""

import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_LENGTH = 500
MAX_OPEN_REPEATS = 3  # on one text, each multiplies the time by the text's length
_MAX_VARIABLE_REPEATS = 12  # a?a?a?... doubles the time with each
_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
_MANY = 16
FLAGS = re.IGNORECASE | re.MULTILINE


def checked(source: str) -> str:
    """The pattern itself, if it compiles and its worst case is bearable. Raises ValueError with words for people."""
    if len(source) > MAX_LENGTH:
        raise ValueError(f"a pattern has at most {MAX_LENGTH} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled(source)
        except re.error as error:
            raise ValueError(f"this pattern is not right: {error.msg}") from None
        except (RecursionError, OverflowError, MemoryError):
            raise ValueError("this pattern is too deep") from None
    return source


@lru_cache(32)
def compiled(source: str) -> tuple[re.Pattern[str], int]:
    """The pattern and how many open repeats it has. Raises ValueError as `checked` does, and what `re` raises."""
    count = _open_repeats(parser.parse(source, FLAGS))
    return re.compile(source, FLAGS), count


@lru_cache(32)
def beginning(word: str) -> re.Pattern[str]:
    """What finds words that begin like this one."""
    return re.compile(rf"(?<![^\W_]){re.escape(word)}", re.IGNORECASE)


def _open_repeats(tree: Iterable[tuple[Any, Any]]) -> int:
    """Count them. Refuse repeats inside repeats, alternatives inside repeats, back references, and too many repeats in a row."""
    open_count = variable_count = 0
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        items, is_repeated = waiting.pop()
        for kind, value in items:
            if kind in _REPEATS or kind is kinds.POSSESSIVE_REPEAT:
                low, high, inner = value
                is_variable = low != high
                if is_repeated and (is_variable or high > _MANY):
                    raise ValueError("this pattern repeats a repeat, which could take for ever")
                variable_count += is_variable
                open_count += is_variable and high > _MANY
                waiting.append((inner, is_repeated or high > 1))
            elif kind is kinds.BRANCH:
                if is_repeated:
                    raise ValueError("this pattern repeats alternatives, which could take for ever")
                waiting.extend((branch, is_repeated) for branch in value[1])
            elif kind is kinds.SUBPATTERN:
                waiting.append((value[-1], is_repeated))
            elif kind is kinds.ATOMIC_GROUP:
                waiting.append((value, is_repeated))
            elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
                waiting.append((value[1], is_repeated))
            elif kind in (kinds.GROUPREF, kinds.GROUPREF_EXISTS):
                raise ValueError("this pattern refers back to a group, which could take for ever")
    if open_count > MAX_OPEN_REPEATS or variable_count > _MAX_VARIABLE_REPEATS:
        raise ValueError(f"this pattern has more than {MAX_OPEN_REPEATS} open repeats such as .*, which could take for ever")
    return open_count
