"""Scroll views whose content changes at every key, without the work that Textual's own do at each change.

Setting `virtual_size` lays out the whole screen and paints all scroll bars anew, and a scroll bar goes through Rich's console and is styled
line by line: together a quarter of what a letter in the search box cost.
"""

from math import ceil

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget


class QuickScrollBar(ScrollBar):
    """Looks and works like Textual's; made of few strips, which are kept."""

    _strips: tuple[object, list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        height = self.size.height
        bar, ground = self._colors()
        window = self.window_size if self.window_size < self.window_virtual_size else 0
        look = (height, ceil(self.window_virtual_size), ceil(window), self.position, bar, ground)
        if self._strips is None or self._strips[0] != look:
            self._strips = (look, self._drawn(*look))
        return self._strips[1][crop.y : crop.bottom]

    def _colors(self) -> tuple[Style, Style]:
        """The bar and what is behind it."""
        assert isinstance(self.parent, Widget)
        styles, state = self.parent.styles, "_active" if self.grabbed else "_hover" if self.mouse_over else ""
        ground = getattr(styles, f"scrollbar_background{state}")
        if ground.a < 1:
            ground = self.parent.background_colors[0] + ground
        bar = ground + getattr(styles, f"scrollbar_color{state}")
        return Style(color=bar.rich_color), Style(color=ground.rich_color)

    def _drawn(self, height: int, total: int, window: int, position: float, bar: Style, ground: Style) -> list[Strip]:
        assert bar.color is not None
        assert ground.color is not None
        drawn = self.renderer.render_bar(
            height,
            total,
            window,
            position,
            self.thickness,
            vertical=True,
            back_color=ground.color,
            bar_color=bar.color,
        )
        made: dict[Segment, Strip] = {}
        for segment in drawn.segments:
            if segment not in made:
                strip = Strip([segment], self.thickness)
                for each in self.get_line_filters():
                    if each.enabled:
                        strip = strip.apply_filter(each, self.background_colors[1])
                made[segment] = strip
        return [made[segment] for segment in drawn.segments]


class QuickScrollView(ScrollView):
    """A scroll view with such a bar; its ground is computed once."""

    _own_style: Style | None = None

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = QuickScrollBar(vertical=True, name="vertical", thickness=self.scrollbar_size_vertical)
            self._vertical_scrollbar.display = False
            self.app._start_widget(self, self._vertical_scrollbar)
        return self._vertical_scrollbar

    @property
    def plain_style(self) -> Style:
        """The style of the view itself, which Textual puts together from all its ancestors each time."""
        if self._own_style is None:
            self._own_style = self.rich_style
        return self._own_style

    def notify_style_update(self) -> None:
        self._own_style = None
        super().notify_style_update()

    def put_virtual_size(self, size: Size) -> None:
        """Another length of what is scrolled; the screen is laid out only where the bar comes or goes."""
        has_bar = size.height > self.container_size.height
        if has_bar != self.show_vertical_scrollbar or not self.container_size:
            self.virtual_size = size
            return
        self.set_reactive(Widget.virtual_size, size)
        if has_bar:
            self.vertical_scrollbar.window_virtual_size = size.height
