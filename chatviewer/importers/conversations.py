"""The conversations of a web export, one by one: out of a zip, an unpacked folder's file, a single document, or JSON Lines.

Each conversation is parsed alone, so that a broken one costs itself and memory is bounded by the largest.
"""

import re
from collections.abc import Iterator, Mapping
from os import SEEK_END
from pathlib import Path
from typing import Any, NamedTuple

from chatviewer.importers.archive import Archive, ArchiveError
from chatviewer.importers.base import FullReadNeededError, NotThisFormatError, Reading
from chatviewer.importers.elements import ElementReader
from chatviewer.importers.parsing import parse_json
from chatviewer.importers.reading import open_source

MEMBERS = r"conversations(-\d+)?\.jsonl?"
MAX_REPORTS = 1_000  # problems told one by one; the rest in one sentence
_HEAD, _TAIL = 1 << 20, 1 << 20  # bytes looked at to tell formats apart
_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NO_CHATS = r"users?\.json|user_settings\.json|shared_conversations\.json|export_manifest\.json|file[-_].*"  # or files that chats point to
_NAMES = re.compile(rb"conversations(-\d+)?\.json|message_feedback\.json|chat\.html")


class Conversation(NamedTuple):
    """One conversation as parsed, with its place: for reports, and for ids that the source does not give."""

    value: dict[str, Any]
    member: str
    number: int  # from 1, within the member
    line: int  # of the member


def head_of(path: Path, head: bytes) -> bytes | None:
    """The first bytes of the conversations in a file that a user named, as ASCII as JSON's keys are: of a zip those of its first
    member of conversations. None when it is a zip of an export that cannot be read, b"" when it is anything else. Never raises."""
    if not head.startswith(b"PK"):
        return head.replace(b"\x00", b"")  # so that keys are found in UTF-16 too
    try:
        with Archive(path) as archive:
            names = archive.names(MEMBERS)
            if not names:
                return b""
            with archive.opened(names[0]) as streams:
                return streams[0].read(_HEAD).replace(b"\x00", b"")
    except ArchiveError:
        return None if _NAMES.search(head) or _NAMES.search(_tail(path)) else b""
    except OSError:
        return b""


def _tail(path: Path) -> bytes:
    """The end of a zip, where the names of its members stand."""
    try:
        with open_source(path) as stream:
            stream.seek(max(0, stream.seek(0, SEEK_END) - _TAIL))
            return stream.read(_TAIL) or b""
    except OSError:
        return b""


def opened(reading: Reading) -> Iterator["Export"]:
    """The export of a file, once; not at all when it cannot be opened, which is reported. What is left of it is reported at the end.

    Raises FullReadNeededError for a tail, because an export is never continued, and NotThisFormatError for a zip without conversations.
    """
    if reading.is_tail:
        raise FullReadNeededError
    try:
        archive = Archive(reading.path)
    except ArchiveError as error:
        reading.problem(1, str(error))
        return
    with archive:
        if archive.is_zip and not archive.names(MEMBERS):
            raise NotThisFormatError
        export = Export(reading, archive)
        yield export
        export.finish()


class Export:
    """An export while it is read: its conversations, its other documents, and what is wrong with them, reported under their names."""

    def __init__(self, reading: Reading, archive: Archive) -> None:
        self.archive = archive
        self._reading = reading
        self._report_count = 0
        self._asked: set[str] = set()

    def problem(self, member: str, line: int, reason: str) -> None:
        """Report a part that could not be stored. A line is told of a plain file only: who has a zip cannot open a member at a line."""
        self._report_count += 1
        if self._report_count > MAX_REPORTS:
            return
        if self.archive.is_zip:
            self._reading.problem(1, f"{member}: {reason}")
        else:
            self._reading.problem(line, reason)

    def lost(self, conversation: Conversation, reason: str) -> None:
        """Report a conversation of which nothing is stored: the one and only time that it is told."""
        self.problem(conversation.member, conversation.line, f"conversation {conversation.number}: {reason}")

    def left_out(self, conversation: Conversation, reasons: list[str]) -> None:
        """A conversation that gives no message: because it has none, or because none of them could be read."""
        if reasons:
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            self.lost(conversation, f"nothing of it could be read: {reasons[0]}{more}")
        else:
            self._reading.skip("conversation without content")

    def damaged(self, conversation: Conversation, reason: str) -> None:
        """Report a part of a conversation that could not be stored."""
        self.problem(conversation.member, conversation.line, f"in conversation {conversation.number}: {reason}")

    def finish(self) -> None:
        """Tell how many problems were not told one by one, and count the documents that nobody read."""
        if self._report_count > MAX_REPORTS:
            self._reading.problem(1, f"{self._report_count - MAX_REPORTS} more problems of this kind")
        for name in self.archive.names(r".*\.jsonl?") if self.archive.is_zip else ():
            if name not in self._asked and not re.fullmatch(_NO_CHATS, name, re.IGNORECASE):
                is_numbered = re.fullmatch(rf"{_ID}\.json", name, re.IGNORECASE)
                self._reading.skip("document of the export" if is_numbered else f"{name} of the export")

    def conversations(self) -> Iterator[Conversation]:
        names = self.archive.names(MEMBERS) if self.archive.is_zip else [self.archive.path.name]
        self._asked.update(names)
        for name in names:
            try:
                with self.archive.opened(name) as streams:
                    for stream in streams:
                        yield from self._elements(name, ElementReader(stream))
            except ArchiveError as error:
                self.problem(name, 1, str(error))

    def _elements(self, name: str, elements: ElementReader) -> Iterator[Conversation]:
        for number, line, value, reason in elements:
            if reason or type(value) is not dict:
                self.problem(name, line, f"conversation {number}: {reason or 'it is no object'}")
            else:
                yield Conversation(value, name, number, line)
            value = None  # it may be large, and the next one is read while this name still holds it

    def document(self, name: str) -> Any:
        """The value of a small document beside the conversations; None when there is none or it cannot be read (which is reported)."""
        self._asked.add(name)
        try:
            data = self.archive.document(name)
            return None if data is None else parse_json(data.removeprefix(b"\xef\xbb\xbf"))
        except (ArchiveError, ValueError) as error:
            self.problem(name, 1, f"{'' if self.archive.is_zip else name + ': '}{error}")
        except OSError:
            pass
        return None


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, whatever stands between them."""
    return [item for item in value if type(item) is dict] if type(value) is list else []


def sniffed_type(data: bytes | None) -> str:
    """The media type that the first bytes of a file tell; "" when they tell none."""
    for beginning, media_type in _BEGINNINGS:
        if data and data.startswith(beginning):
            return media_type
    return "image/webp" if data and data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


_BEGINNINGS = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)
