"""A session's own row: what its source says now, over what is stored, under what the user chose."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from chatviewer.domain.kinds import SessionStatus
from chatviewer.domain.record import NamedTuple
from chatviewer.domain.session import UPDATED_AT, Session
from chatviewer.storage.encoding import mapping_from_json
from chatviewer.storage.rows import CHECKED, INTEGER_MAX, checksum, clean, json_text, milliseconds, text_terms

COLUMNS = (
    *("uid", "user_id", "source", "source_id", "project", "parent_uid", "spawned_by", "is_subagent", "title", "source_title", "status"),
    *("run_state", "model", "branch", "current_uid", "input_tokens", "output_tokens", "token_count", "message_count", "tool_call_count"),
    *("read_count", "first_row", "last_row", "is_branched"),
    *("started_at", "ended_at", "last_message_at", "created_at", "updated_at", "starred_at", "archived_at", "trashed_at", "source_gone_at"),
    *("trace_id", "created_by", "updated_by", "checksum", "context", "metadata", "terms", "summary", "system_prompt"),
)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM session WHERE id = ?"
_CHECKED = CHECKED["session"].split(", ")
_UNKNOWN: dict[str, Any] = dict.fromkeys(COLUMNS) | {
    **dict.fromkeys(("project", "title", "source_title", "branch", "summary", "system_prompt"), ""),
    **dict.fromkeys(("is_subagent", "token_count", "message_count", "tool_call_count", "read_count", "is_branched"), 0),
    "status": "active",
    "context": "{}",
    "metadata": "{}",
}


class Growth(NamedTuple):
    """What one import adds to a session."""

    messages: int = 0
    calls: int = 0
    input_tokens: int | None = None  # None: no message says
    output_tokens: int | None = None
    first_at: int | None = None
    last_at: int | None = None
    first_row: int | None = None
    last_row: int | None = None


class Choices:
    """What the user said about sessions, in whatever order it and the session came. Keyed by uid: it outlives the rows."""

    def __init__(self, connection: sqlite3.Connection, user_id: int) -> None:
        self._connection = connection
        self._user_id = user_id
        tables = ("status_change", "star", "title_override", "reading")
        any_of = ", ".join(f"EXISTS (SELECT 1 FROM {table} WHERE user_id = ?1)" for table in tables)
        self._used = dict(zip(tables, connection.execute(f"SELECT {any_of}", (user_id,)).fetchone(), strict=True))
        self._caught_up = caught_up_sources(connection, user_id)

    def is_news(self, source: str) -> bool:
        """Whether what comes from there is new to the user; not while its first import goes on, be it in several runs."""
        return source in self._caught_up

    def of(self, table: str, column: str, uid: str) -> tuple[Any, int] | None:
        """The value and the time of the choice; None: the source's word stands."""
        if not self._used[table]:
            return None
        query = f"SELECT {column}, changed_at FROM {table} WHERE user_id = ? AND uid = ?"
        row: tuple[Any, int] | None = self._connection.execute(query, (self._user_id, uid)).fetchone()
        return row


def caught_up_sources(connection: sqlite3.Connection, user_id: int) -> frozenset[str]:
    """The sources whose first import is over."""
    return frozenset(row[0] for row in connection.execute("SELECT source FROM caught_up WHERE user_id = ?", (user_id,)))


def stored_session(connection: sqlite3.Connection, session_id: int) -> dict[str, Any]:
    """The row by its columns."""
    return dict(zip(COLUMNS, connection.execute(_SELECT, (session_id,)).fetchone(), strict=True))


def new_session(uid: str, user_id: int, session: Session) -> dict[str, Any]:
    """The row before anything is known of it but who it is."""
    source_id, project = clean(session.source_id), clean(session.project)
    return _UNKNOWN | {"uid": uid, "user_id": user_id, "source": session.source, "source_id": source_id, "project": project}


def is_later(stored: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether what is stored is of a later time than what is given, by the metadata of both; not where one does not say."""
    known, other = stored.get(UPDATED_AT), given.get(UPDATED_AT)
    return type(known) is str and type(other) is str and known > other


def is_outdated(old: dict[str, Any], session: Session) -> bool:
    """Whether the row has it from a newer export: then what this one says comes in only where that said nothing."""
    return UPDATED_AT in session.metadata and is_later(mapping_from_json(old["metadata"]), session.metadata)


def described(old: dict[str, Any], session: Session, growth: Growth, choices: Choices, now: int, *, is_old: bool = False) -> dict[str, Any]:
    """The row as it is to be; `is_old`: of a session that is outdated."""
    row = dict(old)
    for column in ("run_state", "model", "parent_uid", "spawned_by", "trace_id", "created_by", "updated_by"):
        value = getattr(session, column)
        if value is not None and not (is_old and old[column] is not None):
            row[column] = clean(str(value))
    for column, text in (
        *((column, getattr(session, column)) for column in ("branch", "summary", "system_prompt")),
        ("source_title", session.title),
    ):
        row[column] = (old[column] or clean(text)) if is_old else (clean(text) or old[column])
    row["project"] = old["project"] or clean(session.project)
    row["is_subagent"] = int(row["parent_uid"] is not None)
    if session.ended_at and not (is_old and old["ended_at"] is not None):
        row["ended_at"] = milliseconds(session.ended_at)
    row["started_at"] = min(_known(old["started_at"], milliseconds(session.started_at) or growth.first_at), default=None)
    row["last_message_at"] = max(_known(old["last_message_at"], milliseconds(session.last_message_at), growth.last_at), default=None)
    for column in ("context", "metadata"):
        given = getattr(session, column)
        if given:
            known = mapping_from_json(old[column])
            row[column] = json_text({**known, **given} if not is_old else {**given, **known})
    row["message_count"] += growth.messages
    row["tool_call_count"] += growth.calls
    row["first_row"] = min(_known(old["first_row"], growth.first_row), default=None)
    row["last_row"] = max(_known(old["last_row"], growth.last_row), default=None)
    for column in ("input_tokens", "output_tokens"):
        total = None if is_old and old[column] is not None else getattr(session, column)
        row[column] = _sum(total, old[column], getattr(growth, column))
    row["token_count"] = min((row["input_tokens"] or 0) + (row["output_tokens"] or 0), INTEGER_MAX)
    row["read_count"] = _read_count(row, growth, choices)
    _choose(row, session, choices, now, is_old=is_old)
    if any(row[column] != old[column] for column in ("title", "summary")):
        row["terms"] = text_terms(row["title"], row["summary"])
    return row


def sealed(row: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """The row as it is to be, with its checksum. Where the stored one was wrong already, it stays so: `doctor` is to see it."""
    said = _said(row)
    if old["checksum"] is None or (said != (before := _said(old)) and old["checksum"] == checksum(before)):
        row["checksum"] = checksum(said)
    return row


def _said(row: dict[str, Any]) -> str:
    """What the checksum is of, as one text: that has the same."""
    return "".join([str(row[column]) for column in _CHECKED if row[column] is not None])


def _read_count(row: dict[str, Any], growth: Growth, choices: Choices) -> int:
    """How many of its messages are not new. What a sub-agent does is a part of what its parent tells."""
    count: int = row["message_count"]
    if row["is_subagent"]:
        return count
    if growth.messages == count and (read := choices.of("reading", "message_count", row["uid"])) is not None:
        return min(int(read[0]), count)  # it was here before, and read
    return int(row["read_count"]) + (0 if choices.is_news(row["source"]) else growth.messages)


def _known(*values: int | None) -> list[int]:
    return [value for value in values if value is not None]


def _sum(total: int | None, old: int | None, more: int | None) -> int | None:
    """A total that the source gives, else the sum of what its messages say."""
    if total is None:
        total = old if more is None else (old or 0) + more
    return None if total is None else max(-INTEGER_MAX, min(total, INTEGER_MAX))


def _choose(row: dict[str, Any], session: Session, choices: Choices, now: int, *, is_old: bool) -> None:
    """Title, status and star: the user's own, else the source's. The new end of a file says nothing about the latter two, nor does an
    export that is older than what is stored."""
    uid = row["uid"]
    title = choices.of("title_override", "title", uid)
    row["title"] = title[0] if title else row["source_title"]
    status = choices.of("status_change", "status", uid)
    if status is None and not is_old and not (session.is_tail and session.status is SessionStatus.ACTIVE):
        status = (session.status.value, now)
    if status is not None:
        row["status"] = status[0]
        row["archived_at"] = (row["archived_at"] or status[1]) if status[0] == "archived" else None
        row["trashed_at"] = (row["trashed_at"] or status[1]) if status[0] == "trashed" else None
    star = choices.of("star", "is_starred", uid)
    if star is None and not is_old and (session.is_starred or not session.is_tail):
        star = (session.is_starred, now)
    if star is not None:
        row["starred_at"] = (row["starred_at"] or star[1]) if star[0] else None
