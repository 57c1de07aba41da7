"""What stands inside a paragraph: emphasis, code, links, images, HTML as text, formulas left as they were typed."""

from collections.abc import Sequence

from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from textual.content import Content, Span

from chatviewer.domain import safe_line
from chatviewer.tui.rendering.row import ACCENT, MUTED

HAND_WRAPPED = 60  # characters of a line that was probably broken because it was full
_OPEN = {"em_open": "italic", "strong_open": "bold", "s_open": "strike"}
_CLOSE = {"em_close", "strong_close", "s_close"}
_FORMULA_ENDS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
INLINE_CODE = "on $panel 70%"


def formula_rule(state: StateInline, silent: bool) -> bool:
    r"""Keeps `\(x\)`, `\[x\]`, `$$x$$` and `$x$` away from the other rules, which would eat their backslashes and underscores."""
    source, start = state.src, state.pos
    opening = source[start : start + 2]
    if closing := _FORMULA_ENDS.get(opening):
        end = source.find(closing, start + 2, state.posMax)
    elif opening[:1] == "$" and opening[1:].strip():
        # as in Pandoc: no space inside the dollars, no digit behind them, so that prices stay prices
        end = source.find("$", start + 1, min(state.posMax, start + 200))
        closing = "$"
        if end == -1 or source[end - 1].isspace() or source[end + 1 : end + 2].isdigit() or "\n" in source[start:end]:
            return False
    else:
        return False
    if end == -1:
        return False
    end += len(closing)
    if not silent:
        token = state.push("formula", "", 0)
        token.content = source[start:end]
    state.pos = end
    return True


class _Line:
    """A line being put together."""

    def __init__(self, style: str) -> None:
        self.base = style
        self.parts: list[str] = []
        self.spans: list[Span] = []
        self.length = 0
        self._break = 0

    def add(self, text: str, styles: Sequence[str]) -> None:
        if not text:
            return
        text = text.replace("\t", "    ")
        self.parts.append(text)
        end = self.length + len(text)
        for style in (self.base, *styles):
            if style:
                self.spans.append(Span(self.length, end, style))
        self.length = end

    @property
    def since_break(self) -> int:
        """Characters since the line of the source began."""
        return self.length - self._break

    def join(self, styles: Sequence[str]) -> None:
        """Goes on with the next line of the source; scripts that write no spaces get none."""
        if self.parts and ord(self.parts[-1][-1]) < 0x2E80:
            self.add(" ", styles)
        self._break = self.length

    def content(self) -> Content:
        return Content("".join(self.parts), self.spans)


def inline_lines(tokens: Sequence[Token], style: str = "", *, reflows: bool = False) -> list[Content]:
    """The lines of a paragraph: one for each line break in the source. People who write prompts mean the breaks they type; in a reply
    (`reflows`) a break behind a long line comes from wrapping by hand, and the text is wrapped anew."""
    lines = [_Line(style)]
    styles: list[str] = []
    links: list[tuple[str, int, int]] = []  # address, line, length of that line where the link's text began
    for token in tokens:
        kind = token.type
        if kind == "text":
            lines[-1].add(token.content, styles)
        elif kind == "softbreak" and reflows and lines[-1].since_break >= HAND_WRAPPED:
            lines[-1].join(styles)
        elif kind in ("softbreak", "hardbreak"):
            lines.append(_Line(style))
        elif kind in _OPEN:
            styles.append(_OPEN[kind])
        elif kind in _CLOSE:
            if styles:
                styles.pop()
        elif kind == "code_inline":
            lines[-1].add(token.content, [*styles, INLINE_CODE])
        elif kind == "link_open":
            links.append((str(token.attrs.get("href", "")), len(lines), lines[-1].length))
            styles.append("underline")
        elif kind == "link_close" and links:
            styles.pop()
            _show_address(lines, *links.pop())
        elif kind == "image":
            lines[-1].add(_image_words(token), [*styles, MUTED])
        elif kind == "formula":
            for number, part in enumerate(token.content.split("\n")):
                if number:
                    lines.append(_Line(style))
                lines[-1].add(part, [*styles, ACCENT])
        elif token.content:  # html_inline and whatever else a plug-in may give: as text
            lines[-1].add(token.content.replace("\n", " "), [*styles, MUTED])
    return [line.content() for line in lines]


def _show_address(lines: list[_Line], address: str, line_number: int, start: int) -> None:
    """An address that the text itself does not show is put behind it: a link must not look like another one."""
    address = safe_line(address, 200)
    text = "".join(lines[-1].parts)[start:] if len(lines) == line_number else ""
    if address and text not in (address, address.removeprefix("mailto:")):
        lines[-1].add(f" ({address})", [MUTED])


def _image_words(token: Token) -> str:
    address = str(token.attrs.get("src", ""))
    if address.startswith("data:"):
        address = f"{address[5:].split(';')[0].split(',')[0]}, {len(address):,} characters"
    name = safe_line(token.content or "", 100) or "image"
    return f"[image: {name} · {safe_line(address, 120)}]"
