"""Rows of a transcript to strips: styles resolved by the theme, the cursor's bar, matches and the selection lit."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from chatviewer.tui.rendering.row import MUTED, Row

GUTTER = 2  # the bar of the cursor's message, and a blank
RIGHT_MARGIN = 1
KEPT_STRIPS = 2_000

CURSOR = "on $foreground 10%"
MATCH = "bold on $warning 35%"
CURRENT_MATCH = "bold $background on $warning"
SELECTED = "on $primary 40%"


class Mark(NamedTuple):
    """Characters of a row that are lit."""

    start: int
    end: int
    style: str


class Look(NamedTuple):
    """What a row looks like beside its own text; with the row's place it is what strips are kept by."""

    is_cursor: bool = False
    is_current_message: bool = False
    has_focus: bool = True


class Painter:
    """Makes strips, and keeps them until `clear`."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._base: Style | None = None
        self._styles: dict[tuple[str, ...], RichStyle] = {}
        self._parsed: dict[str, Style] = {}
        self._strips: OrderedDict[tuple[object, Look], Strip] = OrderedDict()
        self.generation = 0  # of the strips: the same place may look different in the next one

    def clear(self) -> None:
        """Forgets the strips: the layout or the marks changed."""
        self._strips.clear()
        self.generation += 1

    def clear_styles(self) -> None:
        """Forgets everything: the theme or the widget's own style changed."""
        self._base = None
        self._styles.clear()
        self._parsed.clear()
        self.clear()

    def style(self, *names: str) -> RichStyle:
        """The style that these amount to, one upon the other, upon the widget's own ground."""
        style = self._styles.get(names)
        if style is None:
            if self._base is None:
                self._base = self._widget.visual_style
            combined = self._base
            for name in names:
                if name:
                    if name not in self._parsed:
                        self._parsed[name] = self._widget.app.stylesheet.parse_style(name)
                    combined += self._parsed[name]
            style = self._styles[names] = combined.rich_style
        return style

    def blank(self, width: int) -> Strip:
        return Strip([Segment(" " * width, self.style())], width)

    def strip(self, key: object, row: Row, width: int, look: Look, marks: Sequence[Mark] = ()) -> Strip:
        """The row as a strip of this width. Kept by its key and look, so marks must be the same until `clear`."""
        strip = self._strips.get((key, look))
        if strip is None:
            strip = self._strips[key, look] = self.paint(row, width, look, marks)
            if len(self._strips) > KEPT_STRIPS:
                self._strips.popitem(last=False)
        return strip

    def paint(self, row: Row, width: int, look: Look, marks: Sequence[Mark] = ()) -> Strip:
        """As `strip`, without keeping it. Marks count from the first column of the text, the row's indentation included."""
        over = CURSOR if look.is_cursor and look.has_focus else ""
        fill = row.fill
        bar = "▌" if look.is_current_message else " "
        segments = [
            Segment(bar, self.style(over, "$primary" if look.has_focus else MUTED)),
            Segment(" " * (GUTTER - 1), self.style(over)),
        ]
        if row.indent:
            segments.append(Segment(" " * row.indent, self.style(over)))
        segments += self._text(row, over, marks)
        used = GUTTER + row.indent + cell_len(row.content.plain)
        room = width - RIGHT_MARGIN - used
        if room > 0:
            segments.append(Segment(" " * room, self.style(fill, over)))
        segments.append(Segment(" " * RIGHT_MARGIN, self.style(over)))
        return Strip(segments).adjust_cell_length(width, self.style(over))

    def _text(self, row: Row, over: str, marks: Sequence[Mark]) -> list[Segment]:
        content, fill = row.content, row.fill
        plain, spans = content.plain, content.spans
        if not spans and not marks:
            return [Segment(plain, self.style(fill, over))] if plain else []
        length = len(plain)
        layers = [(span.start, min(span.end, length), str(span.style)) for span in spans]
        lit = [(max(0, mark.start - row.indent), min(length, mark.end - row.indent), mark.style) for mark in marks]
        cuts = sorted({0, length, *(at for start, end, _style in (*layers, *lit) for at in (start, end) if 0 <= at <= length)})
        segments: list[Segment] = []
        for start, end in pairwise(cuts):
            names = [name for first, last, name in layers if first <= start and last >= end]
            top = [name for first, last, name in lit if first <= start and last >= end]
            segments.append(Segment(plain[start:end], self.style(fill, *names, over, *top)))
        return segments
