"""What stands below a session's title: whole facts or none, the less important ones left out first where there is no room.

Before the source goes, or it goes itself, the project is cut, unless hardly anything of it were left: names that are now sources, now
projects at the same place are hard to read.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from chatviewer.domain import SessionStatus, SessionSummary, safe_line
from chatviewer.tui import formatting

BETWEEN = " · "
LONGEST = 40  # cells of foreign text in one fact
SHORTEST_PROJECT = 8  # cells to which it is cut


class Fact(NamedTuple):
    """`name` is what it is; `text` is harmless; `short` stands in its place where room is scarce."""

    name: str
    text: str
    short: str = ""


# Left out first; what is not named here never is, but cut off.
_DROPPED = ("note", "subagent", "gone", "source", "project")
_SIGNS = ("agents", "note", "gone")  # what one-line rows tell, in short


def facts_of(summary: SessionSummary, fold: str, *, is_nested: bool, told: str) -> list[Fact]:
    """All facts in their order. What a nested sub-agent has from its parent, or its heading says (`told`), is not said again."""
    facts = []
    if told != "source" and not is_nested:
        facts.append(Fact("source", safe_line(summary.source, LONGEST)))
    if summary.project and told != "project" and not is_nested:
        facts.append(Fact("project", safe_line(formatting.project_name(summary.project), LONGEST)))
    if summary.status is not SessionStatus.ACTIVE:
        facts.append(Fact("status", summary.status.value))
    if summary.child_count:
        words = formatting.counted(summary.child_count, "agent")
        facts.append(Fact("agents", f"{fold} {words}".strip(), f"{fold}{formatting.short_count(summary.child_count)}" if fold else ""))
    if summary.parent_uid:
        facts.append(Fact("subagent", "sub-agent"))
    if summary.has_note:
        facts.append(Fact("note", "note", "✎"))
    if summary.is_source_gone:
        facts.append(Fact("gone", "source gone", "gone"))
    return facts


def beside_tags(facts: list[Fact], room: int) -> list[Fact]:
    """The same without the source, then in short, where there is no room: the user's own tags say more than these."""
    if _width(facts) > room:
        facts = [fact for fact in facts if fact.name != "source"] or facts
    if _width(facts) > room:
        facts = [fact._replace(text=fact.short or fact.text) for fact in facts]
    return facts


def shown_facts(facts: Sequence[Fact], room: int) -> list[tuple[str, Fact | None]]:
    """The facts that have room, as pieces of text with what stands between them."""
    shown = list(facts)
    for place in range(len(shown) - 1, -1, -1):
        if _width(shown) <= room:
            break
        if shown[place].short:
            shown[place] = shown[place]._replace(text=shown[place].short)
    for name in _DROPPED:
        if name in ("source", "project"):
            shown = [_cut(fact, _width(shown) - room) if fact.name == "project" else fact for fact in shown]
        if _width(shown) <= room or len(shown) == 1:
            break
        shown = [fact for fact in shown if fact.name != name] or shown
    pieces: list[tuple[str, Fact | None]] = []
    left = room
    for number, fact in enumerate(shown):
        for text, of in ((BETWEEN, None), (fact.text, fact)) if number else ((fact.text, fact),):
            fitted = formatting.fit(text, left, pad=False) if of is not None else text[: max(0, left)]
            left -= cell_len(fitted)
            pieces.append((fitted, of))
    return pieces


def _cut(fact: Fact, surplus: int) -> Fact:
    """So many cells shorter, if that leaves enough."""
    room = cell_len(fact.text) - surplus
    return fact._replace(text=formatting.fit(fact.text, room, pad=False)) if surplus > 0 and room >= SHORTEST_PROJECT else fact


def short_facts(facts: Sequence[Fact], is_wide: bool) -> list[tuple[str, Fact | None]]:
    """What a one-line row says between title and columns: how many sub-agents, and where it is wide the other signs."""
    signs = [fact for fact in facts if fact.name in _SIGNS[: None if is_wide else 1] and fact.short]
    return [piece for fact in signs for piece in ((" ", None), (fact.short, fact))]


def tags_of(summary: SessionSummary) -> str:
    """#one #two"""
    return " ".join(f"#{safe_line(tag, LONGEST)}" for tag in summary.tags)


def _width(facts: Sequence[Fact]) -> int:
    return sum(cell_len(fact.text) for fact in facts) + len(BETWEEN) * max(0, len(facts) - 1)
