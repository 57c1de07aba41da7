"""Into which sources, projects and times a result falls."""

from collections import Counter

import pytest

from chatviewer.domain import ResultFacets, Role, SessionStatus
from chatviewer.errors import InterruptedSearchError
from chatviewer.query import parse
from chatviewer.storage import faceting, gathering
from chatviewer.storage.library import Library
from chatviewer.storage.searching import UNREAD_SESSIONS
from tests.factories import at, fill, make_call, make_message, make_session


def facets(library: Library, text: str) -> ResultFacets:
    found = library.result_facets(parse(text))
    assert found is not None
    return found


@pytest.fixture
def full(library: Library) -> Library:
    """Three sessions that hold a needle, one that does not, and one that is archived."""
    asked = make_message("a0", "a needle", created_at=at(0))
    told = make_message("a1", "two needles, one needle", role=Role.ASSISTANT, created_at=at(5), tool_calls=(make_call("a1", result="pin"),))
    fill(
        library,
        make_session("a", [asked, told], source="codex", project="/home/me/api", model="gpt-5"),
        make_session("b", ["needle", "yes"], source="codex", project="/home/me/web", model="gpt-5"),
        make_session("c", ["what", "a needle"], project="/home/me/api", model="opus"),
        make_session("d", ["hay", "hay"]),
        make_session("e", ["needle", "no"], source="chatgpt", project=""),
    )
    uids = {summary.source_id: summary.uid for summary in library.summaries(library.session_ids())}
    library.add_tags([uids["a"], uids["b"]], ["release"])
    library.add_tags([uids["b"], uids["d"]], ["later"])
    library.set_starred([uids["c"], uids["d"]], True)
    library.rate(told.uid, 4)
    library.set_status([uids["e"]], SessionStatus.ARCHIVED)
    return library


def test_sessions_of_a_result_are_counted(full: Library) -> None:
    found = facets(full, "needle")
    assert (found.session_count, found.hit_count, found.is_whole, found.starred) == (3, 4, True, 1)
    assert list(found.sources.items()) == [("codex", 2), ("claude-code", 1)]
    assert found.projects == {"/home/me/api": 2, "/home/me/web": 1}
    assert found.models == {"gpt-5": 2, "opus": 1}
    assert found.roles == {"user": 2, "assistant": 2}
    assert found.tags == {"release": 2, "later": 1}
    assert found.statuses == {"active": 3}
    assert found.ratings == {"4": 1}
    assert sorted(found.times)[-1] == at(5).timestamp() * 1000


def test_the_counts_are_those_of_the_narrowed_results(full: Library) -> None:
    """What a facet promises is what the query finds with it."""
    for text in ("needle", "needle is:any", "is:any", "needle role:user", "pin in:tools", "release OR needle"):
        found = facets(full, text)
        narrowed = {
            **{f"source:{name}": count for name, count in found.sources.items()},
            **{f"project:{name}": count for name, count in found.projects.items()},
            **{f"model:{name}": count for name, count in found.models.items()},
            **{f"tag:{name}": count for name, count in found.tags.items()},
            **{f"rating:{stars}": count for stars, count in found.ratings.items()},
            **{f"role:{name}": count for name, count in found.roles.items() if "role:" not in text},
        }
        for term, count in narrowed.items():
            assert facets(full, f"{term} {text}").session_count == count, f"{term} {text}"


def test_archived_sessions_count_when_they_are_asked_for(full: Library) -> None:
    found = facets(full, "needle is:any")
    assert found.statuses == {"active": 3, "archived": 1}
    assert "" not in found.projects


def test_without_text_sessions_are_counted(full: Library) -> None:
    found = facets(full, "tag:later")
    assert (found.session_count, found.hit_count, found.is_whole) == (2, 0, True)
    assert found.sources == {"claude-code": 1, "codex": 1}
    assert len(found.times) == 2
    assert facets(full, "tag:nothing") == ResultFacets()


@pytest.mark.parametrize("text", ["", "source:codex", "-needle", "is:subagent", "is:any", "-tag:later source:codex,chatgpt"])
def test_where_a_list_stands_beside_them_its_sessions_are_counted(full: Library, text: str) -> None:
    """It leaves out sub-agents, into which a search looks."""
    parent = full.summaries(full.session_ids(parse("project:api source:codex")))[0]
    fill(full, make_session("agent", ["hay", "straw"], source="codex", parent_uid=parent.uid))
    found = facets(full, text)
    listed = full.summaries(full.session_ids(parse(text)))
    assert found.session_count == len(listed) > 0
    assert found.sources == Counter(each.source for each in listed)
    for source, count in found.sources.items():
        assert len(full.session_ids(parse(f"{text} source:{source}"))) == count


def test_of_too_many_those_stored_last_are_counted(full: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faceting, "FIRST", 1)
    monkeypatch.setattr(faceting, "MORE", (3,))
    found = facets(full, "needle")
    assert (found.hit_count, found.is_whole) == (2, False), "the third row that was looked at is archived"
    found = facets(full, "is:active")
    assert (found.session_count, found.is_whole) == (3, False)
    monkeypatch.setattr(faceting, "MORE", (2, 5))
    assert facets(full, "needle").is_whole
    assert facets(full, "is:active").is_whole


def test_counting_ends_when_the_time_is_up(full: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faceting, "SECONDS", 0)
    monkeypatch.setattr(faceting, "_STEPS", 1)
    assert full.result_facets(parse("needle")) is None


def test_counting_ends_when_nobody_waits_for_it(full: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faceting, "_STEPS", 1)
    with pytest.raises(InterruptedSearchError):
        full.result_facets(parse("needle"), lambda: True)
    assert facets(full, "needle").session_count == 3, "the connection is as it was"


def narrowed_by_role(library: Library, text: str) -> dict[str, int]:
    left = {role.value: library.search(parse(f"{text} role:{role}")).hits for role in Role}
    return {role: len({hit.session_id for hit in some}) for role, some in left.items() if some}


def test_a_title_stands_under_the_roles_of_its_session(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    system = make_message("s0", "be kind", role=Role.SYSTEM)
    fill(
        library,
        make_session("titled", ["what", "that"], title="A needle"),
        make_session("summed", [system, make_message("s1", "needle")], title="Hay", summary="About needles and a needle."),
        make_session("both", ["needle", "yes"], title="Needle"),
    )
    found = facets(library, "needle")
    assert found.roles == {"user": 3, "assistant": 2, "system": 1} == narrowed_by_role(library, "needle")
    monkeypatch.setattr(faceting, "MOST_READ", 5)  # one less than the messages of the three
    assert facets(library, "needle").roles == {"user": 3, "assistant": 2}


def test_words_that_stand_apart_are_counted_once_and_by_who_says_them_all(library: Library) -> None:
    fill(
        library,
        make_session("prompts", ["slow", "yes", "import"], title="."),
        make_session("both", ["slow", "import"], title="."),
        make_session("whole", ["slow", "slow import", "import"], title="."),
    )
    found = facets(library, "slow import")
    assert (found.session_count, found.hit_count) == (3, len(library.search(parse("slow import")).hits)) == (3, 5)
    assert found.roles == {"user": 2, "assistant": 1} == narrowed_by_role(library, "slow import")


def test_it_is_said_where_sessions_are_left_unread(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *(make_session(name, ["slow", "import"], title=".") for name in "abc"))
    query = parse("slow import")
    monkeypatch.setattr(gathering, "MAX_SESSIONS", 3)
    assert (len(library.search(query).hits), library.search(query).problems, facets(library, "slow import").is_whole) == (6, (), True)
    monkeypatch.setattr(gathering, "MAX_SESSIONS", 2)
    assert (len(library.search(query).hits), library.search(query).problems) == (4, (UNREAD_SESSIONS,))
    assert not facets(library, "slow import").is_whole
