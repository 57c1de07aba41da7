"""One file: which importer reads it, whether from where the last reading ended, and what came of it. The wall behind which a bad
file stays: whatever an importer raises becomes a problem that names the file."""

from collections import Counter
from collections.abc import Iterator

try:  # without OpenSSL, see `domain.identity`
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

from chatviewer.domain.importing import FileImport, Problem, SourceFile
from chatviewer.domain.session import Session
from chatviewer.importers.base import FullReadNeededError, Importer, NotThisFormatError, Reading
from chatviewer.importers.reading import open_source
from chatviewer.ingest.discovering import UNKNOWN, Candidate, recognisers

PART_WEIGHT = 16 << 20  # characters of text after which the sessions of a large file are handed on
HASHED = 4096  # bytes at the start of a file, and before the place where a reading ended, that tell it from another file
EMPTY_SESSION = "empty session"
EMPTY_FILE = "empty file"


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
            self.problems.append(Problem(self._path, 1, "not a chat file that chatviewer knows"))
        else:
            yield from self._left_out(UNKNOWN)

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
                digest = blake2b(stream.read(min(HASHED, offset)) or b"", digest_size=16)
                stream.seek(max(0, offset - HASHED))
                digest.update(stream.read(min(HASHED, offset)) or b"")
        except OSError:
            return ""
        return digest.hexdigest()


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
