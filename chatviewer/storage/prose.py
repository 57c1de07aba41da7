"""Markdown without its marks, for the one line of a snippet: the stars of what is emphasised, the hashes of headings, the fences around
code, the targets of links, the rules of tables.

Only what is a mark beyond doubt goes. What stands within code stays as it is, and so do `**kwargs`, `a * b`, `#include` and `*.py`
outside of it; a mark that was searched for stays, too, with its other half. In what people type, single stars and single hashes stay as
well: there they are as often a pattern and a comment. No `re` here: it would cost a short command a tenth of its time.
"""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Span: TypeAlias = tuple[int, int]
    Marks: TypeAlias = list[list[Span]]  # those that go together: an opening one and a closing one

MAX_LINE = 4_000  # characters; a longer line is left as it is
_MAX_FENCES = 2_000  # lines that hold one
_MAX_LINK = 600  # of its words, and of its address
_MAX_NESTED = 4  # brackets in each other; more are data, and each of a long row of them would be followed to its end
_MAX_OPENED = 20  # stars that wait for their other half
_OPENERS = frozenset("([{\"'“‘«—–-:|>~_")  # before stars that open
_CLOSERS = frozenset(".,;:!?)]}\"'”’»…—–-|~_")  # behind stars that close
_INNER = frozenset("`\"'“‘«([<$@_")  # besides letters and digits, behind stars that open
_LEAD = " \t>-*+.)0123456789"  # of quotes and list items, in which a block of code may stand
_RULE = frozenset("|-: \t")


class Stretch(NamedTuple):
    """A part of a text without marks, the places of what was found in it, and whether there is more before and behind."""

    text: str
    at: int
    spans: list[Span]
    is_begun: bool
    is_cut: bool


def stretch(text: str, at: int, spans: list[Span], before: int, length: int, *, is_reply: bool) -> Stretch:
    """The text from `before` characters before a place to `length` behind it, by whole lines, without marks."""
    low = text.rfind("\n", 0, max(0, at - before)) + 1
    high = min(len(text), at + MAX_LINE)
    marks: Marks = []
    fences = _fences(text, high) if at - low <= MAX_LINE and _may_have_marks(text[low : at + length]) else None
    if fences is None:
        return Stretch(text, at, spans, False, False)
    lines, code = fences
    begun = low
    while begun < high:
        end = text.find("\n", begun, high)
        end = high if end < 0 else end
        if begun in lines:
            marks.append([(lines[begun], end)])
        elif not any(first <= begun < last for first, last in code):
            _marks_of_line(text, begun, end, marks, is_reply)
        begun = end + 1
        if begun - at - sum(last - first for group in marks for first, last in group) >= length:
            break
    return _without(text, low, min(begun, len(text)), at, spans, marks)


def _may_have_marks(text: str) -> bool:
    return "*" in text or "#" in text or "```" in text or "](" in text or "--" in text or "~~~" in text


def _without(text: str, low: int, high: int, at: int, spans: list[Span], marks: Marks) -> Stretch:
    """The stretch, with the marks that nobody searched for taken out."""
    spans = [(start, min(end, high)) for start, end in spans if low <= start < high]
    free = (group for group in marks if not any(first < end and start < last for first, last in group for start, end in spans))
    pieces: list[str] = []
    edges: list[Span] = []  # where a piece begins, and how much stands before it that is not here
    here, gone = low, low
    for first, last in sorted(mark for group in free for mark in group):
        pieces.append(text[here:first])
        edges.append((here, gone))
        here, gone = last, gone + last - first
    pieces.append(text[here:high])
    edges.append((here, gone))

    def moved(place: int) -> int:
        return next(place - taken for start, taken in reversed(edges) if place >= start)

    found = [(moved(start), moved(end)) for start, end in spans]
    return Stretch("".join(pieces), moved(at), found, low > 0, high < len(text))


def _fences(text: str, high: int) -> tuple[dict[int, int], list[Span]] | None:
    """The lines that open or close a block of code, each with the place of its fence, and from where to where the blocks go."""
    found: list[Span] = []
    for sign in ("```", "~~~"):
        at, tried = text.find(sign, 0, high), 0
        while at >= 0:
            line = text.rfind("\n", 0, at) + 1
            if at - line < 20 and not text[line:at].strip(_LEAD):
                found.append((line, at))
            end = text.find("\n", at, high)
            at = text.find(sign, end, high) if end >= 0 else -1
            tried += 1
            if tried > _MAX_FENCES:
                return None
    lines: dict[int, int] = {}
    code: list[Span] = []
    opened, first = "", 0
    for line, at in sorted(found):
        end = text.find("\n", at)
        fence = text[at : end if end >= 0 else len(text)].rstrip()
        rest = fence.lstrip(fence[0])
        if opened and fence.startswith(opened) and not rest:
            code.append((first, at))
            opened = ""
        elif not opened and "`" not in rest:
            opened, first = fence[: len(fence) - len(rest)], line
        else:
            continue
        lines[line] = at
    if opened:
        code.append((first, len(text)))
    return lines, code


def _marks_of_line(text: str, low: int, high: int, marks: Marks, is_reply: bool) -> None:
    """What goes of a line outside of fences."""
    line = text[low:high]
    bare = line.lstrip()
    indent = len(line) - len(bare)
    if indent >= 4 or line.startswith("\t"):
        if not bare.startswith(("- ", "* ", "+ ")) and not bare[:1].isdigit():
            return  # a block of code, most likely
    elif bare.startswith("#"):
        level = len(bare) - len(bare.lstrip("#"))
        if level <= 6 and bare[level : level + 1] == " " and (level > 1 or (is_reply and _stands_alone(text, low, high))):
            marks.append([(low + indent, low + indent + level + 1)])
    elif "---" in bare and "|" in bare and _RULE.issuperset(bare):
        marks.append([(low, high)])
        return
    if "*" in bare or "](" in bare:
        _marks_in_line(text, low + indent, high, marks, is_reply)


def _stands_alone(text: str, low: int, high: int) -> bool:
    """Whether the lines around are empty, as those around a heading are."""
    before = text[text.rfind("\n", 0, max(0, low - 1)) + 1 : low]
    end = text.find("\n", high + 1)
    return not before.strip() and not text[high : end if end >= 0 else len(text)].strip()


def _marks_in_line(text: str, low: int, high: int, marks: Marks, is_reply: bool) -> None:
    """Emphasis and links, as far as they open and close in this line; nothing in code."""
    opened: list[Span] = []  # stars, and how many
    targets: dict[int, int] = {}  # where the text of a link ends, and the link
    signs = [sign for sign in "*`[]\\" if text.find(sign, low, high) >= 0]
    at = low
    while at < high:
        sign = text[at]
        if sign == "\\":
            at += 2
        elif sign == "`":
            run = _run(text, at, high)
            at = _end_of_code(text, at + run, high, run)
        elif at in targets:
            at = targets[at]
        elif sign == "[" and (link := _link(text, at, low, high)) is not None:
            marks.append([link.before, link.behind])
            targets[link.behind[0]] = link.behind[1]
            at += 1
        elif sign == "*":
            run = _run(text, at, high)
            if run <= 3 and (run > 1 or is_reply):
                _take_stars(text, at, run, low, high, opened, marks)
            at += run
        else:
            at = min((place for sign in signs if (place := text.find(sign, at + 1, high)) >= 0), default=high)


def _run(text: str, at: int, high: int) -> int:
    end = at
    while end < high and text[end] == text[at]:
        end += 1
    return end - at


def _end_of_code(text: str, at: int, high: int, run: int) -> int:
    """Behind the code that begins there; there itself where it does not end in the line."""
    end = text.find("`", at, high)
    while end >= 0:
        found = _run(text, end, high)
        if found == run:
            return end + run
        end = text.find("`", end + found, high)
    return at


def _take_stars(text: str, at: int, run: int, low: int, high: int, opened: list[Span], marks: Marks) -> None:
    before = text[at - 1] if at > low else " "
    behind = text[at + run] if at + run < high else " "
    if not before.isspace() and (behind.isspace() or behind in _CLOSERS or _is_wide(behind)):
        for place in range(len(opened) - 1, -1, -1):
            if opened[place][1] == run:
                marks.append([(opened[place][0], opened[place][0] + run), (at, at + run)])
                del opened[place:]
                return
    is_free = before.isspace()
    if (is_free or before in _OPENERS or _is_wide(before)) and (behind.isalnum() or (is_free and behind in _INNER)):
        opened.append((at, run))
        del opened[:-_MAX_OPENED]


def _is_wide(letter: str) -> bool:
    """Whether it is of a script that puts no spaces between words."""
    return letter >= "\u2e80" and letter.isalpha()


class _Link(NamedTuple):
    before: Span
    behind: Span


def _link(text: str, at: int, low: int, high: int) -> _Link | None:
    """The marks of `[words](address)` or `![words](address)`."""
    before = text[at - 1] if at > low else " "
    if before.isalnum() or before in "_)]":
        return None  # an element of a list, and a call
    depth, end = 0, at
    while end < min(high, at + _MAX_LINK):
        depth += (text[end] == "[") - (text[end] == "]")
        if not 0 < depth <= _MAX_NESTED:
            break
        end += 1
    if depth or not text[at + 1 : end].strip() or text[end + 1 : end + 2] != "(":
        return None
    depth, last = 0, end + 1
    while last < min(high, end + _MAX_LINK):
        depth += (text[last] == "(") - (text[last] == ")")
        if not 0 < depth <= _MAX_NESTED:
            break
        last += 1
    address, _, title = text[end + 2 : last].partition(" ")
    if depth or (title and title.strip()[:1] not in ('"', "'")) or not any(sign in address for sign in "/.#:"):
        return None
    return _Link((at - (before == "!"), at + 1), (end, last + 1))
