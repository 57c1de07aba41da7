"""Whose library it is. A named tuple: every command needs it, also those that must answer in milliseconds."""

from typing import NamedTuple


class User(NamedTuple):
    """The owner of everything that a `Library` shows. There is one local user, made at the first start."""

    id: int
    name: str
