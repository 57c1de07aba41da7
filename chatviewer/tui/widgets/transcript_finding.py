"""Finding words in the session that is shown, and lighting them."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from textual import on
from textual.message import Message as TextualMessage

from chatviewer.domain import Message, safe
from chatviewer.tui.background import Job, run_job
from chatviewer.tui.messages import BranchSwitched, FindProgressed
from chatviewer.tui.rendering.block import EVERYTHING, Block, Level
from chatviewer.tui.rendering.message import Child, Place, View, blocks_of
from chatviewer.tui.rendering.row import Row
from chatviewer.tui.widgets.find_patterns import find_pattern, words_pattern
from chatviewer.tui.widgets.transcript_navigation import TranscriptNavigation
from chatviewer.tui.widgets.transcript_painting import CURRENT_MATCH, MATCH, Mark
from chatviewer.tui.widgets.transcript_plan import Bookmark, Position
from chatviewer.tui.widgets.transcript_source import TranscriptSource

PAGE = 100  # messages looked through at a time
MAX_MATCHES = 100_000
_MARKUP = "*_`~\\[]"


class Match(NamedTuple):
    """One occurrence: in which chunk of which block, and the how-manieth there."""

    seq: int
    key: str
    chunk: int
    number: int


class MatchesFound(TextualMessage, bubble=False):
    """Fact: a page of messages was looked through."""

    def __init__(self, generation: int, matches: Sequence[Match], is_complete: bool, elsewhere: Sequence[int] = ()) -> None:
        super().__init__()
        self.elsewhere = elsewhere  # messages of other branches
        self.generation = generation
        self.matches = matches
        self.is_complete = is_complete


def _bare(text: str) -> str:
    """The text without the characters that Markdown takes away, in one case."""
    for character in _MARKUP:
        text = text.replace(character, "")
    return text.casefold()


def blocks_that_might_match(message: Message, words: Sequence[str], children: Mapping[str, Child]) -> set[str]:
    """The keys of the blocks whose source holds all these words: cheap, and never wrong about one that it rules out."""
    found: set[str] = set()
    kind = str(message.metadata.get("kind", ""))
    sources = {"text": [kind, "output", message.content], "thinking": ["thinking", message.thinking], "note": [message.note or ""]}
    for number, call in enumerate(message.tool_calls):
        status = "result asked answered failed no running exit"
        sources[f"call:{number}"] = [call.tool_name, str(call.arguments), call.result or "", call.error_message or "", status]
        if call.child_uid in children:  # its rows hold more than these texts say
            found.add(f"call:{number}")
    for number, attachment in enumerate(message.attachments):
        sources[f"attachment:{number}"] = [attachment.name, attachment.media_type, attachment.text or ""]
    for key, texts in sources.items():
        source = _bare(" ".join(texts))
        if all(word in source for word in words):
            found.add(key)
    return found


def matches_in(message: Message, blocks: Sequence[Block], pattern: re.Pattern[str], width: int) -> Iterator[Match]:
    """The occurrences in the blocks as they are laid out."""
    for block in blocks:
        for number, chunk in enumerate(block.chunks):
            text = "\n".join(row.plain for row in chunk.layout(width))
            for count, _match in enumerate(pattern.finditer(text)):
                yield Match(message.seq, block.key, number, count)


def marks_in(rows: Sequence[Row], pattern: re.Pattern[str]) -> list[list[tuple[int, Mark]]]:
    """For each row what is lit in it, each mark with the number of its occurrence in these rows."""
    plains = [row.plain for row in rows]
    starts = [0, *accumulate(len(plain) + 1 for plain in plains)]
    marks: list[list[tuple[int, Mark]]] = [[] for _ in rows]
    for number, match in enumerate(pattern.finditer("\n".join(plains))):
        first, last = bisect_right(starts, match.start()) - 1, bisect_right(starts, max(match.start(), match.end() - 1)) - 1
        for row in range(first, min(last, len(rows) - 1) + 1):
            start = max(0, match.start() - starts[row])
            end = min(len(plains[row]), match.end() - starts[row])
            if row > first:  # the row's own margin is not part of the match
                start = len(plains[row]) - len(plains[row].lstrip(" ▎↪│"))
            if end > start:
                marks[row].append((number, Mark(start, end, MATCH)))
    return marks


class TranscriptFinding(TranscriptNavigation):
    """`find` looks through the whole branch in a worker thread and counts; `find_next` and `find_previous` go from one to the next."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's own word
        super().__init__(name=name, id=id, classes=classes)
        self.source: TranscriptSource | None = None
        self.forget_find()

    def forget_find(self) -> None:
        """Forgets all about the last search, without moving."""
        self._find_generation = getattr(self, "_find_generation", 0) + 1
        self._find_text = ""
        self._pattern: re.Pattern[str] | None = None
        self._matches: list[Match] = []
        self._current = -1
        self._is_complete = True
        self._elsewhere: Sequence[int] = ()
        self._before: tuple[Bookmark, int | None] | None = None
        self._unfolded: tuple[int, str, Level | None] | None = None
        self._marks: dict[tuple[int, int], list[list[tuple[int, Mark]]]] = {}
        self._awaited: int | None = None  # the message whose first match is to be shown when it is read

    # Lighting

    def marks_of(self, position: Position) -> Sequence[Mark]:
        if self._pattern is None:
            return ()
        layout = self.layout_of_rows
        key = (position.at, position.piece)
        if key not in self._marks:
            plan = layout.plan(position.at)
            rows = plan.rows(position.piece)
            is_content = plan.pieces[position.piece].block.key not in ("", "header")
            self._marks[key] = marks_in(rows, self._pattern) if is_content else [[] for _ in rows]
        lines = self._marks[key]
        if position.row >= len(lines) or not lines[position.row]:
            return ()
        current = self._matches[self._current] if 0 <= self._current < len(self._matches) else None
        marks = []
        for number, mark in lines[position.row]:
            is_current = current is not None and self._is_at(position, current, number)
            marks.append(mark._replace(style=CURRENT_MATCH) if is_current else mark)
        return marks

    def _is_at(self, position: Position, match: Match, number: int) -> bool:
        layout = self.layout_of_rows
        piece = layout.plan(position.at).pieces[position.piece]
        return (
            number == match.number and layout.path[position.at] == match.seq and (piece.block.key, piece.number) == (match.key, match.chunk)
        )

    def moved(self) -> None:
        super().moved()
        if len(self._marks) > 500:
            self._marks.clear()

    def restore(self, cursor: Bookmark, line: int | None, top: Bookmark | None = None) -> None:
        self._marks.clear()
        super().restore(cursor, line, top)

    def _relight(self) -> None:
        self._marks.clear()
        self.painter.clear()
        self._redraw(self.visible_lines())

    # Finding

    @property
    def is_finding(self) -> bool:
        """Whether matches are lit."""
        return self._pattern is not None

    def find(self, text: str) -> None:
        """Lights the text wherever it stands and goes to its first occurrence from the cursor on. Blank text ends finding."""
        pattern = find_pattern(text)
        if pattern is None:
            self.end_find()
            return
        before = self._before or (self.layout_of_rows.bookmark(self.cursor), self._screen_line(self.cursor))
        self._fold_back()
        self.forget_find()
        self._before = before
        self._find_text, self._pattern, self._is_complete = text, pattern, False
        self._relight()
        self._tell_find()
        source = self.source
        if source is None:
            return
        generation, path = self._find_generation, list(self.layout_of_rows.path)
        view, width = self.layout_of_rows.view._replace(folds=EVERYTHING), self.layout_of_rows.width
        places = [self.layout_of_rows.place(index) for index in range(len(path))]
        look = partial(self._look_through, source, generation, path, places, text, pattern, view, width)
        self.run_worker(partial(self._find_in, look, generation), thread=True, group="transcript-find", exit_on_error=False)

    def _find_in(self, look: Job, generation: int) -> None:
        failure = run_job(look)
        if failure is not None:  # no more is to come
            self.post_message(MatchesFound(generation, [], True, []))
            self.post_message(failure)

    def _look_through(
        self,
        source: TranscriptSource,
        generation: int,
        path: Sequence[int],
        places: Sequence[Place],
        text: str,
        pattern: re.Pattern[str],
        view: View,
        width: int,
    ) -> None:
        total = 0
        words = [_bare(word) for word in safe(text).split()]
        for start in range(0, len(path), PAGE):
            if generation != self._find_generation:
                return
            found: list[Match] = []
            seqs = path[start : start + PAGE]
            by_seq = {message.seq: message for message in source.messages(seqs)}
            for seq, place in zip(seqs, places[start : start + PAGE], strict=True):
                message = by_seq.get(seq)
                keys = blocks_that_might_match(message, words, view.children) if message is not None else set()
                if message is not None and keys:
                    blocks = blocks_of(message, place, view, everything_open(message))
                    found += matches_in(message, [block for block in blocks if block.key in keys], pattern, width)
            total += len(found)
            is_complete = start + PAGE >= len(path) or total > MAX_MATCHES
            elsewhere: list[int] = []
            if is_complete:
                shown = set(path)
                elsewhere = [seq for seq in source.matching_seqs(safe(text).strip()) if seq not in shown]
            self.post_message(MatchesFound(generation, found, is_complete, elsewhere))
            if is_complete:
                return

    @on(MatchesFound)
    def _take_matches(self, found: MatchesFound) -> None:
        if found.generation != self._find_generation:
            return
        self._matches += found.matches
        self._is_complete = found.is_complete
        self._elsewhere = found.elsewhere
        if self._current == -1 and self._matches:
            here = self.cursor.at
            index_of = self.layout_of_rows.index_of
            ahead = next((number for number, match in enumerate(self._matches) if index_of.get(match.seq, -1) >= here), None)
            if ahead is not None or found.is_complete:
                self._go_to_match(ahead or 0)
                return
        self._tell_find()

    def _tell_find(self) -> None:
        self.post_message(FindProgressed(self._find_text, self._current + 1, len(self._matches), self._is_complete, len(self._elsewhere)))

    def find_next(self) -> None:
        self._step_match(1)

    def find_previous(self) -> None:
        self._step_match(-1)

    def _step_match(self, step: int) -> None:
        number = self._current + step
        if self._elsewhere and not 0 <= number < len(self._matches):
            self._find_elsewhere(step)
        elif self._matches:
            self._go_to_match(number % len(self._matches))

    def _find_elsewhere(self, step: int) -> None:
        """Goes on in the branch of the next message that holds the text and is not in the one that is shown."""
        layout, text, before = self.layout_of_rows, self._find_text, self._before
        here = self.cursor_seq
        ahead = [seq for seq in self._elsewhere if (seq > here) == (step > 0)] or list(self._elsewhere)
        seq = min(ahead) if step > 0 else max(ahead)
        self._fold_back()
        layout.show_branch_of(seq)
        self._relight()
        self.go_to_message(layout.index_of[seq], at_top=True)
        self.post_message(BranchSwitched(tuple(layout.path)))
        self.find(text)
        self._before = before

    def _go_to_match(self, number: int) -> None:
        """Shows an occurrence; a block that is folded is unfolded for it and folded back when the next one is shown."""
        match = self._matches[number]
        layout = self.layout_of_rows
        if self._unfolded is None or self._unfolded[:2] != (match.seq, match.key):
            self._fold_back()
        self._current = number
        if match.seq not in layout.index_of:
            return
        self._relight()
        if layout.message(match.seq) is None:
            self._awaited = match.seq
            self.go_to_message(layout.index_of[match.seq], at_top=True)
        else:
            self._show_match_now(match)
        self._tell_find()

    def _show_match_now(self, match: Match) -> None:
        layout = self.layout_of_rows
        self._awaited = None
        where = self._piece_of(match)
        if where is None or layout.plan(where.at).pieces[where.piece].block.level is not Level.FULL:
            self._unfolded = (match.seq, match.key, layout.levels.get((match.seq, match.key)))
            layout.set_level(match.seq, match.key, Level.FULL)
            where = self._piece_of(match)
        self._relight()
        if where is None or self._pattern is None:
            return
        lines = marks_in(layout.plan(where.at).rows(where.piece), self._pattern)
        row = next((row for row, marks in enumerate(lines) if any(number == match.number for number, _mark in marks)), 0)
        self._visible = None
        position = where._replace(row=row)
        self.go(position, line=None if self._screen_line(position) is not None else self.page_height // 3)

    def _piece_of(self, match: Match) -> Position | None:
        layout = self.layout_of_rows
        index = layout.index_of[match.seq]
        for number, piece in enumerate(layout.plan(index).pieces):
            if (piece.block.key, piece.number) == (match.key, match.chunk):
                return Position(index, number)
        return None

    def _fold_back(self) -> None:
        if self._unfolded is not None:
            seq, key, level = self._unfolded
            self._unfolded = None
            self.relayout(lambda: self.layout_of_rows.set_level(seq, key, level))

    def end_find(self) -> None:
        """Puts out the lights, folds back, and returns to where the reader was."""
        before = self._before
        self._fold_back()
        self.forget_find()
        self._relight()
        if before is not None:
            if before[0].seq in self.layout_of_rows.stubs and before[0].seq not in self.layout_of_rows.index_of:
                self.layout_of_rows.show_branch_of(before[0].seq)
            self.restore(*before)
        self._tell_find()

    def keep_place(self) -> None:
        """From here on the reader is where the match is: ending does not go back."""
        self._before = None

    # From a search result

    def show_match(self, seq: int, words: Sequence[str]) -> None:
        """Opens at a message, in its branch, with the words lit and the block that holds them unfolded."""
        layout = self.layout_of_rows
        if seq not in layout.index_of:
            layout.show_branch_of(seq)
        self._fold_back()
        self.forget_find()
        self._pattern = words_pattern(words)
        self._relight()
        self.go_to_message(layout.index_of[seq], at_top=True)
        if self._pattern is not None:
            self._awaited = seq
            self.messages_arrived()

    def messages_arrived(self) -> None:
        """After messages were read: shows the match that waited for one of them."""
        seq, pattern = self._awaited, self._pattern
        layout = self.layout_of_rows
        message = layout.message(seq) if seq is not None else None
        if message is None or pattern is None:
            return
        self._awaited = None
        if 0 <= self._current < len(self._matches):
            self._show_match_now(self._matches[self._current])
            return
        view = layout.view._replace(folds=EVERYTHING)
        blocks = blocks_of(message, layout.place(layout.index_of[message.seq]), view, everything_open(message))
        match = next(matches_in(message, blocks, pattern, layout.width), None)
        if match is not None and match.key != "header":
            self._show_match_now(match)


def everything_open(message: Message) -> dict[str, Level]:
    """Levels with which every block of a message shows all that it has."""
    keys = ["thinking", "text", *(f"call:{number}" for number in range(len(message.tool_calls)))]
    return dict.fromkeys([*keys, *(f"attachment:{number}" for number in range(len(message.attachments)))], Level.FULL)
