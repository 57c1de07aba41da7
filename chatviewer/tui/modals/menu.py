"""A list to choose one thing from; type to narrow it down."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from chatviewer.domain import safe_line
from chatviewer.tui import formatting
from chatviewer.tui.modals.modal import NARROW, Modal
from chatviewer.tui.widgets.choice_list import ChoiceList
from chatviewer.tui.widgets.key_hint import KeyHint


class Choice(NamedTuple):
    """`value` is what choosing it returns; `detail` stands dim on the right; `lead`, the viewer's own signs, in front."""

    label: str
    detail: str
    value: str
    lead: str = ""


class MenuModal(Modal[str | None]):
    """Returns the value of what was chosen, None when left. The values that hold now, `current`, are marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose; what is typed narrows down", show=False),
        Binding("down,ctrl+n", "move('cursor_down')", "Move down or up", show=False),
        Binding("up", "move('cursor_up')", "Move down or up", show=False),
        Binding("pagedown", "move('page_down')", "A page down or up", show=False),
        Binding("pageup", "move('page_up')", "A page down or up", show=False),
        Binding("escape", "leave", "Leave", show=False),
    ]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        current: str | tuple[str, ...] = (),
        hint: str = "",
        explanation: str = "",
        width: int = 72,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._shown = self._choices
        self._texts: list[str] = []  # what typing is compared with
        self._current = (current,) if isinstance(current, str) else current
        self._width = width
        self._explanation = explanation
        self._hint = hint or "Enter chooses · Esc leaves"

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            dialog.styles.width = self._width
            if self._explanation:
                yield Static(Content(self._explanation), id="explanation", markup=False)
            yield Input(placeholder="Type to narrow down", compact=True, id="narrow")
            yield ChoiceList(lambda number: self._line(self._shown[number]), "Nothing like that. Esc leaves.", id="choices")
            yield KeyHint(self._hint)

    def on_mount(self) -> None:
        here = next((place for place, choice in enumerate(self._shown) if choice.value in self._current), 0)
        self.choices.show(len(self._shown), here)

    @property
    def choices(self) -> ChoiceList:
        return self.query_one(ChoiceList)

    def _fill(self, typed: str) -> None:
        words = typed.casefold().split()
        if not self._texts:
            self._texts = [f"{choice.lead} {choice.label} {choice.detail}".casefold() for choice in self._choices]
        pairs = zip(self._choices, self._texts, strict=True)
        self._shown = [choice for choice, text in pairs if all(word in text for word in words)]
        self.choices.show(len(self._shown))

    def _line(self, choice: Choice) -> Content:
        window = self.app.size.width
        width = max(20, min(self._width - 8, window - (7 if window < NARROW else 10)))
        free = width - cell_len(choice.lead) - 3
        # the label goes first, but of what stands behind it a third of the line is shown
        detail = formatting.fit(choice.detail, min(40, max(width // 3, free - cell_len(safe_line(choice.label, 400)))), pad=False)
        room = width - cell_len(detail) - cell_len(choice.lead) - 1
        mark = "› " if choice.value and choice.value in self._current else "  "
        muted = "$foreground 60%"
        return Content.assemble((mark, "$text-accent"), (choice.lead, muted), formatting.fit(choice.label, room - 2), " ", (detail, muted))

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def action_choose(self) -> None:
        if self._shown:
            self.dismiss(self._shown[self.choices.cursor].value)

    @on(ChoiceList.Chosen)
    def choose(self, event: ChoiceList.Chosen) -> None:
        self.dismiss(self._shown[event.number].value)

    def action_move(self, how: str) -> None:
        self.choices.move(how)

    def action_leave(self) -> None:
        self.dismiss(None)
