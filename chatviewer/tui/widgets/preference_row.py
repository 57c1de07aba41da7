"""One preference on a line: its label, its value, and an input in the value's place while it is edited."""

from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from chatviewer.domain import safe_line
from chatviewer.domain.preference import Preference
from chatviewer.errors import UsageError
from chatviewer.ingest import check_preference

CHANGED = "•"


class PreferenceRow(Horizontal, can_focus=True):
    """Enter flips a toggle, takes the next choice, or opens the input; what was typed is checked before it is posted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,l,right", "edit", "Change it: the other value, the next one, or type one", show=False),
        Binding("h,left", "edit(-1)", "The value before", show=False),
        Binding("r,delete,backspace", "reset", "Back to the default", show=False),
    ]

    class Chosen(Message):
        """Intent: set this preference; None takes the default back."""

        def __init__(self, preference: Preference, value: Any) -> None:
            super().__init__()
            self.preference = preference
            self.value = value

    class Rejected(Message):
        """Fact: what was typed is not right, and why; "" once it may be again."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, preference: Preference, value: Any) -> None:
        super().__init__()
        self.preference = preference
        self.value = value

    def compose(self) -> ComposeResult:
        yield Static(self._label(), classes="label", markup=False)
        yield Static(self._shown(), classes="value", markup=False)

    def show(self, value: Any) -> None:
        """Show a stored value."""
        self.value = value
        self.query_one(".label", Static).update(self._label())
        self.query_one(".value", Static).update(self._shown())

    @property
    def is_changed(self) -> bool:
        return bool(self.value != self.preference.default)

    @property
    def is_editing(self) -> bool:
        return bool(self.query(Input))

    def _label(self) -> Content:
        return Content.assemble((f"{CHANGED if self.is_changed else ' '} ", "$text-accent"), self.preference.label)

    def _shown(self) -> Content:
        text = safe_line(self.preference.show(self.value), 200)
        return Content.styled(text, "bold") if text else Content.styled("empty", "$foreground 50%")

    def action_edit(self, step: int = 1) -> None:
        if self.preference.kind == "toggle":
            self.post_message(self.Chosen(self.preference, not self.value))
        elif self.preference.kind == "choice":
            choices = self.preference.choices
            here = choices.index(self.value) if self.value in choices else -1
            self.post_message(self.Chosen(self.preference, choices[(here + step) % len(choices)]))
        elif step > 0:
            self._open_input()

    def action_reset(self) -> None:
        if self.is_changed:
            self.post_message(self.Chosen(self.preference, None))

    def _open_input(self) -> None:
        self.query_one(".value").display = False
        typed = Input(self.preference.show(self.value), compact=True, select_on_focus=True)
        self.mount(typed)
        typed.focus()

    @on(Input.Changed)
    def check(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Rejected(self._problem(event.value)))

    @on(Input.Submitted)
    async def accept(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._problem(event.value):
            value = self.preference.parse(event.value)
            await self._close_input()
            self.post_message(self.Chosen(self.preference, value))

    def _problem(self, typed: str) -> str:
        try:
            check_preference(self.preference.key, self.preference.parse(typed))
        except UsageError as error:
            return str(error)
        return ""

    async def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.is_editing:
            event.stop()
            event.prevent_default()
            await self._close_input()
            self.post_message(self.Rejected(""))

    async def _close_input(self) -> None:
        await self.query(Input).remove()
        self.query_one(".value").display = True
        self.focus()

    def on_click(self) -> None:
        if self.has_focus and not self.is_editing:
            self.action_edit()
