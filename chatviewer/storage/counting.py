"""Totals: the library pane's from indexes alone, so that they stay fast; the statistics' from whatever they need."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chatviewer.domain.sanitizing import safe_line
from chatviewer.errors import UsageError
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.files import stored_beginning
from chatviewer.storage.reading import to_datetime

if TYPE_CHECKING:
    from chatviewer.domain.annotation import Tag
    from chatviewer.domain.counts import LibraryCounts, StatisticsRow

_LISTED = "session.user_id = :user AND session.status = 'active' AND session.is_subagent = 0"
_BY_STATUS = "SELECT status, is_subagent, count(*), sum(message_count) FROM session WHERE user_id = :user GROUP BY status, is_subagent"
_STARRED = f"SELECT count(*) FROM session INDEXED BY session_starred WHERE starred_at IS NOT NULL AND {_LISTED}"
_UNREAD = f"SELECT count(*) FROM session INDEXED BY session_unread WHERE message_count > read_count AND {_LISTED}"
_RATED = f"SELECT count(*) FROM session WHERE rating IS NOT NULL AND {_LISTED}"
_LAST_IMPORT = "SELECT max(imported_at) FROM source_file WHERE user_id = :user"
_FACET = f"SELECT {{column}}, count(*) FROM session WHERE {_LISTED} GROUP BY {{column}}"
_TAGS = (
    "SELECT tag.name, count(session.id) FROM tag LEFT JOIN session_tag ON session_tag.tag_id = tag.id "
    "LEFT JOIN session ON session.user_id = tag.user_id AND session.uid = session_tag.uid "
    "AND session.status IN (SELECT value FROM json_each(:statuses)) AND session.is_subagent = 0 "
    "WHERE tag.user_id = :user GROUP BY tag.id ORDER BY tag.name"
)


def counts(database: Database, user_id: int) -> "LibraryCounts":
    """The numbers of the library pane. A facet counts what the list shows when it is chosen: active sessions, no sub-agents."""
    from chatviewer.domain.counts import LibraryCounts

    user = {"user": user_id}
    with explained(database.file):
        connection = database.connection()
        by_status = connection.execute(_BY_STATUS, user).fetchall()
        sums = (("s", _STARRED), ("r", _RATED), ("u", _UNREAD), ("i", _LAST_IMPORT))
        one = {name: connection.execute(sql, user).fetchone()[0] for name, sql in sums}
        facets = {column: connection.execute(_FACET.format(column=column), user).fetchall() for column in ("source", "project", "model")}
        begun = stored_beginning(connection, user_id)
        tagged = connection.execute(_TAGS, {**user, "statuses": '["active"]'}).fetchall()
    statuses = {status: count for status, is_subagent, count, _ in by_status if not is_subagent}
    return LibraryCounts(
        active=statuses.get("active", 0),
        archived=statuses.get("archived", 0),
        trashed=statuses.get("trashed", 0),
        starred=one["s"],
        rated=one["r"],
        unread=one["u"],
        subagents=sum(count for _, is_subagent, count, _ in by_status if is_subagent),
        messages=sum(messages for *_, messages in by_status),
        sources=_largest_first(facets["source"]),
        projects=_largest_first(facets["project"]),
        tags=_largest_first(tagged),
        models=_largest_first(facets["model"]),
        last_import_at=to_datetime(one["i"]),
        beginning=begun,
    )


def _largest_first(rows: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    """Without what is unknown and what is not there; equal ones by name."""
    return {key: count for key, count in sorted(rows, key=lambda row: (-row[1], row[0] or "")) if key and count}


def tags(database: Database, user_id: int) -> "list[Tag]":
    """All tags by name, each with the number of sessions that carry it, trash and sub-agents left out."""
    from chatviewer.domain.annotation import Tag

    with explained(database.file):
        rows = database.connection().execute(_TAGS, {"user": user_id, "statuses": '["active", "archived"]'})
        return [Tag(name=name, session_count=count) for name, count in rows]


# Statistics: trash is left out, sub-agents' work counts, but only sessions of their own count as sessions.
_COUNTED = "session.user_id = :user AND session.status <> 'trashed'"
_OWN_SESSIONS = "count(DISTINCT coalesce(session.parent_id, session.id))"
_DAY = "date(coalesce(message.created_at, session.last_message_at) / 1000, 'unixepoch', 'localtime')"
_MODEL = "coalesce(message.model, session.model)"
_MESSAGE_TOKENS = "sum(coalesce(message.input_tokens, 0) + coalesce(message.output_tokens, 0))"
_OF_MESSAGES = f"{_OWN_SESSIONS}, count(*), {_MESSAGE_TOKENS} FROM message JOIN session ON session.id = message.session_id WHERE {_COUNTED}"
_OF_SESSIONS = f"sum(1 - session.is_subagent), sum(session.message_count), sum(session.token_count) FROM session WHERE {_COUNTED}"

_SUMS = {
    "day": f"SELECT {_DAY}, {_OF_MESSAGES} GROUP BY 1",
    "model": f"SELECT {_MODEL}, {_OF_MESSAGES} AND message.role = 'assistant' GROUP BY 1",
    "source": f"SELECT session.source, {_OF_SESSIONS} GROUP BY 1",
    "project": f"SELECT session.project, {_OF_SESSIONS} GROUP BY 1",
    "tool": (
        f"SELECT tool_call.tool_name, {_OWN_SESSIONS}, count(*), 0 FROM tool_call JOIN session ON session.id = tool_call.session_id "
        f"WHERE {_COUNTED} GROUP BY 1"
    ),
}
_RATED_KEYS = {"day": _DAY, "model": _MODEL, "source": "session.source", "project": "session.project", "tool": "tool_call.tool_name"}
# 'user' comes before 'source' when the origins stand in descending order: the user's own rating is the one that counts
_RATINGS = f"""
SELECT key, count(*), sum(value) FROM (
    SELECT DISTINCT {{key}} AS key, message.uid, (
        SELECT best.value FROM rating AS best
        WHERE best.user_id = session.user_id AND best.uid = message.uid ORDER BY best.origin DESC LIMIT 1
    ) AS value
    FROM rating CROSS JOIN message ON message.uid = rating.uid CROSS JOIN session ON session.id = message.session_id {{join}}
    WHERE rating.user_id = :user AND {_COUNTED}
) GROUP BY 1
"""


def statistics(database: Database, user_id: int, by: str) -> "list[StatisticsRow]":
    """Sums by day (local time, in order), model, source, project or tool (most messages first; a tool's messages are its calls).

    What has no project, say, comes last, under "". Tokens by day and model are those that messages carry. Raises UsageError for
    another word.
    """
    from chatviewer.domain.counts import StatisticsRow

    if by not in _SUMS:
        raise UsageError(f"{safe_line(by, 40)!r} is nothing to count by; say one of {', '.join(_SUMS)}.")
    user = {"user": user_id}
    join = "CROSS JOIN tool_call ON tool_call.message_id = message.id" if by == "tool" else ""
    with explained(database.file):
        connection = database.connection()
        sums = connection.execute(_SUMS[by], user).fetchall()
        rated = {key: row for key, *row in connection.execute(_RATINGS.format(key=_RATED_KEYS[by], join=join), user)}
    rows = []
    for key, sessions, messages, tokens in sums:
        rated_count, rating_sum = rated.get(key, (0, 0))
        rows.append(
            StatisticsRow(key=key or "", sessions=sessions, messages=messages, tokens=tokens, rated=rated_count, rating_sum=rating_sum)
        )
    return sorted(rows, key=lambda row: (not row.key, *((row.key,) if by == "day" else (-row.messages, row.key))))
