"""Which sessions are marked, one by one or as a range that follows the cursor."""

from collections.abc import Callable, Collection


class Marks:
    """Ids of sessions. `on_change` is called with their number whenever it is another set."""

    def __init__(self, on_change: Callable[[int], None]) -> None:
        self.ids: set[int] = set()
        self._on_change = on_change
        self._range: tuple[int, frozenset[int]] | None = None  # the row where it began, and the marks before it

    def toggle(self, session_id: int) -> None:
        self._range = None
        self._set(self.ids ^ {session_id})

    def toggle_all(self, ids: set[int]) -> None:
        """Mark all of these; none of them when they are marked already."""
        self._set(set() if ids <= self.ids else self.ids | ids)

    def toggle_range(self, row: int, session_id: int) -> None:
        """Begin a range at a row, or end the one that follows the cursor."""
        if self._range is not None:
            self._range = None
        else:
            self._range = (row, frozenset(self.ids))
            self._set(self.ids | {session_id})

    def follow(self, row: int, id_of: Callable[[int], int]) -> None:
        """The cursor has moved to a row; a range reaches as far."""
        if self._range is not None:
            start, before = self._range
            low, high = sorted((start, row))
            self._set({*before, *(id_of(each) for each in range(low, high + 1))})

    def end_range(self) -> None:
        """Rows have moved: where the range began is another row now."""
        self._range = None

    def keep(self, shown: Callable[[], Collection[int]]) -> None:
        """Drop the marks of what is not shown any more: no action may meet what cannot be seen."""
        self._range = None
        if self.ids:
            self._set(self.ids.intersection(shown()))

    def drop(self, ids: Collection[int]) -> None:
        """These are not shown any more."""
        self._range = None
        self._set(self.ids.difference(ids))

    def clear(self) -> bool:
        """Whether there were any."""
        had_any = bool(self.ids)
        self._range = None
        self._set(set())
        return had_any

    def _set(self, ids: set[int]) -> None:
        if ids != self.ids:
            self.ids = ids
            self._on_change(len(ids))
