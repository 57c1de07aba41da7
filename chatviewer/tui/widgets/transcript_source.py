"""Where a transcript gets its messages from, and how they arrive."""

from collections.abc import Sequence
from typing import Protocol

from textual.message import Message as TextualMessage

from chatviewer.domain import Message
from chatviewer.tui.rendering.message import Child


class TranscriptSource(Protocol):
    """Gives whole messages of one session. A screen implements it with the library, a test with a list."""

    def messages(self, seqs: Sequence[int]) -> list[Message]:
        """The messages of these sequence numbers, `seq` filled in. Called in a worker thread."""
        ...

    def matching_seqs(self, text: str) -> list[int]:
        """The messages, of all branches, that hold the text in any case. Called in a worker thread."""
        ...

    def child(self, uid: str) -> Child | None:
        """How the session of a sub-agent ends; None where it is not there. Called in a worker thread."""
        ...


class MessagesFetched(TextualMessage, bubble=False):
    """Fact: a page of messages was read. `generation` tells a page of a session that is no longer shown."""

    def __init__(self, generation: int, seqs: Sequence[int], messages: Sequence[Message], problem: str = "") -> None:
        super().__init__()
        self.generation = generation
        self.seqs = seqs
        self.messages = messages
        self.problem = problem


class ChildFetched(TextualMessage, bubble=False):
    """Fact: the end of a sub-agent's session was read."""

    def __init__(self, generation: int, uid: str, child: Child) -> None:
        super().__init__()
        self.generation = generation
        self.uid = uid
        self.child = child
