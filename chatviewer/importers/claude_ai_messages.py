"""The messages of one Claude.ai conversation, each block of their content in its place.

`content` is read before `text`, which is a flattened copy that repeats the thinking and drops the tools. A reply whose blocks alternate
becomes several messages, each the child of the one before.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chatviewer.domain.identity import message_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Attachment, Message, ToolCall
from chatviewer.domain.record import pattern
from chatviewer.domain.sanitizing import safe_line
from chatviewer.importers.building import block_text, image_attachment, mapping, parse_time, text, whole_number, without_cycles, word
from chatviewer.importers.conversations import objects

SOURCE = "claude-ai"
ERROR_LIMIT = 200  # characters
MAX_LEAVES = 10_000  # strings of one result's block

_ROLES = {"human": Role.USER, "user": Role.USER, "assistant": Role.ASSISTANT}
# What the flat copy of a message says in place of a call.
_STAND_IN = pattern(
    r"|```\w*|This block is not supported on your current device yet\.|Viewing artifacts created via .* yet supported on mobile\."
)
_NO_TEXT = frozenset({"image", "image_url", "document", "audio", "token_budget", "flag", "tool_reference"})


class _Call:
    """A tool call that may still get its result."""

    def __init__(self, block: Mapping[str, Any]) -> None:
        self.name = word(block.get("name")) or "tool"
        self.id = word(block.get("id"))
        self.arguments = block.get("input")
        self.started_at = parse_time(block.get("start_timestamp"))
        self.completed_at: datetime | None = None
        self.results: list[str] = []
        self.status = ToolCallStatus.PENDING
        self.error: str | None = None

    def answer(self, block: Mapping[str, Any], result: str) -> None:
        self.results.append(result)
        self.completed_at = parse_time(block.get("stop_timestamp")) or self.completed_at
        self.status = ToolCallStatus.FAILED if block.get("is_error") is True else ToolCallStatus.COMPLETED
        self.error = safe_line(result.strip().partition("\n")[0], ERROR_LIMIT) or None if block.get("is_error") is True else None

    def finished(self) -> ToolCall:
        duration = None
        if self.started_at and self.completed_at and self.completed_at >= self.started_at:
            duration = int((self.completed_at - self.started_at).total_seconds() * 1000)
        return ToolCall(
            tool_name=self.name,
            tool_call_id=self.id,
            arguments=self.arguments,
            result="\n".join(self.results) if self.results else None,
            status=self.status,
            error_message=self.error,
            started_at=self.started_at,
            completed_at=self.completed_at,
            duration_ms=duration,
        )


class _Piece:
    """A part of a message in the normal form: thinking, then text, then calls."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.thinking: list[str] = []
        self.content: list[str] = []
        self.calls: list[_Call] = []
        self.attachments: list[Attachment] = []
        self.metadata: dict[str, Any] = {}
        self.tool_name: str | None = None
        self.tool_call_id: str | None = None


class Thread:
    """The messages of one conversation. `report` takes what could not be stored, `skip` counts what is left out on purpose."""

    def __init__(self, source_id: str, messages: list[Any], report: Callable[[str], None], skip: Callable[[str], None]) -> None:
        self.last_uids: dict[str, str] = {}  # of the last piece, by the source's id of the message
        self._source_id, self._report, self._skip = source_id, report, skip
        self._messages = self._distinct(messages)

    def build(self) -> list[Message]:
        """All messages, parents before children, alternatives in the source's order."""
        if any(word(message.get("parent_message_uuid")) for message in self._messages.values()):
            parents = self._linked()
        else:
            parents = self._in_time()
        children: dict[str | None, list[str]] = {}
        for key, parent in parents.items():
            children.setdefault(parent, []).append(key)
        built: list[Message] = []
        stack = children.get(None, [])[::-1]
        while stack:
            key = stack.pop()
            stack.extend(reversed(children.get(key, [])))
            parent = parents[key]
            built += self._built(key, self.last_uids.get(parent) if parent is not None else None)
        return built

    def _distinct(self, messages: list[Any]) -> dict[str, Mapping[str, Any]]:
        """The messages by key: their uuid, else their number. Of two with one uuid and other content both are kept."""
        found: dict[str, Mapping[str, Any]] = {}
        for number, message in enumerate(messages):
            if type(message) is not dict:
                if message is None:
                    self._skip("empty message")
                else:
                    self._report(f"message {number + 1} is no object")
                continue
            key = word(message.get("uuid")) or str(number)
            if key in found:
                if found[key] == message:
                    self._skip("message that stands there twice")
                    continue
                key = f"{key}#{number}"
            found[key] = message
        return found

    def _linked(self) -> dict[str, str | None]:
        """A message that names no parent follows the one before it; the uuid that roots name stands for nothing."""
        parents: dict[str, str | None] = {}
        before: str | None = None
        for key, message in self._messages.items():
            named = word(message.get("parent_message_uuid"))
            parents[key] = before if named is None else named if named in self._messages and named != key else None
            before = key
        return without_cycles(parents)

    def _in_time(self) -> dict[str, str | None]:
        """One line, ordered by time: exports do not always keep the order. A message without a time stays behind the one before it."""
        times: dict[str, tuple[bool, float]] = {}
        last = (False, 0.0)
        for key, message in self._messages.items():
            at = parse_time(message.get("created_at"))
            last = times[key] = (True, at.timestamp()) if at else last
        order = sorted(self._messages, key=times.__getitem__)
        return dict(zip(order, [None, *order], strict=False))

    def _built(self, key: str, parent: str | None) -> list[Message]:
        message = self._messages[key]
        sender = text(message.get("sender"))
        role = _ROLES.get(sender.lower())
        pieces = self._pieces(message, role or Role.SYSTEM)
        if role is None:
            for piece in pieces:
                piece.metadata |= {"kind": "unknown author", "author": sender}
        if message.get("truncated") is True and pieces:
            pieces[-1].metadata["is_unfinished"] = True
        created_at = parse_time(message.get("created_at"))
        built: list[Message] = []
        for number, piece in enumerate(pieces):
            uid = message_uid(SOURCE, self._source_id, f"{key}.{number}" if number else key)
            built.append(
                Message(
                    uid=uid,
                    role=piece.role,
                    content="\n\n".join(piece.content),
                    thinking="\n\n".join(piece.thinking),
                    parent_uid=parent,
                    tool_name=piece.tool_name,
                    tool_call_id=piece.tool_call_id,
                    created_at=created_at,
                    metadata=piece.metadata,
                    tool_calls=tuple(call.finished() for call in piece.calls),
                    attachments=tuple(piece.attachments),
                )
            )
            parent = uid
        if parent is not None:
            self.last_uids[key] = parent
        return built

    def _pieces(self, message: Mapping[str, Any], role: Role) -> list[_Piece]:
        pieces = [_Piece(role)]
        pieces[0].attachments = _attachments(message)
        calls: list[_Call] = []
        content = message.get("content")
        for block in content if type(content) is list else ():
            if type(block) is dict:
                self._block(block, pieces, calls)
        flat = message.get("text")
        if any(piece.content or piece.thinking or piece.calls for piece in pieces if piece.role is not Role.TOOL):
            self._flat_words(flat, pieces, calls)
        else:
            said = flat if type(flat) is str and flat.strip() else _odd_words(content) or _odd_words(flat)
            if said.strip():
                pieces[0].content = [said]
            elif type(content) is not list and type(flat) is not str and not pieces[0].attachments:
                self._report(f"message {text(message.get('uuid'))[:80]} holds nothing that can be read")
                return []
        kept = [piece for piece in pieces if piece.content or piece.thinking or piece.calls or piece.attachments or piece.role is Role.TOOL]
        if not kept:
            self._skip("empty message")
        return kept

    def _flat_words(self, flat: Any, pieces: list[_Piece], calls: list[_Call]) -> None:
        """What the flat copy says that no block does. Where blocks speak, they are what was said, and it is counted."""
        said = [text for piece in pieces for text in (*piece.thinking, *piece.content)]
        if type(flat) is not str or not flat.strip() or flat in said:
            return
        called = [text for call in calls for text in (*_leaves([call.arguments]), *call.results)]
        known = {line.strip() for text in (*said, *called) for line in text.split("\n")}
        more = [line for line in flat.split("\n") if line.strip() not in known and not _STAND_IN.fullmatch(line.strip())]
        if not more:
            return
        if any(piece.content or piece.thinking for piece in pieces if piece.role is not Role.TOOL):
            self._skip("flat text that its blocks do not hold")
        else:
            pieces[0].content = ["\n".join(more)]

    def _block(self, block: Mapping[str, Any], pieces: list[_Piece], calls: list[_Call]) -> None:
        kind, piece = text(block.get("type")), pieces[-1]
        if kind == "thinking":
            thinking = text(block.get("thinking")) or "\n".join(text(each.get("summary")) for each in objects(block.get("summaries")))
            thinking = thinking or text(block.get("text"))
            if thinking.strip():
                if piece.content or piece.calls or piece.role is Role.TOOL:
                    pieces.append(piece := _Piece(pieces[0].role))
                piece.thinking.append(thinking)
        elif kind.endswith("tool_use"):  # also server_tool_use, mcp_tool_use
            calls.append(_Call(block))
            if piece.role is Role.TOOL:
                pieces.append(piece := _Piece(pieces[0].role))
            piece.calls.append(calls[-1])
        elif kind.endswith("tool_result"):
            self._result(block, pieces, calls)
        elif type(block.get("text")) is str and kind not in _NO_TEXT:
            if block["text"].strip():
                if piece.calls or piece.role is Role.TOOL:
                    pieces.append(piece := _Piece(pieces[0].role))
                piece.content.append(block["text"])
                if found := _references(block):
                    piece.metadata.setdefault("references", []).extend(found)
        elif image := _image(block):
            piece.attachments.append(image)
        else:
            self._skip(f"block {kind or 'without a type'}")

    @staticmethod
    def _result(block: Mapping[str, Any], pieces: list[_Piece], calls: list[_Call]) -> None:
        """A result goes to the call with its id, else to the next open one of its name, else it stays a message."""
        call_id, name = word(block.get("tool_use_id")), word(block.get("name"))
        content = block.get("content")
        result = result_text(content)
        images = [image for each in objects(content) if (image := _image(each))]
        waiting = [call for call in calls if not call.results]
        call = next((each for each in calls if call_id and each.id == call_id), None)
        call = call or next((each for each in waiting if each.name == name and not (call_id and each.id)), None)
        if call is not None:
            call.answer(block, result)
            next(piece for piece in pieces if call in piece.calls).attachments += images
            return
        piece = _Piece(Role.TOOL)
        piece.content, piece.attachments = [result] if result else [], images
        piece.tool_name, piece.tool_call_id = name, call_id
        pieces.append(piece)


def _odd_words(content: Any) -> str:
    """What stands where text should, in a form that no block has: better than nothing, where there is nothing else."""
    return block_text(content, "\n\n") if type(content) in (str, list, dict) else ""


def result_text(content: Any) -> str:
    """What a tool gave, as text: its text blocks, and of blocks of other kinds (sources, links) all words they hold."""
    if type(content) is not list:
        return text(content)
    lines: list[str] = []
    for block in content:
        if type(block) is not dict:
            lines.append(text(block))
        elif type(block.get("text")) is str:
            heading = [text(block[key]) for key in ("title", "url") if type(block.get(key)) is str]
            lines += [*heading, block["text"]]
        elif text(block.get("type")) not in _NO_TEXT:
            lines += _leaves(block)
    return "\n".join(line for line in lines if line)


def _leaves(block: Any) -> list[str]:
    found: list[str] = []
    pending: list[Any] = [block]
    while pending and len(found) < MAX_LEAVES:
        value = pending.pop()
        if type(value) is str:
            found.append(value)
        elif type(value) is dict:
            pending += [inner for key, inner in value.items() if key not in ("type", "id")][::-1]
        elif type(value) is list:
            pending += value[::-1]
    return found


def _attachments(message: Mapping[str, Any]) -> list[Attachment]:
    """Pasted and attached documents with their extracted text; files, of which the export holds only names."""
    found: list[Attachment] = []
    for entry in _entries(message.get("attachments"), "extracted_content"):
        name, media_type = text(entry.get("file_name")), text(entry.get("file_type"))
        content = text(entry.get("extracted_content")) or None
        found.append(Attachment(media_type=media_type, name=name, byte_count=whole_number(entry.get("file_size")), text=content))
    seen: set[str] = set()
    for entry in (*_entries(message.get("files_v2"), "file_name"), *_entries(message.get("files"), "file_name")):
        name = text(entry.get("file_name"))
        identity = text(entry.get("file_uuid")) or name
        if identity and identity not in seen:
            seen |= {identity, name}
            found.append(Attachment(media_type=text(entry.get("file_kind")), name=name, byte_count=whole_number(entry.get("size_bytes"))))
    return found


def _entries(value: Any, key: str) -> list[Mapping[str, Any]]:
    """The objects of a list, or a lone one; a mere string stands for its most important field."""
    entries = value if type(value) is list else [value]
    return objects([{key: entry} if type(entry) is str else entry for entry in entries])


def _image(block: Mapping[str, Any]) -> Attachment | None:
    if block.get("type") != "image":
        return None
    source = mapping(block.get("source"))
    if found := image_attachment(source.get("data"), source.get("media_type")):
        return found
    name = text(block.get("file_name")) or text(block.get("file_uuid")) or text(source.get("url"))
    return Attachment(media_type="image", name=name[:500])


def _references(block: Mapping[str, Any]) -> list[dict[str, str]]:
    """The pages that a text cites."""
    found: dict[str, str] = {}
    for citation in objects(block.get("citations")):
        details = mapping(citation.get("details"))
        if url := text(details.get("url")) or text(citation.get("url")):
            found.setdefault(url, text(citation.get("title")))
    return [{"url": url, "title": title} for url, title in found.items()]
