"""What files gave, into tables: one transaction, and saving the same again changes nothing.

Everything is found again by uid. A session that is known grows; a message that is known under the same uid is the same, longer, or
another one (`merging`); a message that lives in another session is a copy that a resumed or forked session carries, stored once.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chatviewer.domain.importing import FileImport, SaveCounts, SourceFile
from chatviewer.domain.session import UPDATED_AT, Session
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.describing import COLUMNS, Choices, described, is_outdated, new_session, sealed, stored_session
from chatviewer.storage.encoding import mapping_from_json
from chatviewer.storage.files import forget_beginning, label_gone_sessions, merged_counts, replace_problems, stored_beginning
from chatviewer.storage.incoming import Incoming, Place, own_uid
from chatviewer.storage.linking import link, link_all, mark_branched, project_uid, refresh_ratings, waiting
from chatviewer.storage.merging import StoredMessage, is_same, stored_messages
from chatviewer.storage.rows import checksum, clean, json_text, milliseconds
from chatviewer.storage.stamps import now_ms, stored_path
from chatviewer.storage.writing import Writer

_FILE_COLUMNS = 'source, size, mtime_ns, ctime_ns, "offset", line, head_hash, state, skipped, imported_at'

MOST_LOADED_ROWS = 500_000  # messages of a first import that are known by heart, some 150 bytes each; with more, the index is made early
MESSAGE_BY_UID = "CREATE UNIQUE INDEX message_by_uid ON message (uid)"  # as in the schema


def save(database: Database, user_id: int, imports: Sequence[FileImport]) -> SaveCounts:
    """Store what the files gave. Raises the DatabaseError kinds; then nothing of it is stored."""
    with database.transaction() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")  # a child may come before its parent
        if not database.is_loading:
            forget_beginning(connection, user_id)  # from now on it is a library like any other
        saving = Saving(connection, user_id, database.kept_ids, database.loaded_rows)
        saving.kept_uids = database.kept_uids
        for one in imports:
            saving.save_file(one)
        saving.finish(is_loading=database.is_loading)
        if database.loaded_rows is not None and len(database.loaded_rows) > MOST_LOADED_ROWS:
            connection.execute(MESSAGE_BY_UID)
            database.loaded_rows = None
    return saving.counts


def finish_import(database: Database, user_id: int, complete: Collection[str]) -> None:
    """Connect what still waits for its other half, once after the last `save`. What the `complete` sources give later is new."""
    if complete:
        from chatviewer.storage.read_marks import catch_up  # not what a file that grew needs

        catch_up(database, user_id, complete)
    if database.is_loading:  # its end does that
        return
    with explained(database.file):
        connection = database.connection()
        if not waiting(connection, user_id) and stored_beginning(connection, user_id) is None:
            return
    with database.transaction() as connection:
        forget_beginning(connection, user_id)
        link_all(connection, user_id)


def purged_uids(connection: sqlite3.Connection, user_id: int) -> set[str]:
    """The sessions that the user purged: they stay away."""
    return {row[0] for row in connection.execute("SELECT uid FROM tombstone WHERE user_id = ?", (user_id,))}


class Saving:
    """One transaction's work."""

    def __init__(
        self, connection: sqlite3.Connection, user_id: int, kept_ids: Mapping[str, int], loaded_rows: dict[int, int] | None
    ) -> None:
        self.connection = connection
        self.user_id = user_id
        self.now = now_ms()
        self.counts = SaveCounts()
        self.writer = Writer(connection, user_id, self.now, loaded_rows)
        self.kept_uids: Mapping[tuple[str, str, str], str] = {}  # see `Database`
        self.kept_ids = kept_ids  # of sessions that are to get the row which they had, by uid
        self.writer.leave_out("session", kept_ids.values())
        self.first_row = self.writer.next_id["message"]
        self.choices = Choices(connection, user_id)
        self.purged = purged_uids(connection, user_id)
        self.touched: dict[int, None] = {}

    def finish(self, *, is_loading: bool = False) -> None:
        """Index what was added and connect it with the rest."""
        self.writer.index()
        if is_loading:  # its end does that
            return
        link(self.connection, self.user_id, self.touched)
        mark_branched(self.connection, self.first_row)
        if self.connection.execute("SELECT EXISTS (SELECT 1 FROM rating WHERE user_id = ?)", (self.user_id,)).fetchone()[0]:
            refresh_ratings(self.connection, self.user_id, self.touched)

    # files

    def save_file(self, one: FileImport) -> None:
        """A file with its sessions and problems."""
        file_id, old_line, was_gone = self._write_file(one.file, is_tail=one.is_tail)
        is_whole = True
        for session in one.sessions:
            session_id = self.save_session(session, file_id)
            if session_id is None:
                is_whole = False
            else:
                self.connection.execute("INSERT OR IGNORE INTO session_file VALUES (?, ?)", (session_id, file_id))
                was_gone = was_gone or self._is_gone(session_id)
        if not is_whole:  # a later tail could not be joined to what is not stored: then read it all again
            self.connection.execute('UPDATE source_file SET "offset" = 0, line = 0, state = ? WHERE id = ?', ("{}", file_id))
        replace_problems(self.connection, file_id, one.problems, max(old_line, one.told_line), self.now)
        if was_gone:
            label_gone_sessions(self.connection, [file_id])

    def _write_file(self, file: SourceFile, *, is_tail: bool) -> tuple[int, int, bool]:
        """The file's id, the line behind which it was read now, and whether it had been gone."""
        path = stored_path(file.path)
        query = "SELECT line, skipped, gone_at, id FROM source_file WHERE user_id = ? AND path = ?"
        old = self.connection.execute(query, (self.user_id, path)).fetchone()
        skipped = dict(file.skipped)
        if old and is_tail:
            skipped = merged_counts(mapping_from_json(old[1]), skipped)
        values = (file.source, file.size, file.mtime_ns, file.ctime_ns, file.offset, file.line, file.head_hash)
        more = (json_text(dict(file.state)), json_text(skipped), self.now)
        if old is None:
            # RETURNING would make this a statement of several steps, at whose beginning FTS5 writes what it gathered
            statement = f"INSERT INTO source_file ({_FILE_COLUMNS}, user_id, path) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            cursor = self.connection.execute(statement, (*values, *more, self.user_id, path))
            return int(cursor.lastrowid or 0), 0, False
        statement = f"UPDATE source_file SET gone_at = NULL, ({_FILE_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?"
        self.connection.execute(statement, (*values, *more, old[3]))
        return old[3], old[0] if is_tail else 0, old[2] is not None

    def _is_gone(self, session_id: int) -> bool:
        query = "SELECT source_gone_at IS NOT NULL FROM session WHERE id = ?"
        return bool(self.connection.execute(query, (session_id,)).fetchone()[0])

    # sessions

    def save_session(self, session: Session, file_id: int) -> int | None:
        """Store a session, or what is new of it; returns its row's id, None if nothing of it is stored."""
        known = self._known(session, None)
        place = self._place(session, file_id, known)
        if place.uid in self.purged:
            self._count(**{"purged" if session.has_content or session.late_results else "unchanged": 1})  # a title alone says nothing
            return None
        if place.session_id is None and not session.has_content:
            self._count(unchanged=1)
            return None
        if place.project is not None:
            known = self._known(session, place)
        incoming = Incoming(self.writer, session, place, known)
        incoming.sort()
        if place.session_id is None and not incoming.new:
            incoming.complete_copies()
            self._count(unchanged=1)
            return None
        is_new = place.session_id is None
        session_id = self._new_id(place.uid) if place.session_id is None else place.session_id
        old = new_session(place.uid, self.user_id, session) if is_new else stored_session(self.connection, session_id)
        is_old = not is_new and is_outdated(old, session)
        current = self._current(session, incoming, old, session_id, is_old=is_old)
        growth, is_changed = incoming.write(session_id)
        row = described(old, incoming.described(), growth, self.choices, self.now, is_old=is_old)
        row["current_uid"] = current
        row = sealed(row, old)
        if is_new:
            self._insert_session(session_id, row)
        else:
            is_changed |= self._update_session(session_id, old, row)
        is_changed |= self._write_ratings(session, incoming, is_old=is_old)
        is_changed |= self._write_context(session, session_id, is_old=is_old)
        self.touched[session_id] = None
        self._count(
            new=int(is_new),
            updated=int(not is_new and is_changed),
            unchanged=int(not is_new and not is_changed),
            messages=growth.messages,
            tool_calls=growth.calls,
            new_subagents=int(is_new and bool(row["is_subagent"])),
        )
        return session_id

    def _current(self, session: Session, incoming: Incoming, old: dict[str, Any], session_id: int, *, is_old: bool) -> str | None:
        """The last message of the branch that the source shows; None: the newest. Asked before anything is written."""
        current: str | None = old["current_uid"]
        if not is_old and session.current_uid is not None:
            return incoming.stored_uid(session.current_uid)
        if is_old and current is None and incoming.new:  # what only an older export holds is stored last and is not the newest
            query = "SELECT uid FROM message WHERE session_id = ? ORDER BY seq DESC LIMIT 1"
            row = self.connection.execute(query, (session_id,)).fetchone()
            return row[0] if row else None
        if not is_old and current is not None and incoming.new and UPDATED_AT in session.metadata:
            return incoming.new[-1][1]  # a newer export that does not say it
        return current

    def _new_id(self, uid: str) -> int:
        kept = self.kept_ids.get(uid)
        return self.writer.take_ids("session") if kept is None else kept

    def _count(self, **more: int) -> None:
        self.counts = self.counts.plus(SaveCounts(**more))

    def _known(self, session: Session, place: Place | None) -> dict[str, StoredMessage]:
        uids = {message.uid for message in session.messages}
        uids.update(message.parent_uid for message in session.messages if message.parent_uid is not None)
        if not uids:
            return {}
        known = stored_messages(self.writer, uids if place is None else {place.uid_of(uid) for uid in uids})
        foreign = {own_uid(uid, self.user_id): uid for uid, message in known.items() if message.user_id not in (None, self.user_id)}
        if foreign:  # another user imported the same
            known |= {foreign[uid]: message for uid, message in stored_messages(self.writer, foreign).items()}
        return known

    def _place(self, session: Session, file_id: int, known: dict[str, StoredMessage]) -> Place:
        query = "SELECT id, uid, project FROM session WHERE user_id = ? AND source = ? AND source_id = ? ORDER BY id"
        candidates = self.connection.execute(query, (self.user_id, session.source, clean(session.source_id))).fetchall()
        found = self._pick(session, file_id, known, candidates) if candidates else None
        if found is None:
            return self._new_place(session, {candidate[1] for candidate in candidates})
        return Place(found[0], found[1], None if found[1] == session.uid else found[2])

    def _new_place(self, session: Session, taken: Collection[str]) -> Place:
        """Of a session that is not here yet. Of those with one id the first has its own uid, the others one of their projects; in a repair
        each has the one that it had, whichever comes first now: by it the user's words are found."""
        kept = self.kept_uids.get((session.source, clean(session.source_id), clean(session.project)))
        is_own = kept == session.uid if kept is not None else session.uid not in self.kept_uids.values()
        if is_own and session.uid not in taken:
            return Place(None, session.uid)
        return Place(None, project_uid(session.uid, session.project), session.project)

    def _pick(
        self, session: Session, file_id: int, known: dict[str, StoredMessage], candidates: list[tuple[int, str, str]]
    ) -> tuple[int, str, str] | None:
        """Of the sessions with this source id, the one that this is: that of its project, or one that holds the same messages."""
        project = clean(session.project)
        for candidate in candidates:
            if candidate[2] == project:
                return candidate
        if session.is_tail or not project:
            rows = self.connection.execute("SELECT session_id FROM session_file WHERE source_file_id = ?", (file_id,))
            linked = {row[0] for row in rows}
            return next((candidate for candidate in candidates if candidate[0] in linked), candidates[0])
        shared = dict.fromkeys((candidate[0] for candidate in candidates), 0)
        for message in session.messages:
            stored = known.get(message.uid)
            if stored is not None and stored.session_id in shared:
                shared[stored.session_id] += 1 if is_same(stored, message) else -1
        best = max(candidates, key=lambda candidate: shared[candidate[0]])
        return best if shared[best[0]] > 0 else None

    def _insert_session(self, session_id: int, row: dict[str, Any]) -> None:
        row["created_at"] = row["updated_at"] = self.now
        statement = f"INSERT INTO session (id, {', '.join(COLUMNS)}) VALUES ({','.join('?' * (len(COLUMNS) + 1))})"
        self.connection.execute(statement, (session_id, *(row[column] for column in COLUMNS)))
        self.writer.add_title(session_id, row["title"], row["summary"], row["terms"])

    def _update_session(self, session_id: int, old: dict[str, Any], row: dict[str, Any]) -> bool:
        changes = {column: value for column, value in row.items() if value != old[column]}
        if not changes:
            return False
        if self.writer.has_unindexed():
            self.writer.index()
        if "parent_uid" in changes:
            changes["parent_id"] = None  # `link` looks for the one that it hangs below now
        changes["updated_at"] = self.now
        columns = ", ".join(f"{column} = ?" for column in changes)
        self.connection.execute(f"UPDATE session SET {columns} WHERE id = ?", (*changes.values(), session_id))
        return True

    def _write_ratings(self, session: Session, incoming: Incoming, *, is_old: bool) -> bool:
        before = self.connection.total_changes
        for rating in session.ratings:
            at = milliseconds(rating.created_at) or milliseconds(session.last_message_at) or self.now
            self.connection.execute(
                "INSERT INTO rating (user_id, uid, origin, value, text, created_at) VALUES (?, ?, 'source', ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = excluded.value, text = excluded.text, created_at = excluded.created_at"
                " WHERE ? AND (value <> excluded.value OR text <> excluded.text)",
                (self.user_id, incoming.stored_uid(rating.uid), rating.value, clean(rating.text), at, not is_old),
            )
        return self.connection.total_changes != before

    def _write_context(self, session: Session, session_id: int, *, is_old: bool) -> bool:
        before = self.connection.total_changes
        for item in session.context_items:
            key = session_id, clean(item.type), clean(item.key)
            row = *key, json_text(item.value), item.priority, milliseconds(item.expires_at)
            self.connection.execute(
                "INSERT INTO context_item (session_id, type, key, value, priority, expires_at, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = excluded.value, priority = excluded.priority, expires_at = excluded.expires_at,"
                " checksum = excluded.checksum"
                " WHERE ? AND (value <> excluded.value OR priority <> excluded.priority OR expires_at IS NOT excluded.expires_at)",
                (*row, checksum(*row), not is_old),
            )
        return self.connection.total_changes != before
