"""A note to write: several lines of plain text."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from chatviewer.domain import safe
from chatviewer.tui.modals.modal import Modal
from chatviewer.tui.widgets.key_hint import KeyHint

HINT = "ctrl+s saves · an empty note is removed · Esc leaves it as it was"


class NoteModal(Modal[str | None]):
    """Returns the text, "" to remove the note, None when left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+j", "save", "Save; an empty note is removed", show=False, priority=True),
        Binding("escape", "leave", "Leave it as it was", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="-note") as dialog:
            dialog.border_title = Content(self._title)
            yield TextArea(safe(self._text), soft_wrap=True, show_line_numbers=False, compact=True, id="text")
            yield KeyHint(HINT)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)

    def action_save(self) -> None:
        self.dismiss(self.query_one(TextArea).text.strip())

    def action_leave(self) -> None:
        """At once when nothing was changed, else when asked for twice."""
        hint = self.query_one("#hint", Static)
        if self.query_one(TextArea).text == safe(self._text) or hint.has_class("-problem"):
            self.dismiss(None)
        else:
            hint.update(Content("Esc again leaves without saving · ctrl+s saves"))
            hint.add_class("-problem")

    @on(TextArea.Changed)
    def show_hint_again(self) -> None:
        hint = self.query_one("#hint", Static)
        if hint.has_class("-problem"):
            hint.remove_class("-problem")
            hint.update(HINT)
