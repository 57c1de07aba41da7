"""The beginning of a first import: its newest files, which can be read and searched while all files are loaded beside them.

It is imported as a library of its own, and the whole load takes its place: so the whole is what it would be without a beginning, each
message with the oldest session that has it, however sessions were resumed or forked. A beginning that is left when the program is killed
says so itself; the next import then loads all once more.
"""

import sqlite3

from chatviewer.domain.importing import Beginning
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.files import stored_beginning


class LoadLostError(Exception):
    """Another process imported meanwhile, a file that was shown is gone, or SQLite lets nobody copy an index; what was loaded here was
    dropped and is to be imported the ordinary way."""


def is_defended(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite keeps the tables of an index to itself, as macOS's own does: https://sqlite.org/c3ref/c_dbconfig_defensive.html"""
    return str(error).endswith("may not be modified")


def beginning(database: Database, user_id: int) -> Beginning | None:
    """Of how many files the newest are here; None where nothing or all of a first import is."""
    with explained(database.file):
        return stored_beginning(database.connection(), user_id)


def remember_beginning(connection: sqlite3.Connection, user_id: int, total_count: int) -> None:
    """What this holds are the newest of so many files; without any it is just empty."""
    (count,) = connection.execute("SELECT count(*) FROM source_file WHERE user_id = ?", (user_id,)).fetchone()
    if count:
        connection.execute("INSERT INTO beginning (user_id, file_count, total_count) VALUES (?, ?, ?)", (user_id, count, total_count))


def ids_of_beginning(connection: sqlite3.Connection, user_id: int) -> dict[str, int]:
    """The ids of its sessions by uid, by which a viewer knows them."""
    if stored_beginning(connection, user_id) is None:
        return {}
    return dict(connection.execute("SELECT uid, id FROM session WHERE user_id = ?", (user_id,)).fetchall())


_CALLS = "message m JOIN tool_call t ON t.message_id = m.id"

# By what a row is known in both, what it says, and where that is. What a source may say anew (a context item, a vote) must be there.
_SAID = (
    ("m.uid", "m.role, m.content, m.thinking", "message m"),
    (
        "m.uid, t.position",
        "t.tool_name, t.input_arguments, t.output_result, t.error_message",
        _CALLS,
    ),
    ("m.uid, a.position", "a.media_type, a.name, a.sha256, a.text", "message m JOIN attachment a ON a.message_id = m.id"),
    ("s.uid, c.type, c.key", "''", "session s JOIN context_item c ON c.session_id = s.id"),
    ("r.uid, r.origin", "''", "(SELECT uid, origin FROM rating WHERE origin = 'source') r"),
    ("s.uid", "CASE s.summary WHEN '' THEN '' ELSE 'x' END, CASE s.system_prompt WHEN '' THEN '' ELSE 'x' END", "session s"),
)
_MAY_BE_ABSENT = "session s"  # one that has nothing but copies of another one's messages


def holds_all(loading: sqlite3.Connection, real: sqlite3.Connection) -> bool:
    """Whether everything that can be read in `real` is in `loading`, under the same uids and at least as long: a file may have been
    deleted or written anew in between, and what was imported stays.

    What two files say differently of one call may stand under another uid: which of them is the variant depends on the order in which
    they were read. The message itself may not: the user may have said something of it.
    """
    for key, texts, tables in _SAID:
        names = key.split(", ")
        found = f"SELECT {texts} FROM {tables} WHERE {' AND '.join(f'{name} = ?' for name in names)}"
        variant = f"SELECT 1 FROM {tables} WHERE {' AND '.join(f'{text} IS ?' for text in texts.split(', '))}"
        for row in real.execute(f"SELECT {key}, {texts} FROM {tables}"):
            said = row[len(names) :]
            now = loading.execute(found, row[: len(names)]).fetchone()
            if now is None and tables == _MAY_BE_ABSENT:
                continue
            if now is not None and all((new or "").startswith(old or "") for old, new in zip(said, now, strict=True)):
                continue
            if tables != _CALLS or loading.execute(variant, said).fetchone() is None:
                return False
    return True
