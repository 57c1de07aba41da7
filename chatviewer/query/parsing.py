"""Typed text to a `Query`. Whatever is typed gives one: what is no field is a word, what is wrong is a problem in words.

Terms that stand side by side must all match. `OR` binds closer than that, as in every search box: `api error OR warning` asks for
`api` and one of the two. Everything here is iterative, so nesting costs no stack.
"""

from datetime import datetime

from chatviewer.query.lexing import FieldText, Lexer, Token
from chatviewer.query.nodes import DEFAULT_SCOPES, UNITS, AllOf, AnyOf, Node, Not, Pattern, Query, Word, distinct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

_FIRST_UNSPACED = "\u0e00"  # Thai; Chinese, Japanese and Korean follow
MAX_DEPTH = 8  # SQLite reads no statement that is nested much deeper


class _Group:
    """An open parenthesis, or the whole: chains of alternatives that must all match."""

    __slots__ = ("chains", "is_negated", "is_or_next", "position")

    def __init__(self, position: int, is_negated: bool) -> None:
        self.position = position
        self.is_negated = is_negated
        self.chains: list[list[Node]] = []
        self.is_or_next = False

    def add(self, node: Node) -> None:
        if self.is_or_next and self.chains:
            self.chains[-1].append(node)
        else:
            self.chains.append([node])
        self.is_or_next = False

    def node(self) -> Node | None:
        nodes: list[Node] = []
        for chain in self.chains:
            joined = _any_of(chain)
            nodes.extend(joined.nodes if isinstance(joined, AllOf) else (joined,))
        if not nodes:
            return None
        wanted = distinct(_with_numbers(nodes))  # each once: a beginning of very many words is looked up for each time that it stands there
        whole = wanted[0] if len(wanted) == 1 else AllOf(wanted)
        return _negated(whole) if self.is_negated else whole


def _with_numbers(nodes: list[Node]) -> list[Node]:
    """A unit that stands behind its number knows it. Units of one letter do not: `part 3 s` is no three seconds."""
    for place in range(1, len(nodes)):
        number, unit = nodes[place - 1], nodes[place]
        if isinstance(unit, Word) and len(unit.text) > 1 and unit.text.lower() in UNITS and not unit.is_phrase and _is_number(number):
            nodes[place] = unit._replace(number=number.text)
    return nodes


def _is_number(node: Node) -> "TypeGuard[Word]":
    return isinstance(node, Word) and node.text.isascii() and node.text.isdigit() and not (node.is_prefix or node.is_phrase)


def _any_of(chain: list[Node]) -> Node:
    if len(chain) == 1:
        return chain[0]
    nodes: list[Node] = []
    for node in chain:
        nodes.extend(node.nodes if isinstance(node, AnyOf) else (node,))
    choices = distinct(nodes)
    return AnyOf(choices) if len(choices) > 1 else choices[0]


def _negated(node: Node) -> Node:
    return node.node if isinstance(node, Not) else Not(node)


def parse(text: str, *, now: datetime | None = None, is_being_typed: bool = False) -> Query:
    """The query that a text stands for. Never raises; `now` is the clock (and time zone) for dates like 7d and yesterday.

    With `is_being_typed` a word at the very end of the text is taken for the beginning of one, unless a space ends it; a field that
    stands there without a value asks for nothing yet.
    """
    lexer = Lexer(text)
    tokens = lexer.tokens()
    return _Parser(text, _with_open_end(tokens, text) if is_being_typed else tokens, lexer.problems, now).query()


def _with_open_end(tokens: list[Token], text: str) -> list[Token]:
    """The last word as a beginning, if that can help: not one that is unwanted, nor of a script that is found by any two characters.

    The name of a field whose value is yet to come is left out, with the sign that turns it round. A tag is taken for the beginning of one
    as well; of the other fields a part is enough anyway, or there are a few words to choose from.
    """
    last = tokens[-1] if tokens else None
    if last is not None and isinstance(last.leaf, FieldText) and last.leaf.name == "tag":
        return tokens if _is_unwanted(tokens) else [*tokens[:-1], last._replace(leaf=_with_open_value(last.leaf, text))]
    if last is None or not isinstance(last.leaf, Word) or last.leaf.is_phrase or last.leaf.is_prefix or text[-1:].isspace():
        return tokens
    is_unwanted = _is_unwanted(tokens)
    if last.leaf.text[-1:] == ":":
        from chatviewer.query.fields import FIELDS

        if last.leaf.text[:-1].lower() in FIELDS:
            return tokens[: -2 if is_unwanted else -1]
    if is_unwanted or not last.leaf.text[-1:].isalnum() or last.leaf.text[-1:] >= _FIRST_UNSPACED:
        return tokens
    return [*tokens[:-1], last._replace(leaf=last.leaf._replace(is_prefix=True))]


def _is_unwanted(tokens: list[Token]) -> bool:
    return len(tokens) > 1 and tokens[-2].kind in ("-", "NOT")


def _with_open_value(field: FieldText, text: str) -> FieldText:
    """Its last value as a beginning, where no space or quote has closed it."""
    value = field.values[-1] if field.values else ""
    if not value or not text.endswith(value) or value[-1] == "*" or value.lower() == "none":
        return field
    return field._replace(values=(*field.values[:-1], f"{value}*"))


class _Parser:
    def __init__(self, text: str, tokens: list[Token], problems: list[tuple[int, str]], now: datetime | None) -> None:
        self._text = text
        self._tokens = tokens
        self._problems = problems
        self._now = now
        self._scopes: tuple[str, ...] = DEFAULT_SCOPES
        self._has_scopes = False
        self._groups = [_Group(0, False)]
        self._too_deep = 0
        self._is_not_next = False

    def query(self) -> Query:
        for index, token in enumerate(self._tokens):
            self._take(index, token)
        unclosed = len(self._groups) - 1 + self._too_deep
        if unclosed:
            words = "a parenthesis is not closed" if unclosed == 1 else f"{unclosed:,} parentheses are not closed"
            self._problem(self._groups[-1].position, words)
        while len(self._groups) > 1:
            self._close()
        problems = tuple(sorted(self._problems))
        return Query(self._text, self._groups[0].node(), self._scopes, problems, self._has_scopes)

    def _problem(self, position: int, words: str) -> None:
        self._problems.append((position, words))

    def _take(self, index: int, token: Token) -> None:
        group = self._groups[-1]
        if token.leaf is not None:
            self._take_leaf(token)
        elif token.kind == "-":
            self._is_not_next = True
        elif token.kind == "(":
            self._open(token)
        elif token.kind == ")":
            if self._too_deep:
                self._too_deep -= 1
            else:
                self._close()
        elif token.kind == "NOT" and self._operand_follows(index):
            self._is_not_next = not self._is_not_next
        elif token.kind != "NOT" and group.chains and self._operand_follows(index):
            group.is_or_next = token.kind == "OR"
        elif len(self._tokens) == 1:
            self._add(Word(token.kind))
        else:
            self._is_not_next = False
            self._problem(token.position, f"{token.kind} needs words {'after it' if token.kind == 'NOT' else 'on both sides'}")

    def _operand_follows(self, index: int) -> bool:
        return index + 1 < len(self._tokens) and self._tokens[index + 1].kind in ("leaf", "(", "-", "NOT")

    def _open(self, token: Token) -> None:
        if len(self._groups) > MAX_DEPTH:
            if not self._too_deep:
                self._problem(token.position, f"parentheses count {MAX_DEPTH} deep only")
            self._too_deep += 1
            return
        self._groups.append(_Group(token.position, self._is_not_next))
        self._is_not_next = False

    def _close(self) -> None:
        if len(self._groups) == 1:
            return
        node = self._groups.pop().node()
        if node is not None:
            self._groups[-1].add(node)

    def _add(self, node: Node) -> None:
        self._groups[-1].add(_negated(node) if self._is_not_next else node)
        self._is_not_next = False

    def _take_leaf(self, token: Token) -> None:
        leaf = token.leaf
        try:
            if isinstance(leaf, FieldText):
                from chatviewer.query.fielding import field_node, scopes_after  # not for plain words

                if leaf.name == "in":
                    self._scopes = scopes_after(self._scopes, self._has_scopes, leaf, self._is_not_next)
                    self._has_scopes = True
                    self._is_not_next = False
                    if len(self._groups) > 1:
                        self._problem(token.position, "in: counts for the whole query")
                    return
                self._add(field_node(leaf, self._now))
            elif isinstance(leaf, Pattern):
                from chatviewer.query.patterns import checked

                self._add(Pattern(checked(leaf.source)))
            elif leaf is not None:
                self._add(leaf)
        except ValueError as error:
            self._is_not_next = False
            self._problem(token.position, str(error))
