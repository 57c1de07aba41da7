"""What a session list holds: sessions by id, or the hits of a search. Both lay themselves out without knowing a row's content.

Sub-agents that are unfolded stand below their parents, among the ids: rows are what they are everywhere else.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Protocol

from chatviewer.domain import Hit
from chatviewer.tui.widgets.row_layout import Heading, RowLayout

Key = tuple[int, str]  # what a row is, over reloads: a session's id, and the message of a hit


class Rows(Protocol):
    """The rows of a list, in order."""

    def layout(self, is_dense: bool) -> RowLayout: ...
    def key(self, row: int) -> Key: ...
    def find(self, key: Key) -> int | None: ...
    def session_id(self, row: int) -> int: ...
    def depth(self, row: int) -> int: ...
    def __len__(self) -> int: ...


class SessionRows:
    """Sessions in the order of their ids here: eight bytes each. Immutable.

    `group` says what they are grouped by; `depths` are those of the sub-agents that stand below their parents, by id. Where the list
    holds sub-agents as rows of their own (`can_unfold` is False), none is unfolded: every session stands once.
    """

    def __init__(
        self,
        ids: "array[int]",
        headings: Sequence[Heading] = (),
        *,
        group: str = "",
        can_unfold: bool = True,
        depths: Mapping[int, int] | None = None,
    ) -> None:
        self.ids = ids
        self.headings = headings
        self.group = group
        self.can_unfold = can_unfold
        self.depths = depths or {}

    def __len__(self) -> int:
        return len(self.ids)

    def layout(self, is_dense: bool) -> RowLayout:
        return RowLayout(len(self.ids), 1 if is_dense else 2, self.headings, gap=0 if is_dense else 1)

    def key(self, row: int) -> Key:
        return (self.ids[row], "")

    def find(self, key: Key) -> int | None:
        try:
            return self.ids.index(key[0])
        except ValueError:
            return None

    def session_id(self, row: int) -> int:
        return self.ids[row]

    def depth(self, row: int) -> int:
        """0 for a session of the list itself, 1 for its sub-agents, and so on."""
        return self.depths.get(self.ids[row], 0) if self.depths else 0

    def is_unfolded(self, row: int) -> bool:
        """Whether sub-agents of the session stand below it."""
        return row + 1 < len(self.ids) and self.depth(row + 1) > self.depth(row)

    def parent_row(self, row: int) -> int:
        """The row of the session that this one is set in under; the row itself where it is not."""
        depth = self.depth(row)
        while depth and self.depth(row) >= depth:
            row -= 1
        return row

    def end_of(self, row: int) -> int:
        """The first row behind a session and all that is set in under it."""
        depth, end = self.depth(row), row + 1
        while end < len(self.ids) and self.depth(end) > depth:
            end += 1
        return end

    def unfold(self, row: int, children: Sequence[int]) -> "SessionRows":
        """With these sub-agents below the session; those that stand somewhere already (a circle of parents) do not stand twice."""
        added = array("q", (id_ for id_ in dict.fromkeys(children) if id_ not in self.depths and id_ != self.ids[row]))
        if not self.can_unfold or not added:
            return self
        depths = {**self.depths, **dict.fromkeys(added, self.depth(row) + 1)}
        return self._with(self.ids[: row + 1] + added + self.ids[row + 1 :], depths, row, len(added))

    def fold(self, row: int) -> "SessionRows":
        """Without what is set in under the session."""
        end = self.end_of(row)
        hidden = self.ids[row + 1 : end]
        depths = {id_: depth for id_, depth in self.depths.items() if id_ not in set(hidden)}
        return self._with(self.ids[: row + 1] + self.ids[end:], depths, row, -len(hidden))

    def _with(self, ids: "array[int]", depths: Mapping[int, int], row: int, change: int) -> "SessionRows":
        """These ids; the headings below `row` have moved by `change` rows."""
        headings = [heading._replace(row=heading.row + change) if heading.row > row else heading for heading in self.headings]
        return SessionRows(ids, headings, group=self.group, can_unfold=self.can_unfold, depths=depths)

    def unfold_all(self, children_of: Mapping[int, Sequence[int]]) -> "SessionRows":
        """With the sub-agents of all these sessions below them, and theirs below those."""
        if not children_of:
            return self
        rows = self
        for row in reversed([row for row, id_ in enumerate(self.ids) if id_ in children_of]):
            rows = rows.unfold(row, children_of[self.ids[row]])
            place = row + 1
            while place < rows.end_of(row):  # from the top down: what is unfolded here comes next
                if not rows.is_unfolded(place) and (children := children_of.get(rows.ids[place])):
                    rows = rows.unfold(place, children)
                place += 1
        return rows


class HitRows:
    """Hits grouped by session: those of one session stand together, where the first of them stood."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        groups: dict[int, list[Hit]] = {}
        for hit in hits:
            groups.setdefault(hit.session_id, []).append(hit)
        self.hits: list[Hit] = []
        self.first_of_group: list[int] = []
        for group in groups.values():
            self.first_of_group.append(len(self.hits))
            self.hits += group

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def session_count(self) -> int:
        return len(self.first_of_group)

    def layout(self, is_dense: bool) -> RowLayout:
        headings = [Heading(row, "") for row in self.first_of_group]
        return RowLayout(len(self.hits), 1 if is_dense else 2, headings, gap=0 if is_dense else 1)

    def key(self, row: int) -> Key:
        hit = self.hits[row]
        return (hit.session_id, f"{hit.message_uid}{hit.kind}")

    def find(self, key: Key) -> int | None:
        return next((row for row in range(len(self.hits)) if self.key(row) == key), None)

    def session_id(self, row: int) -> int:
        return self.hits[row].session_id

    def depth(self, row: int) -> int:
        return 0
