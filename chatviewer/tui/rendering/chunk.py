"""Long text in pieces that are laid out one by one, when they become visible.

A tool output of 5,000 lines or a message of a megabyte is a list of chunks; making the list costs next to nothing, and a screen shows two.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

from textual.content import Content

from chatviewer.domain import safe
from chatviewer.tui.rendering import ansi
from chatviewer.tui.rendering.row import BLANK, CODE_FILL, MUTED, Row, cut, fold

CHUNK_LINES = 200
CHUNK_CHARACTERS = 40_000
MARKDOWN_CHARACTERS = 12_000  # Markdown takes longer to lay out
MARKDOWN_LINES = 300
KEPT_MARKDOWN = 64  # pieces, laid out
LINE_COST = 40  # a line takes as long to lay out as so many characters
MARKDOWN_SIZE = MARKDOWN_CHARACTERS + LINE_COST
HIGHLIGHT_LINES = 500  # code above this is shown plain


class Chunk(NamedTuple):
    """`layout` gives the rows for a width; the sizes let a scroll bar be drawn before that."""

    layout: Callable[[int], list[Row]]
    line_count: int
    character_count: int

    def estimate(self, width: int) -> int:
        """How many rows this will be, roughly."""
        return max(self.line_count, self.character_count // max(1, width))


def fixed(rows: Callable[[int], list[Row]], count: int = 1) -> Chunk:
    """A chunk of a known number of rows."""
    return Chunk(rows, count, 0)


def split_lines(text: str) -> Iterator[tuple[str, int]]:
    """Pieces of whole lines, each with its number of lines; a single longer line stays whole."""
    lines = text.split("\n")
    start = size = 0
    for number, line in enumerate(lines):
        size += min(len(line), 4_000)
        if number - start + 1 >= CHUNK_LINES or size >= CHUNK_CHARACTERS:
            yield "\n".join(lines[start : number + 1]), number + 1 - start
            start, size = number + 1, 0
    if start < len(lines):
        yield "\n".join(lines[start:]), len(lines) - start


def harmless_lines(text: str) -> list[str]:
    """Safe lines of a program's output: a carriage return begins a new line, tabs are four blanks, long lines are cut."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # cut first: making a megabyte harmless takes a while
    return safe("\n".join(map(cut, text.split("\n")))).expandtabs(4).split("\n")


def output_chunks(text: str) -> list[Chunk]:
    """What a program printed; its colours are kept where they are plain SGR, everything else it sent to the terminal is dropped."""
    return [
        Chunk(partial(_output_rows, piece), count, min(len(piece), CHUNK_CHARACTERS)) for piece, count in split_lines(text.rstrip("\n"))
    ]


def _output_rows(text: str, width: int) -> list[Row]:
    rows: list[Row] = []
    if "\x1b" in text:
        for line in ansi.decode(text.replace("\r\n", "\n")):
            rows += fold(line, width)
        return rows
    for plain in harmless_lines(text):
        rows += fold(Content(plain), width)
    return rows


def plain_chunks(text: str, style: str = "") -> list[Chunk]:
    """Text as it is, line by line."""
    return [Chunk(partial(_plain_rows, piece, style), count, min(len(piece), CHUNK_CHARACTERS)) for piece, count in split_lines(text)]


def _plain_rows(text: str, style: str, width: int) -> list[Row]:
    rows: list[Row] = []
    for line in harmless_lines(text):
        rows += fold(Content.styled(line, style) if style else Content(line), width)
    return rows


def code_chunks(text: str, language: str, first_line: int | None = None) -> list[Chunk]:
    """Code on its own ground, highlighted unless it is long, with line numbers if the first one is known."""
    text = text.rstrip("\n")
    if text.count("\n") >= HIGHLIGHT_LINES:
        language = ""
    chunks: list[Chunk] = []
    for piece, count in split_lines(text):
        layout = partial(_code_rows, piece, language, first_line)
        chunks.append(Chunk(layout, count, min(len(piece), CHUNK_CHARACTERS)))
        if first_line is not None:
            first_line += count
    return chunks


def _code_rows(text: str, language: str, first_line: int | None, width: int) -> list[Row]:
    from chatviewer.tui.rendering.highlighting import highlight

    lines = highlight("\n".join(harmless_lines(text)), language)
    number_width = 0 if first_line is None else len(str(first_line + len(lines)))
    rows: list[Row] = []
    for number, line in enumerate(lines, first_line or 0):
        prefix = Content.styled(f"{number:>{number_width}} ", MUTED) if number_width else Content(" ")
        rows += fold(line, width, first=prefix, fill=CODE_FILL)
    return rows


def markdown_chunks(text: str, style: str = "", *, reflows: bool = False) -> list[Chunk]:
    """A message in Markdown. A long one is cut at blank lines outside of code, so that each piece means what it meant in the whole."""
    return [
        Chunk(partial(_markdown_rows, piece, style, reflows, has_gap), piece.count("\n") + 1, min(len(piece), CHUNK_CHARACTERS))
        for piece, has_gap in split_markdown(text)
    ]


@lru_cache(maxsize=KEPT_MARKDOWN)
def _markdown_rows(text: str, style: str, reflows: bool, has_gap: bool, width: int) -> list[Row]:
    """Kept, as folding everything lays out the texts around again; nobody changes the rows."""
    from chatviewer.tui.rendering.markdown import markdown_rows

    rows = markdown_rows(text, width, style, reflows=reflows)
    return [BLANK, *rows] if has_gap and rows else rows


def split_markdown(text: str) -> Iterator[tuple[str, bool]]:
    """Pieces of Markdown that are laid out in a moment, and whether a blank row stands before each. They are cut at blank lines; where
    there are none for long, also between lines. A fence or a table that is longer than a piece is opened again in the next one."""
    if len(text) <= MARKDOWN_CHARACTERS and text.count("\n") < MARKDOWN_LINES:
        yield text, False
        return
    piece: list[str] = []
    size = 0
    fence = ""
    head: list[str] = []  # of the table that the line is in
    has_gap = False
    for line in text.split("\n"):
        bare = line.strip()
        if bare[:3] in ("```", "~~~"):
            if not fence:
                fence = line
            elif bare.startswith(fence.strip()[:3]) and not bare.strip("`~"):
                fence = ""
        if not fence:
            head = _table_head(head, piece[-1] if piece else "", line)
        piece.append(cut(line))
        size += len(piece[-1]) + LINE_COST
        if size < MARKDOWN_SIZE or (size < 2 * MARKDOWN_SIZE and (fence or bare)) or (size < 4 * MARKDOWN_SIZE and line[:1] == " "):
            continue
        yield "\n".join([*piece, fence.strip()[:3]] if fence else piece), has_gap
        has_gap = not bare and not fence
        piece = [fence] if fence else list(head)
        size = sum(map(len, piece))
    if any(line.strip() for line in piece):
        yield "\n".join(piece), has_gap


def _table_head(head: list[str], before: str, line: str) -> list[str]:
    """The first two lines of the table that goes on with this line; empty outside of tables."""
    if "|" not in line:
        return []
    if "|" in before and "-" in line and not line.strip(" |:-"):
        return [before, line]
    return head
