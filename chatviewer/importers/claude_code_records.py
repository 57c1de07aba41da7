"""The records of a Claude Code transcript, one after the other, made into drafts (see `claude_code_drafts`).

Format: observed in transcripts of 2025 and 2026; it is not documented by its maker. Every record with a `uuid` is part of one tree
by `parentUuid`; those that give no message of their own stand for another place in it (`nodes`).
"""

from collections.abc import Mapping
from typing import Any

from chatviewer.domain.identity import session_uid
from chatviewer.domain.kinds import Role
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.building import block_text, mapping, text, whole_number, word
from chatviewer.importers.claude_code_drafts import SOURCE, Call, Piece, Reply, Thread, session_key
from chatviewer.importers.claude_code_texts import attached, attachment_record, injected_kind, result_text
from chatviewer.importers.claude_code_threads import Threads, parent_of

# A title by a later record wins over one of the same rank; a prompt that is a slash command or a log is better than nothing.
RANK_POOR_PROMPT, RANK_PROMPT, RANK_SUMMARY, RANK_AI, RANK_CUSTOM = 1, 2, 3, 4, 5
AGENT_TOOLS = ("Task", "Agent")


class Transcript(Threads):
    """All threads of one file, filled record by record."""

    def __init__(self, reading: Reading, file_session: str, agent_id: str | None = None) -> None:
        super().__init__(reading, file_session, agent_id)
        self.calls: dict[str, list[Call]] = {}
        self.early_results: dict[str, list[tuple[Piece, bool, str]]] = {}  # results whose call was not read yet
        self.titles: list[tuple[str, int, str]] = []  # session id, rank, title
        self.waiting_titles: list[tuple[str, int, str]] = []  # of sessions that were not met yet
        self.summaries: list[tuple[str, str]] = []  # uuid that it belongs to, title
        self.missing: set[str] = set()  # records to which stored messages would link, had they not been missing
        self.answered_early: set[str] = set()  # ids of calls whose result an earlier import stored as a message
        self.stored_summary_count = 0  # those before were met by an earlier import
        self.closed_replies: dict[str | None, None] = {}  # ids of replies that an earlier import stored
        self.last_reply: Reply | None = None

    def read(self, line: int, offset: int, record: dict[str, Any]) -> None:
        """Take one record. Raises FullReadNeededError in a tail that refers to what is not known any more."""
        kind = record.get("type")
        if self.missing and text(record.get("uuid")) in self.missing:
            raise FullReadNeededError
        if kind == "user" or kind == "assistant":
            self._message(line, offset, record, kind)
        elif kind == "system" or kind == "attachment":
            self._note(line, record, kind)
        else:
            self._other(line, offset, record, kind)

    # -- messages

    def _message(self, line: int, offset: int, record: dict[str, Any], kind: str) -> None:
        message = record.get("message")
        if type(message) is str:
            message = {"content": message}
        if type(message) is not dict or "content" not in message:
            self.reading.problem(line, f"a record of type {kind} without a message")
            self._alias(line, record)
            return
        thread = self.thread_of(line, record)
        uuid = record.get("uuid")
        if type(uuid) is not str or not uuid:
            uuid = f"{thread.key}:{line}"
        elif uuid in self.nodes:
            if self.is_repeated(uuid, message):
                self.reading.skip("repeated record")
                return
            uuid = f"{uuid}:{line}"
        self.order.append((uuid, line))
        if kind == "assistant":
            self._assistant(line, offset, record, message, thread, uuid)
        else:
            self._user(line, record, message, thread, uuid)

    def _assistant(self, line: int, offset: int, record: dict[str, Any], message: dict[str, Any], thread: Thread, uuid: str) -> None:
        at = self.envelope(thread, record)
        reply = self._reply(thread, word(message.get("id")), line, offset, record)
        model = message.get("model")
        if type(model) is not str or model == "<synthetic>":
            model = None
        elif model != thread.model:
            thread.model = model
        usage = message.get("usage")
        if type(usage) is dict and usage != reply.last_usage:
            reply.count(usage)
        piece = reply.pieces[-1] if reply.pieces else None
        content = message["content"]
        made = 0
        for block in content if type(content) is list else (content,):
            block_kind = block.get("type") if type(block) is dict else None
            said = thought = ""
            if block_kind == "text" or block_kind is None:
                said = block_text(block)
            elif block_kind == "thinking":
                thought = text(block.get("thinking")) or text(block.get("text"))
            elif block_kind == "redacted_thinking":
                self.reading.skip("redacted thinking")
            if not said and not thought:
                if type(block) is not dict or block_kind in ("text", "thinking", "redacted_thinking", None):
                    continue
                is_result = block_kind.endswith("tool_result") if type(block_kind) is str else False
                if is_result:
                    self._answer(line, record, block, thread, uuid, at)
                    continue
                attachment = attached(block)
            else:
                is_result, attachment = False, None
            # thinking comes before content and content before calls: what would stand before them begins a new piece
            if piece is None or (said and piece.calls) or (thought and (piece.content or piece.calls)):
                before, piece = piece, thread.piece(uuid if not made else f"{uuid}/{made}", Role.ASSISTANT, line)
                made += 1
                piece.parent = before
                piece.parent_uuid, piece.has_parent_field = reply.parent_uuid, reply.has_parent_field
                piece.model, piece.created_at = model, at
                if record.get("isApiErrorMessage") is True:
                    piece.metadata = {"kind": "api_error"}
                reply.pieces.append(piece)
            if said:
                piece.content = f"{piece.content}\n\n{said}" if piece.content else said
            elif thought:
                piece.thinking = thought if not piece.thinking else f"{piece.thinking}\n\n{thought}"
            elif attachment is not None:
                piece.attachments.append(attachment)
            elif type(block_kind) is str and block_kind.endswith("tool_use"):
                self._call(reply, piece, block)
            else:
                piece.content = f"{piece.content}\n\n{text(block)}".strip()
        self.nodes[uuid] = piece if piece is not None else reply
        if piece is not None:
            thread.current = piece
            if not reply.is_settled:
                reply.settle()

    def _reply(self, thread: Thread, id: str | None, line: int, offset: int, record: dict[str, Any]) -> Reply:  # noqa: A002
        parent_uuid, has_parent_field = parent_of(record)
        reply = thread.replies.get(id) if id is not None else None
        if reply is not None:
            if parent_uuid is None or parent_uuid == reply.parent_uuid:
                return reply
            before = self.resolve(parent_uuid)
            if before is None or before in reply.pieces or self.nodes[parent_uuid] is reply:
                return reply
        if id in self.closed_replies:
            raise FullReadNeededError
        reply = Reply(id, parent_uuid, has_parent_field, line, offset)
        if id is not None:
            thread.replies[id] = reply
        self.last_reply = reply
        return reply

    def _call(self, reply: Reply, piece: Piece, block: dict[str, Any]) -> None:
        call = Call(reply, piece, word(block.get("id")), text(block.get("name")) or "unknown", block.get("input"))
        piece.calls.append(call)
        if call.id is None:
            return
        if call.id in self.answered_early:
            raise FullReadNeededError
        self.calls.setdefault(call.id, []).append(call)
        early = self.early_results.get(call.id)
        if early:
            result, is_error, uuid = early.pop(0)
            result.is_dropped = True
            self.nodes[uuid] = reply
            call.answer(result.content, is_error, result.created_at, None)
            call.answer_line = result.line

    def _user(self, line: int, record: dict[str, Any], message: dict[str, Any], thread: Thread, uuid: str) -> None:
        at = self.envelope(thread, record)
        content = message["content"]
        attachments = []
        answered: Call | None = None
        has_result = False
        if type(content) is str:
            said = content
        else:
            parts = []
            for block in content if type(content) is list else (content,):
                block_kind = block.get("type") if type(block) is dict else None
                if block_kind == "tool_result":
                    has_result = True
                    answered = self._answer(line, record, block, thread, uuid, at) or answered
                elif block_kind is not None and block_kind != "text" and (attachment := attached(block)) is not None:
                    attachments.append(attachment)
                elif block_kind is not None and block_kind != "text":
                    parts.append(text(block))
                else:
                    parts.append(block_text(block) if type(block) is not list else text(block))
            said = "\n\n".join([part for part in parts if part])
        if not said.strip() and not attachments:
            if not has_result:
                self.reading.skip("empty message")
            if answered is not None:
                self.nodes[uuid] = answered.owner
            elif uuid not in self.nodes:
                self.nodes[uuid] = parent_of(record)[0] or ""
            return
        role, kind = Role.USER, None
        if record.get("isCompactSummary") is True:
            role, kind = Role.SYSTEM, "compact_summary"
        elif kind := injected_kind(said, record.get("isMeta") is True):
            role = Role.SYSTEM
        piece = self._piece(line, record, thread, uuid, role, kind)
        piece.content, piece.attachments, piece.created_at = said, attachments, at

    def _piece(self, line: int, record: dict[str, Any], thread: Thread, uuid: str, role: Role, kind: str | None) -> Piece:
        piece = thread.piece(uuid, role, line)
        piece.parent_uuid, piece.has_parent_field = parent_of(record)
        logical = record.get("logicalParentUuid")
        piece.logical_uuid = logical if type(logical) is str else None
        if kind:
            piece.is_note, piece.metadata = True, {"kind": kind}
        else:
            thread.current = piece
        self.nodes[uuid] = piece
        return piece

    def _answer(self, line: int, record: dict[str, Any], block: dict[str, Any], thread: Thread, uuid: str, at: Any) -> Call | None:
        """A tool result onto its call; None when the call is not known (yet), then it is a message of its own."""
        id = word(block.get("tool_use_id"))  # noqa: A001
        result, images = result_text(block.get("content"))
        is_error = block.get("is_error") is True
        calls = self.calls.get(id, []) if id else []
        call = next((call for call in calls if call.result is None), None)
        if call is None and any(call.result == result and not images for call in calls):
            self.reading.skip("repeated result")
            return calls[-1]
        if call is None:
            if self.reading.is_tail:
                raise FullReadNeededError
            key = uuid if uuid not in self.nodes else f"{uuid}/{id}"
            piece = self._piece(line, record, thread, key, Role.TOOL, None)
            piece.content, piece.tool_call_id, piece.created_at, piece.attachments = result, id, at, images
            if id and not calls and not images:
                self.early_results.setdefault(id, []).append((piece, is_error, key))
            return None
        extra = mapping(record.get("toolUseResult"))
        duration = whole_number(extra.get("durationMs"))
        call.answer(result, is_error, at, whole_number(extra.get("totalDurationMs")) if duration is None else duration)
        call.answer_line = line
        agent_id = word(extra.get("agentId"))
        if agent_id:
            call.child_uid = session_uid(SOURCE, session_key(word(record.get("sessionId")) or thread.session_id, agent_id))
        if call.is_stored and (images or len(calls) > 1):  # what a late result cannot say
            raise FullReadNeededError
        if images:
            call.piece.attachments += images
        if call.is_stored:
            call.piece.thread.late.append(call)
        return call

    # -- everything else

    def _note(self, line: int, record: dict[str, Any], kind: str) -> None:
        """What programs put into the transcript: stored when it holds text, else it only stands for its place in the tree."""
        if kind == "system":
            said, note_kind, role = text(record.get("content")), word(record.get("subtype")) or "notice", Role.SYSTEM
            media = None
        else:
            said, note_kind, role, media = attachment_record(record.get("attachment"))
        if not said.strip() and media is None:
            self.reading.skip(f"{kind} {note_kind}")
            self._alias(line, record)
            return
        thread = self.thread_of(line, record)
        uuid = word(record.get("uuid")) or f"{thread.key}:{line}"
        if uuid in self.nodes:
            if self.is_repeated(uuid, {"content": said}):
                self.reading.skip("repeated record")
                return
            uuid = f"{uuid}:{line}"
        self.order.append((uuid, line))
        at = self.envelope(thread, record)
        piece = self._piece(line, record, thread, uuid, role, note_kind if role is Role.SYSTEM else None)
        piece.content, piece.created_at = said, at
        if media is not None:
            piece.attachments.append(media)

    def _other(self, line: int, offset: int, record: dict[str, Any], kind: Any) -> None:
        if kind in ("custom-title", "ai-title"):
            title = word(record.get("customTitle") if kind == "custom-title" else record.get("aiTitle"))
            if title:
                self.titles.append((text(record.get("sessionId")), RANK_CUSTOM if kind == "custom-title" else RANK_AI, title))
            return
        if kind == "summary":
            if title := word(record.get("summary")):
                self.summaries.append((text(record.get("leafUuid")), title))
            return
        message = record.get("message")
        if type(message) is dict and "content" in message:  # an unknown kind of message is still a message
            self._message(line, offset, record, "assistant" if message.get("role") == "assistant" else "user")
            return
        if type(kind) is str and kind:
            self.reading.skip(kind)
        else:
            self.reading.problem(line, "a record without a type")
        if kind == "pr-link":
            thread = self.thread_of(line, record)
            thread.metadata["pull_request"] = text(record.get("prUrl"))
        self._alias(line, record)

    def _alias(self, line: int, record: dict[str, Any]) -> None:
        uuid = record.get("uuid")
        if type(uuid) is str and uuid and uuid not in self.nodes:
            logical = record.get("logicalParentUuid")
            self.nodes[uuid] = parent_of(record)[0] or (logical if type(logical) is str else "")
            self.order.append((uuid, line))

    def is_repeated(self, uuid: str, message: Mapping[str, Any]) -> bool:
        """Whether a record whose uuid was met before says nothing that is not stored yet."""
        piece = self.resolve(uuid)
        if piece is None or piece.is_stored:
            if self.reading.is_tail:
                raise FullReadNeededError
            return False
        content = message.get("content")
        stored = [piece.content, piece.thinking]
        for block in content if type(content) is list else [content]:
            fields = mapping(block)
            kind = fields.get("type")
            if kind == "tool_use":
                calls = self.calls.get(word(fields.get("id")) or "", [])
                if not any(call.name == fields.get("name") and call.arguments == fields.get("input") for call in calls):
                    return False
            elif kind == "tool_result":
                result = result_text(fields.get("content"))[0]
                calls = self.calls.get(word(fields.get("tool_use_id")) or "", [])
                if result != piece.content and not any(call.result == result for call in calls):
                    return False
            else:
                said = text(fields.get("thinking")) if kind == "thinking" else block_text(block)
                if said and not any(said in one for one in stored):
                    return False
        return True
