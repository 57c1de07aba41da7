"""The queries that led somewhere, to be fetched back with the arrow keys."""

from collections.abc import Iterable

MOST = 100


class QueryHistory:
    """Walks from what is typed now to older queries and back."""

    def __init__(self, entries: Iterable[object] = ()) -> None:
        self.entries = [entry for entry in entries if isinstance(entry, str) and entry.strip()][-MOST:]  # the newest last
        self._trail: list[str] = []  # from what was typed to the oldest entry shown

    def add(self, text: str) -> None:
        """Keep a query, as the newest."""
        text = text.strip()
        if text:
            self.entries = [*(entry for entry in self.entries if entry != text), text][-MOST:]

    def is_shown(self, text: str) -> bool:
        """Whether this text is the entry that was fetched back last."""
        return len(self._trail) > 1 and self._trail[-1] == text

    def older(self, text: str) -> str | None:
        """The query before the one that is shown; None at the oldest."""
        if not self.is_shown(text):
            self._trail = [text]
        known = {each.strip() for each in self._trail}
        found = next((entry for entry in reversed(self.entries) if entry not in known), None)
        if found is not None:
            self._trail.append(found)
        return found

    def newer(self, text: str) -> str | None:
        """The query after the one that is shown, in the end what was typed; None where nothing was fetched back."""
        if not self.is_shown(text):
            return None
        self._trail.pop()
        return self._trail[-1]
