"""Totals over a library: the library pane, the statistics, `doctor`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryCounts:
    """Sessions by status and by facet (sub-agents left out), each facet largest first."""

    active: int = 0
    archived: int = 0
    trashed: int = 0
    starred: int = 0
    rated: int = 0
    unread: int = 0
    subagents: int = 0
    messages: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    projects: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    last_import_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that `doctor` looked at. Severity is ok, note or damage."""

    check: str
    severity: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRow:
    """One row of a statistics table: a day, model, source, project or tool with its sums."""

    key: str
    sessions: int = 0
    messages: int = 0
    tokens: int = 0
    rated: int = 0
    rating_sum: int = 0
