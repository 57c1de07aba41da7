"""Totals of the library pane and of the statistics."""

import time
from collections.abc import Iterator

import pytest

from chatviewer.domain import Rating, RatingOrigin, Role, SessionStatus, StatisticsRow
from chatviewer.errors import UsageError
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_call, make_import, make_message, make_session


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Five hours and three quarters east of Greenwich."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_an_empty_library_counts_nothing(library: Library) -> None:
    counts = library.counts()
    assert (counts.active, counts.messages, counts.sources, counts.last_import_at) == (0, 0, {}, None)
    for by in ("day", "model", "source", "project", "tool"):
        assert library.statistics(by) == []


def test_the_pane_counts_what_its_lists_show(library: Library) -> None:
    a, b = make_session("a", project="/x", model="m-1"), make_session("b", project="", model="m-1", source="codex")
    fill(
        library,
        a,
        b,
        make_session("c", project="/y", model=None, source="codex"),
        make_session("d", project="/x"),
        make_session("e", project="/x"),
        make_session("f", project="/x", parent_uid=a.uid),
    )
    library.set_status([make_session("d").uid], SessionStatus.ARCHIVED)
    library.set_status([make_session("e").uid], SessionStatus.TRASHED)
    library.set_starred([a.uid, make_session("d").uid], True)
    library.add_tags([a.uid, b.uid], ["one"])
    library.add_tags([a.uid, make_session("d").uid], ["two"])
    library.add_tags([make_session("d").uid], ["archived only"])
    library.rate(library.messages(library.summary(b.uid).id)[1].uid, 3)
    counts = library.counts()
    assert (counts.active, counts.archived, counts.trashed, counts.subagents) == (3, 1, 1, 1)
    assert (counts.starred, counts.rated, counts.messages) == (1, 1, 12)
    assert list(counts.sources.items()) == [("codex", 2), ("claude-code", 1)]
    assert list(counts.projects.items()) == [("/x", 1), ("/y", 1)]
    assert list(counts.models.items()) == [("m-1", 2)]
    assert list(counts.tags.items()) == [("one", 2), ("two", 1)]
    assert counts.last_import_at is not None
    assert counts.active == len(library.session_ids())


@pytest.mark.parametrize("column", ["source", "project", "model"])
def test_facets_are_counted_by_index_alone(library: Library, column: str) -> None:
    from chatviewer.storage.counting import _FACET

    plan = library.database.connection().execute("EXPLAIN QUERY PLAN " + _FACET.format(column=column), {"user": 1}).fetchall()
    assert len(plan) == 1
    assert "COVERING INDEX" in plan[0][3]


@pytest.fixture
def busy(library: Library) -> Library:
    """A session over midnight in Nepal with a sub-agent, and one in the trash."""
    reply = make_message("r", role=Role.ASSISTANT, model="m-2", created_at=at(6 * 60 + 20), input_tokens=10, output_tokens=5, parent="p")
    reply = make_message(
        "r",
        role=Role.ASSISTANT,
        model="m-2",
        created_at=at(6 * 60 + 20),
        input_tokens=10,
        output_tokens=5,
        parent="p",
        tool_calls=(make_call(reply.uid, 0), make_call(reply.uid, 1, tool_name="Read"), make_call(reply.uid, 2)),
    )
    main = make_session(
        "main",
        [make_message("p", created_at=at(0)), reply],
        model="m-1",
        input_tokens=100,
        output_tokens=50,
        ratings=(Rating(uid=reply.uid, value=1, origin=RatingOrigin.SOURCE),),
    )
    child = make_session(
        "child",
        [make_message("c", role=Role.ASSISTANT, created_at=at(1), tool_calls=(make_call(make_message("c").uid),))],
        parent_uid=main.uid,
        model="m-1",
        project="",
    )
    fill(library, main, child, make_session("bin"))
    library.set_status([make_session("bin").uid], SessionStatus.TRASHED)
    library.rate(reply.uid, 4)
    return library


def row(key: str, sessions: int, messages: int, tokens: int = 0, rated: int = 0, rating_sum: int = 0) -> StatisticsRow:
    return StatisticsRow(key=key, sessions=sessions, messages=messages, tokens=tokens, rated=rated, rating_sum=rating_sum)


def test_days_are_those_of_the_clock_on_the_wall(busy: Library, zone: None) -> None:
    assert busy.statistics("day") == [row("2026-03-01", 1, 2), row("2026-03-02", 1, 1, 15, 1, 4)]


def test_other_sums_are_largest_first(busy: Library) -> None:
    assert busy.statistics("model") == [row("m-1", 1, 1), row("m-2", 1, 1, 15, 1, 4)]
    assert busy.statistics("source") == [row("claude-code", 1, 3, 150, 1, 4)]
    assert busy.statistics("project") == [row("/home/dev/api", 1, 2, 150, 1, 4), row("", 0, 1)]
    assert busy.statistics("tool") == [row("Bash", 1, 3, 0, 1, 4), row("Read", 1, 1, 0, 1, 4)]


def test_nothing_else_is_counted_by(library: Library) -> None:
    with pytest.raises(UsageError, match="day, model"):
        library.statistics("moon\x1b")


def test_the_last_import_is_the_latest_file(library: Library) -> None:
    library.save([make_import(make_session("a"), path="/a"), make_import(make_session("b"), path="/b")])
    library.finish_import()
    assert library.counts().last_import_at == max(file.imported_at for file in library.source_files().values() if file.imported_at)
