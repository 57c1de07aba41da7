"""The one place to type a query. What stands here is what the list shows; menus and the library pane write into it."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from chatviewer.tui.actions import ACTION_BY_ID
from chatviewer.tui.completing import Completion
from chatviewer.tui.messages import SearchTyped

LONGEST = 2000  # characters
_ACTIONS = [ACTION_BY_ID[name] for name in ("search.tools", "search.correct", "search.save")]  # of the list, that work here as well


class _FirstCompletion(Suggester):
    """What Tab would take, as ghost text behind the cursor."""

    def __init__(self, box: "SearchBox") -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._box = box

    async def get_suggestion(self, value: str) -> str | None:
        return next((each.text for each in self._box.find_completions(value)[:1] if each.text.lower().startswith(value.lower())), None)


class SearchBox(Input):
    """Posts `SearchTyped` at every change. The arrow keys move the list while you type."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Clear", show=False),
        Binding("down", "screen.search_down", "Next", show=False),
        Binding("up", "screen.search_up", "Previous", show=False),
        Binding("ctrl+n", "screen.list_move('down')", "Next", show=False),
        Binding("pagedown", "screen.list_move('page_down')", "Page down", show=False),
        Binding("pageup", "screen.list_move('page_up')", "Page up", show=False),
        Binding("tab", "screen.complete", "Complete", show=False),
        *(Binding(",".join(action.keys), action.handler, action.label, show=False) for action in _ACTIONS),
        *(Binding(f"alt+{digit}", f"screen.narrow({digit})", "Narrow", show=False) for digit in "123456789"),
        Binding("shift+tab", "screen.to_facets", "Facets", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(placeholder="Search everything", compact=True, max_length=LONGEST, select_on_focus=False, id=id)
        self.find_completions: Callable[[str], list[Completion]] = lambda _text: []
        self.completions: list[Completion] = []  # of what stands here
        self.suggester = _FirstCompletion(self)

    def set_query(self, query: str) -> None:
        """Write a query as if it had been typed."""
        if self.value != query:
            self.value = query
        self.cursor_position = len(query)

    @on(Input.Changed)
    def tell_text(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(SearchTyped(event.value))
