"""What a renderer gives, and careful access to arguments: they are whatever a model made up."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering import ansi
from chatviewer.tui.rendering.part import Part


class ToolView(NamedTuple):
    """A call in words. `name` and `detail` make up its line, `outcome` stands at the right edge, `parts` are its body.

    Texts are foreign and raw; whoever lays them out makes them safe.
    """

    name: str
    detail: str = ""
    outcome: str = ""
    parts: tuple[Part, ...] = ()


def fields(call: ToolCall) -> Mapping[str, Any]:
    """The arguments by name; empty if they are no object."""
    return call.arguments if isinstance(call.arguments, Mapping) else {}


def text_of(call: ToolCall, *names: str) -> str:
    """The first of these arguments that is there, as text."""
    found = fields(call)
    for name in names:
        value = found.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def others(call: ToolCall, shown: Iterable[str]) -> dict[str, Any]:
    """The arguments that a renderer did not show in another way: nothing of a call is hidden."""
    known = set(shown)
    return {name: value for name, value in fields(call).items() if name not in known and value is not None and value != ""}


def result_of(call: ToolCall) -> str:
    return call.result or ""


def line_count(text: str) -> int:
    """Lines of text; an empty one has none."""
    text = text.rstrip("\n")
    return text.count("\n") + 1 if text else 0


def first_line(text: str) -> str:
    """The first line that says something, without escape sequences."""
    return next((line.strip() for line in ansi.strip(text[:2_000]).split("\n") if line.strip()), "")
