"""Foreign text made harmless before any screen, stdout, clipboard or file name.

Terminals obey control characters wherever they come from: ESC ] 52 writes the clipboard, a device status report types into the shell.
So no control character of content is ever written out; each becomes its visible picture (U+2400 to U+2421) or U+FFFD.
Bidirectional overrides, which make text look like other text, and invisible characters go as well. Combining marks are capped.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

MAX_MARKS = 8  # combining marks on one letter; more than any script needs

# What `_pictures` replaces, as ranges: 300 single characters cost 8 ms to compile. None of them is printable, so most texts need no search.
_SUSPECT = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_MARK_RANGES = (
    *(("\u0300", "\u036f"), ("\u0483", "\u0489"), ("\u1ab0", "\u1aff")),
    *(("\u1dc0", "\u1dff"), ("\u20d0", "\u20ff"), ("\ufe20", "\ufe2f")),
)
_MARK = f"[{''.join(f'{low}-{high}' for low, high in _MARK_RANGES)}]"
_SHORT = 1_000  # characters of a text that is read as quickly character by character as by a pattern
_MARKS = f"({_MARK}{{{MAX_MARKS}}}){_MARK}+"
_UNPRINTABLE_IN_NAME = r'[\x00-\x1f\x7f<>:"/\\|?*\u2400-\u2421\ufffd\s]+'


_compiled: dict[str, re.Pattern[str]] = {}


def _pattern(source: str) -> re.Pattern[str]:
    """Compiled when it is first needed: a short command mostly never does, and does without `re` as well."""
    if source not in _compiled:
        import re

        _compiled[source] = re.compile(source)
    return _compiled[source]


_known_pictures: dict[int, str] = {}


def _pictures() -> dict[int, str]:
    """What stands for a character that must not be written out. Made when it is first needed, as the patterns are."""
    if not _known_pictures:
        made = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: "\u2421"}
        made |= dict.fromkeys(range(0x80, 0xA0), "\ufffd")
        made |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # lone surrogates: print, sqlite3 and the clipboard raise
        # embeddings, overrides and isolates; line and paragraph separators break a row in two
        made |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C), "\ufffd")
        made |= {0x2028: "\n", 0x2029: "\n"}
        # zero width: soft hyphen, Mongolian vowel separator, zero width space and non-joiner, word joiner and invisible operators, BOM,
        # interlinear annotation, tags. The zero width joiner and the variation selectors stay: emoji are made with them.
        nothing = (0xAD, 0x180E, 0x200B, 0x200C, *range(0x2060, 0x2065), *range(0x206A, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC))
        made |= dict.fromkeys((*nothing, *range(0xE0000, 0xE0080)), "")
        _known_pictures.update(made)
    return _known_pictures


def _is_mark(character: str) -> bool:
    return any(low <= character <= high for low, high in _MARK_RANGES)


def safe(text: str) -> str:
    """The text with nothing in it that a terminal would obey; line feeds and tabs stay, CR LF is LF."""
    if not text.isprintable():
        if "\r\n" in text:
            text = text.replace("\r\n", "\n")
        if len(text) < _SHORT or _pattern(_SUSPECT).search(text):
            text = text.translate(_pictures())
    if text.isascii() or (len(text) < _SHORT and not any(_is_mark(character) for character in text if character > "\u02ff")):
        return text
    return _pattern(_MARKS).sub(r"\1", text)


def safe_line(text: str, limit: int | None = None) -> str:
    """As `safe`, on one line: runs of white space become one space. At most `limit` characters, the last one then an ellipsis."""
    if limit is not None and len(text) > 8 * limit:
        text = text[: 8 * limit]  # white space folds, so cut late; a title may be a pasted log of a megabyte
    line = " ".join(safe(text).split())
    return line if limit is None or len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"


def safe_file_name(text: str, fallback: str = "session", limit: int = 80) -> str:
    """A file name without separators, controls or leading dots or dashes; never a path, never empty, at most `limit` bytes of UTF-8."""
    name = _pattern(_UNPRINTABLE_IN_NAME).sub("-", safe_line(text)).strip("-. ")
    name = name.encode("utf-8")[:limit].decode("utf-8", "ignore").strip("-. ")
    return name or fallback
