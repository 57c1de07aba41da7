"""What the outline of prompts and the overview of branches offer: a line for each, its number and time beside it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from chatviewer.domain import MessageOpening
from chatviewer.tui.branching import Branch
from chatviewer.tui.formatting import counted
from chatviewer.tui.modals.menu import Choice
from chatviewer.tui.rendering.wording import clock

WIDTH = 110  # columns, where there are so many


def prompt_choices(prompts: Sequence[MessageOpening], shown: Collection[int], day: date | None) -> list[Choice]:
    """The prompts among the messages that are shown, numbered; a choice is a sequence number."""
    on_branch = [prompt for prompt in prompts if prompt.seq in shown]
    width = len(str(len(on_branch)))
    return [
        Choice(_words(prompt), clock(prompt.created_at, day) if prompt.created_at else "", str(prompt.seq), f"{number:>{width}}  ")
        for number, prompt in enumerate(on_branch, 1)
    ]


def branch_choices(
    branches: Sequence[Branch], openings: Mapping[int, MessageOpening], shown: Collection[int], day: date | None
) -> list[Choice]:
    """The branches; ● stands before those that are shown, ○ before the others."""
    choices: list[Choice] = []
    for branch in branches:
        opening = openings.get(branch.shown_seq)
        facts = [f"{branch.number}/{branch.siblings}"] if branch.siblings > 1 else []
        facts.append(counted(branch.length, "message"))
        if opening is not None and opening.created_at is not None:
            facts.append(clock(opening.created_at, day))
        sign = "●" if branch.seq in shown else "○"
        words = _words(opening) if opening is not None else "(nothing)"
        choices.append(Choice(words, " · ".join(facts), str(branch.seq), f"{branch.lead}{sign} "))
    return choices


def _words(opening: MessageOpening) -> str:
    """The first line that says something."""
    return next((line.strip() for line in opening.text.split("\n") if line.strip()), "(no text)")
