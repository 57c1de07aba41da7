"""An image of a chat, in half blocks. It is decoded in a thread, anew when the window's size changes: one size at a time, the last one."""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from chatviewer.tui.background import JobThread, run_job
from chatviewer.tui.messages import WorkFailed
from chatviewer.tui.modals.modal import Modal
from chatviewer.tui.picturing import Picture
from chatviewer.tui.widgets.key_hint import KeyHint

MARGIN_COLUMNS, MARGIN_ROWS = 8, 8


class PictureDecoded(Message, bubble=False):
    """Fact: the picture is here, or why it is not."""

    def __init__(self, size: tuple[int, int], picture: Picture | None, problem: str = "") -> None:
        super().__init__()
        self.room = size
        self.picture = picture
        self.problem = problem


class PictureView(Widget):
    """Draws a picture, or the words that stand for it."""

    DEFAULT_CSS = "PictureView { width: auto; height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._strips: list[Strip] = []
        self.words = "Reading the image …"

    def show(self, picture: Picture | None, words: str) -> None:
        """Put the picture on the screen; without one, the words."""
        self._strips = picture.strips() if picture is not None else []
        self.words = words
        self.refresh(layout=True)

    def get_content_width(self, *_sizes: object) -> int:
        return self._strips[0].cell_length if self._strips else len(self.words)

    def get_content_height(self, *_sizes: object) -> int:
        return len(self._strips) or 1

    def render(self) -> RenderResult:
        return Content(self.words)

    def render_line(self, y: int) -> Strip:
        return self._strips[y] if y < len(self._strips) else super().render_line(y)


class ImageModal(Modal[bool]):
    """Shows an image; True when it is to be opened in the system's viewer. `decode` is called in a thread with the room that there is
    and the colour of the ground; it raises ChatviewerError."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Open", show=False),
        Binding("escape,q,space", "answer(False)", "Close", show=False),
    ]

    def __init__(self, title: str, decode: Callable[[int, int, str], Picture]) -> None:
        super().__init__()
        self._title = title
        self._decode = decode
        self.room = (0, 0)  # cells that the picture has
        self._decoder = JobThread("image", self)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="-image") as dialog:
            dialog.border_title = Content(self._title)
            yield PictureView()
            yield KeyHint("Enter opens it in the system's viewer · Esc closes")

    def on_resize(self, event: events.Resize) -> None:
        room = (max(10, event.size.width - MARGIN_COLUMNS), max(4, event.size.height - MARGIN_ROWS))
        if room != self.room:
            self.room = room
            ground = self.query_one("#dialog").background_colors[1]
            self._decoder.submit(lambda: self._decoded(room, ground.hex6.removeprefix("#")), key="picture")

    def on_unmount(self) -> None:
        self._decoder.stop(0)  # nobody waits for it any more

    def _decoded(self, room: tuple[int, int], ground: str) -> PictureDecoded:
        done = run_job(lambda: PictureDecoded(room, self._decode(*room, ground)))
        if isinstance(done, PictureDecoded):
            return done
        return PictureDecoded(room, None, done.sentence if isinstance(done, WorkFailed) else "")

    @on(PictureDecoded)
    def show_picture(self, event: PictureDecoded) -> None:
        if event.room == self.room:
            self.query_one(PictureView).show(event.picture, event.problem)

    def action_answer(self, is_yes: bool) -> None:
        self.dismiss(is_yes)
