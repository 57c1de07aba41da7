"""What screens and workers tell each other about sources and imports."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chatviewer.domain import Beginning, ImportProgress, ImportReport, Problem, SourceStatus
    from chatviewer.ingest.showing import FoundLine


class SourcesFetched(Message):
    """Fact: the sources on this machine, and what could not be imported so far."""

    def __init__(self, sources: "Sequence[SourceStatus]", problems: "Sequence[Problem]", left_changes: int = 0) -> None:
        """`left_changes`: of an empty library, what of the user's journal has outlived its database."""
        super().__init__()
        self.sources = sources
        self.problems = problems
        self.left_changes = left_changes


class ProblemLineFetched(Message):
    """Fact: the record that could not be read is here, as its file holds it now."""

    def __init__(self, problem: "Problem", found: "FoundLine") -> None:
        super().__init__()
        self.problem = problem
        self.found = found


class ImportBegun(Message):
    """Fact: the newest chats are in the library, while all are imported."""

    def __init__(self, beginning: "Beginning") -> None:
        super().__init__()
        self.beginning = beginning


class ImportProgressed(Message):
    """Fact: where the import stands."""

    def __init__(self, progress: "ImportProgress") -> None:
        super().__init__()
        self.progress = progress


class ImportFinished(Message):
    """Fact: the import is over. `is_quiet`: nobody asked for it, it was found by watching."""

    def __init__(self, report: "ImportReport", *, is_quiet: bool = False) -> None:
        super().__init__()
        self.report = report
        self.is_quiet = is_quiet


class ChangedElsewhere(Message):
    """Fact: another program imported into this library, or took sessions out of the list or back."""
