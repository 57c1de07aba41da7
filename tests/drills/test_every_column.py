"""Every column of every table, changed in one row: `doctor` tells it, or it is written here why not.

The change leaves the file as SQLite wants it: pages, indexes and constraints fit. What breaks those as well, its own check finds.
"""

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.domain import ContextItem, SessionStatus
from chatviewer.storage.beginning import remember_beginning
from chatviewer.storage.library import Library
from tests.factories import make_import, make_session

ROWS = 3  # of each column with a value in it, and as many without one
SAMPLES = Path(__file__).parent.parent / "samples"

_NUMBER = "a row's number, to which no other points"
_WHEN = "when it was written; nothing depends on it"
_SHOWN = "only shown"
_STAMP = "the file is taken for changed, and read again"
_RETRIED = "the file is read again as a whole when it changes"
_RATING = "a source's, which has no second copy but the source: of a session's highest rating only that it is one"
UNSEEN = {
    "user.name": _SHOWN,
    "user.created_at": _WHEN,
    "session.created_at": _WHEN,
    "session.updated_at": _WHEN,
    "session.source_gone_at": _SHOWN,
    "session.starred_at": "when; that a source gave a star is known from this alone",
    "session.archived_at": _WHEN,
    "session.trashed_at": _WHEN,
    "session.parent_uid": "that of a parent that is not there, or beside a call that tells the same",
    "tool_call.child_uid": "that of a session that is not there, or beside one that names this call",
    "context_item.id": _NUMBER,
    "tag.created_at": _WHEN,
    "session_tag.created_at": _WHEN,
    "tombstone.purged_at": _WHEN,
    "caught_up.at": _WHEN,
    "caught_up.source": "another source's chats are not marked as new, or these are",
    "rating.uid": _RATING,
    "rating.origin": _RATING,
    "rating.value": _RATING,
    "rating.text": _RATING,
    "rating.created_at": _WHEN,
    "reading.uid": "how far was read is written in passing, and once",
    "reading.changed_at": _WHEN,
    "journal.id": _NUMBER,
    "journal.at": _WHEN,
    "journal.undone_at": _WHEN,
    "source_file.path": "the file is read again under its own path",
    "source_file.source": _RETRIED,
    "source_file.size": _STAMP,
    "source_file.mtime_ns": _STAMP,
    "source_file.ctime_ns": _STAMP,
    "source_file.offset": _RETRIED,
    "source_file.head_hash": _RETRIED,
    "source_file.line": "the lines that problems are told with",
    "source_file.state": "where an importer goes on; what is no JSON is seen, and the file read as a whole",
    "source_file.skipped": _SHOWN,
    "source_file.imported_at": _SHOWN,
    "source_file.gone_at": "a label, until the next look",
    "session_file.session_id": _SHOWN,
    "session_file.source_file_id": _SHOWN,
    "import_problem.id": _NUMBER,
    "import_problem.source_file_id": _SHOWN,
    "import_problem.path": _SHOWN,
    "import_problem.line": _SHOWN,
    "import_problem.reason": _SHOWN,
    "import_problem.at": _WHEN,
    "discovery.fingerprint": "the places are searched again",
    "discovery.folders": "the places are searched again",
    "discovery.skipped": _SHOWN,
}
"""By column, what is wrong then, where `doctor` says nothing (of some of the changes, at least)."""


@pytest.fixture
def full(library: Library, isolated_home: Path, tmp_path: Path) -> Library:
    """Something in every table: the samples of all sources, and one of all that can be said."""
    samples, projects = tmp_path / "samples", isolated_home / ".claude" / "projects"
    shutil.copytree(SAMPLES, samples)
    shutil.copytree(SAMPLES / "claude-code" / "projects", projects)
    (projects / "-home-mira-orchard" / "broken.jsonl").write_text('{"type": \n{}\n')
    for path in (*samples.rglob("*"), *projects.rglob("*")):
        os.utime(path, (1_770_000_000, 1_770_000_000))  # files are read in the order of their times, and rows numbered so
    ingest.run(library)
    ingest.run(library, [samples])
    item = ContextItem(type="note", key="k", value={"a": 1}, priority=2, expires_at=datetime(2027, 1, 1, tzinfo=UTC))
    more = make_session(context_items=(item,), trace_id="t", created_by="me", updated_by="you", run_state="paused", branch="main")
    library.save([make_import(more, path="/gone.jsonl")])
    library.mark_gone(["/gone.jsonl"])
    library.finish_import()
    found = library.summaries(library.session_ids())
    library.rate(library.messages(found[0].id)[1].uid, 4, "good")
    library.set_note(found[1].uid, "a note")
    library.set_status([found[2].uid], SessionStatus.ARCHIVED)
    library.set_status([found[4].uid], SessionStatus.TRASHED)
    library.set_starred([found[0].uid], True)
    library.add_tags([found[1].uid], ["keep"])
    library.rename(found[1].uid, "mine")
    library.mark_read({found[0].uid: 0})
    library.purge([found[3].uid])
    library.set_preference("theme", "nord")
    library.set_note(found[1].uid, "another note")
    library.undo()
    remember_beginning(library.database.connection(), library.user.id, 9)
    return library


def told(library: Library) -> list[str]:
    return [f"{finding.check}: {finding.detail}" for finding in library.check() if finding.severity != "ok"]


def others(chance: random.Random, declared: str, value: Any) -> Iterator[Any]:
    """Values that might stand there instead; the first that SQLite takes is used."""
    if isinstance(value, int):
        yield from (value + 1, value - 1, 1 - value, value + 1000)
    elif isinstance(value, bytes):
        yield bytes([value[0] ^ 1]) + value[1:]
    elif value is None:
        yield from (1,) if declared == "INTEGER" else ("completed", "x")
    else:
        if value[:1] == "{":
            yield json.dumps({**json.loads(value), "more": 1})
        if value:
            place = chance.randrange(len(value))
            yield value[:place] + ("b" if value[place] == "a" else "a") + value[place + 1 :]
        yield from ("active", "archived", "user", "assistant", "completed", "failed", "source", "user", '"x"', "x")


def change(connection: sqlite3.Connection, statement: str, values: tuple[Any, ...]) -> bool:
    """Change it behind the triggers' back; False where a constraint forbids it."""
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    connection.execute("BEGIN")
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    try:
        connection.execute(statement, values)
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK")
        return False
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("COMMIT")
    return True


def undetected(library: Library, table: str, column: str, declared: str, key: list[str], sound: list[str]) -> Iterator[str]:
    """Changes of this column of which `doctor` tells nothing but what it tells of the sound library."""
    connection = library.database.connection()
    chance = random.Random(f"{table}.{column}")
    statement = f'UPDATE {table} SET "{column}" = ? WHERE ' + " AND ".join(f'"{name}" IS ?' for name in key)
    names = ", ".join(f'"{name}"' for name in key)
    for is_null in ("IS NOT NULL", "IS NULL"):
        rows = connection.execute(f'SELECT "{column}", {names} FROM {table} WHERE "{column}" {is_null}').fetchall()
        for value, *place in chance.sample(rows, min(ROWS, len(rows))):
            for other in others(chance, declared, value):
                if other == value or not change(connection, statement, (other, *place)):
                    continue
                if told(library) == sound:
                    yield f"{value!r:.60} -> {other!r:.60}"
                assert change(
                    connection, statement, (value, *(other if name == column else old for name, old in zip(key, place, strict=True)))
                )
                break
            else:
                pytest.fail(f"nothing else can stand in {table}.{column}, where {value!r} does")


def test_whatever_is_changed_is_told_or_known_not_to_matter(full: Library) -> None:
    connection = full.database.connection()
    sound = told(full)
    assert len(sound) == 1, sound  # that the import is not over
    connection.execute("PRAGMA foreign_keys = OFF")
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%_fts%'"
    )
    seen: dict[str, list[str]] = {}
    for (table,) in tables.fetchall():
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        key = [name for _, name, _, _, _, place in columns if place]
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0], f"nothing in {table}"
        for _, column, declared, *_ in columns:
            seen[f"{table}.{column}"] = list(undetected(full, table, column, declared, key, sound))
    assert told(full) == sound
    assert {name: found for name, found in seen.items() if found and name not in UNSEEN} == {}
    assert {name for name in UNSEEN if not seen.get(name)} == set(), "told after all"
