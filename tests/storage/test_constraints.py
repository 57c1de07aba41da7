"""What the schema itself forbids, whoever writes."""

import sqlite3

import pytest

from chatviewer.domain import Attachment, ContextItem, Role
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session

FORBIDDEN = [
    "INSERT INTO message (uid, session_id, seq, role) VALUES ('x', 1, 0, 'user')",  # seq is taken
    "INSERT INTO message (uid, session_id, seq, role) SELECT uid, 1, 9, 'user' FROM message",  # so is the uid
    "INSERT INTO message (uid, session_id, seq, role) VALUES ('x', 1, -1, 'user')",
    "INSERT INTO message (uid, session_id, seq, role) VALUES ('x', 1, 9, 'robot')",
    "INSERT INTO message (uid, session_id, seq, role) VALUES ('x', 99, 9, 'user')",
    "UPDATE session SET status = 'deleted'",
    "UPDATE session SET run_state = 'sleeping'",
    "UPDATE session SET rating = 6",
    "UPDATE session SET is_subagent = 2",
    "UPDATE session SET started_at = 'noon'",
    "UPDATE tool_call SET status = 'maybe'",
    "UPDATE tool_call SET position = -1",
    "INSERT INTO session (uid, user_id, source, source_id, created_at, updated_at) VALUES ('x', 1, 'claude-code', 'free', 1, NULL)",
    "INSERT INTO rating VALUES (1, 'u', 'user', 0, '', 1)",
    "INSERT INTO rating VALUES (1, 'u', 'neighbour', 3, '', 1)",
    "INSERT INTO rating VALUES (99, 'u', 'user', 3, '', 1)",
    "INSERT INTO status_change VALUES (1, 'u', 'gone', 1)",
    "INSERT INTO tag (user_id, name, created_at) VALUES (1, 'Release', 1), (1, 'release', 1)",
    "INSERT INTO context_item (session_id, type, key, value) VALUES (1, 'memory', 'a', '1'), (1, 'memory', 'a', '2')",
]


@pytest.fixture
def filled(library: Library) -> sqlite3.Connection:
    message = make_message("a", role=Role.ASSISTANT, attachments=(Attachment(name="n", text="words"),))
    message = message._replace(tool_calls=(make_call(message.uid, 0),))
    fill(library, make_session("s", (message, make_message("b", parent="a")), context_items=(ContextItem(type="t", key="k", value=1),)))
    return library.database.connection()


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_what_makes_no_sense_is_refused(statement: str, filled: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        filled.execute(statement)


def test_one_session_per_source_id_and_project(filled: sqlite3.Connection) -> None:
    columns = "user_id, source, source_id, project, created_at, updated_at"
    with pytest.raises(sqlite3.IntegrityError, match=r"session\.project"):
        filled.execute(f"INSERT INTO session (uid, {columns}) SELECT 'x', {columns} FROM session")


def test_a_deleted_session_takes_everything_with_it_out_of_the_index_too(filled: sqlite3.Connection) -> None:
    filled.execute("DELETE FROM session")
    for table in ("message", "tool_call", "attachment", "context_item", "session_file"):
        assert filled.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    for index, word in (("message_fts", "text"), ("tool_fts", "pytest"), ("attachment_fts", "words"), ("session_fts", "title")):
        assert filled.execute(f"SELECT count(*) FROM {index} WHERE {index} MATCH ?", (word,)).fetchone() == (0,), index
        assert filled.execute(f"SELECT count(*) FROM {index}_docsize").fetchone() == (0,), index


def test_a_deleted_parent_leaves_its_children(filled: sqlite3.Connection) -> None:
    filled.execute("DELETE FROM message WHERE seq = 0")
    assert filled.execute("SELECT parent_id FROM message").fetchall() == [(None,)]


def test_calls_are_indexed_by_the_words_in_their_arguments(library: Library) -> None:
    message = make_message("c", role=Role.ASSISTANT)
    arguments = {"file_path": "a.py", "edits": [{"old": "first\nsecond", "count": 2}], "flag": True}
    fill(library, make_session("s", (message._replace(tool_calls=(make_call(message.uid, 0, arguments=arguments),)),)))
    connection = library.database.connection()
    assert connection.execute("SELECT input_arguments FROM tool_text").fetchall() == [("a.py\nfirst\nsecond",)]
    query = "SELECT count(*) FROM tool_fts WHERE tool_fts MATCH ?"
    hits = {word: connection.execute(query, (word,)).fetchone()[0] for word in ("second", "edits")}
    assert hits == {"second": 1, "edits": 0}
    connection.execute("UPDATE tool_call SET input_arguments = 'no JSON: zebra'")
    assert connection.execute("SELECT count(*) FROM tool_fts WHERE tool_fts MATCH 'zebra'").fetchone() == (1,)
