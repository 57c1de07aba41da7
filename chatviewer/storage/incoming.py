"""The messages of one session on their way in, sorted into new ones, known ones and copies of another session's."""

from __future__ import annotations

import sqlite3

from chatviewer.domain.identity import make_uid
from chatviewer.domain.kinds import Role
from chatviewer.domain.long_text import whole
from chatviewer.domain.message import Message, ToolResult
from chatviewer.domain.record import NamedTuple
from chatviewer.domain.session import Session
from chatviewer.storage.describing import Growth
from chatviewer.storage.encoding import mapping_from_json
from chatviewer.storage.linking import mark_session_branched, project_uid
from chatviewer.storage.merging import Change, StoredMessage, answer, is_same, merge_message, move_message, stored_messages, variant_uid
from chatviewer.storage.rows import milliseconds
from chatviewer.storage.writing import Writer


class Place(NamedTuple):
    """Where a session belongs: the row it continues (None: a new one), and under which uid."""

    session_id: int | None
    uid: str
    project: str | None = None  # set: its uids are made anew with this project, for another one holds the same ids

    def uid_of(self, uid: str) -> str:
        return uid if self.project is None else project_uid(uid, self.project)


def own_uid(uid: str, user_id: int) -> str:
    """The uid under which a user has a message that another one imported first."""
    return make_uid(uid, "user", str(user_id))


class Incoming:
    """First `sort`, which only reads; then, if there is something to store, `write`."""

    def __init__(self, writer: Writer, session: Session, place: Place, known: dict[str, StoredMessage]) -> None:
        self.connection: sqlite3.Connection = writer.connection
        self.new: list[tuple[Message, str]] = []  # with the uid under which it is stored
        self._writer = writer
        self._session = session
        self._place = place
        self._known = known
        self._again: list[tuple[StoredMessage, Message]] = []
        self._seconds: list[Message] = []  # a uid that came before in the same file
        self._ids: dict[str, int] = {}  # by the uid as given, what is stored in this session
        self._uids: dict[str, str] = {}  # by the uid as given, the stored one where it differs
        self._copies: dict[str, StoredMessage] = {}
        self._origin: StoredMessage | None = None  # what a resumed session goes on from
        self._next_seq = 0
        self._growth = Growth()
        self._is_changed = False

    def sort(self) -> None:
        """Tell the new messages from the known."""
        known, place, ids, add = self._known, self._place, self._ids, self.new.append
        last_copy: StoredMessage | None = None
        for message in self._session.messages:
            given = message.uid
            if given in ids or given in self._copies:
                self._seconds.append(message)
                continue
            uid = given if place.project is None else place.uid_of(given)
            stored = known.get(uid) if known else None
            if stored is not None:
                uid = stored.uid
                if self._is_foreign(stored) or not is_same(stored, message):
                    uid, stored = self._other_uid(message, uid, stored)
            if uid != given:
                self._uids[given] = uid
            if stored is None:
                if not self.new:
                    self._origin = last_copy
                ids[given] = self._writer.take_ids("message")
                add((message, uid))
                continue
            self._again.append((stored, message))
            if stored.session_id == place.session_id:
                ids[given] = stored.id
            else:
                self._copies[given] = last_copy = stored

    def _is_foreign(self, stored: StoredMessage) -> bool:
        return stored.user_id not in (None, self._writer.user_id)

    def _other_uid(self, message: Message, uid: str, stored: StoredMessage) -> tuple[str, StoredMessage | None]:
        """The uid for a message whose own is taken, and what is stored under that."""
        if self._is_foreign(stored):
            return own_uid(uid, self._writer.user_id), None
        uid = variant_uid(message, uid)
        return uid, stored_messages(self._writer, [uid]).get(uid)

    def stored_uid(self, uid: str) -> str:
        """The uid under which what the source calls `uid` is stored."""
        place_uid = self._place.uid_of(uid)
        stored = self._known.get(place_uid)
        return self._uids.get(uid) or (place_uid if stored is None else stored.uid)

    def described(self) -> Session:
        """The session, saying which message of which other one it goes on from, if it does."""
        session = self._session
        given = session.metadata.get("continues")
        if isinstance(given, str):  # an importer that leaves out the copies itself knows the message only
            own = own_uid(given, self._writer.user_id)
            found = stored_messages(self._writer, [given, own])
            origin = found.get(own) or found.get(given)
            continues = {"session": origin.session_uid, "message": origin.uid} if origin is not None else {"message": given}
            return session._replace(metadata={**session.metadata, "continues": continues})
        if given is not None or self._place.session_id is not None or session.parent_uid is not None or not self.new:
            return session
        first = self.new[0][0]
        origin = self._origin
        if first.parent_uid is not None and first.parent_uid not in self._ids:
            origin = self._copies.get(first.parent_uid) or self._known.get(self._place.uid_of(first.parent_uid)) or origin
        if origin is None:
            return session
        return session._replace(metadata={**session.metadata, "continues": {"session": origin.session_uid, "message": origin.uid}})

    def write(self, session_id: int) -> tuple[Growth, bool]:
        """Store all that is new; returns what it adds, and whether anything that was stored changed."""
        if self._place.session_id is not None:
            query = "SELECT coalesce(max(seq) + 1, 0) FROM message WHERE session_id = ?"
            self._next_seq = self.connection.execute(query, (session_id,)).fetchone()[0]
        add, first_seq = self._writer.add_message, self._next_seq
        for seq, (message, uid) in enumerate(self.new, first_seq):
            message_id = self._ids[message.uid]
            add(message, uid, message_id, session_id, seq, self._parent(message, message_id))
        self._next_seq += len(self.new)
        self._count_new([message for message, _ in self.new], list(self._ids.values()))
        self._writer.flush()
        for stored, message in self._again:
            self._merge(stored, message, session_id)
        if self._again and not self._session.is_tail:
            self._move(session_id)
        for message in self._seconds:
            self._write_second(message, session_id)
        for late in self._session.late_results:
            self._write_late(late, session_id)
        return self._growth, self._is_changed or self._growth.messages > 0

    def complete_copies(self) -> None:
        """Nothing here is this session's own; what the copies hold more than their originals is kept all the same."""
        for stored, message in self._again:
            self._merge(stored, message, -1)

    def _parent(self, message: Message, message_id: int) -> int | None:
        given = message.parent_uid
        if given is None:
            return None
        parent = self._ids.get(given)
        if parent is None and self._known:
            stored = self._known.get(self._place.uid_of(given))
            parent = stored.id if stored is not None and stored.session_id == self._place.session_id else None
        return None if parent == message_id else parent

    def _move(self, session_id: int) -> None:
        """Where children came before their parent and hung on something else meanwhile, the file, read as a whole, says anew how its
        messages hang together. Only then, and not of one whose parent it has lost: of two files with parts of one session, each would
        move what the other one knows better."""
        new, here = {self._ids[message.uid] for message, _ in self.new}, set(self._ids.values())
        moved: list[tuple[StoredMessage, int | None]] = []
        for stored, message in self._again:
            parent = self._parent(message, stored.id)
            is_said = parent in here if message.parent_uid is not None else True
            is_known = stored.parent_id is None or stored.parent_id in here
            if stored.session_id == session_id and parent != stored.parent_id and is_said and is_known:
                moved.append((stored, parent))
        if any(parent in new for _, parent in moved):
            for stored, parent in moved:
                move_message(self._writer, stored, parent)
            if self._writer.rows is None:  # a load does that in the end, for all
                mark_session_branched(self.connection, session_id)
            self._is_changed = True

    def _count_new(self, messages: list[Message], rows: list[int]) -> None:
        growth = self._growth
        inputs = [message.input_tokens for message in messages if message.input_tokens is not None]
        outputs = [message.output_tokens for message in messages if message.output_tokens is not None]
        times = [message.created_at for message in messages if message.created_at is not None]
        first_at, last_at = (milliseconds(min(times)), milliseconds(max(times))) if times else (None, None)
        self._growth = Growth(
            growth.messages + len(messages),
            growth.calls + sum(len(message.tool_calls) for message in messages),
            growth.input_tokens if not inputs else (growth.input_tokens or 0) + sum(inputs),
            growth.output_tokens if not outputs else (growth.output_tokens or 0) + sum(outputs),
            min((time for time in (growth.first_at, first_at) if time is not None), default=None),
            max((time for time in (growth.last_at, last_at) if time is not None), default=None),
            min(rows if growth.first_row is None else (growth.first_row, *rows), default=None),
            max(rows if growth.last_row is None else (growth.last_row, *rows), default=None),
        )

    def _merge(self, stored: StoredMessage, message: Message, session_id: int) -> None:
        is_copy = stored.session_id != session_id
        change = merge_message(self._writer, stored, message, is_copy=is_copy)
        if is_copy:
            self._credit(stored.session_id, change)
            return
        growth = self._growth
        self._is_changed |= change.is_changed
        self._growth = growth._replace(
            calls=growth.calls + change.calls,
            input_tokens=growth.input_tokens if not change.input_tokens else (growth.input_tokens or 0) + change.input_tokens,
            output_tokens=growth.output_tokens if not change.output_tokens else (growth.output_tokens or 0) + change.output_tokens,
        )

    def _credit(self, session_id: int, change: Change) -> None:
        """A copy held more than the original: that is the original's session's gain."""
        if change.calls:
            self.connection.execute(
                "UPDATE session SET tool_call_count = tool_call_count + ?, updated_at = ? WHERE id = ?",
                (change.calls, self._writer.now, session_id),
            )

    def _write_second(self, message: Message, session_id: int) -> None:
        """A uid for the second time in one file: the same message, or another one that is stored beside the first."""
        uid = self.stored_uid(message.uid)
        stored = stored_messages(self._writer, [uid]).get(uid)
        if stored is not None and not is_same(stored, message):
            uid = variant_uid(message, uid)
            stored = stored_messages(self._writer, [uid]).get(uid)
        if stored is not None:
            self._merge(stored, message, session_id)
        else:
            self._append(message, uid, session_id, None)

    def _append(self, message: Message, uid: str, session_id: int, parent_id: int | None) -> None:
        message_id = self._writer.take_ids("message")
        parent_id = self._parent(message, message_id) if parent_id is None else parent_id
        self._writer.add_message(message, uid, message_id, session_id, self._next_seq, parent_id)
        self._next_seq += 1
        self._count_new([message], [message_id])
        self._writer.flush()

    def _write_late(self, late: ToolResult, session_id: int) -> None:
        """A result that answers a stored call; of this session, or of the one that it goes on from."""
        answered = answer(self._writer, [session_id, *self._continued(session_id)], late)
        if answered is not None or (late.result is None and late.error_message is None):  # only how long a call took
            self._is_changed |= bool(answered)
            return
        content = late.result or late.error_message or ""
        uid = make_uid(self._place.uid, "late", late.tool_call_id, whole(content))
        if stored_messages(self._writer, [uid]):
            return
        query = "SELECT id FROM message WHERE session_id = ? ORDER BY seq DESC LIMIT 1"
        last = self.connection.execute(query, (session_id,)).fetchone()
        message = Message(uid=uid, role=Role.TOOL, content=content, tool_call_id=late.tool_call_id, created_at=late.completed_at)
        self._append(message, uid, session_id, last[0] if last else None)

    def _continued(self, session_id: int) -> list[int]:
        row = self.connection.execute("SELECT metadata, user_id FROM session WHERE id = ?", (session_id,)).fetchone()
        continues = mapping_from_json(row[0]).get("continues") if row else None
        if not isinstance(continues, dict):
            return []
        query = "SELECT id FROM session WHERE user_id = ? AND uid = ?"
        return [found[0] for found in self.connection.execute(query, (row[1], continues.get("session")))]
