"""Addresses in foreign text: which there are, and which of them a row of the screen shows. Only http and https count."""

import re
from collections.abc import Sequence

from chatviewer.domain import safe_line
from chatviewer.tui.rendering.row import Row

MAX_LENGTH = 4_000
SHOWN_LENGTH = 200  # as much of an address as a row shows when it stands behind the link's own words
_ADDRESS = re.compile(r"https?://[^\s<>\"`\[\]{}|\\^]+", re.IGNORECASE)
_CLOSING = {")": "(", "）": "（", "」": "「", "』": "『", "】": "【"}
_TRAILING = ".,;:!?'*_~。、，"
_MARGINS = re.compile(r"[\s▎↪│]+")


def addresses(text: str) -> list[str]:
    """The addresses in a text, each once, in order. One that is not harmless as it stands is none: what is opened is what is shown."""
    found: dict[str, None] = {}
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if len(address) > len("https://") and len(address) <= MAX_LENGTH and address.isprintable() and safe_line(address) == address:
            found[address] = None
    return list(found)


def _trimmed(address: str) -> str:
    """Without what belongs to the sentence around it: stops at the end, and a bracket that was opened before."""
    while address:
        last = address[-1]
        opening = _CLOSING.get(last)
        if last not in _TRAILING and (opening is None or address.count(opening) >= address.count(last)):
            break
        address = address[:-1]
    return address


def addresses_in_row(found: Sequence[str], rows: Sequence[Row], number: int) -> list[str]:
    """Those of `found` of which row `number` shows a part, also where an address runs over the ends of rows."""
    texts = [_MARGINS.sub("", row.plain) for row in rows]
    whole = "".join(texts)
    start = sum(map(len, texts[:number]))
    end = start + len(texts[number])
    shown: list[tuple[int, str]] = []
    taken: list[tuple[int, int]] = []
    for address in sorted(found, key=len, reverse=True):  # the longer one first: it may begin with a shorter one
        needle = address if len(address) < SHOWN_LENGTH else address[: SHOWN_LENGTH - 1]
        at = whole.find(needle)
        while at != -1:
            span = (at, at + len(needle))
            if not any(first <= span[0] and span[1] <= last for first, last in taken):
                taken.append(span)
                if span[0] < end and span[1] > start:
                    shown.append((at, address))
            at = whole.find(needle, at + 1)
    return list(dict.fromkeys(address for _at, address in sorted(shown)))
