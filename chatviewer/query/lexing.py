"""Typed text as tokens. One pass, no regular expressions; whatever is typed gives tokens, never an exception."""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple
from chatviewer.domain.surrogates import storable
from chatviewer.query.nodes import Pattern, Word

MAX_CHARACTERS = 10_000
MAX_TOKENS = 200

_LONGEST_NAME = 20  # characters; no field's name is longer
_NEGATABLE = '"(/#@_$'  # besides letters and digits: `->` and `--option` are words


class FieldText(NamedTuple):
    """A field as typed: its values are split at commas and unquoted, not yet understood."""

    name: str
    values: tuple[str, ...]


class Token(NamedTuple):
    """`kind` is one of `(`, `)`, `-`, `OR`, `AND`, `NOT` and `leaf`. The text from `position` to `end` is it."""

    position: int
    kind: str
    leaf: Word | Pattern | FieldText | None = None
    end: int = 0


class Lexer:
    """Reads the tokens of one text. `problems` as in `Query`."""

    def __init__(self, text: str) -> None:
        self.problems: list[tuple[int, str]] = []
        if len(text) > MAX_CHARACTERS:
            self.problems.append((MAX_CHARACTERS, f"only the first {MAX_CHARACTERS:,} characters count"))
            text = text[:MAX_CHARACTERS]
        self._text = storable(text.replace("\0", " "))
        self._at = 0
        self._open = 0

    def tokens(self) -> list[Token]:
        """All tokens, at most `MAX_TOKENS` leaves."""
        found: list[Token] = []
        leaf_count = 0
        text = self._text
        while True:
            while self._at < len(text) and text[self._at].isspace():
                self._at += 1
            if self._at == len(text):
                return found
            token = self._next()
            if token is None:
                continue
            if token.leaf is not None:
                leaf_count += 1
                if leaf_count > MAX_TOKENS:
                    self.problems.append((token.position, f"only the first {MAX_TOKENS} words count"))
                    return found
            found.append(token._replace(end=self._at))

    def _next(self) -> Token | None:
        text, at = self._text, self._at
        first = text[at]
        following = text[at + 1 : at + 2]
        if first == "(":
            self._at += 1
            self._open += 1
            return Token(at, "(")
        if first == ")":
            self._at += 1
            if not self._open:
                self.problems.append((at, "this parenthesis closes nothing"))
                return None
            self._open -= 1
            return Token(at, ")")
        if first == "-" and following and (following.isalnum() or following in _NEGATABLE or following > "\x7f"):
            self._at += 1
            return Token(at, "-")
        leaf = self._phrase() if first == '"' else (self._pattern() if first == "/" else None) or self._field() or self._word()
        if isinstance(leaf, str):
            return Token(at, leaf)
        return None if leaf is None else Token(at, "leaf", leaf)

    def _phrase(self) -> Word | None:
        start = self._at
        text = self._quoted()
        is_prefix = self._text[self._at : self._at + 1] == "*"
        if is_prefix:
            self._at += 1
        if text.strip():
            return Word(text, is_prefix, is_phrase=True)
        self.problems.append((start, "nothing stands between these quotes"))
        return None

    def _quoted(self) -> str:
        """The text between the quote here and the next one; without a next one, to the end."""
        start = self._at
        end = self._text.find('"', start + 1)
        if end < 0:
            self.problems.append((start, "this quote is not closed"))
            end = len(self._text)
        self._at = min(end + 1, len(self._text))
        return self._text[start + 1 : end]

    def _pattern(self) -> Pattern | None:
        """`/a pattern/`, where what follows the second slash is a space or the end: a path is no pattern."""
        text = self._text
        end = self._at + 1
        while end < len(text) and text[end] != "/":
            end += 2 if text[end] == "\\" else 1
        if end >= len(text) or end == self._at + 1 or not self._is_end(end + 1):
            return None
        source = text[self._at + 1 : end].replace("\\/", "/")
        self._at = end + 1
        return Pattern(source)

    def _is_end(self, at: int) -> bool:
        return at >= len(self._text) or self._text[at].isspace() or (self._text[at] == ")" and self._open > 0)

    def _field(self) -> FieldText | None:
        """`name:value,value`, if that is the name of a field and a value follows."""
        text = self._text
        colon = text.find(":", self._at, self._at + _LONGEST_NAME + 1)
        if colon < 0:
            return None
        from chatviewer.query.fields import FIELDS  # not for plain words

        name = text[self._at : colon].lower()
        if name not in FIELDS or self._is_end(colon + 1):
            return None
        self._at = colon + 1
        values: list[str] = []
        while True:
            values.append(self._quoted() if text[self._at : self._at + 1] == '"' else self._bare(","))
            if text[self._at : self._at + 1] != ",":
                break
            self._at += 1
        return FieldText(name, tuple(value for value in values if value))

    def _word(self) -> Word | str | None:
        word = self._bare("")
        if word in ("OR", "AND", "NOT"):
            return word
        is_prefix = len(word) > 1 and word.endswith("*") and word.strip("*") != ""
        return Word(word.rstrip("*") if is_prefix else word, is_prefix)

    def _bare(self, stops: str) -> str:
        """Up to a space, a stop, or a parenthesis that closes a group: `foo.bar()` is one word."""
        text, start = self._text, self._at
        at, depth = start, 0
        while at < len(text):
            character = text[at]
            if character.isspace() or character in stops:
                break
            if character == "(":
                depth += 1
            elif character == ")":
                if not depth and self._open:
                    break
                depth = max(0, depth - 1)
            at += 1
        self._at = at
        return text[start:at]
