"""What SQLite's own checks cannot know: whether the tables are those of the schema, whether each text is what was stored and hangs where it
hung, whether the user's own rows are what the journal says. Each gives sentences about what is wrong; none writes."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from typing import Any

from chatviewer.domain.sanitizing import safe_line
from chatviewer.storage.connection import Database
from chatviewer.storage.linking import project_uid
from chatviewer.storage.migrating import migrate
from chatviewer.storage.rows import CHECKED, checksum

_OBJECTS = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE '%_fts_%'"
_OF_MESSAGE = "SELECT {columns}, checksum, (SELECT uid FROM message WHERE message.id = message_id) FROM {table} WHERE checksum IS NOT NULL"
_OF_SESSION = "SELECT {columns}, checksum, (SELECT uid FROM session WHERE session.id = session_id) FROM {table} WHERE checksum IS NOT NULL"
_OWN = "SELECT {columns}, checksum, uid FROM {table} WHERE checksum IS NOT NULL"
_TEXTS = (
    ("message", "messages", "message", _OWN),
    ("tool_call", "tool calls", "message", _OF_MESSAGE),
    ("attachment", "attachments", "message", _OF_MESSAGE),
    ("context_item", "context items", "session", _OF_SESSION),
    ("session", "sessions (title, project, times and their like)", "session", _OWN),
)
_DOCUMENTS = (  # and whether each must be an object
    *(("session", "context", 1), ("session", "metadata", 1), ("message", "metadata", 1)),
    *(("source_file", "state", 1), ("source_file", "skipped", 1)),
    *(("journal", "before", 0), ("journal", "after", 0), ("preference", "value", 0)),
)


def schema_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Tables, indexes, triggers and views that are missing, strange or changed."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        migrate(model, None)
        wanted = {row[:2]: row[2] for row in model.execute(_OBJECTS)}
    found = {row[:2]: row[2] for row in connection.execute(_OBJECTS)}
    for kind, name in sorted(wanted.keys() - found.keys()):
        yield f"The {kind} {safe_line(name, 60)} is missing."
    for key in sorted(wanted.keys() & found.keys()):
        if wanted[key] != found[key]:
            yield f"The {key[0]} {safe_line(key[1], 60)} is not what it should be."


def document_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Columns that hold JSON, and rows where they do not."""
    for table, column, kind in _DOCUMENTS:
        is_wrong = f"CASE WHEN json_valid({column}) THEN {kind} AND json_type({column}) <> 'object' ELSE {column} IS NOT NULL END"
        (count,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {is_wrong}").fetchone()
        if count:
            yield f"Rows of {table} whose {column} cannot be read: {count:,}."


def text_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Texts and attachments whose checksum is another one than when they were stored: a flipped bit that leaves the page sound."""
    for table, words, place, statement in _TEXTS:
        wrong, first = 0, ""
        for *texts, stored, uid in connection.execute(statement.format(columns=CHECKED[table], table=table)):
            if checksum(*texts) != stored:
                wrong, first = wrong + 1, first or str(uid)
        if wrong:
            yield f"What {wrong:,} {words} say is not what was stored, the first in {place} {safe_line(first, 60)}."
    wrong = sum(
        sha256(data).hexdigest() != digest
        for digest, data in connection.execute("SELECT sha256, data FROM attachment_data WHERE length(sha256) = 64")
    )
    if wrong:
        yield f"The data of {wrong:,} attachments is not what was stored."


def link_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Links between sessions that are not those that the uids beside them tell; a link that is missing is made by the next import."""
    calls = connection.execute(
        "SELECT t.child_uid, p.project, c.uid, c.spawned_by IS t.tool_call_id AND c.parent_id IS t.session_id FROM tool_call AS t"
        " JOIN session AS p ON p.id = t.session_id JOIN session AS c ON c.id = t.child_session_id"
    )
    wrong = sum(not (is_spawned or _is_of(uid, wanted, project)) for wanted, project, uid, is_spawned in calls)
    if wrong:
        yield f"Tool calls that point to another session than the one they started: {wrong:,}."
    children = connection.execute(
        "SELECT c.parent_uid, c.project, p.uid,"
        " EXISTS (SELECT 1 FROM tool_call AS t WHERE t.child_session_id = c.id AND t.session_id = p.id) FROM session AS c"
        " JOIN session AS p ON p.id = c.parent_id"
    )
    wrong = sum(not (is_spawned or _is_of(uid, wanted, project)) for wanted, project, uid, is_spawned in children)
    if wrong:
        yield f"Sessions that hang below another one than their source says: {wrong:,}."
    strays = "SELECT count(*) FROM tool_call AS t JOIN message AS m ON m.id = t.message_id WHERE m.session_id <> t.session_id"
    if wrong := connection.execute(strays).fetchone()[0]:
        yield f"Tool calls whose message is of another session: {wrong:,}."
    if wrong := connection.execute("SELECT count(*) FROM session WHERE is_subagent <> (parent_uid IS NOT NULL)").fetchone()[0]:
        yield f"Sessions that are sub-agents of none, or none though they have a parent: {wrong:,}."


def _is_of(uid: str, wanted: str | None, project: str) -> bool:
    return wanted is not None and uid in (wanted, project_uid(wanted, project))


def choice_problems(database: Database, user_id: int) -> Iterator[str]:
    """What the user said last, by the table `journal`, against the rows that hold it."""
    for action, wrong in unlike(database, user_id).items():
        first = safe_line(wrong[0], 60)
        yield f"Of what you chose ({safe_line(action, 20)}), {len(wrong):,} are not as you left them, the first {first}."


def unlike(database: Database, user_id: int) -> dict[str, list[str]]:
    """By action, the targets whose state is not the one that the table `journal` tells."""
    from chatviewer.storage.facets import FACETS, Store
    from chatviewer.storage.journal import unwrapped
    from chatviewer.storage.tables import peewee_database

    query = "SELECT action, target, before, after, undone_at FROM journal WHERE user_id = ? ORDER BY id"
    said: dict[str, dict[str, Any]] = {}
    for action, target, before, after, undone_at in database.connection().execute(query, (user_id,)):
        states = said.setdefault(action, {})
        if undone_at is None:
            states[target] = json.loads(after)
        else:
            states.setdefault(target, json.loads(before))
    store = Store(peewee_database(database), user_id, 0)
    found: dict[str, list[str]] = {}
    for action, states in said.items():
        facet = FACETS.get(action)
        if facet is None:
            continue
        with unwrapped():
            held = facet.read(store, list(states))
        wrong = [target for target, state in held.items() if not is_same(action, state, states[target])]
        if wrong:
            found[action] = wrong
    return found


def is_same(action: str, held: Any, said: Any) -> bool:
    """Whether two states are one, as far as the user chose them: what a source says beside that may change."""
    try:
        return bool(_own(action, held) == _own(action, said))
    except (AttributeError, KeyError, TypeError):  # what was said is no state of that kind
        return False


def _own(action: str, state: Any) -> Any:
    """The part of a state that is the user's alone."""
    if action in ("status", "star"):
        return state["own"] if state else None
    if action == "tag":
        return sorted(name.encode("utf-8", "surrogatepass").lower() for name in state or ())
    return state
