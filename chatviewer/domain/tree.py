"""The tree of a session's messages: which branch is shown, where it forks. Works on sequence numbers, iteratively: chains can be
10,000 long and hostile input can hold cycles (importers cut them; this module survives them)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import eq


class MessageTree:
    """Parents and children of messages by `seq`; a parent of -1 is a root.

    Most sessions hardly fork, and all of it is made anew whenever a session is opened: only forks have lists of their children.
    """

    def __init__(self, parents: Iterable[tuple[int, int]]) -> None:
        self.parent: dict[int, int] = dict(parents)
        known = self.parent
        if not known.keys() | {-1} >= set(known.values()) or any(map(eq, known.keys(), known.values())):
            for seq, parent in known.items():
                if parent == seq or parent not in known:
                    known[seq] = -1
        self._last: dict[int, int] = {parent: seq for seq, parent in known.items()}  # the last child of each that has any
        self.forks: dict[int, list[int]] = {}  # the children of each that has several, in order
        if len(self._last) < len(known):
            first: dict[int, int] = {}
            for seq, parent in known.items():
                if first.setdefault(parent, seq) != seq:
                    self.forks.setdefault(parent, [first[parent]]).append(seq)

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """The children of each message that has any, in order; those of -1 are the roots."""
        found: dict[int, list[int]] = {}
        for seq, parent in self.parent.items():
            found.setdefault(parent, []).append(seq)
        return found

    def path_to(self, seq: int) -> list[int]:
        """From the root to `seq`, both included."""
        path: list[int] = []
        seen: set[int] = set()
        while seq != -1 and seq in self.parent and seq not in seen:
            seen.add(seq)
            path.append(seq)
            seq = self.parent[seq]
        return path[::-1]

    def newest_leaf(self, seq: int = -1, chosen: Mapping[int, int] | None = None) -> int:
        """Down from `seq` by the child chosen at each fork, else by the last one. -1 for an empty tree."""
        way = self._way_down(seq, chosen, set())
        return way[-1] if way else seq

    def path_through(self, seq: int, chosen: Mapping[int, int] | None = None) -> list[int]:
        """The branch that holds `seq`: up to the root, and on down to a leaf."""
        path = self.path_to(seq)
        return path + self._way_down(seq, chosen, set(path))

    def _way_down(self, seq: int, chosen: Mapping[int, int] | None, seen: set[int]) -> list[int]:
        """The messages below `seq`, to a leaf or to one that was seen."""
        way: list[int] = []
        last, forks = self._last, self.forks
        while seq in last:
            pick = chosen.get(seq) if chosen and seq in forks else None
            seq = last[seq] if pick is None or pick not in forks[seq] else pick
            if seq in seen:
                break
            seen.add(seq)
            way.append(seq)
        return way

    def siblings(self, seq: int) -> Sequence[int]:
        """The alternatives at this place, `seq` among them, in order."""
        return self.forks.get(self.parent.get(seq, -1), [seq])

    def fork_points(self) -> list[int]:
        """The messages (or -1, the root) that have more than one child."""
        return list(self.forks)
