"""What people say about sessions and messages. It is keyed by uid and lives apart from what was imported."""

from dataclasses import dataclass
from datetime import datetime

from chatviewer.domain.kinds import RatingOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """1 to 5 stars on a message."""

    uid: str  # of the message
    value: int
    text: str = ""
    origin: RatingOrigin = RatingOrigin.USER
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.value <= 5:
            raise ValueError(f"a rating is 1 to 5, not {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Free text of the user's on a session or a message."""

    uid: str
    text: str
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag with the number of sessions that carry it."""

    name: str
    session_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the journal: what the user changed, with what it was before. Undo writes `before` back, redo `after`."""

    id: int
    step: int  # changes made by one action share a step; undo takes back a whole step
    at: datetime
    action: str  # rate, note, status, star, tag, title, preference
    target: str  # the uid, or the key of the preference
    before: object
    after: object
    undone_at: datetime | None = None
