"""The tree of one ChatGPT conversation, node by node into messages.

A node with another recipient than `all` is a tool call; nodes of role `tool` below it are its results. Thoughts go to the reply that
follows them. Branches keep the order of `children`; broken links (cycles, orphans, nodes that only one side knows) lose no message.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from chatviewer.domain.identity import message_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.importers.archive import Archive
from chatviewer.importers.building import mapping, parse_time, text, without_cycles, word
from chatviewer.importers.chatgpt_content import Body, read_body, references
from chatviewer.importers.chatgpt_files import Files

SOURCE = "chatgpt"
_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM, "tool": Role.TOOL}


_NO_NOTES: Mapping[str, Any] = {}


class _Call:
    """A tool call that results may still be added to."""

    __slots__ = ("arguments", "completed_at", "duration_ms", "error", "name", "results", "started_at", "status")

    def __init__(self, name: str, arguments: Any, at: datetime | None) -> None:
        self.name, self.arguments, self.started_at = name, arguments, at
        self.results: list[str] = []
        self.status = ToolCallStatus.PENDING
        self.error: str | None = None
        self.completed_at: datetime | None = None
        self.duration_ms: int | None = None

    def answer(self, body: Body, at: datetime | None) -> None:
        self.results.append(body.text)
        self.completed_at = at or self.completed_at
        if body.duration_ms is not None:
            self.duration_ms = (self.duration_ms or 0) + body.duration_ms
        if body.error is not None:
            self.status, self.error = ToolCallStatus.FAILED, body.error
        elif self.status is not ToolCallStatus.FAILED:
            self.status = ToolCallStatus.COMPLETED

    def finished(self) -> ToolCall:
        return ToolCall(
            tool_name=self.name,
            arguments=self.arguments,
            result="\n".join(self.results) if self.results else None,
            status=self.status,
            error_message=self.error,
            started_at=self.started_at,
            completed_at=self.completed_at,
            duration_ms=self.duration_ms,
        )


class _Place:
    """What stands at and above a node, for the nodes below it."""

    __slots__ = ("call", "last", "notes", "thinking")

    def __init__(
        self, last: "_Draft | None", call: "_Draft | None" = None, thinking: str = "", notes: dict[str, Any] | None = None
    ) -> None:
        self.last, self.call = last, call  # the message that children follow; the one whose call a result here would answer
        self.thinking, self.notes = thinking, notes or _NO_NOTES  # on their way to the reply below


class _Draft:
    """A message that results, pictures and thoughts may still be added to."""

    __slots__ = ("attachments", "call", "fields", "parent", "role", "uid")

    def __init__(self, uid: str, role: Role, parent: "_Draft | None", fields: dict[str, Any]) -> None:
        self.uid, self.role, self.parent, self.fields = uid, role, parent, fields
        self.call: _Call | None = None
        self.attachments: list[Attachment] = []

    def finished(self) -> Message:
        return Message(
            uid=self.uid,
            role=self.role,
            parent_uid=self.parent.uid if self.parent else None,
            tool_calls=(self.call.finished(),) if self.call else (),
            attachments=tuple(self.attachments),
            **self.fields,
        )


class ConversationTree:
    """`nodes` is used up. `report` takes what could not be stored, `skip` counts what is left out; `rated` are the ids of messages that
    carry a vote."""

    def __init__(
        self,
        source_id: str,
        nodes: dict[str, Any],
        archive: Archive,
        report: Callable[[str], None],
        skip: Callable[[str], None],
        rated: Collection[str] = (),
    ) -> None:
        self.system_prompt = ""
        self.rated_uids: dict[str, str] = {}  # uid of the message by the id that a vote names
        self._source_id, self._nodes, self._report, self._skip, self._rated = source_id, nodes, report, skip, rated
        self._files = Files(archive, skip)
        self._drafts: list[_Draft] = []
        self._places: dict[str, _Place] = {}
        self._children: dict[str | None, list[str]] = {}

    def build(self) -> list[Message]:
        """All messages, parents before children, alternatives in the order of `children`."""
        parents = self._parents()
        stack = self._children.get(None, [])[::-1]
        while stack:
            key = stack.pop()
            below = self._children.get(key, [])
            stack.extend(reversed(below))
            parent = parents[key]
            self._places[key] = self._node(key, self._places[parent] if parent is not None else _Place(None), below)
        self._nodes.clear()
        return [draft.finished() for draft in self._drafts]

    def _taken(self, key: str) -> Any:
        """The node, which is let go: a conversation of 100,000 nodes would else be in memory twice."""
        node = self._nodes[key]
        self._nodes[key] = None
        return node

    def uid_at(self, node: Any) -> str | None:
        """The message shown at a node; for an unknown node the newest leaf's."""
        if type(node) is str and node in self._places:
            place = self._places[node]
            return place.last.uid if place.last else None
        newest: tuple[datetime, str] | None = None
        for key, place in self._places.items():
            at = place.last.fields["created_at"] if place.last else None
            if place.last and at and not self._children.get(key) and (newest is None or at > newest[0]):
                newest = at, place.last.uid
        return newest[1] if newest else None

    def _parents(self) -> dict[str, str | None]:
        """The parent of each node. A node's own word counts; where it has none, the first that lists it as a child."""
        listed: dict[str, tuple[str, int]] = {}
        for key, node in self._nodes.items():
            children = node.get("children") if type(node) is dict else None
            for place, child in enumerate(children if type(children) is list else ()):
                if type(child) is str and child not in listed and child in self._nodes:
                    listed[child] = key, place
        parents: dict[str, str | None] = {}
        for key, node in self._nodes.items():
            own = node.get("parent") if type(node) is dict else None
            if type(own) is not str or own not in self._nodes or own == key:
                own = listed[key][0] if key in listed and listed[key][0] != key else None
            parents[key] = own
        parents = without_cycles(parents)
        order = {key: number for number, key in enumerate(self._nodes)}
        for key, parent in parents.items():
            self._children.setdefault(parent, []).append(key)
        last = len(order)
        for parent, below in self._children.items():
            if len(below) > 1:
                below.sort(key=lambda key: (listed[key][1] if key in listed and listed[key][0] == parent else last, order[key]))
        return parents

    def _node(self, key: str, above: _Place, below: list[str]) -> _Place:
        node = self._taken(key)
        message = node.get("message") if type(node) is dict else None
        if type(message) is not dict:
            if type(node) is not dict or message is not None:
                self._report(f"node {key[:80]} is no message")
            return self._passed(above, key, below)
        told: list[str] = []
        body = read_body(message, told.append)
        for reason in told:
            self._report(reason)
        role = _ROLES.get(text(mapping(message.get("author")).get("role")).lower())
        message_id = word(message.get("id")) or key
        rated = next((name for name in (message_id, key) if name in self._rated), None)
        if body.is_instructions and self.system_prompt in ("", body.text):
            self.system_prompt = body.text
            return self._passed(above, key, below)
        if role is Role.ASSISTANT and body.thinking and self._leads_to_reply(below) and rated is None:
            return _Place(above.last, above.call, "\n\n".join(filter(None, (above.thinking, body.thinking))), {**above.notes, **body.notes})
        if role is Role.ASSISTANT and body.notes and not body.text and not body.thinking and rated is None:
            if not self._leads_to_reply(below):
                self._skip("note without a reply")
            return self._passed(_Place(above.last, above.call, above.thinking, {**above.notes, **body.notes}), key, below)
        if role is Role.TOOL and above.call is not None and above.call.call is not None:
            above.call.call.answer(body, parse_time(message.get("create_time")))
            above.call.attachments += self._files.of(message, body)
            if rated:
                self.rated_uids[rated] = above.call.uid
            return _Place(above.last, above.call)
        attachments = self._files.of(message, body)
        if not body.text and not body.thinking and not attachments and rated is None and not body.is_call and role is not Role.TOOL:
            if not told:
                self._skip(f"content {body.unread}" if body.unread else "empty message")
            return self._passed(above, key, below)
        draft = self._draft(key, message, body, role, above)
        draft.attachments = attachments
        if rated:
            self.rated_uids[rated] = draft.uid
        return _Place(draft, draft if draft.call else None)

    def _passed(self, above: _Place, key: str, below: list[str]) -> _Place:
        """A node without a message. Thoughts on their way that will not reach a reply become a message here."""
        if above.thinking and not self._leads_to_reply(below):
            fields: dict[str, Any] = {"thinking": above.thinking, "created_at": None, "metadata": dict(above.notes)}
            draft = _Draft(message_uid(SOURCE, self._source_id, key), Role.ASSISTANT, above.last, fields)
            self._drafts.append(draft)
            return _Place(draft, above.call)
        return above

    def _leads_to_reply(self, below: list[str]) -> bool:
        """Whether exactly one node follows and speaks for the assistant."""
        if len(below) != 1:
            return False
        message = mapping(mapping(self._nodes[below[0]]).get("message"))
        return mapping(message.get("author")).get("role") == "assistant"

    def _draft(self, key: str, message: Mapping[str, Any], body: Body, role: Role | None, above: _Place) -> _Draft:
        metadata = mapping(message.get("metadata"))
        notes: dict[str, Any] = {**(above.notes if role is Role.ASSISTANT else {}), **body.notes}
        if role is None or role is Role.SYSTEM or body.is_injected:
            notes["kind"] = body.kind if body.is_injected else "system" if role is Role.SYSTEM else "unknown author"
            if role is None:
                notes["author"] = text(mapping(message.get("author")).get("role"))
            role = Role.SYSTEM
        if metadata.get("is_visually_hidden_from_conversation") is True or message.get("weight") == 0:
            notes["is_hidden"] = True
        if message.get("status") in ("in_progress", "finished_partial_completion"):
            notes["is_unfinished"] = True
        if found := references(metadata):
            notes["references"] = found
        at = parse_time(message.get("create_time"))
        is_call = role is Role.ASSISTANT and body.is_call
        author = word(mapping(message.get("author")).get("name"))
        fields: dict[str, Any] = {
            "content": "" if is_call else body.text,
            "thinking": "\n\n".join(filter(None, (above.thinking, body.thinking))) if role is Role.ASSISTANT else body.thinking,
            "model": word(metadata.get("model_slug")) if role is Role.ASSISTANT else None,
            "tool_name": author if role is Role.TOOL else None,
            "created_at": at,
            "metadata": notes,
        }
        draft = _Draft(message_uid(SOURCE, self._source_id, key), role, above.last, fields)
        if is_call:
            draft.call = _Call(text(message.get("recipient")), body.arguments, at)
        self._drafts.append(draft)
        return draft
