"""Markdown to rows: the tokens of markdown-it are walked once, without recursion, for the width that is there."""

from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content

from chatviewer.domain import safe
from chatviewer.tui.rendering.inline import formula_rule, inline_lines
from chatviewer.tui.rendering.row import ACCENT, BLANK, CODE_FILL, MUTED, PRIMARY, Row, cut, fold, wrap
from chatviewer.tui.rendering.table import table_rows

HIGHLIGHT_LINES = 500  # code above this is shown plain
_HEADINGS = {"h1": f"bold underline {PRIMARY}", "h2": f"bold {PRIMARY}", "h3": "bold", "h4": "bold", "h5": "bold italic", "h6": "italic"}
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_BULLETS = ("•", "◦", "▪")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "formula", formula_rule)
    return parser


def markdown_rows(text: str, width: int, style: str = "", *, reflows: bool = False) -> list[Row]:
    """The rows of a text in Markdown. `style` lies under all of it; with `reflows` the breaks of text that was wrapped by hand go."""
    source = safe("\n".join(map(cut, text.split("\n"))))
    return _Layout(width, style, reflows).rows_of(_parser().parse(source))


class _Container:
    """A quote, list or list item that is open. `marker` stands before its first row, `rest` before all others."""

    def __init__(self, marker: Content | None = None, rest: Content | None = None, *, is_tight: bool = False) -> None:
        self.marker = marker
        self.rest = rest
        self.is_tight = is_tight
        self.is_empty = True
        self.next_number: int | None = None
        self.depth = 0


class _Layout:
    def __init__(self, width: int, style: str, reflows: bool) -> None:
        self.reflows = reflows
        self.width = width
        self.style = style
        self.rows: list[Row] = []
        self.stack: list[_Container] = [_Container()]

    def rows_of(self, tokens: list[Token]) -> list[Row]:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            kind = token.type
            if kind == "inline":
                self._paragraph(token, tokens[index - 1] if index else None)
            elif kind in ("fence", "code_block"):
                self._code(token)
            elif kind == "html_block":
                self._block(
                    [
                        line
                        for part in token.content.rstrip("\n").expandtabs(4).split("\n")
                        for line in self._fold(Content.styled(part, MUTED))
                    ]
                )
            elif kind == "hr":
                self._block([Row(Content.styled("─" * min(40, self._room()), MUTED))])
            elif kind == "table_open":
                index = self._table(tokens, index)
            else:
                self._nest(tokens, index)
            index += 1
        return self.rows

    def _nest(self, tokens: list[Token], index: int) -> None:
        """Opens and closes quotes, lists and items."""
        token = tokens[index]
        kind = token.type
        if kind == "blockquote_open":
            self._begin()
            bar = Content.styled("▎ ", ACCENT)
            self.stack.append(_Container(bar, bar))
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._begin()
            container = _Container(is_tight=_is_tight(tokens, index))
            container.depth = sum(1 for other in self.stack if other.depth) + 1
            if kind == "ordered_list_open":
                container.next_number = int(token.attrs.get("start", 1))
            self.stack.append(container)
        elif kind == "list_item_open":
            self._item()
        elif kind in ("blockquote_close", "bullet_list_close", "ordered_list_close", "list_item_close") and len(self.stack) > 1:
            closed = self.stack.pop()
            if closed.marker is not None and closed.is_empty:
                self._emit([BLANK], closed)

    def _item(self) -> None:
        outer = self.stack[-1]
        if not outer.is_tight:
            self._begin()
        outer.is_empty = False
        if outer.next_number is None:
            marker = f"{_BULLETS[min(outer.depth, len(_BULLETS)) - 1]} "
        else:
            marker = f"{outer.next_number}. "
            outer.next_number += 1
        self.stack.append(_Container(Content.styled(marker, ACCENT), Content(" " * len(marker)), is_tight=outer.is_tight))

    def _begin(self) -> None:
        """Room before a block: a blank row unless it is the first one of its container, or the list is tight."""
        container = self.stack[-1]
        if container.is_empty:
            container.is_empty = False
        elif not container.is_tight:
            self._emit([BLANK])

    def _block(self, rows: list[Row]) -> None:
        self._begin()
        self._emit(rows)

    def _emit(self, rows: list[Row], extra: _Container | None = None) -> None:
        """Puts the containers' marks in front of the rows. Deep nesting stops to indent where no room is left for text."""
        containers = [*self.stack, extra] if extra else self.stack
        for row in rows:
            prefix = Content("")
            for container in containers:
                mark = container.marker if row is not BLANK or container is extra else container.rest
                if mark is None or prefix.cell_length + mark.cell_length > self.width // 2:
                    continue
                prefix += mark
                if mark is container.marker:
                    container.marker = container.rest
            if row.fill and len(prefix):
                # a list's indentation stays outside of a code block's ground; a quote's bar cannot
                if not prefix.plain.strip():
                    self.rows.append(Row(row.content, row.fill, row.indent + len(prefix)))
                    continue
                row = Row(row.content, row.fill, row.indent)
            self.rows.append(Row(prefix + row.content if len(prefix) else row.content, row.fill, row.indent))

    def _room(self) -> int:
        used = 0
        for container in self.stack:
            length = container.rest.cell_length if container.rest is not None else 0
            if used + length <= self.width // 2:
                used += length
        return max(8, self.width - used)

    def _fold(self, line: Content) -> list[Row]:
        return fold(line, self._room())

    def _paragraph(self, token: Token, opening: Token | None) -> None:
        style = self.style
        if opening is not None and opening.type == "heading_open":
            style = f"{style} {_HEADINGS[opening.tag]}".strip()
        lines = inline_lines(token.children or [], style, reflows=self.reflows)
        room = self._room()
        rows: list[Row] = []
        if self.stack[-1].marker is not None and self.stack[-1].is_empty and (task := _TASKS.get(lines[0].plain[:4])):
            self.stack[-1].marker = Content.styled(task, ACCENT if task == "☑ " else MUTED)
            lines[0] = lines[0][4:]
        for line in lines:
            rows += wrap(line, room)
        self._block(rows)

    def _code(self, token: Token) -> None:
        from chatviewer.tui.rendering.highlighting import highlight

        language = token.info.split()[0] if token.info.strip() else ""
        text = token.content.removesuffix("\n").expandtabs(4)
        lines = highlight(text, "" if text.count("\n") >= HIGHLIGHT_LINES else language)
        room = self._room()
        rows: list[Row] = []
        if language:
            label = Content.styled(language[:30], f"italic {MUTED}")
            rows.append(Row(Content.assemble(" " * max(0, room - label.cell_length - 1), label), CODE_FILL))
        margin = Content(" ")
        for line in lines:
            rows += fold(line, room, first=margin, fill=CODE_FILL)
        self._block(rows)

    def _table(self, tokens: list[Token], index: int) -> int:
        """Lays out a table; returns the index of its closing token."""
        lines: list[list[Content]] = []
        aligns: list[str] = []
        while index < len(tokens) and tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "tr_open":
                lines.append([])
            elif token.type == "inline" and lines:
                lines[-1].append(Content(" ").join(inline_lines(token.children or [], self.style)))
            elif token.type == "th_open":
                aligns.append(_alignment(token.attrs.get("style", "")))
            index += 1
        self._block(table_rows(lines[0] if lines else [], lines[1:], aligns, self._room()))
        return index


def _alignment(style: Any) -> str:
    return str(style).rpartition(":")[2] or "left"


def _is_tight(tokens: list[Token], index: int) -> bool:
    """Whether a list has no blank lines between its items: then its paragraphs are hidden ones."""
    level = tokens[index].level + 2
    for token in tokens[index + 1 : index + 8]:
        if token.type == "paragraph_open" and token.level == level:
            return token.hidden
    return True
