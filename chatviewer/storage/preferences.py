"""The user's preferences: reading them costs one statement and no Peewee, setting one is a change like any other.

What is stored but no longer valid (an older or newer program wrote it) reads as the default and stays as it is.
"""

from typing import Any

from chatviewer.domain.preference import PREFERENCES, Preference, find_preference
from chatviewer.errors import UsageError
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.encoding import from_json


def preference(database: Database, user_id: int, key: str) -> Any:
    """The value, or its default. Raises UsageError for an unknown key."""
    return preferences(database, user_id)[find_preference(key).key]


def preferences(database: Database, user_id: int) -> dict[str, Any]:
    """All values by key, in the order of their declaration, defaults filled in."""
    with explained(database.file):
        stored = dict(database.connection().execute("SELECT key, value FROM preference WHERE user_id = ?", (user_id,)).fetchall())
    values: dict[str, Any] = {}
    for declared in PREFERENCES:
        value = from_json(stored.get(declared.key))
        values[declared.key] = value if declared.is_valid(value) else declared.default
    return values


def checked(declared: Preference, value: Any) -> Any:
    """The value, if it is one. Raises UsageError, saying what would be right."""
    if not declared.is_valid(value):
        declared.parse(declared.show(value))
        raise UsageError(f"{declared.key} is a {declared.kind}; {type(value).__name__} is none.")
    return value
