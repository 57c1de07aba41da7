"""A line of text to give: a title, tags, the count that confirms a purge."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from chatviewer.tui.modals.modal import Modal
from chatviewer.tui.widgets.key_hint import KeyHint


class LastWordSuggester(Suggester):
    """Completes the word that is being typed, here the name of a tag."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        before, _, word = value.rpartition(" ")
        bare = word.lstrip("-#")
        if not bare:
            return None
        lead = f"{before} " if before else ""
        found = next((name for name in self._names if name.casefold().startswith(bare.casefold()) and name != bare), None)
        return f"{lead}{word[: len(word) - len(bare)]}{found}" if found else None


class PromptModal(Modal[str | None]):
    """Returns the text, None when left. `problem` says in words why a text is not accepted yet; "" accepts it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Take what is typed", show=False),
        Binding("escape", "leave", "Leave it as it was", show=False),
    ]

    def __init__(
        self,
        title: str,
        *,
        value: str = "",
        placeholder: str = "",
        explanation: str = "",
        hint: str = "Enter saves · Esc leaves it as it was",
        suggestions: Sequence[str] = (),
        problem: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._placeholder = placeholder
        self._explanation = explanation
        self._hint = hint
        self._suggestions = suggestions
        self._problem = problem

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            if self._explanation:
                yield Static(self._explanation, id="explanation", markup=False)
            suggester = LastWordSuggester(self._suggestions) if self._suggestions else None
            yield Input(self._value, placeholder=self._placeholder, compact=True, suggester=suggester, select_on_focus=False, id="answer")
            yield KeyHint(self._hint)

    @on(Input.Submitted)
    def action_accept(self) -> None:
        value = self.query_one(Input).value
        problem = self._problem(value) if self._problem else ""
        if problem:
            self.query_one("#hint", Static).update(Content(problem))
            self.query_one("#hint").add_class("-problem")
        else:
            self.dismiss(value)

    @on(Input.Changed)
    def show_hint_again(self) -> None:
        hint = self.query_one("#hint", Static)
        if hint.has_class("-problem"):
            hint.remove_class("-problem")
            hint.update(Content(self._hint))

    def action_leave(self) -> None:
        self.dismiss(None)
