"""Scripts without spaces between their words, emoji, and letters that have no accent to fold: as words for the index.

See `terms`, which describes what becomes of them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from chatviewer.storage.composing import APART

MAX_RUN = 64  # characters that are looked back from such a character to the beginning of its word

# Scripts that put no spaces between words, and Hangul, whose particles cling to them.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
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
SPECIAL = re.compile(f"[{_UNSPACED}{_EMOJI}{_LETTERS}{_AMONG}]")
UNSPACED = re.compile(f"[{_UNSPACED}]")
_HALF_WIDTH = re.compile("[\uff66-\uff9f]")
_IN_CHUNK = f"(?:[{_UNSPACED}{_EMOJI}{_AMONG}\ufe0f\u200d\U0001f3fb-\U0001f3ff]|[^\\W_]|(?<=[A-Za-z0-9])[._/:@-](?=[A-Za-z0-9]))*"
_CHUNK_PART = f"(?P<unspaced>[{_UNSPACED}]+)|(?P<emoji>[{_EMOJI}])|(?P<word>(?:(?![{_UNSPACED}{_EMOJI}])[^\\W_])+)"
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


@cache
def _clinging() -> re.Pattern[str]:
    """What clings to such a character: `用Python写` is one word to unicode61, and so is the beginning of `用axios.get`."""
    return re.compile(_IN_CHUNK)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The parts of a chunk, and the marks in it. Large: compiled for the first text that holds such a character."""
    return re.compile(_CHUNK_PART), re.compile(_MARKS)


def _pieces(chunk: str) -> list[re.Match[str]]:
    part, marks = _patterns()
    if _HALF_WIDTH.search(chunk):
        chunk = unicodedata.normalize("NFKC", chunk)
    elif APART.search(chunk):
        chunk = unicodedata.normalize("NFC", chunk)
    return list(part.finditer(marks.sub("", chunk)))


def query_parts(word: str) -> tuple[list[str], bool] | None:
    """The words that a typed word stands for, as a phrase, and whether the last one is a beginning only. None: it is a plain word."""
    bounds = list(chunks(word))
    if not bounds or any(character.isalnum() for character in _outside(word, bounds)):
        return None
    found = [word[start:end] for start, end in bounds]
    parts = [part for chunk in found[:-1] for part in chunk_parts(chunk, is_end_open=False)]
    last = chunk_parts(found[-1], is_end_open=True)
    pieces = _pieces(found[-1])
    is_beginning = bool(pieces) and pieces[-1].lastgroup == "unspaced" and len(pieces[-1].group()) == 1
    return ([*parts, *last], is_beginning) if last else None


def chunks(text: str) -> Iterator[tuple[int, int]]:
    """Where characters that need care stand, each with the word around it. First the character, then both ways."""
    done = 0
    special = SPECIAL.search(text)
    while special is not None:
        at = special.start()
        ahead = _clinging().match(text, at)
        behind = _clinging().match(text[max(done, at - MAX_RUN) : at][::-1])
        start = at - behind.end() if behind else at
        done = max(at + 1, ahead.end() if ahead else 0)
        yield start, done
        special = SPECIAL.search(text, done)


def _outside(text: str, bounds: list[tuple[int, int]]) -> str:
    edges = [0, *(edge for pair in bounds for edge in pair), len(text)]
    return "".join(text[edges[number] : edges[number + 1]] for number in range(0, len(edges), 2))


def chunk_parts(chunk: str, *, is_end_open: bool) -> list[str]:
    """The parts of a chunk of unspaced script, emoji and letters. With an open end the text may go on where the chunk ends."""
    parts: list[str] = []
    pieces = _pieces(chunk)
    for number, piece in enumerate(pieces, start=1):
        text = piece.group()
        if piece.lastgroup == "emoji":
            parts.append(f"u{ord(text):x}")
        elif piece.lastgroup == "word":
            parts.append(text.translate(_FOLDED))
        else:
            parts += [text[at : at + 2] for at in range(len(text) - 1)]
            if number < len(pieces) or not is_end_open or len(text) == 1:
                parts.append(text[-1])
    return parts
