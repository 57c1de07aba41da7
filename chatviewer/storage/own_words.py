"""The part of the library that a person changes: ratings, notes, tags, status, titles, preferences, and the way back.

Peewee comes with it, so nothing is imported before the first change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatviewer.domain.user import User
from chatviewer.storage.connection import Database

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from chatviewer.domain.annotation import Tag, UndoneStep
    from chatviewer.domain.kinds import SessionStatus
    from chatviewer.storage.journal import Journal


class OwnWords:
    """What one user says about sessions and messages. Each change is one transaction, one step of undo, one line for each thing that
    changed in `journal.jsonl`."""

    def __init__(self, database: Database, user: User) -> None:
        self.database = database
        self.user = user
        self._changes: Journal | None = None

    @property
    def _journal(self) -> Journal:
        from chatviewer.storage.journal import Journal

        if self._changes is None:
            self._changes = Journal(self.database, self.user.id)
        return self._changes

    @property
    def warning(self) -> str | None:
        """Why the last change is not in the journal's file, in words; None if it is."""
        return self._changes.warning if self._changes else None

    def rate(self, message_uid: str, value: int | None, text: str | None = None) -> None:
        """Stars with a remark (None: it stays); a value of None takes the user's own away. Raises UsageError and NotFoundError."""
        from chatviewer.storage.annotations import rate

        rate(self._journal, message_uid, value, text)

    def set_note(self, uid: str, text: str) -> None:
        """A note on a session or message; "" removes it. Raises NotFoundError."""
        from chatviewer.storage.annotations import set_note

        set_note(self._journal, uid, text)

    def set_status(self, uids: Sequence[str], status: SessionStatus) -> int:
        """Archive, trash or bring back sessions; returns how many changed."""
        from chatviewer.storage.annotations import set_status

        return set_status(self._journal, uids, status)

    def set_starred(self, uids: Sequence[str], is_starred: bool) -> int:
        """Give sessions a star or take it away; returns how many changed."""
        from chatviewer.storage.annotations import set_starred

        return set_starred(self._journal, uids, is_starred)

    def mark_read(self, read: Mapping[str, int]) -> int:
        """How many messages of sessions are read, by uid; 0 marks one as unread. No step of undo. Returns how many changed."""
        from chatviewer.storage.read_marks import mark_read

        return mark_read(self.database, self.user.id, read)

    def add_tags(self, uids: Sequence[str], names: Sequence[str]) -> int:
        """Tag sessions; returns how many changed. Raises UsageError for what is no name of a tag."""
        return self.change_tags(uids, names, ())

    def remove_tags(self, uids: Sequence[str], names: Sequence[str]) -> int:
        """Take tags from sessions; returns how many changed."""
        return self.change_tags(uids, (), names)

    def change_tags(self, uids: Sequence[str], added: Sequence[str], removed: Sequence[str]) -> int:
        """Both in one step; a name that is in both is added. Returns how many sessions changed. Raises UsageError as `add_tags`."""
        from chatviewer.storage.annotations import change_tags

        return change_tags(self._journal, uids, added, removed)

    def tags(self) -> list[Tag]:
        """All tags by name."""
        from chatviewer.storage.counting import tags

        return tags(self.database, self.user.id)

    def rename(self, uid: str, title: str) -> None:
        """A title of the user's own; "" gives back the source's. Raises NotFoundError."""
        from chatviewer.storage.annotations import rename

        rename(self._journal, uid, title)

    def purge(self, uids: Sequence[str]) -> int:
        """Remove sessions and their sub-agents for ever; no undo, no coming back with the next import. Returns how many are gone."""
        from chatviewer.storage.purging import purge

        return purge(self._journal, uids)

    def forget_purged(self) -> None:
        """What a purge that was killed has left of words about what is gone, in journal.jsonl: taken out. Cheap where there is nothing."""
        from chatviewer.storage.stamps import has_unforgotten

        if has_unforgotten(self.database, self.user.id):
            self._journal.forget()

    def trashed_before(self, at: datetime) -> list[str]:
        """The uids of the sessions that were put into the trash before that time."""
        from chatviewer.storage.purging import trashed_before

        return trashed_before(self.database.reader(), self.user.id, at)

    def left_changes(self) -> int:
        """How many of the user's changes only journal.jsonl tells of: its database was deleted, `doctor --repair` restores them."""
        from chatviewer.paths import journal_path
        from chatviewer.storage.restoring import left_changes

        return left_changes(self.database, self.user.id, journal_path(self.database.path))

    def undo(self) -> UndoneStep | None:
        """Take back the last change; what it was. None: nothing left."""
        return self._journal.undo()

    def redo(self) -> UndoneStep | None:
        """Make the change again that was taken back last; what it is. None: nothing left."""
        return self._journal.redo()

    def preference(self, key: str) -> Any:
        """A preference's value. Raises UsageError for an unknown key."""
        from chatviewer.storage.preferences import preference

        return preference(self.database, self.user.id, key)

    def preferences(self) -> dict[str, Any]:
        """All preferences, defaults filled in."""
        from chatviewer.storage.preferences import preferences

        return preferences(self.database, self.user.id)

    def set_preference(self, key: str, value: Any) -> None:
        """Raises UsageError for an unknown key or a wrong value."""
        from chatviewer.storage.annotations import set_preference

        set_preference(self._journal, key, value)

    def reset_preference(self, key: str) -> None:
        """Back to the default. Raises UsageError for an unknown key."""
        from chatviewer.storage.annotations import reset_preference

        reset_preference(self._journal, key)
