"""Where everything in a transcript stands, without drawing it.

A place is a `Position`: the message (its index in the branch that is shown), the piece of it, the row in the piece. What is on the
screen is laid out exactly; all the rest counts as an estimate, made from the sizes in the stubs, which only the scroll bar sees. So
opening, paging and jumping cost the same in a session of 100 messages and of 10,000.
"""

import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter

from chatviewer.domain import Message, MessageStub, MessageTree, Role
from chatviewer.tui.rendering.block import Block, Level
from chatviewer.tui.rendering.chunk import Chunk
from chatviewer.tui.rendering.message import Place, View, blocks_of, placeholder_rows
from chatviewer.tui.rendering.row import Row
from chatviewer.tui.widgets.transcript_plan import Bookmark, Plan, Position

KEPT_MESSAGES = 400
KEPT_CHARACTERS = 48_000_000
KEPT_PLANS = 160
MOST_NOTICES = 50  # in a row, that are looked over for who spoke before them
_LAST_PIECE = 1 << 40
_ANCESTRY = attrgetter("seq", "parent_seq")


class TranscriptLayout:
    """The messages of a session as rows. Holds what was read of them; what is missing is laid out as a placeholder."""

    def __init__(
        self, stubs: Sequence[MessageStub] = (), *, width: int = 80, view: View | None = None, chosen: Mapping[int, int] | None = None
    ) -> None:
        self.width = width
        self.view = view or View()
        self.stubs: dict[int, MessageStub] = {stub.seq: stub for stub in stubs}
        self.tree = MessageTree(map(_ANCESTRY, stubs))
        self.chosen: dict[int, int] = dict(chosen or {})
        self.levels: dict[tuple[int, str], Level] = {}
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._characters = 0
        self._plans: OrderedDict[int, Plan] = OrderedDict()
        self.path: list[int] = []
        self.index_of: dict[int, int] = {}
        self._heights = array("q")
        self._sizes: list[tuple[int, int, int, int]] = []
        self._set_path(self.tree.path_through(-1, self.chosen) if self.stubs else [])

    # The branch

    def _set_path(self, path: list[int]) -> None:
        self.path = path
        self.index_of = dict(zip(path, range(len(path)), strict=True))
        self._plans.clear()
        system, stubs = Role.SYSTEM, self.stubs
        # what a height is estimated by: rows in any case, characters of the text, calls, characters of thinking
        self._sizes = [
            (2, 0, 0, 0) if role is system else (2 + (content > 0) + (thinking > 0), content, calls, thinking)
            for _seq, _parent, role, content, thinking, calls, _rating in map(stubs.__getitem__, path)
        ]
        self._reset_heights()

    def show_branch_of(self, seq: int) -> None:
        """Shows the branch that holds this message; below it, the branches chosen before."""
        way = self.tree.path_to(seq)
        self.chosen |= dict(zip([-1, *way], way, strict=False))
        self._set_path(self.tree.path_through(seq, self.chosen))

    def extend(self, stubs: Iterable[MessageStub]) -> None:
        """New messages at the end of the session. The branch goes on into them if it ended where they begin."""
        leaf = self.path[-1] if self.path else -1
        self.stubs |= {stub.seq: stub for stub in stubs}
        self.tree = MessageTree(map(_ANCESTRY, self.stubs.values()))
        self._set_path(self.tree.path_through(leaf, self.chosen) if leaf != -1 else self.tree.path_through(-1, self.chosen))

    def siblings(self, index: int) -> Sequence[int]:
        return self.tree.siblings(self.path[index])

    def stub(self, index: int) -> MessageStub:
        return self.stubs[self.path[index]]

    def place(self, index: int) -> Place:
        """Where a message stands; by the stubs alone, so that it is the same whether its neighbours are read or not."""
        stub = self.stub(index)
        siblings = self.siblings(index)
        count = len(siblings)
        branch = siblings.index(stub.seq) + 1 if count > 1 else 0
        if index == 0:
            return Place(branch=branch, branch_count=count)
        before = self.stub(index - 1)
        is_in_reply = self._speaker_before(index) is Role.ASSISTANT
        is_tight = before.tool_call_count > 0 or before.role is Role.SYSTEM
        return Place(
            is_first=False,
            is_continuation=is_in_reply and stub.role in (Role.ASSISTANT, Role.SYSTEM),
            follows_calls=is_in_reply and is_tight and stub.role is Role.ASSISTANT,
            follows_system=stub.role is Role.SYSTEM and is_tight,
            branch=branch,
            branch_count=count,
        )

    def _speaker_before(self, index: int) -> Role:
        """Who spoke last before a message: what programs put in between, such as the outcome of a hook, does not break a reply."""
        for earlier in range(index - 1, max(-1, index - MOST_NOTICES), -1):
            if (role := self.stub(earlier).role) is not Role.SYSTEM:
                return role
        return Role.SYSTEM

    # The messages

    def message(self, seq: int) -> Message | None:
        return self._messages.get(seq)

    def add_messages(self, messages: Iterable[Message]) -> None:
        """What was read. The oldest are let go when there are too many, or too large ones."""
        for message in messages:
            if (old := self._messages.pop(message.seq, None)) is not None:
                self._characters -= _size(old)
            self._messages[message.seq] = message
            self._characters += _size(message)
            self._plans.pop(message.seq, None)
        while len(self._messages) > KEPT_MESSAGES or (self._characters > KEPT_CHARACTERS and len(self._messages) > 40):
            seq, oldest = self._messages.popitem(last=False)
            self._characters -= _size(oldest)
            self._plans.pop(seq, None)

    def held(self) -> list[Message]:
        """Those that are read."""
        return list(self._messages.values())

    def replace_message(self, message: Message) -> None:
        """A message that was changed; its rating is part of its stub too."""
        rating = message.rating.value if message.rating else 0
        self.stubs[message.seq] = self.stubs[message.seq]._replace(rating=rating)
        self.add_messages([message])

    def missing(self, first: int, last: int) -> list[int]:
        """The sequence numbers of messages that are not read, from index `first` to `last`; those that are count as used now."""
        missing: list[int] = []
        for seq in self.path[max(0, first) : last + 1]:
            if seq in self._messages:
                self._messages.move_to_end(seq)
            else:
                missing.append(seq)
        return missing

    # How it is shown

    def set_width(self, width: int) -> None:
        self.width = width
        self._plans.clear()
        self._reset_heights()

    def set_view(self, view: View) -> None:
        self.view = view
        self._plans.clear()
        self._reset_heights()

    def set_level(self, seq: int, key: str, level: Level | None) -> None:
        """Folds or unfolds one block; None gives it back to the view's own level."""
        if level is None:
            self.levels.pop((seq, key), None)
        else:
            self.levels[seq, key] = level
        self._plans.pop(seq, None)

    def clear_levels(self, prefix: str = "") -> None:
        """Gives the blocks whose key begins so back to the view's own level."""
        self.levels = {place: level for place, level in self.levels.items() if not place[1].startswith(prefix)}
        self._plans.clear()

    def levels_of(self, seq: int) -> dict[str, Level]:
        return {key: level for (owner, key), level in self.levels.items() if owner == seq}

    def plan(self, index: int) -> Plan:
        """The pieces of a message; of one that is not read, a placeholder."""
        seq = self.path[index]
        plan = self._plans.get(seq)
        if plan is not None:
            self._plans.move_to_end(seq)
            return plan
        message = self._messages.get(seq)
        if message is None:
            return self._placeholder(index)
        plan = Plan(blocks_of(message, self.place(index), self.view, self.levels_of(seq)), self.width)
        self._plans[seq] = plan
        self._heights[index] = sum(plan.heights)
        if len(self._plans) > KEPT_PLANS:
            self._plans.popitem(last=False)
        return plan

    def _placeholder(self, index: int) -> Plan:
        stub, place, height = self.stub(index), self.place(index), self._heights[index]
        block = Block("", [Chunk(lambda width: placeholder_rows(stub.role, place, height, width), height, 0)])
        return Plan([block], self.width)

    # Heights

    def _reset_heights(self) -> None:
        room = max(10, int(self.width * 0.8))  # rows end at words and at line breaks
        per_call = {Level.HIDDEN: 0, Level.LINE: 1}.get(self.view.folds.tool_level, 10)
        thinking_room = room if self.view.folds.thinking > Level.LINE else sys.maxsize
        self._heights = array(
            "q",
            [least + content // room + calls * per_call + thinking // thinking_room for least, content, calls, thinking in self._sizes],
        )

    def height(self, position: Position) -> int:
        """The exact height of the piece at a position."""
        plan = self.plan(position.at)
        return len(plan.rows(position.piece)) if plan.pieces else 0

    def _settle(self, index: int) -> None:
        """Takes over into the scroll bar what laying out a message found."""
        if (plan := self._plans.get(self.path[index])) is not None:
            self._heights[index] = sum(plan.heights)

    @property
    def total(self) -> int:
        """Rows in all: estimates, exact where it was laid out."""
        return sum(self._heights)

    def offset(self, position: Position) -> int:
        """Rows above a position, as the scroll bar counts."""
        if not self.path:
            return 0
        self._settle(position.at)
        plan = self.plan(position.at)
        return sum(islice(self._heights, position.at)) + sum(plan.heights[: position.piece]) + position.row

    def at_offset(self, offset: int) -> Position:
        """The position that the scroll bar means."""
        rest = max(0, offset)
        for index, height in enumerate(self._heights):
            if rest < height or index == len(self._heights) - 1:
                break
            rest -= height
        else:
            return Position(0)
        plan = self.plan(index)
        for piece, rows in enumerate(plan.heights):
            if rest < rows or piece == len(plan.heights) - 1:
                return self.clamp(Position(index, piece, rest))
            rest -= rows
        return self.clamp(Position(index))

    # Walking

    def clamp(self, position: Position) -> Position:
        """The nearest row that there is, at or before this one if possible."""
        if not self.path:
            return Position(0)
        index = min(max(0, position.at), len(self.path) - 1)
        plan = self.plan(index)
        if index == position.at and 0 <= position.piece < len(plan.pieces):
            rows = len(plan.rows(position.piece))
            self._settle(index)
            if rows:
                return Position(index, position.piece, min(max(0, position.row), rows - 1))
        start = Position(index, min(max(0, position.piece), max(0, len(plan.pieces) - 1)), -1)
        return self._next(start) or self._previous(start) or Position(index)

    def _next(self, position: Position) -> Position | None:
        """The first row of the next piece that has any, this one's own if its row is -1."""
        index, piece = position.at, position.piece + (position.row >= 0)
        while index < len(self.path):
            plan = self.plan(index)
            while piece < len(plan.pieces):
                if plan.rows(piece):
                    self._settle(index)
                    return Position(index, piece)
                piece += 1
            self._settle(index)
            index, piece = index + 1, 0
        return None

    def _previous(self, position: Position) -> Position | None:
        """The last row of the piece before this one that has any."""
        index, piece = position.at, position.piece - 1
        if index >= len(self.path):
            index, piece = len(self.path) - 1, _LAST_PIECE
        while index >= 0:
            plan = self.plan(index)
            piece = min(piece, len(plan.pieces) - 1)
            while piece >= 0:
                if rows := plan.rows(piece):
                    self._settle(index)
                    return Position(index, piece, len(rows) - 1)
                piece -= 1
            self._settle(index)
            index -= 1
            piece = _LAST_PIECE
        return None

    def move(self, position: Position, rows: int) -> Position:
        """So many rows down, or up if negative; stops at the ends."""
        position = self.clamp(position)
        if not self.path or not self.height(position):
            return position
        while rows > 0:
            left = self.height(position) - 1 - position.row
            if rows <= left:
                return position._replace(row=position.row + rows)
            below = self._next(position)
            if below is None:
                return position._replace(row=position.row + left)
            rows -= left + 1
            position = below
        while rows < 0:
            if -rows <= position.row:
                return position._replace(row=position.row + rows)
            above = self._previous(position)
            if above is None:
                return position._replace(row=0)
            rows += position.row + 1
            position = above
        return position

    def lines(self, top: Position, count: int) -> Iterator[tuple[Position, Row]]:
        """The rows from a position on, at most `count`."""
        position: Position | None = top if self.path else None
        while position is not None and count > 0:
            plan = self.plan(position.at)
            rows = plan.rows(position.piece) if plan.pieces else []
            for number in range(position.row, min(len(rows), position.row + count)):
                yield position._replace(row=number), rows[number]
            count -= max(0, len(rows) - position.row)
            position = self._next(position)

    def start(self, index: int) -> Position:
        """The row where a message begins: its header, behind the blank row before it."""
        position = self.clamp(Position(index))
        if position.at != index:
            return position
        rows = self.plan(index).rows(position.piece) if self.plan(index).pieces else []
        if rows and not rows[0].plain.strip() and not rows[0].fill:
            return self.move(position, 1)
        return position

    def end(self) -> Position:
        """The last row of all."""
        return self._previous(Position(len(self.path))) or Position(0)

    def is_shown(self, index: int) -> bool:
        """Whether a message has any row: one that only calls tools has none while those are hidden."""
        return any(self.plan(index).heights)

    # Places that outlive a change of the layout

    def block_at(self, position: Position) -> Block | None:
        plan = self.plan(position.at) if self.path else None
        return plan.pieces[position.piece].block if plan is not None and position.piece < len(plan.pieces) else None

    def bookmark(self, position: Position) -> Bookmark:
        if not self.path:
            return Bookmark(-1)
        seq = self.path[position.at]
        plan = self.plan(position.at)
        if position.piece >= len(plan.pieces):
            return Bookmark(seq)
        piece = plan.pieces[position.piece]
        return Bookmark(seq, piece.block.key, piece.number, position.row, max(1, plan.heights[position.piece]))

    def find(self, bookmark: Bookmark) -> Position:
        """Where the place is now: the same chunk of the same block if it is there, else as near as can be."""
        index = self.index_of.get(bookmark.seq)
        if index is None:
            return self.clamp(Position(len(self.path) - 1))
        plan = self.plan(index)
        is_missing = bool(plan.pieces) and not plan.pieces[0].block.key
        if not bookmark.key and not is_missing:  # the place was in a placeholder, and the message is there now
            return self.start(index)
        best: int | None = None
        for number, piece in enumerate(plan.pieces):
            if piece.block.key == bookmark.key and piece.number <= bookmark.chunk:
                best = number
        if best is None:
            return self.clamp(Position(index))
        rows = len(plan.rows(best))
        if bookmark.key == "header" and rows != bookmark.height:  # it came or went with a rating; a blank row is no place to be
            return self.start(index)
        is_same = plan.pieces[best].number == bookmark.chunk
        row = bookmark.row if rows == bookmark.height else bookmark.row * rows // bookmark.height
        return self.clamp(Position(index, best, row if is_same else rows - 1))


def _size(message: Message) -> int:
    return len(message.content) + len(message.thinking) + sum(len(call.result or "") for call in message.tool_calls)
