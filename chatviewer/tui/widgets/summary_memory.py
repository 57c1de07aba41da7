"""The rows that a list has seen lately, and which of them are known to be as stored."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from chatviewer.domain import SessionSummary

KEPT = 1200  # summaries


class SummaryMemory:
    """Keeps the latest summaries by their ids. One that is stale is still shown until the fresh one comes."""

    def __init__(self) -> None:
        self._summaries: OrderedDict[int, SessionSummary] = OrderedDict()
        self._fresh: set[int] = set()  # ids whose summary is as stored, or has been asked for

    def __len__(self) -> int:
        return len(self._summaries)

    def get(self, session_id: int) -> SessionSummary | None:
        return self._summaries.get(session_id)

    def keep(self, summaries: Iterable[SessionSummary]) -> None:
        """These are as stored; the oldest beyond `KEPT` go."""
        for summary in summaries:
            self._summaries[summary.id] = summary
            self._summaries.move_to_end(summary.id)
            self._fresh.add(summary.id)
        while len(self._summaries) > KEPT:
            self._fresh.discard(self._summaries.popitem(last=False)[0])

    def expire(self) -> None:
        """All are to be asked for again."""
        self._fresh.clear()

    def are_fresh(self, ids: Iterable[int]) -> bool:
        return all(id_ in self._fresh for id_ in ids)

    def ask(self, ids: Iterable[int]) -> Sequence[int]:
        """Those that have to be fetched; they count as asked for from now on."""
        wanted = [id_ for id_ in ids if id_ not in self._fresh]
        self._fresh.update(wanted)
        return wanted
