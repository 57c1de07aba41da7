"""What the search box, its screen and the threads behind it tell each other, beside the hits themselves."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chatviewer.domain import SearchHints
    from chatviewer.tui.narrowing import Narrowing


class HintsReady(Message):
    """Fact: what would find more than the search of this generation."""

    def __init__(self, generation: int, hints: "SearchHints") -> None:
        super().__init__()
        self.generation = generation
        self.hints = hints


class NarrowingReady(Message):
    """Fact: what the result of this generation could be narrowed to."""

    def __init__(self, generation: int, narrowing: "Narrowing") -> None:
        super().__init__()
        self.generation = generation
        self.narrowing = narrowing


class Narrow(Message):
    """Intent: toggle a field in the query, widen it by one more value, exclude it, or search for it only."""

    def __init__(self, term: str, how: str = "toggle") -> None:
        super().__init__()
        self.term = term
        self.how = how


class ToolNamesFetched(Message):
    """Fact: the tools that were called, with the number of sessions that called them, the most frequent first."""

    def __init__(self, names: Mapping[str, int]) -> None:
        super().__init__()
        self.names = names


class SearchesFetched(Message):
    """Fact: the saved searches, as their preference keeps them; `words` say what was done to them."""

    def __init__(self, text: str, words: str = "") -> None:
        super().__init__()
        self.text = text
        self.words = words


class ChipTaken(Message):
    """Fact: a click took this field out of the query."""

    def __init__(self, term: str) -> None:
        super().__init__()
        self.term = term
