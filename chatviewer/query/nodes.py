"""What a query is made of: small frozen values that mean the same in lists, in searches and in bulk commands.

`Word`, `Pattern`, `Names`, `Span` and `Absent` are the leaves; `Not`, `AllOf` and `AnyOf` join them.
"""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias


SCOPES = ("text", "tools", "thinking", "title")
DEFAULT_SCOPES = ("text", "thinking", "title")  # tool output is searched when asked: it would drown the rest


# What stands right behind a number and is one word with it in the index, in lower case.
UNITS = (
    *("ns", "us", "µs", "ms", "s", "sec", "min", "m", "h", "hr", "hrs", "d", "w"),
    *("b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "k", "g", "bit"),
    *("px", "em", "rem", "pt", "vh", "vw", "dpi", "fps", "p", "x", "hz", "khz", "mhz", "ghz"),
    *("mm", "cm", "km", "kg", "v", "st", "nd", "rd", "th"),
)


class Word(NamedTuple):
    """Text to find: a word, or with `is_phrase` words in this order. With `is_prefix` the last word may go on.

    `number`: what was typed before it, where it is its unit: `350 ms` may be written as one word as well.
    """

    text: str
    is_prefix: bool = False
    is_phrase: bool = False
    number: str = ""


class Pattern(NamedTuple):
    """A regular expression, known to compile."""

    source: str


class Names(NamedTuple):
    """A field that is one of these values."""

    field: str
    values: tuple[str, ...]


class Span(NamedTuple):
    """A field from `low` (included) to `high` (left out); None is open. The field `date` is in milliseconds since 1970 UTC."""

    field: str
    low: int | None
    high: int | None


class Absent(NamedTuple):
    """A field that has no value."""

    field: str


class Not(NamedTuple):
    node: Node


class AllOf(NamedTuple):
    nodes: tuple[Node, ...]


class AnyOf(NamedTuple):
    nodes: tuple[Node, ...]


Node: TypeAlias = Word | Pattern | Names | Span | Absent | Not | AllOf | AnyOf


class Query(NamedTuple):
    """What a typed text asks for. `node` is None where it asks for everything.

    `problems` are `(position in text, words)`. What is wrong is left out of `node`, so a command that changes sessions must not
    act on a query with problems.
    """

    text: str = ""
    node: Node | None = None
    scopes: tuple[str, ...] = DEFAULT_SCOPES  # where words are looked for
    problems: tuple[tuple[int, str], ...] = ()
    has_scopes: bool = False  # `in:` was given

    @property
    def is_empty(self) -> bool:
        """Whether nothing narrows the library down."""
        return self.node is None

    @property
    def words(self) -> tuple[str, ...]:
        """The words and phrases that a reader should see lit, in the order typed, each once."""
        return tuple(dict.fromkeys(leaf.text for leaf in positive_leaves(self.node) if isinstance(leaf, Word)))

    @property
    def patterns(self) -> tuple[str, ...]:
        """The regular expressions that a reader should see lit."""
        return tuple(dict.fromkeys(leaf.source for leaf in positive_leaves(self.node) if isinstance(leaf, Pattern)))

    def asks(self, field: str, *values: str) -> bool:
        """Whether the query asks for (not: against) one of these values of the field."""
        return any(
            isinstance(leaf, Names) and leaf.field == field and not set(values).isdisjoint(leaf.values)
            for leaf in positive_leaves(self.node)
        )


def distinct(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Each once, in order. By how they are written: as tuples, nodes of two kinds are equal where what they hold is."""
    return tuple({repr(node): node for node in nodes}.values()) if len(nodes) > 1 else tuple(nodes)


def positive_leaves(node: Node | None) -> list[Node]:
    """The leaves that stand under an even number of negations, in order."""
    leaves: list[Node] = []
    waiting: list[tuple[Node, bool]] = [] if node is None else [(node, True)]
    while waiting:
        here, is_wanted = waiting.pop()
        if isinstance(here, Not):
            waiting.append((here.node, not is_wanted))
        elif isinstance(here, AllOf | AnyOf):
            waiting.extend((below, is_wanted) for below in reversed(here.nodes))
        elif is_wanted:
            leaves.append(here)
    return leaves
