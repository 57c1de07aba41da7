"""Candidates as hits: the session, the message, and a snippet of the text that matches. One statement for each kind of row."""

from __future__ import annotations

import sqlite3

from chatviewer.domain.hit import Hit
from chatviewer.domain.kinds import HitKind, Role
from chatviewer.query.nodes import Query
from chatviewer.storage.candidates import LEVELS, Candidate
from chatviewer.storage.reading import id_list, to_datetime
from chatviewer.storage.snippets import Snippeter, beginning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SESSION = "session.id, session.uid, session.title, session.source, session.project"
_MESSAGE = "message.uid, message.seq, message.role, message.created_at"
_TEXTS = {
    "message": "message.content, message.thinking",
    "tool": "tool_call.tool_name, tool_call.input_arguments, coalesce(tool_call.output_result, '')",
    "attachment": "coalesce(attachment.text, ''), attachment.name",
    "session": "session.title, session.summary, session.last_message_at",
}
_LAST_WORDS = (
    "SELECT message.session_id, message.uid, message.seq, message.role, message.created_at, substr(message.content, 1, 400) "
    "FROM json_each(?) AS listed "
    "CROSS JOIN message ON message.id = (SELECT part.id FROM message AS part WHERE part.session_id = listed.value "
    "AND part.content <> '' AND part.role IN ('user', 'assistant') ORDER BY part.seq DESC LIMIT 1)"
)


def hits(connection: sqlite3.Connection, query: Query, page: list[Candidate], is_text: bool) -> tuple[Hit, ...]:
    """The candidates in their order; those that were purged meanwhile are left out.

    With `is_text` a session stands for its title, which matches; else it was asked for by its fields.
    """
    snippeter = Snippeter(query)
    made: dict[tuple[str, int], Hit] = {}
    for name in {candidate.level for candidate in page}:
        level = LEVELS[name]
        columns = f"{level.row}, {_SESSION}, {_TEXTS[name] if name == 'session' else f'{_MESSAGE}, {_TEXTS[name]}'}"
        listed = id_list(-candidate.row for candidate in page if candidate.level == name)
        rows = connection.execute(
            f"SELECT {columns} FROM json_each(?) AS listed CROSS JOIN {level.source} WHERE {level.row} = listed.value", (listed,)
        ).fetchall()
        if name != "session":
            made |= {(name, row[0]): _message_hit(snippeter, name, row, "text" in query.scopes) for row in rows}
            continue
        last_words = {}
        if untitled := [] if is_text else [row[0] for row in rows if snippeter.snippet(row[3]) is None]:
            last_words = {row[0]: row[1:] for row in connection.execute(_LAST_WORDS, (id_list(untitled),))}
        made |= {(name, row[0]): _session_hit(snippeter, row, last_words.get(row[0])) for row in rows}
    return tuple(made[key] for candidate in page if (key := (candidate.level, -candidate.row)) in made)


def _message_hit(snippeter: Snippeter, level: str, row: tuple[Any, ...], is_text_asked: bool) -> Hit:
    _, session_id, session_uid, title, source, project, uid, seq, role, created_at, *texts = row
    if level == "tool":
        from chatviewer.storage.encoding import words_in_json  # a search without calls among its hits does without

        tool_name, arguments, result = texts
        given = words_in_json(arguments)
        shown, kind = _in_call(snippeter, given, result, tool_name) or beginning(f"{tool_name}: {given}"), HitKind.TOOL
    elif level == "attachment":
        shown, kind = snippeter.snippet(texts[0]) or snippeter.snippet(texts[1]) or beginning(texts[1] or texts[0]), HitKind.ATTACHMENT
    else:
        content, thinking = texts
        writer = "" if role == "tool" else role  # what a tool returned is no Markdown
        in_content = snippeter.snippet(content, writer) if is_text_asked else None
        if in_content and thinking and not snippeter.is_known_in(content) and snippeter.is_known_in(thinking):
            in_content = None  # a cat that was thought of, and a category
        in_thinking = None if in_content else snippeter.snippet(thinking, "assistant")
        kind = HitKind.THINKING if in_thinking else HitKind.TEXT
        shown = in_content or in_thinking or beginning(content or thinking, writer)
    return Hit(session_id, session_uid, title, source, project, uid, seq, Role(role), to_datetime(created_at), shown, kind)


def _in_call(snippeter: Snippeter, *texts: str) -> str | None:
    """A stretch of the first text that holds what is looked for as a word; else of the first that holds it anywhere."""
    within = None
    for text in texts:
        if snippet := snippeter.snippet(text):
            if snippeter.is_known_in(text):
                return snippet
            within = within or snippet
    return within


def _session_hit(snippeter: Snippeter, row: tuple[Any, ...], last_words: tuple[Any, ...] | None) -> Hit:
    """A title or summary that matches; else, for a session that was asked for by its fields, the last words that were said in it."""
    session_id, _, session_uid, title, source, project, _, summary, last_message_at = row
    snippet, kind = snippeter.snippet(title), HitKind.TITLE
    if snippet is None and last_words is None and (in_summary := snippeter.snippet(summary)):
        snippet, kind = in_summary, HitKind.SUMMARY
    if snippet is not None or last_words is None:
        when = to_datetime(last_message_at)
        return Hit(session_id, session_uid, title, source, project, None, 0, None, when, snippet or beginning(title), kind)
    uid, seq, role, created_at, content = last_words
    shown = snippeter.snippet(content, role) or beginning(content, role)
    return Hit(session_id, session_uid, title, source, project, uid, seq, Role(role), to_datetime(created_at), shown, HitKind.TEXT)
