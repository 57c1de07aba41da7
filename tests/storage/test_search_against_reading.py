"""Searching finds what reading every text finds: small libraries and queries made at random, with all limits so low that they are met."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from chatviewer.domain import Hit, HitKind, Role
from chatviewer.domain.summary import SessionSummary
from chatviewer.query import parse
from chatviewer.storage import candidates, faceting, gathering, ranking, searching, vocabulary, walking
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.storage.plain_reader import Reader, Stored
from tests.storage.random_libraries import libraries, queries, store

EVERYTHING = 1_000
SORT_KEYS: dict[str, Callable[[SessionSummary], Any]] = {
    "recent": lambda each: each.last_message_at,
    "started": lambda each: each.started_at,
    "title": lambda each: "".join(letter.lower() if letter.isascii() else letter for letter in each.title),
    "messages": lambda each: each.message_count,
    "tokens": lambda each: (each.input_tokens or 0) + (each.output_tokens or 0),
    "rating": lambda each: each.rating,
}

# limits

LIMITS = {
    (walking, "FIRST_BATCH"): [8, 1],
    (walking, "MOST_AT_ONCE"): [4096, 2],
    (walking, "LARGE"): [500, 1, 3],
    (walking, "PROBE"): [64, 1, 2],
    (walking, "PROBE_SECONDS"): [0.003, -1],
    (walking, "FEW"): [1000, 1, 3],
    (walking, "HIDDEN_SECONDS"): [0.002, -1, 9],
    (walking, "_QUERY_SECONDS"): [40e-6, 0],
    (walking, "READ_AT_ONCE"): [500, 1, 2],
    (gathering, "FIRST_BATCH"): [64, 1],
    (gathering, "FEW"): [1000, 1],
    (candidates, "FEW"): [1000, 1, 2],
    (candidates, "MARGIN"): [50, 0],
    (searching, "FIRST_BATCH"): [8, 1],
    (searching, "MOST_AT_ONCE"): [128, 2],
    (searching, "SHORT_SECONDS"): [0.02, 9, -1],
    (searching, "FEW"): [1000, 2],
    (searching, "HIDDEN_SECONDS"): [0.002, -1, 9],
    (vocabulary, "MOST_TERMS"): [64, 1, 3],
    (ranking, "WEIGHED"): [300, 1, 2],
    (ranking, "MAX_ROWS"): [10_000, 10_000, 1, 3],
    (faceting, "FIRST"): [2000, 1, 3],
    (faceting, "MORE"): [(12_000, 50_000), (4,), (2, 50)],
}
limits = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in LIMITS.items()})


@contextmanager
def limited(chosen: dict[Any, Any]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in chosen.items():
            patch.setattr(module, name, value)
        yield


# what must be so

_LEVELS = {
    HitKind.TEXT: "message",
    HitKind.THINKING: "message",
    HitKind.TOOL: "tool",
    HitKind.TITLE: "session",
    HitKind.SUMMARY: "session",
    HitKind.ATTACHMENT: "attachment",
}
Place = tuple[str, str | None]  # kind of row, uid of the message


def place_of(hit: Hit) -> Place:
    return _LEVELS[hit.kind], hit.message_uid


def check(library: Library, stored: list[Stored], text: str, page: int, *, is_being_typed: bool = False) -> None:
    query = parse(text, is_being_typed=is_being_typed)
    reader = Reader(stored, query)
    recent = library.search(query, limit=EVERYTHING)
    hits = recent.hits
    assert not recent.has_more
    check_lists(library, reader)
    check_order(hits)
    if reader.is_text:
        check_rows(reader, hits, recent.hidden_count, recent.is_hidden_count_whole)
    else:
        check_sessions(reader, hits, recent.hidden_count, recent.is_hidden_count_whole)
    best = library.search(query, order="best", limit=EVERYTHING)
    assert Counter(map(identity, best.hits)) == Counter(map(identity, hits))
    for order, whole in (("recent", hits), ("best", best.hits)):
        paged: list[Hit] = []
        while True:
            part = library.search(query, order=order, limit=page, offset=len(paged))
            paged += part.hits
            if not part.has_more:
                break
            assert len(part.hits) == page
        assert list(map(identity, paged)) == list(map(identity, whole)), (order, set(map(identity, paged)) ^ set(map(identity, whole)))
    if not is_being_typed:
        check_facets(library, stored, text, hits)


def identity(hit: Hit) -> tuple[object, ...]:
    return hit.session_uid, hit.message_uid, hit.kind, hit.snippet


def check_lists(library: Library, reader: Reader) -> None:
    uids = {summary.uid for summary in library.summaries(library.session_ids(reader.query))}
    for uid, answer in reader.listed().items():
        assert answer is None or (uid in uids) == answer, ("list", reader.query.text, uid)
    for sort, key in SORT_KEYS.items():
        for order in (sort, f"-{sort}"):
            ids = library.session_ids(reader.query, sort=order)
            found = library.summaries(ids)
            assert {summary.uid for summary in found} == uids
            assert list(library.session_ids(reader.query, sort=order, limit=2)) == list(ids[:2])
            keys = [value for value in map(key, found) if value is not None]
            assert keys == sorted(keys, reverse=(sort == "title") == order.startswith("-")), order
            assert [key(each) for each in found[: len(keys)]] == keys, "what is unknown comes last"


def check_own(own: list[Hit]) -> None:
    """The hits of a session: its title, then the newest of each kind first."""
    for level in ("message", "tool", "attachment"):
        places = [hit.seq for hit in own if place_of(hit)[0] == level]
        assert places == sorted(places, reverse=True)
    assert "session" not in [place_of(hit)[0] for hit in own[1:]]


def check_order(hits: tuple[Hit, ...]) -> None:
    met = list(dict.fromkeys(hit.session_uid for hit in hits))
    whole = [uid for uid, _ in groupby(hit.session_uid for hit in hits)]
    assert whole == met, "a session's hits stand together"


def check_newest_first(stored: list[Stored], uids: list[str]) -> None:
    times = {each.summary.uid: each.summary.last_message_at for each in stored}
    given = [times[uid].timestamp() if times[uid] else 0.0 for uid in uids]  # type: ignore[union-attr]
    assert given == sorted(given, reverse=True), ("order", uids)


def check_rows(reader: Reader, hits: tuple[Hit, ...], hidden_count: int, is_hidden_count_whole: bool) -> None:
    by_session: dict[str, list[Hit]] = {}
    for hit in hits:
        by_session.setdefault(hit.session_uid, []).append(hit)
    whole: set[str] = set()
    apart: set[str] = set()
    hidden = [0, 0]
    for each in reader.library:
        uid = each.summary.uid
        found = reader.found(each)
        places = Counter(map(place_of, by_session.get(uid, [])))
        sure = Counter((row.level, row.message and row.message.uid) for row, answer in found if answer)
        maybe = Counter((row.level, row.message and row.message.uid) for row, answer in found if answer is not False)
        if not reader.may_show(each):
            assert not places, ("hidden", uid)
            hidden[0] += sure.total()
            hidden[1] += maybe.total()
        elif sure or (maybe and places <= maybe):
            assert sure <= places <= maybe, ("rows", uid, sure, places, maybe)
            if sure:
                whole.add(uid)
                check_own(by_session[uid])
        else:
            if not maybe:
                apart.add(uid)
            together = reader.gathered(each)
            assert together is not True or places, ("apart", uid)
            assert together is not False or not places, ("not even apart", uid, places)
            looked_at = Counter((row.level, row.message and row.message.uid) for row, _ in found)
            assert places <= looked_at
    met = [uid for uid in by_session if uid in whole or uid in apart]
    assert [uid in apart for uid in met] == sorted(uid in apart for uid in met), "words that stand apart come last"
    check_newest_first(reader.library, [uid for uid in met if uid in whole])
    check_newest_first(reader.library, [uid for uid in met if uid in apart])
    if is_hidden_count_whole:
        assert hidden[0] <= hidden_count <= hidden[1], ("hidden", hidden, hidden_count)
    else:
        assert hidden_count <= hidden[1]


def check_sessions(reader: Reader, hits: tuple[Hit, ...], hidden_count: int, is_hidden_count_whole: bool) -> None:
    by_session = {hit.session_uid: hit for hit in hits}
    assert len(by_session) == len(hits)
    check_newest_first(reader.library, list(by_session))
    hidden = [0, 0]
    for each in reader.library:
        answer, newest = reader.session_hit(each)
        hit = by_session.get(each.summary.uid)
        if not reader.may_show(each):
            assert hit is None
            hidden[0] += answer is True
            hidden[1] += answer is not False
        else:
            assert answer is None or (hit is not None) == answer, ("session", each.summary.uid, answer)
            if hit is not None and newest is not None:
                assert hit.message_uid == newest.uid
    if is_hidden_count_whole:
        assert hidden[0] <= hidden_count <= hidden[1], ("hidden", hidden, hidden_count)
    else:
        assert hidden_count <= hidden[1]


def check_facets(library: Library, stored: list[Stored], text: str, hits: tuple[Hit, ...]) -> None:
    facets = library.result_facets(parse(text))
    assert facets is not None
    facts = {each.summary.uid: each.summary for each in stored}
    query = parse(text)
    is_list = not (query.words or query.patterns)  # what stands beside them in the viewer
    uids = {each.uid for each in library.summaries(library.session_ids(query))} if is_list else {hit.session_uid for hit in hits}
    shown = [facts[uid] for uid in uids]
    if not facets.is_whole:
        assert facets.session_count <= len(shown)
        return
    assert facets.session_count == len(shown), ("facets", facets.session_count, len(shown))
    if Reader(stored, query).is_text and not is_list:
        assert facets.hit_count == len(hits), ("hits", facets.hit_count, len(hits))
        left = {role: library.search(parse(f"{text} role:{role}"), limit=EVERYTHING).hits for role in Role}
        assert facets.roles == {role: len({hit.session_uid for hit in some}) for role, some in left.items() if some}, ("roles", text)
    assert facets.sources == Counter(each.source for each in shown)
    assert facets.projects == Counter(each.project for each in shown if each.project)
    assert facets.models == Counter(each.model for each in shown if each.model)
    assert facets.statuses == Counter(each.status for each in shown)
    assert facets.ratings == Counter(str(each.rating) for each in shown if each.rating)
    assert facets.tags == Counter(tag for each in shown for tag in each.tags)
    assert facets.starred == sum(each.is_starred for each in shown)


# A failure is not made smaller: that takes minutes, and the note names the query.
@settings(max_examples=examples(50), phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(libraries, st.lists(st.tuples(queries, st.sampled_from([False, False, True])), min_size=1, max_size=6), limits, st.integers(1, 4))
def test_searching_finds_what_reading_finds(
    given: list[dict[str, Any]], texts: list[tuple[str, bool]], chosen: dict[Any, Any], page: int
) -> None:
    with TemporaryDirectory() as folder, Library.open(Path(folder) / "chatviewer.db") as library:
        stored = store(library, given)
        with limited(chosen):
            for text, is_being_typed in texts:
                note(f"query: {text}{'...' if is_being_typed else ''}")
                check(library, stored, text, page, is_being_typed=is_being_typed)
