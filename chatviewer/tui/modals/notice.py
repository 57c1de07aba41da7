"""Something to read before going on: an error in one sentence, the details of a session, a question with yes and no."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from chatviewer.domain import safe
from chatviewer.tui.modals.modal import NARROW, Modal
from chatviewer.tui.widgets.key_hint import KeyHint

WIDTH = 72  # as in the style sheet


def text_width(window: int) -> int:
    """Columns that a notice has for its text, beside borders, margins and a scroll bar."""
    return min(WIDTH, window * 94 // 100 if window >= NARROW else window) - 6


class NoticeModal(Modal[None]):
    """Shows a text until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move('down')", "Scroll down or up", show=False),
        Binding("k", "move('up')", "Scroll down or up", show=False),
        Binding("g", "move('home')", "To the top or the end", show=False),
        Binding("G", "move('end')", "To the top or the end", show=False),
        Binding("escape,enter,q,i,space", "leave", "Close", show=False),
    ]

    def __init__(self, title: str, text: str | Content, *, is_error: bool = False, is_wide: bool = False) -> None:
        super().__init__()
        self._title = title
        self._is_wide = is_wide
        self._text = text if isinstance(text, Content) else Content(safe(text))
        self._is_error = is_error

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="-error" if self._is_error else "") as dialog:
            dialog.border_title = Content(self._title)
            dialog.set_class(self._is_wide, "-wide")
            dialog.border_subtitle = "Esc closes"
            with VerticalScroll(id="body"):
                yield Static(self._text, markup=False)

    def on_mount(self) -> None:
        self.query_one("#body").focus()
        self.call_after_refresh(self._say_keys)

    def on_resize(self) -> None:
        self.call_after_refresh(self._say_keys)

    def _say_keys(self) -> None:
        is_cut = self.query_one("#body").max_scroll_y > 0
        self.query_one("#dialog").border_subtitle = "j k scroll · Esc closes" if is_cut else "Esc closes"

    def action_move(self, how: str) -> None:
        getattr(self.query_one("#body"), f"scroll_{how}")(animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)


class ConfirmModal(Modal[bool]):
    """A question; True for yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes", show=False),
        Binding("escape,n,q", "answer(False)", "No", show=False),
    ]

    def __init__(self, title: str, text: str, *, hint: str = "y or Enter: yes · n or Esc: no") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._hint = hint

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(Content(safe(self._text)), id="explanation", markup=False)
            yield KeyHint(self._hint)

    def action_answer(self, is_yes: bool) -> None:
        self.dismiss(is_yes)
