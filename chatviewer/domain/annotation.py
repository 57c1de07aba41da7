"""What people say about sessions and messages. It is keyed by uid and lives apart from what was imported."""

from __future__ import annotations

from chatviewer.domain.kinds import RatingOrigin
from chatviewer.domain.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


class Rating(NamedTuple):
    """1 to 5 stars on a message."""

    uid: str  # of the message
    value: int
    text: str = ""
    origin: RatingOrigin = RatingOrigin.USER
    created_at: datetime | None = None


class Note(NamedTuple):
    """Free text of the user's on a session or a message."""

    uid: str
    text: str
    updated_at: datetime | None = None


class Tag(NamedTuple):
    """A tag with the number of sessions that carry it."""

    name: str
    session_count: int = 0


class UndoneStep(NamedTuple):
    """A step that was undone, or done again: what it was, in words, and of what session, as it is called now."""

    words: str  # "archived 3 sessions"
    title: str = ""  # foreign text; "" where it was about several sessions, or none


class Change(NamedTuple):
    """One entry of the journal: what the user changed, with what it was before. Undo writes `before` back, redo `after`."""

    id: int
    step: int  # changes made by one action share a step; undo takes back a whole step
    at: datetime
    action: str  # rate, note, status, star, tag, title, preference
    target: str  # the uid, or the key of the preference
    before: object
    after: object
    undone_at: datetime | None = None
