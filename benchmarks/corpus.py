"""A library of any size for the benchmarks: the sessions of an imported one, over and over, with ids, uids and times of their own.

`python benchmarks/corpus.py OUT --messages 1000000 [--base DATABASE]`: the base is a database that `chatviewer import` made, by
default the demo. Copies overlap in time as the histories of several programs do that were imported one after the other, so the order of
rows is not the order of time; one session in thirty is archived, one in eight a sub-agent's. What tools returned is cut in the copies, or a
million messages would fill five gigabytes.
"""

import argparse
import re
import sqlite3
import tempfile
from pathlib import Path

from chatviewer import demo
from chatviewer.storage.library import Library

CUT = 1_500  # characters of what a tool returned, in the copies
OVERLAP = 3  # copies of which the times lie within each other
_TABLES = ("session", "message", "tool_call", "attachment")
_UIDS = ("uid", "parent_uid", "child_uid", "current_uid")
_REFERENCES = {
    "parent_id": None,
    "session_id": "session",
    "message_id": "message",
    "child_session_id": "session",
    **dict.fromkeys(("first_row", "last_row"), "message"),
}
_TIMES = ("started_at", "ended_at", "last_message_at", "created_at", "updated_at", "completed_at")


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def copying(connection: sqlite3.Connection, table: str) -> str:
    """The statement that copies a table's first rows. Its parameters: number, delay, and by table the step of the ids and the end."""
    values = []
    columns = columns_of(connection, table)
    for name in columns:
        if name == "id" or name in _REFERENCES:
            of = (_REFERENCES.get(name) or table) if name != "id" else table
            values.append(f"{name} + :number * :{of}_step")
        elif name in _UIDS:
            values.append(f"substr({name}, 1, 14) || printf('c%03x', :number) || substr({name}, 19)")  # where a uid's version stands
        elif name in _TIMES:
            values.append(f"{name} + :delay")
        elif name == "source_id":
            values.append(f"{name} || '-' || :number")
        elif name == "status" and table == "session":
            values.append("CASE WHEN (id + :number) % 30 = 0 THEN 'archived' ELSE status END")
        elif name == "is_subagent":
            values.append(f"CASE WHEN (id + :number) % 8 = 0 THEN 1 ELSE {name} END")
        elif name == "output_result":
            values.append(f"substr({name}, 1, {CUT})")
        else:
            values.append(name)
    named = ", ".join(columns)
    return f"INSERT INTO {table} ({named}) SELECT {', '.join(values)} FROM {table} WHERE id <= :{table}_end ORDER BY id"


def grow(path: Path, wanted: int) -> None:
    """Copy the sessions of a database until it holds so many messages; the last copy may be a part of one."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -262144", "foreign_keys = OFF", "locking_mode = EXCLUSIVE"):
        connection.execute(f"PRAGMA {pragma}")
    steps = {f"{table}_step": connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0] for table in _TABLES}
    first, last = connection.execute("SELECT min(last_message_at), max(last_message_at) FROM session").fetchone()
    count = connection.execute("SELECT count(*) FROM message").fetchone()[0]
    connection.execute("BEGIN")
    number = 0
    while count < wanted:
        number += 1
        ends = dict(zip((f"{table}_end" for table in _TABLES), _ends(connection, steps, wanted - count), strict=True))
        values = {"number": number, "delay": number * (last - first) // OVERLAP, **steps, **ends}
        for table in _TABLES:
            copied = connection.execute(copying(connection, table), values).rowcount
            count += copied if table == "message" else 0
    _index(connection, steps)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _index(connection: sqlite3.Connection, steps: dict[str, int]) -> None:
    """Put the copies into the full-text indexes, each as its table says where its text comes from."""
    tables = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'").fetchall()
    for name, sql in tables:
        content = re.search(r"content = '(\w+)'", sql)[1]
        table = "tool_call" if content == "tool_text" else content
        columns = ", ".join(columns_of(connection, name))
        for setting, value in (("hashsize", 64 << 20), ("automerge", 0)):  # one large piece, then as usual
            connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES (?, ?)", (setting, value))
        statement = f"INSERT INTO {name} (rowid, {columns}) SELECT id, {columns} FROM {content} WHERE id > ? ORDER BY id"
        connection.execute(statement, (steps[f"{table}_step"],))
        for setting, value in (("hashsize", 1 << 20), ("automerge", 4)):
            connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES (?, ?)", (setting, value))


def _ends(connection: sqlite3.Connection, steps: dict[str, int], missing: int) -> list[int]:
    """The last session of the base, and the last rows of what hangs on it, that are still needed."""
    total = 0
    last = steps["session_step"]
    for session, messages in connection.execute(
        "SELECT session_id, count(*) FROM message WHERE id <= ? GROUP BY session_id ORDER BY session_id", (steps["message_step"],)
    ):
        total += messages
        if total >= missing:
            last = session
            break
    message = connection.execute("SELECT max(id) FROM message WHERE session_id <= ? AND id <= ?", (last, steps["message_step"])).fetchone()
    ends = [last, message[0]]
    for table in ("tool_call", "attachment"):
        ends += connection.execute(f"SELECT coalesce(max(id), 0) FROM {table} WHERE message_id <= ?", (message[0],)).fetchone()
    return ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--messages", type=int, default=67_000)
    parser.add_argument("--base", type=Path, help="an imported database; by default the demo")
    options = parser.parse_args()
    if options.out.exists():
        raise SystemExit(f"{options.out} is there already")
    with tempfile.TemporaryDirectory() as folder:
        base = options.base
        if base is None:
            base = Path(folder) / "demo.db"
            with Library.open(base) as library:
                demo.fill(library)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(base) as source, sqlite3.connect(options.out) as target:
            source.backup(target)
    grow(options.out, options.messages)


if __name__ == "__main__":
    main()
