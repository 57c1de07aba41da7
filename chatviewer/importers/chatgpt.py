"""ChatGPT's data export: a zip, a file of the unpacked one, or a single conversation as browser extensions save it.

Conversations are trees of nodes; votes lie beside them in `message_feedback.json`, pictures and files as members of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chatviewer.domain.annotation import Rating
from chatviewer.domain.identity import session_uid
from chatviewer.domain.kinds import RatingOrigin, Role, SessionStatus
from chatviewer.domain.record import pattern
from chatviewer.domain.session import UPDATED_AT, Session, moment
from chatviewer.importers.base import Importer, Reading
from chatviewer.importers.building import TITLE_LIMIT, first_prompt_title, parse_time, text, word
from chatviewer.importers.parsing import parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from chatviewer.domain.message import Message
    from chatviewer.importers.chatgpt_tree import ConversationTree
    from chatviewer.importers.conversations import Conversation, Export

_MARK = pattern(rb'"mapping"\s*:\s*\{')
_OTHERS = pattern(rb'"chat_messages"\s*:')
# Of the conversation, what is kept as it is.
_KEPT = ("gizmo_id", "conversation_origin", "conversation_template_id", "memory_scope", "voice", "plugin_ids", "is_do_not_remember")
_VOTES = {"thumbsup": 5, "up": 5, "thumbsdown": 1, "down": 1}


class ChatGptImporter(Importer):
    source = "chatgpt"
    label = "ChatGPT"
    order = 42  # behind Claude.ai's: it answers for zips of which nothing can be read
    extensions = (".zip", ".json", ".jsonl")
    beside = ("message_feedback.json",)

    def places(self) -> list[Path]:
        return []

    def files(self, place: Path) -> Iterator[Path]:
        return iter(())

    def recognises(self, path: Path, head: bytes) -> bool:
        from chatviewer.importers.conversations import head_of

        beginning = head_of(path, head)
        if head.startswith(b"PK"):
            return beginning is None or (beginning != b"" and not _OTHERS.search(beginning))
        return beginning is not None and _MARK.search(beginning) is not None

    def read(self, reading: Reading) -> Iterator[Session]:
        from chatviewer.importers.conversations import opened  # with all that zips need

        for export in opened(reading):
            feedback = _Feedback(export.document("message_feedback.json"))
            for conversation in export.conversations():
                session = self._session(conversation, export, feedback, reading)
                if session is not None:
                    yield session
            if feedback.left_count:
                reading.skip("feedback without a message", feedback.left_count)

    def _session(self, conversation: Conversation, export: Export, feedback: _Feedback, reading: Reading) -> Session | None:
        from chatviewer.importers.chatgpt_tree import SOURCE, ConversationTree

        value = conversation.value
        if type(value.get("mapping")) is not dict:
            value = next((inner for inner in value.values() if type(inner) is dict and type(inner.get("mapping")) is dict), value)
        nodes = value.get("mapping")
        if type(nodes) is not dict:
            export.lost(conversation, "it holds no messages (`mapping`)")
            return None
        source_id = word(value.get("conversation_id")) or word(value.get("id")) or word(next(iter(nodes), None))
        source_id = source_id or f"{conversation.member}-{conversation.number}"

        reasons: list[str] = []
        tree = ConversationTree(source_id, nodes, export.archive, reasons.append, reading.skip, feedback.rated)
        messages = tree.build()
        ratings = feedback.taken(source_id, tree)
        if not any(message.role is not Role.SYSTEM for message in messages):
            export.left_out(conversation, reasons)
            return None
        for reason in reasons:
            export.damaged(conversation, reason)
        title = value.get("title")
        gizmo = text(value.get("gizmo_id")) if type(value.get("gizmo_id")) is str else ""
        metadata = {key: value[key] for key in _KEPT if value.get(key)}
        if general := feedback.of_conversation(source_id):
            metadata["feedback"] = general
        updated_at = parse_time(value.get("update_time"))
        if updated_at is not None:
            metadata[UPDATED_AT] = moment(updated_at)
        times = [message.created_at for message in messages if message.created_at]
        return Session(
            uid=session_uid(SOURCE, source_id),
            source=SOURCE,
            source_id=source_id,
            project=gizmo if gizmo.startswith("g-p-") else "",
            title=title[: TITLE_LIMIT * 10] if type(title) is str and title.strip() else first_prompt_title(messages),
            status=SessionStatus.ARCHIVED if value.get("is_archived") is True else SessionStatus.ACTIVE,
            model=word(value.get("default_model_slug")) or _last_model(messages),
            system_prompt=tree.system_prompt,
            current_uid=tree.uid_at(value.get("current_node")),
            started_at=parse_time(value.get("create_time")),
            last_message_at=max(times, default=None) or updated_at,
            is_starred=value.get("is_starred") is True,
            metadata=metadata,
            messages=tuple(messages),
            ratings=ratings,
        )


class _Feedback:
    """The votes of `message_feedback.json`, by message. Newer exports name the message `id`, older ones `message_id`."""

    def __init__(self, document: Any) -> None:
        from chatviewer.importers.conversations import objects

        self._by_message: dict[str, Mapping[str, Any]] = {}
        self._by_conversation: dict[str, list[Mapping[str, Any]]] = {}
        for vote in objects(document):
            conversation = word(vote.get("conversation_id")) or ""
            self._by_conversation.setdefault(conversation, []).append(vote)
            for key in ("id", "message_id"):
                if message := word(vote.get(key)):
                    self._by_message[message] = vote
        self._used: set[int] = set()

    @property
    def rated(self) -> frozenset[str]:
        return frozenset(self._by_message)

    @property
    def left_count(self) -> int:
        """Votes that belong to nothing in the export."""
        return sum(id(vote) not in self._used for votes in self._by_conversation.values() for vote in votes)

    def taken(self, conversation: str, tree: ConversationTree) -> tuple[Rating, ...]:
        """The ratings of one conversation's messages."""
        ratings: dict[str, Rating] = {}
        for message, uid in tree.rated_uids.items():
            vote = self._by_message[message]
            value = _VOTES.get(text(vote.get("rating")).replace("_", "").lower())
            if value is not None and id(vote) not in self._used:
                self._used.add(id(vote))
                ratings[uid] = Rating(
                    uid=uid, value=value, text=_remark(vote), origin=RatingOrigin.SOURCE, created_at=parse_time(vote.get("create_time"))
                )
        return tuple(ratings.values())

    def of_conversation(self, conversation: str) -> list[dict[str, str]]:
        """Votes that name the conversation but no message of it: kept with the session, because they rate no reply for certain."""
        left = [vote for vote in self._by_conversation.get(conversation, ()) if id(vote) not in self._used]
        self._used.update(id(vote) for vote in left)
        return [{"rating": text(vote.get("rating")), "text": _remark(vote)} for vote in left]


def _remark(vote: Mapping[str, Any]) -> str:
    """The words of a vote: `content` is JSON text with `text` and `tags`."""
    content = vote.get("content")
    if type(content) is str and content[:1] == "{":
        try:
            content = parse_json(content)
        except ValueError:
            return text(content)
    if type(content) is not dict:
        return text(content)
    tags = [tag for tag in content.get("tags") or () if type(tag) is str] if type(content.get("tags")) is list else []
    return "\n".join(filter(None, (text(content.get("text")), ", ".join(tags))))


def _last_model(messages: list[Message]) -> str | None:
    return next((message.model for message in reversed(messages) if message.model), None)
