"""The files that were imported, as they were then, and what could not be stored of them."""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from chatviewer.domain.importing import Beginning, Problem, SourceFile
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.encoding import mapping_from_json
from chatviewer.storage.stamps import now_ms, stored_path

_COLUMNS = 'path, source, size, mtime_ns, ctime_ns, "offset", line, head_hash, state, skipped, imported_at, gone_at'


def source_files(database: Database, user_id: int) -> dict[str, SourceFile]:
    """All that is known about the files imported so far, by path."""
    with explained(database.file):
        rows = database.connection().execute(f"SELECT {_COLUMNS} FROM source_file WHERE user_id = ?", (user_id,))
        return {row[0]: _source_file(row) for row in rows}


def imported_files(database: Database, user_id: int) -> list[SourceFile]:
    """The same files without `state` and `skipped`, which may be long."""
    columns = "path, source, size, mtime_ns, ctime_ns, 0, 0, '', '{}', '{}', imported_at, gone_at"
    with explained(database.file):
        rows = database.connection().execute(f"SELECT {columns} FROM source_file WHERE user_id = ? ORDER BY path", (user_id,))
        return [_source_file(row) for row in rows]


def source_file(database: Database, user_id: int, path: str) -> SourceFile | None:
    """One of `source_files`."""
    with explained(database.file):
        query = f"SELECT {_COLUMNS} FROM source_file WHERE user_id = ? AND path = ?"
        row = database.connection().execute(query, (user_id, stored_path(path))).fetchone()
        return None if row is None else _source_file(row)


def session_files(database: Database, user_id: int, session_id: int) -> list[SourceFile]:
    """The files that a session was read from."""
    with explained(database.file):
        query = (
            f"SELECT {_COLUMNS} FROM source_file WHERE +user_id = ? "
            "AND id IN (SELECT source_file_id FROM session_file WHERE session_id = ?) ORDER BY path"
        )
        return [_source_file(row) for row in database.connection().execute(query, (user_id, session_id))]


def _source_file(row: tuple[Any, ...]) -> SourceFile:
    path, source, size, mtime_ns, ctime_ns, offset, line, head_hash, state, skipped, imported_at, gone_at = row
    return SourceFile(
        path,
        source,
        size,
        mtime_ns,
        ctime_ns,
        offset,
        line,
        head_hash,
        mapping_from_json(state),  # damaged: the file is read as a whole
        mapping_from_json(skipped),
        datetime.fromtimestamp(imported_at / 1000, UTC),
        None if gone_at is None else datetime.fromtimestamp(gone_at / 1000, UTC),
    )


def problems(database: Database, user_id: int) -> list[Problem]:
    """What could not be stored, by file and line, of the files as they were last read."""
    with explained(database.file):
        rows = database.connection().execute(
            "SELECT p.path, p.line, p.reason FROM import_problem p JOIN source_file f ON f.id = p.source_file_id WHERE f.user_id = ?"
            " ORDER BY f.path, p.path, p.line, p.id",
            (user_id,),
        )
        return [Problem(*row) for row in rows]


def mark_gone(database: Database, user_id: int, paths: Collection[str]) -> None:
    """These files are not there any more. A session whose files are all gone is labelled; what it holds stays."""
    _mark(database, user_id, paths, now_ms())


def mark_back(database: Database, user_id: int, paths: Collection[str]) -> None:
    """These files, gone for a while, are there again, unchanged."""
    _mark(database, user_id, paths, None)


def _mark(database: Database, user_id: int, paths: Collection[str], gone_at: int | None) -> None:
    with database.transaction() as connection:
        pending = iter(paths)
        while chunk := [stored_path(path) for path in islice(pending, 500)]:
            marks = ",".join("?" * len(chunk))
            rows = connection.execute(f"SELECT id FROM source_file WHERE user_id = ? AND path IN ({marks})", (user_id, *chunk))
            ids = [row[0] for row in rows]
            connection.executemany("UPDATE source_file SET gone_at = ? WHERE id = ?", [(gone_at, file_id) for file_id in ids])
            label_gone_sessions(connection, ids)


def label_gone_sessions(connection: sqlite3.Connection, file_ids: Collection[int]) -> None:
    """Set or clear `source_gone_at` of the sessions that came from these files."""
    for file_id in file_ids:
        connection.execute(
            "UPDATE session SET source_gone_at = (SELECT CASE WHEN count(*) = count(f.gone_at) THEN max(f.gone_at) END"
            " FROM session_file sf JOIN source_file f ON f.id = sf.source_file_id WHERE sf.session_id = session.id)"
            " WHERE id IN (SELECT session_id FROM session_file WHERE source_file_id = ?)",
            (file_id,),
        )


def replace_problems(connection: sqlite3.Connection, file_id: int, found: Collection[Problem], from_line: int, at: int) -> None:
    """The problems of a file that was read again from behind `from_line` on (0: the whole file)."""
    connection.execute("DELETE FROM import_problem WHERE source_file_id = ? AND line > ?", (file_id, from_line))
    connection.executemany(
        "INSERT INTO import_problem (source_file_id, path, line, reason, at) VALUES (?, ?, ?, ?, ?)",
        [(file_id, stored_path(p.path), min(p.line, 2**62), stored_path(p.reason), at) for p in found],
    )


def merged_counts(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    """The records skipped in a file and in its new tail."""
    return {kind: count + new.get(kind, 0) for kind, count in old.items() if type(count) is int} | {
        kind: count for kind, count in new.items() if type(old.get(kind)) is not int
    }


def stored_beginning(connection: sqlite3.Connection, user_id: int) -> Beginning | None:
    row = connection.execute("SELECT file_count, total_count FROM beginning WHERE user_id = ?", (user_id,)).fetchone()
    return None if row is None else Beginning._make(row)


def forget_beginning(connection: sqlite3.Connection, user_id: int) -> None:
    """Somebody imports into it, file by file: no load takes its place any more."""
    connection.execute("DELETE FROM beginning WHERE user_id = ?", (user_id,))
