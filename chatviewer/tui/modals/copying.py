"""What the copy menu offers."""

from collections.abc import Sequence

from chatviewer.tui.formatting import fit
from chatviewer.tui.modals.menu import Choice
from chatviewer.tui.rendering.copying import Copyable

_LABEL_WIDTH = 18


def copy_choices(found: Sequence[Copyable]) -> list[Choice]:
    """A line for each; a choice is its number."""
    width = min(_LABEL_WIDTH, max((len(one.label) for one in found), default=0))
    return [
        Choice(one.about, "", str(number), fit(one.label[:1].upper() + one.label[1:], width) + "  ") for number, one in enumerate(found)
    ]
