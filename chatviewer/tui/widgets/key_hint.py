"""A line that names keys; a click on one does what the key does."""

from textual import events
from textual.content import Content
from textual.widgets import Static

from chatviewer.tui.shown_keys import keys_in


class KeyHint(Static):
    """Parts divided by " · ", each beginning with its key."""

    def __init__(self, words: str) -> None:
        super().__init__(Content(words), id="hint", markup=False)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        lines = str(self.content).split("\n")
        if offset is None or not 0 <= offset.y < len(lines) or self.size.height > len(lines):
            return  # folded lines stand elsewhere
        for start, end, key in keys_in(lines[offset.y]):
            if start <= offset.x < end:
                self.app.simulate_key(key)
