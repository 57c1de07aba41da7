"""The library at a glance: status, sources, projects and tags with their counts. While something is searched for, what the result
could be narrowed to. Choosing a line adds it to the query or takes it out."""

from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.strip import Strip

from chatviewer.domain import LibraryCounts
from chatviewer.query.editing import bare, held
from chatviewer.tui import formatting
from chatviewer.tui.actions import LIBRARY, bindings
from chatviewer.tui.facets import Facet, library_lines, result_lines
from chatviewer.tui.messages import FilterBy
from chatviewer.tui.narrowing import Narrowing, keys_of
from chatviewer.tui.search_messages import Narrow
from chatviewer.tui.widgets.scrolling import QuickScrollView


class LibraryPane(QuickScrollView, can_focus=True):
    """A cursor over facets."""

    COMPONENT_CLASSES = {"library--heading", "library--count", "library--cursor", "library--current", "library--accent", "library--key"}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIBRARY)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._facets: list[Facet] = []
        self._counts = LibraryCounts()
        self._searches: Mapping[str, str] = {}
        self._narrowing: Narrowing | None = None
        self._keys: dict[str, str] = {}  # the digit of each term that has one
        self._expanded: set[str] = set()  # kinds of which all values are shown
        self._current = ""
        self._held: frozenset[str] = frozenset()
        self.cursor = 0
        self._styles_by_name: dict[str, Style] = {}

    def show(self, counts: LibraryCounts, searches: Mapping[str, str]) -> None:
        """Show these counts and saved searches, queries by their names; the cursor stays on its line of the same name."""
        self._counts, self._searches = counts, searches
        self._lay_out()

    def show_narrowing(self, narrowing: Narrowing, *, keeps_keys: bool) -> None:
        """Show what the result of the search could be narrowed to. With `keeps_keys` digits stay with their terms while the words are
        the same: the digit that put a field in takes it out."""
        if not self._current:
            return
        is_same = self._narrowing is not None and bare(self._narrowing.text) == bare(narrowing.text)
        self._keys = keys_of(narrowing, self._keys if is_same and keeps_keys else {})
        self._narrowing = narrowing
        self._lay_out()

    def mark_current(self, query: str) -> None:
        """The query that the list shows now."""
        if query.strip() == self._current:
            return
        before = [self.is_on(facet) for facet in self._facets]
        self._current = query.strip()
        self._held = held(query)
        if not self._current and self._narrowing is not None:
            self._narrowing = None
            self._keys = {}
            self._expanded.clear()
            self._lay_out()
        elif before != [self.is_on(facet) for facet in self._facets]:
            self.refresh()

    def _lay_out(self) -> None:
        before = self._facets[self.cursor].query if self.cursor < len(self._facets) else ""
        if self._narrowing is None:
            self._facets = library_lines(self._counts, self._searches)
        else:
            height = self.scrollable_content_region.height
            self._facets = result_lines(self._narrowing, self._keys, self._expanded, height, self._counts.active, self._searches)
        self.cursor = next((line for line, facet in enumerate(self._facets) if facet.query == before and before is not None), 0)
        self.put_virtual_size(Size(self.scrollable_content_region.width, len(self._facets)))
        self.scroll_to(y=min(self.scroll_y, self.max_scroll_y), animate=False, immediate=True)
        self.refresh()

    def on_resize(self) -> None:
        if self._narrowing is not None:
            self._lay_out()

    @property
    def numbered(self) -> list[Facet]:
        """The lines that a digit chooses, in the order of these."""
        return sorted((facet for facet in self._facets if facet.key), key=lambda facet: facet.key)

    @property
    def is_narrowing(self) -> bool:
        """Whether facets of a result are shown."""
        return self._narrowing is not None

    def is_on(self, facet: Facet) -> bool:
        """Whether the list shows just this, or is narrowed to it."""
        return facet.query is not None and (facet.query in self._held if facet.is_term else facet.query == self._current)

    @property
    def chosen_search(self) -> str:
        """The name of the saved search under the cursor; "" for anything else."""
        facet = self._facets[self.cursor] if self.cursor < len(self._facets) else None
        return facet.label if facet is not None and self._searches.get(facet.label) == facet.query and not facet.is_term else ""

    def _move(self, line: int, step: int) -> None:
        """To the nearest line in the direction of `step` that can be chosen."""
        line = max(0, min(line, len(self._facets) - 1))
        while 0 <= line < len(self._facets) and self._facets[line].is_heading:
            line += step
        if not 0 <= line < len(self._facets):
            return
        self.cursor = line
        height = self.scrollable_content_region.height
        if line < self.scroll_y:
            self.scroll_to(y=max(0, line - 2 if line > 2 else 0), animate=False, immediate=True)
        elif height and line >= self.scroll_y + height:
            self.scroll_to(y=line - height + 1, animate=False, immediate=True)
        self.refresh()

    def action_cursor_down(self) -> None:
        self._move(self.cursor + 1, 1)

    def action_cursor_up(self) -> None:
        self._move(self.cursor - 1, -1)

    def action_half_page_down(self) -> None:
        self._move(self.cursor + self.size.height // 2, 1)

    def action_half_page_up(self) -> None:
        self._move(self.cursor - self.size.height // 2, -1)

    def action_page_down(self) -> None:
        self._move(self.cursor + self.size.height, -1)

    def action_page_up(self) -> None:
        self._move(self.cursor - self.size.height, 1)

    def action_first(self) -> None:
        self._move(0, 1)

    def action_last(self) -> None:
        self._move(len(self._facets) - 1, -1)

    def action_choose(self) -> None:
        """Add the line to what is searched for, or take it out; what is no field takes the place of the search."""
        facet = self._facets[self.cursor] if self._facets else None
        if facet is None:
            return
        if facet.more:
            self._expanded.add(facet.more)
            self._lay_out()
            self._move(self.cursor, 1)
        elif facet.is_term:
            self._post(facet, "toggle")
        elif facet.query is not None:
            self.post_message(FilterBy(facet.query))

    def action_widen(self) -> None:
        self._post_term("widen")

    def action_exclude(self) -> None:
        self._post_term("exclude")

    def action_only(self) -> None:
        self._post_term("only")

    def _post_term(self, how: str) -> None:
        facet = self._facets[self.cursor] if self._facets else None
        if facet is not None and facet.is_term:
            self._post(facet, how)

    def _post(self, facet: Facet, how: str) -> None:
        assert facet.query is not None
        self.post_message(Narrow(facet.query, how))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = offset.y + round(self.scroll_y) if offset is not None else -1
        if 0 <= line < len(self._facets) and not self._facets[line].is_heading:
            self.cursor = line
            self.refresh()
            self.action_choose()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _style(self, name: str) -> Style:
        if name not in self._styles_by_name:
            style = self.get_visual_style(f"library--{name}").rich_style
            self._styles_by_name[name] = Style(color=style.color, bold=style.bold)
        return self._styles_by_name[name]

    def notify_style_update(self) -> None:
        self._styles_by_name.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        line = y + round(self.scroll_y)
        if not 0 <= line < len(self._facets):
            return Strip.blank(width, self.plain_style)
        facet = self._facets[line]
        if facet.is_heading:
            segments = [Segment(" " + formatting.fit(facet.label, width - 1), self._style("heading"))]
            return Strip(segments).apply_style(self.plain_style).adjust_cell_length(width, self.plain_style)
        is_on = self.is_on(facet)
        count = formatting.short_count(facet.session_count) if facet.session_count is not None else ""
        room = max(0, width - len(count) - 4)
        name_style = self._style("current") if is_on else self._style("count") if facet.more else Style()
        segments = [
            *((Segment(facet.key, self._style("key")),) if facet.key else ()),
            Segment(("›" if is_on else " ") + " " * (not facet.key), self._style("accent")),
            Segment(formatting.fit(facet.label, room), name_style),
            Segment(f" {count} ", self._style("count")),
        ]
        ground = self.plain_style
        if self.has_focus and line == self.cursor:
            style = self.get_visual_style("library--cursor").rich_style
            ground = Style(color=style.color, bgcolor=style.bgcolor)
        return Strip(segments).apply_style(ground).adjust_cell_length(width, ground)
