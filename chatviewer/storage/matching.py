"""Words of a query as FTS5 expressions. Every piece of typed text is a quoted FTS5 string, so nothing typed is ever an operator."""

from collections.abc import Iterable

from chatviewer.query.nodes import AllOf, AnyOf, Node, Not, Word

MAX_TOKENS = 64  # of one phrase; each opens a cursor of its own
SHORT = 2  # letters of a beginning with so many words that merging their lists takes longer than reading the newest messages


def word_match(word: Word) -> str | None:
    """The expression that finds a word or phrase in any column; None when it holds nothing that the index knows."""
    text = known_text(word.text)
    choices = [f"{_quoted(text)}{' *' if word.is_prefix else ''}"] if text else []
    if (split := split_word(word.text)) is not None:
        parts, is_beginning = split
        choice = f"{_quoted(' '.join(parts[:MAX_TOKENS]))}{' *' if word.is_prefix or is_beginning else ''}"
        if choice not in choices:
            choices.append(choice)
    elif word.is_phrase and not word.text.isascii() and len(pieces := word.text.split()[:MAX_TOKENS]) > 1:
        # 日本語 in the middle of a sentence is no word of the index; such a phrase is found word by word
        last = len(pieces) - 1
        found = [word_match(Word(piece, word.is_prefix and number == last)) for number, piece in enumerate(pieces)]
        choices.append(_joined(" AND ", found) or choices[0])
    return _joined(" OR ", choices)


def split_word(text: str) -> tuple[list[str], bool] | None:
    """`terms.query_terms`, without its module for the words that have one part only."""
    if text.isascii() and text.islower() and not any(character.isdigit() for character in text):
        return None
    from chatviewer.storage.terms import query_terms

    return query_terms(text)


def tree_match(node: Node) -> str | None:
    """The expression for a tree of words; None where FTS5 cannot start from it: other leaves, only unwanted words, punctuation.

    Punctuation beside words is left out, as the index does not hold it.
    """
    if isinstance(node, Word):
        return word_match(node)
    if isinstance(node, AnyOf):
        choices = [tree_match(each) for each in node.nodes]
        return None if None in choices else _joined(" OR ", choices)
    if not isinstance(node, AllOf):
        return None
    wanted: list[str | None] = []
    unwanted: list[str | None] = []
    for each in node.nodes:
        inner = each.node if isinstance(each, Not) else each
        match = tree_match(inner)
        if match is None and not isinstance(inner, Word):
            return None
        (unwanted if isinstance(each, Not) else wanted).append(match)
    positive, negative = _joined(" AND ", wanted), _joined(" OR ", unwanted)
    return positive if positive is None or negative is None else f"({positive} NOT {negative})"


def known_text(text: str) -> str:
    """The text without what the index drops anyway, at most `MAX_TOKENS` words; "" when nothing is left."""
    clean = "".join(character if character.isalnum() or "\u0300" <= character <= "\u036f" else " " for character in text)
    return " ".join(clean.split()[:MAX_TOKENS])


def is_short_beginning(node: Node) -> bool:
    """Whether this is the beginning of a great many words, as while one is being typed."""
    return isinstance(node, Word) and node.is_prefix and len(node.text) <= SHORT and node.text.isascii() and node.text.isalnum()


def _joined(operator: str, matches: Iterable[str | None]) -> str | None:
    known = [match for match in matches if match is not None]
    if len(known) < 2:
        return known[0] if known else None
    return f"({operator.join(known)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
