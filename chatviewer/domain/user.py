"""Whose library it is. A named tuple: every command needs it, also those that must answer in milliseconds."""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple


class User(NamedTuple):
    """The owner of everything that a `Library` shows. There is one local user, made at the first start."""

    id: int
    name: str
