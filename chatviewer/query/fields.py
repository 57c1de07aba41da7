"""The fields of the search language, declared once: the parser, completion, help and `docs/search.md` are derived from this table.

A field's kind is `name` (any text), `choice` (one of `choices`), `number` (with comparisons) or `date` (a day, month, year or age).
"""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple
from chatviewer.query.nodes import SCOPES


class FieldSpec(NamedTuple):
    """One field. `has_none`: `name:none` finds what has no value. `limits`: the least and the most that a number can be."""

    name: str
    kind: str
    help: str
    examples: tuple[str, ...]
    choices: tuple[str, ...] = ()
    has_none: bool = False
    limits: tuple[int, int] | None = None


_ALL = (
    FieldSpec("source", "name", "the program that the chat comes from", ("source:claude-code", "source:codex,chatgpt")),
    FieldSpec(
        "project",
        "name",
        "the project or working directory: a folder in its path",
        ("project:api", 'project:"my site"', "project:none"),
        has_none=True,
    ),
    FieldSpec("model", "name", "a part of the model's name", ("model:opus", "-model:mini"), has_none=True),
    FieldSpec("role", "choice", "who wrote the message", ("role:user",), ("user", "assistant", "system", "tool")),
    FieldSpec("tool", "name", "a tool that was called; its calls are searched as well", ("tool:Bash", "tool:Edit,Write")),
    FieldSpec(
        "tag",
        "name",
        "one of your tags, or the beginning of a word of it and a star",
        ("tag:release", "tag:rel*", "tag:none"),
        has_none=True,
    ),
    FieldSpec("title", "name", "a part of the title", ("title:flaky", 'title:"import test"')),
    FieldSpec(
        "rating",
        "number",
        "the best rating in the session, 1 to 5",
        ("rating:>=4", "rating:5", "rating:none"),
        has_none=True,
        limits=(1, 5),
    ),
    FieldSpec("before", "date", "before that day, month or year began", ("before:2026-03", "before:7d")),
    FieldSpec("after", "date", "from that day, month or year on", ("after:2026-03-01", "after:yesterday", "after:3w")),
    FieldSpec("on", "date", "in that day, month or year", ("on:2026", "on:today", "on:monday", "on:2026-03-01..2026-03-07")),
    FieldSpec(
        "is",
        "choice",
        "a state; archived and trashed sessions are found only when asked for, any asks for all",
        ("is:starred", "is:unread", "is:archived", "is:any"),
        ("active", "archived", "trashed", "starred", "unread", "new", "subagent", "branched", "rated", "any"),
    ),
    FieldSpec(
        "has",
        "choice",
        "something that the session contains",
        ("has:error", "has:image,code"),
        ("error", "image", "thinking", "tool", "note", "code"),
    ),
    FieldSpec(
        "in",
        "choice",
        "where words are looked for; without it everywhere but in what tools were given and returned",
        ("in:tools", "in:title", "in:all"),
        (*SCOPES, "all"),
    ),
    FieldSpec(
        "status",
        "choice",
        "as the source or you left the session",
        ("status:archived", "status:paused"),
        ("active", "archived", "trashed", "paused", "completed"),
    ),
    FieldSpec("messages", "number", "how many messages the session has", ("messages:>100", "messages:10..20")),
    FieldSpec("tokens", "number", "how many tokens the session took", ("tokens:>10k",)),
)

FIELDS: dict[str, FieldSpec] = {spec.name: spec for spec in _ALL}
