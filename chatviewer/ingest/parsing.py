"""Files, one by one: which importer reads it, whether from where the last reading ended, and what came of it. The wall behind which a bad
file stays: whatever an importer raises becomes a problem that names the file."""

from __future__ import annotations

import os
import stat
from collections import Counter
from typing import TYPE_CHECKING

from chatviewer.domain.identity import digest
from chatviewer.domain.importing import FileImport, Problem, SourceFile
from chatviewer.domain.record import NamedTuple
from chatviewer.importers.base import FullReadNeededError, Importer, NotThisFormatError, Reading
from chatviewer.importers.reading import open_source, packed
from chatviewer.ingest.refreshing import has_log
from chatviewer.storage.stamps import stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatviewer.domain.session import Session

PART_WEIGHT = 16 << 20  # characters of text after which the sessions of a large file are handed on
HASHED = 4096  # bytes at the start of a file, and before the place where a reading ended, that tell it from another file
HEAD_SIZE = 64 << 10  # bytes that an importer may look at to recognise a file
UNKNOWN = "not a chat file"
EMPTY_SESSION = "empty session"
EMPTY_FILE = "empty file"
KINDS = {stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket"}
ABSENT = (FileNotFoundError, NotADirectoryError)


class Candidate(NamedTuple):
    """A regular file that may hold chats."""

    path: str
    importer: Importer | None  # None: to be recognised by its head
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int
    is_named: bool  # by the user, as a file: what is wrong with it is a problem, not just skipped

    @property
    def key(self) -> str:
        """As its path is stored."""
        return stored_path(self.path)


class Found:
    """Files that may hold chats, in the order in which they were found, each once."""

    def __init__(self, chosen: list[Importer]) -> None:
        self.candidates: dict[str, Candidate] = {}
        self.skipped: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self._chosen = chosen

    def add_file(self, path: str, importer: Importer) -> None:
        """A file that is that importer's."""
        self._add(path, importer)

    def _add(self, path: str, importer: Importer | None) -> None:
        try:
            found = os.lstat(path)
        except ABSENT:
            self.skipped["deleted meanwhile"] += 1
            return
        except OSError as error:
            self.problems.append(Problem(path, 1, f"cannot be opened: {error.strerror or error}"))
            return
        if stat.S_ISREG(found.st_mode):
            self._put(path, importer, found, is_named=False)
        else:
            self.skipped[KINDS.get(stat.S_IFMT(found.st_mode), "device")] += 1

    def _put(self, path: str, importer: Importer | None, found: os.stat_result, *, is_named: bool) -> None:
        size, mtime_ns, ctime_ns = found.st_size, found.st_mtime_ns, found.st_ctime_ns
        for entry in self._beside(path, importer):
            size += entry.st_size
            mtime_ns, ctime_ns = max(mtime_ns, entry.st_mtime_ns), max(ctime_ns, entry.st_ctime_ns)
        candidate = Candidate(path, importer, size, mtime_ns, ctime_ns, is_named)
        self.candidates.setdefault(candidate.key, candidate)

    def _beside(self, path: str, importer: Importer | None) -> Iterator[os.stat_result]:
        """What is read together with a file, and may change without it: SQLite's log, the votes and projects of an unpacked export."""
        if has_log(path):
            yield os.stat(f"{path}-wal")
        for each in self._chosen if importer is None else (importer,):
            if each.beside and os.path.splitext(path)[1].lower() in each.extensions and os.path.basename(path) not in each.beside:
                for name in each.beside:
                    try:
                        entry = os.stat(os.path.join(os.path.dirname(path), name))
                    except OSError:
                        continue
                    yield entry

    def gone(self, known: Mapping[str, object]) -> list[str]:
        """Of the known files, those that are not there any more, as far as they were looked for."""
        return []


class FileReader:
    """Reads one candidate; `known` is what the library knows of an earlier reading."""

    def __init__(self, candidate: Candidate, chosen: list[Importer], known: SourceFile | None) -> None:
        self.problems: list[Problem] = []
        self.skipped: Counter[str] = Counter()
        self.was_read = False
        self._candidate = candidate
        self._chosen = chosen
        self._known = known
        self._path = str(candidate.path)

    def parts(self) -> Iterator[tuple[FileImport, int]]:
        """What the file gives, with its weight (characters): one import, or several for a large file, of which only the last says that
        the file is done. None for a file that could not be opened: it is tried again the next time."""
        candidate = self._candidate
        if candidate.size == 0:
            if candidate.is_named:
                self.problems.append(Problem(self._path, 1, "the file is empty"))
            else:
                yield from self._left_out(EMPTY_FILE)
            return
        try:
            importers = recognisers(candidate, self._chosen)
        except OSError as error:
            self._unreadable(error)
            return
        for importer in importers:
            try:
                yield from self._read(importer)
            except NotThisFormatError:
                continue
            except OSError as error:
                self._unreadable(error)
            return
        if candidate.is_named:
            self.problems.append(Problem(self._path, 1, self._why_unknown()))
        else:
            yield from self._left_out(UNKNOWN)

    def _why_unknown(self) -> str:
        kind = ""
        if self._path.lower().endswith((".json", ".jsonl")):
            try:
                with open_source(self._path) as stream:
                    kind = packed(stream.read(4) or b"")
            except OSError:
                pass
        return kind or "not a chat file that chatviewer knows"

    def _left_out(self, kind: str) -> Iterator[tuple[FileImport, int]]:
        self.skipped[kind] += 1
        if self._candidate.importer is not None:  # below a default place: remembered, so that it is not opened again
            yield FileImport(self._file(self._candidate.importer.source, 0, 0, "", {}, {kind: 1})), 0

    def _unreadable(self, error: OSError) -> None:
        if isinstance(error, FileNotFoundError) and not self._candidate.is_named:
            self.skipped["deleted meanwhile"] += 1
        else:
            self.problems.append(Problem(self._path, 1, f"cannot be read: {error.strerror or error}"))

    def _read(self, importer: Importer) -> Iterator[tuple[FileImport, int]]:
        if self._is_longer(importer):
            try:
                yield from self._read_from(importer, self._known)
                return
            except FullReadNeededError:
                self.problems.clear()
                self.skipped.clear()
        yield from self._read_from(importer, None)

    def _read_from(self, importer: Importer, known: SourceFile | None) -> Iterator[tuple[FileImport, int]]:
        """The wall: an importer's mistake, too deep a recursion or too little memory cost this file. What it gave before is kept."""
        reading = Reading(self._candidate.path)
        if known is not None:
            reading = Reading(self._candidate.path, known.offset, known.line, known.state, is_tail=True)
        sessions: list[Session] = []
        weight = total = 0
        try:
            for session in importer.read(reading):
                if not session.has_content and not session.is_tail:
                    reading.skip(EMPTY_SESSION)
                    continue
                sessions.append(session)
                weight += _weight(session)
                if weight >= PART_WEIGHT and known is None:
                    yield FileImport(self._unfinished(importer.source), tuple(sessions)), weight
                    total += weight
                    sessions, weight = [], 0
        except (NotThisFormatError, FullReadNeededError, GeneratorExit):
            raise
        except OSError as error:
            if not sessions and not total:
                raise
            reading.problem(1, f"cannot be read to its end: {error.strerror or error}")
            reading.offset = reading.line = 0
        except Exception as error:
            if known is not None:  # what was kept for the tail may be to blame
                raise FullReadNeededError from error
            reading.problem(1, f"could not be read ({type(error).__name__})")
            reading.offset = reading.line = 0
        self.was_read = True
        self.problems += reading.problems
        self.skipped += reading.skipped
        head_hash = self._hash(reading.offset)
        file = self._file(importer.source, reading.offset, reading.line, head_hash, reading.state, reading.skipped)
        yield FileImport(file, tuple(sessions), tuple(reading.problems), known is not None, reading.told_line), weight

    def _file(self, source: str, offset: int, line: int, head_hash: str, state: object, skipped: object) -> SourceFile:
        candidate = self._candidate
        stamp = candidate.size, candidate.mtime_ns, candidate.ctime_ns
        return SourceFile(self._path, source, *stamp, offset, line, head_hash, dict(state), dict(skipped))  # type: ignore[call-overload]

    def _unfinished(self, source: str) -> SourceFile:
        """The file while it is being read: if that ends here, it will be found changed."""
        return SourceFile(self._path, source, -1, -1, -1)

    def _is_longer(self, importer: Importer) -> bool:
        """Whether the file is the known one with something appended."""
        known = self._known
        if known is None or known.source != importer.source or not known.offset or self._candidate.size <= known.size:
            return False
        return bool(known.head_hash) and known.head_hash == self._hash(known.offset)

    def _hash(self, offset: int) -> str:
        """Of the first bytes and of those before `offset`. "" if there is nothing to go on from."""
        if offset <= 0:
            return ""
        try:
            with open_source(self._candidate.path) as stream:
                first = stream.read(min(HASHED, offset)) or b""
                stream.seek(max(0, offset - HASHED))
                return digest(first, stream.read(min(HASHED, offset)) or b"")
        except OSError:
            return ""


def _weight(session: Session) -> int:
    """About how many characters of text a session holds in memory."""
    weight = 1000
    for message in session.messages:
        weight += len(message.content) + len(message.thinking) + 500
        for call in message.tool_calls:
            weight += len(call.result or "") + 500
        for attachment in message.attachments:
            weight += len(attachment.data or b"") + len(attachment.text or "")
    return weight


def recognisers(candidate: Candidate, chosen: list[Importer]) -> list[Importer]:
    """The importers that take the file for theirs, the most specific first. Raises OSError."""
    if candidate.importer is not None:
        return [candidate.importer]
    if not candidate.is_named:  # in a folder of anything, open only what may be a chat
        chosen = [importer for importer in chosen if os.path.splitext(candidate.path)[1].lower() in importer.extensions]
    if not chosen:
        return []
    with open_source(candidate.path) as stream:
        head = stream.read(HEAD_SIZE) or b""
    from pathlib import Path

    return [importer for importer in chosen if importer.recognises(Path(candidate.path), head)]
