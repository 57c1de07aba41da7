"""What FTS5's unicode61 tokenizer alone would not find, as words in a column of their own.

It keeps an identifier in camelCase as one word and a run of CJK characters as one word. So the parts of the one and the pairs of
neighbours of the other are indexed beside the text.
"""

import re

_CAMEL_WORD = re.compile(r"\b[^\W_]*[a-z0-9][A-Z][^\W_]*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CJK_RUN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]{2,}")


def extra_terms(text: str) -> str | None:
    """The additional words of a text, each once; None when there are none."""
    terms: dict[str, None] = {}
    for word in set(_CAMEL_WORD.findall(text)):
        terms |= dict.fromkeys(part.lower() for part in _PART.findall(word))
    if not text.isascii():
        for run in set(_CJK_RUN.findall(text)):
            terms |= dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1))
    return " ".join(sorted(terms)) or None
