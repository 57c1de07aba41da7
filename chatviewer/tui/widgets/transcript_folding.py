"""The folding part of the transcript: a block by itself, all of them in three levels, tool calls and thinking each on their own.

`folds` holds for the session that is shown; a session whose folds the reader never changed follows the preferences.
"""

from collections.abc import Callable

from textual.reactive import reactive

from chatviewer.tui.messages import KeyAnswered
from chatviewer.tui.rendering.block import TOOL_CALL_VIEWS, Folds, Level
from chatviewer.tui.widgets.transcript_finding import TranscriptFinding
from chatviewer.tui.widgets.transcript_plan import Bookmark, Position

NOTHING_TO_FOLD = "Nothing folds on this line; lines with ▸ do · t unfolds all tool calls"
_FOLDED = Folds()
_IN_PART = Folds("open", Level.SHORT, Level.SHORT)
_WHOLE = Folds("full", Level.FULL, Level.FULL)
_WORDS = {
    "hidden": "Tool calls are hidden · t shows them again",
    "line": "Tool calls: one line each · t unfolds them",
    "open": "Tool calls: their first lines · t shows all of them",
    "full": "Tool calls: all of them · t hides them",
}


class TranscriptFolding(TranscriptFinding):
    """Folds and unfolds."""

    folds: reactive[Folds] = reactive(Folds(), init=False)
    preferred_folds = Folds()

    def prefer(self, folds: Folds) -> None:
        """How sessions are shown whose folds the reader does not change."""
        follows = self.folds == self.preferred_folds
        self.preferred_folds = folds
        if follows:
            self.folds = folds

    def watch_folds(self) -> None:
        self.show_view()

    def show_view(self, change: Callable[[], None] | None = None) -> None:
        """Lays the session out anew as it is to be shown after a change; nothing moves on the screen."""

    # One block

    def action_toggle_block(self) -> None:
        """Folds or unfolds what can be folded."""
        block = self.layout_of_rows.block_at(self.cursor)
        if block is not None and block.is_foldable:
            self.set_level(block.key, block.next_level())
        elif block is not None:
            self.post_message(KeyAnswered(NOTHING_TO_FOLD))

    def set_level(self, key: str, level: Level) -> None:
        """Folds or unfolds a block of the message under the cursor; the cursor goes to the block's first line."""
        layout = self.layout_of_rows
        self.is_at_end = False
        seq = self.cursor_seq
        mark = layout.bookmark(self.cursor)
        first = layout.find(Bookmark(seq, key))
        line = self._screen_line(first)
        layout.set_level(seq, key, level)
        if mark.chunk == 0 and line is not None:
            self.restore(mark._replace(height=1, row=min(mark.row, 1)), self._screen_line(self.cursor))
        else:
            self.restore(Bookmark(seq, key), line or 0)

    def clicked(self, position: Position) -> None:
        """A click on the line of something that folds folds it."""
        block = self.layout_of_rows.block_at(position)
        row = dict(self.visible_lines()).get(position)
        if block is not None and block.is_foldable and row is not None and row.plain.lstrip()[:1] in ("▸", "▾"):
            self.set_level(block.key, block.next_level())

    # All of them

    def action_fold_all(self) -> None:
        self._fold_as(_FOLDED, "", "Everything is folded · Z unfolds")

    def action_unfold_all(self) -> None:
        """The first lines of everything; all of it, when those are shown already."""
        if min(self.folds.tool_level, self.folds.thinking, self.folds.others) < Level.SHORT:
            self._fold_as(_IN_PART, "", "The first lines of everything · Z again shows all, z folds")
        else:
            self._fold_as(_WHOLE, "", "All of everything · z folds")

    def action_cycle_tool_calls(self) -> None:
        following = TOOL_CALL_VIEWS.index(self.folds.tool_calls) + 1
        how = TOOL_CALL_VIEWS[following % len(TOOL_CALL_VIEWS)]
        self._fold_as(self.folds._replace(tool_calls=how), "call:", _WORDS[how])

    def action_toggle_thinking(self) -> None:
        is_shown = self.folds.thinking > Level.LINE
        words = "Thinking is folded" if is_shown else "Thinking is shown · T folds it"
        self._fold_as(self.folds._replace(thinking=Level.LINE if is_shown else Level.FULL), "thinking", words)

    def _fold_as(self, folds: Folds, key: str, words: str) -> None:
        """Shows all blocks whose key begins so at one level, whatever was folded or unfolded of them before."""

        def change() -> None:
            self.layout_of_rows.clear_levels(key)
            self.set_reactive(TranscriptFolding.folds, folds)

        self.show_view(change)
        self.post_message(KeyAnswered(words))
