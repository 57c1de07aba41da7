"""Lists of sessions: which, in what order, with what beside them, and how one is found by the beginning of an id of its own."""

import sqlite3

import pytest

from chatviewer.domain import ContextItem, SessionStatus
from chatviewer.errors import NotFoundError, UsageError
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.sessions import _ORDERS, DEFAULT_FILTER
from tests.factories import at, fill, make_import, make_message, make_session


def titles(library: Library, query: str = "", sort: str = "recent") -> list[str]:
    return [row.title for row in library.summaries(library.session_ids(parse(query) if query else None, sort=sort))]


@pytest.fixture
def five(library: Library) -> Library:
    """Three sessions with times, one without, one sub-agent; two are of other states."""
    fill(
        library,
        make_session("a", title="beta", last_message_at=at(10), started_at=at(1), input_tokens=5, output_tokens=5),
        make_session("b", title="Alpha", last_message_at=at(30), started_at=at(0), messages=["one", "two", "three"]),
        make_session("c", title="gamma", last_message_at=at(20), started_at=at(2), source="codex"),
        make_session("d", title="no time", messages=[make_message("d0", created_at=None)]),
        make_session("e", title="child", parent_uid=make_session("a").uid, last_message_at=at(40)),
        make_session("f", title="archived", last_message_at=at(50)),
        make_session("g", title="trashed", last_message_at=at(60)),
    )
    library.set_status([make_session("f").uid], SessionStatus.ARCHIVED)
    library.set_status([make_session("g").uid], SessionStatus.TRASHED)
    return library


def test_the_newest_come_first_and_what_is_unknown_last(five: Library) -> None:
    assert titles(five) == ["Alpha", "gamma", "beta", "no time"]
    assert titles(five, sort="-recent") == ["beta", "gamma", "Alpha", "no time"]
    assert titles(five, sort="started") == ["gamma", "beta", "Alpha", "no time"]
    assert titles(five, sort="-started") == ["Alpha", "beta", "gamma", "no time"]


def test_titles_are_sorted_whatever_their_case(five: Library) -> None:
    assert titles(five, sort="title") == ["Alpha", "beta", "gamma", "no time"]
    assert titles(five, sort="-title") == ["no time", "gamma", "beta", "Alpha"]


def test_numbers_are_sorted_largest_first(five: Library) -> None:
    assert titles(five, sort="messages")[0] == "Alpha"
    assert titles(five, sort="-messages")[-1] == "Alpha"
    assert titles(five, sort="tokens")[0] == "beta"
    five.rate(five.messages(five.summary(make_session("c", source="codex").uid).id)[1].uid, 2)
    assert titles(five, sort="rating")[0] == "gamma"
    assert titles(five, sort="-rating")[0] == "gamma"


def test_an_unknown_order_is_refused_in_words(library: Library) -> None:
    with pytest.raises(UsageError, match="recent, started"):
        library.session_ids(sort="size\x1b[2J")


def test_a_limit_gives_the_first_rows(five: Library) -> None:
    assert list(five.session_ids(limit=2)) == list(five.session_ids())[:2]
    assert five.session_ids().typecode == "q"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("source:codex", ["gamma"]),
        ("is:archived", ["archived"]),
        ("is:trashed", ["trashed"]),
        ("is:any", ["trashed", "archived", "child", "Alpha", "gamma", "beta", "no time"]),
    ],
)
def test_a_query_filters_the_list(five: Library, query: str, found: list[str]) -> None:
    assert titles(five, query) == found


@pytest.mark.parametrize("sort", sorted(set(_ORDERS) - {"-rating"}))
def test_the_list_comes_out_of_one_covering_index_unsorted(library: Library, sort: str) -> None:
    """What makes 100,000 sessions come at once; the lowest ratings first are the one order that needs sorting within equal ones."""
    sql = f"EXPLAIN QUERY PLAN SELECT session.id FROM session WHERE session.user_id = 1 AND ({DEFAULT_FILTER}) ORDER BY {_ORDERS[sort]}"
    plan = [row[3] for row in library.database.connection().execute(sql)]
    assert len(plan) == 1, plan
    assert "COVERING INDEX session_by_" in plan[0]


def test_summaries_stand_in_the_order_asked_and_leave_out_what_is_gone(five: Library) -> None:
    ids = list(five.session_ids())
    assert [row.id for row in five.summaries([ids[2], 10**9, ids[0]])] == [ids[2], ids[0]]
    assert five.summaries([]) == []


def test_a_summary_carries_what_the_user_said(five: Library) -> None:
    uid = make_session("a").uid
    reply = five.messages(five.summary(uid).id)[1].uid
    plain = five.summary(uid)
    assert (plain.tags, plain.is_starred, plain.rating, plain.has_note, plain.child_count) == ((), False, None, False, 1)
    five.add_tags([uid], ["zeta", "Art"])
    five.set_starred([uid], True)
    five.rate(reply, 4)
    five.set_note(reply, "look here")
    said = five.summary(uid)
    assert (said.tags, said.is_starred, said.rating, said.has_note) == (("Art", "zeta"), True, 4, True)
    others = [row for row in five.summaries(five.session_ids()) if row.uid != uid]
    assert not any(row.tags or row.is_starred or row.rating or row.has_note for row in others)


def test_a_note_on_the_session_itself_marks_it(five: Library) -> None:
    uid = make_session("b").uid
    five.set_note(uid, "mine")
    assert five.summary(uid).has_note
    assert five.session(uid).note == "mine"


def test_children_are_the_sub_agents(five: Library) -> None:
    parent = five.summary(make_session("a").uid)
    assert [row.title for row in five.children(parent.id)] == ["child"]
    assert five.children(parent.id)[0].parent_uid == parent.uid
    assert five.children(five.children(parent.id)[0].id) == []


def test_a_session_is_found_by_any_beginning_of_its_uid_that_is_its_own(library: Library) -> None:
    fill(library, make_session("a", uid="abc-1", title="One"), make_session("b", uid="abd-2", title="Two\x1b]52;c;x\x07"))
    assert library.summary("abc").title == library.session(" abc-1 ").title == "One"
    with pytest.raises(NotFoundError, match=r"More than one session begins with 'ab': abc-1 \(One\), abd-2") as ambiguous:
        library.summary("ab")
    assert "\x1b" not in str(ambiguous.value)


def test_a_session_is_found_by_any_beginning_of_its_own_id_at_its_source(library: Library) -> None:
    main = make_session("77aa-1", title="Claude's")
    agent = make_session("77aa-1/agent-5", title="Its agent", parent_uid=main.uid)
    fill(
        library, main, agent, make_session("77ab-2", uid="99", title="Codex's", source="codex"), make_session("77ab-2-more", title="Longer")
    )
    for typed, title in (
        ("77aa", "Claude's"),
        ("77aa-1", "Claude's"),
        ("77aa-1/", "Its agent"),
        ("77ab-2", "Codex's"),
        ("77ab-2-", "Longer"),
    ):
        assert library.summary(typed).title == library.session(typed).title == title
    assert library.summary(main.uid).title == library.summary(main.uid[:13]).title == "Claude's"
    with pytest.raises(NotFoundError, match=r"More than one session begins with '77': .*\(Claude's\)") as ambiguous:
        library.summary("77")
    assert "Its agent" not in str(ambiguous.value)


def test_an_id_that_two_projects_have_names_both(library: Library) -> None:
    fill(
        library,
        make_session("same", project="/a", title="One"),
        make_session("same", ("Other", "words"), uid="u2", project="/b", title="Two"),
    )
    with pytest.raises(NotFoundError, match=r"\(One\).*\(Two\)|\(Two\).*\(One\)"):
        library.summary("same")


@pytest.mark.parametrize("typed", ["zz", "", " ", "abc-11", "\udcff", "a\0b", "%", "abc_1", "\x1b[2J"])
def test_what_no_uid_begins_with_is_not_found(library: Library, typed: str) -> None:
    fill(library, make_session("a", uid="abc-1"))
    with pytest.raises(NotFoundError, match="There is no session") as missing:
        library.session(typed)
    assert "\x1b" not in str(missing.value)


def test_a_session_comes_back_as_it_was_imported(library: Library) -> None:
    given = make_session(
        "a",
        summary="what happened",
        system_prompt="be brief",
        branch="main",
        model="claude-opus-4",
        metadata={"version": "1.2.3", "nested": [1, None]},
        context={"cwd": "/x"},
        context_items=(
            ContextItem(type="memory", key="low", value="v"),
            ContextItem(type="memory", key="high", value=[1], priority=9, expires_at=at(5)),
        ),
        input_tokens=3,
        output_tokens=4,
        ended_at=at(9),
        trace_id="t",
        created_by="me",
    )
    fill(library, given)
    found = library.session(given.uid)
    for name in ("uid", "source", "source_id", "project", "title", "summary", "system_prompt", "branch", "model", "trace_id", "created_by"):
        assert getattr(found, name) == getattr(given, name), name
    assert (dict(found.metadata), dict(found.context)) == (given.metadata, given.context)
    assert (found.started_at, found.ended_at, found.last_message_at) == (given.started_at, given.ended_at, given.last_message_at)
    assert [item.key for item in library.context_items(library.summary(given.uid).id)] == ["high", "low"]
    assert found.context_items[0] == given.context_items[1]
    assert found.messages == ()


def test_files_name_where_a_session_came_from(library: Library) -> None:
    session = make_session("a")
    library.save([make_import(session, path="/x/a.jsonl", size=7)])
    library.finish_import()
    assert [(file.path, file.size) for file in library.files(library.summary(session.uid).id)] == [("/x/a.jsonl", 7)]


def test_errors_of_sqlite_do_not_come_through(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from chatviewer.errors import DatabaseError

    library.database.connection().execute("DROP TABLE session_tag")
    fill_id = library.database.connection().execute("SELECT 1").fetchone()[0]
    with pytest.raises(DatabaseError) as error:
        library.summaries([fill_id])
    assert not isinstance(error.value, sqlite3.Error)
