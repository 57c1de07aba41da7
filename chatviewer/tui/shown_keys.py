"""Keys as they are shown to people, and what terminals send for them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character

_NAMES = {"Enter": "enter", "Esc": "escape", "Tab": "tab", "↑": "up", "↓": "down", "→": "right", "←": "left", "space": "space", "F1": "f1"}
_SHOWN = {name: shown for shown, name in _NAMES.items()} | {"pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End"}
_SHOWN |= {"f5": "F5", "delete": "Del", "backspace": "Backspace", "shift+tab": "shift+Tab"}
_WITH_CONTROL = re.compile(r"(?:ctrl\+|\^)([a-z])")


def key_of(shown: str) -> str | None:
    """The name that Textual has for a key; None for several ("1-9", "↑↓") and for what is none."""
    if found := _WITH_CONTROL.fullmatch(shown):
        return f"ctrl+{found[1]}"
    if len(shown) == 1 and shown.isascii():
        return shown if shown.isalnum() else _name_of_sign(shown)
    return _NAMES.get(shown)


def _name_of_sign(sign: str) -> str:
    name = unicodedata.name(sign, sign).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def key_lines(bindings: Iterable[BindingType]) -> list[tuple[str, str]]:
    """The keys of a screen or dialog, as people read them, and what they do: those that do the same on one line."""
    lines: dict[str, list[str]] = {}
    for binding in bindings:
        if isinstance(binding, Binding):
            shown = [_SHOWN.get(key) or key_to_character(key) or key for key in binding.key.split(",")]
            lines.setdefault(binding.description, []).extend(shown)
    return [("  ".join(keys), words) for words, keys in lines.items()]


def keys_in(line: str) -> Iterator[tuple[int, int, str]]:
    """From where to where in a line like "Enter chooses · Esc leaves" words belong to a key that they begin with, and its name."""
    for part in re.finditer(r"[^·]+", line):
        words = part[0].split()
        key = key_of(words[0].rstrip(":")) if len(words) > 1 else None
        if key is not None:
            yield part.start(), part.end(), key


class _AltDigit(StrEnum):
    """Textual takes the values of such an enumeration for the keys that a sequence means."""

    ONE, TWO, THREE, FOUR, FIVE = "alt+1", "alt+2", "alt+3", "alt+4", "alt+5"
    SIX, SEVEN, EIGHT, NINE = "alt+6", "alt+7", "alt+8", "alt+9"


def tell_alt_digits() -> None:
    """Most terminals send Escape and the digit for alt and a digit. Textual would take that for what a Mac's Option key writes: ¡ ™ £.
    Its table is no part of what it promises: where there is none, the rest works without."""
    try:
        from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
    except ImportError:
        return
    for key in _AltDigit:
        ANSI_SEQUENCES_KEYS[f"\x1b{key.value[-1]}"] = (key,)  # type: ignore[index, unused-ignore]
