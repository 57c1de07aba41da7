"""The five chat-persistence systems that the domain was made for: each one's tables in a real SQLite file, filled with rows, put into
the words of the domain, saved, and read back through the library with nothing lost.

What has no field of its own (an engagement, a tool's session id, when the source archived something) is in `metadata`, verbatim.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatviewer.domain import (
    ContextItem,
    Message,
    Rating,
    RatingOrigin,
    Role,
    RunState,
    Session,
    SessionStatus,
    ToolCall,
    ToolCallStatus,
)
from chatviewer.domain.identity import message_uid, session_uid, tool_call_uid
from chatviewer.storage.library import Library
from tests.factories import fill

T0 = datetime(2026, 4, 2, 8, 30, 0, 125_000, tzinfo=UTC)


def at(minutes: int) -> str:
    return (T0 + timedelta(minutes=minutes)).isoformat()


def moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def tables(path: Path, script: str, rows: dict[str, list[dict[str, Any]]]) -> Path:
    """The system's own database: its tables as it makes them, with these rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(script)
        for table, entries in rows.items():
            for entry in entries:
                columns = ", ".join(f'"{column}"' for column in entry)
                connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(entry))})", list(entry.values()))
    return path


def rows_of(path: Path, query: str, *parameters: object) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query, parameters).fetchall()


def stored(library: Library, session: Session) -> tuple[Session, list[Message]]:
    """As it is read back, by its uid."""
    return library.session(session.uid), library.messages(library.summary(session.uid).id)


def assert_same_messages(session: Session, read: list[Message]) -> None:
    """Every field that the source fills, in order, as it was."""
    assert [message.uid for message in read] == [message.uid for message in session.messages]
    fields = ("role", "content", "thinking", "parent_uid", "model", "tool_name", "tool_call_id", "input_tokens", "output_tokens")
    for given, found in zip(session.messages, read, strict=True):
        for field in (*fields, "created_at", "trace_id", "tool_calls"):
            assert getattr(found, field) == getattr(given, field), f"{field} of {given.uid}"
        assert dict(found.metadata) == dict(given.metadata)


# A. An actuary's chat store


ACTUARY = """
CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, engagement_id TEXT, title TEXT, context TEXT, last_activity_at TEXT,
    trace_id TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, created_by TEXT, updated_by TEXT, is_deleted INTEGER DEFAULT 0,
    deleted_at TEXT);
CREATE TABLE chat_messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')), content TEXT NOT NULL, metadata TEXT, tool_name TEXT,
    tool_call_id TEXT, parent_id TEXT REFERENCES chat_messages (id), trace_id TEXT, created_at TEXT NOT NULL);
"""


def actuary(path: Path) -> list[Session]:
    audit = {"created_at": at(0), "updated_at": at(9), "created_by": "mira", "updated_by": "noor"}
    tables(
        path,
        ACTUARY,
        {
            "sessions": [
                {"id": "s-1", "user_id": "mira", "engagement_id": "e-77", "title": "Reserves Q1", "trace_id": "trace-s"}
                | {"context": json.dumps({"line": "motor", "years": [2024, 2025]}), "last_activity_at": at(4), **audit},
                {"id": "s-2", "user_id": "mira", "engagement_id": None, "title": None, "is_deleted": 1, "deleted_at": at(8), **audit},
            ],
            "chat_messages": [
                {"id": "m-1", "session_id": "s-1", "role": "system", "content": "You are an actuary.", "created_at": at(0)},
                {
                    "id": "m-2",
                    "session_id": "s-1",
                    "role": "user",
                    "content": "Chain ladder, please.",
                    "parent_id": "m-1",
                    "created_at": at(1),
                },
                {"id": "m-3", "session_id": "s-1", "role": "assistant", "content": "Running it.", "parent_id": "m-2", "created_at": at(2)}
                | {
                    "metadata": json.dumps({"model": "gpt-4o", "tokens": {"input": 812, "output": 40}, "latency_ms": 950}),
                    "trace_id": "trace-m",
                },
                {"id": "m-4", "session_id": "s-1", "role": "tool", "content": '{"ibnr": 1250000}', "parent_id": "m-3", "created_at": at(3)}
                | {"tool_name": "chain_ladder", "tool_call_id": "call_9"},
                {
                    "id": "m-5",
                    "session_id": "s-1",
                    "role": "assistant",
                    "content": "Running it again.",
                    "parent_id": "m-2",
                    "created_at": at(4),
                },
                {"id": "m-6", "session_id": "s-2", "role": "user", "content": "Delete me.", "created_at": at(7)},
            ],
        },
    )
    return [_actuary_session(path, row) for row in rows_of(path, "SELECT * FROM sessions ORDER BY id")]


def _actuary_session(path: Path, row: sqlite3.Row) -> Session:
    messages = []
    for entry in rows_of(path, "SELECT * FROM chat_messages WHERE session_id = ? ORDER BY created_at", row["id"]):
        metadata = json.loads(entry["metadata"] or "{}")
        tokens = metadata.get("tokens", {})
        messages.append(
            Message(
                uid=message_uid("actuary", "", entry["id"]),
                role=Role(entry["role"]),
                content=entry["content"],
                parent_uid=entry["parent_id"] and message_uid("actuary", "", entry["parent_id"]),
                model=metadata.get("model"),
                tool_name=entry["tool_name"],
                tool_call_id=entry["tool_call_id"],
                input_tokens=tokens.get("input"),
                output_tokens=tokens.get("output"),
                created_at=moment(entry["created_at"]),
                trace_id=entry["trace_id"],
                metadata=metadata,
            )
        )
    kept = {key: row[key] for key in ("user_id", "engagement_id", "updated_at", "deleted_at") if row[key] is not None}
    return Session(
        uid=session_uid("actuary", row["id"]),
        source="actuary",
        source_id=row["id"],
        title=row["title"] or "",
        status=SessionStatus.TRASHED if row["is_deleted"] else SessionStatus.ACTIVE,
        context=json.loads(row["context"] or "{}"),
        started_at=moment(row["created_at"]),
        last_message_at=moment(row["last_activity_at"]),
        trace_id=row["trace_id"],
        created_by=row["created_by"],
        updated_by=row["updated_by"],
        metadata=kept,
        messages=tuple(messages),
    )


def test_the_actuary_store(library: Library, tmp_path: Path) -> None:
    kept, deleted = actuary(tmp_path / "a.db")
    fill(library, kept, deleted)
    session, messages = stored(library, kept)
    assert_same_messages(kept, messages)
    assert (session.title, session.trace_id, session.created_by, session.updated_by) == ("Reserves Q1", "trace-s", "mira", "noor")
    assert session.context == {"line": "motor", "years": [2024, 2025]}
    assert session.metadata["engagement_id"] == "e-77"
    assert session.last_message_at == moment(at(4))
    assert messages[2].metadata["latency_ms"] == 950
    assert (messages[3].role, messages[3].tool_name, messages[3].tool_call_id) == (Role.TOOL, "chain_ladder", "call_9")
    assert messages[2].parent_uid == messages[4].parent_uid == messages[1].uid, "threading makes branches"
    gone, _ = stored(library, deleted)
    assert gone.status is SessionStatus.TRASHED
    assert gone.metadata["deleted_at"] == at(8)
    assert list(library.session_ids()) == [library.summary(kept.uid).id], "what was deleted softly is out of the list"


# B. AIOM conversations


AIOM = """
CREATE TABLE ai_conversation (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, title TEXT, summary TEXT, status TEXT NOT NULL DEFAULT 'active',
    system_prompt TEXT, context_metadata TEXT, total_input_tokens INTEGER NOT NULL DEFAULT 0,
    total_output_tokens INTEGER NOT NULL DEFAULT 0, model_id TEXT, last_message_at TEXT, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, archived_at TEXT, deleted_at TEXT);
CREATE TABLE ai_message (id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL REFERENCES ai_conversation (id) ON DELETE CASCADE,
    role TEXT NOT NULL, content TEXT NOT NULL, sequence_number INTEGER NOT NULL, input_tokens INTEGER, output_tokens INTEGER,
    parent_message_id TEXT, metadata TEXT, feedback_rating INTEGER, feedback_text TEXT, created_at TEXT NOT NULL);
CREATE TABLE ai_tool_call (id TEXT PRIMARY KEY, message_id TEXT NOT NULL REFERENCES ai_message (id) ON DELETE CASCADE,
    conversation_id TEXT NOT NULL REFERENCES ai_conversation (id) ON DELETE CASCADE, tool_name TEXT NOT NULL, tool_call_id TEXT,
    input_arguments TEXT, output_result TEXT, status TEXT NOT NULL DEFAULT 'pending', error_message TEXT, started_at TEXT,
    completed_at TEXT, duration_ms INTEGER, created_at TEXT NOT NULL);
CREATE TABLE ai_user_preference (id TEXT PRIMARY KEY, preferred_model TEXT, default_system_prompt TEXT, response_preferences TEXT,
    enable_context_memory INTEGER NOT NULL DEFAULT 1, max_context_messages INTEGER NOT NULL DEFAULT 50,
    save_conversation_history INTEGER NOT NULL DEFAULT 1, allow_data_training INTEGER NOT NULL DEFAULT 0, daily_message_limit INTEGER,
    monthly_token_limit INTEGER, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE ai_conversation_context (id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL REFERENCES ai_conversation (id) ON DELETE CASCADE,
    context_type TEXT NOT NULL, context_key TEXT NOT NULL, context_value TEXT NOT NULL, priority INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
"""
AIOM_STATUS = {"active": SessionStatus.ACTIVE, "archived": SessionStatus.ARCHIVED, "deleted": SessionStatus.TRASHED}


def aiom(path: Path) -> list[Session]:
    when = {"created_at": at(0), "updated_at": at(9)}
    talk, reply = {"conversation_id": "c-1"}, {"conversation_id": "c-1", "message_id": "m-2"}
    tables(
        path,
        AIOM,
        {
            "ai_conversation": [
                {"id": "c-1", "user_id": "u", "title": "Call notes", "summary": "Three calls.", "system_prompt": "Be kind.", **when}
                | {"context_metadata": '{"locale": "de"}', "total_input_tokens": 4100, "total_output_tokens": 230, "model_id": "claude-3"}
                | {"last_message_at": at(5)},
                {"id": "c-2", "user_id": "u", "status": "archived", "archived_at": at(8), **when},
                {"id": "c-3", "user_id": "u", "status": "deleted", "deleted_at": at(9), **when},
            ],
            "ai_message": [
                {"id": "m-1", "role": "user", "content": "Who called?", "sequence_number": 1, "created_at": at(1), **talk},
                {"id": "m-2", "role": "assistant", "content": "Looking.", "sequence_number": 2, "created_at": at(2), **talk}
                | {"input_tokens": 900, "output_tokens": 30, "parent_message_id": "m-1", "metadata": '{"format": "markdown"}'}
                | {"feedback_rating": 4, "feedback_text": "nearly right"},
                {"id": "m-3", "role": "assistant", "content": "Nobody.", "sequence_number": 3, "created_at": at(5), **talk}
                | {"parent_message_id": "m-1", "feedback_rating": 1},
                {"id": "m-4", "conversation_id": "c-2", "role": "user", "content": "old", "sequence_number": 1, "created_at": at(0)},
                {"id": "m-5", "conversation_id": "c-3", "role": "user", "content": "gone", "sequence_number": 1, "created_at": at(0)},
            ],
            "ai_tool_call": [
                {"id": "t-1", "tool_name": "search", "tool_call_id": "tc-1", "status": "completed", "created_at": at(2), **reply}
                | {"input_arguments": '{"query": "calls", "limit": 3}', "output_result": '[{"from": "Noor"}]'}
                | {"started_at": at(2), "completed_at": at(3), "duration_ms": 60_000},
                {"id": "t-2", "tool_name": "crm", "status": "failed", "error_message": "no access", "created_at": at(2), **reply},
                {"id": "t-3", "tool_name": "crm", "status": "running", "started_at": at(3), "created_at": at(3), **reply},
                {"id": "t-4", "tool_name": "crm", "status": "pending", "created_at": at(4), **reply},
            ],
            "ai_user_preference": [
                {"id": "u", "preferred_model": "claude-3", "default_system_prompt": "Be brief.", **when}
                | {"response_preferences": '{"tone": "formal", "length": "short", "format": "bullets"}', "enable_context_memory": 0}
                | {"max_context_messages": 20, "allow_data_training": 1, "daily_message_limit": 80, "monthly_token_limit": 2_000_000},
            ],
            "ai_conversation_context": [
                {"id": "x-1", "context_type": "user_info", "context_key": "name", "context_value": '{"name": "Mira"}', "priority": 9}
                | {"expires_at": at(60 * 24), **talk, **when},
                {"id": "x-2", "context_type": "document", "context_key": "name", "context_value": '"brief.md"', **talk, **when},
            ],
        },
    )
    return [_aiom_session(path, row) for row in rows_of(path, "SELECT * FROM ai_conversation ORDER BY id")]


def _aiom_session(path: Path, row: sqlite3.Row) -> Session:
    entries = rows_of(path, "SELECT * FROM ai_message WHERE conversation_id = ? ORDER BY sequence_number", row["id"])
    context = rows_of(path, "SELECT * FROM ai_conversation_context WHERE conversation_id = ? ORDER BY id", row["id"])
    ratings = [
        Rating(uid=message_uid("aiom", "", m["id"]), value=m["feedback_rating"], text=m["feedback_text"] or "", origin=RatingOrigin.SOURCE)
        for m in entries
        if m["feedback_rating"] is not None
    ]
    return Session(
        uid=session_uid("aiom", row["id"]),
        source="aiom",
        source_id=row["id"],
        title=row["title"] or "",
        summary=row["summary"] or "",
        status=AIOM_STATUS[row["status"]],
        model=row["model_id"],
        system_prompt=row["system_prompt"] or "",
        input_tokens=row["total_input_tokens"],
        output_tokens=row["total_output_tokens"],
        started_at=moment(row["created_at"]),
        last_message_at=moment(row["last_message_at"]),
        context=json.loads(row["context_metadata"] or "{}"),
        metadata={key: row[key] for key in ("archived_at", "deleted_at") if row[key]},
        messages=tuple(_aiom_message(path, entry) for entry in entries),
        context_items=tuple(
            ContextItem(
                type=item["context_type"],
                key=item["context_key"],
                value=json.loads(item["context_value"]),
                priority=item["priority"],
                expires_at=moment(item["expires_at"]),
            )
            for item in context
        ),
        ratings=tuple(ratings),
    )


def _aiom_message(path: Path, entry: sqlite3.Row) -> Message:
    uid = message_uid("aiom", "", entry["id"])
    calls = rows_of(path, "SELECT * FROM ai_tool_call WHERE message_id = ? ORDER BY created_at, id", entry["id"])
    return Message(
        uid=uid,
        role=Role(entry["role"]),
        content=entry["content"],
        parent_uid=entry["parent_message_id"] and message_uid("aiom", "", entry["parent_message_id"]),
        input_tokens=entry["input_tokens"],
        output_tokens=entry["output_tokens"],
        created_at=moment(entry["created_at"]),
        metadata=json.loads(entry["metadata"] or "{}"),
        tool_calls=tuple(
            ToolCall(
                uid=tool_call_uid(uid, position),
                tool_name=call["tool_name"],
                tool_call_id=call["tool_call_id"],
                arguments=json.loads(call["input_arguments"] or "null"),
                result=call["output_result"],
                status=ToolCallStatus(call["status"]),
                error_message=call["error_message"],
                started_at=moment(call["started_at"]),
                completed_at=moment(call["completed_at"]),
                duration_ms=call["duration_ms"],
            )
            for position, call in enumerate(calls)
        ),
    )


def test_aiom_conversations(library: Library, tmp_path: Path) -> None:
    talk, archived, deleted = aiom(tmp_path / "b.db")
    fill(library, talk, archived, deleted)
    session, messages = stored(library, talk)
    assert_same_messages(talk, messages)
    assert (session.title, session.summary, session.system_prompt, session.model) == ("Call notes", "Three calls.", "Be kind.", "claude-3")
    assert (session.input_tokens, session.output_tokens) == (4100, 230)
    assert session.context == {"locale": "de"}
    assert [call.status for call in messages[1].tool_calls] == [
        ToolCallStatus.COMPLETED,
        ToolCallStatus.FAILED,
        ToolCallStatus.RUNNING,
        ToolCallStatus.PENDING,
    ]
    ratings = [message.rating for message in messages]
    assert ratings[0] is None
    assert [(r.value, r.text, r.origin) for r in ratings[1:] if r] == [
        (4, "nearly right", RatingOrigin.SOURCE),
        (1, "", RatingOrigin.SOURCE),
    ]
    items = {(item.type, item.key): item for item in library.context_items(library.summary(talk.uid).id)}
    assert items == {(item.type, item.key): item for item in talk.context_items}
    assert stored(library, archived)[0].status is SessionStatus.ARCHIVED
    assert stored(library, archived)[0].metadata["archived_at"] == at(8)
    assert stored(library, deleted)[0].status is SessionStatus.TRASHED


def test_aiom_preferences(library: Library, tmp_path: Path) -> None:
    aiom(tmp_path / "b.db")
    (row,) = rows_of(tmp_path / "b.db", "SELECT * FROM ai_user_preference")
    wanted = {
        "preferred_model": row["preferred_model"],
        "default_system_prompt": row["default_system_prompt"],
        **{f"response_{key}": value for key, value in json.loads(row["response_preferences"]).items()},
        "context_memory": bool(row["enable_context_memory"]),
        "max_context_messages": row["max_context_messages"],
        "save_history": bool(row["save_conversation_history"]),
        "allow_training": bool(row["allow_data_training"]),
        "daily_message_limit": row["daily_message_limit"],
        "monthly_token_limit": row["monthly_token_limit"],
    }
    for key, value in wanted.items():
        library.set_preference(key, value)
    assert {key: library.preferences()[key] for key in wanted} == wanted


# C. An AI chatbot


CHATBOT = """
CREATE TABLE users (id TEXT PRIMARY KEY);
CREATE TABLE conversations (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL);
CREATE TABLE messages (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id), role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    content TEXT NOT NULL, tool_calls TEXT, created_at TEXT NOT NULL);
"""


def chatbot(path: Path, user: str = "ann") -> list[Session]:
    """Only what belongs to one user is ever read, as in the system itself."""
    calls = [
        {"id": "call_1", "name": "add_task", "arguments": {"title": "milk"}, "result": "task 7"},
        {"name": "list_tasks", "arguments": "{"},
    ]
    tables(
        path,
        CHATBOT,
        {
            "users": [{"id": "ann"}, {"id": "bob"}],
            "conversations": [{"id": n, "user_id": u, "created_at": at(n), "updated_at": at(n)} for n, u in ((1, "ann"), (2, "bob"))],
            "messages": [
                {"id": 1, "user_id": "ann", "conversation_id": 1, "role": "user", "content": "Add milk.", "created_at": at(1)},
                {"id": 2, "user_id": "ann", "conversation_id": 1, "role": "assistant", "content": "Added.", "created_at": at(2)}
                | {"tool_calls": json.dumps(calls)},
                {"id": 3, "user_id": "bob", "conversation_id": 2, "role": "user", "content": "Bob's secret.", "created_at": at(3)},
            ],
        },
    )
    sessions = []
    for row in rows_of(path, "SELECT * FROM conversations WHERE user_id = ? ORDER BY id", user):
        entries = rows_of(path, "SELECT * FROM messages WHERE user_id = ? AND conversation_id = ? ORDER BY created_at", user, row["id"])
        messages: list[Message] = []
        for entry in entries:
            uid = message_uid("chatbot", str(row["id"]), str(entry["id"]))
            messages.append(
                Message(
                    uid=uid,
                    role=Role(entry["role"]),
                    content=entry["content"],
                    parent_uid=messages[-1].uid if messages else None,
                    created_at=moment(entry["created_at"]),
                    tool_calls=tuple(
                        ToolCall(
                            uid=tool_call_uid(uid, position),
                            tool_name=call["name"],
                            tool_call_id=call.get("id"),
                            arguments=call["arguments"],
                            result=call.get("result"),
                            status=ToolCallStatus.COMPLETED if "result" in call else ToolCallStatus.PENDING,
                        )
                        for position, call in enumerate(json.loads(entry["tool_calls"] or "[]"))
                    ),
                )
            )
        sessions.append(
            Session(
                uid=session_uid("chatbot", str(row["id"])),
                source="chatbot",
                source_id=str(row["id"]),
                created_by=row["user_id"],
                started_at=moment(row["created_at"]),
                messages=tuple(messages),
            )
        )
    return sessions


def test_the_chatbot(library: Library, tmp_path: Path) -> None:
    (session,) = chatbot(tmp_path / "c.db")
    fill(library, session)
    found, messages = stored(library, session)
    assert_same_messages(session, messages)
    assert found.created_by == "ann"
    done, raw = messages[1].tool_calls
    assert (done.arguments, done.result) == ({"title": "milk"}, "task 7")
    assert raw.arguments == "{", "arguments that are no JSON stay as they are"
    assert library.counts().messages == 2, "nothing of another user's"


# D. Tool sessions


TOOL_SESSIONS = """
CREATE TABLE chat_sessions (id TEXT PRIMARY KEY, tool_id TEXT NOT NULL, user_id TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'completed')), started_at TEXT NOT NULL, ended_at TEXT);
CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES chat_sessions (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')), content TEXT NOT NULL, seq INTEGER NOT NULL,
    created_at TEXT NOT NULL, meta TEXT DEFAULT '{}', UNIQUE (session_id, seq));
"""


def tool_sessions(path: Path) -> list[Session]:
    tables(
        path,
        TOOL_SESSIONS,
        {
            "chat_sessions": [
                {"id": "d-1", "tool_id": "canvas", "user_id": "u", "state": "completed", "started_at": at(0), "ended_at": at(30)},
                {"id": "d-2", "tool_id": "canvas", "user_id": "u", "state": "paused", "started_at": at(1)},
                {"id": "d-3", "tool_id": "brief", "user_id": "u", "state": "active", "started_at": at(2)},
            ],
            # the order is seq, whatever the clock said
            "messages": [
                {"id": "m-2", "session_id": "d-1", "role": "assistant", "content": "second", "seq": 2, "created_at": at(1)}
                | {"meta": '{"step": 2, "chips": ["yes", "no"]}'},
                {"id": "m-1", "session_id": "d-1", "role": "user", "content": "first", "seq": 1, "created_at": at(5)},
                {"id": "m-0", "session_id": "d-1", "role": "system", "content": "zeroth", "seq": 0, "created_at": at(9)},
                *({"id": f"m-{s}", "session_id": s, "role": "user", "content": s, "seq": 1, "created_at": at(3)} for s in ("d-2", "d-3")),
            ],
        },
    )
    sessions = []
    for row in rows_of(path, "SELECT * FROM chat_sessions ORDER BY id"):
        messages: list[Message] = []
        for entry in rows_of(path, "SELECT * FROM messages WHERE session_id = ? ORDER BY seq", row["id"]):
            messages.append(
                Message(
                    uid=message_uid("tools", "", entry["id"]),
                    role=Role(entry["role"]),
                    content=entry["content"],
                    parent_uid=messages[-1].uid if messages else None,
                    created_at=moment(entry["created_at"]),
                    metadata=json.loads(entry["meta"]),
                )
            )
        sessions.append(
            Session(
                uid=session_uid("tools", row["id"]),
                source="tools",
                source_id=row["id"],
                project=row["tool_id"],
                run_state=RunState(row["state"]),
                started_at=moment(row["started_at"]),
                ended_at=moment(row["ended_at"]),
                metadata={"tool_id": row["tool_id"], "user_id": row["user_id"]},
                messages=tuple(messages),
            )
        )
    return sessions


def test_tool_sessions(library: Library, tmp_path: Path) -> None:
    sessions = tool_sessions(tmp_path / "d.db")
    fill(library, *sessions)
    found = [stored(library, session) for session in sessions]
    for session, (_, messages) in zip(sessions, found, strict=True):
        assert_same_messages(session, messages)
    assert [session.run_state for session, _ in found] == [RunState.COMPLETED, RunState.PAUSED, RunState.ACTIVE]
    first, messages = found[0]
    assert (first.started_at, first.ended_at) == (T0, T0 + timedelta(minutes=30))
    assert [message.content for message in messages] == ["zeroth", "first", "second"]
    assert [message.seq for message in messages] == [0, 1, 2]
    assert messages[2].metadata["chips"] == ["yes", "no"]
    assert first.metadata["tool_id"] == "canvas"


# E. A cloud brain


CLOUD_BRAIN = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, user_id TEXT, title TEXT, created_at TEXT, updated_at TEXT);
CREATE TABLE messages (id TEXT PRIMARY KEY, conversation_id TEXT REFERENCES conversations (id), role TEXT, content TEXT, created_at TEXT);
"""


def cloud_brain(path: Path) -> list[Session]:
    card = {"type": "card", "text": "Turn on the lamp?", "buttons": [{"label": "Yes", "action": "lamp.on"}]}
    tables(
        path,
        CLOUD_BRAIN,
        {
            "conversations": [
                {"id": "e-1", "user_id": "u", "title": None, "created_at": at(0), "updated_at": at(3)},
                {"id": "e-2", "user_id": None, "title": "Lamps", "created_at": at(1), "updated_at": None},
            ],
            "messages": [
                {"id": "m-2", "conversation_id": "e-1", "role": "assistant", "content": json.dumps(card), "created_at": at(2)},
                {"id": "m-1", "conversation_id": "e-1", "role": "user", "content": "It is dark. 🌒", "created_at": at(1)},
                {"id": "m-3", "conversation_id": "e-1", "role": "tool", "content": '"done"', "created_at": at(3)},
                {"id": "m-4", "conversation_id": "e-2", "role": "user", "content": "{not json", "created_at": None},
            ],
        },
    )
    sessions = []
    for row in rows_of(path, "SELECT * FROM conversations ORDER BY id"):
        messages: list[Message] = []
        for entry in rows_of(path, "SELECT * FROM messages WHERE conversation_id = ? ORDER BY created_at", row["id"]):
            content, metadata = _rich(entry["content"])
            messages.append(
                Message(
                    uid=message_uid("cloud-brain", "", entry["id"]),
                    role=Role(entry["role"]),
                    content=content,
                    parent_uid=messages[-1].uid if messages else None,
                    created_at=moment(entry["created_at"]),
                    metadata=metadata,
                )
            )
        sessions.append(
            Session(
                uid=session_uid("cloud-brain", row["id"]),
                source="cloud-brain",
                source_id=row["id"],
                title=row["title"] or "",
                started_at=moment(row["created_at"]),
                metadata={} if row["updated_at"] is None else {"updated_at": row["updated_at"]},
                messages=tuple(messages),
            )
        )
    return sessions


def _rich(content: str) -> tuple[str, dict[str, Any]]:
    """A rich message is its text, with all of it in the metadata."""
    try:
        value = json.loads(content)
    except ValueError:
        return content, {}
    return (value.get("text", content), {"rich": value}) if isinstance(value, dict) else (content, {})


def test_the_cloud_brain(library: Library, tmp_path: Path) -> None:
    untitled, titled = cloud_brain(tmp_path / "e.db")
    fill(library, untitled, titled)
    session, messages = stored(library, untitled)
    assert_same_messages(untitled, messages)
    assert [message.content for message in messages] == ["It is dark. 🌒", "Turn on the lamp?", '"done"']
    assert messages[1].metadata["rich"]["buttons"] == [{"label": "Yes", "action": "lamp.on"}]
    assert session.metadata["updated_at"] == at(3)
    other, (timeless,) = stored(library, titled)
    assert other.title == "Lamps"
    assert (timeless.content, timeless.created_at) == ("{not json", None)


@pytest.mark.parametrize("system", [actuary, aiom, chatbot, tool_sessions, cloud_brain])
def test_saving_the_same_again_changes_nothing(system: Callable[[Path], list[Session]], library: Library, tmp_path: Path) -> None:
    sessions = system(tmp_path / "system.db")
    fill(library, *sessions)
    before = [stored(library, session) for session in sessions]
    fill(library, *sessions)
    assert [stored(library, session) for session in sessions] == before
    assert {finding.severity for finding in library.check()} <= {"ok", "note"}


def test_all_five_in_one_library(library: Library, tmp_path: Path) -> None:
    for number, system in enumerate((actuary, aiom, chatbot, tool_sessions, cloud_brain)):
        fill(library, *system(tmp_path / f"{number}.db"))
    counts = library.counts()
    assert set(counts.sources) == {"actuary", "aiom", "chatbot", "tools", "cloud-brain"}
    assert (counts.active, counts.archived, counts.trashed) == (8, 1, 2)
