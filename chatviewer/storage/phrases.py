"""Phrases in tool output, whose index holds no positions: the index gives the calls that hold all the words, and the text decides.

A text is read as the index reads it: words are runs of letters and digits, case and accents do not count, and the parts of
identifiers are words too (`terms`).
"""

import re
import unicodedata
from functools import lru_cache

from chatviewer.query.nodes import Word
from chatviewer.storage.composing import APART
from chatviewer.storage.encoding import words_in_json
from chatviewer.storage.matching import Choice, Phrase, choices
from chatviewer.storage.snippets import fold
from chatviewer.storage.terms import extra_terms


def encoded(word: Word) -> str:
    """A word as one value for SQL."""
    return f"{int(word.is_prefix)}{int(word.is_phrase)}{word.number}:{word.text}"


@lru_cache(64)
def decoded(code: str) -> list[Choice]:
    """What an `encoded` word is found by."""
    number, _, text = code[2:].partition(":")
    return choices(Word(text, code[0] == "1", code[1] == "1", number))


class CallText:
    """What a call says, by the columns of its index."""

    def __init__(self, tool_name: str, arguments: str, result: str | None, terms: str | None) -> None:
        self._terms = f" {_folded(terms)}" if terms else ""  # each once, in no order
        self._given = [tool_name, words_in_json(arguments), result or ""]
        self._columns = [_folded(column) for column in self._given]
        self._has_terms = False

    def holds_any(self, found: list[Choice]) -> bool:
        """Whether it holds one of the choices."""
        return any(self._holds(choice) if isinstance(choice, Phrase) else all(map(self.holds_any, choice)) for choice in found)

    def _holds(self, phrase: Phrase) -> bool:
        pattern = _pattern(phrase)
        if any(_stands(pattern, column) for column in self._columns):
            return True
        # what the texts do not hold as it stands has a part of an identifier in it
        if self._has_terms or not any(f" {_folded(word)}" in self._terms for word in phrase.words):
            return False
        self._has_terms = True
        self._columns.append(_folded(extra_terms("\n".join(self._given)) or ""))
        return _stands(pattern, self._columns[-1])


def _folded(text: str) -> str:
    if not text.isascii() and APART.search(text):
        text = unicodedata.normalize("NFC", text)
    return fold(text).lower()


@lru_cache(256)
def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """It begins with the first word as it is, by which a text is searched quickly; what stands before that is looked at afterwards."""
    words = r"[\W_]+".join(re.escape(_folded(word)) for word in phrase.words)
    return re.compile(words if phrase.is_beginning else rf"{words}(?![^\W_])")


def _stands(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a word of the text begins where the pattern matches."""
    return any(not (match.start() and text[match.start() - 1].isalnum()) for match in pattern.finditer(text))
