"""Which names a typed one stands for: projects, sources, tools and tags are called by a word of theirs."""

from collections.abc import Iterable


def fit(typed: str, name: str) -> int:
    """2 where a word of the name begins like what was typed, 1 where that stands anywhere within, else 0. In any case of letters."""
    typed, name = _folded(typed), _folded(name)
    at = name.find(typed)
    found = int(at >= 0)
    while at > 0 and typed[:1].isalnum() and name[at - 1].isalnum():
        at = name.find(typed, at + 1)
    return found + (at >= 0)


def fitting(typed: str, names: Iterable[str]) -> list[str]:
    """The names that have such a word; where none has, those that hold it anywhere."""
    fits = {name: fit(typed, name) for name in names}
    best = max(fits.values(), default=0)
    return [name for name, each in fits.items() if each == best] if best else []


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    import unicodedata  # names are mostly plain

    return unicodedata.normalize("NFC", text).casefold()
