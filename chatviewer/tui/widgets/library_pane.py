"""The library at a glance: status, sources, projects and tags with their counts. Choosing one filters the list."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatviewer.domain import LibraryCounts
from chatviewer.tui import formatting
from chatviewer.tui.actions import LIBRARY, bindings
from chatviewer.tui.messages import FilterBy

MOST = 100  # of a kind; the filter menu and the search box find the others


class Facet(NamedTuple):
    """A line of the pane. A heading has no query; an empty query means everything."""

    label: str
    session_count: int | None
    query: str | None


def quoted(value: str) -> str:
    """A value as the search box wants it: in quotes where it would fall apart."""
    if value and not any(char.isspace() or char in '",()' for char in value):
        return value
    return '"' + value.replace('"', " ") + '"'


def facets(counts: LibraryCounts, searches: Mapping[str, str]) -> list[Facet]:
    """What the pane shows, the largest of each kind first."""
    lines = [Facet("All", counts.active, "")]
    states = (
        Facet("Unread", counts.unread, "is:unread"),
        Facet("Starred", counts.starred, "is:starred"),
        Facet("Rated", counts.rated, "is:rated"),
        Facet("Archived", counts.archived, "is:archived"),
        Facet("Trash", counts.trashed, "is:trashed"),
    )
    lines += [state for state in states if state.session_count]
    if searches:
        lines += [Facet("", None, None), Facet("Searches", None, None)]
        lines += [Facet(name, None, query) for name, query in searches.items()]
    lines += _kind("Sources", ((name, count, f"source:{quoted(name)}") for name, count in counts.sources.items()))
    lines += _kind(
        "Projects",
        ((formatting.project_name(path), count, f"project:{quoted(path)}") for path, count in counts.projects.items() if path),
    )
    lines += _kind("Tags", ((f"#{name}", count, f"tag:{quoted(name)}") for name, count in counts.tags.items()))
    return lines


def _kind(heading: str, entries: Iterable[tuple[str, int, str]]) -> list[Facet]:
    found = [Facet(label, count, query) for label, count, query in entries][:MOST]
    return [Facet("", None, None), Facet(heading, None, None), *found] if found else []


class LibraryPane(ScrollView, can_focus=True):
    """A cursor over facets."""

    COMPONENT_CLASSES = {"library--heading", "library--count", "library--cursor", "library--current", "library--accent"}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIBRARY)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._facets: list[Facet] = []
        self._current = ""
        self.cursor = 0

    def show(self, counts: LibraryCounts, searches: Mapping[str, str]) -> None:
        """Show these counts and saved searches, queries by their names; the cursor stays on its line of the same name."""
        before = self._facets[self.cursor].query if self._facets else ""
        self._facets = facets(counts, searches)
        self.cursor = next((line for line, facet in enumerate(self._facets) if facet.query == before), 0)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._facets))
        self.refresh()

    def mark_current(self, query: str) -> None:
        """The query that the list shows now."""
        if query.strip() != self._current:
            self._current = query.strip()
            self.refresh()

    def _move(self, line: int, step: int) -> None:
        """To the nearest line in the direction of `step` that can be chosen."""
        line = max(0, min(line, len(self._facets) - 1))
        while 0 <= line < len(self._facets) and self._facets[line].query is None:
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
        query = self._facets[self.cursor].query if self._facets else None
        if query is not None:
            self.post_message(FilterBy(query))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = offset.y + round(self.scroll_y) if offset is not None else -1
        if 0 <= line < len(self._facets) and self._facets[line].query is not None:
            self.cursor = line
            self.refresh()
            self.action_choose()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _style(self, name: str) -> Style:
        style = self.get_visual_style(f"library--{name}").rich_style
        return Style(color=style.color, bold=style.bold)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        line = y + round(self.scroll_y)
        if not 0 <= line < len(self._facets):
            return Strip.blank(width, self.rich_style)
        facet = self._facets[line]
        if facet.query is None:
            segments = [Segment(" " + formatting.fit(facet.label, width - 1), self._style("heading"))]
            return Strip(segments).apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)
        is_current = facet.query == self._current
        count = formatting.short_count(facet.session_count) if facet.session_count is not None else ""
        room = max(0, width - len(count) - 4)
        name_style = self._style("current") if is_current else Style()
        segments = [
            Segment("› " if is_current else "  ", self._style("accent")),
            Segment(formatting.fit(facet.label, room), name_style),
            Segment(f" {count} ", self._style("count")),
        ]
        ground = self.rich_style
        if self.has_focus and line == self.cursor:
            style = self.get_visual_style("library--cursor").rich_style
            ground = Style(color=style.color, bgcolor=style.bgcolor)
        return Strip(segments).apply_style(ground).adjust_cell_length(width, ground)
