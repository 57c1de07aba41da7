"""Rows out of a database that may be damaged anywhere, into a sound one of the same tables.

A table is read in pieces by row number; a piece that cannot be read is halved until the damage stands alone. What SQLite itself calls
recovery (https://www.sqlite.org/recovery.html) reads the pages instead, but is in no module of Python.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from chatviewer.storage.migrating import migrate
from chatviewer.storage.opening import is_current

Row = tuple[Any, ...]

PIECE = 500  # rows read at once
MAX_FAILURES = 50_000  # after so many single rows a table is given up: it is gone as a whole
_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite%'"
    " AND name NOT LIKE '%_fts_%' AND name <> 'discovery'"
)


class Salvage(NamedTuple):
    """What came out. `complete` are the tables that could be read from end to end; `is_blank`: it is a library of ours, sound, that was
    opened and never held anything."""

    rows: dict[str, int]
    complete: frozenset[str]
    is_blank: bool = False


def salvage(damaged: Path, target: Path) -> Salvage:
    """Copy every row of `damaged`, a copy, that can be read and that keeps the rules of its table to `target`, a new file.

    The full-text indexes stay empty. Raises sqlite3.Error only for `target`.
    """
    rows: dict[str, int] = {}
    complete = set()
    is_blank = False
    with closing(sqlite3.connect(target, isolation_level=None)) as new:
        migrate(new, target)
        new.execute("PRAGMA foreign_keys = OFF")
        new.execute("PRAGMA synchronous = OFF")
        new.execute("DELETE FROM user")
        new.execute("BEGIN")
        _mend_schema(damaged, new)
        with suppress(sqlite3.Error), closing(sqlite3.connect(damaged, isolation_level=None)) as old:
            old.text_factory = lambda data: data.decode("utf-8", "replace")
            old.execute("PRAGMA writable_schema = ON")  # with it, a schema that is damaged in part is no error
            for (table,) in new.execute(_TABLES).fetchall():
                reader = _Reader(old, new, table)
                rows[table] = reader.copy()
                if reader.failures == 0:
                    complete.add(table)
            is_blank = complete == rows.keys() and not any(rows[table] for table in rows.keys() - {"user"}) and _is_untouched(old, new)
        new.execute("COMMIT")
    return Salvage(rows, frozenset(complete), is_blank)


def _is_untouched(old: sqlite3.Connection, new: sqlite3.Connection) -> bool:
    """Whether nothing ever was in it, also nothing that was deleted, nor in a table that only another version knows."""
    names = "SELECT type, name FROM sqlite_schema ORDER BY 1, 2"
    return (
        is_current(old)
        and old.execute(names).fetchall() == new.execute(names).fetchall()
        and old.execute("PRAGMA freelist_count").fetchone() == (0,)
        and old.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
    )


def _mend_schema(damaged: Path, new: sqlite3.Connection) -> None:
    """Let the tables be what they are in `new`. A bit in the words that made a table would hide it, or a column of all its rows, while the
    pages that they belong to are sound. Not in a database of another version, whose tables may be others."""
    statement = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
    with suppress(sqlite3.Error), closing(sqlite3.connect(damaged, isolation_level=None)) as old:
        old.text_factory = lambda data: data.decode("utf-8", "replace")
        old.execute("PRAGMA writable_schema = ON")
        if old.execute("PRAGMA user_version").fetchone() != new.execute("PRAGMA user_version").fetchone():
            return
        found, wanted = dict(old.execute(statement).fetchall()), dict(new.execute(statement).fetchall())
        for name in found.keys() & wanted.keys():
            if found[name] != wanted[name]:
                old.execute("UPDATE sqlite_schema SET sql = ?, tbl_name = name WHERE name = ?", (wanted[name], name))


class _Reader:
    """One table."""

    def __init__(self, old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
        self._old, self._new, self._table = old, new, table
        self.failures = 0

    def copy(self) -> int:
        """Returns how many rows were copied."""
        try:
            known = {row[1] for row in self._old.execute(f"PRAGMA table_info({self._table})")}
        except sqlite3.DatabaseError:
            known = set()
        described = self._new.execute(f"PRAGMA table_info({self._table})").fetchall()
        columns = ", ".join(f'"{row[1]}"' for row in described if row[1] in known)
        if not columns:
            self.failures += 1
            return 0
        keys = [row[1] for row in sorted(described, key=lambda row: row[5]) if row[5]]
        sql = self._new.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (self._table,)).fetchone()[0]
        pieces = self._by_key(columns, keys) if "WITHOUT ROWID" in sql else self._by_number(columns)
        return sum(self._insert(columns, piece) for piece in pieces)

    def _insert(self, columns: str, piece: list[Row]) -> int:
        if not piece:
            return 0
        before = self._new.total_changes
        statement = f"INSERT OR IGNORE INTO {self._table} ({columns}) VALUES ({','.join('?' * len(piece[0]))})"
        try:
            self._new.executemany(statement, piece)
        except sqlite3.Error:
            for row in piece:
                try:
                    self._new.execute(statement, row)
                except sqlite3.Error:  # a value that the table forbids: damage, too
                    self.failures += 1
        return self._new.total_changes - before

    def _by_number(self, columns: str) -> Iterator[list[Row]]:
        last = self._last_number()
        one = f"SELECT {columns} FROM {self._table} NOT INDEXED WHERE rowid = ?"
        statement = f"SELECT {columns} FROM {self._table} NOT INDEXED WHERE rowid BETWEEN ? AND ?"
        for start in range(1, last + 1, PIECE):
            pending = [(start, min(start + PIECE - 1, last))]
            while pending and self.failures < MAX_FAILURES:
                first, end = pending.pop()
                try:
                    # alone, a row is read without a look at what follows it, which may lie on the page that is damaged
                    yield self._old.execute(*((one, (first,)) if first == end else (statement, (first, end)))).fetchall()
                except sqlite3.DatabaseError:
                    if first == end:
                        self.failures += 1
                    else:
                        middle = (first + end) // 2
                        pending += [(middle + 1, end), (first, middle)]

    def _last_number(self) -> int:
        """The highest row number, or what is known to be at or above it: the way to the last row may be damaged."""
        with suppress(sqlite3.DatabaseError, TypeError):
            return int(self._old.execute(f"SELECT coalesce(max(rowid), 0) FROM {self._table} NOT INDEXED").fetchone()[0])
        self.failures += 1
        found = 0
        for power in range(26):
            with suppress(sqlite3.DatabaseError):
                row = self._old.execute(
                    f"SELECT rowid FROM {self._table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1", (1 << power,)
                ).fetchone()
                found = max(found, row[0] if row else 0)
        return found * 2

    def _by_key(self, columns: str, keys: list[str]) -> Iterator[list[Row]]:
        """From both ends up to the damage."""
        for direction in ("ASC", "DESC"):
            order = ", ".join(f'"{key}" {direction}' for key in keys)
            rows: list[Row] = []
            try:
                rows.extend(self._old.execute(f"SELECT {columns} FROM {self._table} ORDER BY {order}"))
            except sqlite3.DatabaseError:
                self.failures += 1
            yield rows
            if not self.failures:
                return
