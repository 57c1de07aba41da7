"""A few words around what was found, with marks. Made here and not by FTS5's snippet(): a part of a camelCase identifier, or two
characters inside a run of Chinese, stand in another column of the index than the text that a person reads."""

import re
import unicodedata
from itertools import islice

from chatviewer.query.nodes import Query
from chatviewer.storage.matching import known_text

MARK, UNMARK = "\x02", "\x03"
BEFORE, LENGTH = 60, 200  # characters
FIRST_READ = 10_000  # characters of one text; the rest only where these hold nothing
MAX_READ = 2_000_000
MAX_SPANS = 60
_MAX_TRIED = 24  # matches

# Latin, Greek and Cyrillic; the index folds no others
_ACCENTED = re.compile("[\u00c0-\u024f\u0386-\u03ce\u0400-\u045f\u1e00-\u1fff]")
_UNSAFE = re.compile("[\x02\x03]")


class Snippeter:
    """Makes the snippets of one query."""

    def __init__(self, query: Query) -> None:
        words = [pattern for word in query.words if (pattern := _word_pattern(word))]
        self._whole = re.compile("|".join(rf"(?<![^\W_])(?:{word})" for word in words), re.IGNORECASE) if words else None
        self._inside = re.compile("|".join(words), re.IGNORECASE) if words else None
        self._word_count = len(words)
        self._patterns = [re.compile(source, re.IGNORECASE | re.MULTILINE) for source in query.patterns]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the text matches: the beginnings of words, else also inside of words."""
        if self._whole is None or self._inside is None:
            return [match.span() for pattern in self._patterns if (match := pattern.search(text[:20_000]))]
        for length in (FIRST_READ, MAX_READ):
            folded = fold(text[:length])
            for pattern in (self._whole, self._inside):
                if found := [match.span() for match in islice(pattern.finditer(folded), MAX_SPANS) if match.end() > match.start()]:
                    return found
            if len(text) <= length:
                break
        return []

    def snippet(self, text: str) -> str | None:
        """The stretch with the most marks; None where nothing matches."""
        spans = self.spans(text)
        if not spans:
            return None
        first = _densest(spans, text, self._word_count)
        return _cut(text, first[0], spans)


def beginning(text: str) -> str:
    """The first words of a text, for a hit that has nothing to mark."""
    return _cut(text, 0, [])


def fold(text: str) -> str:
    """The text without accents, of the same length."""
    return text if text.isascii() else _ACCENTED.sub(_without_accent, text)


def _without_accent(match: re.Match[str]) -> str:
    character = match.group()
    parts = unicodedata.normalize("NFD", character)
    return parts[0] if len(parts) > 1 and unicodedata.combining(parts[1]) else character


def _word_pattern(word: str) -> str:
    """The tokens of a word with anything but letters and digits between them, as the index sees it."""
    tokens = known_text(word).split()
    if not tokens:
        return re.escape(fold(word.strip()))
    return r"[\W_]{1,8}".join(re.escape(fold(token)) for token in tokens)


def _densest(spans: list[tuple[int, int]], text: str, word_count: int) -> tuple[int, int]:
    """The match from which most different words are seen."""
    words = [text[start:end].lower() for start, end in spans]
    best, best_count = spans[0], 0
    for number, (start, end) in enumerate(spans[:_MAX_TRIED]):
        edge = start + LENGTH - BEFORE
        seen: set[str] = set()
        for other in range(number, len(spans)):
            if spans[other][1] > edge or len(seen) == word_count:
                break
            seen.add(words[other])
        if len(seen) > best_count:
            best, best_count = (start, end), len(seen)
        if best_count >= word_count:
            break
    return best


def _cut(text: str, at: int, spans: list[tuple[int, int]]) -> str:
    """About `LENGTH` characters around a place, cut between words, on one line, matches between marks."""
    start = max(0, at - BEFORE)
    if start:
        space = text.find(" ", start, at)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + LENGTH)
    if end < len(text):
        space = text.rfind(" ", max(start, at) + 1, end)
        end = space if space > start + LENGTH // 2 else end
    pieces: list[str] = []
    here = start
    for low, high in spans:
        if low < here or low >= end:
            continue
        high = min(high, end)
        pieces += (_clean(text[here:low]), MARK, _clean(text[low:high]), UNMARK)
        here = high
    pieces.append(_clean(text[here:end]))
    line = " ".join("".join(pieces).split())
    return f"{'…' if start else ''}{line}{'…' if end < len(text) else ''}"


def _clean(text: str) -> str:
    return _UNSAFE.sub(" ", text)
