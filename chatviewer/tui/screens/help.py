"""Help: the keys of the pane that had the focus, then those of the others, and the search language; of another screen or a dialog its
own. Derived, never written by hand."""

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from chatviewer.query.fields import FIELDS
from chatviewer.tui.actions import ALL_PANES, LIST, PANES, help_lines, help_sections
from chatviewer.tui.shown_keys import key_lines

_KEY_WIDTH = 20
_TWO_COLUMNS = 50  # cells
_PAGE_WIDTH, _MARGIN = 96, 8  # as in help.tcss, with border, padding and scroll bar
_SEARCH_PANE = "search"


class HelpScreen(ModalScreen[None]):
    """A page to scroll; any of the usual keys closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "leave", "Close", show=False),
        Binding("j", "scroll('down')", "Down", show=False),
        Binding("k", "scroll('up')", "Up", show=False),
        Binding("g", "scroll('home')", "Top", show=False),
        Binding("G", "scroll('end')", "End", show=False),
    ]

    def __init__(self, pane: str = LIST, *, title: str = "", bindings: Sequence[BindingType] = ()) -> None:
        """With a `title`, that of another screen or a dialog, only its `bindings` are shown."""
        super().__init__()
        self._pane = pane
        self._title = title
        self._bindings_shown = bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as page:
            page.border_title = "Help"
            page.border_subtitle = "j k scroll · Esc closes"
            yield Static(self._text(), markup=False)

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def _text(self) -> Content:
        width = min(_PAGE_WIDTH, int(self.app.size.width * 0.96)) - _MARGIN
        if self._title:
            lines = [_line(key, words, width) for key, words in key_lines(self._bindings_shown)]
            return Content("\n").join([_heading(self._title), *lines])
        search = _search_section(width)
        first = self._pane if self._pane in ALL_PANES else LIST
        panes = [first, *(pane for pane in ALL_PANES if pane != first)]
        sections = [search] if self._pane == _SEARCH_PANE else []
        sections += [_pane_section(pane, width, own=pane == first) for pane in panes]
        if self._pane != _SEARCH_PANE:
            sections.append(search)
        return Content("\n\n").join(sections)

    def action_leave(self) -> None:
        if self.is_current:
            self.dismiss(None)

    def action_scroll(self, where: str) -> None:
        getattr(self.query_one("#help", VerticalScroll), f"scroll_{where}")(animate=False)


def _heading(text: str) -> Content:
    return Content.styled(text, "bold $text-accent")


def _line(key: str, words: str, width: int) -> Content:
    """The key in bold, the words beside it, their further lines under them; in a narrow window all of them under the key."""
    if width < _TWO_COLUMNS:
        below = "".join(f"\n  {line}" for line in textwrap.wrap(words, max(10, width - 2)))
        return Content.assemble((key, "bold"), (below, "$foreground 85%"))
    lines = textwrap.wrap(words, max(20, width - _KEY_WIDTH - 1))
    return Content.assemble((f"{key:<{_KEY_WIDTH}} ", "bold"), (f"\n{' ' * (_KEY_WIDTH + 1)}".join(lines), "$foreground 85%"))


def _pane_section(pane: str, width: int, *, own: bool) -> Content:
    """All keys of the pane, by sections; of the other panes only what is theirs alone."""
    if own:
        parts = [_heading(PANES[pane])]
        for name, lines in help_sections(pane):
            section = [Content.styled(name, "italic $foreground 60%"), *(_line(key, words, width) for key, words in lines)]
            parts.append(Content("\n").join(section))
        return Content("\n\n").join(parts)
    shared = set(help_lines(LIST if pane != LIST else ALL_PANES[1]))
    others = [_line(key, words, width) for key, words in help_lines(pane) if (key, words) not in shared]
    return Content("\n").join([_heading(PANES[pane]), *others])


def _search_section(width: int) -> Content:
    grammar = [
        ("flaky test", "Messages that hold both words, newest first; s changes the order"),
        ('"import test"', "The words side by side"),
        ("pre*  -not  a OR b", "Beginnings, exclusion, either"),
        *((spec.examples[0], _sentence(spec.help)) for spec in FIELDS.values()),
    ]
    return Content("\n").join([_heading("Search"), *(_line(key, words, width) for key, words in grammar)])


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
