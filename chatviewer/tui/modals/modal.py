"""What all modals have in common."""

from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

NARROW = 60  # columns, below which a dialog takes all of them

Result = TypeVar("Result")


class Modal(ModalScreen[Result]):
    """A screen above the others that returns a result, once. In a low or narrow window it does without margins."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (19, "-high")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-roomy")]

    CSS_PATH = "modals.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,f1", "help", "These keys (where text is typed: F1)", show=False)]

    def action_help(self) -> None:
        """The keys of this dialog."""
        from chatviewer.tui.screens.help import HelpScreen

        own = [binding for kind in type(self).mro() if issubclass(kind, Modal) for binding in kind.__dict__.get("BINDINGS", ())]
        self.app.push_screen(HelpScreen(title=str(self.query_one("#dialog").border_title), bindings=own))

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close. Keys that were typed ahead find the screen closed already; Textual would close the one below it too."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
