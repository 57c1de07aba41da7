"""Letters whose accents stand behind them as characters of their own, as in file names of macOS: with them in one. So are the narrow
letters of Japanese, whose voice marks always stand apart."""

import re
import unicodedata
from array import array

APART = re.compile("[\u0300-\u036f\u1100-\u11ff\u3099\u309a]")  # accents, the letters of Korean syllables, the voice marks of Japanese
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NARROW = re.compile("[\uff66-\uff9f]+")
_OTHER = re.compile(f"{APART.pattern[:-1]}\uff66-\uff9f]")
_LETTER = re.compile(
    "[\uff66-\uff9d][\uff9e\uff9f]?|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[^\u0300-\u036f][\u0300-\u036f\u3099\u309a]+"
)


def composed(text: str) -> str:
    """The text with each letter in one character, without the accents for which there is none."""
    if _NARROW.search(text):
        text = _NARROW.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    return _ACCENTS.sub("", unicodedata.normalize("NFC", text)) if APART.search(text) else text


def composed_places(text: str) -> tuple[str, "array[int]"] | None:
    """The same, and where each of its characters stood, with the end of the text; None where it is as it was."""
    if not _OTHER.search(text):
        return None
    pieces: list[str] = []
    places = array("q")
    done = 0
    for found in _LETTER.finditer(text):
        start, end = found.span()
        letter = composed(found.group())
        pieces += (text[done:start], letter)
        places.extend(range(done, start))
        places.extend([start] * len(letter))
        done = end
    pieces.append(text[done:])
    places.extend(range(done, len(text) + 1))
    return "".join(pieces), places
