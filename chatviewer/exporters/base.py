"""What an exporter is: sessions of a library in, one text out. It streams: one session at a time, its messages in pages.

An exporter does not know the database. It reads through an `ExportReader`; `Library` is one, and so is `RedactingReader`, which hides
secrets on the way, so that no exporter has to know about them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TextIO

from chatviewer.domain.summary import MessageOpening, MessageStub, SessionSummary
from chatviewer.domain.wording import FIRST_MESSAGES, opening_line

if TYPE_CHECKING:
    from chatviewer.domain.message import Message
    from chatviewer.domain.session import ContextItem, Session

PAGE_CHARACTERS = 1_000_000  # aimed at; one message may be larger
MAX_PAGE = 256  # messages


class ExportReader(Protocol):
    """The part of `Library` that exporters use."""

    def session(self, uid: str) -> "Session": ...
    def stubs(self, session_id: int) -> list[MessageStub]: ...
    def openings(self, session_id: int, seqs: Sequence[int] | None = None) -> list[MessageOpening]: ...
    def messages(self, session_id: int, seqs: Sequence[int] | None = None) -> "list[Message]": ...
    def context_items(self, session_id: int) -> "list[ContextItem]": ...
    def attachment_data(self, sha256: str) -> bytes | None: ...
    def message_session(self, uid: str) -> "tuple[SessionSummary, Message]": ...
    def preferences(self) -> dict[str, Any]: ...


class Exporter(ABC):
    """A format. Subclasses in this package are found by `registry`; a new one is one file and one test."""

    format: ClassVar[str]  # as typed after --format
    label: ClassVar[str]  # one line for help and menus
    extension: ClassVar[str]  # of a file, with the dot
    is_data: ClassVar[bool] = False  # made for programs: everything is escaped, so that it may go to a terminal as it is

    @abstractmethod
    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        """Write the sessions. Raises RefusedError before the first character where a preference forbids it."""


def title_or_opening(library: ExportReader, summary: SessionSummary) -> str:
    """What a session is called: by how it begins where it has no title; "" where nothing was said in words."""
    return summary.title.strip() or opening_line(opening.text for opening in library.openings(summary.id, FIRST_MESSAGES))


def paged(library: ExportReader, session_id: int, seqs: Sequence[int]) -> Iterator["Message"]:
    """Whole messages in the order of `seqs`. The page shrinks where tool outputs are large, so memory stays bounded."""
    start, size = 0, 16
    while start < len(seqs):
        page = library.messages(session_id, seqs[start : start + size])
        yield from page
        start += size
        weight = sum(message_weight(message) for message in page)
        size = max(1, min(MAX_PAGE, size * 2, size * PAGE_CHARACTERS // (weight + 1)))


def message_weight(message: "Message") -> int:
    """Characters of a message that matter for memory."""
    calls = sum(len(call.result or "") + (len(call.arguments) if isinstance(call.arguments, str) else 200) for call in message.tool_calls)
    return len(message.content) + len(message.thinking) + calls + sum(len(item.text or "") for item in message.attachments)
