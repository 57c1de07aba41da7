"""The closed sets of words that a chat is described with. They are stored as these words."""

from chatviewer.domain.record import StrEnum


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"  # also what programs inject between the user's own words: `metadata["kind"]` says what it is
    TOOL = "tool"  # a result whose call is unknown


class SessionStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"
    TRASHED = "trashed"


class RunState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


class ToolCallStatus(StrEnum):
    PENDING = "pending"  # no result in the source (yet)
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class RatingOrigin(StrEnum):
    USER = "user"  # given here; stands above the other
    SOURCE = "source"  # thumbs and votes that the source holds, as 5 or 1


class HitKind(StrEnum):
    TEXT = "text"
    THINKING = "thinking"
    TOOL = "tool"
    TITLE = "title"
    SUMMARY = "summary"  # of a session, by its source
    ATTACHMENT = "attachment"
