"""What the user does to sessions and replies, as jobs for a background thread: each is one transaction and one step to undo. But how far
something was read is no step: it is noted in passing, many times a day, and `U` turns it round."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from chatviewer import paths
from chatviewer.domain import SessionStatus, SessionSummary, safe_line
from chatviewer.domain.wording import step_line
from chatviewer.errors import DatabaseError
from chatviewer.storage.library import Library
from chatviewer.tui.background import Job
from chatviewer.tui.formatting import counted, stars
from chatviewer.tui.messages import LibraryChanged, ReadMarksChanged
from chatviewer.tui.naming import named

LONGEST_TITLE = 120  # of a session in the bottom line, however wide
NOTHING_TO_UNDO = "There is nothing to undo."
NOTHING_TO_REDO = "There is nothing to redo."


def _on_sessions(
    library: Library,
    ids: Sequence[int],
    act: Callable[[list[SessionSummary], list[str]], str],
    *,
    moves_sessions: bool = False,
    can_undo: bool = True,
) -> Job:
    def job() -> LibraryChanged:
        summaries = library.summaries(ids)
        return LibraryChanged(act(summaries, [summary.uid for summary in summaries]), moves_sessions=moves_sessions, can_undo=can_undo)

    return job


def toggle_status(library: Library, ids: Sequence[int], status: SessionStatus) -> Job:
    """To the archive or the trash; back, if all of them are there already."""
    to = {SessionStatus.ARCHIVED: "Archived {}", SessionStatus.TRASHED: "Moved {} to the trash"}[status]
    back = {SessionStatus.ARCHIVED: "Took {} out of the archive", SessionStatus.TRASHED: "Took {} out of the trash"}[status]

    def act(summaries: list[SessionSummary], uids: list[str]) -> str:
        is_back = all(summary.status is status for summary in summaries)
        library.set_status(uids, SessionStatus.ACTIVE if is_back else status)
        return (back if is_back else to).format(counted(len(uids), "session"))

    return _on_sessions(library, ids, act, moves_sessions=True)


def toggle_star(library: Library, ids: Sequence[int]) -> Job:
    """Star all of them; take the stars away if all have one."""

    def act(summaries: list[SessionSummary], uids: list[str]) -> str:
        is_starred = not all(summary.is_starred for summary in summaries)
        library.set_starred(uids, is_starred)
        what = counted(len(uids), "session")
        return f"Starred {what}" if is_starred else f"Took the star from {what}"

    return _on_sessions(library, ids, act)


def toggle_read(library: Library, ids: Sequence[int]) -> Job:
    """All of them as read; as unread, if nothing in them is new."""

    def act(summaries: list[SessionSummary], uids: list[str]) -> str:
        is_read = not any(summary.unread_count for summary in summaries)
        library.mark_read({summary.uid: 0 if is_read else summary.message_count for summary in summaries})
        return f"Marked {counted(len(uids), 'session')} as {'unread' if is_read else 'read'} · U turns it round"

    return _on_sessions(library, ids, act, can_undo=False)


def note_reading(library: Library, session_id: int, message_count: int) -> Job:
    """So much of a session was shown to the reader for a moment. Nobody asked for that: a library that cannot be written is no matter."""

    def job() -> ReadMarksChanged | None:
        with suppress(DatabaseError):
            summaries = library.summaries([session_id])
            if library.mark_read({summary.uid: message_count for summary in summaries if summary.unread_count}):
                return ReadMarksChanged(named(library, library.summaries([session_id])))
        return None

    return job


def change_tags(library: Library, ids: Sequence[int], added: Sequence[str], removed: Sequence[str]) -> Job:
    """Add and remove tags."""

    def act(summaries: list[SessionSummary], uids: list[str]) -> str:
        library.change_tags(uids, added, removed)
        words = [f"#{name}" for name in added] + [f"−#{name}" for name in removed]
        return f"Tagged {counted(len(uids), 'session')} {' '.join(words)}"

    return _on_sessions(library, ids, act)


def rename(library: Library, session_id: int, title: str) -> Job:
    """The user's own title; an empty one gives the source's back."""

    def act(summaries: list[SessionSummary], uids: list[str]) -> str:
        for uid in uids:
            library.rename(uid, title)
        return "Renamed" if title else "Gave the title of the source back"

    return _on_sessions(library, [session_id], act)


def set_note(library: Library, uid: str, text: str, *, message_uid: str | None = None) -> Job:
    """A note on a session or a message."""

    def job() -> LibraryChanged:
        library.set_note(uid, text)
        return LibraryChanged("Note saved" if text else "Note removed", message_uid=message_uid)

    return job


def rate(library: Library, message_uid: str, value: int | None) -> Job:
    """Stars on a reply; None takes them away."""

    def job() -> LibraryChanged:
        library.rate(message_uid, value)
        if not value:
            return LibraryChanged("Rating cleared", message_uid=message_uid)
        has_note = bool(library.message_session(message_uid)[1].note)
        hint = f"N {'changes its' if has_note else 'adds a'} note"
        return LibraryChanged(f"Rated {stars(value)}", message_uid=message_uid, hint=hint)

    return job


def purge(library: Library, ids: Sequence[int]) -> Job:
    """Delete for ever."""

    def job() -> LibraryChanged:
        count = library.purge([summary.uid for summary in library.summaries(ids)])
        words = f"Deleted {counted(count, 'session')} for ever{_in_copies(library, count)}"
        return LibraryChanged(words, can_undo=False, moves_sessions=True)

    return job


def _in_copies(library: Library, count: int) -> str:
    """Where so many purged sessions may still be found."""
    return "; older copies of the library may hold them" if count and paths.older_copies(library.path) else ""


def empty_trash(library: Library, days: int, now: datetime) -> Job:
    """Delete for ever what has been in the trash for longer than that; 0 keeps everything."""

    def job() -> LibraryChanged | None:
        uids = library.trashed_before(now - timedelta(days=days)) if days else []
        if not uids:
            return None
        count = library.purge(uids)
        words = f"Deleted {counted(count, 'session')} that lay in the trash for {counted(days, 'day')}{_in_copies(library, count)}"
        return LibraryChanged(words, can_undo=False)

    return job


def undo(library: Library) -> Job:
    """Take the last step back."""

    def job() -> LibraryChanged:
        step = library.undo()
        if step is None:
            return LibraryChanged(NOTHING_TO_UNDO, can_undo=False)
        title = safe_line(step.title, LONGEST_TITLE)
        told = f"Undone: {step_line(step.words, title)} · ctrl+r redoes"
        return LibraryChanged(told, can_undo=False, moves_sessions=True, is_step_of_history=True, about=title)

    return job


def redo(library: Library) -> Job:
    """Do the last undone step again."""

    def job() -> LibraryChanged:
        step = library.redo()
        if step is None:
            return LibraryChanged(NOTHING_TO_REDO, can_undo=False)
        title = safe_line(step.title, LONGEST_TITLE)
        return LibraryChanged(f"Done again: {step_line(step.words, title)}", moves_sessions=True, is_step_of_history=True, about=title)

    return job
