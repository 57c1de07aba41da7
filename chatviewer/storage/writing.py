"""Rows on their way in: ids are given out here, a session's rows go in together, and the full-text index follows a batch at a time."""

import sqlite3
from collections.abc import Collection
from itertools import groupby
from typing import Any

from chatviewer.domain import long_text
from chatviewer.domain.long_text import Text
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.storage.rows import (
    ATTACHMENT_COLUMNS,
    CALL_COLUMNS,
    MAY_BE_LONG,
    MESSAGE_COLUMNS,
    attachment_row,
    call_row,
    cleaned,
    message_row,
    message_terms,
)
from chatviewer.storage.terms import LONG

Row = tuple[Any, ...]

_TABLES = ("message", "tool_call", "attachment", "session")
_INDEX_MESSAGES = "message_fts (rowid, terms, thinking, content)"
_INDEX_CALLS = "tool_fts (rowid, tool_name, input_arguments, output_result, terms)"
_INDEX_SESSIONS = "session_fts (rowid, title, summary, terms)"
_INDEX_ATTACHMENTS = "attachment_fts (rowid, name, terms, text)"
_INDEX_STORED_CALLS = (  # what only SQLite knows how its view reads it
    f"INSERT INTO {_INDEX_CALLS} SELECT id, tool_name, input_arguments, output_result, terms FROM tool_text WHERE id = ?"
)
_SMALL_CACHE = -4096  # KiB


def _is_long(row: Row) -> bool:
    """Whether memory is to be spared for it."""
    return any(isinstance(value, str | bytes | bytearray) and len(value) > long_text.LONG for value in row)


class Writer:
    """Inserts within one transaction of its owner's."""

    def __init__(self, connection: sqlite3.Connection, user_id: int, now: int, rows: dict[int, int] | None = None) -> None:
        self.connection = connection
        self.user_id = user_id
        self.now = now
        self.rows = rows  # by the hash of its uid, the row of each message, where the table has no index of them; else None
        highest = connection.execute(f"SELECT {', '.join(f'(SELECT coalesce(max(id), 0) FROM {table})' for table in _TABLES)}").fetchone()
        self.next_id = {table: int(last) + 1 for table, last in zip(_TABLES, highest, strict=True)}
        self._messages: list[tuple[Message, str, int, int, int, int | None]] = []
        self._calls: list[Row] = []
        self._words: list[Text | None] = []  # of the arguments of each call
        self._attachments: list[Row] = []
        self._has_long = False  # whether a text among the waiting rows is long
        self._cache_size: int | None = None  # as it was before a long text; None: as it is
        indexes = (_INDEX_MESSAGES, _INDEX_CALLS, _INDEX_STORED_CALLS, _INDEX_ATTACHMENTS, _INDEX_SESSIONS)
        self._unindexed: dict[str, list[Row]] = {index: [] for index in indexes}

    def _highest_id(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])

    def leave_out(self, table: str, ids: Collection[int]) -> None:
        """Give out none of these ids, nor any below them."""
        self.next_id[table] = max(self.next_id[table], max(ids, default=0) + 1)

    def take_ids(self, table: str, count: int = 1) -> int:
        """The first of so many new ids in a row."""
        first = self.next_id[table]
        self.next_id[table] = first + count
        return first

    def add_message(self, message: Message, uid: str, message_id: int, session_id: int, seq: int, parent_id: int | None) -> None:
        """A new message with all that hangs on it; its id was taken before."""
        self._messages.append((message, uid, message_id, session_id, seq, parent_id))
        for position, call in enumerate(message.tool_calls):
            self.add_call(call, message_id, session_id, position)
        for position, attachment in enumerate(message.attachments):
            self.add_attachment(attachment, message_id, position)

    def add_call(self, call: ToolCall, message_id: int, session_id: int, position: int) -> None:
        row, words = call_row(call, self.take_ids("tool_call"), message_id, session_id, position)
        self._calls.append(row)
        if len(row[13]) > LONG or len(row[14] or "") > LONG:
            self._has_long = True
        self._words.append(words)

    def add_attachment(self, attachment: Attachment, message_id: int, position: int) -> None:
        """The attachment's row; its data once per sha256."""
        data, digest, size = attachment.data, attachment.sha256, attachment.byte_count
        if data is not None:
            if not digest:
                from hashlib import sha256

                digest = sha256(data).hexdigest()
            size = len(data) if size is None else size
            self.connection.execute("INSERT OR IGNORE INTO attachment_data (sha256, data) VALUES (?, ?)", (digest, data))
        elif digest is not None and not self._has_data(digest):
            digest = None
        row = attachment_row(attachment, self.take_ids("attachment"), message_id, position, size, digest)
        self._attachments.append(row)
        if len(row[8] or "") > LONG:
            self._has_long = True

    def _has_data(self, digest: str) -> bool:
        return self.connection.execute("SELECT 1 FROM attachment_data WHERE sha256 = ?", (digest,)).fetchone() is not None

    def flush(self) -> None:
        """Put the waiting rows into their tables, so that statements see them."""
        terms = message_terms([waiting[0] for waiting in self._messages])
        rows = [message_row(*waiting, words) for waiting, words in zip(self._messages, terms, strict=True)]
        self._has_long = self._has_long or any(len(row[16]) > LONG or len(row[15]) > LONG for row in rows)
        if messages := self._insert("message", MESSAGE_COLUMNS, rows):
            self._unindexed[_INDEX_MESSAGES] += [(row[0], *row[14:17]) for row in messages]
            if self.rows is not None:
                self.rows.update([(hash(row[1]), row[0]) for row in messages])
        if calls := self._insert("tool_call", CALL_COLUMNS, self._calls):
            both = list(zip(calls, self._words, strict=True))
            self._unindexed[_INDEX_CALLS] += [(row[0], row[4], words, row[14], row[12]) for row, words in both if words is not None]
            self._unindexed[_INDEX_STORED_CALLS] += [row[:1] for row, words in both if words is None]
        if attachments := self._insert("attachment", ATTACHMENT_COLUMNS, self._attachments):
            self._unindexed[_INDEX_ATTACHMENTS] += [(row[0], row[4], *row[7:9]) for row in attachments]
        for waiting in (self._messages, self._calls, self._words, self._attachments):
            waiting.clear()

    def _insert(self, table: str, columns: str, rows: list[Row]) -> list[Row]:
        """Returns the rows as they are stored."""
        if not rows:
            return rows
        if self._has_long and any(map(_is_long, rows)):
            self._spare_memory()
        into = f"{table} ({columns})"
        try:
            self._put(into, rows)
        except (UnicodeEncodeError, OverflowError):
            done = self._highest_id(table)  # the rows before the one that SQLite cannot hold are in
            rows = [cleaned(table, columns, row) for row in rows]
            self._put(into, [row for row in rows if row[0] > done])
        return rows

    def _put(self, into: str, rows: list[Row]) -> None:
        """`into` is a table with its columns."""
        in_utf8 = MAY_BE_LONG if self._has_long else ("input_arguments", "output_result")  # else only what is encoded already
        names = into.partition("(")[2].rstrip(")").split(", ")
        values = ", ".join(["CAST(? AS TEXT)" if name in in_utf8 else "?" for name in names])
        statement = f"INSERT INTO {into} VALUES ({values})"
        if not self._has_long:
            self.connection.executemany(statement, rows)
            return
        for is_long, group in groupby(rows, _is_long):
            if not is_long:
                self.connection.executemany(statement, group)
                continue
            # what was bound last is kept with its statement, so that is a row that adds none
            alone = f"INSERT INTO {into} SELECT {values} WHERE ?1 IS NOT NULL"
            self.connection.executemany(alone, [*group, (None,) * len(names)])

    def _spare_memory(self) -> None:
        """Until they are indexed: SQLite holds a long text three times, in the pages that it is written to among others."""
        if self._cache_size is None:
            self._cache_size = self.connection.execute("PRAGMA cache_size").fetchone()[0]
            self.connection.execute(f"PRAGMA cache_size = {_SMALL_CACHE}")

    def add_title(self, session_id: int, title: str, summary: str, terms: str | None) -> None:
        """What the index is to know of a new session."""
        self._unindexed[_INDEX_SESSIONS].append((session_id, title, summary, terms))

    def index(self) -> None:
        """Index all new rows. Before one of them is changed or deleted, too: FTS5 must know what it is to forget.

        At once, because FTS5 writes what it gathered whenever a statement of several steps begins, as most of the others are.
        """
        self.flush()
        for index, rows in self._unindexed.items():
            if not rows:  # preparing one opens its index
                continue
            if index == _INDEX_STORED_CALLS:
                self.connection.executemany(index, rows)
            else:
                self._put(index, rows)
            rows.clear()
        self._has_long = False
        if self._cache_size is not None:
            self.connection.execute(f"PRAGMA cache_size = {self._cache_size}")
            self._cache_size = None

    def has_unindexed(self) -> bool:
        return any(self._unindexed.values())
