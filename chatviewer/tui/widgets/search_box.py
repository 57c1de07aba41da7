"""The one place to type a query. What stands here is what the list shows; menus and the library pane write into it."""

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.suggester import Suggester
from textual.widgets import Input

from chatviewer.tui.actions import ACTION_BY_ID
from chatviewer.tui.completing import Completion
from chatviewer.tui.messages import SearchTyped
from chatviewer.tui.search_messages import ChipTaken

LONGEST = 2000  # characters
_ACTIONS = [
    ACTION_BY_ID[name] for name in ("search.tools", "search.hidden", "search.correct", "search.drop", "search.save")
]  # of the list, that work here as well


class _FirstCompletion(Suggester):
    """What Tab would take, as ghost text behind the cursor."""

    def __init__(self, box: "SearchBox") -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._box = box

    async def get_suggestion(self, value: str) -> str | None:
        return next((each.text for each in self._box.find_completions(value)[:1] if each.text.lower().startswith(value.lower())), None)


class _Chips(Highlighter):
    """Fields look like chips, and what is wrong looks wrong."""

    def __init__(self, box: "SearchBox") -> None:
        self._box = box

    def highlight(self, text: Text) -> None:
        for start, end, component in self._box.marks(text.plain):
            text.stylize(self._box.get_visual_style(f"search--{component}").rich_style, start, end)


@lru_cache(16)
def _marks(typed: str) -> list[tuple[int, int, str]]:
    """The parts of a query that are no plain words, as (start, end, what they look like)."""
    from chatviewer.query import parse
    from chatviewer.query.editing import pieces, terms

    found: list[tuple[int, int, str]] = []
    for term in terms(typed):
        colon = typed.index(":", term.start) + 1
        found += [(term.start, colon, "negated" if term.is_negated else "field"), (colon, term.end, "value")]
    problems = {place for place, _ in parse(typed).problems}
    return [*found, *((start, end, "wrong") for start, end in pieces(typed) if not problems.isdisjoint(range(start, end)))]


class SearchBox(Input):
    """Posts `SearchTyped` at every change. The arrow keys move the list while you type."""

    COMPONENT_CLASSES = {"search--field", "search--negated", "search--value", "search--wrong"}

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

    virtual_size = reactive(Size(0, 0))  # Textual's own lays out the whole screen at every letter

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(placeholder="Search everything", compact=True, max_length=LONGEST, select_on_focus=False, id=id)
        self.find_completions: Callable[[str], list[Completion]] = lambda _text: []
        self.completions: list[Completion] = []  # of what stands here
        self._completed = ""  # what `complete` wrote last
        self._chosen = ""  # what `choose` wrote last
        self.suggester = _FirstCompletion(self)
        self.highlighter = _Chips(self)

    def set_query(self, query: str, cursor: int | None = None) -> None:
        """Write a query as if it had been typed; the cursor goes to its end, or where it is told to."""
        if self.value != query:
            self.value = query
        self.cursor_position = len(query) if cursor is None else cursor

    def choose(self, query: str) -> None:
        """Write a query that was chosen elsewhere: what is typed next stands beside the field at its end, not in it."""
        self.set_query(query)
        self._chosen = query

    def complete(self, found: Completion) -> None:
        """Write what was offered."""
        self.set_query(found.text, found.cursor)
        self._completed = found.text

    def marks(self, typed: str) -> list[tuple[int, int, str]]:
        """What does not look like plain words."""
        return _marks(typed)

    def drop_last(self) -> None:
        """Take out the word, phrase or field before the cursor as a whole."""
        from chatviewer.query.editing import pieces, without

        before = [(start, end) for start, end in pieces(self.value) if start < self.cursor_position]
        if before:
            start, end = before[-1]
            self.set_query(without(self.value, start, end), start)

    def action_delete_left(self) -> None:
        """A field that a space has closed is taken out as a whole."""
        from chatviewer.query.editing import terms

        at = self.cursor_position
        if self.selection.is_empty and self.value[at - 1 : at] == " ":
            term = next((term for term in terms(self.value) if term.end == at - 1), None)
            if term is not None:
                self.set_query(self.value[: term.start] + self.value[at:], term.start)
                return
        super().action_delete_left()

    def insert_text_at_cursor(self, text: str) -> None:
        """Behind what was completed a comma goes on with one more value, and a space that is typed by habit is there already. Behind a
        field that was chosen, not typed, a new word begins."""
        is_at_end = self.selection.is_empty and self.cursor_position == len(self.value)
        if is_at_end and self.value and self.value == self._chosen and text[:1] not in (" ", ",", "*", ")", ""):
            from chatviewer.query.editing import terms

            if any(term.end == len(self.value) for term in terms(self.value)):
                text = f" {text}"
        self._chosen = ""
        if self.value == self._completed and self.value[-1:] == " " and self.cursor_position == len(self.value):
            if text == " ":
                return
            if text == ",":
                self.set_query(self.value[:-1])
        super().insert_text_at_cursor(text)

    def on_click(self, event: events.Click) -> None:
        """A field that looks like a chip is taken out by a click on it, as by the digit that put it in."""
        from chatviewer.query.editing import terms, without

        offset = event.get_content_offset(self)
        if offset is None or event.button != 1 or not self.selection.is_empty:
            return
        at = self._cell_offset_to_index(offset.x)
        term = next((term for term in terms(self.value) if term.start <= at < term.end), None)
        if term is not None:
            taken, left = self.value[term.start : term.end], without(self.value, term.start, term.end)
            self.post_message(ChipTaken(taken))
            self.set_query(left, min(term.start, len(left)))

    @on(Input.Changed)
    def tell_text(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(SearchTyped(event.value))
