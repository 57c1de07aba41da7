"""What a search must find, said a second time: by reading every text of a small library, without an index and without SQL.

It answers with True, False or None. None is where an index may answer either way: words that stand side by side only if the parts of
two identifiers are read as one text, punctuation beside words.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

from chatviewer.domain import Message, Session, ToolCall, ToolCallStatus
from chatviewer.domain.summary import SessionSummary
from chatviewer.query.nodes import UNITS, Absent, AllOf, AnyOf, Names, Node, Not, Pattern, Query, Span, Word

Answer = bool | None

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7a3]")
# not what stands before or behind a letter with an accent, which is a part of the same word
_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9.\u00c0-\u03ff])[A-Za-z0-9.]+(?![A-Za-z0-9.\u00c0-\u03ff])")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAMES = re.compile(r"[A-Za-z]+|[0-9]+")
_COLOURED = re.compile(r"\x1b\[[0-9;]*[A-Za-z]([^\s\x1b]+)")
_STATUSES = {"active", "archived", "trashed"}


class Stored(NamedTuple):
    """A session as it was stored, and what the library knows of it besides."""

    session: Session
    summary: SessionSummary
    notes: frozenset[str] = frozenset()  # the uids that have one


class Row(NamedTuple):
    """A title, message, call or pasted text. `texts`: what it says, by scope."""

    level: str
    stored: Stored
    texts: dict[str, list[str]]
    message: Message | None = None
    call: ToolCall | None = None


def rows(stored: Stored) -> list[Row]:
    found = [Row("session", stored, {"title": [stored.summary.title, stored.session.summary]})]
    for message in stored.session.messages:
        found.append(Row("message", stored, {"text": [message.content], "thinking": [message.thinking]}, message))
        for call in message.tool_calls:
            texts = [call.tool_name, "\n".join(_strings(call.arguments)), call.result or ""]
            found.append(Row("tool", stored, {"tools": texts}, message, call))
        found += [
            Row("attachment", stored, {"text": [attachment.text or "", attachment.name]}, message) for attachment in message.attachments
        ]
    return found


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []


# three-valued logic


def either(answers: Iterable[Answer]) -> Answer:
    known = set(answers)
    return True if True in known else None if None in known else False


def both(answers: Iterable[Answer]) -> Answer:
    known = set(answers)
    return False if False in known else None if None in known else True


def opposite(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _folded(text: str) -> str:
    return _unaccented(text).lower().replace("ß", "ss")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _folded(text))


def _identifiers(text: str) -> list[list[str]]:
    """Each identifier in parts, and those with digits a second time with the capitals within their names taken for a habit."""

    def split(identifier: str, parts: re.Pattern[str]) -> list[str]:
        runs = [[run] if run[0].isdigit() else parts.findall(run) for run in identifier.split(".") if run]
        return [part.lower() for each in runs for part in each]

    return [split(each, parts) for parts in (_PARTS, _NAMES) for each in _IDENTIFIER.findall(text)]


def _stand_in(wanted: list[str], words: list[str], is_prefix: bool) -> bool:
    for start in range(len(words) - len(wanted) + 1):
        *some, last = words[start : start + len(wanted)]
        if some == wanted[:-1] and (last.startswith(wanted[-1]) if is_prefix else last == wanted[-1]):
            return True
    return False


def holds(text: str, word: Word) -> Answer:
    """Whether a text holds a word or phrase. What stands right behind a colour of a terminal is found as if it stood alone."""
    found = _holds(text, word)
    coloured = _COLOURED.findall(text)
    if found or not coloured:
        return found
    if any(_holds(each, word) for each in coloured):
        return True
    # a phrase that only begins or ends in colour
    return found if len(_words(word.text)) == 1 and not _UNSPACED.search(word.text) else None


def _holds(text: str, word: Word) -> Answer:
    typed = word.text
    wanted = _words(typed)
    if _UNSPACED.search(typed):
        pieces = typed.split()
        if len(pieces) > 1:
            each = both(_holds(text, Word(piece, word.is_prefix)) for piece in pieces)
            return each if typed in text else both([None, each])
        return typed in text
    if not wanted:
        if typed in text:
            return True
        return None if any(ord(each) > 0x2000 for each in typed) and any(each in text for each in typed) else False
    if _stand_in(wanted, _words(text), word.is_prefix):
        return True
    if re.fullmatch(r"[0-9]+", typed) and not word.is_phrase and any(f"{typed}{unit}" in _words(text) for unit in UNITS):
        return True  # a number with its unit
    if word.number and _stand_in([f"{word.number}{typed}".lower()], _words(text), word.is_prefix):
        return True  # a unit with its number
    if re.fullmatch(r"\d{4}-\d\d-\d\d", typed) and not word.is_prefix and re.search(rf"(?<![^\W_]){typed}T", text):
        return True  # the day of a timestamp
    split = [part.lower() for part in _PARTS.findall(typed)] if typed.isascii() else wanted
    identifiers = _identifiers(text)
    if any(_stand_in(each, parts, word.is_prefix) for each in (wanted, split) for parts in identifiers):
        return True
    # parts of neighbours, or of the same identifier again
    loose = [part for parts in identifiers for part in parts]
    several = [part for parts in identifiers if len(parts) > 1 for part in parts]
    mixed = [part.lower() for each in re.findall(r"[^\W_]+", _unaccented(text)) for part in _PARTS.findall(each)]
    return (
        None
        if any(_stand_in(each, some, word.is_prefix) for each in (wanted, split) for some in (loose, several, mixed, _words(text)))
        else False
    )


def _unaccented(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


class Reader:
    """Reads a library for one query. Days and numbers come from the parsed query; what they mean is decided here."""

    def __init__(self, library: Iterable[Stored], query: Query) -> None:
        self.library = list(library)
        self.query = query
        self.leaves = list(_leaves(query.node))
        tools = [leaf for leaf, is_wanted in self.leaves if is_wanted and isinstance(leaf, Names) and leaf.field == "tool"]
        self.scopes = set(query.scopes) | ({"tools"} if tools and not query.has_scopes else set())
        asked = {value for leaf, is_wanted in self.leaves if is_wanted and isinstance(leaf, Names) for value in self._states(leaf)}
        self.is_any_status = bool(asked & (_STATUSES | {"any"}))
        self.is_any_kind = any(
            is_wanted and isinstance(leaf, Names) and leaf.field == "is" and {"subagent", "any"} & set(leaf.values)
            for leaf, is_wanted in self.leaves
        )
        self.is_alone = sum(isinstance(leaf, Word | Pattern) for leaf, _ in self.leaves) == 1

    @staticmethod
    def _states(leaf: Names) -> set[str]:
        return set(leaf.values) if leaf.field in ("is", "status") else set()

    # a text in a row

    def text(self, node: Word | Pattern, row: Row) -> Answer:
        texts = [text for scope, some in row.texts.items() if scope in self.scopes for text in some]
        if isinstance(node, Pattern):
            if row.call is not None and texts:
                texts[1] = json.dumps(row.call.arguments, ensure_ascii=False, separators=(",", ":"))
            return any(re.search(node.source, text, re.IGNORECASE | re.MULTILINE) is not None for text in texts)
        found = either(holds(text, node) for text in texts)
        if not _words(node.text) and found is False and not self.is_alone and texts:
            return None  # punctuation beside words may be left out
        if (
            found is False
            and node.is_prefix
            and "u1f680".startswith(node.text)
            and any("🚀" in text for some in row.texts.values() for text in some)
        ):
            return None  # the index spells a rocket so
        pieces = node.text.split()
        if not found and len(pieces) > 1 and _UNSPACED.search(node.text):
            everywhere = [text for some in row.texts.values() for text in some] if texts else []
            return both([None, *(either(holds(text, Word(piece, node.is_prefix)) for text in everywhere) for piece in pieces)])
        everything = [text for some in row.texts.values() for text in some]
        if found is False and row.level == "message" and texts and any(holds(text, node) is not False for text in everything):
            return None  # parts of identifiers are known of a message, not of what it says and thinks apart
        if found is False and row.level == "session" and texts and holds("\n".join(texts), node) is None:
            return None  # and of title and summary together
        return found

    # a node where a row is looked at, and where a whole session is

    def of_row(self, node: Node, row: Row) -> Answer:
        def below(each: Node) -> Answer:
            return self.of_row(each, row)

        message = row.message
        if isinstance(node, Word | Pattern):
            return self.text(node, row)
        if message is not None and isinstance(node, Names) and node.field == "role":
            return message.role in node.values
        if row.call is not None and isinstance(node, Names) and node.field == "tool":
            return any(_is_called(value, row.call.tool_name, self.tools) for value in node.values)
        if message is not None and isinstance(node, Span) and node.field == "date":
            return _within(node, message.created_at or row.stored.summary.last_message_at)
        return self._joined(node, below) if isinstance(node, Not | AllOf | AnyOf) else self.of_session(node, row.stored)

    def of_session(self, node: Node, stored: Stored) -> Answer:
        if isinstance(node, Word | Pattern):
            return either(self.text(node, row) for row in rows(stored))
        if isinstance(node, Not | AllOf | AnyOf):
            return self._joined(node, lambda each: self.of_session(each, stored))
        if isinstance(node, Span):
            return _within(node, _number(node.field, stored))
        if isinstance(node, Absent):
            return not {
                "rating": stored.summary.rating,
                "project": stored.summary.project,
                "model": stored.summary.model,
                "tag": stored.summary.tags,
            }[node.field]
        return any(self._is_named(node.field, value, stored) for value in node.values)

    def _is_named(self, field: str, value: str, stored: Stored) -> bool:
        session, summary = stored.session, stored.summary
        if field == "tool":
            return any(_is_called(value, call.tool_name, self.tools) for message in session.messages for call in message.tool_calls)
        if field == "source":
            return _is_called(value, summary.source, {each.summary.source for each in self.library})
        if field == "project":
            return _is_called(value, summary.project, {each.summary.project for each in self.library})
        if field == "tag" and value.endswith("*"):
            tags = {tag for each in self.library for tag in each.summary.tags}
            return any(_is_called(value.removeprefix("#")[:-1], tag, tags) for tag in summary.tags)
        return _has_value(field, value, stored)

    @cached_property
    def tools(self) -> set[str]:
        return {call.tool_name for each in self.library for message in each.session.messages for call in message.tool_calls}

    @staticmethod
    def _joined(node: Not | AllOf | AnyOf, below: Callable[[Node], Answer]) -> Answer:
        if isinstance(node, Not):
            return opposite(below(node.node))
        return (both if isinstance(node, AllOf) else either)(map(below, node.nodes))

    # the answers

    def listed(self) -> dict[str, Answer]:
        """Whether each session stands in the list, by uid."""
        return {stored.summary.uid: self._is_listed(stored) for stored in self.library}

    def _is_listed(self, stored: Stored) -> Answer:
        if not self.is_any_status and stored.summary.status != "active":
            return False
        if not self.is_any_kind and stored.summary.parent_uid is not None:
            return False
        return True if self.query.node is None else self.of_session(self.query.node, stored)

    @property
    def nodes(self) -> tuple[Node, ...]:
        node = self.query.node
        return () if node is None else node.nodes if isinstance(node, AllOf) else (node,)

    @property
    def is_text(self) -> bool:
        """Whether there is text to find: else sessions are."""
        return any(map(_is_text, self.nodes))

    def may_show(self, stored: Stored) -> bool:
        return self.is_any_status or stored.summary.status == "active"

    def found(self, stored: Stored) -> list[tuple[Row, Answer]]:
        """The rows of a session, and whether each is a hit by itself."""
        looked_at = [row for row in rows(stored) if not self.scopes.isdisjoint(row.texts)]
        return [(row, both(self.of_row(node, row) for node in self.nodes)) for row in looked_at]

    def gathered(self, stored: Stored) -> Answer:
        """Whether a session holds several words apart, each in a row that meets the rest."""
        wanted = [node for node in self.nodes if is_of_words(node)]
        rest = [node for node in self.nodes if node not in wanted]
        if len(wanted) < 2:
            return False
        if any(isinstance(leaf, Word) and leaf.is_prefix for node in wanted for leaf, _ in _leaves(node)):
            maybe: Answer = None  # nothing is gathered for the beginning of very many words
        else:
            maybe = True
        looked_at = [row for row in rows(stored) if not self.scopes.isdisjoint(row.texts)]
        fitting = [(row, both(self.of_row(node, row) for node in rest)) for row in looked_at]
        return both([maybe, *(either(both([fits, self.of_row(node, row)]) for row, fits in fitting) for node in wanted)])

    def session_hit(self, stored: Stored) -> tuple[Answer, Message | None]:
        """For a query that looks for no text: whether a session is a hit, and the newest message that is meant."""
        is_of_messages = not self.scopes.isdisjoint(("text", "thinking"))
        of_row = [node for node in self.nodes if _speaks_of_message(node, is_of_messages)]
        answer = both(self.of_session(node, stored) for node in self.nodes if node not in of_row)
        if not of_row:
            return answer, None
        each = [(row.message, both(self.of_row(node, row) for node in of_row)) for row in [*rows(stored)] if row.level == "message"]
        newest = None
        for message, fits in reversed(each):
            if fits is not False:
                newest = message if fits else None
                break
        return both([answer, either(fits for _, fits in each)]), newest


def _leaves(node: Node | None, is_wanted: bool = True) -> Iterable[tuple[Node, bool]]:
    if isinstance(node, Not):
        yield from _leaves(node.node, not is_wanted)
    elif isinstance(node, AllOf | AnyOf):
        for each in node.nodes:
            yield from _leaves(each, is_wanted)
    elif node is not None:
        yield node, is_wanted


def _is_text(node: Node) -> bool:
    if isinstance(node, AnyOf):
        return all(map(_is_text, node.nodes))
    if isinstance(node, AllOf):
        return any(map(_is_text, node.nodes))
    return isinstance(node, Word | Pattern)


def is_of_words(node: Node) -> bool:
    """Whether a tree is made of words alone, of which at least one must stand there."""
    if isinstance(node, Word):
        return bool(_words(node.text)) or any(ord(each) >= 0x1F000 for each in node.text)  # emoji
    if isinstance(node, AnyOf):
        return all(map(is_of_words, node.nodes))
    if isinstance(node, AllOf):
        words = [each.node if isinstance(each, Not) else each for each in node.nodes]
        return all(map(is_of_words, words)) and any(map(is_of_words, node.nodes))
    return False


def _speaks_of_message(node: Node, is_of_messages: bool) -> bool:
    leaves = [leaf for leaf, _ in _leaves(node)]
    has_text = any(isinstance(leaf, Word | Pattern) for leaf in leaves)
    is_of_message = any(isinstance(leaf, Names | Span) and leaf.field in ("role", "date") for leaf in leaves)
    if isinstance(node, Not):
        return is_of_messages if has_text else is_of_message
    return isinstance(node, Names | Span) and is_of_message


def _number(field: str, stored: Stored) -> object:
    summary = stored.summary
    if field == "date":
        return summary.last_message_at or summary.started_at
    return {
        "rating": summary.rating,
        "messages": summary.message_count,
        "tokens": (summary.input_tokens or 0) + (summary.output_tokens or 0),
    }[field]


def _within(span: Span, value: object) -> bool:
    if value is None:
        return span.low is None and span.high is None
    number = value if isinstance(value, int) else int(value.timestamp() * 1000)  # type: ignore[attr-defined]
    return (span.low is None or number >= span.low) and (span.high is None or number < span.high)


def _is_called(typed: str, name: str, names: Iterable[str]) -> bool:
    """Whether a word of the name begins so, or, where no name has such a word, it holds that anywhere."""
    begins = re.compile(rf"(?<![^\W_]){re.escape(typed)}" if typed[0].isalnum() else re.escape(typed), re.IGNORECASE)
    known = [each for each in names if begins.search(each)]
    return name in known if known else typed.lower() in name.lower()


def _has_value(field: str, value: str, stored: Stored) -> bool:
    session, summary = stored.session, stored.summary
    calls = [call for message in session.messages for call in message.tool_calls]
    typed = value.lower()
    if field == "is":
        return _is_in_state(value, stored)
    if field == "has":
        return {
            "error": any(call.status == ToolCallStatus.FAILED for call in calls),
            "tool": bool(calls),
            "thinking": any(message.thinking for message in session.messages),
            "code": any("```" in message.content for message in session.messages),
            "image": any(each.media_type.startswith("image/") for message in session.messages for each in message.attachments),
            "note": not stored.notes.isdisjoint({summary.uid, *(message.uid for message in session.messages)}),
        }[value]
    if field == "status":
        return value == (session.run_state if value in ("paused", "completed") else summary.status)
    if field == "role":
        return any(message.role == value for message in session.messages)
    if field == "model":
        return typed in (summary.model or "").lower()
    if field == "title":
        return typed in summary.title.lower()
    assert field == "tag"
    return typed.removeprefix("#") in [tag.lower() for tag in summary.tags]


def _is_in_state(value: str, stored: Stored) -> bool:
    summary = stored.summary
    parents = [message.parent_uid for message in stored.session.messages if message.parent_uid is not None]
    if value in _STATUSES:
        return summary.status == value
    return {
        "starred": summary.is_starred,
        "subagent": summary.parent_uid is not None,
        "rated": summary.rating is not None,
        "branched": len(parents) > len(set(parents)),
        "unread": summary.unread_count > 0,
        "new": 0 < summary.unread_count == summary.message_count,
        "any": True,
    }[value]
