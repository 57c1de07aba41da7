"""The unit that is folded and unfolded: a message's header, its thinking, its text, each of its tool calls."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import NamedTuple

from textual.content import Content

from chatviewer.tui.rendering.chunk import Chunk
from chatviewer.tui.rendering.row import MUTED, Row

SHORT_ROWS = 12
INDENT = 2


class Level(IntEnum):
    """How much of a block is shown."""

    HIDDEN = -1
    LINE = 0
    SHORT = 1  # the first `SHORT_ROWS` rows
    FULL = 2


_TOOL_LEVELS = {"hidden": Level.HIDDEN, "line": Level.LINE, "open": Level.SHORT, "full": Level.FULL}
TOOL_CALL_VIEWS = tuple(_TOOL_LEVELS)


class Folds(NamedTuple):
    """How much is shown of the blocks that the reader did not fold or unfold one by one."""

    tool_calls: str = "line"  # one of `TOOL_CALL_VIEWS`
    thinking: Level = Level.LINE
    others: Level = Level.LINE  # what programs put in, what is attached

    @property
    def tool_level(self) -> Level:
        return _TOOL_LEVELS.get(self.tool_calls, Level.LINE)


EVERYTHING = Folds("full", Level.FULL, Level.FULL)


@dataclass(slots=True)
class Block:
    """`key` names it within its message, whatever else is shown or hidden. `chunks` are laid out one by one when they become visible."""

    key: str
    chunks: list[Chunk]
    level: Level = Level.FULL
    top_level: Level = Level.FULL  # the highest one that differs from the one below
    is_foldable: bool = False
    child_uid: str | None = None  # the session that Enter opens

    def next_level(self) -> Level:
        """What folding and unfolding this block in turn goes to."""
        return Level.LINE if self.level >= self.top_level else Level(self.level + 1)


def has_more(chunks: list[Chunk]) -> bool:
    """Whether there is more than the short form shows."""
    return sum(chunk.estimate(100) for chunk in chunks) > SHORT_ROWS


def shortened(chunks: list[Chunk]) -> list[Chunk]:
    """One chunk with the first rows of these, and a sign of how many lines it leaves out."""
    if not chunks:
        return []
    total = sum(chunk.line_count for chunk in chunks)
    return [Chunk(partial(_short_rows, chunks, total), min(total, SHORT_ROWS + 1), 0)]


def _short_rows(chunks: list[Chunk], total: int, width: int) -> list[Row]:
    rows: list[Row] = []
    for chunk in chunks:
        rows += chunk.layout(width)
        if len(rows) > SHORT_ROWS + 1:
            hidden = max(1, total - SHORT_ROWS)
            return [*rows[:SHORT_ROWS], Row(Content.styled(f"… {hidden:,} more {'line' if hidden == 1 else 'lines'}", MUTED))]
    return rows


def folding(key: str, head: Chunk, body: Callable[[], list[Chunk]], level: Level, *, child_uid: str | None = None) -> Block:
    """A line, and below it as much of the body as the level says."""
    chunks = body() if level > Level.LINE else []
    is_short = not has_more(chunks)
    shown = chunks if level is Level.FULL or is_short else shortened(chunks)
    top = Level.SHORT if level > Level.LINE and is_short else Level.FULL
    return Block(key, shifted([head, *shifted(shown, INDENT)], INDENT), level, top, is_foldable=True, child_uid=child_uid)


def shifted(chunks: list[Chunk], columns: int) -> list[Chunk]:
    """The chunks laid out further to the right."""
    return [chunk._replace(layout=partial(_shifted_rows, chunk.layout, columns)) for chunk in chunks]


def _shifted_rows(layout: Callable[[int], list[Row]], columns: int, width: int) -> list[Row]:
    return [row._replace(indent=row.indent + columns) for row in layout(max(8, width - columns))]


def barred(chunks: list[Chunk]) -> list[Chunk]:
    """The chunks beside a bar: what belongs to another session."""
    return [chunk._replace(layout=partial(_barred_rows, chunk.layout)) for chunk in chunks]


def _barred_rows(layout: Callable[[int], list[Row]], width: int) -> list[Row]:
    return [Row(Content.assemble(("│ ", MUTED), " " * row.indent, row.content), row.fill) for row in layout(max(8, width - 2))]


def filled(chunks: list[Chunk], fill: str) -> list[Chunk]:
    """The chunks on a ground of their own, code blocks excepted."""
    return [chunk._replace(layout=partial(_filled_rows, chunk.layout, fill)) for chunk in chunks]


def _filled_rows(layout: Callable[[int], list[Row]], fill: str, width: int) -> list[Row]:
    return [Row(Content(" " * row.indent) + row.content if row.indent else row.content, row.fill or fill) for row in layout(width)]
