"""Saving: equal rows however often and in whatever pieces; copies stored once; nothing stored is made less."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer.domain import (
    Attachment,
    ContextItem,
    Problem,
    Rating,
    RatingOrigin,
    Role,
    SaveCounts,
    Session,
    SessionStatus,
    ToolCallStatus,
    ToolResult,
)
from chatviewer.domain.identity import message_uid
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.factories import SOURCE, at, fill, make_call, make_import, make_message, make_session, make_thread

VOLATILE = {"created_at", "updated_at", "imported_at", "at"}
CONTENT = ("session", "message", "tool_call", "attachment", "context_item", "rating", "source_file", "session_file", "import_problem")


def rows(library: Library, query: str, *values: object) -> list[tuple[Any, ...]]:
    return library.database.connection().execute(query, values).fetchall()


def dump(library: Library, tables: Sequence[str] = CONTENT) -> dict[str, list[dict[str, Any]]]:
    """All rows, without the times at which they were written (a message's `created_at` is the source's)."""
    connection = library.database.connection()
    everything = {}
    for table in tables:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        volatile = VOLATILE - {"created_at"} if table == "message" else VOLATILE
        found = [dict(zip(names, row, strict=True)) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
        everything[table] = [{key: value for key, value in row.items() if key not in volatile} for row in found]
    return everything


def check_index(library: Library) -> None:
    """The full-text index says what the tables say."""
    connection = library.database.connection()
    for index in ("message_fts", "attachment_fts", "session_fts"):
        connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
    # FTS5 cannot read the view behind this one: so an index made anew must hold the same words.
    connection.execute("INSERT INTO tool_fts (tool_fts, rank) VALUES ('integrity-check', 0)")
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, tool_fts, instance)")
    kept = connection.execute("SELECT * FROM temp.words").fetchall()
    connection.execute("BEGIN")
    columns = "tool_name, input_arguments, output_result, terms"
    connection.execute("INSERT INTO tool_fts (tool_fts) VALUES ('delete-all')")
    connection.execute(f"INSERT INTO tool_fts (rowid, {columns}) SELECT id, {columns} FROM tool_text")
    assert connection.execute("SELECT * FROM temp.words").fetchall() == kept
    connection.execute("ROLLBACK")
    counted = connection.execute(
        "SELECT s.uid FROM session s WHERE message_count <> (SELECT count(*) FROM message WHERE session_id = s.id)"
        " OR tool_call_count <> (SELECT count(*) FROM tool_call WHERE session_id = s.id)"
    ).fetchall()
    assert counted == []
    gaps = connection.execute("SELECT session_id FROM message GROUP BY session_id HAVING max(seq) + 1 <> count(*)").fetchall()
    assert gaps == []


def found(library: Library, word: str, index: str = "message_fts") -> int:
    return int(rows(library, f"SELECT count(*) FROM {index} WHERE {index} MATCH ?", word)[0][0])


def rich_session(source_id: str = "rich") -> Session:
    thread = make_thread(["Why does the importTest fail?", "Let me look.", "And now?", "Fixed."], f"{source_id}-")
    reply = thread[1]._replace(
        thinking="The fixture shares a file",
        tool_calls=(make_call(thread[1].uid, 0), make_call(thread[1].uid, 1, tool_name="Read", arguments={"path": "a/b.py"}, result=None)),
        attachments=(Attachment(media_type="image/png", name="a.png", data=b"\x89PNG"), Attachment(name="p.txt", text="pasted words")),
        input_tokens=10,
        output_tokens=5,
        metadata={"stop": "end_turn"},
    )
    return make_session(
        source_id,
        (thread[0], reply, *thread[2:]),
        ratings=(Rating(uid=reply.uid, value=5, text="good", origin=RatingOrigin.SOURCE),),
        context_items=(ContextItem(type="memory", key="language", value={"name": "Python"}),),
        metadata={"version": "1.0"},
        current_uid=thread[3].uid,
    )


def test_new_sub_agents_are_counted_by_themselves(library: Library) -> None:
    parent = make_session("p")
    child = make_session("c", parent_uid=parent.uid)
    counts = library.save([make_import(parent), make_import(child)])
    assert (counts.new, counts.new_subagents) == (2, 1)
    assert library.save([make_import(parent), make_import(child)]).new_subagents == 0


def test_a_session_is_stored_with_all_that_belongs_to_it(library: Library) -> None:
    counts = library.save([make_import(rich_session())])
    assert counts == SaveCounts(new=1, messages=4, tool_calls=2)
    session = dump(library, ["session"])["session"][0]
    assert session["message_count"] == 4
    assert session["tool_call_count"] == 2
    assert (session["input_tokens"], session["output_tokens"], session["token_count"]) == (10, 5, 15)
    assert session["rating"] == 5
    assert session["started_at"] == at(0).timestamp() * 1000
    assert session["last_message_at"] == at(3).timestamp() * 1000
    assert found(library, "pytest", "tool_fts") == 1
    assert found(library, "pasted", "attachment_fts") == 1
    assert found(library, "title", "session_fts") == 1
    assert found(library, "import") == 1  # a part of importTest
    check_index(library)


def test_saving_twice_changes_nothing(library: Library) -> None:
    library.save([make_import(rich_session())])
    library.finish_import()
    before = dump(library)
    updated = rows(library, "SELECT updated_at FROM session")
    counts = library.save([make_import(rich_session())])
    library.finish_import()
    assert counts == SaveCounts(unchanged=1)
    assert dump(library) == before
    assert rows(library, "SELECT updated_at FROM session") == updated
    check_index(library)


def test_a_session_whose_source_names_another_parent_hangs_below_that_one_as_soon_as_it_is_there(library: Library) -> None:
    first, second = make_session("first"), make_session("second")
    child = make_session("child", parent_uid=first.uid)
    library.save([make_import(first), make_import(child)])
    library.save([make_import(child._replace(parent_uid=second.uid))])
    parent = "SELECT parent.source_id FROM session LEFT JOIN session AS parent ON parent.id = session.parent_id WHERE session.uid = ?"
    assert library.database.connection().execute(parent, (child.uid,)).fetchone() == (None,)
    assert [finding for finding in library.check() if finding.severity == "damage"] == []
    library.save([make_import(second)])
    library.finish_import()
    assert library.database.connection().execute(parent, (child.uid,)).fetchone() == ("second",)


def test_a_longer_text_replaces_the_shorter_and_a_shorter_changes_nothing(library: Library) -> None:
    short, long = make_session("s", ["Hello", "It is"]), make_session("s", ["Hello", "It is because of the zebra"])
    library.save([make_import(short)])
    assert library.save([make_import(long)]) == SaveCounts(updated=1)
    assert found(library, "zebra") == 1
    assert library.save([make_import(short)]) == SaveCounts(unchanged=1)
    assert found(library, "zebra") == 1
    check_index(library)


def test_of_a_message_whose_content_grew_and_whose_thinking_was_cut_both_are_found(library: Library) -> None:
    reply = make_message("reply", "It is", thinking="because of readZebraStripes")
    library.save([make_import(make_session("s", (reply,)))])
    again = reply._replace(content="It is getUserName", thinking="because")
    assert library.save([make_import(make_session("s", (again,)))]) == SaveCounts(updated=1)
    assert found(library, "zebra") == found(library, "user") == 1
    check_index(library)


def test_other_text_under_a_known_uid_is_kept_as_another_message(library: Library) -> None:
    first, second = make_session("s", ["Hello", "It is blue"]), make_session("s", ["Hello", "It is green", "More"])
    library.save([make_import(first)])
    assert library.save([make_import(second)]) == SaveCounts(updated=1, messages=2)
    assert [row[0] for row in rows(library, "SELECT content FROM message ORDER BY seq")] == ["Hello", "It is blue", "It is green", "More"]
    parents = dict(rows(library, "SELECT m.content, p.content FROM message m LEFT JOIN message p ON p.id = m.parent_id"))
    assert parents == {"Hello": None, "It is blue": "Hello", "It is green": "Hello", "More": "It is green"}
    before = dump(library)
    assert library.save([make_import(second)]) == SaveCounts(unchanged=1)
    assert dump(library) == before
    check_index(library)


def test_one_uid_twice_in_a_file_is_one_message_or_two_by_its_text(library: Library) -> None:
    thread = make_thread(["Hello", "It is"], "d-")
    again = (thread[1], thread[1]._replace(content="It is the sky"), thread[1]._replace(content="No"))
    library.save([make_import(make_session("d", (*thread, *again)))])
    assert [row[0] for row in rows(library, "SELECT content FROM message ORDER BY seq")] == ["Hello", "It is the sky", "No"]
    assert library.save([make_import(make_session("d", (*thread, *again)))]) == SaveCounts(unchanged=1)
    check_index(library)


def test_messages_missing_in_a_shorter_file_stay(library: Library) -> None:
    session = make_session("s", ["a b", "c d", "e f"])
    library.save([make_import(session)])
    assert library.save([make_import(session._replace(messages=session.messages[:1]))]) == SaveCounts(unchanged=1)
    assert rows(library, "SELECT message_count FROM session") == [(3,)]


def test_a_tail_continues_its_session(library: Library) -> None:
    thread = make_thread(["one", "two", "three", "four"], "t-")
    whole = make_session("t", thread)
    library.save([make_import(whole._replace(messages=thread[:2]), offset=50, line=2)])
    tail = whole._replace(messages=thread[2:], is_tail=True, title="", started_at=None)
    assert library.save([make_import(tail)._replace(is_tail=True)]) == SaveCounts(updated=1, messages=2)
    assert rows(library, "SELECT seq, parent_id FROM message ORDER BY seq") == [(0, None), (1, 1), (2, 2), (3, 3)]
    assert rows(library, "SELECT title, started_at FROM session") == [("Title of t", at(0).timestamp() * 1000)]
    check_index(library)


def test_children_that_came_before_their_parent_are_moved_below_it(library: Library) -> None:
    first, one, two = (make_message("a"), make_message("b", parent="a"), make_message("c", parent="a"))
    library.save([make_import(make_session("t", (first, one, two)))])
    late = make_message("d", parent="a")
    whole = make_session("t", (first, one._replace(parent_uid=late.uid), two._replace(parent_uid=late.uid), late))
    tree = "SELECT seq, message.parent_id, is_branched FROM message JOIN session ON session.id = session_id ORDER BY seq"
    assert rows(library, tree) == [(0, None, 1), (1, 1, 1), (2, 1, 1)]
    assert library.save([make_import(whole)]) == SaveCounts(updated=1, messages=1)
    assert rows(library, tree) == [(0, None, 1), (1, 4, 1), (2, 4, 1), (3, 1, 1)]
    assert not [finding for finding in library.check() if finding.severity == "damage"]
    assert library.save([make_import(whole)]) == SaveCounts(unchanged=1)
    later = make_message("e", parent="d")
    straight = make_session("t", (first, one._replace(parent_uid=late.uid), two._replace(parent_uid=later.uid), late, later))
    library.save([make_import(straight)])
    assert rows(library, tree)[1:] == [(1, 4, 1), (2, 5, 1), (3, 1, 1), (4, 4, 1)]
    other = make_message("f")
    rest = (one._replace(parent_uid=None), other, two._replace(parent_uid=other.uid))
    library.save([make_import(make_session("t", rest))])
    assert rows(library, tree)[1:3] == [(1, 4, 1), (2, 5, 1)], "a file that has lost their parents does not know better"
    last = make_message("g", parent="c")
    chain = (first, late._replace(parent_uid=first.uid), later, two._replace(parent_uid=later.uid), last, one._replace(parent_uid=last.uid))
    library.save([make_import(make_session("t", chain))])
    assert rows(library, tree)[1] == (1, 7, 0), "no branch is left"
    assert not [finding for finding in library.check() if finding.severity == "damage"]


def test_a_late_result_answers_the_stored_call(library: Library) -> None:
    message = make_message("c0", role=Role.ASSISTANT)
    call = make_call(message.uid, 0, tool_call_id="toolu_1", result=None, status=ToolCallStatus.PENDING)
    library.save([make_import(make_session("c", (message._replace(tool_calls=(call,)),)))])
    late = ToolResult(tool_call_id="toolu_1", result="the giraffe passed", status=ToolCallStatus.COMPLETED, completed_at=at(5))
    tail = make_session("c", (), late_results=(late,), is_tail=True)
    assert library.save([make_import(tail)._replace(is_tail=True)]) == SaveCounts(updated=1)
    assert rows(library, "SELECT output_result, status, completed_at FROM tool_call") == [
        ("the giraffe passed", "completed", at(5).timestamp() * 1000)
    ]
    assert found(library, "giraffe", "tool_fts") == 1
    assert library.save([make_import(tail)._replace(is_tail=True)]) == SaveCounts(unchanged=1)
    check_index(library)


def test_a_late_result_without_its_call_is_kept_as_a_message(library: Library) -> None:
    library.save([make_import(make_session("c"))])
    late = ToolResult(tool_call_id="nobody", result="orphaned words", status=ToolCallStatus.COMPLETED)
    tail = make_session("c", (), late_results=(late,), is_tail=True)
    assert library.save([make_import(tail)]).messages == 1
    assert library.save([make_import(tail)]) == SaveCounts(unchanged=1)
    assert rows(library, "SELECT content, tool_call_id FROM message WHERE role = 'tool'") == [("orphaned words", "nobody")]


def test_copies_of_a_resumed_session_are_stored_once(library: Library) -> None:
    original = make_thread(["one", "two"], "r-")
    own = make_thread(["three", "four"], "own-")
    resumed = (*original, own[0]._replace(parent_uid=original[1].uid), own[1])
    library.save([make_import(make_session("first", original)), make_import(make_session("second", resumed))])
    assert rows(library, "SELECT s.source_id, m.content FROM message m JOIN session s ON s.id = m.session_id ORDER BY m.id") == [
        ("first", "one"),
        ("first", "two"),
        ("second", "three"),
        ("second", "four"),
    ]
    metadata = json.loads(rows(library, "SELECT metadata FROM session WHERE source_id = 'second'")[0][0])
    assert metadata["continues"] == {"session": make_session("first").uid, "message": original[1].uid}
    assert rows(library, "SELECT parent_id FROM message WHERE content = 'three'") == [(None,)]
    assert library.save([make_import(make_session("second", resumed))]) == SaveCounts(unchanged=1)
    check_index(library)


def test_an_importer_may_leave_out_the_copies_itself(library: Library) -> None:
    original = make_thread(["one", "two"], "r-")
    own = make_message("own", "three")._replace(parent_uid=original[1].uid)
    forked = make_session("forked", (own,), metadata={"continues": original[1].uid, "other": 1})
    library.save([make_import(make_session("first", original)), make_import(forked)])
    metadata = json.loads(rows(library, "SELECT metadata FROM session WHERE source_id = 'forked'")[0][0])
    assert metadata == {"continues": {"session": make_session("first").uid, "message": original[1].uid}, "other": 1}
    assert library.save([make_import(forked)]) == SaveCounts(unchanged=1)


def test_a_session_of_nothing_but_copies_is_not_stored_but_gives_what_it_has_more(library: Library) -> None:
    thread = make_thread(["one", "two"], "r-")
    call = make_call(thread[1].uid, 0, result=None, status=ToolCallStatus.PENDING)
    done = call._replace(result="late flamingo", status=ToolCallStatus.COMPLETED)
    library.save([make_import(make_session("first", (thread[0], thread[1]._replace(tool_calls=(call,)))))])
    counts = library.save([make_import(make_session("copy", (thread[0], thread[1]._replace(tool_calls=(done,)))))])
    assert counts == SaveCounts(unchanged=1)
    assert rows(library, "SELECT count(*) FROM session") == [(1,)]
    assert found(library, "flamingo", "tool_fts") == 1
    check_index(library)


def test_the_same_id_in_another_project_is_another_session(library: Library) -> None:
    one, two = (
        make_session("same", make_thread(["a one", "b one"], "x-")),
        make_session("same", make_thread(["a two", "b two"], "x-"), project="/p2"),
    )
    imports = [make_import(one), make_import(two, path="/other/same.jsonl")]
    assert library.save(imports) == SaveCounts(new=2, messages=4)
    assert len({row[0] for row in rows(library, "SELECT uid FROM session")}) == 2
    before = dump(library)
    assert library.save(imports) == SaveCounts(unchanged=2)
    assert dump(library) == before
    tail = two._replace(is_tail=True, messages=(make_message("x-2", "c two", parent="x-1"),))
    assert library.save([make_import(tail, path="/other/same.jsonl")._replace(is_tail=True)]).messages == 1
    joined = "SELECT p.content FROM message m JOIN message p ON p.id = m.parent_id WHERE m.content = 'c two'"
    assert rows(library, joined) == [("b two",)]
    check_index(library)


def test_a_moved_session_is_the_same_session(library: Library) -> None:
    session = make_session("moved", ["one", "two"])
    library.save([make_import(session)])
    again = session._replace(project="/new/place", messages=(*session.messages, make_message("moved-2", "three", parent="moved-1")))
    assert library.save([make_import(again, path="/new/moved.jsonl")]) == SaveCounts(updated=1, messages=1)
    assert rows(library, "SELECT count(*), max(message_count) FROM session") == [(1, 3)]


def test_two_sessions_of_one_id_in_one_file_are_one(library: Library) -> None:
    one, two = make_session("dup", make_thread(["a", "b"], "p-")), make_session("dup", make_thread(["c", "d"], "q-"), title="Later title")
    assert library.save([make_import(one, two)]) == SaveCounts(new=1, updated=1, messages=4)
    assert rows(library, "SELECT message_count, title FROM session") == [(4, "Later title")]
    assert found(library, "later", "session_fts") == 1
    check_index(library)


def test_an_empty_session_is_not_stored(library: Library) -> None:
    empty = make_session("e", (make_message("e0")._replace(content=""),))
    assert library.save([make_import(empty)]) == SaveCounts(unchanged=1)
    rated = empty._replace(ratings=(Rating(uid=message_uid(SOURCE, "", "e0"), value=1, origin=RatingOrigin.SOURCE),))
    assert library.save([make_import(rated)]) == SaveCounts(new=1, messages=1)
    assert rows(library, "SELECT rating FROM session") == [(1,)]


@pytest.mark.parametrize("order", ["parent first", "child first", "one save"])
def test_parents_and_children_find_each_other(library: Library, order: str) -> None:
    reply = make_message("p0", role=Role.ASSISTANT)
    call = make_call(reply.uid, 0, tool_name="Task", tool_call_id="toolu_task")
    parent = make_session("parent", (reply._replace(tool_calls=(call,)),))
    child = make_session("child", ["do it", "done"], parent_uid=parent.uid, spawned_by="toolu_task")
    named = make_session("named", ["do that", "done too"])
    other = make_message("o0", role=Role.ASSISTANT)
    other_parent = make_session("op", (other._replace(tool_calls=(make_call(other.uid, 0, child_uid=named.uid),)),))
    pairs = [make_import(parent), make_import(other_parent)], [make_import(child), make_import(named)]
    first, second = pairs if order != "child first" else pairs[::-1]
    if order == "one save":
        library.save([*second, *first])
    else:
        library.save(first)
        library.save(second)
    links = "SELECT c.source_id, p.source_id, c.is_subagent FROM session c JOIN session p ON p.id = c.parent_id ORDER BY 1"
    assert rows(library, links) == [("child", "parent", 1), ("named", "op", 1)]
    spawned = "SELECT s.source_id FROM tool_call t JOIN session s ON s.id = t.child_session_id ORDER BY 1"
    assert rows(library, spawned) == [("child",), ("named",)]


def test_children_before_parents_and_parents_in_a_circle(library: Library) -> None:
    a, b, c = (make_message(key, key.upper(), parent=parent) for key, parent in (("a", "b"), ("b", "a"), ("c", "c")))
    late = (make_message("kid", "KID", parent="late"), make_message("late", "LATE"))
    library.save([make_import(make_session("circle", (a, b, c, *late)))])
    parents = dict(rows(library, "SELECT m.content, p.content FROM message m LEFT JOIN message p ON p.id = m.parent_id"))
    assert parents["KID"] == "LATE"
    assert parents["C"] is None


def test_the_source_archives_until_the_user_chooses(library: Library) -> None:
    session = make_session("s")
    library.save([make_import(session._replace(status=SessionStatus.ARCHIVED, is_starred=True))])
    assert rows(library, "SELECT status, archived_at IS NULL, starred_at IS NULL FROM session") == [("archived", 0, 0)]
    library.save([make_import(session)])
    assert rows(library, "SELECT status, archived_at, starred_at FROM session") == [("active", None, None)]


def test_what_the_user_chose_stands_above_the_source(library: Library) -> None:
    session = make_session("s")
    own = library.user.id
    with library.database.transaction() as connection:
        connection.execute("INSERT INTO status_change VALUES (?, ?, 'trashed', 5)", (own, session.uid))
        connection.execute("INSERT INTO star VALUES (?, ?, 1, 6)", (own, session.uid))
        connection.execute("INSERT INTO title_override VALUES (?, ?, 'My zebra', 7)", (own, session.uid))
        connection.execute("INSERT INTO rating VALUES (?, ?, 'user', 2, '', 8)", (own, session.messages[1].uid))
    source = Rating(uid=session.messages[1].uid, value=5, origin=RatingOrigin.SOURCE)
    library.save([make_import(session._replace(ratings=(source,), status=SessionStatus.ARCHIVED))])
    assert rows(library, "SELECT status, trashed_at, archived_at, starred_at, title, source_title, rating FROM session") == [
        ("trashed", 5, None, 6, "My zebra", "Title of s", 2)
    ]
    assert found(library, "zebra", "session_fts") == 1
    check_index(library)


def test_a_purged_session_stays_away(library: Library) -> None:
    session = make_session("s")
    with library.database.transaction() as connection:
        connection.execute("INSERT INTO tombstone VALUES (?, ?, 1)", (library.user.id, session.uid))
    assert library.save([make_import(session)]) == SaveCounts(purged=1)
    assert rows(library, "SELECT count(*) FROM session") == [(0,)]


def test_gone_files_are_a_label_and_come_back(library: Library) -> None:
    session = make_session("s")
    paths = ["/a/s.jsonl", "/b/s.jsonl"]
    library.save([make_import(session, path=path) for path in paths])
    library.mark_gone(paths[:1])
    assert rows(library, "SELECT source_gone_at FROM session") == [(None,)]
    library.mark_gone(paths[1:])
    assert rows(library, "SELECT source_gone_at IS NULL FROM session") == [(0,)]
    assert library.file_stamps()[paths[0]][3] is True
    library.mark_back(paths[:1])
    assert rows(library, "SELECT source_gone_at FROM session") == [(None,)]
    library.mark_gone(paths[:1])
    library.save([make_import(session, path=paths[0])])
    assert rows(library, "SELECT source_gone_at FROM session") == [(None,)]


def test_problems_are_those_of_the_last_reading(library: Library) -> None:
    path = "/a/s.jsonl"
    session = make_session("s")
    library.save([make_import(session, path=path, problems=[Problem(path, 3, "not JSON"), Problem(path, 1, "no id")], line=4)])
    tail = make_import(path=path, problems=[Problem(path, 9, "cut")], line=9)._replace(is_tail=True)
    library.save([tail])
    assert [(problem.line, problem.reason) for problem in library.problems()] == [(1, "no id"), (3, "not JSON"), (9, "cut")]
    library.save([make_import(session, path=path, problems=[Problem(path, 3, "not JSON")])])
    assert [problem.line for problem in library.problems()] == [3]


def test_what_sqlite_cannot_hold_is_made_to_fit(library: Library) -> None:
    odd = "lone \ud800 surrogate and \x00 nul"
    deep: Any = "bottom"
    for _ in range(3000):
        deep = [deep]
    call = make_call("x", 0, uid="call", arguments={"n": 10**30, "nan": float("nan"), "bad": "\udfff", "deep": deep}, result=odd)
    message = make_message("o", odd, tool_calls=(call,), input_tokens=2**70, metadata={"k": "\udcff"})
    session = make_session("odd\ud800", (make_message("n", "plain"), message), title="t\ud800", project="/p\udcff")
    library.save([make_import(session, path="/x/\udcff.jsonl")])
    assert rows(library, "SELECT content FROM message WHERE seq = 1") == [("lone \ufffd surrogate and \x00 nul",)]
    assert found(library, "surrogate") == 1
    assert library.save([make_import(session, path="/x/\udcff.jsonl")]) == SaveCounts(unchanged=1)
    check_index(library)


def test_one_failing_file_leaves_nothing_of_the_batch(library: Library) -> None:
    good = make_import(make_session("good"))
    bad = make_import(make_session("bad")._replace(started_at="no time"))
    with pytest.raises(TypeError):
        library.save([good, bad])
    assert rows(library, "SELECT count(*) FROM session") == [(0,)]
    fill(library, make_session("good"))
    check_index(library)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_tail_by_tail_gives_the_rows_of_the_whole(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    count = data.draw(st.integers(1, 8))
    messages = []
    for number in range(count):
        parent = data.draw(st.none() | st.integers(0, number - 1)) if number else None
        uid = message_uid(SOURCE, "", f"h{number}")
        calls = data.draw(st.integers(0, 2))
        messages.append(
            make_message(
                f"h{number}",
                data.draw(st.text(max_size=20)),
                role=data.draw(st.sampled_from(list(Role))),
                parent=None if parent is None else f"h{parent}",
                created_at=data.draw(st.none() | st.integers(0, 500).map(at)),
                output_tokens=data.draw(st.none() | st.integers(0, 9)),
                tool_calls=tuple(make_call(uid, position, result=data.draw(st.none() | st.text(max_size=9))) for position in range(calls)),
            )
        )
    cuts = sorted(data.draw(st.sets(st.integers(1, count))) | {count})
    whole = make_session("h", tuple(messages))._replace(started_at=None, last_message_at=None)
    directory: Path = tmp_path_factory.mktemp("split")
    with Library.open(directory / "whole.db") as one, Library.open(directory / "parts.db") as other:
        one.save([make_import(whole)])
        start = 0
        for cut in cuts:
            part = whole._replace(messages=tuple(messages[start:cut]), is_tail=start > 0)
            other.save([make_import(part)._replace(is_tail=start > 0)])
            start = cut
        assert dump(one) == dump(other)
        check_index(other)
        for library in (one, other):
            before = dump(library)
            library.save([make_import(whole)])
            assert dump(library) == before
            check_index(library)


def test_waiting_for_a_parent_is_found_by_index(library: Library) -> None:
    plans = (
        "SELECT id, project FROM session WHERE user_id = 1 AND parent_uid = 'u' AND parent_id IS NULL AND id <> 1",
        "SELECT id, session_id, child_uid FROM tool_call WHERE child_uid = 'u' AND child_session_id IS NULL",
    )
    details = [rows(library, f"EXPLAIN QUERY PLAN {query}")[0][3] for query in plans]
    assert "session_by_parent_uid" in details[0]
    assert "tool_call_by_child_uid" in details[1]
