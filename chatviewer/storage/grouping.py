"""The ids of a list with those of a group together: by project or by source.

Two statements, both answered by indexes alone: the ids in order, and which group each belongs to. For the first screen of a long
list (`limit`) only the groups that stand on it are read.
"""

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chatviewer.domain.wording import project_name
from chatviewer.errors import UsageError
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.sessions import Listing

if TYPE_CHECKING:
    from chatviewer.query import Query

_COLUMNS = {"project": "session.project", "source": "session.source"}
_INDEXES = {"project": "INDEXED BY session_by_project", "source": "INDEXED BY session_by_source"}


def session_groups(
    database: Database, user_id: int, query: "Query | None", by: str, sort: str, limit: int | None
) -> "list[tuple[str, array[int]]]":
    """(group, ids in order) of the sessions that match. Groups stand where their first session would; sorted by title, by name.

    With `limit`, the first so many ids. Raises UsageError for an unknown grouping or order.
    """
    column = _COLUMNS.get(by)
    if column is None:
        raise UsageError(f"{by!r} is nothing to group by; say one of {', '.join(_COLUMNS)}.")
    listing = Listing(query, user_id, sort)
    is_by_name = sort.removeprefix("-") == "title"
    with explained(database.file):
        connection = database.connection()
        if limit is None:
            index = _INDEXES[by] if query is None or query.is_empty else ""
            sql = f"SELECT session.id, {column} FROM session {index} WHERE {listing.where}"
            group_of = dict(connection.execute(sql, listing.parameters))
            ids = (row[0] for row in connection.execute(*listing.select("session.id")))
            groups = _grouped((group_of[id_], id_) for id_ in ids if id_ in group_of)
            return _by_name(groups, sort) if is_by_name else list(groups.items())
        if is_by_name:
            distinct = connection.execute(f"SELECT DISTINCT {column} FROM session WHERE {listing.where}", listing.parameters)
            names = [name for name, _ in _by_name({row[0]: array("q") for row in distinct}, sort)]
        else:
            names = list(dict.fromkeys(row[0] for row in connection.execute(*listing.select(column, limit=limit))))
        first: list[tuple[str, array[int]]] = []
        for name in names:
            if (room := limit - sum(len(ids) for _, ids in first)) <= 0:
                break
            rows = connection.execute(*listing.select("session.id", f"{column} = ?", name, limit=room))
            first.append((name, array("q", (row[0] for row in rows))))
        return first


def _grouped(pairs: Iterable[tuple[str, int]]) -> "dict[str, array[int]]":
    groups: dict[str, array[int]] = {}
    for name, id_ in pairs:
        if (ids := groups.get(name)) is None:
            ids = groups[name] = array("q")
        ids.append(id_)
    return groups


def _by_name(groups: "dict[str, array[int]]", sort: str) -> "list[tuple[str, array[int]]]":
    """Sorted as they are shown; the nameless group last, whichever way round."""
    named = sorted(((name, ids) for name, ids in groups.items() if name), key=lambda group: (project_name(group[0]).casefold(), group[0]))
    if sort.startswith("-"):
        named.reverse()
    return named + [(name, ids) for name, ids in groups.items() if not name]
