"""Totals over a library: the library pane, the statistics, `doctor`."""

from __future__ import annotations

from chatviewer.domain.record import NOTHING, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chatviewer.domain.importing import Beginning


class LibraryCounts(NamedTuple):
    """Sessions by status and by facet (sub-agents left out), each facet largest first."""

    active: int = 0
    archived: int = 0
    trashed: int = 0
    starred: int = 0
    rated: int = 0
    unread: int = 0
    subagents: int = 0
    messages: int = 0
    sources: Mapping[str, int] = NOTHING
    projects: Mapping[str, int] = NOTHING
    tags: Mapping[str, int] = NOTHING
    models: Mapping[str, int] = NOTHING
    last_import_at: datetime | None = None
    beginning: Beginning | None = None  # a first import is not over


class Finding(NamedTuple):
    """One thing that `doctor` looked at. Severity is ok, note or damage."""

    check: str
    severity: str
    detail: str


class StatisticsRow(NamedTuple):
    """One row of a statistics table: a day, model, source, project or tool with its sums; "" is what has none."""

    key: str
    sessions: int = 0
    messages: int = 0
    tokens: int = 0
    rated: int = 0
    rating_sum: int = 0
