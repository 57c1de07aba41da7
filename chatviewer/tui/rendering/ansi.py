"""The colours of a program's output: SGR sequences (ECMA-48, 8.3.117) are parsed into styles, every other sequence is dropped.

Nothing of a sequence reaches the screen; colours 0 to 15 become names that the terminal's palette and `NO_COLOR` govern.
"""

import re
from collections.abc import Iterator

from textual.content import Content, Span

from chatviewer.domain import safe
from chatviewer.tui.rendering.row import CUT_AT

# OSC, DCS, SOS, PM and APC strings up to BEL or ST (or the line's end, if they were cut off); CSI; other two-byte escapes
_SEQUENCE = re.compile(r"\x1b(?:[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\[([0-?]*)[ -/]*([@-~])?|[ -/]*[0-~])|\x1b")
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_LIGHT = {"ansi_green", "ansi_yellow", "ansi_cyan", "ansi_white"}
_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_RESETS = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


class _Pen:
    """The style that the sequences so far amount to."""

    def __init__(self) -> None:
        self.attributes: set[str] = set()
        self.foreground = ""
        self.background = ""

    def reset(self) -> None:
        self.attributes.clear()
        self.foreground = self.background = ""

    def style(self) -> str:
        foreground = self.foreground or (_upon(self.background) if self.background else "")
        words = [*sorted(self.attributes), foreground, f"on {self.background}" if self.background else ""]
        return " ".join(word for word in words if word)

    def apply(self, parameters: str) -> None:
        codes = [int(code) if code.isdecimal() and len(code) < 6 else 0 for code in re.split("[;:]", parameters)]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in _ATTRIBUTES:
                self.attributes.add(_ATTRIBUTES[code])
            elif code in _RESETS:
                self.attributes.difference_update(_RESETS[code])
            elif code in (38, 48):
                colour = _extended(codes)
                if code == 38:
                    self.foreground = colour
                else:
                    self.background = colour
            elif code == 39:
                self.foreground = ""
            elif code == 49:
                self.background = ""
            elif 30 <= code <= 37:
                self.foreground = f"ansi_{_NAMES[code - 30]}"
            elif 40 <= code <= 47:
                self.background = f"ansi_{_NAMES[code - 40]}"
            elif 90 <= code <= 97:
                self.foreground = f"ansi_bright_{_NAMES[code - 90]}"
            elif 100 <= code <= 107:
                self.background = f"ansi_bright_{_NAMES[code - 100]}"


def _extended(codes: list[int]) -> str:
    """The colour behind 38 or 48; takes its parameters off the list."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return _indexed(min(codes.pop(0), 255))
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(codes.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    return ""


def _upon(background: str) -> str:
    """A colour that can be read on this one, where a program left the choice to the terminal: also without colours."""
    if background.startswith("#"):
        red, green, blue = (int(background[at : at + 2], 16) for at in (1, 3, 5))
        is_light = 3 * red + 6 * green + blue > 1_280
    else:
        is_light = background.startswith("ansi_bright_") or background in _LIGHT
    return "ansi_black" if is_light else "ansi_bright_white"


def _indexed(number: int) -> str:
    if number < 8:
        return f"ansi_{_NAMES[number]}"
    if number < 16:
        return f"ansi_bright_{_NAMES[number - 8]}"
    if number >= 232:
        return f"#{8 + 10 * (number - 232):02x}" + f"{8 + 10 * (number - 232):02x}" * 2
    steps = (0, 95, 135, 175, 215, 255)
    number -= 16
    return f"#{steps[number // 36]:02x}{steps[number // 6 % 6]:02x}{steps[number % 6]:02x}"


def strip(text: str) -> str:
    """The text without any escape sequence."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def decode(text: str) -> Iterator[Content]:
    """Safe lines with the styles that the text's SGR sequences asked for."""
    pen = _Pen()
    for line in text.replace("\r", "\n").split("\n"):
        parts: list[str] = []
        spans: list[Span] = []
        length = last = 0
        hidden = 0
        for match in _SEQUENCE.finditer(line):
            if length > CUT_AT:
                break
            length = _append(parts, spans, length, line[last : match.start()], pen)
            last = match.end()
            if match.group(2) == "m":
                pen.apply(match.group(1))
        rest = line[last:]
        if length + len(rest) > CUT_AT:
            hidden = length + len(rest) - CUT_AT
            rest = rest[: max(0, CUT_AT - length)]
        length = _append(parts, spans, length, rest, pen)
        content = Content("".join(parts), spans)
        if hidden:
            content = content[:CUT_AT] + Content(f" … ({hidden:,} more characters)")
        yield content


def _append(parts: list[str], spans: list[Span], length: int, text: str, pen: _Pen) -> int:
    if not text:
        return length
    text = safe(text[: 2 * CUT_AT]).replace("\n", " ").expandtabs(4)
    parts.append(text)
    if style := pen.style():
        spans.append(Span(length, length + len(text), style))
    return length + len(text)
