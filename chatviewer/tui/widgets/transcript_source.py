"""Where a transcript gets its messages from."""

from collections.abc import Sequence
from typing import Protocol

from chatviewer.domain import Message


class TranscriptSource(Protocol):
    """Gives whole messages of one session. A screen implements it with the library, a test with a list."""

    def messages(self, seqs: Sequence[int]) -> list[Message]:
        """The messages of these sequence numbers, `seq` filled in. Called in a worker thread."""
        ...

    def matching_seqs(self, text: str) -> list[int]:
        """The messages, of all branches, that hold the text in any case. Called in a worker thread."""
        ...
