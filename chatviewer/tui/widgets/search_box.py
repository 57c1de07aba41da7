"""The one place to type a query. What stands here is what the list shows; menus and the library pane write into it."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from chatviewer.tui.messages import SearchTyped

LONGEST = 2000  # characters


class SearchBox(Input):
    """Posts `SearchTyped` at every change. The arrow keys move the list while you type."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Clear", show=False),
        Binding("down,ctrl+n", "screen.list_move('down')", "Next", show=False),
        Binding("up", "screen.list_move('up')", "Previous", show=False),
        Binding("pagedown", "screen.list_move('page_down')", "Page down", show=False),
        Binding("pageup", "screen.list_move('page_up')", "Page up", show=False),
        Binding("tab", "screen.to_list", "To the list", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(placeholder="Search everything", compact=True, max_length=LONGEST, select_on_focus=False, id=id)

    def set_query(self, query: str) -> None:
        """Write a query as if it had been typed."""
        if self.value != query:
            self.value = query
        self.cursor_position = len(query)

    @on(Input.Changed)
    def tell_text(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(SearchTyped(event.value))
