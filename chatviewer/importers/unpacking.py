"""Reading a file compressed with Zstandard (RFC 8878) as a stream: bounded, and whole up to the place where it is damaged."""

import io
import sys
from importlib import import_module
from typing import Any, BinaryIO

MAX_UNPACKED = 4 << 30  # bytes
FREE_SIZE, MAX_RATIO = 256 << 20, 500  # text of chats shrinks to a twentieth; what grows more than this is a bomb


def _zstd() -> Any:
    """The standard library's module, else its backport. Loaded only when a file needs it. Raises ImportError."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


class UnpackedStream(io.RawIOBase):
    """The unpacked bytes. Where the file is damaged, cut or a bomb they end, and `damage` says so.

    Raises ImportError where neither Python nor a package can unpack it.
    """

    def __init__(self, packed: BinaryIO) -> None:
        self.damage = ""
        self._packed = packed
        self._size = packed.seek(0, io.SEEK_END)
        packed.seek(0)
        self._zstd = _zstd()
        self._stream = self._zstd.ZstdFile(packed)
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.damage:
            return b""
        try:
            data: bytes = self._stream.read(size)
        except (self._zstd.ZstdError, EOFError, MemoryError):
            self.damage = "the compressed file is damaged or cut off from here on"
            return b""
        self._given += len(data)
        if self._given > MAX_UNPACKED or (self._given > FREE_SIZE and self._given > MAX_RATIO * self._size):
            self.damage = "the compressed file is refused: it unpacks to far more than a chat"
            return b""
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Only to a place counted from the beginning."""
        self._packed.seek(0)
        self._stream, self._given = self._zstd.ZstdFile(self._packed), 0
        while self._given < offset and self.read(min(offset - self._given, 1 << 20)):
            pass
        return self._given

    def close(self) -> None:
        self._packed.close()
        super().close()
