"""How a result can be narrowed: the facets of what a query finds as terms that could be added to it, kind by kind.

A field that the query has already is counted without it: beside `source:codex` stand the other sources, ready to be chosen instead.
"""

from bisect import bisect_left
from calendar import month_name
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chatviewer.domain import ResultFacets
from chatviewer.errors import InterruptedSearchError
from chatviewer.query import Query, Span, parse
from chatviewer.query.editing import held, quoted, terms, without
from chatviewer.query.naming import fit, fitting
from chatviewer.storage.library import Library
from chatviewer.tui.formatting import project_name

MOST = 100  # values of a kind
MOST_ASIDE = 2  # fields that are counted without themselves
_RECENT = (("Today", "on:today"), ("Yesterday", "on:yesterday"), ("Last 7 days", "after:7d"), ("Last 30 days", "after:30d"))
_ROLES = {"user": "you", "assistant": "replies", "system": "system", "tool": "tools"}
_STATES = {"active": "Active", "archived": "Archived", "trashed": "Trash"}
# The digits go to those that part a result best: this is the order in which kinds get one, as long as they have values.
_TURNS = ("source", "project", "date", "source", "project", "role", "tag", "source", "model", "rating", "state")
_LAST_TIME = 250_000_000_000_000  # milliseconds: later ones are in no calendar
DIGITS = "123456789"


class Value(NamedTuple):
    """A term that could be added, and what that would leave."""

    label: str
    term: str
    session_count: int


class Kind(NamedTuple):
    """Values of one field, or of fields that belong together. `group` as in `Term`."""

    heading: str
    group: str
    values: tuple[Value, ...]


class Narrowing(NamedTuple):
    """The facets of what `text` finds, and what they are to be shown as."""

    text: str
    facets: ResultFacets
    kinds: tuple[Kind, ...]


def find_narrowing(library: Library, text: str, now: datetime, should_stop: Callable[[], bool]) -> Narrowing | None:
    """Count what a query finds; None where that takes too long or nobody waits for it any more. `now` is local time."""

    def counted(query: Query) -> ResultFacets | None:
        return library.result_facets(query, should_stop)

    try:
        facets = counted(parse(text, now=now, is_being_typed=True))
        if facets is None:
            return None
        aside: dict[str, ResultFacets] = {}
        for group in list(dict.fromkeys(term.group for term in terms(text) if term.group and term.is_alone))[:MOST_ASIDE]:
            others = counted(parse(_without_group(text, group), now=now, is_being_typed=True))
            if others is not None:
                aside[group] = others
    except InterruptedSearchError:
        return None
    return Narrowing(text, facets, kinds_of(text, facets, aside, now))


def of_nothing(text: str) -> Narrowing:
    """What a query that finds nothing could do without."""
    values = tuple(Value(term, term, 0) for term in sorted(held(text)))
    return Narrowing(text, ResultFacets(), (Kind("In the way?", "search", values),) if values else ())


def _without_group(text: str, group: str) -> str:
    for term in reversed(terms(text)):
        if term.group == group and term.is_alone and not term.is_negated:
            text = without(text, term.start, term.end)
    return text


def kinds_of(text: str, facets: ResultFacets, aside: Mapping[str, ResultFacets], now: datetime) -> tuple[Kind, ...]:
    """The kinds that could narrow the result or do so already; `aside` holds the facets without the fields of a group."""
    on = held(text)
    found: list[Kind] = []
    for heading, group, values_of in _KINDS:
        counted = aside.get(group, facets)
        values = [value for value in values_of(counted, now) if value.session_count][:MOST]
        has_choice = any(value.session_count < counted.session_count for value in values)
        if values and (has_choice or any(value.term in on for value in values)):
            found.append(Kind(heading, group, tuple(values)))
    return tuple(found)


def _named(field: str, counts: Mapping[str, int], labels: Mapping[str, str] | None = None) -> list[Value]:
    return [Value((labels or {}).get(name, name), f"{field}:{quoted(name)}", count) for name, count in counts.items()]


def _sources(facets: ResultFacets, _now: datetime) -> list[Value]:
    """`source:claude` also leaves the sessions of claude-code."""
    known = facets.sources
    return _named("source", {name: sum(known[other] for other in fitting(name, known)) for name in list(known)[:MOST]})


def _models(facets: ResultFacets, _now: datetime) -> list[Value]:
    """`model:gpt-5` also leaves the sessions of gpt-5-mini."""
    known = facets.models
    return _named("model", {name: sum(known[other] for other in known if fit(name, other)) for name in list(known)[:MOST]})


def _projects(facets: ResultFacets, _now: datetime) -> list[Value]:
    """By the folder's name where that means one project, else by the path, which also leaves what lies in it or is named like it."""
    values = []
    for path in list(facets.projects)[:MOST]:
        name = project_name(path)
        is_one = fitting(name, facets.projects) == [path]
        left = [path] if is_one else fitting(path.rstrip("/") or path, facets.projects)
        values.append(Value(name, f"project:{quoted(name if is_one else path)}", sum(facets.projects[other] for other in left)))
    return values


def _dates(facets: ResultFacets, now: datetime) -> list[Value]:
    """How recent, then years; months where there is only one year."""
    times = sorted(time for time in facets.times if 0 < time < _LAST_TIME)
    if not times:
        return []
    values: list[Value] = []
    for label, term in _RECENT:
        count = _within(times, term, now)
        if count and (not values or label == "Yesterday" or count > max(value.session_count for value in values)):
            values.append(Value(label, term, count))
    first, last = (datetime.fromtimestamp(time / 1000).year for time in (times[0], times[-1]))  # noqa: DTZ006 - local days
    if first != last:
        periods = [(str(year), str(year)) for year in range(last, first - 1, -1)]
    else:
        periods = [(month_name[month], f"{first}-{month:02}") for month in range(12, 0, -1)]
    return [*values, *(Value(label, f"on:{period}", _within(times, f"on:{period}", now)) for label, period in periods)]


def _within(times: Sequence[int], term: str, now: datetime) -> int:
    """How many of the sorted times are those that a term asks for."""
    node = parse(term, now=now).node
    assert isinstance(node, Span)
    low = 0 if node.low is None else bisect_left(times, node.low)
    return max(0, (len(times) if node.high is None else bisect_left(times, node.high)) - low)


def _ratings(facets: ResultFacets, _now: datetime) -> list[Value]:
    best = facets.ratings.get("5", 0)
    good = best + facets.ratings.get("4", 0)
    values = [Value("★★★★★", "rating:5", best), Value("★★★★ or more", "rating:>=4", good if good > best else 0)]
    return [*values, Value("Rated", "is:rated", sum(facets.ratings.values())), Value("Starred", "is:starred", facets.starred)]


_KINDS: tuple[tuple[str, str, Callable[[ResultFacets, datetime], list[Value]]], ...] = (
    ("Sources", "source", _sources),
    ("Projects", "project", _projects),
    ("Time", "date", _dates),
    ("Tags", "tag", lambda facets, _: [value._replace(label=f"#{value.label}") for value in _named("tag", facets.tags)]),
    ("Who", "role", lambda facets, _: _named("role", facets.roles, _ROLES)),
    ("Models", "model", _models),
    ("Rating", "rating", _ratings),
    ("Status", "state", lambda facets, _: _named("is", facets.statuses, _STATES)),
)


def keys_of(narrowing: Narrowing, kept: Mapping[str, str]) -> dict[str, str]:
    """The digit of each term that has one. `kept`: those of before, which stay with their terms while a result is narrowed further."""
    on = held(narrowing.text)
    waiting = {kind.group: _useful(kind, narrowing.facets.session_count, on) for kind in narrowing.kinds}
    offered = [term for values in waiting.values() for term in values]
    first = [term for term in offered if term in on][: len(DIGITS)]  # what is in the query can always be taken out
    keys = {term: kept[term] for term in first if term in kept}
    others = {term: digit for term, digit in kept.items() if term in offered and term not in first}
    room = len(DIGITS) - len(first)
    keys |= dict(list(others.items())[:room])
    chosen = [term for term in first if term not in keys]
    for group in [*_TURNS, *(group for _ in DIGITS for group in waiting)]:
        values = [term for term in waiting.get(group, ()) if term not in keys and term not in chosen]
        if values and len(chosen) + len(keys) < len(DIGITS):
            chosen.append(values[0])
    order = [value.term for kind in narrowing.kinds for value in kind.values]
    free = [digit for digit in DIGITS if digit not in keys.values()]
    return keys | dict(zip(sorted(chosen, key=order.index), free, strict=False))


def _useful(kind: Kind, total: int, on: frozenset[str]) -> list[str]:
    """The terms that would change something, those of the query first."""
    values = [value for value in kind.values if value.term in on or value.session_count != total]
    return [value.term for value in sorted(values, key=lambda value: value.term not in on)]
