"""Tags as a line that is typed: words, each a tag; `-word` takes one away. One that is no plain word stands in quotes."""

import re
from collections.abc import Sequence

_WORD = re.compile(r'(?P<minus>-*)(?:#*"(?P<quoted>[^"]*)"|(?P<bare>[^\s,]+))')
_PLAIN = re.compile(r'[^\s,"#-][^\s,"]*')


def typed_form(tag: str) -> str:
    """The tag as `tag_changes` reads it."""
    return tag if _PLAIN.fullmatch(tag) else f'"{tag}"'


def tag_changes(typed: str, before: Sequence[str]) -> tuple[list[str], list[str]]:
    """What to add and to remove so that the tags are those that were typed. `-word` removes; what was there and is gone, too."""
    kept: list[str] = []
    removed: list[str] = []
    for tag in before:  # as they were shown, also those that hold quotes themselves
        form = typed_form(tag)
        if form != tag and form in typed:
            (removed if f"-{form}" in typed else kept).append(tag)
            typed = typed.replace(form, " ")
    for word in _WORD.finditer(typed):
        name = word["quoted"] if word["bare"] is None else word["bare"].lstrip("-#")
        if name.strip():
            (removed if word["minus"] else kept).append(" ".join(name.split()))
    kept = list(dict.fromkeys(kept))
    folded = {tag.casefold() for tag in kept}
    had = {tag.casefold() for tag in before}
    gone = [tag for tag in before if tag.casefold() not in folded]
    added = [tag for tag in kept if tag.casefold() not in had and tag not in removed]
    return added, list(dict.fromkeys([*removed, *gone]))
