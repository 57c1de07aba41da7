"""One line above the list with the facets that a digit chooses: for windows without a library pane."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from chatviewer.domain import safe_line
from chatviewer.tui.facets import Facet
from chatviewer.tui.formatting import short_count

_LONGEST = 24  # cells of a label


class FacetBand(Widget):
    """As many facets as fit. `lead` is what has to be held with the digit."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._facets: list[tuple[Facet, bool]] = []
        self._lead = ""
        self._places: list[tuple[int, int, str]] = []  # from where to where a facet stands, and its digit

    def show(self, facets: Sequence[tuple[Facet, bool]], *, lead: str) -> None:
        """Show these, each with whether the query has it already."""
        if (self._facets, self._lead) != (list(facets), lead):
            self._facets, self._lead = list(facets), lead
            self.refresh()

    def render(self) -> Content:
        room = self.size.width - cell_len(self._lead)
        pieces: list[tuple[str, str]] = [(self._lead, "$foreground 60%")] if self._facets else []
        self._places = []
        at = cell_len(self._lead)
        for facet, is_on in self._facets:
            label = safe_line(facet.label, _LONGEST)
            count = f" {short_count(facet.session_count)}" if facet.session_count is not None else ""
            room -= cell_len(label) + len(count) + 4
            if room < 0:
                break
            self._places.append((at, at := at + cell_len(label) + len(count) + 4, facet.key))
            pieces += [
                (facet.key, "bold $text-accent"),
                (f"›{label}" if is_on else f" {label}", "bold $text-accent" if is_on else ""),
                (f"{count}  ", "$foreground 60%"),
            ]
        return Content.assemble(*pieces)

    async def on_click(self, event: events.Click) -> None:
        """A click on a facet is its digit."""
        offset = event.get_content_offset(self)
        for start, end, digit in self._places:
            if offset is not None and start <= offset.x < end:
                await self.run_action(f"screen.narrow({digit})")
