"""Search results as styled pieces of text: the words around a match, with the match lit. Everything foreign is made harmless."""

import re
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len, chop_cells
from rich.segment import Segment

from chatviewer.domain import Hit, HitKind, Role, safe_line
from chatviewer.tui import formatting
from chatviewer.tui.formatting import ELLIPSIS
from chatviewer.tui.widgets.row_painting import INDENT, RowPainter, RowState

MATCH_START, MATCH_END = "\x02", "\x03"
_MATCH = re.compile(f"{MATCH_START}([^{MATCH_END}]*){MATCH_END}?")
_SPEAKERS = {Role.USER: "you", Role.ASSISTANT: "reply", Role.SYSTEM: "system", Role.TOOL: "tool"}
_KINDS: dict[HitKind, str] = {kind: kind.value for kind in HitKind if kind is not HitKind.TEXT}


class HitPainter(RowPainter):
    """Paints hits and the sessions that they stand under."""

    def hit(self, hit: Hit, offset: int, width: int, state: RowState) -> list[Segment]:
        """Line `offset` of a search result: who says it, then the words around the match, with the match lit."""
        speaker = _KINDS.get(hit.kind) or (_SPEAKERS.get(hit.role, "") if hit.role else "")
        room = max(1, width - INDENT - 1)
        lines = snippet_lines(hit.snippet, room, 1 if self.is_dense else 2, f"{speaker} · " if speaker else "")
        margin = self.margin(state, False, is_first=True)
        if offset >= len(lines):
            is_free = hit.kind is HitKind.TITLE and offset == len(lines)  # below a title stands what is below it in the list
            facts = [hit.source, formatting.project_name(hit.project)] if is_free else []
            return [margin, Segment(formatting.fit(" · ".join(filter(None, facts)), width - INDENT), self.looks.dim)]
        pieces = lines[offset]
        used = sum(cell_len(text) for text, _ in pieces)
        label = cell_len(speaker) + 3 if speaker and offset == 0 else 0
        return [margin, *self._lit(pieces, label), Segment(" " * max(0, width - INDENT - used), self.looks.dim)]

    def _lit(self, pieces: list[tuple[str, bool]], label: int) -> list[Segment]:
        segments = []
        for text, is_match in pieces:
            if label and not is_match:
                segments.append(Segment(text[:label], self.looks.dim))
                text, label = text[label:], 0
            if text:
                segments.append(Segment(text, self.looks.match if is_match else self.looks.title))
        return segments

    def hit_heading(self, hit: Hit, width: int) -> list[Segment]:
        """The session that the results below belong to. Where that shows the whole title, the source is left out."""
        title, age = safe_line(hit.title or "Untitled"), self.age(hit.created_at)
        facts = f"{hit.source} · {age}".rstrip(" ·")
        if age and cell_len(title) + cell_len(facts) > width - 4 >= cell_len(title) + cell_len(age):
            facts = age
        room = max(1, width - 2 - cell_len(facts) - 2)
        title = formatting.fit(title, room)
        return [Segment(f" {title}  ", self.looks.strong), Segment(formatting.fit(facts, max(0, width - room - 3)) + " ", self.looks.dim)]


@lru_cache(512)
def snippet_lines(snippet: str, width: int, line_count: int, label: str = "") -> list[list[tuple[str, bool]]]:
    """A label and a snippet, wrapped by cells into at most `line_count` lines of (text, is a match), harmless.

    Where the first match would not be seen, words before it are left out.
    """
    pieces = _pieces(snippet)
    lead = pieces.pop(0)[0] if pieces and not pieces[0][1] else ""
    room = width * line_count - cell_len(label)
    for kept in (lead, _tail(lead, room // 3), ELLIPSIS if lead else ""):
        lines, shown = _laid_out([(label, False), (kept, False), *pieces], width, line_count)
        if not pieces or shown >= len(label) + len(kept) + len(pieces[0][0]):
            break
    return lines


def _pieces(snippet: str) -> list[tuple[str, bool]]:
    """The snippet as harmless (text, is a match)."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found in _MATCH.finditer(snippet):
        pieces += [(snippet[end : found.start()], False), (found.group(1), True)]
        end = found.end()
    pieces.append((snippet[end:], False))
    return [(_one_line_keeping_edges(text), is_match) for text, is_match in pieces if text]


def _tail(text: str, length: int) -> str:
    """The last words of a text, some `length` characters of them."""
    if len(text) <= length:
        return text
    tail = text[len(text) - length :]
    return ELLIPSIS + (tail.partition(" ")[2] or tail)


def _laid_out(pieces: list[tuple[str, bool]], width: int, line_count: int) -> tuple[list[list[tuple[str, bool]]], int]:
    """The lines, the last one filled up to its end, and how many characters of the text they show."""
    plain = "".join(text for text, _ in pieces)
    is_lit = b"".join((b"\1" if is_match else b"\0") * len(text) for text, is_match in pieces)
    wrapped = _wrap(plain, width)
    lines, start = [], 0
    for number, line in enumerate(wrapped[:line_count], start=1):
        shown = len(line)
        text = line.rstrip()
        if number == line_count < len(wrapped):
            start += len(plain[start:]) - len(plain[start:].lstrip())  # `fit` leaves white space before the text out
            text = formatting.fit(plain[start:], width, pad=False)
            shown = len(text) - 1
        flags = is_lit[start : start + min(shown, len(text))].ljust(len(text), b"\0")  # the sign of what is cut off is no match
        lit = groupby(zip(text, flags, strict=True), key=itemgetter(1))
        lines.append([("".join(char for char, _ in group), bool(flag)) for flag, group in lit])
        start += shown
    return lines, start


def _one_line_keeping_edges(text: str) -> str:
    inner = safe_line(text)
    if not inner:
        return " "
    return (" " if text[0].isspace() else "") + inner + (" " if text[-1].isspace() else "")


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at spaces where there are any, and within words of wide characters, which stand for
    sentences. Joined they are the text."""
    lines, line = [], ""
    for word in re.findall(r"\S+\s*|\s+", text):
        if cell_len(line) + cell_len(word.rstrip()) <= width:
            line += word
            continue
        room = width - cell_len(line)
        if line and room > 1 and cell_len(word) > len(word):
            head = chop_cells(word, room)[0]
            line, word = line + head, word[len(head) :]
        if line:
            lines.append(line)
        *full, line = chop_cells(word, max(2, width)) or [""]
        lines += full
    return [*lines, line] if line else lines or [""]
