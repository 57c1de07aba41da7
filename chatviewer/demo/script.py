"""Made-up chats written as plain text, read into `domain.Session`.

A file holds sessions. A line that begins with `@` is a direction, everything below it is its text:

    @session ID            begins a session; the lines below are `key value` (title, source, project, model, age, tags, ...)
    @you [LABEL]           a prompt; @assistant [LABEL] a reply; @system KIND an injected text; @thinking comes before its reply
    @call TOOL [SECONDS]   a tool call of the reply above; its text is the JSON of its arguments
    @result [failed]       what that call returned ("coloured": \\e stands for escape);  @child ID  the sub-agent's session that it started
    @again LABEL           the next message is an alternative to the one with that label (a branch)
    @rate N [TEXT]  @note TEXT  @attach MEDIA_TYPE NAME BYTES  @picture NAME    about the message above
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chatviewer.demo.drawing import picture
from chatviewer.domain.identity import message_uid, session_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.domain.session import Session

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(slots=True)
class Scene:
    """A session with what its user said about it. `ratings` and `notes` are keyed by message uid."""

    session: Session
    tags: tuple[str, ...] = ()
    is_starred: bool = False
    status: str = "active"
    note: str = ""
    ratings: dict[str, tuple[int, str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def scenes(text: str, now: datetime) -> Iterator[Scene]:
    """The sessions of a script, their ages counted back from `now` (aware)."""
    for part in f"\n{text}".split("\n@session ")[1:]:
        head, _, body = part.partition("\n@")
        identifier, *lines = head.split("\n")
        keys = dict(line.split(" ", 1) for line in lines if " " in line)
        yield _Stage(identifier.strip(), keys, now).play(f"@{body}")


def age(text: str) -> timedelta:
    """The time span that "3d 4h" stands for."""
    return sum((int(word[:-1]) * UNITS[word[-1]] for word in text.split()), timedelta())


class _Stage:
    """One session while its directions are played."""

    def __init__(self, identifier: str, keys: Mapping[str, str], now: datetime) -> None:
        self.identifier, self.keys, self.now = identifier, keys, now
        self.source = keys["source"]
        self.messages: list[Message] = []
        self.labels: dict[str, int] = {}
        self.parent: str | None = None
        self.thinking = ""
        self.ratings: dict[str, tuple[int, str]] = {}
        self.notes: dict[str, str] = {}
        self.clock = now - age(keys["age"]) - timedelta(minutes=3)

    def play(self, body: str) -> Scene:
        for block in f"\n{body}".split("\n@")[1:]:
            direction, _, text = block.partition("\n")
            name, _, rest = direction.partition(" ")
            getattr(self, f"_{name}")(rest.strip(), text.strip("\n"))
        keys, messages = self.keys, tuple(self.messages)
        session = Session(
            uid=session_uid(self.source, self.identifier),
            source=self.source,
            source_id=self.identifier,
            project=keys.get("project", ""),
            title=keys["title"],
            model=keys.get("model"),
            branch=keys.get("branch", ""),
            parent_uid=session_uid(self.source, keys["parent"]) if "parent" in keys else None,
            spawned_by=keys.get("spawned_by"),
            current_uid=messages[self.labels.get(keys.get("current", ""), -1)].uid,
            started_at=messages[0].created_at,
            last_message_at=messages[-1].created_at,
            input_tokens=sum(m.input_tokens or 0 for m in messages) or None,
            output_tokens=sum(m.output_tokens or 0 for m in messages) or None,
            messages=messages,
        )
        return Scene(
            session,
            tags=tuple(keys.get("tags", "").split()),
            is_starred=keys.get("starred") == "yes",
            status=keys.get("status", "active"),
            note=keys.get("note", ""),
            ratings=self.ratings,
            notes=self.notes,
        )

    def _say(self, role: Role, text: str, label: str = "", metadata: Mapping[str, Any] | None = None) -> None:
        number = len(self.messages)
        # A reply takes as long as its text: 40 characters a second, and whoever reads it half a minute.
        self.clock += timedelta(seconds=30 if role is Role.USER else 2 + len(text + self.thinking) / 40)
        is_reply = role is Role.ASSISTANT
        self.messages.append(
            Message(
                uid=message_uid(self.source, self.identifier, str(number)),
                role=role,
                content=text,
                thinking=self.thinking,
                parent_uid=self.parent,
                model=self.keys.get("model") if is_reply else None,
                input_tokens=900 + 310 * number if is_reply and self.source != "chatgpt" else None,
                output_tokens=(len(text) + len(self.thinking)) // 4 + 12 if is_reply and self.source != "chatgpt" else None,
                created_at=self.clock,
                metadata=metadata or {},
            )
        )
        self.parent, self.thinking = self.messages[-1].uid, ""
        if label:
            self.labels[label] = number

    def _you(self, label: str, text: str) -> None:
        self._say(Role.USER, text, label)

    def _assistant(self, label: str, text: str) -> None:
        self._say(Role.ASSISTANT, text, label)

    def _system(self, kind: str, text: str) -> None:
        self._say(Role.SYSTEM, text, metadata={"kind": kind})

    def _thinking(self, _: str, text: str) -> None:
        self.thinking = text

    def _again(self, label: str, _: str) -> None:
        self.parent = self.messages[self.labels[label]].parent_uid

    def _call(self, rest: str, text: str) -> None:
        tool, _, seconds = rest.partition(" ")
        message = self.messages[-1]
        started = self.clock
        duration = round(float(seconds) * 1000) if seconds else None
        self.clock += timedelta(milliseconds=duration or 400)
        call = ToolCall(
            tool_name=tool,
            tool_call_id=f"call_{self.identifier}_{len(self.messages)}_{len(message.tool_calls)}",
            arguments=json.loads(text),
            started_at=started,
            duration_ms=duration,
        )
        self.messages[-1] = message._replace(tool_calls=(*message.tool_calls, call))

    def _change_call(self, **changes: Any) -> None:
        message = self.messages[-1]
        *before, last = message.tool_calls
        self.messages[-1] = message._replace(tool_calls=(*before, last._replace(**changes)))

    def _result(self, rest: str, text: str) -> None:
        failed = rest == "failed"
        text = text.replace("\\e", "\x1b") if rest == "coloured" else text
        self._change_call(
            result=text,
            status=ToolCallStatus.FAILED if failed else ToolCallStatus.COMPLETED,
            error_message=text.partition("\n")[0] if failed else None,
            completed_at=self.clock,
        )

    def _child(self, identifier: str, _: str) -> None:
        self._change_call(child_uid=session_uid(self.source, identifier))

    def _rate(self, rest: str, _: str) -> None:
        value, _, words = rest.partition(" ")
        self.ratings[self.messages[-1].uid] = (int(value), words)

    def _note(self, rest: str, _: str) -> None:
        self.notes[self.messages[-1].uid] = rest

    def _attach(self, rest: str, _: str) -> None:
        media_type, name, size = rest.split(" ")
        message = self.messages[-1]
        attachment = Attachment(media_type=media_type, name=name, byte_count=int(size))
        self.messages[-1] = message._replace(attachments=(*message.attachments, attachment))

    def _picture(self, name: str, _: str) -> None:
        message, data = self.messages[-1], picture(name)
        attachment = Attachment(media_type="image/png", name=name, byte_count=len(data), data=data)
        self.messages[-1] = message._replace(attachments=(*message.attachments, attachment))
