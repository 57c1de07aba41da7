"""What the field that is being typed may go on with: names of fields, and the values that the library holds, with their counts."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from chatviewer.domain import LibraryCounts
from chatviewer.query.editing import quoted
from chatviewer.query.fields import FIELDS
from chatviewer.tui.formatting import project_name

MOST = 8
SHORTEST_NAME = 2  # letters of a field's name before it is offered
_VALUE = re.compile(r'(?:^|[\s(-])(?P<name>[a-z]+):(?:(?:"[^"]*"|[^\s",]*),)*(?P<value>"[^"]*|[^\s",()]*)$', re.IGNORECASE)
_NAME = re.compile(r"(?:^|[\s(-])(?P<name>[a-z]+)$")


class Completion(NamedTuple):
    """`text` is the whole query with it; `session_count` is None where nothing was counted."""

    text: str
    label: str
    session_count: int | None = None


def completions(text: str, counts: LibraryCounts | None, tools: Mapping[str, int]) -> list[Completion]:
    """What the end of the text may go on with, the likeliest first; [] where it is complete or no field."""
    found = _VALUE.search(text)
    if found is not None:
        return _of_value(text, found, counts or LibraryCounts(), tools)
    found = _NAME.search(text)
    if found is None or len(found["name"]) < SHORTEST_NAME:
        return []
    typed = found["name"]
    names = [name for name in FIELDS if name.startswith(typed)]
    if typed in names:
        return []
    return [Completion(f"{text[: found.start('name')]}{name}:", f"{name}:") for name in names]


def is_asked(text: str, field: str) -> bool:
    """Whether a value of this field is being typed."""
    found = _VALUE.search(text)
    return found is not None and found["name"].lower() == field


def _of_value(text: str, found: re.Match[str], counts: LibraryCounts, tools: Mapping[str, int]) -> list[Completion]:
    spec = FIELDS.get(found["name"].lower())
    if spec is None:
        return []
    typed = found["value"].lstrip('"').casefold()
    values = _values(spec.name, typed, counts, tools)
    values.update(dict.fromkeys((*spec.choices, *(("none",) if spec.has_none else ())), None))
    beginning = [value for value in values if value.casefold().startswith(typed)]
    inside = [value for value in values if typed and typed in value.casefold() and value not in beginning]
    if typed in (value.casefold() for value in beginning):
        return []
    head = text[: found.start("value")]
    return [Completion(head + quoted(value), value, values[value]) for value in [*beginning, *inside][:MOST]]


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
