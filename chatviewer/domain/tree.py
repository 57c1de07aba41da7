"""The tree of a session's messages: which branch is shown, where it forks. Works on sequence numbers, iteratively: chains can be
10,000 long and hostile input can hold cycles (importers cut them; this module survives them)."""

from collections.abc import Iterable, Mapping, Sequence


class MessageTree:
    """Parents and children of messages by `seq`; a parent of -1 is a root. `children[-1]` are the roots."""

    def __init__(self, parents: Iterable[tuple[int, int]]) -> None:
        self.parent: dict[int, int] = dict(parents)
        self.children: dict[int, list[int]] = {}
        known, children = self.parent, self.children
        for seq, parent in known.items():
            if parent == seq or parent not in known:
                known[seq] = parent = -1
            below = children.get(parent)
            if below is None:
                children[parent] = [seq]
            else:
                below.append(seq)

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
        children = self.children
        while below := children.get(seq):
            pick = chosen.get(seq) if chosen else None
            seq = below[-1] if pick is None or pick not in below else pick
            if seq in seen:
                break
            seen.add(seq)
            way.append(seq)
        return way

    def siblings(self, seq: int) -> Sequence[int]:
        """The alternatives at this place, `seq` among them, in order."""
        return self.children.get(self.parent.get(seq, -1), [seq])

    def fork_points(self) -> list[int]:
        """The messages (or -1, the root) that have more than one child."""
        return [seq for seq, below in self.children.items() if len(below) > 1]
