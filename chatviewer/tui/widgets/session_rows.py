"""What a session list holds: sessions by id, or the hits of a search. Both lay themselves out without knowing a row's content."""

from array import array
from collections.abc import Sequence
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
    def __len__(self) -> int: ...


class SessionRows:
    """Sessions in the order of their ids here: eight bytes each."""

    def __init__(self, ids: "array[int]", headings: Sequence[Heading] = ()) -> None:
        self.ids = ids
        self.headings = headings

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
