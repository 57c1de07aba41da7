"""The bottom line: the keys that help most here on the left, what just happened on the right."""

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from chatviewer.domain import safe_line
from chatviewer.domain.wording import in_brackets
from chatviewer.tui import formatting
from chatviewer.tui.shown_keys import key_of

NOTICE_SECONDS = 8.0
SHORTEST_TITLE = 10  # cells; less of it tells nothing


class StatusLine(Widget):
    """`hints` are (key, words), the last of them shown wherever one is.

    `notice` stands for a while in the place of `resting`; `progress` stays until it is emptied.
    """

    hints: reactive[tuple[tuple[str, str], ...]] = reactive(())
    resting = reactive("")
    progress = reactive("")
    notice = reactive("")
    is_warning = reactive(False)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._timer: Timer | None = None
        self._about = ""  # the title in the notice
        self._places: list[tuple[int, int, str]] = []  # from where to where a hint stands, and its key

    def tell(self, words: str, *, is_warning: bool = False, about: str = "") -> None:
        """Say something for a while. The title `about`, in brackets as `step_line` has it, is what gives way where there is little room."""
        self._about = about
        self.notice = safe_line(words, 300)
        self.is_warning = is_warning
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(NOTICE_SECONDS, self.forget)

    def forget(self) -> None:
        """Say no more what was told."""
        self.notice = ""
        self.is_warning = False

    def on_click(self, event: events.Click) -> None:
        """A click on a hint is its key."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)

    def render(self) -> Content:
        width = self.size.width
        wanted = sum(map(_cells, self.hints)) + 4
        resting = self.resting if wanted + cell_len(self.resting) <= width else ""  # the keys help more
        kept = sum(map(_cells, self.hints[-1:]))
        told = self._noticed(width - kept - 4) or self.progress or resting
        right = formatting.fit(told, width - 2, pad=False) if told else ""
        room = width - cell_len(right) - 3
        left: list[tuple[str, str]] = []
        used = 1
        self._places = []
        if used + kept <= room:
            for place, hint in enumerate(self.hints):
                is_last = place == len(self.hints) - 1
                if kept and used + _cells(hint) + (0 if is_last else kept) > room:
                    kept = 0  # the others are the less useful ones
                    continue
                if kept or is_last:
                    left += [(f" {hint[0]}", "bold $text-accent"), (f" {hint[1]}  ", "$foreground 65%")]
                    if (key := key_of(hint[0])) is not None:
                        self._places.append((used - 1, used - 1 + _cells(hint), key))
                    used += _cells(hint)
        gap = " " * max(1, width - used - cell_len(right))
        style = "bold $warning" if self.is_warning else "$foreground" if self.notice else "$foreground 65%"
        return Content.assemble(*left, gap, (right, style), " ")

    def _noticed(self, room: int) -> str:
        """The notice, with less of the title in it, or none, where it would take the place of the last hint."""
        beyond = cell_len(self.notice) - room
        if not self._about or beyond <= 0:
            return self.notice
        shorter = formatting.fit(self._about, cell_len(self._about) - beyond, pad=False)
        whole, kept = in_brackets(self._about), f" {in_brackets(shorter)}" if cell_len(shorter) >= SHORTEST_TITLE else ""
        return self.notice.replace(f" {whole}", kept, 1)


def _cells(hint: tuple[str, str]) -> int:
    return cell_len(hint[0]) + cell_len(hint[1]) + 4
