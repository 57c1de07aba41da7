"""A typed field as a node. Each function raises ValueError with words for people when a value makes no sense."""

from datetime import datetime

from chatviewer.query.fields import FIELDS, FieldSpec
from chatviewer.query.lexing import FieldText
from chatviewer.query.nodes import DEFAULT_SCOPES, SCOPES, Absent, AnyOf, Names, Node, Span

_OPERATORS = (">=", "<=", ">", "<")
_LARGEST = 10**15
_MULTIPLES = {"k": 1_000, "m": 1_000_000}


def field_node(field: FieldText, now: datetime | None) -> Node:
    """The node of a field other than `in:`."""
    spec = FIELDS[field.name]
    if not field.values:
        raise ValueError(f"{spec.name}: needs a value, such as {spec.examples[0]}")
    nodes: list[Node] = []
    names: list[str] = []
    for value in field.values:
        if spec.has_none and value.lower() == "none":
            nodes.append(Absent(spec.name))
        elif spec.kind == "number":
            nodes.append(Span(spec.name, *_numbers(spec, value)))
        elif spec.kind == "date":
            nodes.append(Span("date", *_dates(spec.name, value, now)))
        else:
            names.append(_choice(spec, value) if spec.kind == "choice" else value)
    if names:
        nodes.insert(0, Names(spec.name, tuple(dict.fromkeys(names))))
    return nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))


def scopes_after(scopes: tuple[str, ...], has_scopes: bool, field: FieldText, is_negated: bool) -> tuple[str, ...]:
    """Where words are looked for once this `in:` is taken into account; several of them add up."""
    spec = FIELDS["in"]
    asked: set[str] = set()
    for value in field.values:
        choice = _choice(spec, value)
        asked.update(SCOPES if choice == "all" else (choice,))
    if not asked:
        raise ValueError(f"in: needs a value, such as {spec.examples[0]}")
    before = set(scopes)
    after = (before if has_scopes else set(DEFAULT_SCOPES)) - asked if is_negated else asked | (before if has_scopes else set())
    if not after:
        raise ValueError("nothing is left to look in")
    return tuple(scope for scope in SCOPES if scope in after)


def _choice(spec: FieldSpec, value: str) -> str:
    choice = value.lower()
    if choice not in spec.choices:
        raise ValueError(f"{spec.name}: is one of {', '.join(spec.choices)}")
    return choice


def _bounds(value: str) -> tuple[str, str, str]:
    """(operator, text, text): a comparison, `..` with both ends, or "" with one text."""
    for operator in _OPERATORS:
        if value.startswith(operator):
            return operator, value[len(operator) :], ""
    low, dots, high = value.partition("..")
    return ("..", low, high) if dots else ("", value, "")


def _number(spec: FieldSpec, text: str) -> int:
    word = text.strip().lower().replace("_", "")
    multiple = _MULTIPLES.get(word[-1:], 1)
    digits = word[:-1] if multiple > 1 else word
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{spec.name}: takes a number, such as {spec.examples[0]}")
    return min(int(digits[:16]) * multiple, _LARGEST)


def _numbers(spec: FieldSpec, value: str) -> tuple[int | None, int | None]:
    """The first number and the one behind the last. What lies wholly beyond the limits could find nothing, and is refused."""
    low, high = _span(spec, value)
    if spec.limits is not None and ((low or 0) > spec.limits[1] or (high is not None and high <= spec.limits[0])):
        least, most = spec.limits
        raise ValueError(f"{spec.name}: is {least} to {most}{', or none' if spec.has_none else ''}")
    return low, high


def _span(spec: FieldSpec, value: str) -> tuple[int | None, int | None]:
    operator, first, second = _bounds(value)
    if operator == "..":
        low = _number(spec, first) if first else None
        high = _number(spec, second) + 1 if second else None
        if low is None and high is None:
            raise ValueError(f"{spec.name}: takes a number, such as {spec.examples[0]}")
        return low, high
    number = _number(spec, first)
    return {
        "": (number, number + 1),
        ">=": (number, None),
        ">": (number + 1, None),
        "<=": (None, number + 1),
        "<": (None, number),
    }[operator]


def _dates(name: str, value: str, now: datetime | None) -> tuple[int | None, int | None]:
    from chatviewer.query.dates import parse_period

    operator, first, second = _bounds(value)
    if operator == "..":
        if name != "on" or not (first or second):
            raise ValueError("a span of days is written on:2026-03-01..2026-03-07")
        return parse_period(first, now).start if first else None, parse_period(second, now).end if second else None
    if operator and name != "on":
        raise ValueError(f"{name}: takes a day, month, year or age alone; on: takes comparisons, such as on:>=2026-03")
    period = parse_period(first, now)
    if operator == "" and name == "on":
        return period.start, period.end
    if operator in ("<", "<=") or name == "before":
        return None, (period.end if operator == "<=" and not period.is_age else period.start)
    return (period.end if operator == ">" and period.end is not None else period.start), None
