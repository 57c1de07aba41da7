"""JSON by the parts that the standard library's `json` is made of: that module itself, with the four others and the regular expressions
that come with it, takes a short command a tenth of its time.

`json` is imported, and asked once more, where these parts refuse a text: it knows how to say why. Where a Python has no such parts
(`_json` is an implementation's own affair), it is `json` all along.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Reader = Callable[[str, int], tuple[Any, int]]

# What the parts raise for a text that is no JSON; SystemError where the module of `json`'s own error is not loaded (before Python 3.12).
_REFUSED = (StopIteration, ValueError, SystemError)


class _Settings:
    """Those of a `json.JSONDecoder`."""

    object_hook = object_pairs_hook = None

    def __init__(
        self, strict: bool, parse_int: Callable[[str], Any], parse_float: Callable[[str], Any], parse_constant: Callable[[str], Any]
    ) -> None:
        self.strict = strict  # no control characters in strings
        self.parse_int = parse_int
        self.parse_float = parse_float
        self.parse_constant = parse_constant


def reader(
    *,
    strict: bool = True,
    parse_int: Callable[[str], Any] = int,
    parse_float: Callable[[str], Any] = float,
    parse_constant: Callable[[str], Any] = float,
) -> Reader:
    """As `json.JSONDecoder(...).raw_decode`: it gives the value that begins at a place of a text, and where it ends."""

    def read_by_module(text: str, at: int) -> tuple[Any, int]:
        from json import JSONDecoder

        decoder = JSONDecoder(strict=strict, parse_int=parse_int, parse_float=parse_float, parse_constant=parse_constant)
        return decoder.raw_decode(text, at)

    def read(text: str, at: int) -> tuple[Any, int]:
        try:
            return scan(text, at)
        except _REFUSED:
            return read_by_module(text, at)

    try:
        from _json import make_scanner

        scan: Reader = make_scanner(_Settings(strict, parse_int, parse_float, parse_constant))  # type: ignore[arg-type]
    except (ImportError, AttributeError, TypeError):
        return read_by_module
    return read


_read = reader()


def loads(text: str) -> Any:
    """As `json.loads`."""
    try:
        value, end = _read(text, 0)
    except ValueError:  # or white space
        end = -1
    if end == len(text):
        return value
    from json import loads as loads_by_module

    return loads_by_module(text)


def dumps(value: Any) -> str:
    """As `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`, of a value without cycles."""
    return "".join(_pieces(value, 0))


def _pieces_by_module(value: Any, _: int) -> str:
    from json import dumps as dumps_by_module

    return dumps_by_module(value, ensure_ascii=False, separators=(",", ":"))


try:
    from _json import encode_basestring, make_encoder

    _pieces: Callable[[Any, int], Iterable[str]] = make_encoder(None, None, encode_basestring, None, ":", ",", False, False, True)  # type: ignore[arg-type]
except (ImportError, TypeError):
    _pieces = _pieces_by_module
