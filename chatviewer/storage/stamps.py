"""What tells, without opening a file, that nothing changed. On the way of every refresh: it imports next to nothing."""

from __future__ import annotations

from time import time_ns

from chatviewer.domain.record import NamedTuple
from chatviewer.storage.connection import Database, explained

Stamp = tuple[int, int, int, bool]
"""Size in bytes, mtime and ctime in nanoseconds, and whether the file was gone when last looked for.

A program may set an mtime back (a file restored, or rewritten under its old time), the ctime it cannot. A chmod changes nothing but that:
such a file is read in vain, once."""


UNFORGOTTEN = "user_id = ? AND uid >= 'said:' AND uid < 'said;'"
"""Which tombstones are notes of what the journal's file has still to forget (`forgetting`): found by the key, without a look at others."""


class Discovery(NamedTuple):
    """What a look at the default places saw."""

    fingerprint: str  # of program, preferences and environment, which decide where chats are looked for
    folders: dict[str, int]  # mtime in nanoseconds; -1: there was none
    skipped: dict[str, int]  # files left out, by kind


def now_ms() -> int:
    """Milliseconds since 1970 UTC, as all times are stored."""
    return time_ns() // 1_000_000


def stored_path(path: str) -> str:
    """The path as it is stored: a file name that is no UTF-8 cannot be a text in SQLite, its odd bytes become `\\udcxx`."""
    if path.isascii():
        return path
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def is_empty(database: Database, user_id: int) -> bool:
    """Whether nothing was ever imported."""
    with explained(database.file):
        row = database.connection().execute(
            "SELECT EXISTS (SELECT 1 FROM session WHERE user_id = ?1) OR EXISTS (SELECT 1 FROM source_file WHERE user_id = ?1)", (user_id,)
        )
        return not row.fetchone()[0]


def has_unforgotten(database: Database, user_id: int) -> bool:
    """Whether a purge was killed before it had taken the words about what is gone out of the journal's file (`forgetting`)."""
    with explained(database.file):
        query = f"SELECT 1 FROM tombstone WHERE {UNFORGOTTEN} LIMIT 1"
        return database.connection().execute(query, (user_id,)).fetchone() is not None


def contents_stamp(database: Database, user_id: int) -> tuple[object, ...]:
    """What an import changes, and what takes sessions out of the list or back, by whatever program: two that are equal tell of none."""
    with explained(database.file):
        connection = database.connection()
        imported = connection.execute("SELECT count(*), max(imported_at) FROM source_file WHERE user_id = ?", (user_id,)).fetchone()
        begun = connection.execute("SELECT file_count, total_count FROM beginning WHERE user_id = ?", (user_id,)).fetchone()
        listed = connection.execute("SELECT status, count(*) FROM session WHERE user_id = ? GROUP BY status", (user_id,)).fetchall()
    return (imported, begun, *sorted(listed))


def file_stamps(database: Database, user_id: int) -> dict[str, Stamp]:
    """By path, what tells whether a file changed."""
    with explained(database.file):
        rows = database.connection().execute(
            "SELECT path, size, mtime_ns, ctime_ns, gone_at IS NOT NULL FROM source_file INDEXED BY source_file_stamp WHERE user_id = ?",
            (user_id,),
        )
        return {path: (size, mtime, ctime, bool(gone)) for path, size, mtime, ctime, gone in rows}


def discovery(database: Database, user_id: int) -> Discovery | None:
    """What the last look at the default places saw; None before the first, and where the row is damaged."""
    with explained(database.file):
        query = "SELECT fingerprint, folders, skipped FROM discovery WHERE user_id = ?"
        row = database.connection().execute(query, (user_id,)).fetchone()
    try:
        return None if row is None else Discovery(row[0], _counts(row[1]), _counts(row[2]))
    except ValueError:
        return None


def remember_discovery(database: Database, user_id: int, seen: Discovery) -> None:
    """Keep it, unless it is what is kept already."""
    if discovery(database, user_id) == seen:
        return
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO discovery VALUES (?, ?, ?, ?)", (user_id, seen.fingerprint, _lines(seen.folders), _lines(seen.skipped))
        )


def _counts(text: str) -> dict[str, int]:
    pairs = (line.split("\t", 1) for line in text.split("\n") if line)
    return {name: int(count) for count, name in pairs}


def _lines(counts: dict[str, int]) -> str:
    return "\n".join(f"{count}\t{name}" for name, count in counts.items())


def import_preferences(database: Database, user_id: int) -> str:
    """The stored values of the preferences that decide what is imported."""
    with explained(database.file):
        query = "SELECT key || '=' || value FROM preference WHERE user_id = ? AND key IN ('save_history', 'disabled_sources') ORDER BY key"
        return "\n".join(row[0] for row in database.connection().execute(query, (user_id,)))
