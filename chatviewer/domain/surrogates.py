"""Lone surrogates: halves of pairs, such as the bytes of a terminal that are no text. UTF-8 cannot hold them, nor can SQLite."""

from chatviewer.domain.record import pattern

_SURROGATE = pattern("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD in place of each lone surrogate; as long as before."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
