"""An export as the user has it: a zip, or a file of an unpacked one with its neighbours.

A zip may be hostile. Nothing is unpacked to disk and no name of a member is ever used as a path: members are found by their last
name, read as a stream, and refused when their sizes, their number or their compression cannot be those of a real export.
"""

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chatviewer.importers.reading import open_source

MAX_ENTRIES = 50_000  # members; large exports hold some thousands of pictures
MAX_DIRECTORY = 16 << 20  # bytes of the list of members
MAX_RATIO = 100  # text of chats shrinks to a twentieth; above this it is a bomb ...
FREE_SIZE = 32 << 20  # ... unless it is this small
MAX_MEMBER = 8 << 30  # bytes of a member that is read as a stream
MAX_DOCUMENT = 64 << 20  # bytes of a member that is read as a whole

_END, _END_64, _LOCATOR_64, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
_ASSET = re.compile(r"file[-_][0-9A-Za-z]+")
# RuntimeError: a packing or encryption that zipfile does not know; UnicodeDecodeError is a ValueError
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, ValueError, RuntimeError)


class ArchiveError(Exception):
    """The archive, or one member of it, cannot be read; the text says why in a plain phrase."""


class Archive:
    """The members of one export, by their last names. Use as a context manager.

    Raises ArchiveError for a zip that cannot be trusted or read, OSError for a file that cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_zip = path.suffix.lower() == ".zip" or _starts_as_zip(path)
        self._zip = _opened(path) if self.is_zip else None
        self._assets: dict[str, zipfile.ZipInfo | Path] | None = None
        self._infos: dict[str, list[zipfile.ZipInfo]] = {}
        for info in self._zip.infolist() if self._zip else ():
            if not stat.S_ISLNK(info.external_attr >> 16):
                self._infos.setdefault(_last_name(info.filename), []).append(info)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip:
            self._zip.close()

    def names(self, pattern: str) -> list[str]:
        """The names that match the whole of a regular expression, sorted. Of an unpacked export: only the file itself."""
        known = self._infos if self.is_zip else (self.path.name,)
        return sorted(name for name in known if re.fullmatch(pattern, name, re.IGNORECASE))

    @contextmanager
    def opened(self, name: str, limit: int = MAX_MEMBER) -> Iterator[list[BinaryIO]]:
        """The members of this name as streams: one, unless a zip holds a name twice.

        Raises ArchiveError, also from within the block when the data turn out to be damaged; OSError.
        """
        try:
            if self._zip is None:
                with open_source(self.path if name == self.path.name else self.path.with_name(name)) as stream:
                    yield [stream]
                return
            infos = self._infos.get(name, [])
            for info in infos:
                _check(info, limit)
            streams: list[BinaryIO] = [self._zip.open(info) for info in infos]  # type: ignore[misc]
            try:
                yield streams
            finally:
                for each in streams:
                    each.close()
        except _DAMAGE as error:
            raise ArchiveError(_reason(error)) from error

    def document(self, name: str) -> bytes | None:
        """A small member as a whole; None if there is none. Raises ArchiveError, OSError."""
        if name not in self._infos and (self.is_zip or not _is_regular(self.path.with_name(name))):
            return None
        with self.opened(name, MAX_DOCUMENT) as streams:
            data = streams[-1].read(MAX_DOCUMENT + 1)
        if len(data) > MAX_DOCUMENT:
            raise ArchiveError("it is too large")
        return data

    def asset(self, asset_id: str, limit: int) -> tuple[str, int, bytes | None] | None:
        """Name, size and data of the picture or file whose name begins with an id. The data are None when they are larger than
        `limit` or damaged. None when the export does not hold it."""
        if self._assets is None:
            self._assets = self._find_assets()
        found = self._assets.get(asset_id)
        try:
            if isinstance(found, Path):
                size = found.stat().st_size
                with open_source(found) as stream:
                    return found.name, size, stream.read() if size <= limit else None
            if found is not None and self._zip:
                name, size = _last_name(found.filename), found.file_size
                _check(found, limit)
                with self._zip.open(found) as member:
                    return name, size, member.read(limit)
        except (ArchiveError, OSError, *_DAMAGE):
            return (_last_name(found.filename), found.file_size, None) if isinstance(found, zipfile.ZipInfo) else None
        return None

    def _find_assets(self) -> dict[str, zipfile.ZipInfo | Path]:
        if self.is_zip:
            members = [(name, infos[-1]) for name, infos in self._infos.items()]
            return {match[0]: info for name, info in members if (match := _ASSET.match(name))}
        found: dict[str, zipfile.ZipInfo | Path] = {}
        folders = [self.path.parent]
        for folder in folders:
            with os.scandir(folder) as entries:
                for entry, _ in zip(entries, range(MAX_ENTRIES), strict=False):
                    if entry.is_dir(follow_symlinks=False):
                        if folder == self.path.parent and re.match(r"dalle-generations$|audio$|user-", entry.name):
                            folders.append(Path(entry.path))
                    elif (match := _ASSET.match(entry.name)) and entry.is_file(follow_symlinks=False):
                        found[match[0]] = Path(entry.path)
        return found


def _last_name(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _starts_as_zip(path: Path) -> bool:
    with open_source(path) as stream:
        return stream.read(4) in (b"PK\x03\x04", _END)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _opened(path: Path) -> zipfile.ZipFile:
    """Raises ArchiveError before the list of members is loaded if it is too large to be that of an export."""
    try:
        with open_source(path) as stream:
            _check_directory(stream)
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise ArchiveError("the zip is damaged or was cut off while it was downloaded") from error
    size = path.stat().st_size
    if sum(info.compress_size for info in archive.infolist()) > size:
        archive.close()
        raise ArchiveError("the zip is refused: its members overlap")
    return archive


def _check_directory(stream: BinaryIO) -> None:
    """Walk the central directory without keeping it (APPNOTE.TXT 4.3.12 to 4.3.16)."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 0x10000 - 22))
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile
    length = struct.unpack_from("<I", tail, at + 12)[0]
    end = size - len(tail) + at
    if at >= 76 and tail[at - 20 : at - 16] == _LOCATOR_64 and tail[at - 76 : at - 72] == _END_64:
        length = struct.unpack_from("<Q", tail, at - 36)[0]
        end -= 76
    if length > MAX_DIRECTORY:
        raise ArchiveError("the zip is refused: its list of members is too large")
    stream.seek(max(0, end - length))
    directory, count, at = stream.read(length), 0, 0
    while directory[at : at + 4] == _ENTRY and at + 46 <= len(directory):
        count += 1
        at += 46 + sum(struct.unpack_from("<HHH", directory, at + 28))
    if length and not count:
        raise zipfile.BadZipFile
    if count > MAX_ENTRIES:
        raise ArchiveError(f"the zip is refused: it has more than {MAX_ENTRIES:,} members")


def _check(info: zipfile.ZipInfo, limit: int) -> None:
    if info.flag_bits & 1:
        raise ArchiveError("it is encrypted")
    if info.file_size > limit:
        raise ArchiveError("it is too large")
    if info.file_size > FREE_SIZE and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise ArchiveError(f"it is refused: it would unpack to more than {MAX_RATIO} times its size")


def _reason(error: BaseException) -> str:
    if isinstance(error, RuntimeError):
        return "it is packed or encrypted in a way that chatviewer cannot read"
    if isinstance(error, zipfile.BadZipFile) and "CRC" in str(error):
        return "it is damaged (its checksum is wrong)"
    return "it is damaged"
