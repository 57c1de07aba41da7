"""The groups of a list of sessions and their headings, found without reading its rows."""

from array import array
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from chatviewer.domain import SessionSummary
from chatviewer.query import Query
from chatviewer.storage.library import Library
from chatviewer.tui.formatting import day_heading, project_name
from chatviewer.tui.widgets.row_layout import Heading

GROUPS = {"day": "by day", "project": "by project", "source": "by source", "none": "no groups"}
_TIMES = {"recent": "last_message_at", "started": "started_at"}
_NAMELESS = {"project": "No project", "source": "No source"}


def named_groups(library: Library, query: "Query | None", by: str, sort: str, limit: int | None) -> "tuple[array[int], list[Heading]]":
    """The ids with those of a project or source together, and a heading for each; of a partial list the last one has no size."""
    groups = library.session_groups(query, by=by, sort=sort, limit=limit)
    ids = array("q")
    headings = []
    shown = Counter(project_name(name) for name, _ in groups)
    for name, members in groups:
        short = project_name(name) if by == "project" else name
        headings.append(Heading(len(ids), (short if shown[short] == 1 else name) or _NAMELESS[by], len(members)))
        ids += members
    if limit is not None and len(ids) >= limit:
        headings[-1] = headings[-1]._replace(size=None)
    return ids, headings


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
