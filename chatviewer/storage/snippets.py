"""A few words around what was found, with marks. Made here and not by FTS5's snippet(): a part of a camelCase identifier, or two
characters inside a run of Chinese, stand in another column of the index than the text that a person reads."""

import re
import unicodedata
from functools import lru_cache

from chatviewer.query.nodes import Query
from chatviewer.storage.matching import known_text

MARK, UNMARK = "\x02", "\x03"
BEFORE, LENGTH = 60, 200  # characters
MAX_READ = 2_000_000  # characters of one text
_MAX_MARKS = 24

_UNSAFE = re.compile("[\x02\x03]")


class Snippeter:
    """Makes the snippets of one query."""

    def __init__(self, query: Query) -> None:
        words = [pattern for word in query.words if (pattern := _word_pattern(word))]
        self._whole = re.compile("|".join(rf"(?<![^\W_])(?:{word})" for word in words), re.IGNORECASE) if words else None
        self._inside = re.compile("|".join(words), re.IGNORECASE) if words else None
        self._patterns = [re.compile(source, re.IGNORECASE | re.MULTILINE) for source in query.patterns]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the text matches: the beginnings of words, else also inside of words."""
        if self._whole is None or self._inside is None:
            return [match.span() for pattern in self._patterns if (match := pattern.search(text[:20_000]))]
        folded = fold(text[:MAX_READ])
        for pattern in (self._whole, self._inside):
            found: list[tuple[int, int]] = []
            for match in pattern.finditer(folded):
                if match.end() > match.start():
                    found.append(match.span())
                if len(found) >= 200:
                    break
            if found:
                return found
        return []

    def snippet(self, text: str) -> str | None:
        """The stretch with the most marks; None where nothing matches."""
        spans = self.spans(text)
        if not spans:
            return None
        first = _densest(spans, text)
        return _cut(text, first[0], spans)


def beginning(text: str) -> str:
    """The first words of a text, for a hit that has nothing to mark."""
    return _cut(text, 0, [])


def fold(text: str) -> str:
    """Lower case without accents, of the same length."""
    if text.isascii():
        return text
    return text.translate(_folds(frozenset(character for character in set(text) if not character.isascii())))


@lru_cache(64)
def _folds(characters: frozenset[str]) -> dict[int, str]:
    decomposed = {character: unicodedata.normalize("NFD", character) for character in characters}
    return {ord(character): pair[0] for character, pair in decomposed.items() if len(pair) > 1 and unicodedata.combining(pair[1])}


def _word_pattern(word: str) -> str:
    """The tokens of a word with anything but letters and digits between them, as the index sees it."""
    tokens = known_text(word).split()
    if not tokens:
        return re.escape(fold(word.strip()))
    return r"[\W_]{1,8}".join(re.escape(fold(token)) for token in tokens)


def _densest(spans: list[tuple[int, int]], text: str) -> tuple[int, int]:
    """The match from which most different words are seen."""
    best, best_count = spans[0], 0
    for number, (start, end) in enumerate(spans):
        within = {text[at:to].lower() for at, to in spans[number : number + _MAX_MARKS] if to <= start + LENGTH - BEFORE}
        if len(within) > best_count:
            best, best_count = (start, end), len(within)
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
