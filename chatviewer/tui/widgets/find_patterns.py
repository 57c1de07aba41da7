"""What is looked for in the rows of a transcript, as regular expressions."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from chatviewer.domain import safe

_GAP = r"(?:[ ]*\n[ ▎↪│]*)?"  # where a row ends in the middle of something
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"  # Thai, Han, kana, Hangul
_BEGINNING = rf"(?:(?<![^\W_])|(?<=\d)(?!\d)|(?<!\d)(?=\d)|(?=[{_UNSPACED}])|(?-i:(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])))"


def find_pattern(text: str, letter: Callable[[str], str] = re.escape) -> re.Pattern[str] | None:
    """Finds the text in rows as they are on the screen: over the ends of rows, in any case. None for blank text."""
    text = safe(text).strip()
    if not text:
        return None
    words = [_GAP.join(letter(character) for character in word) for word in text.split()]
    return re.compile(r"[\s▎↪│]+".join(words), re.IGNORECASE)


def words_pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Finds any of the words of a search where the index finds them: where a word or a part of a name begins, with any accents."""
    patterns = [pattern.pattern for word in words if (pattern := find_pattern(word.rstrip("*"), _with_accents))]
    return re.compile("|".join(_BEGINNING + one for one in sorted(patterns, key=len, reverse=True)), re.IGNORECASE) if patterns else None


def _with_accents(character: str) -> str:
    """A Latin letter with or without accents, anything else as it is."""
    base = unicodedata.normalize("NFD", character)[0].lower()
    accented = _accented().get(base)
    return f"[{base}{accented}][\u0300-\u036f]*" if accented else re.escape(character)


@cache
def _accented() -> dict[str, str]:
    """By letter, those that are this letter with an accent."""
    found: dict[str, str] = {}
    for number in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        parts = unicodedata.normalize("NFD", chr(number))
        if len(parts) > 1 and "a" <= parts[0] <= "z":
            found[parts[0]] = found.get(parts[0], "") + chr(number)
    return found
