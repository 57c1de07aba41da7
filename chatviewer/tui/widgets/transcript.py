"""The transcript: one session, read from its first prompt to its last reply, at any length.

`TranscriptView` knows the session, fetches messages page by page in a worker thread, switches branches, rates, copies. How rows
are laid out is in `transcript_layout`, how the view moves and draws in `transcript_navigation`.

`python -m chatviewer.tui.widgets.transcript` shows made-up sessions.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.strip import Strip

from chatviewer.domain import Message, MessageStub, Role, SessionSummary
from chatviewer.tui.actions import bindings
from chatviewer.tui.background import attempt, run_job
from chatviewer.tui.messages import BranchSwitched, CopyText, KeyAnswered, OpenSession, RateReply, WorkFailed
from chatviewer.tui.outgoing_messages import OpenAttachment, OpenLink
from chatviewer.tui.reading_memory import KEPT_SESSIONS, Memories, Memory
from chatviewer.tui.rendering.block import Level
from chatviewer.tui.rendering.copying import Copyable, block_text, copy_source, copyables
from chatviewer.tui.rendering.highlighting import warm_up
from chatviewer.tui.rendering.links import addresses, addresses_in_row
from chatviewer.tui.rendering.message import Child, View
from chatviewer.tui.rendering.row import Row
from chatviewer.tui.rendering.wording import local_day
from chatviewer.tui.widgets.transcript_folding import TranscriptFolding
from chatviewer.tui.widgets.transcript_layout import TranscriptLayout
from chatviewer.tui.widgets.transcript_plan import Bookmark, Position
from chatviewer.tui.widgets.transcript_source import ChildFetched, MessagesFetched, TranscriptSource

PAGE_BEFORE, PAGE_AFTER = 12, 36  # messages fetched around what is on the screen
HOLD_SECONDS = 0.15  # the longest time that the session before stays on the screen while the messages of the next one are read


class TranscriptView(TranscriptFolding):
    """Shows a session. What the reader asks for that is not the view's own business is posted (`chatviewer.tui.messages`)."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("transcript")]

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's own word
        super().__init__(name=name, id=id, classes=classes)
        self.session: SessionSummary | None = None
        self.source: TranscriptSource | None = None
        self._generation = 0
        self._is_fetching = False
        self._failed: set[int] = set()
        self._children: dict[str, Child | None] = {}  # None: asked for
        self._memories: Memories = Memories()
        self._left = Memory()  # how the session was when it was shown
        self._awaited_place: tuple[Bookmark, Position] | None = None  # where to go within a message once it is read
        self._held: list[Strip] = []  # the screen as it was, until there is something to show in its place

    # What is shown

    def show(
        self,
        session: SessionSummary,
        stubs: Sequence[MessageStub],
        source: TranscriptSource,
        *,
        at_seq: int | None = None,
        words: Sequence[str] = (),
        current_seq: int | None = None,
    ) -> None:
        """Shows a session where the reader left it, or at a message (in whichever branch) with the words lit.

        The first time it is shown, it is the branch that ends in `current_seq`, which the source showed last.
        """
        self.remember()
        held = self._held or ([] if self.session is None else [self.render_line(y) for y in range(self.size.height)])
        is_new = session.uid not in self._memories
        memory = self._memories.get(session.uid, Memory())
        self.session, self.source = session, source
        self.set_reactive(TranscriptView.folds, memory.folds or self.preferred_folds)
        self._start(TranscriptLayout(stubs, width=self.text_width, view=self._view(), chosen=memory.chosen))
        self._held = held
        self.layout_of_rows.levels.update(memory.levels)
        if is_new and current_seq is not None and current_seq in self.layout_of_rows.stubs:
            self.layout_of_rows.show_branch_of(current_seq)
        if at_seq is not None and at_seq in self.layout_of_rows.stubs:
            self.show_match(at_seq, words)
        else:
            self.cursor = self.layout_of_rows.find(memory.cursor) if memory.cursor else Position(0)
            self.top = self.layout_of_rows.move(self.cursor, -2) if memory.cursor else Position(0)
            self._awaited_place = (memory.cursor, self.cursor) if memory.cursor else None
            self.moved()
        self._left = self._memory()
        if self._is_fetching:
            self.set_timer(HOLD_SECONDS, partial(self._let_go, self._generation))
        else:
            self._let_go(self._generation)

    def _let_go(self, generation: int) -> None:
        """The screen is no longer held."""
        if self._held and generation == self._generation:
            self._held = []
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the screen. A session whose messages are still being read, which takes a blink, does not empty it first."""
        return self._held[y] if y < len(self._held) else super().render_line(y)

    def _redraw(self, lines: Sequence[tuple[Position, Row]]) -> None:
        if not self._held:
            super()._redraw(lines)

    def on_resize(self) -> None:
        self._held = []
        super().on_resize()

    def clear(self) -> None:
        """Shows nothing."""
        self.remember()
        self.session = self.source = None
        self._start(TranscriptLayout(width=self.text_width, view=self._view()))
        self.moved()

    def append(self, stubs: Sequence[MessageStub]) -> None:
        """New messages of the session that is shown. Nothing on the screen moves, unless the reader is at the end."""
        self.relayout(lambda: self.layout_of_rows.extend(stubs))

    def refresh_message(self, message: Message) -> None:
        """A message that was changed: rated, or a note written."""
        if message.seq in self.layout_of_rows.stubs:
            self.relayout(lambda: self.layout_of_rows.replace_message(message))

    def _start(self, layout: TranscriptLayout) -> None:
        self._generation += 1
        self._held = []
        self._is_fetching = False
        self._failed.clear()
        self._children.clear()
        self.layout_of_rows = layout
        self.top = self.cursor = Position(0)
        self.is_at_end = False
        self._awaited_place = None
        self._highlighted = None
        self.forget_find()
        self.painter.clear()
        self._visible = None

    def recall(self, memories: Memories) -> None:
        """Begin with what was remembered of earlier times."""
        self._memories = memories

    def remember(self) -> Memories | None:
        """Keep how the session that is shown was left; a copy of all that is kept when that changed."""
        if self.session is None:
            return None
        memory = self._memory()
        if self._awaited_place is not None and self._awaited_place[1].at == self.cursor.at:
            memory = memory._replace(cursor=self._awaited_place[0])
        has_changed = memory != self._left and memory != self._memories.get(self.session.uid)
        if not has_changed and self.session.uid not in self._memories:
            return None
        self._memories[self.session.uid] = memory
        self._memories.move_to_end(self.session.uid)
        if len(self._memories) > KEPT_SESSIONS:
            self._memories.popitem(last=False)
        return self._memories.copy() if has_changed else None

    def _memory(self) -> Memory:
        layout = self.layout_of_rows
        forks = {fork: seq for fork, seq in layout.chosen.items() if fork in layout.tree.forks}
        is_at_start = not layout.path or self.cursor <= layout.start(0)
        folds = self.folds if self.folds != self.preferred_folds else None
        return Memory(forks, dict(layout.levels), None if is_at_start else layout.bookmark(self.cursor), folds)

    def _view(self) -> View:
        session = self.session
        children = {uid: child for uid, child in self._children.items() if child is not None}
        day = local_day(session.started_at) if session else None
        return View(self.folds, day, session is not None and session.parent_uid is not None, children)

    def show_view(self, change: Callable[[], None] | None = None) -> None:
        def lay_out() -> None:
            if change is not None:
                change()
            self.layout_of_rows.set_view(self._view())

        self.relayout(lay_out)

    # Fetching

    @property
    def is_waiting(self) -> bool:
        """Whether what the next key is meant for is not here yet: the messages on the screen, or the first match of a find."""
        if self._find_text and self._current == -1 and not self._is_complete:
            return True
        lines = self.visible_lines() if self._is_fetching and self.has_focus else []
        return bool(lines) and bool(self.layout_of_rows.missing(lines[0][0].at, lines[-1][0].at))

    def need(self, first: int, last: int) -> None:
        """Fetches what is missing on the screen and around it. One page is under way at a time."""
        layout, source = self.layout_of_rows, self.source
        if source is None:
            return
        self._need_children(source, first, last)
        if self._is_fetching:
            return
        on_screen = layout.missing(first, last)
        seqs = on_screen or layout.missing(first - PAGE_BEFORE // 2, last + PAGE_AFTER // 2)
        seqs = [seq for seq in seqs if seq not in self._failed]
        if not seqs:
            return
        wanted = layout.missing(first - PAGE_BEFORE, last + PAGE_AFTER)
        if len(on_screen) > PAGE_BEFORE + PAGE_AFTER:
            wanted = on_screen
        self._is_fetching = True
        generation = self._generation
        self.run_worker(lambda: self._fetch(source, generation, wanted), thread=True, group="transcript-pages", exit_on_error=False)

    def _fetch(self, source: TranscriptSource, generation: int, seqs: Sequence[int]) -> None:
        def job() -> MessagesFetched:
            found = source.messages(seqs)
            warm_up(found)
            return MessagesFetched(generation, seqs, found)

        done = run_job(job)
        if isinstance(done, WorkFailed):
            done = MessagesFetched(generation, seqs, [], done.sentence)
        if done is not None:
            self.post_message(done)

    def _need_children(self, source: TranscriptSource, first: int, last: int) -> None:
        """Fetches the ends of the sub-agents' sessions whose calls are unfolded on the screen."""
        layout, generation = self.layout_of_rows, self._generation
        for seq in layout.path[first : last + 1]:
            message = layout.message(seq)
            for number, call in enumerate(message.tool_calls if message is not None else ()):
                uid = call.child_uid
                level = layout.levels.get((seq, f"call:{number}"), self.folds.tool_level)
                if uid is not None and uid not in self._children and level > Level.LINE:
                    self._children[uid] = None
                    fetch = partial(self._fetch_child, source, generation, uid)
                    self.run_worker(partial(attempt, self, fetch), thread=True, group="transcript-children", exit_on_error=False)

    def _fetch_child(self, source: TranscriptSource, generation: int, uid: str) -> ChildFetched | None:
        child = source.child(uid)
        return ChildFetched(generation, uid, child) if child is not None else None

    @on(ChildFetched)
    def _take_child(self, fetched: ChildFetched) -> None:
        if fetched.generation == self._generation:
            self._children[fetched.uid] = fetched.child
            self.show_view()

    @on(MessagesFetched)
    def _take_messages(self, fetched: MessagesFetched) -> None:
        if fetched.generation != self._generation:
            return
        self._is_fetching = False
        self._let_go(fetched.generation)
        # what did not come is not asked for again and again
        self._failed |= set(fetched.seqs) - {message.seq for message in fetched.messages}
        if fetched.problem:
            self.notify(fetched.problem, title="Messages cannot be read", severity="error", markup=False)
        self.relayout(lambda: self.layout_of_rows.add_messages(fetched.messages))
        self._go_to_awaited_place()
        self.messages_arrived()

    def _go_to_awaited_place(self) -> None:
        """On to the row where the reader was, now that its message is there, unless the reader has moved."""
        if self._awaited_place is None or self.layout_of_rows.message(self._awaited_place[0].seq) is None:
            return
        place, there = self._awaited_place
        self._awaited_place = None
        if self.cursor_seq == place.seq and self.cursor.at == there.at:
            self.restore(place, self._screen_line(self.cursor))

    # What is under the cursor

    def action_open_here(self) -> None:
        """Opens the sub-agent's session of the call under the cursor, the addresses that the row shows, an image; else folds."""
        block = self.layout_of_rows.block_at(self.cursor)
        message = self.layout_of_rows.message(self.cursor_seq)
        if block is None or message is None:
            return
        piece = self.layout_of_rows.plan(self.cursor.at).pieces[self.cursor.piece]
        is_head = block.is_foldable and piece.number == 0 and self.cursor.row == 0
        if block.child_uid is not None and (is_head or not block.is_foldable):
            self.post_message(OpenSession(block.child_uid))
        elif not is_head and (found := self._addresses_here(message, block.key)):
            self.post_message(OpenLink(found))
        elif block.key.startswith("attachment:") and not block.is_foldable:
            self.post_message(OpenAttachment(message.attachments[int(block.key[11:])]))
        else:
            self.action_toggle_block()

    def _addresses_here(self, message: Message, key: str) -> list[str]:
        rows = self.layout_of_rows.plan(self.cursor.at).rows(self.cursor.piece)
        return addresses_in_row(addresses(block_text(message, key)), rows, self.cursor.row)

    # Branches

    def action_previous_branch(self) -> None:
        self._switch_branch(-1)

    def action_next_branch(self) -> None:
        self._switch_branch(1)

    def _switch_branch(self, step: int) -> None:
        """Shows the sibling of the message under the cursor, or of the nearest one above that has any."""
        layout = self.layout_of_rows
        index = next((at for at in range(self.cursor.at, -1, -1) if len(layout.siblings(at)) > 1), None) if layout.path else None
        if index is None:
            self.post_message(KeyAnswered("There is no other branch here."))
            return
        siblings = layout.siblings(index)
        seq = siblings[(siblings.index(layout.path[index]) + step) % len(siblings)]
        line = self._screen_line(layout.start(index))
        layout.show_branch_of(seq)
        self.painter.clear()
        self._visible = None
        self.go(layout.start(index), line=1 if line is None else line)
        self.post_message(BranchSwitched(tuple(layout.path)))

    def show_message(self, seq: int) -> None:
        """Goes to a message, in whichever branch it is."""
        layout = self.layout_of_rows
        if seq not in layout.stubs:
            return
        is_elsewhere = seq not in layout.index_of
        if is_elsewhere:
            layout.show_branch_of(seq)
            self.painter.clear()
            self._visible = None
        self.go_to_message(layout.index_of[seq], at_top=True)
        if is_elsewhere:
            self.post_message(BranchSwitched(tuple(layout.path)))

    # Rating and copying

    def action_rate(self, value: int) -> None:
        """Rates the reply under the cursor; 0 takes the rating away."""
        message = self.layout_of_rows.message(self.cursor_seq)
        if message is None:
            return
        if message.role is not Role.ASSISTANT:
            self.post_message(KeyAnswered("Only replies are rated · J goes to the next message"))
            return
        self.post_message(RateReply(message.uid, value or None))

    def copy_text(self) -> tuple[str, str] | None:
        """The source text of the block under the cursor and what it is in words; None where there is nothing."""
        message = self.layout_of_rows.message(self.cursor_seq)
        block = self.layout_of_rows.block_at(self.cursor)
        return None if message is None else copy_source(message, block.key if block else "")

    def copyables(self) -> list[Copyable]:
        """All that can be copied where the cursor is, the likeliest first."""
        message = self.layout_of_rows.message(self.cursor_seq)
        block = self.layout_of_rows.block_at(self.cursor)
        project = self.session.project if self.session is not None else ""
        return [] if message is None else copyables(message, block.key if block else "", project)

    def action_copy(self) -> None:
        if (copied := self.copy_text()) is not None:
            self.post_message(CopyText(*copied))


if __name__ == "__main__":
    from chatviewer.tui.widgets.transcript_sample import SampleApp

    SampleApp().run()
