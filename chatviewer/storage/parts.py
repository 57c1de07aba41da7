"""A query taken apart: what the index can be asked for, and what has to be checked besides."""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple
from chatviewer.query.nodes import AllOf, AnyOf, Node, Not, Pattern, Query, Word
from chatviewer.storage.matching import tree_match


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
    nodes = tuple(dict.fromkeys(together(node)))  # a word that is typed a hundred times is looked for once
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
