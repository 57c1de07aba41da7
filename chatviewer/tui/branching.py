"""The branches of a session as the lines of an overview: where it forks, how long each branch is, what it begins with."""

from collections.abc import Mapping
from typing import NamedTuple

from chatviewer.domain import MessageStub, MessageTree, Role

MAX_INDENT = 8  # levels; whoever asked the same again and again forks in forks


class Branch(NamedTuple):
    """One way to go on from a fork, or the whole session. `length` counts its messages down to the end of its newest branch."""

    seq: int  # its first message
    shown_seq: int  # the prompt that it is named after; its first message where it has none
    lead: str  # the lines of the tree in front of it
    number: int  # which of the fork's branches this is, from 1
    siblings: int  # how many the fork has, this one among them
    length: int


def find_branches(tree: MessageTree, stubs: Mapping[int, MessageStub]) -> list[Branch]:
    """All branches in the order of a tree, each below the one that it forks from. One line for a session without forks."""
    lengths = _lengths(tree)
    found: list[Branch] = []
    roots = tree.children.get(-1, [])
    stack = [(seq, number, len(roots), 0, "") for number, seq in enumerate(roots, 1)][::-1]
    while stack:
        seq, number, count, depth, above = stack.pop()
        is_last = number == count
        lead = f"{above}{'└─ ' if is_last else '├─ '}" if depth else ""
        stretch = [seq]
        while len(below := tree.children.get(stretch[-1], [])) == 1 and len(stretch) <= len(stubs):
            stretch.append(below[0])
        prompt = next((one for one in stretch if stubs[one].role is Role.USER), seq)
        found.append(Branch(seq, prompt, lead, number, count, lengths[seq]))
        inner = above if not depth or depth > MAX_INDENT else f"{above}{'   ' if is_last else '│  '}"
        stack += [(child, place, len(below), depth + 1, inner) for place, child in enumerate(below, 1)][::-1]
    return found


def _lengths(tree: MessageTree) -> dict[int, int]:
    """Messages from each one down to the end of its newest branch."""
    order: list[int] = []
    stack = list(tree.children.get(-1, []))
    while stack:
        seq = stack.pop()
        order.append(seq)
        stack += tree.children.get(seq, [])
    lengths: dict[int, int] = {}
    for seq in reversed(order):
        below = tree.children.get(seq)
        lengths[seq] = 1 + (lengths[below[-1]] if below else 0)
    return lengths
