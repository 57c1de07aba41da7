"""What the list of sessions, its screen and the threads behind it tell each other about its rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chatviewer.domain import SessionSummary
    from chatviewer.tui.widgets.session_rows import SessionRows


class ListingReady(Message):
    """Fact: the sessions of a query without free words, and the summaries of the first page."""

    def __init__(
        self,
        generation: int,
        rows: "SessionRows",
        summaries: "Sequence[SessionSummary]",
        problems: Sequence[str] = (),
        *,
        is_partial: bool = False,
        found_id: int | None = None,
    ) -> None:
        super().__init__()
        self.found_id = found_id  # of the session that was looked for
        self.is_partial = is_partial  # more follow; only the beginning was asked for
        self.generation = generation
        self.rows = rows
        self.summaries = summaries
        self.problems = problems


class ChildrenFetched(Message):
    """Fact: the sub-agents of a session, in the order in which they were started."""

    def __init__(self, session_id: int, children: "Sequence[SessionSummary]") -> None:
        super().__init__()
        self.session_id = session_id
        self.children = children


class AgentsClicked(Message):
    """Intent: fold or unfold the sub-agents of the session under the cursor."""
