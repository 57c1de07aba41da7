"""Fields of a typed query as things that can be put in, taken out and exchanged, while the rest of the text stays as it was typed.

The text is the truth: a filter chosen with a key is a field in the text, and looks like one that was typed.
"""

from itertools import takewhile
from typing import NamedTuple

from chatviewer.query.fields import FIELDS
from chatviewer.query.lexing import FieldText, Lexer, Token

_DATES = ("on", "after", "before")
_EXCLUSIVE = ("active", "archived", "trashed", "any")  # of `is:`
_MULTIPLE = ("tag", "has", "is", "tool", "title", "in")  # a session can be several of these; of the others one value takes another's place


class Term(NamedTuple):
    """A field in a text, from `start` to `end`, its dash among it. `is_alone`: it narrows by itself, being no part of an alternative."""

    start: int
    end: int
    field: str
    values: tuple[str, ...]
    is_negated: bool
    is_alone: bool

    @property
    def group(self) -> str:
        """Terms of one group take each other's place; "" where they stand beside each other."""
        if self.field in _DATES:
            return "date"
        if self.field == "is" and not set(self.values).isdisjoint(_EXCLUSIVE):
            return "state"
        return "" if self.field in _MULTIPLE else self.field

    def is_same(self, other: "Term") -> bool:
        """Whether both ask for the same."""
        return (self.field, set(self.values), self.is_negated) == (other.field, set(other.values), other.is_negated)


def quoted(value: str) -> str:
    """A value as it is typed: in quotes where it would fall apart."""
    if value and not any(char.isspace() or char in '",()' for char in value):
        return value
    return '"' + value.replace('"', " ") + '"'


def terms(text: str) -> list[Term]:
    """The fields of a text, in order."""
    tokens = Lexer(text).tokens()
    found: list[Term] = []
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token.kind == "(") - (token.kind == ")")
        if not isinstance(token.leaf, FieldText):
            continue
        before = tokens[place - 1].kind if place else ""
        is_negated = before == "-"
        if is_negated:
            before = tokens[place - 2].kind if place > 1 else ""
        after = tokens[place + 1].kind if place + 1 < len(tokens) else ""
        is_alone = not depth and before not in ("OR", "AND", "NOT") and after not in ("OR", "AND")
        start = tokens[place - 1].position if is_negated else token.position
        found.append(Term(start, token.end, token.leaf.name, token.leaf.values, is_negated, is_alone))
    return found


def with_term(text: str, term: str) -> str:
    """The query with this field in front, or in the place of one that it cannot stand beside.

    The word at the end stays there, as it may still be being typed.
    """
    wanted = terms(term)[0]
    known = _alone(text, wanted.is_negated)
    if any(each.is_same(wanted) for each in known):
        return text
    rivals = [each for each in known if wanted.group and each.group == wanted.group]
    if not rivals:
        rest = _without_dangling(text)
        return f"{term} {rest}" if rest.strip() else term
    for each in reversed(rivals[1:]):
        text = without(text, each.start, each.end)
    return text[: rivals[0].start] + term + text[rivals[0].end :]


def _without_dangling(text: str) -> str:
    """The text without an OR or AND that it begins with: what is put in front would become its alternative."""
    tokens = Lexer(text).tokens()
    dangling = list(takewhile(lambda token: token.kind in ("OR", "AND"), tokens))
    if not dangling:
        return text
    return text[tokens[len(dangling)].position :] if len(dangling) < len(tokens) else ""


def toggled(text: str, term: str) -> str:
    """The query without this field if it has it, else with it."""
    wanted = terms(term)[0]
    for each in _alone(text, wanted.is_negated):
        if each.is_same(wanted):
            return without(text, each.start, each.end)
        if each.field == wanted.field and set(wanted.values) < set(each.values):
            rest = ",".join(quoted(value) for value in each.values if value not in wanted.values)
            return text[: each.start] + f"{'-' * each.is_negated}{each.field}:{rest}" + text[each.end :]
    return with_term(text, term)


def widened(text: str, term: str) -> str:
    """The query with this field's value as one more that will do, or without it: `source:codex` becomes `source:codex,chatgpt`."""
    wanted = terms(term)[0]
    if FIELDS[wanted.field].kind != "date":
        for each in _alone(text, wanted.is_negated):
            if each.field == wanted.field and not set(wanted.values) <= set(each.values):
                values = ",".join(map(quoted, (*each.values, *wanted.values)))
                return text[: each.start] + f"{'-' * each.is_negated}{each.field}:{values}" + text[each.end :]
    return toggled(text, term)


def held(text: str) -> frozenset[str]:
    """What all that the query finds has in common: its fields, value by value, spelled as `name:value`."""
    return frozenset(f"{each.field}:{quoted(value)}" for each in _alone(text, False) for value in each.values)


def bare(text: str) -> str:
    """The query without the fields that narrow it."""
    for each in reversed(terms(text)):
        if each.is_alone:
            text = without(text, each.start, each.end)
    return text.strip()


def without(text: str, start: int, end: int) -> str:
    """The text without a part and the space that parted it from the rest."""
    before, after = text[:start], text[end:]
    if after[:1].isspace() and (not before or before[-1].isspace()):
        after = after[1:]
    elif not after and before[-1:].isspace():
        before = before[:-1]
    return before + after if (before + after).strip() else ""


def pieces(text: str) -> list[tuple[int, int]]:
    """Where the words, phrases, patterns and fields of a text stand, each with its dash."""
    tokens: list[Token] = Lexer(text).tokens()
    found: list[tuple[int, int]] = []
    for place, token in enumerate(tokens):
        if token.leaf is not None:
            is_negated = place > 0 and tokens[place - 1].kind == "-"
            found.append((tokens[place - 1].position if is_negated else token.position, token.end))
    return found


def _alone(text: str, is_negated: bool) -> list[Term]:
    return [each for each in terms(text) if each.is_alone and each.is_negated == is_negated]
