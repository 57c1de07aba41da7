"""A made-up library: what `chatviewer demo` shows, and what snapshots, screenshots and tests are made from.

Every word of it is invented. It is the same at every call but for the times, which are counted back from `now`.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatviewer.demo.script import Scene
    from chatviewer.domain.session import Session
    from chatviewer.storage.library import Library

NEW = 3  # messages of one session that came since it was read
CHATS = Path(__file__).with_name("chats")


def scenes(now: datetime | None = None) -> "list[Scene]":
    """The sessions with ratings, tags, stars and notes, oldest first."""
    from chatviewer.demo.script import scenes as read

    now = now or datetime.now(UTC)
    found = [scene for path in sorted(CHATS.glob("*.txt")) for scene in read(path.read_text(encoding="utf-8"), now)]
    return sorted(found, key=lambda scene: scene.session.last_message_at or now)


def sessions(now: datetime | None = None) -> "list[Session]":
    """The sessions alone, oldest first."""
    return [scene.session for scene in scenes(now)]


def fill(library: "Library", now: datetime | None = None) -> None:
    """Save the made-up sessions into a library, and say about them what a user would have said."""
    from chatviewer.domain.importing import FileImport, SourceFile
    from chatviewer.domain.kinds import SessionStatus

    played = scenes(now)
    file = SourceFile(path="demo", source="demo", size=0, mtime_ns=0, ctime_ns=0)
    library.save([FileImport(file=file, sessions=tuple(scene.session for scene in played))])
    library.finish_import()
    for scene in played:
        uid = scene.session.uid
        for message, (value, words) in scene.ratings.items():
            library.rate(message, value, words)
        for target, words in (*scene.notes.items(), *([(uid, scene.note)] if scene.note else ())):
            library.set_note(target, words)
        if scene.tags:
            library.add_tags([uid], scene.tags)
        if scene.is_starred:
            library.set_starred([uid], True)
        if scene.status != "active":
            library.set_status([uid], SessionStatus(scene.status))
    shown = library.summaries(library.session_ids(limit=2))
    library.mark_read(dict.fromkeys((summary.uid for summary in shown), 0))
    library.mark_read({summary.uid: summary.message_count - NEW for summary in shown[1:]})  # the other one is new as a whole
