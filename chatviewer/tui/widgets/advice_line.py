"""The line under the search box. What it offers can be clicked: a fact that ends in its key, the way a field may go on."""

import re

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.widgets import Static

from chatviewer.tui.shown_keys import key_of

_FACT = re.compile(r"[^·]+: (ctrl\+[a-z]|[A-Z])(?= ·|\s*$)")
_COMPLETIONS = re.compile(r"\s*Tab (?P<all>.*)")


class AdviceLine(Static):
    """Finds out what stands under the pointer by the words that are shown."""

    class CompletionClicked(Message):
        """Intent: the field is to go on with this one of the choices."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = str(self.content)
        for fact in _FACT.finditer(line):
            if cell_len(line[: fact.start()]) <= offset.x < cell_len(line[: fact.end()]):
                if (key := key_of(fact[1])) is not None:
                    self.app.simulate_key(key)
                return
        if found := _COMPLETIONS.fullmatch(line):
            at = found.start("all")
            for number, choice in enumerate(re.findall(r".+?(?:   |$)", found["all"])):
                end = at + len(choice)
                if cell_len(line[:at]) <= offset.x < cell_len(line[:end]):
                    self.post_message(self.CompletionClicked(number))
                at = end
