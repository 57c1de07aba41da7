"""What only an old database still holds, added to one that was read anew from the sources: sessions whose files are gone, messages that a
file lost, longer texts. The old rows come from `salvaging`; what both hold is taken from the source."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from chatviewer.domain.kinds import Role
from chatviewer.domain.message import Message, ToolCall
from chatviewer.domain.preview import START as PREVIEW_START
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.describing import COLUMNS, is_later
from chatviewer.storage.encoding import from_json, mapping_from_json, words_in_json
from chatviewer.storage.linking import link_all, mark_all_branched, refresh_ratings
from chatviewer.storage.merging import is_more, is_other, variant_uid
from chatviewer.storage.rows import ATTACHMENT_COLUMNS, CALL_COLUMNS, CHECKED, MESSAGE_COLUMNS, call_terms, checksum, json_text, text_terms

_OWN = ("preference", "journal", "rating", "note", "star", "tag", "session_tag", "title_override", "status_change", "reading", "tombstone")
_FAR = 1 << 40  # above every true seq: the place of rows that are put in order later
_INDEXES = (
    ("message", "message_fts", "content, thinking, terms", "message"),
    ("tool_call", "tool_fts", "tool_name, input_arguments, output_result, terms", "tool_text"),
    ("attachment", "attachment_fts", "text, name, terms", "attachment"),
    ("session", "session_fts", "title, summary, terms", "session"),
)


def _old(columns: str) -> str:
    return ", ".join(f"o.{name}" for name in columns.split(", "))


# A title without one of the user's stands there twice; the checksum tells which of the two is sound. ?1: the user.
_WITH_TITLE = _old(CHECKED["session"]).replace("o.source_title", "o.title")
_SOURCE_TITLE = f"CASE WHEN o.checksum = text_checksum({_WITH_TITLE}) THEN o.title ELSE o.source_title END"
_TITLE = f"coalesce((SELECT own.title FROM main.title_override AS own WHERE own.user_id = ?1 AND own.uid = o.uid), {_SOURCE_TITLE})"
# What is not taken as it stands. Terms are made anew: they may be damaged, and no checksum is of them. The checksum is of the numbers of
# rows too, which become others: where it was right, it is made anew at the end.
_IS_SOUND = {table: f"o.checksum = text_checksum({_old(columns)})" for table, columns in CHECKED.items()}
_CHECKSUM = {table: {"checksum": f"CASE WHEN {is_sound} THEN NULL ELSE o.checksum END"} for table, is_sound in _IS_SOUND.items()}
_MADE = {
    "message": {"terms": "text_terms(o.content, o.thinking)", **_CHECKSUM["message"]},
    "tool_call": {
        "terms": f"CASE WHEN {_IS_SOUND['tool_call']} THEN o.terms ELSE call_words(o.tool_name, o.input_arguments, o.output_result) END",
        **_CHECKSUM["tool_call"],
    },
    "attachment": {
        "terms": "text_terms(coalesce(o.text, ''), o.name)",
        "sha256": "(SELECT data.sha256 FROM main.attachment_data AS data WHERE data.sha256 = o.sha256)",
        **_CHECKSUM["attachment"],
    },
    "context_item": _CHECKSUM["context_item"],
    "session": {"source_title": _SOURCE_TITLE, "title": _TITLE, "terms": f"text_terms({_TITLE}, o.summary)"},
}


class Rejoined(NamedTuple):
    """What came from the old database alone."""

    sessions: int
    messages: int
    changed_texts: int  # of those, texts that the damage has changed


@contextmanager
def _attached(database: Database, old: Path) -> Iterator[sqlite3.Connection]:
    connection = database.connection()
    with explained(database.file):
        connection.execute("ATTACH ? AS old", (str(old),))
        connection.execute("PRAGMA foreign_keys = OFF")
        try:
            with database.transaction():
                yield connection
        finally:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("DETACH old")


def take_own(database: Database, user_id: int, old: Path) -> None:
    """The user's own rows, before anything is imported: what was purged stays away. There is one user, whatever its number was."""
    with _attached(database, old) as connection:
        for table in _OWN:
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
            taken = ", ".join("?1" if name == "user_id" else f'"{name}"' for name in columns)
            where = " WHERE origin = 'user'" if table == "rating" else ""
            values = (user_id,) if "user_id" in columns else ()
            connection.execute(f"INSERT OR IGNORE INTO main.{table} SELECT {taken} FROM old.{table}{where}", values)
        connection.execute("DELETE FROM main.session_tag WHERE tag_id NOT IN (SELECT id FROM main.tag)")


def rejoin(database: Database, user_id: int, old: Path) -> Rejoined:
    """Add what the sources do not give any more, in the order in which it stood. Raises the DatabaseError kinds."""
    with _attached(database, old) as connection:
        connection.create_function("text_checksum", -1, checksum, deterministic=True)
        connection.create_function("text_terms", 2, text_terms, deterministic=True)
        connection.create_function("call_words", 3, _call_words, deterministic=True)
        bases = {
            table: connection.execute(f"SELECT coalesce(max(id), 0) FROM main.{table}").fetchone()[0]
            for table in ("session", "message", "tool_call", "attachment", "source_file")
        }
        connection.create_function("is_other", 2, is_other, deterministic=True)
        connection.create_function("merged_json", 2, _merged_json, deterministic=True)
        connection.create_function("is_later", 2, _is_later, deterministic=True)
        _step_aside(connection)
        _map_files(connection, user_id, bases["source_file"])
        _map_sessions(connection, user_id, bases["session"])
        _add_messages(connection, bases)
        sessions = connection.execute("SELECT count(*) FROM main.session WHERE id > ?", (bases["session"],)).fetchone()[0]
        messages = connection.execute("SELECT count(*) FROM main.message WHERE id > ?", (bases["message"],)).fetchone()[0]
        for table, index, columns, content in _INDEXES:
            statement = f"INSERT INTO main.{index} (rowid, {columns}) SELECT id, {columns} FROM main.{content} WHERE id > ?"
            connection.execute(statement, (bases[table],))
        changed = _count_changed(connection)
        _hang(connection, bases["message"])
        _take_longer(connection)
        _take_later(connection, user_id, bases["session"])
        _take_words(connection, bases["session"])
        _put_in_order(connection, bases["message"])
        _describe(connection)
        _seal(connection)
        _mark_read(connection, user_id)
        touched = [row[0] for row in connection.execute("SELECT new FROM temp.session_map")]
        link_all(connection, user_id)
        mark_all_branched(connection)
        refresh_ratings(connection, user_id, touched)
        for table in ("file_map", "session_map", "message_map"):
            connection.execute(f"DROP TABLE temp.{table}")
    return Rejoined(sessions, messages, changed)


def _call_words(tool_name: str, arguments: str, result: str | None) -> str | None:
    return call_terms(tool_name, words_in_json(arguments), result or "")


_OTHER_CALL = (
    "c.tool_name <> d.tool_name OR CASE WHEN c.tool_call_id = d.tool_call_id THEN is_other(c.output_result, d.output_result)"
    " ELSE c.input_arguments <> d.input_arguments OR c.output_result <> d.output_result END"
)
_OTHERS = (
    "SELECT n.id, n.uid FROM main.message n JOIN old.message o ON o.uid = n.uid"
    f" WHERE {_IS_SOUND['message']} AND (o.role <> n.role OR is_other(o.content, n.content) OR is_other(o.thinking, n.thinking)"
    " OR EXISTS (SELECT 1 FROM old.tool_call c JOIN main.tool_call d ON d.message_id = n.id AND d.position = c.position"
    f" WHERE c.message_id = o.id AND {_IS_SOUND['tool_call'].replace('o.', 'c.')} AND ({_OTHER_CALL})))"
)


def _step_aside(connection: sqlite3.Connection) -> None:
    """A record that was rewritten since the old database read it is another message, as it is for an import: the old one keeps its uid,
    of which the user may have said something, the new one gets that of a variant. Not where the old one is damaged.

    A checksum is of the uid, too: it is made anew at the end."""
    for message_id, uid in connection.execute(_OTHERS).fetchall():
        calls = connection.execute(
            "SELECT tool_name, input_arguments, output_result FROM main.tool_call WHERE message_id = ? ORDER BY position", (message_id,)
        )
        said = tuple(ToolCall(name, arguments=from_json(arguments), result=result) for name, arguments, result in calls)
        query = "SELECT role, content, thinking, session_id FROM main.message WHERE id = ?"
        role, content, thinking, session_id = connection.execute(query, (message_id,)).fetchone()
        other = variant_uid(Message(uid, Role(role), content, thinking, tool_calls=said), uid)
        connection.execute("UPDATE OR IGNORE main.message SET uid = ?, checksum = NULL WHERE id = ?", (other, message_id))
        pointed = "UPDATE main.session SET current_uid = ?, checksum = NULL WHERE id = ? AND current_uid = ?"
        connection.execute(pointed, (other, session_id, uid))
        connection.execute("UPDATE OR IGNORE main.rating SET uid = ? WHERE uid = ? AND origin = 'source'", (other, uid))


def _taken(table: str, columns: Iterable[str]) -> str:
    """Columns of an old row as SQL, as they are to be stored."""
    return ", ".join(_MADE[table].get(name, f"o.{name}") for name in map(str.strip, columns))


def _map_files(connection: sqlite3.Connection, user_id: int, base: int) -> None:
    connection.execute(
        "CREATE TEMP TABLE file_map AS SELECT o.id AS old, coalesce(f.id, o.id + ?2) AS new FROM old.source_file o"
        " LEFT JOIN main.source_file f ON f.user_id = ?1 AND f.path = o.path",
        (user_id, base),
    )
    # a file that was not met again: `gone_at` is set by the next look if it was not gone before
    columns = 'path, source, size, mtime_ns, ctime_ns, "offset", line, head_hash, imported_at, gone_at, skipped, state'
    connection.execute(
        f"INSERT OR IGNORE INTO main.source_file (id, user_id, {columns}) SELECT id + ?2, ?1, {columns} FROM old.source_file"
        " WHERE id IN (SELECT old FROM temp.file_map WHERE new > ?2)",
        (user_id, base),
    )
    connection.execute(
        "INSERT INTO main.import_problem (source_file_id, path, line, reason, at) SELECT m.new, o.path, o.line, o.reason, o.at"
        " FROM old.import_problem o JOIN temp.file_map m ON m.old = o.source_file_id WHERE m.new > ?",
        (base,),
    )


def _map_sessions(connection: sqlite3.Connection, user_id: int, base: int) -> None:
    connection.execute(
        "CREATE TEMP TABLE session_map AS SELECT o.id AS old, coalesce(f.id, k.id, o.id + ?2) AS new FROM old.session o"
        " LEFT JOIN main.session f ON f.user_id = ?1 AND f.uid = o.uid"
        " LEFT JOIN main.session k ON k.user_id = ?1 AND k.source = o.source AND k.source_id = o.source_id AND k.project = o.project"
        " WHERE o.uid NOT IN (SELECT uid FROM main.tombstone WHERE user_id = ?1)",
        (user_id, base),
    )
    connection.execute("CREATE INDEX temp.session_map_old ON session_map (old)")
    names = [name for name in COLUMNS if name != "user_id"]
    connection.execute(
        f"INSERT OR IGNORE INTO main.session (id, user_id, {', '.join(names)}) SELECT o.id + ?2, ?1, {_taken('session', names)}"
        " FROM old.session o WHERE id IN (SELECT old FROM temp.session_map WHERE new > ?2)",
        (user_id, base),
    )
    connection.execute(
        "INSERT OR IGNORE INTO main.session_file SELECT s.new, f.new FROM old.session_file o"
        " JOIN temp.session_map s ON s.old = o.session_id JOIN temp.file_map f ON f.old = o.source_file_id"
    )
    columns = "type, key, value, priority, expires_at, checksum"
    taken = _taken("context_item", columns.split(", "))
    connection.execute(
        f"INSERT OR IGNORE INTO main.context_item (session_id, {columns}) SELECT s.new, {taken} FROM old.context_item o"
        " JOIN temp.session_map s ON s.old = o.session_id"
    )
    connection.execute(
        "INSERT OR IGNORE INTO main.rating (user_id, uid, origin, value, text, created_at)"
        " SELECT ?, uid, origin, value, text, created_at FROM old.rating WHERE origin = 'source'",
        (user_id,),
    )


def _add_messages(connection: sqlite3.Connection, bases: dict[str, int]) -> None:
    connection.execute(
        "CREATE TEMP TABLE message_map AS SELECT o.id AS old, coalesce(f.id, o.id + ?) AS new, s.new AS session_id, o.seq AS seq"
        " FROM old.message o JOIN temp.session_map s ON s.old = o.session_id LEFT JOIN main.message f ON f.uid = o.uid",
        (bases["message"],),
    )
    connection.execute("CREATE INDEX temp.message_map_old ON message_map (old)")
    same = _taken("message", MESSAGE_COLUMNS.split(",")[5:])
    connection.execute(
        f"INSERT OR IGNORE INTO main.message ({MESSAGE_COLUMNS})"
        f" SELECT m.new, o.uid, m.session_id, {_FAR} + m.new, p.new, {same} FROM old.message o"
        " JOIN temp.message_map m ON m.old = o.id LEFT JOIN temp.message_map p ON p.old = o.parent_id WHERE m.new > ?",
        (bases["message"],),
    )
    same = _taken("tool_call", CALL_COLUMNS.split(",")[3:])
    # of a message that the source still gives, what it gives no more: where a row says for certain that it belongs there
    connection.execute(
        f"INSERT OR IGNORE INTO main.tool_call ({CALL_COLUMNS})"
        f" SELECT o.id + ?, m.new, (SELECT n.session_id FROM main.message n WHERE n.id = m.new), {same}"
        f" FROM old.tool_call o JOIN temp.message_map m ON m.old = o.message_id WHERE m.new > ? OR {_IS_SOUND['tool_call']}",
        (bases["tool_call"], bases["message"]),
    )
    connection.execute("INSERT OR IGNORE INTO main.attachment_data SELECT * FROM old.attachment_data")
    same = _taken("attachment", ATTACHMENT_COLUMNS.split(",")[2:])
    connection.execute(
        f"INSERT OR IGNORE INTO main.attachment ({ATTACHMENT_COLUMNS}) SELECT o.id + ?, m.new, {same}"
        f" FROM old.attachment o JOIN temp.message_map m ON m.old = o.message_id WHERE m.new > ? OR {_IS_SOUND['attachment']}",
        (bases["attachment"], bases["message"]),
    )


def _hang(connection: sqlite3.Connection, base: int) -> None:
    """What the source has lost the parent of hangs where it hung."""
    connection.execute(
        "UPDATE main.message AS n SET parent_id = p.new FROM temp.message_map m JOIN old.message o ON o.id = m.old"
        " JOIN temp.message_map p ON p.old = o.parent_id WHERE m.new = n.id AND n.parent_id IS NULL AND p.new > ?",
        (base,),
    )


def _take_longer(connection: sqlite3.Connection) -> None:
    """Nothing that was stored is made less: where the source holds the beginning of what the old row held, the old one stands."""
    connection.create_function("is_more", 2, is_more, deterministic=True)
    is_longer = (
        "(length(o.{0}) > length(coalesce(n.{0}, '')) AND substr(o.{0}, 1, length(coalesce(n.{0}, ''))) = coalesce(n.{0}, '')"
        f" OR substr(n.{{0}}, 1, {len(PREVIEW_START)}) = '{PREVIEW_START}' AND is_more(o.{{0}}, n.{{0}}))"
    )
    for column, texts in (("content", "o.content, n.thinking"), ("thinking", "n.content, o.thinking")):
        connection.execute(
            f"UPDATE main.message AS n SET {column} = o.{column}, terms = text_terms({texts}) FROM old.message o"
            f" WHERE o.uid = n.uid AND {is_longer.format(column)}"
        )
    connection.execute(
        "UPDATE main.tool_call AS n SET output_result = o.output_result, status = o.status,"
        " terms = call_words(n.tool_name, n.input_arguments, o.output_result),"
        " error_message = o.error_message, completed_at = o.completed_at"
        " FROM old.tool_call o JOIN temp.message_map m ON m.old = o.message_id"
        f" WHERE n.message_id = m.new AND n.position = o.position AND {is_longer.format('output_result')}"
    )


_WORDS = ("source_title", "branch", "summary", "system_prompt")
_FACTS = ("spawned_by", "run_state", "model", "ended_at", "trace_id", "created_by", "updated_by")
_KEPT_WORDS = ", ".join(
    [f"{name} = CASE s.{name} WHEN '' THEN o.{name} ELSE s.{name} END" for name in _WORDS]
    + [f"{name} = coalesce(s.{name}, o.{name})" for name in _FACTS]
    + [f"{name} = merged_json(o.{name}, s.{name})" for name in ("context", "metadata")]
)


_LATER = ", ".join(
    [f"{name} = CASE o.{name} WHEN '' THEN s.{name} ELSE o.{name} END" for name in _WORDS]
    + [f"{name} = coalesce(o.{name}, s.{name})" for name in (*_FACTS, "current_uid")]
    + [f"{name} = merged_json(s.{name}, o.{name})" for name in ("context", "metadata")]
)
_SAID = "EXISTS (SELECT 1 FROM main.{} AS own WHERE own.user_id = ?1 AND own.uid = s.uid)"


def _take_later(connection: sqlite3.Connection, user_id: int, base: int) -> None:
    """What is current, where the old database has it from a newer export than those that are still there. The user's own stands above."""
    by_source = [f"title = CASE WHEN {_SAID.format('title_override')} OR o.source_title = '' THEN s.title ELSE o.source_title END"]
    for table, names in (("status_change", ("status", "archived_at", "trashed_at")), ("star", ("starred_at",))):
        by_source += [f"{name} = CASE WHEN {_SAID.format(table)} THEN s.{name} ELSE o.{name} END" for name in names]
    connection.execute(
        f"UPDATE main.session AS s SET {_LATER}, {', '.join(by_source)} FROM old.session o JOIN temp.session_map m ON m.old = o.id"
        f" WHERE m.new = s.id AND m.new <= ?2 AND {_IS_SOUND['session']} AND is_later(o.metadata, s.metadata)",
        (user_id, base),
    )


def _is_later(old: str, new: str) -> bool:
    return is_later(mapping_from_json(old), mapping_from_json(new))


def _take_words(connection: sqlite3.Connection, base: int) -> None:
    """What a session was called and its like, where its source does not say so any more."""
    connection.execute(
        f"UPDATE main.session AS s SET {_KEPT_WORDS} FROM old.session o JOIN temp.session_map m ON m.old = o.id"
        f" WHERE m.new = s.id AND m.new <= ? AND {_IS_SOUND['session']}",
        (base,),
    )
    connection.execute("UPDATE main.session SET title = source_title WHERE title = '' AND source_title <> ''")
    connection.execute("UPDATE main.session SET terms = text_terms(title, summary) WHERE terms IS NOT text_terms(title, summary)")


def _merged_json(old: str, new: str) -> str:
    """One mapping of two; where both say something, the new one is right."""
    return new if old == "{}" else json_text(mapping_from_json(old) | mapping_from_json(new))


def _count_changed(connection: sqlite3.Connection) -> int:
    """How many rows are not what they were, and no source corrects them."""
    unlike = (f"SELECT count(*) FROM main.{table} WHERE checksum <> text_checksum({columns})" for table, columns in CHECKED.items())
    return sum(connection.execute(statement).fetchone()[0] for statement in unlike)


def _seal(connection: sqlite3.Connection) -> None:
    """What is there now counts as stored."""
    for table, columns in CHECKED.items():
        is_other = f"checksum IS NOT text_checksum({columns})"
        connection.execute(f"UPDATE main.{table} SET checksum = text_checksum({columns}) WHERE {is_other}")


def _put_in_order(connection: sqlite3.Connection, base: int) -> None:
    """Each added message behind the one that it stood behind; numbers without gaps."""
    for (session_id,) in connection.execute("SELECT DISTINCT session_id FROM main.message WHERE id > ?", (base,)).fetchall():
        kept = [row[0] for row in connection.execute("SELECT id FROM main.message WHERE session_id = ? ORDER BY seq", (session_id,))]
        followers: dict[int, list[int]] = {}
        before = 0
        for (message_id,) in connection.execute("SELECT new FROM temp.message_map WHERE session_id = ? ORDER BY seq", (session_id,)):
            if message_id > base:
                followers.setdefault(before, []).append(message_id)
            else:
                before = message_id
        order = list(followers.get(0, ()))
        for message_id in kept:
            if message_id <= base:
                order += [message_id, *followers.get(message_id, ())]
        placed = set(order)
        order += [message_id for message_id in kept if message_id not in placed]
        connection.execute("UPDATE main.message SET seq = seq + ? WHERE session_id = ?", (_FAR * 2, session_id))
        connection.executemany("UPDATE main.message SET seq = ? WHERE id = ?", list(enumerate(order)))


def _mark_read(connection: sqlite3.Connection, user_id: int) -> None:
    """What was new is new still, and so is what the sources give beyond what the old database held, or from now on."""
    connection.execute("UPDATE main.session AS s SET read_count = message_count")
    connection.execute(
        "UPDATE main.session AS s SET read_count = max(0, min(s.message_count, o.read_count))"
        " FROM old.session o JOIN temp.session_map m ON m.old = o.id WHERE m.new = s.id AND s.is_subagent = 0"
    )
    connection.execute(  # where the row of the session forgot it
        "UPDATE main.session AS s SET read_count = max(s.read_count, min(s.message_count, r.message_count))"
        " FROM main.reading r WHERE r.user_id = s.user_id AND r.uid = s.uid AND s.is_subagent = 0"
    )
    connection.execute("INSERT OR IGNORE INTO main.caught_up (user_id, source, at) SELECT ?, source, at FROM old.caught_up", (user_id,))


def _describe(connection: sqlite3.Connection) -> None:
    """What session rows repeat of the rows below them; when a session was first met stays."""
    connection.execute(
        "UPDATE main.session AS s SET message_count = (SELECT count(*) FROM main.message m WHERE m.session_id = s.id),"
        " first_row = (SELECT min(m.id) FROM main.message m WHERE m.session_id = s.id),"
        " last_row = (SELECT max(m.id) FROM main.message m WHERE m.session_id = s.id),"
        " tool_call_count = (SELECT count(*) FROM main.tool_call t WHERE t.session_id = s.id),"
        " token_count = coalesce(input_tokens, 0) + coalesce(output_tokens, 0),"
        " archived_at = CASE WHEN status = 'archived' THEN coalesce(archived_at, updated_at) END,"
        " trashed_at = CASE WHEN status = 'trashed' THEN coalesce(trashed_at, updated_at) END"
    )
    connection.execute(
        "UPDATE main.session AS s SET created_at = min(s.created_at, o.created_at),"
        " started_at = min(coalesce(s.started_at, o.started_at), coalesce(o.started_at, s.started_at)),"
        " last_message_at = max(coalesce(s.last_message_at, o.last_message_at), coalesce(o.last_message_at, s.last_message_at))"
        " FROM old.session o JOIN temp.session_map m ON m.old = o.id WHERE m.new = s.id AND o.created_at BETWEEN 0 AND ?",
        (time.time_ns() // 1_000_000,),
    )
