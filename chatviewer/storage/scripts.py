"""Scripts without spaces between their words, emoji, and letters that have no accent to fold: as words for the index.

See `terms`, which describes what becomes of them.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from chatviewer.storage.composing import APART

MAX_RUN = 64  # characters that are looked back from such a character to the beginning of its word
_MAX_KNOWN = 1 << 16  # characters whose kind is remembered

# The characters are written as between the square brackets of an expression. Those of many are looked up, not searched: `re` makes a
# list of all 40,000 of them for each expression, and that takes it 35 ms for what is needed here.

# Scripts that put no spaces between words, and Hangul, whose particles cling to them.
_MARKED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # whose vowels are no letters to Python
_UNSPACED = (
    f"{_MARKED}\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_EMOJI = "\u231a-\u23ff\u25aa-\u27bf\u2b05-\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff"  # without skin tones
# Greek with accents and at the end of a word, Arabic with hamza and stretched: unicode61 folds none of them.
_GREEK = "\u0386\u0388-\u038a\u038c\u038e-\u0390\u03aa-\u03b0\u03c2\u03ca-\u03ce\u1f00-\u1fff"
_ARABIC = "\u0622\u0623\u0625\u0640\u0671"
_LETTERS = f"ёЁßẞæÆœŒøØłŁđĐðÐþÞıŋĳﬀ-ﬆ\uff10-\uff19\uff21-\uff3a\uff41-\uff5a{_GREEK}{_ARABIC}"
# Vowels and signs that are mostly left out in Hebrew and Arabic.
_POINTS = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
# Korean syllables and the voice marks of Japanese as characters of their own, as in file names of macOS.
_APART = "\u1100-\u11ff\u3099\u309a"
# Signs younger than unicode61, which takes them for letters: marks of direction, currencies, arrows, punctuation.
_YOUNG = "\u061c\u2066-\u2069\u20ba-\u20c0\u2b5a-\u2bff\u2e3c-\u2e5d\U0001fb00-\U0001fbca"
_AMONG = f"{_POINTS}{_APART}{_YOUNG}"
_HALF_WIDTH = re.compile("[\uff66-\uff9f]")
_NO_LETTERS = f"{_MARKED}\u30fb\ufa6e\ufa6f\ufada-\ufaff\U00020000-\U0003ffff"  # with all of `_UNSPACED` that may be none
_IN_CHUNK = f"(?:[{_NO_LETTERS}{_EMOJI}{_AMONG}\ufe0f\u200d\U0001f3fb-\U0001f3ff]|[^\\W_]|(?<=[A-Za-z0-9])[._/:@-](?=[A-Za-z0-9]))*"
# Marks that unicode61 takes for spaces: the points above, and Thai, Lao, Burmese and Khmer vowels and tones.
_MARKS = (
    f"[{_POINTS}\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064"
    "\u1067-\u106d\u1071-\u1074\u1082-\u108d\u109a-\u109d\u17b4-\u17d3\u17dd]"
)
_FOLDED = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d"}
    | {"ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ё": "е", "Ё": "е", "ı": "i", "ŋ": "n", "ĳ": "ij"}
    | {"\u03c2": "\u03c3", "\u0622": "\u0627", "\u0623": "\u0627", "\u0625": "\u0627", "\u0671": "\u0627", "\u0640": ""}
    | {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
    | {chr(code): unicodedata.normalize("NFD", chr(code))[0] for code in (*range(0x386, 0x3C2), *range(0x3CA, 0x3CF))}
    | {chr(code): unicodedata.normalize("NFD", chr(code))[0] for code in range(0x1F00, 0x2000)}
    | {chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
)


def _bounds(ranges: str) -> list[int]:
    """The first code of each range and the one behind its last, in their order."""
    found = re.findall("(.)(?:-(.))?", ranges)
    return [bound for first, last in sorted(found) for bound in (ord(first), ord(last or first) + 1)]


def _is_within(bounds: list[int], character: str) -> bool:
    return bisect_right(bounds, ord(character)) % 2 == 1


_UNSPACED_BOUNDS, _EMOJI_BOUNDS = _bounds(_UNSPACED), _bounds(_EMOJI)
_SPECIAL_BOUNDS = _bounds(f"{_UNSPACED}{_EMOJI}{_LETTERS}{_AMONG}")
_LOW = [0, *_SPECIAL_BOUNDS[: bisect_right(_SPECIAL_BOUNDS, 0x3000)]]
_PLAIN = "".join([f"{chr(first)}-{chr(end - 1)}" for first, end in zip(_LOW[::2], _LOW[1::2], strict=False) if first < end])
_CANDIDATE = re.compile(f"[^{_PLAIN}]")  # what may need care: below U+3000, where most alphabets are, just what does


def find_special(text: str, start: int = 0) -> int:
    """Where the first character stands that needs care, -1 where there is none."""
    for found in _CANDIDATE.finditer(text, start):
        if _is_within(_SPECIAL_BOUNDS, found.group()):
            return found.start()
    return -1


def has_unspaced(text: str) -> bool:
    """Whether it holds characters of scripts that put no spaces between words."""
    return any(_is_within(_UNSPACED_BOUNDS, character) for character in text)


class _Kinds(dict[str, str]):
    """What a character is within a chunk, "" for what stands between its parts. By the character: it is found out once."""

    def __missing__(self, character: str) -> str:
        if len(self) >= _MAX_KNOWN:
            self.clear()
        kind = "word" if character.isalnum() else ""
        for name, bounds in (("unspaced", _UNSPACED_BOUNDS), ("emoji", _EMOJI_BOUNDS)):
            if _is_within(bounds, character):
                kind = name
        self[character] = kind
        return kind


_kinds = _Kinds()


@cache
def _clinging() -> re.Pattern[str]:
    """What clings to such a character: `用Python写` is one word to unicode61, and so is the beginning of `用axios.get`."""
    return re.compile(_IN_CHUNK)


@cache
def _marks() -> re.Pattern[str]:
    return re.compile(_MARKS)


def _pieces(chunk: str) -> list[tuple[str, str]]:
    """What a chunk is made of, each with its kind: runs of unspaced script, emoji one by one, words."""
    if _HALF_WIDTH.search(chunk):
        chunk = unicodedata.normalize("NFKC", chunk)
    elif APART.search(chunk):
        chunk = unicodedata.normalize("NFC", chunk)
    pieces: list[tuple[str, str]] = []
    for kind, characters in groupby(_marks().sub("", chunk), _kinds.__getitem__):
        if kind == "emoji":
            pieces += [(kind, character) for character in characters]
        elif kind:
            pieces.append((kind, "".join(characters)))
    return pieces


def query_parts(word: str) -> tuple[list[str], bool] | None:
    """The words that a typed word stands for, as a phrase, and whether the last one is a beginning only. None: it is a plain word."""
    bounds = list(chunks(word))
    if not bounds or any(character.isalnum() for character in _outside(word, bounds)):
        return None
    found = [word[start:end] for start, end in bounds]
    parts = [part for chunk in found[:-1] for part in chunk_parts(chunk, is_end_open=False)]
    last = chunk_parts(found[-1], is_end_open=True)
    pieces = _pieces(found[-1])
    is_beginning = bool(pieces) and pieces[-1][0] == "unspaced" and len(pieces[-1][1]) == 1
    return ([*parts, *last], is_beginning) if last else None


def chunks(text: str) -> Iterator[tuple[int, int]]:
    """Where characters that need care stand, each with the word around it. First the character, then both ways."""
    done = 0
    while (at := find_special(text, done)) >= 0:
        ahead = _clinging().match(text, at)
        behind = _clinging().match(text[max(done, at - MAX_RUN) : at][::-1])
        start = at - behind.end() if behind else at
        done = max(at + 1, ahead.end() if ahead else 0)
        yield start, done


def _outside(text: str, bounds: list[tuple[int, int]]) -> str:
    edges = [0, *(edge for pair in bounds for edge in pair), len(text)]
    return "".join(text[edges[number] : edges[number + 1]] for number in range(0, len(edges), 2))


def chunk_parts(chunk: str, *, is_end_open: bool) -> list[str]:
    """The parts of a chunk of unspaced script, emoji and letters. With an open end the text may go on where the chunk ends."""
    parts: list[str] = []
    pieces = _pieces(chunk)
    for number, (kind, text) in enumerate(pieces, start=1):
        if kind == "emoji":
            parts.append(f"u{ord(text):x}")
        elif kind == "word":
            parts.append(text.translate(_FOLDED))
        else:
            parts += [text[at : at + 2] for at in range(len(text) - 1)]
            if number < len(pieces) or not is_end_open or len(text) == 1:
                parts.append(text[-1])
    return parts
