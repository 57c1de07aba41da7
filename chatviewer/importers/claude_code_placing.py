"""The tree of a thread's messages, by the links of Claude Code's records.

Links go through records that give no message, point to records that are missing, run in circles, and fork wherever a program put a
note beside a message. What comes out is the tree that a person would draw: only alternative prompts and replies are branches.
"""

from collections.abc import Iterator

from chatviewer.domain.kinds import Role
from chatviewer.importers.base import FullReadNeededError
from chatviewer.importers.building import without_cycles
from chatviewer.importers.claude_code_drafts import Call, Piece, Reply, Thread
from chatviewer.importers.claude_code_records import Transcript

# By thread and missing record, or record that leads to none: what its children hang on instead; None: they begin the thread.
Ghosts = dict[tuple[str, str], Piece | None]


class Placing:
    """Gives every piece of a transcript its parent. The same rules hold for a tail, so that it continues what is stored."""

    def __init__(self, transcript: Transcript, ghosts: Ghosts) -> None:
        self.nodes = transcript.nodes
        self.is_tail = transcript.reading.is_tail
        self.ghosts = ghosts
        self.found: dict[str, tuple[Piece | None, str]] = {}
        # The note that stands behind a piece (or at the beginning of a thread): what hangs on that piece goes on from the note.
        self.trail: dict[Piece | Thread, Piece] = {}
        self.ends: dict[Piece | Thread, Piece | Thread] = {}  # where following the trail ended the last time
        self.displaced: dict[Piece | Thread, Piece | Thread] = {}  # a note that was moved to the end, and where its children belong

    def place(self, thread: Thread) -> None:
        """Give each message of the thread its parent."""
        is_ordered = True
        place = 0
        previous = thread.before
        if thread.root is not None:
            self.trail[thread] = thread.root
        for piece in thread.pieces:
            if piece.is_dropped:
                continue
            base: Piece | Thread | None = piece.parent
            is_stated = True
            if base is None:
                base, is_stated = self._target(piece, previous)
            target = base = base or thread
            if self.trail:
                target = self._advanced(base, is_stated)
            if piece.is_note:
                is_placed = base is thread or (type(base) is Piece and (base.is_stored or base.place))
                if previous is not None and target is not previous:
                    if is_placed:
                        self.displaced[piece] = base
                    target = previous
                elif not is_placed:
                    target = thread
                self.trail[target] = piece
            previous = piece
            place += 1
            piece.place = place
            if type(target) is Piece:
                piece.parent = target
                is_ordered = is_ordered and (target.is_stored or 0 < target.place < place)
            else:
                piece.parent = None
        if not is_ordered:
            self._cut_cycles([piece for piece in thread.pieces if piece.place])

    @staticmethod
    def _cut_cycles(pieces: list[Piece]) -> None:
        """A parent may come after its child, and lead back to it."""
        parents = without_cycles({piece.uid: piece.parent.uid if piece.parent is not None else None for piece in pieces})
        for piece in pieces:
            if parents[piece.uid] is None and piece.parent is not None and not piece.parent.is_stored:
                piece.parent = None

    def _target(self, piece: Piece, previous: Piece | None) -> tuple[Piece | Thread | None, bool]:
        """What a piece goes on from (None: it begins the thread, or is another beginning of it), and whether the source says so: without
        a usable link it goes on from the piece before it."""
        uuid = (piece.reply or piece).parent_uuid
        if not uuid:
            if piece.logical_uuid is not None:
                before = self.piece_of(piece.logical_uuid)[0]
                return (before, True) if before is not None and before.thread is piece.thread else (previous, False)
            return (None, True) if uuid is not None and piece.role is Role.USER else (previous, False)
        node = self.nodes.get(uuid)
        before, missing = (node, uuid) if type(node) is Piece else self.piece_of(uuid)
        if before is None:
            ghost = piece.thread.key, missing
            if ghost not in self.ghosts:
                if self.is_tail and missing not in self.nodes:
                    raise FullReadNeededError
                self.ghosts[ghost] = previous
            return self.ghosts[ghost], False
        if before.thread is not piece.thread:
            if piece.thread.continues is None and previous is None and not piece.thread.parent_key:
                piece.thread.continues = before
            return previous, False
        return (before, True) if before is not piece else (previous, False)

    def piece_of(self, uuid: str) -> tuple[Piece | None, str]:
        """The piece that a record stands for, else the record at which the way to one ends."""
        way: dict[str, None] = {}
        at = uuid
        piece: Piece | None = None
        while at not in way:
            if at in self.found:
                piece, at = self.found[at]
                break
            node = self.nodes.get(at)
            if isinstance(node, Reply):
                node = node.pieces[-1] if node.pieces else node.parent_uuid
            if isinstance(node, Piece):
                piece = node
                break
            if node is None:
                break
            way[at] = None
            if not node:
                break
            at = node
        for step in way:
            self.found[step] = piece, at
        return piece, at

    def _advanced(self, anchor: Piece | Thread, is_stated: bool = True, before_line: int | None = None) -> Piece | Thread:
        """Where that which goes on from an anchor hangs: behind the notes there. A note that was moved stands for where it belongs, when
        the source names it as the parent."""
        while is_stated and anchor in self.displaced:
            anchor = self.displaced[anchor]
        if before_line is not None:
            while (note := self.trail.get(anchor)) is not None and note.line < before_line:
                anchor = note
            return anchor
        start = anchor
        anchor = self.ends.get(start, start)
        while (note := self.trail.get(anchor)) is not None:
            anchor = note
        if anchor is not start:
            self.ends[start] = anchor
        return anchor

    def stands_for(self, uuid: str, before_line: int) -> Iterator[tuple[str, Piece | None, bool]]:
        """For the state that is kept: the threads in which a record has a place, with the piece on which its children hang (None: they
        begin the thread), as things stood before a line; and whether it is only a ghost."""
        piece, missing = self.piece_of(uuid)
        anchor: Piece | Thread | None
        if piece is not None:
            anchor = self._advanced(piece, True, before_line)
            if isinstance(anchor, Piece) and anchor.line < before_line:
                yield anchor.thread.key, anchor, False
            return
        for (key, ghost), start in self.ghosts.items():
            if ghost == missing:
                anchor = self._advanced(start, False, before_line) if start is not None else None
                if anchor is None or (isinstance(anchor, Piece) and anchor.line < before_line):
                    yield key, anchor, True

    def goes_on_from(self, call: Call, before_line: int) -> Piece:
        """On what the children of a call's result hang, as things stood before a line."""
        owner = call.piece.reply.pieces[-1] if call.piece.reply is not None else call.piece
        anchor = self._advanced(owner, True, before_line)
        return anchor if isinstance(anchor, Piece) else owner

    def root_note(self, thread: Thread, before_line: int) -> Piece | None:
        """The note that stands at the beginning of a thread, on which every beginning hangs."""
        anchor = self._advanced(thread, True, before_line)
        return anchor if isinstance(anchor, Piece) else None
