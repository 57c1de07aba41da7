"""The elements of one large JSON document, one at a time and in bounded memory.

Exports are one array of conversations, often hundreds of megabytes on one line. The array is cut into its elements on bytes, and each
is parsed alone. So a broken element costs that element, and a file that was cut off keeps what was whole. A lone object, and objects one
after the other (JSON Lines), are read the same way.

An element ends where the next one begins as the ones before did (`, {"title"`), if what stands before that is one whole value, which
proves it: no beginning of an object is an object. Else its end is found by counting brackets outside strings.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import orjson

from chatviewer.importers.parsing import may_hold_long_integer, parse_json

MAX_ELEMENT = 64 << 20  # bytes; conversations have some megabytes at most
MAX_SEPARATOR = 200  # bytes between two elements that are remembered
_CHUNK, _MAX_CHUNK = 1 << 20, 8 << 20

# One step: over everything, whole strings included, up to and over the next bracket. Possessive, so it never goes back.
_TO_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+[{}\[\]]', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,\x00]*+")
_SCALAR = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s,\]}\[{"]++', re.DOTALL)
_SIGNATURE = re.compile(rb'\{\s*"[^"\\]{1,80}"')
_WRAPPER = re.compile(rb'\{\s*"conversations"\s*:\s*\[')
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_NOTHING = object()


class Element(NamedTuple):
    """One element. `reason` says in a plain phrase why it could not be read; then `value` is None."""

    number: int  # from 1
    line: int  # on which it begins, from 1
    value: Any
    reason: str = ""


class ElementReader:
    """Reads a stream of bytes once, element by element."""

    def __init__(self, stream: BinaryIO, limit: int = MAX_ELEMENT) -> None:
        self._stream, self._limit = stream, limit
        self._buffer, self._at, self._line = b"", 0, 1
        self._start = 0  # of the element at hand; what stands before it is forgotten when more is read
        self._is_over = self._is_wrapped = self._is_array = False
        self._is_closed = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self._beginning: re.Pattern[bytes] | None = None  # of an element, behind another one
        self._separator = b""  # what stood between the last two, and the first key; b"" until it is known

    def __iter__(self) -> Iterator[Element]:
        if not self._begins_as_json():
            yield Element(1, self._line, None, "it is not JSON")
            return
        number = 0
        is_whole = True
        while self._skip_between():
            number += 1
            self._start, line = self._at, self._line
            self._learn()
            value = self._quickly() if self._separator else _NOTHING
            if value is not _NOTHING:
                self._forget()
                yield Element(number, line, value)
                value = _NOTHING
                continue
            end = self._end_of_value(self._at)
            if end is None:
                is_whole = False
                yield Element(number, line, None, self._lost())
                continue
            try:
                value = self._parsed(self._at, end)
            except ValueError as error:
                is_whole = False
                self._advance(end)
                self._look_for_next()
                yield Element(number, line, None, str(error))
                continue
            self._advance(end)
            self._forget()
            yield Element(number, line, value)
            value = _NOTHING
        if is_whole and self._is_array and not self._is_closed:  # else what is told already may have cost the bracket
            yield Element(number + 1, self._line, None, "it is cut off: the list that it stands in has no end")

    def _parsed(self, start: int, end: int) -> Any:
        """The value there. Raises ValueError with a plain reason."""
        text = memoryview(self._buffer)[start:end]
        try:
            if not may_hold_long_integer(text):
                return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
        return parse_json(self._buffer[start:end])

    def _forget(self) -> None:
        """Let go of a large element's bytes before its value is worked on."""
        if self._at > _MAX_CHUNK:
            kept = max(0, self._at - MAX_SEPARATOR)
            self._buffer, self._at, self._start = self._buffer[kept:], self._at - kept, self._at - kept

    def _begins_as_json(self) -> bool:
        head = self._stream.read(_CHUNK)
        for mark, encoding in _UTF16.items():
            if head.startswith(mark):
                self._decoder = codecs.getincrementaldecoder(encoding)("replace")
                head = head[2:]
        self._buffer = self._decoded(head, final=False).removeprefix(codecs.BOM_UTF8)
        self._skip_between()
        if self._buffer[self._at : self._at + 1] not in (b"", b"[", b"{"):
            return False
        if match := _WRAPPER.match(self._buffer, self._at):
            self._advance(match.end())
            self._is_wrapped = self._is_array = True
        elif self._buffer[self._at : self._at + 1] == b"[":
            self._advance(self._at + 1)
            self._is_array = True
        return True

    def _decoded(self, data: bytes, *, final: bool) -> bytes:
        return self._decoder.decode(data, final).encode("utf-8", "surrogatepass") if self._decoder else data

    def _more(self) -> bool:
        """Read on, the more the more is kept, so that a long element is not scanned over and over. False at the end."""
        if self._is_over:
            return False
        kept = self._buffer[self._start :]
        self._at -= self._start
        data = self._stream.read(min(max(_CHUNK, len(kept)), _MAX_CHUNK))
        self._is_over = not data
        self._buffer, self._start = kept + self._decoded(data, final=self._is_over), 0
        return True

    def _advance(self, to: int) -> None:
        self._line += self._buffer.count(b"\n", self._at, to)
        self._at = to

    def _skip_between(self) -> bool:
        """To the next value; False at the end of the array or the stream."""
        while True:
            match = _BETWEEN.match(self._buffer, self._at)
            self._advance(match.end() if match else self._at)
            if self._at == len(self._buffer):
                self._start = max(0, self._at - MAX_SEPARATOR)
                if not self._more():
                    return False
            elif self._buffer[self._at] not in b"]}":
                self._is_closed = False
                return True
            elif self._is_wrapped:
                self._is_closed = True
                return False
            else:  # the end of the array; should values follow, they are read
                self._is_closed = True
                self._advance(self._at + 1)

    def _learn(self) -> None:
        """How elements begin, and what stands between them."""
        match = _SIGNATURE.match(self._buffer, self._at)
        if match is None or self._separator:
            return
        if self._beginning is None:
            key = re.escape(match[0].split(b'"')[1])
            self._beginning = re.compile(rb'[,\n]\s*(\{\s*"' + key + rb'"\s*:)')
            return
        gap = self._at
        while gap > max(0, self._at - MAX_SEPARATOR) and self._buffer[gap - 1] in b" \t\r\n,":
            gap -= 1
        if gap and gap < self._at:
            self._separator = self._buffer[gap : match.end()]

    def _quickly(self) -> Any:
        """The element, if the next one begins as usual and a whole value stands before it; then it is stepped over."""
        searched = self._at + 1
        while (found := self._buffer.find(self._separator, searched)) < 0:
            searched = max(self._at + 1, len(self._buffer) - len(self._separator))
            before = self._start
            if len(self._buffer) - self._at > self._limit or not self._more():
                return _NOTHING
            searched -= before
        try:
            text = memoryview(self._buffer)[self._at : found]
            value = orjson.loads(text)
            if may_hold_long_integer(text):
                value = parse_json(self._buffer[self._at : found])
        except ValueError:  # also orjson's
            return _NOTHING
        self._advance(found)
        return value

    def _end_of_value(self, start: int) -> int | None:
        """Where the value ends; None if the stream ends first or it is longer than the limit."""
        depth, at = 0, start
        if self._buffer[start] not in b"{[":
            return self._end_of_scalar(start)
        while True:
            match = _TO_BRACKET.match(self._buffer, at)
            if match is None:
                before = self._start
                if len(self._buffer) - self._at > self._limit or not self._more():
                    return None
                at -= before
                continue
            at = match.end()
            if self._buffer[at - 1] in b"{[":
                depth += 1
            else:
                depth -= 1
                if not depth:
                    return at

    def _end_of_scalar(self, start: int) -> int | None:
        while True:
            match = _SCALAR.match(self._buffer, start)
            if match and match.end() < len(self._buffer):
                return match.end()
            if len(self._buffer) - start > self._limit or not self._more():
                return match.end() if match else None
            start = self._at

    def _look_for_next(self) -> None:
        """Behind an element that did not parse: a missing quote or bracket shifts every bracket after it. If nothing that looks like
        an element follows, go back to where the next one seems to begin."""
        following = _BETWEEN.match(self._buffer, self._at)
        after = following.end() if following else self._at
        next_byte = self._buffer[after : after + 1]
        # an array that ends without its bracket lost that to the broken element
        if self._beginning is None or next_byte == b"{" or (next_byte == b"" and not self._is_array):
            return
        if next_byte == b"]" and not self._buffer[after + 1 : after + 64].strip():
            return
        if match := self._beginning.search(self._buffer, self._start + 1):
            self._line -= self._buffer.count(b"\n", match.start(1), self._at)
            self._line += self._buffer.count(b"\n", self._at, match.start(1))
            self._at = match.start(1)

    def _lost(self) -> str:
        """Step over what could not be cut out; say why."""
        was_over = self._is_over
        pattern = self._beginning
        match = pattern.search(self._buffer, self._at + 1) if pattern else None
        if match:
            self._advance(match.start(1))
            return "it is damaged"
        if was_over:
            self._advance(len(self._buffer))
            return "it is cut off: the file ends in the middle of it"
        while match is None and not self._is_over:  # too long: let it pass, a piece at a time
            self._advance(max(self._at, len(self._buffer) - MAX_SEPARATOR))
            self._start = self._at
            self._more()
            match = pattern.search(self._buffer, self._at) if pattern else None
        self._advance(match.start(1) if match else len(self._buffer))
        return f"it is longer than {self._limit >> 20} MiB"
