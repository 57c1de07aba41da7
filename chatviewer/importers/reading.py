"""Reading foreign files as they are found: half written, spliced, zero-filled, in the wrong encoding. Shared by all importers.

One bad line costs that line: what cannot be read is reported as `line: reason`. Lines end in a line feed and nothing else
(`str.splitlines` would also split inside strings, at U+2028). Memory is bounded by the longest line that is accepted.
"""

import os
import stat
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from chatviewer.domain.long_text import LONG
from chatviewer.domain.record import pattern
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.parsing import decode_first, fast_loads, may_hold_long_integer, mend, mended, parse_json

if TYPE_CHECKING:
    from pathlib import Path

BLOCK_SIZE = 1 << 20  # bytes per read
MAX_LINE = 64 << 20  # bytes; a longer line is reported
MAX_DOCUMENT = 512 << 20  # bytes of a file that has to be held as a whole
MAX_SEARCHED = 4 << 20  # bytes of a line that begins with something else and may end with a record
MAX_PRINTED_LINES = 20_000  # of a record that was spread over lines for human eyes
MAX_REPORTS = 1_000  # unreadable lines reported one by one; the rest of them in one sentence

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PACKED = {b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b\x08": "compressed by gzip"}  # by how such a file begins
_GAPS = " \t\r\x00\ufeff"
_GAP = pattern(f"[{_GAPS}]+")
_NO_RECORD = "not a record (a JSON object)"
_HOLE = "zero bytes: what stood here was never written to the disk"
_SEARCH_BUDGET = 20_000_000  # characters looked at for a record behind the broken beginning of a line


def open_source(path: "Path | str", folder: int | None = None) -> BinaryIO:
    """Open a regular file for reading; never waits for a FIFO or device. Raises OSError for anything else. `folder`: an open one, in which
    this is a name, and no link."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags if folder is None else flags | os.O_NOFOLLOW, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        return os.fdopen(descriptor, "rb", buffering=0)
    except OSError:
        os.close(descriptor)
        raise


def packed(head: bytes) -> str:
    """What a file is that has to be unpacked first, by its beginning; "" where it is none."""
    return next((f"{kind}, not a file of records; unpack it first" for mark, kind in _PACKED.items() if head.startswith(mark)), "")


def read_document(path: "Path | str") -> Any:
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
    with stream if stream is not None else open_source(reading.file) as source:
        first = source.read(4)
        if first[:2] in _UTF16_MARKS:
            yield from _records_of_utf16(reading, first, source)
            return
        if kind := packed(first):
            reading.problem(1, kind)
            return
        source.seek(reading.offset)
        yield from _records_from(reading, source)


def newly_told(reading: Reading) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The records of a tail. Lines up to `told_line` are read a second time: what is wrong with them was reported, what was left out was
    counted."""
    is_new = False
    for line, offset, record in records(reading):
        if not is_new and line > reading.told_line:
            is_new = True
            _forget_told(reading)
        yield line, offset, record
    if not is_new:
        _forget_told(reading)


def _forget_told(reading: Reading) -> None:
    reading.skipped.clear()
    reading.problems[:] = [problem for problem in reading.problems if problem.line > reading.told_line]


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
    loads = fast_loads(_size(source) - reading.offset)
    lines = _Lines(reading)
    raw_lines = _RawLines(source, is_asked=loads is not None)
    start = reading.offset
    for raw, size, is_exact in raw_lines:
        lines.number += 1
        lines.start = start
        start += size
        if size > MAX_LINE:
            reading.problem(lines.number, f"a line of more than {MAX_LINE >> 20} MB")
            continue
        record = _long_record(raw) if size > LONG and not lines.printed else None
        if record is None and loads is not None and is_exact and not lines.printed:  # nearly always, and then without a call
            try:
                record = loads(raw)
            except ValueError:
                record = None
        if type(record) is not dict:
            record = None if loads is None or lines.printed else _record(raw, is_exact=is_exact)
        if record is None:
            yield from lines.rescue(bytes(memoryview(raw)[:-1]))
        else:
            raw = b""  # it may be long, and is not needed while its record is worked on
            yield lines.number, lines.start, record
            record = None
    yield from lines.finish(raw_lines.rest_taken(), raw_lines.rest_size, start)


class _RawLines:
    """The whole lines of a stream, each with its line feed, its size in bytes, and whether it is sure to hold no integer beyond 64 bits.
    Of one of more than MAX_LINE there is only the size. What was given is not held here any longer, for it may be long. `is_asked`: whether
    somebody wants to know about the integers."""

    def __init__(self, source: BinaryIO, *, is_asked: bool) -> None:
        self._source = source
        self._is_asked = is_asked
        self._rest = bytearray()  # of the last block; as one piece, or the pieces would lie about in memory
        self.rest_size = 0

    def __iter__(self) -> Iterator[tuple[bytes | bytearray, int, bool]]:
        while block := self._source.read(BLOCK_SIZE):
            if self.rest_size > MAX_LINE and b"\n" not in block:
                self.rest_size += len(block)
                continue
            is_exact = self._is_asked and not may_hold_long_integer(block)
            lines = BytesIO(block).readlines()  # by memchr, which `split` does not use
            rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
            if lines and self.rest_size:
                yield self._completed(lines.pop(0), is_exact=is_exact)
            for line in lines:
                yield line, len(line), is_exact
            self.rest_size += len(rest)
            if self.rest_size <= MAX_LINE:
                self._rest += rest
            else:
                self._rest = bytearray()
            block = rest = b""

    def _completed(self, end: bytes, *, is_exact: bool) -> tuple[bytes | bytearray, int, bool]:
        """The line that began in an earlier block."""
        size = self.rest_size + len(end)
        line = self.rest_taken()
        self.rest_size = 0
        if size > MAX_LINE:
            return b"", size, True
        line += end
        return line, size, is_exact and not may_hold_long_integer(line)

    def rest_taken(self) -> bytearray:
        """What stands behind the last line feed."""
        rest, self._rest = self._rest, bytearray()
        return rest


def _size(source: BinaryIO) -> int:
    """Of a file; what comes out of a compressed one is much."""
    try:
        return os.fstat(source.fileno()).st_size
    except (OSError, AttributeError):
        return MAX_DOCUMENT


def _long_record(raw: bytes | bytearray) -> dict[str, Any] | None:
    """The record that is a line of many megabytes, with excerpts for its long texts; None for the ordinary way."""
    from chatviewer.importers.long_lines import long_value

    value = long_value(raw)
    return value if type(value) is dict else None


def _record(raw: bytes | bytearray, *, is_exact: bool) -> dict[str, Any] | None:
    """The record that is the whole line; None for the slow way. Half a surrogate pair in a text is mended without three more copies of
    a long line."""
    if not is_exact and may_hold_long_integer(raw):
        return None
    record = _loaded(raw)
    if record is None:
        text = raw if isinstance(raw, bytearray) else bytearray(raw)
        record = _loaded(text) if mend(text) else None
    return record if type(record) is dict else None


def _loaded(raw: bytes | bytearray) -> Any:
    """None for what is no JSON. A function of its own: orjson's exception holds the whole text, and lives as long as it is handled."""
    from orjson import loads

    try:
        return loads(raw)
    except ValueError:
        return None


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

    def finish(self, rest: bytearray, size: int, start: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """The last line, which has no line feed; then where to go on when the file has grown."""
        # The number of a line that may still grow is given again next time: its line feed has not been seen.
        self.reading.offset, self.reading.line = start + size, self.number
        self.number += 1
        self.start = start
        if size > MAX_LINE:
            self.reading.problem(self.number, f"a line of more than {MAX_LINE >> 20} MB")
        elif self.printed:
            yield from self._printed_line(bytes(rest))
        elif size > LONG and (record := _long_record(rest)) is not None:
            rest = bytearray()
            yield self.number, start, record
        else:
            found, left, reasons = self._split(bytes(rest), is_last=True)
            if reasons and not found and not rest.endswith(b"\x00"):
                left = size  # with the rest of the line it may be, or end with, a record
            self.reading.offset -= left
            for reason in reasons:
                self._report(self.number, reason)
            for record in found:
                yield self.number, start, record
        if self.printed:  # its end may come: then it is read again
            line, self.reading.offset = self.printed_from
            self.reading.line = line - 1
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
        text = mended(source)
        found: list[dict[str, Any]] = []
        reasons: list[str] = []
        at = 0
        while at < len(text):
            if text[at] in _GAPS and (gap := _GAP.match(text, at)):
                if "\x00" in gap[0]:
                    reasons.append(_HOLE)
                at = gap.end()
                continue
            try:
                if text[at] != "{":
                    raise ValueError("more text behind the record" if found else _NO_RECORD)
                value, at = decode_first(text, at)
                found.append(value)
            except ValueError as error:
                if is_last and text[at] == "{" and not text.endswith("\x00"):  # what ends in a hole will never be whole
                    return found, len(source[at:].encode("utf-8", "surrogateescape")), reasons
                following = _last_object(text, at + 1)
                if following:
                    found.append(following)
                return found, 0, [*reasons, _HOLE if text.endswith("\x00") else str(error)]
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
            value, end = decode_first(text, at)
        except ValueError:
            at += 1
            continue
        if not text[end:].strip():
            return value if isinstance(value, dict) else None
        at = end
    return None
