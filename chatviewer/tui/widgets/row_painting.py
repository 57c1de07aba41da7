"""Sessions of a list as styled pieces of text. Everything foreign goes through `fit`, which makes it harmless."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chatviewer.domain import SessionSummary
from chatviewer.tui import formatting
from chatviewer.tui.widgets.row_facts import Fact, beside_tags, facts_of, short_facts, shown_facts, tags_of
from chatviewer.tui.widgets.row_layout import Heading

MARKED, CURSOR, STAR = "●", "▌", "★"
INDENT = 3  # cells: mark, star, space
FOLDED, UNFOLDED = "▸", "▾"
TOGGLES_AGENTS = "agents"  # in the meta data of what unfolds them by a click
_DEEPEST = 4  # levels of sub-agents that are set in further than the one above
_COUNT_WIDTH, _AGE_WIDTH, _SOURCE_WIDTH, _PROJECT_WIDTH = 8, 7, 13, 15
_GAP = 2  # cells between what stands left and the numbers
_SHORTEST_TAG, _TAG_WIDTH = 5, 12  # cells
_WIDE_ENOUGH_FOR_UNIT = 40
_WIDE_ENOUGH_FOR_SOURCE, _WIDE_ENOUGH_FOR_PROJECT, _WIDE_ENOUGH_FOR_TAGS = 64, 84, 100  # cells, in one-line rows


class Looks(NamedTuple):
    """The foreground styles of a list; the ground is laid under them by the widget."""

    title: Style
    strong: Style  # the title of what is starred, rated or under the cursor
    dim: Style
    accent: Style
    tag: Style
    heading: Style
    match: Style


class RowState(NamedTuple):
    """How a row stands in the list. `depth`: so many sessions above it are its parents; `fold`: the sign of its sub-agents;
    `told`: the fact that its heading tells already ("project", "source")."""

    is_cursor: bool = False
    is_marked: bool = False
    has_focus: bool = False
    depth: int = 0
    fold: str = ""
    told: str = ""


class RowPainter:
    """Paints rows of a given density and date style. `when` gives the time to reckon ages from."""

    def __init__(self, looks: Looks, when: Callable[[], datetime], *, is_dense: bool, has_dates: bool) -> None:
        self.looks = looks
        self.when = when
        self.is_dense = is_dense
        self.has_dates = has_dates

    def heading(self, heading: Heading, width: int) -> list[Segment]:
        """The name of a group, and how many sessions it has."""
        count = f" · {formatting.full_count(heading.size)}" if heading.size is not None else ""
        name = formatting.fit(heading.text, width - 2 - len(count), pad=False)
        room = max(0, width - 1 - cell_len(name) - len(count))
        return [Segment(f" {name}", self.looks.heading), Segment(f"{count}{' ' * room}"[: max(0, width - 1)], self.looks.dim)]

    def waiting(self, offset: int, width: int, state: RowState) -> list[Segment]:
        """A row that is still being fetched."""
        return [self.margin(state, False), Segment(formatting.fit("…" if offset == 0 else "", width - INDENT), self.looks.dim)]

    def session(self, summary: SessionSummary, offset: int, width: int, state: RowState) -> list[Segment]:
        """Line `offset` of a session."""
        if self.is_dense:
            return self._one_line(summary, width, state)
        return self._title_line(summary, width, state) if offset == 0 else self._facts_line(summary, width, state)

    def margin(self, state: RowState, is_starred: bool, *, is_first: bool = True) -> Segment:
        """Mark, star, and room for them on the lines below."""
        mark = MARKED if state.is_marked and is_first else CURSOR if state.is_cursor else " "
        return Segment(f"{mark}{STAR if is_starred and is_first else ' '} ", self.looks.accent)

    def age(self, at: datetime | None) -> str:
        """How long ago, or the date."""
        return formatting.date(at) if self.has_dates else formatting.age(at, self.when())

    def _age_cell(self, summary: SessionSummary) -> str:
        width = 11 if self.has_dates else _AGE_WIDTH
        return formatting.fit_right(self.age(summary.last_message_at or summary.started_at), width)

    def _weight(self, summary: SessionSummary, state: RowState) -> Style:
        return self.looks.strong if state.is_cursor or summary.is_starred or summary.rating else self.looks.title

    def _lead(self, state: RowState, *, is_first: bool = True) -> str:
        """What sets a sub-agent in under its parent."""
        depth = min(state.depth, _DEEPEST)
        return "  " * (depth - 1) + ("└ " if is_first else "  ") if depth else ""

    def _title_line(self, summary: SessionSummary, width: int, state: RowState) -> list[Segment]:
        marks, lead = self._marks(summary), self._lead(state)
        room = max(1, width - INDENT - len(lead) - len(marks) - 1)
        return [
            self.margin(state, summary.is_starred),
            Segment(lead, self.looks.dim),
            Segment(formatting.fit(summary.title or "Untitled", room), self._weight(summary, state)),
            Segment(f"{marks} ", self.looks.accent),
        ]

    def _marks(self, summary: SessionSummary) -> str:
        """What is new, and the rating, each with a space before it."""
        told = (formatting.news(summary.unread_count, summary.message_count), formatting.stars(summary.rating))
        return "".join(f" {words}" for words in told if words)

    def _facts_line(self, summary: SessionSummary, width: int, state: RowState) -> list[Segment]:
        number = formatting.short_count(summary.message_count)
        count = formatting.fit_right(f"{number} msg", _COUNT_WIDTH) if width >= _WIDE_ENOUGH_FOR_UNIT else formatting.fit_right(number, 5)
        right = f"{count}{self._age_cell(summary)} ".lstrip()  # in columns, though what is left of a short number is not kept free
        lead = self._lead(state, is_first=False)
        room = max(0, width - INDENT - len(lead) - len(right) - _GAP)
        tags = tags_of(summary)
        known = facts_of(summary, state.fold, is_nested=state.depth > 0, told=state.told)
        if tags:
            known = beside_tags(known, room - 2 - min(cell_len(tags), _TAG_WIDTH))
        facts = shown_facts(known, room)
        used = sum(cell_len(text) for text, _ in facts)
        between = "  " if used else ""
        tags_room = room - used - len(between)
        shown_tags = formatting.fit(tags, tags_room, pad=False) if tags and tags_room >= _SHORTEST_TAG else ""
        gap = room - used - cell_len(shown_tags) - (len(between) if shown_tags else 0)
        return [
            self.margin(state, False, is_first=False),
            Segment(lead, self.looks.dim),
            *(self._fact(text, fact) for text, fact in facts),
            Segment(f"{between}{shown_tags}" if shown_tags else "", self.looks.tag),
            Segment(" " * (max(0, gap) + _GAP) + right, self.looks.dim),
        ]

    def _fact(self, text: str, fact: Fact | None) -> Segment:
        if fact is not None and fact.name == "agents":
            return Segment(text, self.looks.dim + Style.from_meta({TOGGLES_AGENTS: True}))
        return Segment(text, self.looks.dim)

    def _one_line(self, summary: SessionSummary, width: int, state: RowState) -> list[Segment]:
        marks, lead = self._marks(summary), self._lead(state)
        count = formatting.fit_right(formatting.short_count(summary.message_count), 5)
        tags = f" {formatting.fit(tags_of(summary), _PROJECT_WIDTH)}" if width >= _WIDE_ENOUGH_FOR_TAGS else ""
        columns = ""
        if width >= _WIDE_ENOUGH_FOR_PROJECT and state.told != "project":
            columns += f" {formatting.fit(formatting.project_name(summary.project), _PROJECT_WIDTH)}"
        if width >= _WIDE_ENOUGH_FOR_SOURCE and state.told != "source":
            columns += f" {formatting.fit(summary.source, _SOURCE_WIDTH)}"
        right = f"{columns}{count}{self._age_cell(summary)} "
        facts = short_facts(facts_of(summary, state.fold, is_nested=state.depth > 0, told=state.told), width >= _WIDE_ENOUGH_FOR_SOURCE)
        used = sum(cell_len(text) for text, _ in facts)
        room = max(1, width - INDENT - len(lead) - used - len(marks) - cell_len(tags + right))
        return [
            self.margin(state, summary.is_starred),
            Segment(lead, self.looks.dim),
            Segment(formatting.fit(summary.title or "Untitled", room), self._weight(summary, state)),
            *(self._fact(text, fact) for text, fact in facts),
            Segment(marks, self.looks.accent),
            Segment(tags, self.looks.tag),
            Segment(right, self.looks.dim),
        ]
