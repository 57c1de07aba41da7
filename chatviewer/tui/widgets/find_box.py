"""The line that says what to find in the transcript."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from chatviewer.tui.formatting import counted
from chatviewer.tui.messages import FindProgressed

_KEYS = " · n next, N previous"


def progress_words(progress: FindProgressed, room: int) -> str:
    """Which match it is, of how many; the keys for the others where there is room. Empty when nothing is looked for."""
    if not progress.text:
        return ""
    words = f"{progress.current}/{progress.total}{'' if progress.is_complete else '+'}" if progress.total else "not found"
    if progress.elsewhere:
        words += f" · {counted(progress.elsewhere, 'message')} in other branches"
    return words + _KEYS if len(words + _KEYS) <= room else words


class FindBox(Input):
    """Enter keeps the place that was found, Esc goes back to where the reader was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.end_find", "End", show=False),
        Binding("down,ctrl+n", "screen.find_next", "Next match", show=False),
        Binding("up,ctrl+p", "screen.find_previous", "Previous match", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="Find in this session", compact=True, id="find")
