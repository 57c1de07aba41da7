"""What `doctor` looks at. Nothing is repaired and nothing written; every check gives a finding, and one that fails costs only itself."""

import json
import os
import re
import sqlite3
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from chatviewer import paths
from chatviewer.domain.counts import Finding
from chatviewer.domain.sanitizing import safe_line
from chatviewer.errors import ASK_DOCTOR, DatabaseDamagedError, DatabaseUnwritableError, RefusedError, UsageError
from chatviewer.storage.connection import APPLICATION_ID, Database, explained
from chatviewer.storage.files import stored_beginning
from chatviewer.storage.forgetting import unforgotten
from chatviewer.storage.journal import is_newer, journal_file
from chatviewer.storage.migrating import migration_files, version
from chatviewer.storage.reading import Row
from chatviewer.storage.restoring import Standing
from chatviewer.storage.verifying import choice_problems, document_problems, link_problems, schema_problems, text_problems

OK, NOTE, DAMAGE = "ok", "note", "damage"
MAX_SHOWN = 20  # rows of one check; a damaged file can have a million

# Locks and shared memory do not work reliably there: https://www.sqlite.org/howtocorrupt.html#_filesystems_with_broken_or_missing_lock_implementations
_NETWORK_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "fuse.sshfs",
    "fuse.rclone",
    "davfs",
    "glusterfs",
    "ceph",
    "drvfs",
    "lustre",
    "beegfs",
    "vboxsf",
    "fuse.s3fs",
)
_OCTAL = re.compile(r"\\([0-7]{3})")

# Each finds the sessions whose row does not say what the rows below it do. The words are what is then wrong with them.
_DERIVED = (
    (
        "do not count their messages right",
        "message_count <> (SELECT count(*) FROM message WHERE message.session_id = session.id)",
    ),
    (
        "do not know where their messages stand",
        (
            "(first_row, last_row) IS NOT (SELECT min(message.id), max(message.id) FROM message WHERE message.session_id = session.id) "
            "OR is_branched <> EXISTS (SELECT 1 FROM message WHERE message.session_id = session.id AND parent_id IS NOT NULL "
            "GROUP BY parent_id HAVING count(*) > 1)"
        ),
    ),
    (
        "do not count their tool calls right",
        "tool_call_count <> (SELECT count(*) FROM tool_call WHERE tool_call.session_id = session.id)",
    ),
    ("do not sum up their tokens right", "token_count <> coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"),
    (
        "have messages whose numbers are not 0, 1, 2, ...",
        "(SELECT max(seq) + 1 - count(*) FROM message WHERE message.session_id = session.id) <> 0",
    ),
    (
        "show another rating than their messages",
        (
            "rating IS NOT (SELECT max(coalesce(own.value, given.value)) FROM message "
            "LEFT JOIN rating AS own ON own.user_id = session.user_id AND own.uid = message.uid AND own.origin = 'user' "
            "LEFT JOIN rating AS given ON given.user_id = session.user_id AND given.uid = message.uid AND given.origin = 'source' "
            "WHERE message.session_id = session.id)"
        ),
    ),
    (
        "show another title than the one that was chosen",
        (
            "title <> coalesce((SELECT own.title FROM title_override AS own "
            "WHERE own.user_id = session.user_id AND own.uid = session.uid), source_title)"
        ),
    ),
    (
        "show another status than the one that was chosen",
        (
            "EXISTS (SELECT 1 FROM status_change AS own "
            "WHERE own.user_id = session.user_id AND own.uid = session.uid AND own.status <> session.status) "
            "OR (status = 'archived') <> (archived_at IS NOT NULL) OR (status = 'trashed') <> (trashed_at IS NOT NULL)"
        ),
    ),
    (
        "show a star that was taken away, or none that was given",
        (
            "EXISTS (SELECT 1 FROM star AS own "
            "WHERE own.user_id = session.user_id AND own.uid = session.uid AND own.is_starred <> (session.starred_at IS NOT NULL))"
        ),
    ),
    (
        "count more messages as read than there are, or fewer than were read",
        (
            "read_count NOT BETWEEN 0 AND message_count OR (is_subagent = 0 AND read_count < (SELECT min(own.message_count, "
            "session.message_count) FROM reading AS own WHERE own.user_id = session.user_id AND own.uid = session.uid))"
        ),
    ),
    (
        "are in the library though they were purged",
        "EXISTS (SELECT 1 FROM tombstone WHERE tombstone.user_id = session.user_id AND tombstone.uid = session.uid)",
    ),
)
_INDEXES = {"message_fts": "messages", "tool_fts": "tool calls", "attachment_fts": "attachments", "session_fts": "titles"}

_UNLIKE_CALLS = """
SELECT EXISTS (SELECT id FROM tool_call EXCEPT SELECT id FROM tool_fts_docsize)
OR EXISTS (SELECT id FROM tool_fts_docsize EXCEPT SELECT id FROM tool_call)
"""


def check(database: Database, user_id: int) -> list[Finding]:
    """All checks, in the order in which a person wants to read them."""
    if database.is_absent:
        return [Finding(check="database", severity=OK, detail="There is no database yet; the first import makes it.")]
    connection = database.connection()
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("import", lambda: _first_import(connection, user_id)),
        ("permissions", lambda: _permissions(database.path)),
        ("file system", lambda: _file_system(database.path)),
        ("schema", lambda: _schema(connection)),
        ("integrity", lambda: _integrity(connection, database.path)),
        ("references", lambda: _references(connection)),
        ("links", lambda: _told("links", link_problems(connection), "Sub-agents hang where their sources say.")),
        ("derived columns", lambda: _derived(connection, user_id)),
        ("documents", lambda: _told("documents", document_problems(connection), "Every JSON text is one.")),
        ("texts", lambda: _told("texts", text_problems(connection), "Every text is what was stored.")),
        ("search index", lambda: _search_index(connection)),
        ("choices", lambda: _told("choices", choice_problems(database, user_id), "What you chose is as you left it.")),
        ("journal", lambda: _journal(connection, user_id, paths.journal_path(database.path))),
    )
    return [finding for name, run in checks for finding in _guarded(name, run)]


def _guarded(name: str, run: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from run()
    except sqlite3.DatabaseError as error:
        words = str(error)
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY")):
            yield Finding(check=name, severity=NOTE, detail=f"Could not be checked: {words}.")
        else:
            yield Finding(check=name, severity=DAMAGE, detail=f"The database cannot be read: {words}.")
    except OSError as error:
        yield Finding(check=name, severity=NOTE, detail=f"Could not be checked: {error.strerror or error}.")
    except Exception as error:  # a row of another shape than any that is written
        yield Finding(check=name, severity=DAMAGE, detail=f"A row cannot be read ({type(error).__name__}).")


def _told(check: str, problems: Iterator[str], words: str) -> Iterator[Finding]:
    """A damage for each sentence; what is said where there is none."""
    count = 0
    for problem in problems:
        count += 1
        if count <= MAX_SHOWN:
            yield Finding(check=check, severity=DAMAGE, detail=problem)
    if not count:
        yield Finding(check=check, severity=OK, detail=words)


def _first_import(connection: sqlite3.Connection, user_id: int) -> Iterator[Finding]:
    """Whether it was broken off, or goes on in a viewer."""
    begun = stored_beginning(connection, user_id)
    if begun is not None:
        words = f"Only the newest {begun.file_count:,} of {begun.total_count:,} files are here; `chatviewer import` brings the others."
        yield Finding(check="import", severity=NOTE, detail=words)


def _permissions(path: Path) -> Iterator[Finding]:
    """0600 for what holds the chats, 0700 for the folder if it is chatviewer's own; whoever puts the database elsewhere keeps that one."""
    wrong = False
    beside = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")] + [paths.journal_path(path)]
    wanted = dict.fromkeys(beside, 0o600)
    with suppress(UsageError):  # of somebody without a home
        if path.parent.resolve() == paths.data_directory().resolve():
            wanted[path.parent] = 0o700
    backups = paths.backup_directory(path)
    if backups.is_dir():
        wanted |= {backups: 0o700, **dict.fromkeys(sorted(backups.iterdir()), 0o600)}
    for file, allowed in wanted.items():
        with suppress(FileNotFoundError):
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & ~allowed & 0o077:
                wrong = True
                yield Finding(
                    check="permissions",
                    severity=NOTE,
                    detail=f"Others on this machine may open {file} (mode {mode:04o}); `chmod {allowed:o}` keeps it yours.",
                )
    if not wrong:
        yield Finding(check="permissions", severity=OK, detail="Only you can read the database.")


def _file_system(path: Path) -> Iterator[Finding]:
    """Where the kernel tells, whether the file lies on a network."""
    with suppress(OSError):
        kind = _mounted(path.resolve(), Path("/proc/mounts").read_text("utf-8", "surrogateescape"))
        if kind.startswith(_NETWORK_FILE_SYSTEMS):
            yield Finding(
                check="file system",
                severity=NOTE,
                detail=f"The database lies on a network file system ({safe_line(kind, 40)}), where locks may fail; a local disk is safer.",
            )
        elif kind:
            yield Finding(check="file system", severity=OK, detail=f"The database lies on a local disk ({safe_line(kind, 40)}).")


def _mounted(path: Path, mounts: str) -> str:
    """The kind of file system that holds a path, by the lines of /proc/mounts: device, place, kind, ...; a space is \\040."""
    best, kind = "", ""
    for line in mounts.split("\n"):
        fields = line.split(" ")
        if len(fields) > 2:
            place = _OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[1])
            if len(place) >= len(best) and path.is_relative_to(place):
                best, kind = place, fields[2]
    return kind


def _schema(connection: sqlite3.Connection) -> Iterator[Finding]:
    current, newest = version(connection), len(migration_files())
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if (current, owner) == (newest, APPLICATION_ID):
        yield from _told("schema", schema_problems(connection), f"Version {current}, the newest.")
    else:
        yield Finding(check="schema", severity=DAMAGE, detail=f"Version {current} of application {owner:#x}; {newest} is expected.")


def _integrity(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    """SQLite's own check of pages, indexes, and constraints. It takes what is missing of the last page for zeros."""
    log = path.with_name(f"{path.name}-wal")
    if path.stat().st_size % connection.execute("PRAGMA page_size").fetchone()[0] and not (log.exists() and log.stat().st_size):
        yield Finding(
            check="integrity", severity=DAMAGE, detail="The file ends within a page: it was cut off, or something stands behind it."
        )
        return
    rows = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MAX_SHOWN})")]
    if rows == ["ok"]:
        yield Finding(check="integrity", severity=OK, detail="Every page and index is sound.")
        return
    lines = [line for row in rows for line in row.split("\n") if line.strip()]
    yield from (Finding(check="integrity", severity=DAMAGE, detail=safe_line(line, 300)) for line in lines[:MAX_SHOWN])


def _references(connection: sqlite3.Connection) -> Iterator[Finding]:
    broken = Counter((table, parent) for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"))
    for (table, parent), count in broken.items():
        yield Finding(check="references", severity=DAMAGE, detail=f"{count:,} rows of {table} point to no row of {parent}.")
    if not broken:
        yield Finding(check="references", severity=OK, detail="Every row points to one that is there.")


def _derived(connection: sqlite3.Connection, user_id: int) -> Iterator[Finding]:
    wrong = False
    for words, condition in _DERIVED:
        sql = f"SELECT count(*), min(uid) FROM session WHERE user_id = ? AND ({condition})"
        count, first = connection.execute(sql, (user_id,)).fetchone()
        if count:
            wrong = True
            yield Finding(
                check="derived columns", severity=DAMAGE, detail=f"Sessions that {words}: {count:,}, the first {safe_line(first)}."
            )
    if not wrong:
        yield Finding(check="derived columns", severity=OK, detail="Counts, sums and what you chose are what the rows say.")


def _search_index(connection: sqlite3.Connection) -> Iterator[Finding]:
    """FTS5 compares its index with the content: https://www.sqlite.org/fts5.html#the_integrity_check_command

    It cannot read the content of the calls, whose view holds a table-valued function: there the index is checked in itself, and that it
    holds each call once.
    """
    wrong = False
    for table, what in _INDEXES.items():
        connection.execute("BEGIN IMMEDIATE")  # the command is an INSERT, though it writes nothing
        try:
            is_sound = _is_index_sound(connection, table)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if not is_sound:
            wrong = True
            yield Finding(check="search index", severity=DAMAGE, detail=f"The index of {what} does not fit the {what}.")
    if not wrong:
        yield Finding(check="search index", severity=OK, detail="Every text is in its index.")


def _is_index_sound(connection: sqlite3.Connection, table: str) -> bool:
    has_view = table == "tool_fts"
    try:
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', ?)", (int(not has_view),))
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            return False
        raise
    return not has_view or not connection.execute(_UNLIKE_CALLS).fetchone()[0]


def _journal(connection: sqlite3.Connection, user_id: int, path: Path) -> Iterator[Finding]:
    """Whether each change that the database holds is in the file as well, and what the file says was purged."""
    query = "SELECT step, action, target, before, after FROM journal WHERE user_id = ?"
    wanted = Counter((*row[:3], *(_sorted(json.loads(state)) for state in row[3:])) for row in connection.execute(query, (user_id,)))
    purged, standing = set[str](), Standing(user_id)
    unreadable = newer = 0
    if wanted or path.exists():
        for line in _lines(path):
            try:
                fields = json.loads(line)
                if is_newer(fields):
                    newer += 1
                    continue
                key = fields["step"], fields["action"], fields["target"], _sorted(fields["before"]), _sorted(fields["after"])
                if fields.get("kind") == "purge" and fields["user"] == user_id:
                    purged.add(str(fields["target"]))
                standing.add(fields)
                if fields.get("kind") == "do" and wanted[key] > 0:
                    wanted[key] -= 1
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                unreadable += 1
    missing = wanted.total()
    back = purged - {row[0] for row in connection.execute("SELECT uid FROM tombstone WHERE user_id = ?", (user_id,))}
    if back:
        yield Finding(
            check="journal", severity=NOTE, detail=f"{len(back):,} purged sessions may come back with an import; `--repair` prevents it."
        )
    remembered = path.is_file() and bool(unforgotten(connection, user_id))
    if remembered:
        words = f"What you said about purged sessions still stands in {path}; the next change or import takes it out."
        yield Finding(check="journal", severity=NOTE, detail=words)
    if missing:
        yield Finding(check="journal", severity=NOTE, detail=f"{missing:,} of your changes are only in the database, not in {path}.")
    if unknown := standing.unknown_to(connection):
        words = f"{unknown:,} of your changes are only in {path}: the database is new, or an older one. `--repair` brings them back."
        yield Finding(check="journal", severity=NOTE, detail=words)
    if unreadable:
        yield Finding(check="journal", severity=NOTE, detail=f"{unreadable:,} lines of {path} cannot be read.")
    if newer:
        words = f"{newer:,} lines of {path} were written by a newer chatviewer; this one could not restore them."
        yield Finding(check="journal", severity=NOTE, detail=words)
    if not (missing or unknown or unreadable or newer or back or remembered):
        yield Finding(check="journal", severity=OK, detail="The second copy of your changes is complete.")


def _sorted(state: object) -> str:
    return json.dumps(state, sort_keys=True)


def _lines(path: Path) -> Iterator[bytes]:
    with suppress(FileNotFoundError), journal_file(path) as file:
        yield from (line for line in file if line.strip())


def backup(database: Database, path: Path) -> None:
    """Copy the database while it is in use, by SQLite's backup API, to a new file (0600), and check the copy.

    Raises RefusedError where the file exists, DatabaseUnwritableError, DatabaseDamagedError.
    """
    refusal = RefusedError(f"{path} exists and is not overwritten; name another file.")
    if os.path.lexists(path):
        raise refusal
    draft = Path(paths.draft_of(path))  # so that under its name there is a whole copy or none
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy_and_check(database, draft, path)
        paths.take_name(draft, path)
    except FileExistsError:
        raise refusal from None
    except OSError as error:
        raise DatabaseUnwritableError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + end).unlink(missing_ok=True)


def _copy_and_check(database: Database, draft: Path, path: Path) -> None:
    with explained(path):
        copy = sqlite3.connect(draft, isolation_level=None)
        try:
            database.connection().backup(copy)
            found: Row = copy.execute("PRAGMA integrity_check(1)").fetchone()
        finally:
            copy.close()
    if found != ("ok",):
        raise DatabaseDamagedError(f"The copy is not sound ({safe_line(str(found[0]), 200)}); {ASK_DOCTOR}")
    paths.flush(draft)
