"""One line of a source file, for a person who wants to see why it could not be read. Bounded, whatever the file is."""

import codecs
from pathlib import Path
from typing import BinaryIO, NamedTuple

from chatviewer.importers.reading import open_source
from chatviewer.importers.unpacking import UnpackedStream

SHOWN = 20_000  # bytes of a line
BLOCK_SIZE = 1 << 20
MAX_LOOKED_THROUGH = 2 << 30  # bytes; some seconds
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")


class FoundLine(NamedTuple):
    """A line as text, as far as it is shown, and what is to be said about it."""

    text: str
    size: int  # bytes of the whole line
    remark: str = ""  # why there is no text, or no more of it


def line_of(path: str, number: int) -> FoundLine:
    """Line `number`, from 1. Raises OSError where the file cannot be opened or is no regular file."""
    with open_source(Path(path)) as stream:
        head = stream.read(4) or b""
        stream.seek(0)
        if head in _ARCHIVES:
            return FoundLine("", 0, "The record lies in an archive; the reason names the file in it.")
        if path.lower().endswith(".zst"):
            try:
                return _line(UnpackedStream(stream), number)  # type: ignore[arg-type]
            except ImportError:
                return FoundLine("", 0, "The file is compressed, and nothing here can unpack it.")
        if head[:2] in _UTF16_MARKS:
            return _line(_Utf16(stream), number)  # type: ignore[arg-type]
        return _line(stream, number)


def _line(stream: BinaryIO, number: int) -> FoundLine:
    before, looked_through, size = number - 1, 0, 0
    shown = b""
    while block := stream.read(BLOCK_SIZE):
        looked_through += len(block)
        if looked_through > MAX_LOOKED_THROUGH:
            return _found(shown, size, "The file is too long to be looked through to there.")
        if before:
            count = block.count(b"\n")
            if count < before:
                before -= count
                continue
            at = -1
            for _ in range(before):
                at = block.find(b"\n", at + 1)
            block, before = block[at + 1 :], 0
        end = block.find(b"\n")
        part = block if end < 0 else block[:end]
        size += len(part)
        shown += part[: SHOWN - len(shown)]
        if end >= 0:
            return _found(shown, size)
    if not size:
        return FoundLine("", 0, "The file has no such line any more; it was written anew since.")
    return _found(shown, size)


def _found(shown: bytes, size: int, remark: str = "") -> FoundLine:
    return FoundLine(shown.decode("utf-8", "replace"), size, remark)


class _Utf16:
    """A file in UTF-16, read as UTF-8: its lines end where those of any other file do."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def read(self, size: int) -> bytes:
        while block := self._stream.read(size):
            if text := self._decoder.decode(block):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")
