"""The raw work of a first import, to compare one with: orjson, executemany, FTS5 with the settings of a bulk load, and nothing else.

    python benchmarks/raw_import.py HOME DATABASE

It takes every text, thinking, tool call and result out of HOME's Claude Code and Codex transcripts, one row for each, into a table with
a full-text index over it. No tree, no pairs of calls and results, no problems, no identifiers' parts, no second import.
"""

import gc
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

HASH_SIZE = 64 << 20  # bytes that FTS5 gathers before it writes
_SAID = ("text", "thinking", "name", "input", "content")  # of a block; what is left are ids, signatures and the data of pictures


def strings(value: Any) -> Iterator[str]:
    """All strings within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def rows(data: bytes) -> Iterator[tuple[str, str, Any, str]]:
    """(role, kind, time, text) of each block of a transcript."""
    for line in data.splitlines():
        record = orjson.loads(line)
        message = record.get("message") or record.get("payload")
        if not isinstance(message, dict):
            continue
        time, role = record.get("timestamp"), str(message.get("role", "assistant"))
        content = message.get("content")
        if isinstance(content, str):
            yield role, "text", time, content
        elif isinstance(content, list):
            for block in content:
                text = "\n".join(strings([block.get(key) for key in _SAID]))
                if text:
                    yield role, block["type"], time, text
        elif message.get("type") in ("function_call", "function_call_output", "reasoning"):
            yield role, message["type"], time, "\n".join(strings([message.get(key) for key in ("name", "arguments", "output", "summary")]))


def main(home: Path, database: Path) -> None:
    gc.disable()
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536", "wal_autocheckpoint = 0"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE block (id INTEGER PRIMARY KEY, session INT, seq INT, role TEXT, kind TEXT, time TEXT, text TEXT)")
    connection.execute("CREATE VIRTUAL TABLE block_fts USING fts5 (text, content = 'block', content_rowid = 'id')")
    connection.execute("BEGIN")
    settings = "INSERT INTO block_fts (block_fts, rank) VALUES (?, ?)"
    connection.executemany(settings, [("hashsize", HASH_SIZE), ("automerge", 0)])
    count = 0
    paths = sorted([*home.glob(".claude/projects/*/*.jsonl"), *home.glob(".codex/sessions/*/*/*/*.jsonl")])
    for session, path in enumerate(paths):
        found = list(rows(path.read_bytes()))
        connection.executemany(
            "INSERT INTO block (session, seq, role, kind, time, text) VALUES (?, ?, ?, ?, ?, ?)",
            [(session, seq, *row) for seq, row in enumerate(found)],
        )
        connection.executemany(
            "INSERT INTO block_fts (rowid, text) VALUES (?, ?)", [(count + seq, row[3]) for seq, row in enumerate(found, 1)]
        )
        count += len(found)
    connection.execute("CREATE INDEX block_by_session ON block (session, seq)")
    connection.executemany(settings, [("hashsize", 1 << 20), ("automerge", 4)])
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
