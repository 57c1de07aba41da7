"""The number of SQL statements for a list, a page of a transcript and a search does not depend on the number of rows."""

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager

import pytest

from chatviewer.domain import Attachment
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session

MANY = 500


@contextmanager
def counted(library: Library) -> Iterator[list[str]]:
    """The statements that run meanwhile on this thread's connections, without those that FTS5 makes for itself."""
    statements: list[str] = []
    connections = (library.database.connection(), library.database.reader())
    for connection in connections:
        connection.set_trace_callback(lambda sql: None if sql.startswith("--") or "'main'" in sql else statements.append(sql))
    try:
        yield statements
    finally:
        for connection in connections:
            connection.set_trace_callback(None)


@pytest.fixture
def full(library: Library) -> Library:
    """500 sessions, the last with 500 messages; all with tags, notes, ratings, calls, attachments."""
    sessions = [make_session(f"s{number}", ["needle question", "needle answer"]) for number in range(MANY - 1)]
    messages = []
    for number in range(MANY):
        message = make_message(f"big{number}", f"needle {number}", parent=f"big{number - 1}" if number else None)
        messages.append(
            make_message(
                f"big{number}",
                f"needle {number}",
                parent=f"big{number - 1}" if number else None,
                tool_calls=(make_call(message.uid),),
                attachments=(Attachment(name="x", text="y"),),
            )
        )
    big = make_session("big", messages)
    fill(library, *sessions, big)
    library.add_tags([session.uid for session in (*sessions, big)], ["t"])
    library.rate(messages[0].uid, 3)
    library.set_note(messages[-1].uid, "n")
    return library


def operations(library: Library, rows: int) -> dict[str, Callable[[], Sized]]:
    ids = library.session_ids()[:rows]
    big = library.summary(make_session("big").uid).id
    return {
        "list": lambda: library.summaries(library.session_ids(limit=rows)),
        "rows": lambda: library.summaries(ids),
        "page": lambda: library.messages(big, range(rows)),
        "outline": lambda: library.stubs(big),
        "filtered": lambda: library.session_ids(parse("source:claude-code needle tag:t"), limit=rows),
        "search": lambda: library.search(parse("needle"), limit=rows).hits,
    }


@pytest.mark.parametrize("name", ["list", "rows", "page", "outline", "filtered", "search"])
def test_ten_rows_take_as_many_statements_as_five_hundred(full: Library, name: str) -> None:
    figures = {}
    for rows in (10, MANY):
        operation = operations(full, rows)[name]
        with counted(full) as statements:
            found = operation()
        figures[rows] = len(statements)
        assert len(found) == rows or name == "outline"
    if name == "search":  # asks for batches of sessions, each four times as large as the one before
        assert figures[MANY] <= figures[10] + 10 <= 30
    else:
        assert 0 < figures[10] == figures[MANY] <= 6


OF_CTE = ("SCAN CONSTANT ROW", "SCAN known")  # the names of the few sources, each found by the one before it


def test_no_row_is_looked_for_by_its_owner_alone(full: Library) -> None:
    """Every session is the one user's: entering by an index on the user means reading all of them to show forty."""
    ids = full.session_ids()[:40]
    big = full.summary(make_session("big").uid)
    with counted(full) as statements:
        full.summaries(ids)
        full.children(big.id)
        full.session(big.uid)
        full.files(big.id)
        full.stubs(big.id)
        full.current_seq(big.id)
        full.openings(big.id)
        full.openings(big.id, [1, 3])
        message = full.messages(big.id, [3])[0]
        full.message_session(message.uid)
        full.context_items(big.id)
        full.attachment_data("0")
        full.matching_seqs(big.id, "needle")
        full.matching_seqs(big.id, "nädel")
    connection = full.database.connection()
    for sql in statements:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        slow = [step for step in plan if step.endswith("(user_id=?)") and ("session" in step or "source_file" in step)]
        slow += [step for step in plan if step.startswith("SCAN") and "json" not in step and "leaf" not in step and step not in OF_CTE]
        assert not slow, (sql, plan)
