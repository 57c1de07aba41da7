"""Numbers, times and titles as they stand on the screen: short, aligned by cells, harmless."""

import re
import textwrap
from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.wording import byte_size as byte_size
from chatviewer.domain.wording import counted as counted
from chatviewer.domain.wording import project_name as project_name

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
ELLIPSIS = "…"


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, in at most six cells: now, 14 min, 2 h, 3 d, 6 w, 4 mo, 2 y; empty when unknown."""
    if at is None:
        return ""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    days = int(seconds // _DAY)
    if days < 14:
        return f"{days} d"
    if days < 60:
        return f"{days // 7} w"
    if days < 365:
        return f"{days // 30} mo"
    return f"{days // 365} y"


def ago(at: datetime | None, now: datetime) -> str:
    """As `age`, in a sentence: just now, 2 h ago; "never" when unknown."""
    if at is None:
        return "never"
    short = age(at, now)
    return "just now" if short == "now" else f"{short} ago"


def date(at: datetime | None) -> str:
    """2026-03-01 in the reader's time zone; empty when unknown."""
    return _local(at).strftime("%Y-%m-%d") if at is not None else ""


def date_time(at: datetime | None) -> str:
    """2026-03-01 14:02 in the reader's time zone; empty when unknown."""
    return _local(at).strftime("%Y-%m-%d %H:%M") if at is not None else ""


def _local(at: datetime) -> datetime:
    try:
        return at.astimezone()
    except (OverflowError, ValueError):  # the years 1 and 9999, a time zone's width from the edge
        return at


def day_heading(at: datetime | None, now: datetime) -> str:
    """The heading that a session of that time stands under: Today, Yesterday, a weekday, a month, a month of another year."""
    if at is None:
        return "No date"
    local, today = _local(at), _local(now).date()
    days = (today - local.date()).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days < 7:
        return local.strftime("%A")
    return local.strftime("%B") if local.year == today.year else local.strftime("%B %Y")


def short_count(number: int) -> str:
    """At most four cells up to a billion: 999, 2.1k, 310k, 1.2M."""
    if number < 1000:
        return str(number)
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if number >= size:
            value = number / size
            return f"{int(value * 10) / 10:.1f}{unit}" if value < 10 else f"{int(value)}{unit}"
    return str(number)


def full_count(number: int) -> str:
    """4,182."""
    return f"{number:,}"


def tokens(input_tokens: int | None, output_tokens: int | None) -> str:
    """1.2k tok, empty when the source holds no numbers."""
    if input_tokens is None and output_tokens is None:
        return ""
    return f"{short_count((input_tokens or 0) + (output_tokens or 0))} tok"


def stars(rating: int | None) -> str:
    """★★★★☆, empty without a rating."""
    return "★" * rating + "☆" * (5 - rating) if rating else ""


def news(unread_count: int, message_count: int) -> str:
    """3 new, or just new where nothing of it was ever read; empty when all was."""
    if unread_count <= 0:
        return ""
    return "new" if unread_count >= message_count else f"{short_count(unread_count)} new"


def fit(text: str, width: int, *, pad: bool = True) -> str:
    """Foreign text made harmless, on one line, cut by cells with an ellipsis, and filled up with spaces to `width` if `pad`."""
    if width <= 0:
        return ""
    line = safe_line(text, max(width, 1) * 2)
    if cell_len(line) > width:
        line = set_cell_size(line, width - 1).rstrip() + ELLIPSIS
    return line + " " * (width - cell_len(line)) if pad else line


def fit_path(path: str, width: int) -> str:
    """A path made harmless and cut from the left at a separator, because the name at its end says most; as it is when it fits."""
    line = safe_line(path, 1_000)
    if cell_len(line) <= width:
        return line
    while cell_len(line) > width - 2 and (rest := line.lstrip("/").partition("/")[2]):
        line = rest
    return fit(f"{ELLIPSIS}/{line}", max(width, 8), pad=False)


def fit_right(text: str, width: int) -> str:
    """As `fit`, set against the right."""
    line = fit(text, width, pad=False)
    return " " * (width - cell_len(line)) + line


def wrapped(words: str, width: int) -> str:
    """A sentence in lines so wide; a number stays beside its unit."""
    glued = re.sub(r"(?<=\d) (?=\w)", "\N{NO-BREAK SPACE}", words)
    return "\n".join(textwrap.wrap(glued, width, break_on_hyphens=False)).replace("\N{NO-BREAK SPACE}", " ")


def in_lines(facts: Sequence[str], width: int) -> str:
    """Facts one after the other, in lines so wide: none of them is broken in two."""
    lines: list[str] = []
    for fact in facts:
        if lines and cell_len(lines[-1]) + 3 + cell_len(fact) <= width:
            lines[-1] += f" · {fact}"
        else:
            lines.append(fact)
    return "\n".join(lines)
