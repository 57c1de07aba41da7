"""A message of the transcript cut into pieces, and the words for places in it."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from chatviewer.tui.rendering.block import Block
from chatviewer.tui.rendering.chunk import Chunk
from chatviewer.tui.rendering.row import Row

KEPT_PIECES = 48  # laid out, of one message


class Position(NamedTuple):
    """A row of the transcript. `at` counts messages along the branch that is shown; a `piece` is a chunk of one of the message's blocks."""

    at: int
    piece: int = 0
    row: int = 0


class Bookmark(NamedTuple):
    """A place in words that survive folding, resizing, loading and switching branches."""

    seq: int
    key: str = ""
    chunk: int = 0
    row: int = 0
    height: int = 1


class Piece(NamedTuple):
    """A chunk with the block that it is part of."""

    block: Block
    number: int  # of the chunk in the block
    chunk: Chunk


class Plan:
    """A message cut into pieces. Heights are estimates until a piece is laid out."""

    def __init__(self, blocks: Sequence[Block], width: int) -> None:
        self.width = width
        self.pieces = [Piece(block, number, chunk) for block in blocks for number, chunk in enumerate(block.chunks)]
        self.heights = [piece.chunk.estimate(width) for piece in self.pieces]
        self._rows: OrderedDict[int, list[Row]] = OrderedDict()

    def rows(self, piece: int) -> list[Row]:
        """The rows of a piece, laid out now if they are not."""
        rows = self._rows.get(piece)
        if rows is None:
            rows = self._rows[piece] = self.pieces[piece].chunk.layout(self.width)
            self.heights[piece] = len(rows)
            if len(self._rows) > KEPT_PIECES:
                self._rows.popitem(last=False)
        return rows
