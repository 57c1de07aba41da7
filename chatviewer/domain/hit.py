"""What a search found."""

from __future__ import annotations

from datetime import datetime

from chatviewer.domain.kinds import HitKind, Role
from chatviewer.domain.record import NamedTuple


class Hit(NamedTuple):
    """A message (or a tool call on it, or a title) that matches. In `snippet` the matched words stand between \\x02 and \\x03."""

    session_id: int
    session_uid: str
    title: str
    source: str
    project: str
    message_uid: str | None  # None for a title
    seq: int
    role: Role | None
    created_at: datetime | None
    snippet: str
    kind: HitKind


class SearchHints(NamedTuple):
    """What would find more. `suggestion`: the query with the words that nothing holds spelled as the library spells them; "" for none.

    `shorter`: the query without `dropped`, one of its words or fields, and how many hits the first page of that has; "" for none.
    """

    tool_count: int = 0  # hits in what tools were given and returned, where the query does not look
    is_tool_count_whole: bool = True  # else there are more
    suggestion: str = ""
    shorter: str = ""
    dropped: str = ""
    shorter_count: int = 0
    has_more_shorter: bool = False
    hidden_count: int = 0  # archived and trashed sessions that a query without words would list, if it asked for them
    is_hidden_count_whole: bool = True  # else there are more


class SearchResult(NamedTuple):
    """The hits of one query. `hidden_count`: hits in archived or trashed sessions that the default filter left out, as far as counted."""

    hits: tuple[Hit, ...]
    hidden_count: int
    seconds: float
    has_more: bool
    problems: tuple[str, ...] = ()  # what is wrong with the query, in words
    is_hidden_count_whole: bool = True  # else there may be more: they are counted for a moment only
