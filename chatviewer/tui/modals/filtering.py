"""What the filter menu offers: every state, source, project, model and tag that there is, ratings and times. A choice is a term."""

from collections.abc import Iterable, Mapping

from chatviewer.domain import LibraryCounts
from chatviewer.query.editing import quoted, with_term
from chatviewer.tui.formatting import full_count, project_name
from chatviewer.tui.modals.menu import Choice

MOST = 500  # of a kind
SAVED = "= "  # no term begins so

_STATES = (
    ("Unread", "is:unread"),
    ("Starred", "is:starred"),
    ("Rated", "is:rated"),
    ("Archived", "is:archived"),
    ("Trash", "is:trashed"),
    ("Sub-agents", "is:subagent"),
    ("With branches", "is:branched"),
    ("With an error", "has:error"),
    ("With a note", "has:note"),
)
_TIMES = (("Today", "on:today"), ("Yesterday", "on:yesterday"), ("Last 7 days", "after:7d"), ("Last 30 days", "after:30d"))
_RATINGS = (("★★★★★", "rating:5"), ("★★★★☆ and better", "rating:>=4"), ("★★☆☆☆ and worse", "rating:<=2"), ("Not rated", "rating:none"))


def filter_choices(counts: LibraryCounts | None, current: str, searches: Mapping[str, str]) -> list[Choice]:
    """The choices; when something is filtered already, first the way out of it. A saved search's value has a sign before it."""
    counts = counts or LibraryCounts()
    numbers = {"is:starred": counts.starred, "is:rated": counts.rated, "is:archived": counts.archived, "is:trashed": counts.trashed}
    numbers |= {"is:subagent": counts.subagents, "is:unread": counts.unread}
    choices = [Choice("Everything", "clears the filter", "")] if current else []
    choices += [Choice(name, "saved search", SAVED + query) for name, query in searches.items()]
    choices += [Choice(label, full_count(numbers[query]) if query in numbers else "", query) for label, query in _STATES]
    choices += [Choice(label, "time", query) for label, query in _TIMES]
    choices += [Choice(label, "rating", query) for label, query in _RATINGS]
    choices += _kind("source", ((name, name, count) for name, count in counts.sources.items()))
    choices += _kind("project", ((project_name(path), path, count) for path, count in counts.projects.items() if path))
    choices += _kind("tag", ((f"#{name}", name, count) for name, count in counts.tags.items()))
    choices += _kind("model", ((name, name, count) for name, count in counts.models.items() if name))
    return choices


def with_filter(text: str, term: str) -> str:
    """The query with this term, in the place of one that it cannot stand beside; no query for no term, a saved one for itself."""
    if term.startswith(SAVED):
        return term.removeprefix(SAVED)
    return with_term(text, term) if term else ""


def _kind(field: str, entries: Iterable[tuple[str, str, int]]) -> list[Choice]:
    return [Choice(label, f"{field} {full_count(count)}", f"{field}:{quoted(value)}") for label, value, count in entries][:MOST]
