"""What a chat is. Standard library only, frozen values, no I/O; every other package speaks in these words.

`from chatviewer.domain import Message` loads only the module that defines it: commands that must answer in milliseconds never
load `dataclasses`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chatviewer.domain.annotation import Change, Note, Rating, Tag, UndoneStep
    from chatviewer.domain.counts import Finding, LibraryCounts, StatisticsRow
    from chatviewer.domain.facets import ResultFacets
    from chatviewer.domain.hit import Hit, SearchHints, SearchResult
    from chatviewer.domain.importing import (
        Beginning,
        FileImport,
        ImportProgress,
        ImportReport,
        Problem,
        SaveCounts,
        SourceFile,
        SourceStatus,
    )
    from chatviewer.domain.kinds import HitKind, RatingOrigin, Role, RunState, SessionStatus, ToolCallStatus
    from chatviewer.domain.message import Attachment, Message, ToolCall, ToolResult
    from chatviewer.domain.sanitizing import safe, safe_file_name, safe_line
    from chatviewer.domain.session import ContextItem, Session
    from chatviewer.domain.summary import MessageOpening, MessageStub, SessionSummary
    from chatviewer.domain.tree import MessageTree
    from chatviewer.domain.user import User

_HOMES = {
    "annotation": ("Change", "Note", "Rating", "Tag", "UndoneStep"),
    "counts": ("Finding", "LibraryCounts", "StatisticsRow"),
    "facets": ("ResultFacets",),
    "hit": ("Hit", "SearchHints", "SearchResult"),
    "importing": ("Beginning", "FileImport", "ImportProgress", "ImportReport", "Problem", "SaveCounts", "SourceFile", "SourceStatus"),
    "kinds": ("HitKind", "RatingOrigin", "Role", "RunState", "SessionStatus", "ToolCallStatus"),
    "message": ("Attachment", "Message", "ToolCall", "ToolResult"),
    "sanitizing": ("safe", "safe_file_name", "safe_line"),
    "session": ("ContextItem", "Session"),
    "summary": ("MessageOpening", "MessageStub", "SessionSummary"),
    "tree": ("MessageTree",),
    "user": ("User",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Attachment",
    "Beginning",
    "Change",
    "ContextItem",
    "FileImport",
    "Finding",
    "Hit",
    "HitKind",
    "ImportProgress",
    "ImportReport",
    "LibraryCounts",
    "Message",
    "MessageOpening",
    "MessageStub",
    "MessageTree",
    "Note",
    "Problem",
    "Rating",
    "RatingOrigin",
    "ResultFacets",
    "Role",
    "RunState",
    "SaveCounts",
    "SearchHints",
    "SearchResult",
    "Session",
    "SessionStatus",
    "SessionSummary",
    "SourceFile",
    "SourceStatus",
    "StatisticsRow",
    "Tag",
    "ToolCall",
    "ToolCallStatus",
    "ToolResult",
    "UndoneStep",
    "User",
    "safe",
    "safe_file_name",
    "safe_line",
]


def _module(name: str) -> Any:
    """As `importlib.import_module`, without its module."""
    __import__(name)
    return sys.modules[name]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_module(f"chatviewer.domain.{home}"), name)
    return value
