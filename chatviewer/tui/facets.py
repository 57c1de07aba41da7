"""The lines of the library pane: at rest the library at a glance, beside a result what it could be narrowed to."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from chatviewer.domain import LibraryCounts
from chatviewer.query.editing import quoted
from chatviewer.tui import formatting
from chatviewer.tui.narrowing import DIGITS, Kind, Narrowing

MOST = 100  # of a kind; the filter menu and the search box find the others
FEWEST, MANY = 3, 8  # values of a kind beside a result: as many as there is room for


class Facet(NamedTuple):
    """A line of the pane. A heading has no query; an empty query means everything.

    With `is_term` the query is a field, to be added to what is searched for; else it takes the place of that. `key` is the digit that
    chooses it; `more` names the kind of which choosing the line shows all values.
    """

    label: str
    session_count: int | None
    query: str | None
    is_term: bool = False
    key: str = ""
    more: str = ""

    @property
    def is_heading(self) -> bool:
        return self.query is None and not self.more


def library_lines(counts: LibraryCounts, searches: Mapping[str, str]) -> list[Facet]:
    """The library at a glance, the largest of each kind first. The first saved searches have digits."""
    lines = [Facet("All", counts.active, "")]
    states = (
        Facet("Unread", counts.unread, "is:unread", is_term=True),
        Facet("Starred", counts.starred, "is:starred", is_term=True),
        Facet("Rated", counts.rated, "is:rated", is_term=True),
        Facet("Archived", counts.archived, "is:archived", is_term=True),
        Facet("Trash", counts.trashed, "is:trashed", is_term=True),
    )
    lines += [state for state in states if state.session_count]
    lines += saved_lines(searches, DIGITS)
    lines += _kind("Sources", ((name, count, f"source:{quoted(name)}") for name, count in counts.sources.items()))
    lines += _kind(
        "Projects",
        ((formatting.project_name(path), count, f"project:{quoted(path)}") for path, count in counts.projects.items() if path),
    )
    lines += _kind("Tags", ((f"#{name}", count, f"tag:{quoted(name)}") for name, count in counts.tags.items()))
    return lines


def result_lines(
    narrowing: Narrowing,
    keys: Mapping[str, str],
    expanded: Collection[str],
    height: int,
    total: int,
    searches: Mapping[str, str],
) -> list[Facet]:
    """What a result could be narrowed to, in as many lines as fit if that is possible at all."""
    head = [Facet("All", total, "")]
    lines: list[Facet] = []
    for most in range(MANY, FEWEST - 1, -1):
        lines = [*head, *(line for kind in narrowing.kinds for line in _of_kind(kind, keys, MOST if kind.group in expanded else most))]
        if len(lines) <= height:
            break
    if not narrowing.kinds:
        lines += [Facet("", None, None), Facet("Nothing to narrow", None, None)]
    return [*lines, *saved_lines(searches, "")]


def saved_lines(searches: Mapping[str, str], digits: str) -> list[Facet]:
    """The searches that were given names."""
    if not searches:
        return []
    found = [Facet(name, None, query) for name, query in searches.items()]
    numbered = [line._replace(key=digit) for line, digit in zip(found, digits, strict=False)]
    return [Facet("", None, None), Facet("Searches", None, None), *numbered, *found[len(numbered) :]]


def _of_kind(kind: Kind, keys: Mapping[str, str], most: int) -> list[Facet]:
    """The first values, and those that have a digit wherever they stand."""
    shown = [value for place, value in enumerate(kind.values) if place < most or value.term in keys]
    lines = [Facet(value.label, value.session_count or None, value.term, is_term=True, key=keys.get(value.term, "")) for value in shown]
    rest = len(kind.values) - len(shown)
    more = [Facet(f"{rest} more…", None, None, more=kind.group)] if rest else []
    return [Facet("", None, None), Facet(kind.heading, None, None), *lines, *more]


def _kind(heading: str, entries: Iterable[tuple[str, int, str]]) -> list[Facet]:
    found = [Facet(label, count, query, is_term=True) for label, count, query in entries][:MOST]
    return [Facet("", None, None), Facet(heading, None, None), *found] if found else []
