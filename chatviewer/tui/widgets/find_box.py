"""The line that says what to find in the transcript."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class FindBox(Input):
    """Enter keeps the place that was found, Esc goes back to where the reader was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.end_find", "End", show=False),
        Binding("down,ctrl+n", "screen.find_next", "Next match", show=False),
        Binding("up,ctrl+p", "screen.find_previous", "Previous match", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="Find in this session", compact=True, id="find")
