"""The headings that a list of sessions stands under, found without reading its rows."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from chatviewer.domain import SessionSummary
from chatviewer.storage.library import Library
from chatviewer.tui.formatting import day_heading
from chatviewer.tui.widgets.row_layout import Heading

_TIMES = {"recent": "last_message_at", "started": "started_at"}


def day_headings(
    library: Library, ids: Sequence[int], first: Sequence[SessionSummary], sort: str, now: datetime, *, is_partial: bool
) -> list[Heading]:
    """The days and months that sessions in order of time fall under; none where the order is another one.

    Only the rows where a heading begins are looked for: all gaps are halved at once, a few dozen summaries a time, whatever the
    length of the list. `first` are summaries that are known already; of a partial list the last heading has no size.
    """
    attribute = _TIMES.get(sort.removeprefix("-"))
    if attribute is None or not ids:
        return []
    row_of = {id_: row for row, id_ in enumerate(ids[: len(first)])}
    known = {row_of[summary.id]: day_heading(getattr(summary, attribute), now) for summary in first if summary.id in row_of}
    wanted = {0, len(ids) - 1} - known.keys()
    while wanted:
        rows = sorted(wanted)
        found = {summary.id: summary for summary in library.summaries([ids[row] for row in rows])}
        for row in rows:
            summary = found.get(ids[row])
            known[row] = day_heading(getattr(summary, attribute), now) if summary else ""
        seen = sorted(known)
        wanted = {(low + high) // 2 for low, high in pairwise(seen) if high - low > 1 and known[low] != known[high]}
    starts: list[tuple[int, str]] = []
    for row in sorted(known):
        if known[row] and (not starts or starts[-1][1] != known[row]):
            starts.append((row, known[row]))
    ends = [row for row, _ in starts[1:]] + [len(ids)]
    headings = [Heading(row, text, end - row) for (row, text), end in zip(starts, ends, strict=True)]
    if is_partial and headings:
        headings[-1] = headings[-1]._replace(size=None)
    return headings
