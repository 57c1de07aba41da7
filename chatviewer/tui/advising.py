"""The line under the search box: what is wrong and where, how the field being typed may go on, what else there is to find."""

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
_MUTED = "$foreground 60%"


def problem_line(typed: str, position: int, words: str, left: int, width: int) -> Content:
    """What is wrong with a query, below the character where it begins. `left` is the column of the box's first character."""
    column = left + cell_len("".join(character if character.isprintable() else " " for character in typed[:position]))
    words = safe_line(words, width)
    if column + cell_len(words) + 2 > width:
        column = max(0, width - cell_len(words) - 2)
    return Content.assemble(" " * column, ("↑ ", "bold $warning"), (words, "$warning"))


def completion_line(found: Sequence[Completion], left: int) -> Content:
    """The choices, the one that Tab takes first."""
    pieces: list[tuple[str, str]] = [(" " * max(0, left - 4), ""), ("Tab ", "bold $accent")]
    for place, each in enumerate(found):
        pieces.append((safe_line(each.label, 40), "" if place == 0 else _MUTED))
        count = f" {short_count(each.session_count)}" if each.session_count is not None else ""
        pieces.append((f"{count}   ", "$foreground 45%"))
    return Content.assemble(*pieces)


def fact_line(facts: Sequence[str], left: int) -> Content:
    """How long it took, and the keys that show more."""
    pieces: list[tuple[str, str]] = [(" " * left, "")]
    for place, fact in enumerate(facts):
        words, colon, key = fact.rpartition(": ")
        pieces += [
            (" · " if place else "", _MUTED),
            (f"{words}{colon}" if colon else "", _MUTED),
            (key, "bold $accent" if colon else _MUTED),
        ]
    return Content.assemble(*pieces)


def example_line(left: int) -> Content:
    """What could be typed, while nothing is."""
    pieces: list[tuple[str, str]] = [(" " * left, "")]
    for field, value in EXAMPLES:
        pieces += [(field, "$accent 80%"), (f"{value}   ", _MUTED)]
    return Content.assemble(*pieces)
