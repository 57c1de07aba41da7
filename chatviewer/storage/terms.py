"""What FTS5's unicode61 tokenizer alone would not find, as words in a column of their own.

unicode61 splits at everything that is no letter or digit, and folds case and accents. So `snake_case`, `a/b/c.py:42`, `1.2.3`,
UUIDs and addresses are found by their parts and, as phrases, by their whole. What it keeps in one piece is split here, the same way
for the text that is indexed and for the text that is searched:

* `getUserName` and `HTTPServer2`: at changes of case, and between letters and digits
* a run of Chinese, Japanese, Korean or Thai: into pairs of neighbours, and the last character alone, so that any two characters
  that stand side by side are found, and any single one as the beginning of a pair
* emoji, which it drops: as a word such as u1f389
* letters that have no accent to fold: ß, ø, ł, æ, full width letters
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_MAX_RUN = 64  # characters; longer ones are data, not identifiers
_MAX_TERMS = 200_000  # characters for one text: a pasted dictionary must not double the index

# A place inside a run of letters and digits where a new word begins.
_TRIGGER = re.compile(r"(?<=[a-z])[A-Z]|(?<=[A-Za-z])[0-9]|(?<=[A-Z])[A-Z](?=[a-z])")
_BORDERS = (b"aA", b"a0", b"A0", b"AAa")  # the same in the shape of a text
_ASCII = bytes(range(128))
_SHAPES = bytes(
    ord("a" if chr(code).islower() else "A" if chr(code).isupper() else "0" if chr(code).isdigit() else "." if code == 46 else " ")
    if code < 128
    else 32
    for code in range(256)
)
_RUN = re.compile(r"[A-Za-z0-9]+")
_DOTTED = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HEXADECIMAL = re.compile(r"[0-9a-f]{6,}|[0-9A-F]{6,}")

# Scripts that put no spaces between words, and Hangul, whose particles cling to them.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_EMOJI = "\u231a-\u23ff\u25aa-\u27bf\u2b05-\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff"  # without skin tones
_LETTERS = "ёЁßẞæÆœŒøØłŁđĐðÐþÞıŋĳﬀ-ﬆ\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_SPECIAL = re.compile(f"[{_UNSPACED}{_EMOJI}{_LETTERS}]")
_IN_CHUNK = f"(?:[{_UNSPACED}{_EMOJI}\ufe0f\u200d\U0001f3fb-\U0001f3ff]|[^\\W_]|(?<=[A-Za-z0-9])[._/:@-](?=[A-Za-z0-9]))*"
# What clings to such a character: `用Python写` is one word to unicode61, and so is the beginning of `用axios.get`.
_CLINGING = re.compile(_IN_CHUNK)
_CHUNK_PART = re.compile(f"(?P<unspaced>[{_UNSPACED}]+)|(?P<emoji>[{_EMOJI}])|(?P<word>(?:(?![{_UNSPACED}{_EMOJI}])[^\\W_])+)")
# Marks that unicode61 takes for spaces: Thai, Lao, Burmese and Khmer vowels and tones.
_MARKS = re.compile(
    "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d"
    "\u1071-\u1074\u1082-\u108d\u109a-\u109d\u17b4-\u17d3\u17dd]"
)
_FOLDED = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d"}
    | {"ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ё": "е", "Ё": "е", "ı": "i", "ŋ": "n", "ĳ": "ij"}
    | {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
    | {chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
)


def extra_terms(text: str) -> str | None:
    """The words to index beside a text, in its order, each identifier once; None when there are none."""
    found = dict.fromkeys(_identifiers(text))
    terms = [parts for identifier in found if (parts := _identifier_parts(identifier))]
    if not text.isascii() and _SPECIAL.search(_not_ascii(text)):
        for chunk in dict.fromkeys(text[start:end] for start, end in _chunks(text)):
            terms += _chunk_parts(chunk, is_end_open=False)
    if not terms:
        return None
    joined = " ".join(terms)
    return joined if len(joined) <= _MAX_TERMS else joined[:_MAX_TERMS].rpartition(" ")[0]


def _not_ascii(text: str) -> str:
    """What is left of a text without its ASCII characters: little, mostly, and so quickly searched."""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


def _identifiers(text: str) -> Iterator[str]:
    """The dotted identifiers that hold more than one word, in their order.

    Found in the shape of the text, where every letter is one of two and every digit the same: searching that for a few fixed
    pieces takes a third of the time of a regular expression, and this is done for every byte that is imported.
    """
    shape = text.encode("ascii", "replace").translate(_SHAPES)
    find, find_back = shape.find, shape.rfind
    length = len(shape)
    spans: dict[int, int] = {}
    for border in _BORDERS:
        at = find(border)
        while at >= 0:
            end = find(b" ", at)
            if end < 0:
                end = length
            spans[find_back(b" ", 0, at) + 1] = end
            at = find(border, end)
    for start, end in sorted(spans.items()):
        span = text[start:end]
        if span[0] != "." and span[-1] != "." and ".." not in span:
            if end - start <= _MAX_RUN:
                yield span
        else:
            yield from (piece for piece in _DOTTED.findall(span) if len(piece) <= _MAX_RUN and _TRIGGER.search(piece))


def query_terms(word: str) -> tuple[list[str], bool] | None:
    """The words in the column of terms that a typed word stands for, as a phrase, and whether the last one is a beginning only.

    None when the tokenizer alone reads the word as it was meant.
    """
    if word.isascii():
        runs = _RUN.findall(word)
        split = [part for run in runs for part in _PART.findall(run)]
        return (split, False) if len(split) > len(runs) else None
    bounds = list(_chunks(word))
    if not bounds or any(character.isalnum() for character in _outside(word, bounds)):
        return None
    chunks = [word[start:end] for start, end in bounds]
    parts = [part for chunk in chunks[:-1] for part in _chunk_parts(chunk, is_end_open=False)]
    last = _chunk_parts(chunks[-1], is_end_open=True)
    pieces = list(_CHUNK_PART.finditer(_MARKS.sub("", chunks[-1])))
    is_beginning = bool(pieces) and pieces[-1].lastgroup == "unspaced" and len(pieces[-1].group()) == 1
    return ([*parts, *last], is_beginning) if last else None


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Where characters that need care stand, each with the word around it. As above: first the character, then both ways."""
    done = 0
    special = _SPECIAL.search(text)
    while special is not None:
        at = special.start()
        ahead = _CLINGING.match(text, at)
        behind = _CLINGING.match(text[max(done, at - _MAX_RUN) : at][::-1])
        start = at - behind.end() if behind else at
        done = max(at + 1, ahead.end() if ahead else 0)
        yield start, done
        special = _SPECIAL.search(text, done)


def _outside(text: str, bounds: list[tuple[int, int]]) -> str:
    edges = [0, *(edge for pair in bounds for edge in pair), len(text)]
    return "".join(text[edges[number] : edges[number + 1]] for number in range(0, len(edges), 2))


@lru_cache(20_000)  # the same names come again and again
def _identifier_parts(identifier: str) -> str:
    """The parts of an identifier, or ""  where it is a number with its unit, a hash or encoded data."""
    parts: list[str] = []
    has_split = False
    for run in identifier.split("."):
        if run[:2] in ("0x", "0X") and len(run) > 3:
            parts.append(run[2:])
            has_split = True
        elif run[:1].isdigit() or _HEXADECIMAL.fullmatch(run):
            parts.append(run)
        else:
            split = _PART.findall(run)
            is_data = len(run) >= 10 and len(split) * 2.4 > len(run)
            parts += [run] if is_data else split
            has_split = has_split or (len(split) > 1 and not is_data)
    return " ".join(parts) if has_split else ""


def _chunk_parts(chunk: str, *, is_end_open: bool) -> list[str]:
    """The parts of a chunk of unspaced script, emoji and letters. With an open end the text may go on where the chunk ends."""
    parts: list[str] = []
    pieces = list(_CHUNK_PART.finditer(_MARKS.sub("", chunk)))
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
