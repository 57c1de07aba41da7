"""Reading foreign files as they are found: half written, spliced, zero-filled, in the wrong encoding. Shared by all importers.

One bad line costs that line: what cannot be read is reported as `line: reason`. Lines end in a line feed and nothing else
(`str.splitlines` would also split inside strings, at U+2028). Memory is bounded by the longest line that is accepted.
"""

import json
import math
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from chatviewer.importers.base import FullReadNeededError, Reading

BLOCK_SIZE = 1 << 20  # bytes per read
MAX_LINE = 64 << 20  # bytes; a longer line is reported
MAX_DOCUMENT = 512 << 20  # bytes of a file that has to be held as a whole
MAX_SEARCHED = 4 << 20  # bytes of a line that begins with something else and may end with a record
MAX_PRINTED_LINES = 20_000  # of a record that was spread over lines for human eyes
MAX_REPORTS = 1_000  # unreadable lines reported one by one; the rest of them in one sentence

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GAP = re.compile("[ \t\r\x00\ufeff]*")
_NO_RECORD = "not a record (a JSON object)"
_HOLE = "zero bytes: what stood here was never written to the disk"
_SEARCH_BUDGET = 20_000_000  # characters looked at for a record behind the broken beginning of a line
_SURROGATE = re.compile("[\ud800-\udfff]")
# any escape, so that \\ud800 (a backslash and a word) is not taken for one; a whole pair first; the group is half a pair
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


def open_source(path: Path) -> BinaryIO:
    """Open a regular file for reading; never waits for a FIFO or device. Raises OSError for anything else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        return os.fdopen(descriptor, "rb", buffering=0)
    except OSError:
        os.close(descriptor)
        raise


def parse_json(data: bytes | str) -> Any:
    """The value of a JSON text. What orjson refuses is read by the standard library: NaN is None, a number beyond all bounds keeps
    its digits as a string, invalid UTF-8 and lone surrogates become U+FFFD. Raises ValueError with a plain reason."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        text = _mended(data if isinstance(data, str) else data.decode("utf-8", "replace").lstrip("\ufeff"))
        value, end = _decode_first(text, 0)
        if text[end:].strip():
            raise ValueError("more text after the JSON value") from None
        return value


def read_document(path: Path) -> Any:
    """The value of a file that is one JSON document. Raises ValueError with a plain reason, OSError."""
    with open_source(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MAX_DOCUMENT:
            raise ValueError(f"larger than {MAX_DOCUMENT >> 20} MB")
        data = b"".join(iter(lambda: stream.read(BLOCK_SIZE << 3), b""))
    return parse_json(data)


def records(reading: Reading, stream: BinaryIO | None = None) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The JSON objects of a file with one on each line, as (line, byte offset of the line, object), from `reading.offset` on.

    Broken lines are reported. A last line without its line feed that is no whole record is an agent still writing: it is left for
    the next time without a word. When exhausted, `reading.offset` and `reading.line` stand behind what was read for good; an
    importer may move them back to a record: `reading.offset, reading.line = offset, line - 1`.
    `stream` is given for a file that has to be decompressed first; offsets then count decompressed bytes.
    Raises FullReadNeededError for the tail of a file in UTF-16.
    """
    with stream if stream is not None else open_source(reading.path) as source:
        first = source.read(2)
        if first in _UTF16_MARKS:
            yield from _records_of_utf16(reading, first, source)
            return
        source.seek(reading.offset)
        yield from _records_from(reading, source)


def _records_of_utf16(reading: Reading, first: bytes, source: BinaryIO) -> Iterator[tuple[int, int, dict[str, Any]]]:
    if reading.is_tail:
        raise FullReadNeededError
    data = source.read(MAX_LINE + 1)
    if len(data) > MAX_LINE:
        reading.problem(1, f"UTF-16, and larger than {MAX_LINE >> 20} MB")
        return
    lines = _Lines(reading)
    for raw in (first + data).decode("utf-16", "replace").encode("utf-8", "replace").split(b"\n"):
        lines.number += 1
        yield from lines.rescue(raw)
    lines.close()
    reading.offset, reading.line = 0, 0


def _records_from(reading: Reading, source: BinaryIO) -> Iterator[tuple[int, int, dict[str, Any]]]:
    loads = orjson.loads
    lines = _Lines(reading)
    pending: list[bytes] = []  # the beginning of a line whose end is in a later block
    pending_size = 0
    start = reading.offset
    while block := source.read(BLOCK_SIZE):
        if pending_size > MAX_LINE and b"\n" not in block:
            pending_size += len(block)
            continue
        whole = block.split(b"\n")
        rest = whole.pop()
        if whole and pending:
            whole[0] = b"".join((*pending, whole[0])) if pending_size <= MAX_LINE else _too_long(pending_size + len(whole[0]))
            pending, pending_size = [], 0
        for raw in whole:
            lines.number += 1
            lines.start = start
            if type(raw) is _TooLong:
                reading.problem(lines.number, f"a line of more than {MAX_LINE >> 20} MB")
                start += raw.size + 1
                continue
            start += len(raw) + 1
            if not lines.printed:
                try:
                    record = loads(raw)
                except ValueError:
                    pass
                else:
                    if type(record) is dict:
                        yield lines.number, lines.start, record
                        continue
            yield from lines.rescue(raw)
        pending_size += len(rest)
        if pending_size <= MAX_LINE:
            pending.append(rest)
        else:
            pending = [rest[:1]]
        block = rest = b""
    yield from lines.finish(b"".join(pending), pending_size, start)


class _TooLong(bytes):
    """Stands for a line that is too long to be held."""

    size: int


def _too_long(size: int) -> _TooLong:
    line = _TooLong()
    line.size = size
    return line


class _Lines:
    """The slow way, for lines that are not one record: holes, marks, several records on a line, one record on several lines."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.number = reading.line
        self.start = reading.offset
        self.printed: list[bytes] = []  # the lines so far of a record that is spread over lines
        self.printed_from = (0, 0)  # its line and offset
        self.report_count = 0
        self.more_from = 0

    def rescue(self, raw: bytes) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """The records of a whole line; what is none is reported."""
        if self.printed:
            yield from self._printed_line(raw)
        elif raw.strip() == b"{":
            self.printed, self.printed_from = [raw], (self.number, self.start)
        else:
            found, _, reasons = self._split(raw)
            for reason in reasons:
                self._report(self.number, reason)
            for record in found:
                yield self.number, self.start, record

    def finish(self, rest: bytes, size: int, start: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """The last line, which has no line feed; then where to go on when the file has grown."""
        # The number of a line that may still grow is given again next time: its line feed has not been seen.
        self.reading.offset, self.reading.line = start + size, self.number
        self.number += 1
        self.start = start
        if size > MAX_LINE:
            self.reading.problem(self.number, f"a line of more than {MAX_LINE >> 20} MB")
        elif self.printed:
            yield from self._printed_line(rest)
        else:
            found, left, reasons = self._split(rest, is_last=True)
            self.reading.offset -= left
            for reason in reasons:
                self._report(self.number, reason)
            for record in found:
                yield self.number, start, record
        self.close()

    def close(self) -> None:
        """At the end of the file: a spread record that was never closed, and the reports that were held back."""
        self._give_up()
        if self.more_from:
            self.reading.problem(self.more_from, f"{self.report_count - MAX_REPORTS} more lines from here on that could not be read")

    def _printed_line(self, raw: bytes) -> Iterator[tuple[int, int, dict[str, Any]]]:
        if raw.startswith(b"{") and len(raw.strip()) > 1:
            self._give_up()
            yield from self.rescue(raw)
            return
        self.printed.append(raw)
        if raw.startswith(b"}"):
            try:
                record = parse_json(b"\n".join(self.printed))
            except ValueError:
                self._give_up()
            else:
                self.printed = []
                yield *self.printed_from, record
        elif len(self.printed) > MAX_PRINTED_LINES:
            self._give_up()

    def _give_up(self) -> None:
        """The lines were no record after all: each is reported for itself."""
        lines, self.printed = self.printed, []
        for number, raw in enumerate(lines, self.printed_from[0]):
            if raw.strip():
                self._report(number, "a piece of a record")

    def _split(self, raw: bytes, is_last: bool = False) -> tuple[list[dict[str, Any]], int, list[str]]:
        """The objects on a line; with `is_last` the number of bytes at its end that may be a record still being written; what is
        wrong with the rest of it."""
        if not raw.strip(b"\x00 \t\r\n"):
            return [], 0, [_HOLE] if b"\x00" in raw else []
        if len(raw) > MAX_SEARCHED and not raw.lstrip(b"\x00\xef\xbb\xbf \t\r").startswith(b"{"):
            return [], 0, [_NO_RECORD]
        # surrogateescape, because the length of what is left over is needed in bytes
        source = raw.decode("utf-8", "surrogateescape")
        text = _mended(source)
        found: list[dict[str, Any]] = []
        reasons: list[str] = []
        at = 0
        while at < len(text):
            gap = _GAP.match(text, at)
            if gap and gap.end() > at:
                if "\x00" in gap[0]:
                    reasons.append(_HOLE)
                at = gap.end()
                continue
            try:
                if text[at] != "{":
                    raise ValueError("more text behind the record" if found else _NO_RECORD)
                value, at = _decode_first(text, at)
                found.append(value)
            except ValueError as error:
                if is_last and text[at] == "{":
                    return found, len(source[at:].encode("utf-8", "surrogateescape")), reasons
                following = _last_object(text, at + 1)
                if following:
                    found.append(following)
                return found, 0, [*reasons, str(error)]
        return found, 0, reasons

    def _report(self, number: int, reason: str) -> None:
        self.report_count += 1
        if self.report_count <= MAX_REPORTS:
            self.reading.problem(number, reason)
        elif not self.more_from:
            self.more_from = number


def _last_object(text: str, at: int) -> dict[str, Any] | None:
    """The object that ends a line whose beginning is broken: a program was killed while it wrote, and went on behind the piece."""
    if not text.rstrip("\r \t").endswith("}"):
        return None
    budget = _SEARCH_BUDGET
    while (at := text.find('{"', at)) >= 0 and budget > 0:
        budget -= len(text) - at
        try:
            value, end = _decode_first(text, at)
        except ValueError:
            at += 1
            continue
        if not text[end:].strip():
            return value if isinstance(value, dict) else None
        at = end
    return None


def _mended(text: str) -> str:
    """JSON text without lone surrogates, of the same length."""
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
    return _SURROGATE.sub("\ufffd", text) if _SURROGATE.search(text) else text


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 4_000 else digits


def _real(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_float=_real, parse_constant=lambda _: None)


def _decode_first(text: str, at: int) -> tuple[Any, int]:
    """The JSON value that begins at `at` (behind white space), and where it ends. Raises ValueError with a plain reason."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"not JSON: {reason[:1].lower()}{reason[1:]}") from None
    return value, end
