"""Lists grouped by project or source: nobody is lost, nobody stands twice, and the first screen is the beginning of the whole."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import SessionStatus
from chatviewer.domain.wording import project_name
from chatviewer.errors import UsageError
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.sessions import SORTS
from tests.factories import NOON, fill, make_session

ORDERS = [*SORTS, *(f"-{sort}" for sort in SORTS)]
QUERIES = ["", "is:any", "is:archived", "source:codex", "messages:>2", "project:none", "title:nothing"]


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Sixty sessions of five projects and three sources, some without a time, some with equal ones."""
    chance = random.Random(7)
    with Library.open(tmp_path_factory.mktemp("grouped") / "chatviewer.db") as library:
        sessions = []
        for number in range(60):
            hours = chance.choice([None, chance.randrange(2000), 5])
            sessions.append(
                make_session(
                    f"s{number}",
                    ["text"] * chance.randrange(1, 5),
                    source=chance.choice(["codex", "chatgpt", "claude-code"]),
                    project=chance.choice(["", "/a/api", "/b/api", "/a/Infra", "/a/web"]),
                    title=f"Title {chance.randrange(20)}",
                    started_at=None if hours is None else NOON - timedelta(hours=hours + 1),
                    last_message_at=None if hours is None else NOON - timedelta(hours=hours),
                )
            )
        fill(library, *sessions)
        library.set_status([session.uid for session in sessions[:5]], SessionStatus.ARCHIVED)
        yield library


@given(st.sampled_from(["project", "source"]), st.sampled_from(ORDERS), st.sampled_from(QUERIES), st.integers(1, 70))
def test_every_session_stands_once_in_its_group_and_in_order(grouped: Library, by: str, sort: str, text: str, limit: int) -> None:
    query = parse(text)
    groups = grouped.session_groups(query, by=by, sort=sort)
    ids = grouped.session_ids(query, sort=sort)
    flat = list(chain.from_iterable(members for _, members in groups))
    assert sorted(flat) == sorted(ids)
    names = [name for name, _ in groups]
    assert len(names) == len(set(names))
    place = {id_: row for row, id_ in enumerate(ids)}
    key = {summary.id: getattr(summary, by) for summary in grouped.summaries(ids)}
    for name, members in groups:
        assert members
        assert {key[id_] for id_ in members} == {name}
        assert [place[id_] for id_ in members] == sorted(place[id_] for id_ in members)
    if sort in ("title", "-title"):
        shown = [project_name(name).casefold() for name in names if name]
        assert shown == sorted(shown, reverse=sort == "-title")
        assert "" not in names[:-1], "what has no name comes last"
    else:
        firsts = [place[members[0]] for _, members in groups]
        assert firsts == sorted(firsts)
    first = grouped.session_groups(query, by=by, sort=sort, limit=limit)
    assert list(chain.from_iterable(members for _, members in first)) == flat[:limit]
    assert [name for name, _ in first] == names[: len(first)]


def test_what_cannot_be_grouped_by_is_said(grouped: Library) -> None:
    with pytest.raises(UsageError, match="project, source"):
        grouped.session_groups(by="model")
    with pytest.raises(UsageError, match="is no order"):
        grouped.session_groups(by="project", sort="colour")
