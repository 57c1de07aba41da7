"""What commands print: results to stdout, messages to stderr, foreign text made harmless, UTF-8 whatever the locale says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

from chatviewer.domain.sanitizing import safe, safe_line
from chatviewer.domain.wording import counted as counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

NOTHING_IMPORTED = "Nothing was imported yet: `chatviewer import` reads the chats of this machine, `chatviewer demo` shows made-up ones."
_ROW_BREAKS = str.maketrans({"\n": "␊", "\t": " "})


def write_utf8() -> None:
    """stdout and stderr speak UTF-8; half a character, which no wall let through so far, would come out as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str = "") -> None:
    """One line to stdout. Foreign text in it has been through `clean` or `safe_line` (styles of our own pass)."""
    if sys.stdout is not None:
        sys.stdout.write(f"{text}\n")


def tell(text: str) -> None:
    """One line to stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"{clean(text)}\n")


def clean(text: str) -> str:
    """Harmless and on one line, white space as it is: a path in a message is still the path."""
    return safe(text).translate(_ROW_BREAKS)


def say_document(document: Mapping[str, Any]) -> None:
    """One JSON document to stdout, with its schema version."""
    from chatviewer.exporters.document import SCHEMA_VERSION
    from chatviewer.exporters.encoding import dumps

    say(dumps({"schema_version": SCHEMA_VERSION, **document}))


def say_rows_document(key: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """As `say_document` with one list, written row by row: 100,000 sessions need not stand in memory."""
    from chatviewer.exporters.document import SCHEMA_VERSION
    from chatviewer.exporters.encoding import dumps

    if sys.stdout is None:
        return
    sys.stdout.write(f'{{"schema_version": {SCHEMA_VERSION}, "{key}": [')
    separator = "\n"
    for row in rows:
        sys.stdout.write(separator + dumps(row))
        separator = ",\n"
    sys.stdout.write("\n]}\n" if separator != "\n" else "]}\n")


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person reads it (by default stdout) as it is written."""
    stream = sys.stdout if stream is None else stream
    return stream is not None and stream.isatty()


def is_styled() -> bool:
    """Whether bold and dim may be used: on a terminal, unless NO_COLOR (https://no-color.org) or a dumb terminal says no."""
    return is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if text and is_styled() else text


def dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if text and is_styled() else text


def terminal_width() -> int:
    """Columns of the terminal; 80 where nobody knows."""
    try:
        return int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (ValueError, OSError, AttributeError):
        return 80


def shown_title(title: str, limit: int | None = None) -> str:
    """A title on one line, never empty."""
    return safe_line(title, limit) or "(no title)"
