"""Rows on their way in: ids are given out here, a session's rows go in together, and the full-text index follows a batch at a time."""

import sqlite3
from hashlib import sha256
from typing import Any

from chatviewer.domain.attachment import Attachment
from chatviewer.domain.message import Message
from chatviewer.domain.tool_call import ToolCall
from chatviewer.storage.rows import (
    ATTACHMENT_COLUMNS,
    CALL_COLUMNS,
    MESSAGE_COLUMNS,
    call_row,
    clean_row,
    message_row,
)

Row = tuple[Any, ...]

_INDEXES = (
    ("message", "message_fts", "content, thinking, terms", "message"),
    ("tool_call", "tool_fts", "tool_name, input_arguments, output_result, terms", "tool_text"),
    ("attachment", "attachment_fts", "text", "attachment"),
    ("session", "session_fts", "title, summary", "session"),
)


class Writer:
    """Inserts within one transaction of its owner's."""

    def __init__(self, connection: sqlite3.Connection, user_id: int, now: int) -> None:
        self.connection = connection
        self.user_id = user_id
        self.now = now
        self.next_id = {table: self._highest_id(table) + 1 for table, *_ in _INDEXES}
        self._indexed = dict(self.next_id)  # rows from here on are not in the index yet
        self._messages: list[Row] = []
        self._calls: list[Row] = []
        self._attachments: list[Row] = []

    def _highest_id(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])

    def take_ids(self, table: str, count: int = 1) -> int:
        """The first of so many new ids in a row."""
        first = self.next_id[table]
        self.next_id[table] = first + count
        return first

    def add_message(self, message: Message, uid: str, message_id: int, session_id: int, seq: int, parent_id: int | None) -> None:
        """A new message with all that hangs on it; its id was taken before."""
        self._messages.append(message_row(message, uid, message_id, session_id, seq, parent_id))
        for position, call in enumerate(message.tool_calls):
            self.add_call(call, message_id, session_id, position)
        for position, attachment in enumerate(message.attachments):
            self.add_attachment(attachment, message_id, position)

    def add_call(self, call: ToolCall, message_id: int, session_id: int, position: int) -> None:
        self._calls.append(call_row(call, self.take_ids("tool_call"), message_id, session_id, position))

    def add_attachment(self, attachment: Attachment, message_id: int, position: int) -> None:
        """The attachment's row; its data once per sha256."""
        data, digest, size = attachment.data, attachment.sha256, attachment.byte_count
        if data is not None:
            digest = digest or sha256(data).hexdigest()
            size = len(data) if size is None else size
            self.connection.execute("INSERT OR IGNORE INTO attachment_data (sha256, data) VALUES (?, ?)", (digest, data))
        elif digest is not None and not self._has_data(digest):
            digest = None
        row = (self.take_ids("attachment"), message_id, position, attachment.media_type, attachment.name, size, digest, attachment.text)
        self._attachments.append(row)

    def _has_data(self, digest: str) -> bool:
        return self.connection.execute("SELECT 1 FROM attachment_data WHERE sha256 = ?", (digest,)).fetchone() is not None

    def flush(self) -> None:
        """Put the waiting rows into their tables, so that statements see them."""
        self._insert("message", MESSAGE_COLUMNS, self._messages)
        self._insert("tool_call", CALL_COLUMNS, self._calls)
        self._insert("attachment", ATTACHMENT_COLUMNS, self._attachments)

    def _insert(self, table: str, columns: str, rows: list[Row]) -> None:
        if not rows:
            return
        statement = f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * len(rows[0]))})"
        try:
            self.connection.executemany(statement, rows)
        except (UnicodeEncodeError, OverflowError):
            done = self._highest_id(table)  # the rows before the one that SQLite cannot hold are in
            self.connection.executemany(statement, [clean_row(row) for row in rows if row[0] > done])
        rows.clear()

    def index(self) -> None:
        """Index all new rows. Before one of them is changed or deleted, too: FTS5 must know what it is to forget."""
        self.flush()
        for table, index, columns, content in _INDEXES:
            first, end = self._indexed[table], self.next_id[table]
            if table == "session":  # its id is given out before its messages, its row is written after them
                end = self._highest_id(table) + 1
            if first < end:
                self.connection.execute(
                    f"INSERT INTO {index} (rowid, {columns}) SELECT id, {columns} FROM {content} WHERE id >= ? AND id < ?", (first, end)
                )
                self._indexed[table] = end

    def has_unindexed(self) -> bool:
        return self._indexed != self.next_id
