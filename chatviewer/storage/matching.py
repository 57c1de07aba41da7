"""A query taken apart, and its words as FTS5 expressions. Typed text is always a quoted FTS5 string, so nothing typed is an operator.

The index of tool calls holds no positions, which are most of an index over tool output: it knows which words stand in a call, not in
what order. There a phrase is asked for as its words (`is_loose`), and `phrases` looks for it in the text of those that have them all.
"""

from __future__ import annotations

from collections.abc import Iterable

from chatviewer.domain.record import NamedTuple
from chatviewer.query.nodes import UNITS, AllOf, AnyOf, Node, Not, Pattern, Query, Word, distinct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

MAX_TOKENS = 64  # of one phrase; each opens a cursor of its own

# Marks that unicode61 neither folds nor keeps, and letters that are younger than its tables: it ends a word there.
_ENDING = "[\u0305\u030d\u030e\u0310\u0312-\u031a\u031c-\u0322\u0329-\u032c\u032f\u0332-\u036f\u19b0-\u19c9\u1cf2\u1cf3]"


class Phrase(NamedTuple):
    """Words of the index, one behind the other; with `is_beginning` the last one may go on."""

    words: tuple[str, ...]
    is_beginning: bool


Choice: TypeAlias = "Phrase | tuple[list[Choice], ...]"
"""A phrase, or several things that must all stand in a text, each a list of choices."""


def choices(word: Word) -> list[Choice]:
    """What a word or phrase is found by, any of these; empty when it holds nothing that the index knows."""
    text = known_text(word.text)
    found: list[Choice] = [Phrase(tuple(text.split()), word.is_prefix)] if text else []
    if word.text.isascii() and word.text.isdigit() and not (word.is_prefix or word.is_phrase):
        found += [Phrase((f"{word.text}{unit}",), is_beginning=False) for unit in UNITS]
    if word.number:
        found.append(Phrase((known_text(word.number + word.text),), word.is_prefix))
    if _is_day(word.text) and not word.is_prefix:
        found.append(Phrase((*text.split()[:2], f"{word.text[8:]}t"), is_beginning=True))  # 2026-03-01T10:15:00Z
    if (split := split_word(word.text)) is not None:
        parts, is_beginning = split
        choice = Phrase(tuple(known_text(" ".join(parts)).split()), word.is_prefix or is_beginning)
        if choice.words and choice not in found:
            found.append(choice)
    elif word.is_phrase and len(pieces := word.text.split()[:MAX_TOKENS]) > 1 and _is_unspaced(word.text):
        # 日本語 in the middle of a sentence is no word of the index; such a phrase is found word by word
        last = len(pieces) - 1
        each = [choices(Word(piece, word.is_prefix and number == last)) for number, piece in enumerate(pieces)]
        if known := tuple(filter(None, each)):
            found.append(known)
    return found


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit() and text.isascii()


def _is_unspaced(text: str) -> bool:
    """Whether it holds characters of scripts that put no spaces between words. Accents and dashes are no reason to forget the order."""
    if text.isascii():
        return False
    from chatviewer.storage.scripts import has_unspaced

    return has_unspaced(text)


def word_match(word: Word, *, is_loose: bool = False) -> str | None:
    """The expression that finds a word or phrase in any column; None when it holds nothing that the index knows."""
    return _any_match(choices(word), is_loose)


def _any_match(found: list[Choice], is_loose: bool) -> str | None:
    return _joined(" OR ", [_match(choice, is_loose) for choice in found])


def _match(choice: Choice, is_loose: bool) -> str | None:
    if not isinstance(choice, Phrase):
        return _joined(" AND ", [_any_match(each, is_loose) for each in choice])
    pieces = list(dict.fromkeys(choice.words)) if is_loose else [" ".join(choice.words)]
    if is_loose and pieces[-1] != choice.words[-1]:
        pieces.append(choice.words[-1])
    found = [_quoted(piece) for piece in pieces]
    if choice.is_beginning:
        found[-1] += " *"
    return _joined(" AND ", found)


def is_exact(node: Node) -> bool:
    """Whether an index without positions answers for the words of a tree as well as the text itself."""
    if isinstance(node, Word):
        return all(isinstance(choice, Phrase) and len(choice.words) == 1 for choice in choices(node))
    if isinstance(node, Not):
        return is_exact(node.node)
    return all(map(is_exact, node.nodes)) if isinstance(node, AllOf | AnyOf) else True


def split_word(text: str) -> tuple[list[str], bool] | None:
    """`terms.query_terms`, without its module for the words that have one part only."""
    if text.isascii() and text.islower() and not any(character.isdigit() for character in text):
        return None
    from chatviewer.storage.terms import query_terms

    return query_terms(text)


def tree_match(node: Node, *, is_loose: bool = False) -> str | None:
    """The expression for a tree of words; None where FTS5 cannot start from it: other leaves, only unwanted words, punctuation.

    Punctuation beside words is left out, as the index does not hold it. With `is_loose` it finds more than the tree means, where that
    is not `is_exact`, and never less.
    """
    if isinstance(node, Word):
        return word_match(node, is_loose=is_loose)
    if isinstance(node, AnyOf):
        found = [tree_match(each, is_loose=is_loose) for each in node.nodes]
        return None if None in found else _joined(" OR ", found)
    if not isinstance(node, AllOf):
        return None
    wanted: list[str | None] = []
    unwanted: list[str | None] = []
    for each in node.nodes:
        inner = each.node if isinstance(each, Not) else each
        match = tree_match(inner, is_loose=is_loose)
        if match is None and not isinstance(inner, Word):
            return None
        if is_loose and isinstance(each, Not) and not is_exact(inner):
            continue
        (unwanted if isinstance(each, Not) else wanted).append(match)
    positive, negative = _joined(" AND ", wanted), _joined(" OR ", unwanted)
    return positive if positive is None or negative is None else f"({positive} NOT {negative})"


def known_text(text: str) -> str:
    """The text without what the index drops anyway, at most `MAX_TOKENS` words; "" when nothing is left."""
    clean = "".join(character if character.isalnum() or "\u0300" <= character <= "\u036f" else " " for character in text)
    if not clean.isascii():
        import re

        clean = re.sub(_ENDING, " ", clean)
    return " ".join(clean.split()[:MAX_TOKENS])


def _joined(operator: str, matches: Iterable[str | None]) -> str | None:
    known = [match for match in matches if match is not None]
    if len(known) < 2:
        return known[0] if known else None
    return f"({operator.join(known)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


class Parts(NamedTuple):
    """A query taken apart. `match` is what the index is asked for; `conditions` are the other nodes, words among them too."""

    match: str | None
    matched: tuple[Node, ...]  # the nodes of `match`
    conditions: tuple[Node, ...]
    words: tuple[Node, ...]  # the nodes within `match` that are wanted
    unwanted: tuple[Node, ...]  # the words that must not stand in a hit
    is_text: bool  # whether there is text to find; else sessions are


def take_apart(query: Query, dense: frozenset[Node]) -> Parts:
    """What the index can be asked for, and what has to be checked besides. `dense`: beginnings of too many words for the index."""
    node = query.node
    nodes = distinct(together(node))  # a word that is typed a hundred times is looked for once
    matched: list[Node] = []
    others: list[Node] = []
    for each in nodes:
        inner = bare(each)
        is_matchable = tree_match(inner) is not None or (isinstance(inner, Word) and len(nodes) > 1 and not isinstance(each, Not))
        (matched if is_matchable else others).append(each)
    if any(not isinstance(each, Not) and each not in dense for each in matched):
        others += [each for each in matched if bare(each) in dense]
        matched = [each for each in matched if bare(each) not in dense]
    wanted = tuple(each for each in matched if not isinstance(each, Not) and tree_match(each) is not None)
    unwanted = tuple(each for each in matched if isinstance(each, Not))
    match = tree_match(AllOf(tuple(matched))) if wanted else None
    if match is None:
        others, matched = [*others, *matched], []
        wanted = unwanted = ()
    is_text = match is not None or any(_is_text(each) for each in others)
    return Parts(match, tuple(matched), tuple(others), wanted, unwanted, is_text)


def together(node: Node | None) -> tuple[Node, ...]:
    """The nodes that must all hold."""
    return node.nodes if isinstance(node, AllOf) else () if node is None else (node,)


def bare(node: Node) -> Node:
    """What is wanted, or else unwanted."""
    return node.node if isinstance(node, Not) else node


def _is_text(node: Node) -> bool:
    """Whether a node asks for text in every case."""
    if isinstance(node, AnyOf):
        return all(_is_text(each) for each in node.nodes)
    if isinstance(node, AllOf):
        return any(_is_text(each) for each in node.nodes)
    return isinstance(node, Word | Pattern)
