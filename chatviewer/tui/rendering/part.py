"""What the body of a tool call is made of. A renderer says what there is; how it looks is decided here, once for all tools."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual.content import Content

from chatviewer.domain import safe, safe_line
from chatviewer.tui.rendering.chunk import (
    CHUNK_LINES,
    HIGHLIGHT_LINES,
    Chunk,
    code_chunks,
    fixed,
    harmless_lines,
    markdown_chunks,
    output_chunks,
    plain_chunks,
)
from chatviewer.tui.rendering.patch import FileChange, tally
from chatviewer.tui.rendering.row import ERROR, MUTED, PRIMARY, SUCCESS, Row, beside, cut, fold, wrap

_NUMBERED = re.compile(r"^ *(\d+)(?:→|\t|\| ?|: )(.*)$")
MAX_TREE_LINES = 5_000
MAX_TREE_DEPTH = 40


class Output(NamedTuple):
    """What a program printed; its own colours are kept."""

    text: str

    def chunks(self) -> list[Chunk]:
        return output_chunks(self.text)


class Plain(NamedTuple):
    """Text as it is."""

    text: str
    style: str = ""

    def chunks(self) -> list[Chunk]:
        return plain_chunks(self.text, self.style)


class Code(NamedTuple):
    """Source code; numbered from `first_line` if that is known."""

    text: str
    language: str = ""
    first_line: int | None = None

    def chunks(self) -> list[Chunk]:
        return code_chunks(self.text, self.language, self.first_line)


class Listing(NamedTuple):
    """A file as an agent read it. Line numbers that the agent put in front become those of the listing."""

    text: str
    language: str = ""

    def chunks(self) -> list[Chunk]:
        numbered = numbered_code(self.text)
        if numbered is None:
            return code_chunks(self.text, self.language)
        return code_chunks(numbered[1], self.language, numbered[0])


class Prose(NamedTuple):
    """Markdown."""

    text: str

    def chunks(self) -> list[Chunk]:
        return markdown_chunks(self.text)


class Checklist(NamedTuple):
    """Steps with their state: done, active, dropped or open."""

    items: tuple[tuple[str, str], ...]

    def chunks(self) -> list[Chunk]:
        return [Chunk(partial(_checklist_rows, self.items), len(self.items), sum(len(text) for _state, text in self.items))]


class Diff(NamedTuple):
    """What was done to one file; under its name where a call changes several."""

    change: FileChange
    language: str = ""
    is_named: bool = False

    def chunks(self) -> list[Chunk]:
        lines = self.change.lines[1:] if self.change.lines[:1] == ("@@",) else self.change.lines
        language = self.language if len(lines) <= HIGHLIGHT_LINES else ""
        pieces = [lines[start : start + CHUNK_LINES] for start in range(0, len(lines), CHUNK_LINES)]
        heading = [fixed(partial(_file_row, self.change))] if self.is_named else []
        return heading + [Chunk(partial(_diff_rows, piece, language), len(piece), sum(map(len, piece))) for piece in pieces]


class Tree(NamedTuple):
    """Any JSON value as aligned keys and values; nothing of it is left out."""

    value: Any

    def chunks(self) -> list[Chunk]:
        lines = list(_tree_lines(self.value))
        pieces = [lines[start : start + CHUNK_LINES] for start in range(0, len(lines), CHUNK_LINES)]
        return [Chunk(partial(_tree_rows, piece), len(piece), sum(len(line.text) for line in piece)) for piece in pieces]


Part = Output | Plain | Code | Listing | Prose | Checklist | Diff | Tree

_STATES = {
    "done": ("☑", MUTED, f"strike {MUTED}"),
    "active": ("▶", PRIMARY, "bold"),
    "dropped": ("☒", MUTED, f"strike {MUTED}"),
    "open": ("☐", "", ""),
}


def _checklist_rows(items: Sequence[tuple[str, str]], width: int) -> list[Row]:
    rows: list[Row] = []
    for state, text in items:
        sign, sign_style, style = _STATES.get(state, _STATES["open"])
        rows += wrap(Content.styled(safe_line(text, 2_000), style), width, first=Content.styled(f"{sign} ", sign_style))
    return rows


def _file_row(change: FileChange, width: int) -> list[Row]:
    """The name of a file above its changes, and what was done to it beside them."""
    done = {"add": "new file · ", "delete": "deleted · "}.get(change.kind, "moved · " if change.new_path else "")
    counts = tally([change]) if change.lines else ""
    right = Content.styled(f"{done}{counts}".removesuffix(" · "), MUTED)
    name = safe_line(change.path, 400) + (f" → {safe_line(change.new_path, 400)}" if change.new_path else "")
    return [beside(Content.styled(name, "bold"), right, width)]


def _diff_rows(lines: Sequence[str], language: str, width: int) -> list[Row]:
    from chatviewer.tui.rendering.highlighting import highlight

    safe_lines = [safe(cut(line)).replace("\n", " ").expandtabs(4) for line in lines]
    coloured = highlight("\n".join(line[1:] for line in safe_lines), language)
    rows: list[Row] = []
    for line, code in zip(safe_lines, coloured, strict=True):
        if line.startswith("@@"):
            rows += fold(Content.styled("⋯" if line == "@@" else line, MUTED), width)
        elif line.startswith("+"):
            rows += fold(code, width, first=Content.styled("+ ", f"bold {SUCCESS}"), fill="on $success 12%")
        elif line.startswith("-"):
            rows += fold(code, width, first=Content.styled("- ", f"bold {ERROR}"), fill="on $error 12%")
        else:
            rows += fold(code, width, first=Content("  "))
    return rows


def numbered_code(text: str) -> tuple[int, str] | None:
    """The first number and the bare code of text that an agent gave line numbers; None if the numbers do not run on."""
    lines = text.rstrip("\n").split("\n")
    first: int | None = None
    bare: list[str] = []
    for position, line in enumerate(lines):
        match = _NUMBERED.match(line)
        if match is None or len(match[1]) > 9:
            return None
        first = int(match[1]) if first is None else first
        if int(match[1]) != first + position:
            return None
        bare.append(match[2])
    return None if first is None else (first, "\n".join(bare))


class _TreeLine(NamedTuple):
    depth: int
    key: str
    key_width: int
    text: str
    style: str


def _tree_lines(value: Any) -> Iterator[_TreeLine]:
    """Walks the value without recursion; keys of one object are aligned."""
    stack: list[tuple[int, str, int, Any]] = [(0, "", 0, value)]
    count = 0
    while stack:
        depth, key, key_width, item = stack.pop()
        count += 1
        if count > MAX_TREE_LINES:
            yield _TreeLine(0, "", 0, "… (more values)", MUTED)
            return
        if isinstance(item, Mapping | list | tuple) and item and depth < MAX_TREE_DEPTH:
            if key:
                yield _TreeLine(depth, key, 0, "", "")
            inner = depth + 1 if key else depth
            pairs = (
                [(safe_line(str(name), 60), below) for name, below in item.items()]
                if isinstance(item, Mapping)
                else [("-", below) for below in item]
            )
            longest = min(20, max(len(name) for name, below in pairs))
            stack += [(inner, name, longest, below) for name, below in reversed(pairs)]
        else:
            text, style = _scalar(item)
            yield _TreeLine(depth, key, key_width, text, style)


def _scalar(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    if value is None:
        return "null", MUTED
    if isinstance(value, bool):
        return str(value).lower(), PRIMARY
    if isinstance(value, int | float):
        try:
            return str(value), PRIMARY
        except ValueError:  # an integer of more digits than Python writes out
            return hex(int(value)), PRIMARY
    if isinstance(value, Mapping):
        return "{}" if not value else "{…}", MUTED
    if isinstance(value, list | tuple):
        return "[]" if not value else "[…]", MUTED
    return str(value), MUTED


def _tree_rows(lines: Sequence[_TreeLine], width: int) -> list[Row]:
    rows: list[Row] = []
    for line in lines:
        margin = "  " * min(line.depth, 12)
        key = Content.assemble(margin, (line.key.ljust(line.key_width) + " " if line.key else "", MUTED))
        if not line.text and line.key and not line.key_width:
            rows += fold(key, width)
            continue
        rest = Content(" " * min(key.cell_length, width // 2))
        for number, text in enumerate(harmless_lines(line.text)):
            rows += wrap(Content.styled(text, line.style) if line.style else Content(text), width, first=rest if number else key, rest=rest)
    return rows
