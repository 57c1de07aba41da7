"""A result that only shows how a long output begins, and says in which file the whole is: so Claude Code keeps its transcripts small.

    <persisted-output>
    Output too large (56.3KB). Full output saved to: /home/mira/.claude/projects/.../tool-results/b1.txt

    Preview (first 2KB):
    how it begins
    ...
    </persisted-output>

Such a text and the output itself are two stages of one result: whoever has the whole once keeps it when only this is left. In UTF-8, for
either may be long.
"""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple

START = "<persisted-output>"
_START = START.encode()
_SHOWS = b"\nPreview (first "
_SHOWS_FROM = b"):\n"
_END = b"</persisted-output>"
_MORE = b"\n..."
_SAVED = b"saved to: "
_NO_CHARACTER = "\ufffd".encode()  # of a pair that was cut in half where the preview ends


class Preview(NamedTuple):
    """What a preview says."""

    path: str  # of the file with the whole output, where it was written; nothing to be opened
    shown: bytes  # how the output begins
    frame: bytes  # the text up to its end mark
    behind: bytes  # what follows that: not of the file

    def begins(self, output: bytes | bytearray) -> bool:
        """Whether that may be the output. Empty lines at its beginning are not shown."""
        return output.lstrip().startswith(self.shown.lstrip().rstrip(_NO_CHARACTER))


def preview(text: bytes | bytearray) -> Preview | None:
    """What a text says that is a preview; None for any other."""
    if not text.startswith(_START):
        return None
    start = text.find(_SHOWS)
    shows = text.find(_SHOWS_FROM, start) + len(_SHOWS_FROM)
    end = text.find(b"\n" + _END, shows - 1)
    if start < 0 or shows < len(_SHOWS_FROM) or end < 0:
        return None
    behind = end + 1 + len(_END)
    path = bytes(text[:start]).partition(_SAVED)[2].strip().decode("utf-8", "replace")
    return Preview(path, bytes(text[shows:end]).removesuffix(_MORE), bytes(text[:behind]), bytes(text[behind:]))


def has_more(given: bytes | bytearray, stored: bytes | bytearray) -> bool | None:
    """Of two texts of one result, of which neither begins with the other: whether the given one holds more of the same output. None: they
    are different ones. The same whichever comes first."""
    new, old = preview(given), preview(stored)
    if new is not None and old is not None:
        return len(given) > len(stored) if new.frame == old.frame else None
    if old is not None:
        return _holds(given, old) if old.begins(given) else None
    if new is not None:
        return not _holds(stored, new) if new.begins(stored) else None
    return None


def _holds(output: bytes | bytearray, shows: Preview) -> bool:
    """Whether an output is as long as what a preview of it shows, with all that stands behind."""
    return len(output.strip()) >= len(shows.shown.strip()) + len(shows.behind.strip())
