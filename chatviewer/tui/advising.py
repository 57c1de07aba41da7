"""The line under the search box: what is wrong and where, how the field being typed may go on, what else there is to find."""

import re
from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from chatviewer.domain import safe_line
from chatviewer.tui.completing import Completion
from chatviewer.tui.formatting import short_count

EXAMPLES = (
    ("project:", "api"),
    ("is:", "starred"),
    ("after:", "7d"),
    ("tool:", "Bash"),
    ("has:", "error"),
    ("", '"a phrase"'),
    ("", "-without"),
)
OTHER_NAMES = {
    "from": "source",
    "agent": "source",
    "repo": "project",
    "dir": "project",
    "folder": "project",
    "path": "project",
    "label": "tag",
    "date": "on",
    "day": "on",
    "since": "after",
    "until": "before",
    "by": "role",
    "author": "role",
    "stars": "rating",
    "contains": "has",
}
_LIKE_A_FIELD = re.compile(r"-?(?P<name>[A-Za-z]{2,12}):(?![:/\\])[^\s]")
_MUTED = "$foreground 60%"


def problem_line(typed: str, position: int, words: str, left: int, width: int) -> Content:
    """What is wrong with a query, below the character where it begins. `left` is the column of the box's first character."""
    column = left + cell_len("".join(character if character.isprintable() else " " for character in typed[:position]))
    words = safe_line(words, width)
    if column + cell_len(words) + 2 > width:
        column = max(0, width - cell_len(words) - 2)
    return Content.assemble(" " * column, ("↑ ", "bold $warning"), (words, "$warning"))


def unknown_field(typed: str) -> tuple[int, str] | None:
    """Where something stands that was probably meant for a field, and what it is: `sorce:codex` is searched as a word."""
    if ":" not in typed:
        return None
    from difflib import get_close_matches

    from chatviewer.query.editing import pieces
    from chatviewer.query.fields import FIELDS

    for start, end in pieces(typed):
        found = _LIKE_A_FIELD.match(typed[start:end])
        name = found["name"].lower() if found else ""
        meant = OTHER_NAMES.get(name) or next(iter(get_close_matches(name, FIELDS, 1, 0.75)), "")
        if found and name not in FIELDS and meant:
            return start, f"{name}: is no field, so it is searched as a word; {meant}: is one"
    return None


def completion_line(found: Sequence[Completion], left: int) -> Content:
    """The choices, the one that Tab takes first."""
    pieces: list[tuple[str, str]] = [(" " * max(0, left - 4), ""), ("Tab ", "bold $text-accent")]
    for place, each in enumerate(found):
        pieces.append((safe_line(each.label, 40), "" if place == 0 else _MUTED))
        count = f" {short_count(each.session_count)}" if each.session_count is not None else ""
        pieces.append((f"{count}   ", "$foreground 45%"))
    return Content.assemble(*pieces)


def fact_line(facts: Sequence[str], left: int, width: int) -> Content:
    """How long it took, and the keys that show more; further to the left where they would be cut off."""
    left = max(1, min(left, width - 1 - sum(cell_len(fact) + 3 for fact in facts) + 3))
    pieces: list[tuple[str, str]] = [(" " * left, "")]
    for place, fact in enumerate(facts):
        words, colon, key = fact.rpartition(": ")
        pieces += [
            (" · " if place else "", _MUTED),
            (f"{words}{colon}" if colon else "", _MUTED),
            (key, "bold $text-accent" if colon else _MUTED),
        ]
    return Content.assemble(*pieces)


def example_line(left: int, width: int) -> Content:
    """What could be typed, while nothing is: as much of it as has room."""
    pieces: list[tuple[str, str]] = [(" " * left, "")]
    used = left
    for field, value in EXAMPLES:
        used += cell_len(field + value) + 3
        if used - 3 > width:
            break
        pieces += [(field, "$text-accent 80%"), (f"{value}   ", _MUTED)]
    return Content.assemble(*pieces)
