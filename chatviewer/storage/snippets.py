"""A few words around what was found, with marks. Made here and not by FTS5's snippet(): a part of a camelCase identifier, or two
characters inside a run of Chinese, stand in another column of the index than the text that a person reads."""

from __future__ import annotations

from itertools import islice

from chatviewer.query.nodes import Query, Word, positive_leaves
from chatviewer.storage.matching import known_text
from chatviewer.storage.prose import stretch

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

MARK, UNMARK = "\x02", "\x03"
BEFORE, LENGTH = 60, 200  # characters
FIRST_READ = 10_000  # characters of one text; the rest only where these hold nothing
MAX_READ = 2_000_000
MAX_APART = 200_000  # of one whose accents stand apart
MAX_SPANS = 60
PATTERN_SECONDS = 0.03  # for the places of patterns in all texts; what is not found by then has no marks
_MAX_TRIED = 24  # matches

# Latin, Greek and Cyrillic; the index folds no others
_ACCENTED = (("\u00c0", "\u024f"), ("\u0386", "\u03ce"), ("\u0400", "\u045f"), ("\u1e00", "\u1fff"))
# Letters beyond ASCII without their accents, as they were met; first those that have no accent to take off.
_bases: dict[str, str] = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "ſ": "s", "\u03c2": "\u03c3"}
# Letters that the index knows as two, either way; and the signs that it drops from Hebrew and Arabic.
_DOUBLES = (
    *(("ss", "(?:ss|ß|ẞ)"), ("ß", "(?:ss|ß|ẞ)"), ("ae", "(?:ae|æ)"), ("oe", "(?:oe|œ)"), ("th", "(?:th|þ)")),
    *(("ffi", "(?:ffi|ﬃ)"), ("ffl", "(?:ffl|ﬄ)"), ("ff", "(?:ff|ﬀ)"), ("fi", "(?:fi|ﬁ)"), ("fl", "(?:fl|ﬂ)")),
)
_LIGATURES = frozenset("ßẞæÆœŒþÞﬀﬁﬂﬃﬄ")  # of those the single letters: all that a word of ASCII may be written with besides
_POINTED = ("\u05d0", "\u06d5")
_POINTS = "[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]*"

Span = tuple[int, int]


class Snippeter:
    """Makes the snippets of one query."""

    def __init__(self, query: Query) -> None:
        self._words = list(filter(None, map(_in_one, map(str.strip, query.words))))
        self._sources = query.patterns
        self._deadline = 0.0  # for patterns; set when the first is looked for
        tokens = [known_text(word).split() for word in self._words]
        # Single words are looked for without patterns: `re` would cost a short command a tenth of its time.
        is_plain = all(len(each) == 1 and each[0].isascii() for each in tokens)
        self._plain = [each[0].lower() for each in tokens] if is_plain else []
        self._open = {leaf.text.lower() for leaf in positive_leaves(query.node) if isinstance(leaf, Word) and leaf.is_prefix}
        self._compiled: list[re.Pattern[str]] | None = None

    def spans(self, text: str) -> list[Span]:
        """Where the text matches: the beginnings of words, else also inside of words."""
        for length in (FIRST_READ, MAX_READ) if self._words else ():
            part = text[:length]
            if found := self._spans_in(fold(part)) or self._spans_apart(part[:MAX_APART]):
                return found
            if len(text) <= length:
                break
        if not self._sources:
            return []
        import time

        from chatviewer.storage.patterns import first_match

        self._deadline = self._deadline or time.monotonic() + PATTERN_SECONDS
        return list(filter(None, (first_match(source, text[:20_000], self._deadline) for source in self._sources)))

    def _spans_in(self, folded: str) -> list[Span]:
        if self._plain:
            lower = folded.lower()
            if len(lower) == len(folded):
                found = sorted((span for word in self._plain for span in self._best_of(word, folded, lower)), key=_in_order)
                if found or _LIGATURES.isdisjoint(folded):
                    return _apart(found)
        for pattern in self._patterns():
            if found := [match.span() for match in islice(pattern.finditer(folded), MAX_SPANS) if match.end() > match.start()]:
                return found
        return []

    def _best_of(self, word: str, folded: str, lower: str) -> list[Span]:
        """Where a word stands by itself, else as a part of an identifier, else where words begin with it, else anywhere."""
        found = _plain_spans(lower, word)
        begun = [span for span in found if not lower[span[0] - 1 : span[0]].isalnum()]
        if word in self._open:
            return begun or found
        whole = [span for span in begun if not lower[span[1] : span[1] + 1].isalnum()]
        return whole or [span for span in found if _is_known(folded, *span, is_open=False)] or begun or found

    def is_known_in(self, text: str) -> bool:
        """Whether a text may hold the only word that is looked for as the index knows it, and not as a part of others alone."""
        if len(self._plain) != 1:
            return True
        folded = fold(text[:FIRST_READ])
        found = _plain_spans(folded.lower(), self._plain[0])
        return any(_is_known(folded, *span, is_open=self._plain[0] in self._open) for span in found)

    def _spans_apart(self, text: str) -> list[Span]:
        """Where it matches but for accents that stand behind their letters."""
        if text.isascii():
            return []
        import unicodedata

        if unicodedata.is_normalized("NFKC", text):
            return []
        from chatviewer.storage.composing import composed_places

        found = composed_places(text)
        if found is None:
            return []
        whole, places = found
        return [(places[start], places[end]) for start, end in self._spans_in(fold(whole))]

    def _patterns(self) -> list[re.Pattern[str]]:
        """What finds the words, where they begin, then anywhere, then in other letters."""
        if self._compiled is None:
            import re

            words = list(map(_word_pattern, self._words))
            loose = map(_loose_pattern, self._words) if any(map(_has_other_letters, self._words)) else ()
            sources = list(filter(None, ("|".join(rf"(?<![^\W_])(?:{word})" for word in words), "|".join(words), "|".join(loose))))
            self._compiled = [re.compile(source, re.IGNORECASE) for source in sources]
        return self._compiled

    def snippet(self, text: str, writer: str = "") -> str | None:
        """The stretch with the most marks; None where nothing matches. `writer`: whose Markdown it is, if it is Markdown."""
        spans = self.spans(text)
        if not spans:
            return None
        first = _densest(spans, text, len(self._words))
        return _cut(text, first[0], spans, writer)


def _in_one(word: str) -> str:
    if word.isascii():
        return word
    from chatviewer.storage.composing import composed

    return composed(word)


def beginning(text: str, writer: str = "") -> str:
    """The first words of a text, for a hit that has nothing to mark."""
    return _cut(text, 0, [], writer)


def fold(text: str) -> str:
    """The text without accents, of the same length."""
    if text.isascii():
        return text
    for character in set(text):
        if character > "\x7f" and (base := _bases.get(character) or _base(character)) != character:
            text = text.replace(character, base)
    return text


def _base(character: str) -> str:
    """A letter without its accent; anything else as it is. Remembered."""
    base = character
    if any(low <= character <= high for low, high in _ACCENTED):
        import unicodedata

        parts = unicodedata.normalize("NFD", character)
        base = parts[0] if len(parts) > 1 and unicodedata.combining(parts[1]) else character
    elif "\uff10" <= character <= "\uff5a":
        base = chr(ord(character) - 0xFEE0)  # of full width
    if len(_bases) < 10_000:
        _bases[character] = base
    return base


def _in_order(span: Span) -> Span:
    return span[0], -span[1]


def _is_known(text: str, start: int, end: int, *, is_open: bool) -> bool:
    """Whether this is a word of the index, or a part of an identifier: letters and digits end, or their kind changes."""
    before, first, last, after = text[start - 1 : start], text[start : start + 1], text[end - 1 : end], text[end : end + 1]
    begins = not before.isalnum() or (first.isupper() and not before.isupper()) or first.isdigit() != before.isdigit()
    return begins and (is_open or not after.isalnum() or after.isupper() or last.isdigit() != after.isdigit())


def _plain_spans(lower: str, word: str) -> list[Span]:
    """Where a word stands; beyond `MAX_SPANS` places only where one begins with it."""
    found: list[Span] = []
    at = lower.find(word)
    while at >= 0 and len(found) < 4 * MAX_SPANS:
        if len(found) < MAX_SPANS or not lower[at - 1 : at].isalnum():
            found.append((at, at + len(word)))
        at = lower.find(word, at + len(word))
    return found


def _apart(spans: list[Span]) -> list[Span]:
    """The first of those that overlap, at most `MAX_SPANS`."""
    found: list[Span] = []
    for span in spans:
        if not found or span[0] >= found[-1][1]:
            found.append(span)
    return found[:MAX_SPANS]


def _word_pattern(word: str) -> str:
    """The tokens of a word with anything but letters and digits between them, as the index sees it."""
    import re

    tokens = known_text(word).split()
    if not tokens:
        return re.escape(fold(word.strip()))
    return r"[\W_]{1,8}".join(re.escape(fold(token)) for token in tokens)


def _has_other_letters(word: str) -> bool:
    """Whether a word may be written in other letters than its own."""
    low, high = _POINTED
    return any(letters in word.lower() for letters, _ in _DOUBLES) or any(low <= letter <= high for letter in word)


def _loose_pattern(word: str) -> str:
    """The tokens of a word in all the ways of writing that the index takes for the same."""
    import re

    known = dict(_DOUBLES)
    pattern = re.sub("|".join(known), lambda found: known[found[0].lower()], _word_pattern(word), flags=re.IGNORECASE)
    low, high = _POINTED
    return "".join(f"{letter}{_POINTS}" if low <= letter <= high else letter for letter in pattern)


def _densest(spans: list[Span], text: str, word_count: int) -> tuple[int, int]:
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


def _cut(text: str, at: int, spans: list[Span], writer: str) -> str:
    """About `LENGTH` characters around a place, cut between words, on one line, matches between marks."""
    is_begun = is_cut = False
    if writer:
        text, at, spans, is_begun, is_cut = stretch(text, at, spans, BEFORE, LENGTH, is_reply=writer == "assistant")
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
    return f"{'…' if start or is_begun else ''}{line}{'…' if end < len(text) or is_cut else ''}"


def _clean(text: str) -> str:
    return text.replace(MARK, " ").replace(UNMARK, " ")
