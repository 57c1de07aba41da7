"""Texts of many megabytes, kept in UTF-8 while an importer works on the rest of their record.

Python keeps a text with one emoji at four bytes a character, so 50 MB of a log would be 200. `hold` takes the text and gives an excerpt
to go on with in its place: how it begins, a mark, how it ends. Importers join it, look at its beginning and pass it on like any text;
whoever stores it asks for the whole one. A mark begins with half a surrogate pair, which no text that was read holds: none can be forged,
and SQLite refuses a text in which one was overlooked.
"""

from _thread import get_ident  # what `threading` gives, which takes longer to load
from collections.abc import Callable, Iterable, Iterator

Text = str | bytes | bytearray
"""A text as it is stored: a long one in UTF-8."""

LONG = 4 << 20  # bytes of a line, and of a row, from which on this is worth it
HELD = 16 << 10  # bytes of a text in such a line from which on it is held
EXCERPT = 64 << 10  # bytes of either end that stand in the excerpt at most: more than anyone looks at
SHARE, LEAST = 128, 1 << 10  # and not more than this part of the text, so that many of them take little; but at least so many bytes
PIECE = 256 << 10  # bytes that are worked on at once
_GAP_WITHIN = 4096  # bytes before the end of a piece, in which a space is looked for
_MARK = "\udbff"  # on either side of the key
_held: dict[int, dict[str, bytearray]] = {}  # by the thread that imports, then by the key


def hold(text: bytearray) -> str:
    """Keep a text in UTF-8 and give its excerpt, the same for the same text."""
    try:  # without OpenSSL, see `domain.identity`
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b

    key = blake2b(text, digest_size=16).hexdigest()
    _held.setdefault(get_ident(), {})[key] = text
    return f"{_head(text).decode()}{_MARK}{key}{_MARK}{_tail(text).decode()}"


def is_any_held() -> bool:
    """Whether a text may be an excerpt at all; nearly always False, and cheap."""
    return bool(_held)


def release() -> None:
    """Forget what this thread holds: nothing with an excerpt in it is used any more."""
    _held.pop(get_ident(), None)


def is_excerpt(text: str) -> bool:
    """Whether a part of the text is held."""
    return bool(_held) and _MARK in text


def in_utf8(text: str, escaped: Callable[[str], str] | None = None) -> bytes | bytearray:
    """The whole text. `escaped`: what its surroundings have done to each character of it."""
    if escaped is None and (held := _alone(text)) is not None:
        return held
    whole = bytearray()
    for piece in _pieces(text, escaped):
        whole += piece
    return whole


def whole(text: str, escaped: Callable[[str], str] | None = None) -> str:
    """The same as one str, at whatever it takes."""
    return in_utf8(text, escaped).decode() if is_excerpt(text) else text


def size(text: str) -> int:
    """Bytes of the whole text in UTF-8."""
    return len(in_utf8(text) if is_excerpt(text) else text.encode("utf-8", "replace"))


def in_json(piece: str) -> str:
    """What JSON makes of the characters of a text: an `escaped`."""
    from json import dumps

    return dumps(piece, ensure_ascii=False)[1:-1]


def cut(text: bytes | bytearray, size: int, start: int = 0, stop: int | None = None) -> Iterator[str]:
    """UTF-8 in pieces of about `size` bytes; each ends behind a space, if there is one among its last bytes."""
    stop = len(text) if stop is None else stop
    while stop - start > size:
        end = start + size
        gap = text.rfind(b" ", max(start, end - _GAP_WITHIN), end)
        end = _boundary(text, end) if gap < 0 else gap + 1
        yield text[start:end].decode()
        start = end
    yield text[start:stop].decode()


def _head(text: bytearray) -> bytearray:
    return text[: _boundary(text, _end(text))]


def _tail(text: bytearray) -> bytearray:
    return text[_boundary(text, max(_end(text), len(text) - _end(text))) :]


def _end(text: bytearray) -> int:
    """Bytes of either end that stand in the excerpt."""
    return min(EXCERPT, max(LEAST, len(text) // SHARE))


def _boundary(text: bytes | bytearray, at: int) -> int:
    """Where the character begins that the byte there belongs to."""
    while 0 < at < len(text) and text[at] & 0xC0 == 0x80:
        at -= 1
    return at


def _alone(text: str) -> bytearray | None:
    """The held text that this is the excerpt of, without anything beside it."""
    parts = text.split(_MARK)
    held = _held.get(get_ident(), {}).get(parts[1]) if len(parts) == 3 else None
    return held if held is not None and parts[0].encode() == _head(held) and parts[2].encode() == _tail(held) else None


def _pieces(text: str, escaped: Callable[[str], str] | None) -> Iterable[bytes]:
    texts = _held.get(get_ident(), {})
    for number, part in enumerate(text.split(_MARK)):
        held = texts.get(part) if number % 2 else None
        if held is None:
            yield (f"\ufffd{part}" if number % 2 else part).encode("utf-8", "replace")  # a mark that was cut
            continue
        # what stands at its ends is in the excerpt, where it may have been changed
        for piece in cut(held, PIECE, len(_head(held)), len(held) - len(_tail(held))):
            yield (piece if escaped is None else escaped(piece)).encode()
