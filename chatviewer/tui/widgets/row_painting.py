"""Rows of the session list as styled pieces of text. Everything foreign goes through `fit`, which makes it harmless."""

import re
from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from chatviewer.domain import Hit, HitKind, Role, SessionStatus, SessionSummary, safe_line
from chatviewer.tui import formatting
from chatviewer.tui.formatting import ELLIPSIS
from chatviewer.tui.widgets.row_layout import Heading

MARKED, CURSOR, STAR = "●", "▌", "★"
INDENT = 3  # cells: mark, star, space
MATCH_START, MATCH_END = "\x02", "\x03"
_MATCH = re.compile(f"{MATCH_START}([^{MATCH_END}]*){MATCH_END}?")
_SPEAKERS = {Role.USER: "you", Role.ASSISTANT: "reply", Role.SYSTEM: "system", Role.TOOL: "tool"}
_KINDS = {HitKind.THINKING: "thinking", HitKind.TOOL: "tool", HitKind.TITLE: "title", HitKind.ATTACHMENT: "attachment"}
_COUNT_WIDTH, _AGE_WIDTH, _SOURCE_WIDTH = 8, 7, 13
_SHORTEST_TAG = 5  # cells
_WIDE_ENOUGH_FOR_UNIT = 40
_WIDE_ENOUGH_FOR_SOURCE = 64  # cells, in one-line rows


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
    """How a row stands in the list."""

    is_cursor: bool = False
    is_marked: bool = False
    has_focus: bool = False


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
        return [self._margin(state, False), Segment(formatting.fit("…" if offset == 0 else "", width - INDENT), self.looks.dim)]

    def session(self, summary: SessionSummary, offset: int, width: int, state: RowState) -> list[Segment]:
        """Line `offset` of a session."""
        if self.is_dense:
            return self._one_line(summary, width, state)
        return self._title_line(summary, width, state) if offset == 0 else self._facts_line(summary, width, state)

    def hit(self, hit: Hit, offset: int, width: int, state: RowState) -> list[Segment]:
        """Line `offset` of a search result: who says it, then the words around the match, with the match lit."""
        speaker = _KINDS.get(hit.kind) or (_SPEAKERS.get(hit.role, "") if hit.role else "")
        room = max(1, width - INDENT - 1)
        lines = snippet_lines(hit.snippet, room, 1 if self.is_dense else 2, f"{speaker} · " if speaker else "")
        margin = self._margin(state, False, is_first=True)
        if offset >= len(lines):
            return [margin, Segment(" " * (width - INDENT), self.looks.dim)]
        pieces = lines[offset]
        used = sum(cell_len(text) for text, _ in pieces)
        label = cell_len(speaker) + 3 if speaker and offset == 0 else 0
        return [margin, *self._lit(pieces, label), Segment(" " * max(0, width - INDENT - used), self.looks.dim)]

    def _lit(self, pieces: list[tuple[str, bool]], label: int) -> list[Segment]:
        segments = []
        for text, is_match in pieces:
            if label and not is_match:
                segments.append(Segment(text[:label], self.looks.dim))
                text, label = text[label:], 0
            if text:
                segments.append(Segment(text, self.looks.match if is_match else self.looks.title))
        return segments

    def hit_heading(self, hit: Hit, width: int) -> list[Segment]:
        """The session that the results below belong to."""
        facts = f"{hit.source} · {self._age(hit.created_at)}".rstrip(" ·")
        room = max(1, width - 2 - cell_len(facts) - 2)
        title = formatting.fit(hit.title or "Untitled", room)
        return [Segment(f" {title}  ", self.looks.strong), Segment(formatting.fit(facts, max(0, width - room - 3)) + " ", self.looks.dim)]

    def _margin(self, state: RowState, is_starred: bool, *, is_first: bool = True) -> Segment:
        mark = MARKED if state.is_marked and is_first else CURSOR if state.is_cursor else " "
        return Segment(f"{mark}{STAR if is_starred and is_first else ' '} ", self.looks.accent)

    def _age(self, at: datetime | None) -> str:
        return formatting.date(at) if self.has_dates else formatting.age(at, self.when())

    def _age_cell(self, summary: SessionSummary) -> str:
        width = 11 if self.has_dates else _AGE_WIDTH
        return formatting.fit_right(self._age(summary.last_message_at or summary.started_at), width)

    def _weight(self, summary: SessionSummary, state: RowState) -> Style:
        return self.looks.strong if state.is_cursor or summary.is_starred or summary.rating else self.looks.title

    def _title_line(self, summary: SessionSummary, width: int, state: RowState) -> list[Segment]:
        marks = self._marks(summary)
        room = width - INDENT - len(marks) - 1
        return [
            self._margin(state, summary.is_starred),
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
        right = f"{count}{self._age_cell(summary)} "
        room = max(0, width - INDENT - len(right))
        tags = " ".join(f"#{safe_line(tag, 40)}" for tag in summary.tags)
        facts = " · ".join(self._facts(summary))
        shown_facts = formatting.fit(facts, room, pad=False)
        tags_room = room - cell_len(shown_facts) - 2
        shown_tags = formatting.fit(tags, tags_room, pad=False) if tags and tags_room >= _SHORTEST_TAG else ""
        gap = room - cell_len(shown_facts) - cell_len(shown_tags) - (2 if shown_tags else 0)
        return [
            self._margin(state, False, is_first=False),
            Segment(shown_facts, self.looks.dim),
            Segment(f"  {shown_tags}" if shown_tags else "", self.looks.tag),
            Segment(" " * max(0, gap) + right, self.looks.dim),
        ]

    def _facts(self, summary: SessionSummary) -> list[str]:
        facts = [summary.source]
        if summary.project:
            facts.append(formatting.project_name(summary.project))
        if summary.status is not SessionStatus.ACTIVE:
            facts.append(summary.status.value)
        if summary.child_count:
            facts.append(formatting.counted(summary.child_count, "agent"))
        if summary.parent_uid:
            facts.append("sub-agent")
        if summary.has_note:
            facts.append("note")
        if summary.is_source_gone:
            facts.append("source gone")
        return facts

    def _one_line(self, summary: SessionSummary, width: int, state: RowState) -> list[Segment]:
        marks = self._marks(summary)
        count = formatting.fit_right(formatting.short_count(summary.message_count), 5)
        source = f" {formatting.fit(summary.source, _SOURCE_WIDTH)}" if width >= _WIDE_ENOUGH_FOR_SOURCE else ""
        right = f"{source}{count}{self._age_cell(summary)} "
        room = max(1, width - INDENT - len(right) - len(marks))
        return [
            self._margin(state, summary.is_starred),
            Segment(formatting.fit(summary.title or "Untitled", room), self._weight(summary, state)),
            Segment(marks, self.looks.accent),
            Segment(right, self.looks.dim),
        ]


def snippet_lines(snippet: str, width: int, line_count: int, label: str = "") -> list[list[tuple[str, bool]]]:
    """A label and a snippet, wrapped by cells into at most `line_count` lines of (text, is a match), harmless.

    Where the first match would not be seen, words before it are left out.
    """
    pieces = _pieces(snippet)
    lead = pieces.pop(0)[0] if pieces and not pieces[0][1] else ""
    room = width * line_count - cell_len(label)
    for kept in (lead, _tail(lead, room // 3), ELLIPSIS if lead else ""):
        lines, shown = _laid_out([(label, False), (kept, False), *pieces], width, line_count)
        if not pieces or shown >= len(label) + len(kept) + len(pieces[0][0]):
            break
    return lines


def _pieces(snippet: str) -> list[tuple[str, bool]]:
    """The snippet as harmless (text, is a match)."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found in _MATCH.finditer(snippet):
        pieces += [(snippet[end : found.start()], False), (found.group(1), True)]
        end = found.end()
    pieces.append((snippet[end:], False))
    return [(_one_line_keeping_edges(text), is_match) for text, is_match in pieces if text]


def _tail(text: str, length: int) -> str:
    """The last words of a text, some `length` characters of them."""
    if len(text) <= length:
        return text
    tail = text[len(text) - length :]
    return ELLIPSIS + (tail.partition(" ")[2] or tail)


def _laid_out(pieces: list[tuple[str, bool]], width: int, line_count: int) -> tuple[list[list[tuple[str, bool]]], int]:
    """The lines, the last one filled up to its end, and how many characters of the text they show."""
    plain = "".join(text for text, _ in pieces)
    is_lit = b"".join((b"\1" if is_match else b"\0") * len(text) for text, is_match in pieces)
    wrapped = _wrap(plain, width)
    lines, start = [], 0
    for number, line in enumerate(wrapped[:line_count], start=1):
        shown = len(line)
        text = line.rstrip()
        if number == line_count < len(wrapped):
            start += len(plain[start:]) - len(plain[start:].lstrip())  # `fit` leaves white space before the text out
            text = formatting.fit(plain[start:], width, pad=False)
            shown = len(text) - 1
        flags = is_lit[start : start + min(shown, len(text))].ljust(len(text), b"\0")  # the sign of what is cut off is no match
        lit = groupby(zip(text, flags, strict=True), key=itemgetter(1))
        lines.append([("".join(char for char, _ in group), bool(flag)) for flag, group in lit])
        start += shown
    return lines, start


def _one_line_keeping_edges(text: str) -> str:
    inner = safe_line(text)
    if not inner:
        return " "
    return (" " if text[0].isspace() else "") + inner + (" " if text[-1].isspace() else "")


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at spaces where there are any. Joined they are the text."""
    lines, line = [], ""
    for word in re.findall(r"\S+\s*|\s+", text):
        if cell_len(line) + cell_len(word.rstrip()) <= width:
            line += word
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, max(2, width)) or [""]
        lines += full
    return [*lines, line] if line else lines or [""]
