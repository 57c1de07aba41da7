"""What the field that is being typed may go on with: names of fields, and the values that the library holds, with their counts."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from chatviewer.domain import LibraryCounts
from chatviewer.query.editing import quoted
from chatviewer.query.fields import FIELDS
from chatviewer.query.naming import fit, fitting
from chatviewer.tui.formatting import project_name

MOST = 8
SHORTEST_NAME = 2  # letters of a field's name before it is offered
# A field and as much of its values as there is, the last one apart. Nothing is given back: a long text is read once.
_FIELD = re.compile(r'(?:^|[\s(-])(?P<name>[a-z]++):(?:(?:"[^"]*+"|[^\s",]*+),)*+(?P<value>"[^"]*+|[^\s",()]*+)', re.IGNORECASE)
_NAME = re.compile(r"(?:^|[\s(-])(?P<name>[a-z]+)$", re.IGNORECASE)
_TIMES = ("today", "yesterday", "7d", "30d")
_SAMPLES = {
    "on": _TIMES[:2],
    "after": _TIMES,
    "before": _TIMES,
    "rating": (">=4", "5", "<=2"),
    "messages": (">100", "<10"),
    "tokens": (">10k", ">100k"),
}


class Completion(NamedTuple):
    """`text` is the whole query with it, `cursor` the place behind it; `session_count` is None where nothing was counted."""

    text: str
    label: str
    session_count: int | None = None
    cursor: int = 0


def completions(text: str, counts: LibraryCounts | None, tools: Mapping[str, int], cursor: int | None = None) -> list[Completion]:
    """What the text may go on with at the cursor (at its end, if none is given), the likeliest first; [] where nothing is begun."""
    at = len(text) if cursor is None else cursor
    head, tail = text[:at], text[at:]
    if tail and not (tail[0].isspace() or tail[0] in "),"):
        return []
    found = _at_end(head, counts, tools)
    if tail:
        return [each._replace(text=each.text + tail, cursor=len(each.text)) for each in found]
    # behind a value typing goes on with the next word
    ended = [each.text if each.text.endswith(":") else f"{each.text} " for each in found]
    return [each._replace(text=text, cursor=len(text)) for each, text in zip(found, ended, strict=True)]


def _at_end(text: str, counts: LibraryCounts | None, tools: Mapping[str, int]) -> list[Completion]:
    found = _value(text)
    if found is not None:
        return _of_value(text, found, counts or LibraryCounts(), tools)
    found = _NAME.search(text)
    if found is None or len(found["name"]) < SHORTEST_NAME:
        return []
    typed = found["name"].lower()
    names = [name for name in FIELDS if name.startswith(typed)]
    if typed in names:
        return []
    return [Completion(f"{text[: found.start('name')]}{name}:", f"{name}:") for name in names]


def _value(text: str) -> re.Match[str] | None:
    """The field that the text ends in."""
    return next((found for found in _FIELD.finditer(text) if found.end() == len(text)), None)


def is_asked(text: str, field: str) -> bool:
    """Whether a value of this field is being typed."""
    found = _value(text)
    return found is not None and found["name"].lower() == field


def _of_value(text: str, found: re.Match[str], counts: LibraryCounts, tools: Mapping[str, int]) -> list[Completion]:
    spec = FIELDS.get(found["name"].lower())
    if spec is None:
        return []
    typed = found["value"].lstrip('"').casefold()
    values = _values(spec.name, typed, counts, tools)
    for each in (*spec.choices, *_SAMPLES.get(spec.name, ()), *(("none",) if spec.has_none else ())):
        values.setdefault(each, None)
    others = {value.strip('"').casefold() for value in text[found.end("name") + 1 : found.start("value")].split(",")}
    values = {value: count for value, count in values.items() if value.casefold() not in others}
    if typed in (value.casefold() for value in values):
        return []
    head = text[: found.start("value")]
    places = {value: fit(typed, value) + value.casefold().startswith(typed) for value in values}
    offered = sorted((value for value in values if places[value]), key=places.__getitem__, reverse=True)[:MOST]
    return [Completion(head + quoted(value), value, _left(spec.name, value, counts) or values[value]) for value in offered]


def _left(field: str, value: str, counts: LibraryCounts) -> int:
    """How many sessions a value finds that other names hold as well: `model:gpt-5` those of gpt-5-mini too; 0 for other fields."""
    if field == "model":
        return sum(count for name, count in counts.models.items() if fit(value, name))
    named = {"source": counts.sources, "project": counts.projects}.get(field, {})
    return sum(named[name] for name in fitting(value.rstrip("/"), named))


def _values(field: str, typed: str, counts: LibraryCounts, tools: Mapping[str, int]) -> dict[str, int | None]:
    """What the library holds, the most frequent first. Projects by their folder's name, by their path once a slash is typed."""
    if field == "project":
        projects: Counter[str] = Counter()
        for path, count in counts.projects.items():
            if path:
                projects[path if "/" in typed else project_name(path)] += count
        return dict(projects.most_common())
    known: Mapping[str, int] = {"source": counts.sources, "model": counts.models, "tag": counts.tags, "tool": tools}.get(field, {})
    if field in ("is", "status"):
        states = {"starred": counts.starred, "archived": counts.archived, "trashed": counts.trashed, "rated": counts.rated}
        states |= {"active": counts.active, "unread": counts.unread}
        known = {name: count for name, count in states.items() if name in FIELDS[field].choices}
    return {value: count for value, count in known.items() if value}
