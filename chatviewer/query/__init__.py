"""The search language: typed text to a `Query`. Knows no SQL and never raises."""

from chatviewer.query.nodes import DEFAULT_SCOPES, SCOPES, Absent, AllOf, AnyOf, Names, Node, Not, Pattern, Query, Span, Word
from chatviewer.query.parsing import parse

__all__ = [
    "DEFAULT_SCOPES",
    "SCOPES",
    "Absent",
    "AllOf",
    "AnyOf",
    "Names",
    "Node",
    "Not",
    "Pattern",
    "Query",
    "Span",
    "Word",
    "parse",
]
