"""The records of a Claude Code transcript, one after the other, made into drafts (see `claude_code_drafts`).

Format: observed in transcripts of 2025 and 2026; it is not documented by its maker. Every record with a `uuid` is part of one tree
by `parentUuid`; those that give no message of their own stand for another place in it (`nodes`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chatviewer.domain.identity import session_uid
from chatviewer.domain.kinds import Role
from chatviewer.domain.message import Attachment
from chatviewer.domain.preview import START as PREVIEW_START
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.building import block_text, mapping, text, whole_number, word
from chatviewer.importers.claude_code_drafts import SOURCE, Call, Piece, Reply, Thread, session_key
from chatviewer.importers.claude_code_texts import attached, attachment_record, completed, injected_kind, result_text
from chatviewer.importers.claude_code_threads import Threads, parent_of

if TYPE_CHECKING:
    from chatviewer.importers.claude_code_outputs import Outputs

# A title by a later record wins over one of the same rank; a prompt that is a slash command or a log is better than nothing.
RANK_POOR_PROMPT, RANK_PROMPT, RANK_SUMMARY, RANK_AI, RANK_CUSTOM = 1, 2, 3, 4, 5
AGENT_TOOLS = ("Task", "Agent")

Record = dict[str, Any]


class Transcript(Threads):
    """All threads of one file, filled record by record."""

    def __init__(self, reading: Reading, file_session: str, agent_id: str | None = None) -> None:
        super().__init__(reading, file_session, agent_id)
        self.calls: dict[str, list[Call]] = {}
        self.early_results: dict[str, list[tuple[Piece, bool, str]]] = {}  # results whose call was not read yet
        self.titles: list[tuple[str, int, str, int]] = []  # session id, rank, title, line (0: counted by an earlier import)
        self.waiting_titles: list[tuple[str, int, str]] = []  # of sessions that were not met yet
        self.summaries: list[tuple[str, str, int]] = []  # uuid that it belongs to, title, line
        self.missing: set[str] = set()  # records to which stored messages would link, had they not been missing
        self.answered_early: set[str] = set()  # ids of calls whose result an earlier import stored as a message
        self.closed_replies: dict[str | None, None] = {}  # ids of replies that an earlier import stored
        self.last_reply: Reply | None = None
        self.has_folder = False  # whether long outputs may lie in files beside this one
        self.outputs: Outputs | None = None  # those, as soon as one is named

    def read(self, found: Iterable[tuple[int, int, Record]]) -> None:
        """Take records, each with its line and offset. Raises FullReadNeededError in a tail that refers to what is not known any more."""
        for line, offset, record in found:
            kind = record.get("type")
            if self.missing and text(record.get("uuid")) in self.missing:
                raise FullReadNeededError
            if kind == "assistant" or kind == "user":
                self._message(line, offset, record, kind)
            elif kind == "system" or kind == "attachment":
                self._note(line, record, kind)
            else:
                self._other(line, offset, record, kind)

    # -- messages

    def _message(self, line: int, offset: int, record: Record, kind: str) -> None:
        message = record.get("message")
        if type(message) is not dict or "content" not in message:
            if type(message) is not str:
                self.reading.problem(line, f"a record of type {kind} without a message")
                self._alias(line, record)
                return
            message = {"content": message}
        thread = self._home
        if thread is None or record.get("sessionId") != self._sid or record.get("isSidechain") is True:
            thread = self.thread_of(line, record)
        uuid = record.get("uuid")
        if type(uuid) is not str or not uuid or uuid in self.nodes:
            uuid = self._other_uuid(line, thread, uuid if type(uuid) is str else "", message)
            if uuid is None:
                return
        self.order.append((uuid, line))
        at = self.envelope(thread, record)
        if kind == "assistant":
            self._assistant(line, offset, record, message, thread, uuid, at)
        else:
            self._user(line, record, message, thread, uuid, at)

    def _other_uuid(self, line: int, thread: Thread, uuid: str, message: Record) -> str | None:
        """For a record without a uuid, or with one that was met before; None when it says nothing that is not stored yet."""
        if not uuid:
            return f"{thread.key}:{line}"
        if self.is_repeated(uuid, message):
            self.reading.skip("repeated record")
            return None
        return f"{uuid}:{line}"

    def _assistant(self, line: int, offset: int, record: Record, message: Record, thread: Thread, uuid: str, at: datetime | None) -> None:
        reply = self._reply(line, offset, record, message, thread)
        model = message.get("model")
        if model != thread.model:
            if type(model) is not str or model == "<synthetic>":
                model = None
            else:
                thread.model = model
        pieces = reply.pieces
        known = len(pieces)
        piece = pieces[-1] if pieces else None
        content = message["content"]
        for block in content if type(content) is list else (content,):
            kind = block.get("type") if type(block) is dict else None
            said = thought = ""
            is_call = kind == "tool_use"
            if is_call:
                pass
            elif kind is None or kind == "text":
                said = block_text(block)
                if not said:
                    continue
            elif kind == "thinking":
                thought = text(block.get("thinking")) or text(block.get("text"))
                if not thought:
                    continue
            elif kind == "redacted_thinking":
                self.reading.skip("redacted thinking")
                continue
            elif type(kind) is str:
                if kind.endswith("tool_result"):
                    self._answer(line, record, block, thread, uuid, at)
                    continue
                is_call = kind.endswith("tool_use")
            # thinking comes before content and content before calls: what would stand before them begins a new piece
            if piece is None or (said and piece.calls) or (thought and (piece.content or piece.calls)):
                before, made = piece, len(pieces) - known
                piece = thread.piece(f"{uuid}/{made}" if made else uuid, Role.ASSISTANT, line, at)
                piece.reply, piece.parent, piece.model = reply, before, model
                if record.get("isApiErrorMessage") is True:
                    piece.metadata["kind"] = "api_error"
                pieces.append(piece)
            if is_call:
                self._call(piece, block)
            elif said:
                piece.say(said)
            elif thought:
                piece.think(thought)
            elif (attachment := attached(block)) is not None:
                piece.attachments.append(attachment)
            else:
                piece.say(text(block))
        if piece is None:
            self.nodes[uuid] = reply
        else:
            self.nodes[uuid] = thread.current = piece

    def _reply(self, line: int, offset: int, record: Record, message: Record, thread: Thread) -> Reply:
        """The reply that a line belongs to: that of its message id, unless the line goes on from something else."""
        id = word(message.get("id"))  # noqa: A001
        parent = parent_of(record)
        reply = thread.replies.get(id) if id is not None else None
        if reply is None or (parent and parent != reply.parent_uuid and not self._is_part(reply, parent)):
            if id in self.closed_replies:
                raise FullReadNeededError
            reply = self.last_reply = Reply(id, parent, line, offset)
            if id is not None:
                thread.replies[id] = reply
        usage = message.get("usage")
        try:
            is_other = usage != reply.usage
        except RecursionError:  # nested as deep as JSON is read
            is_other = True
        if is_other and type(usage) is dict:
            reply.count(usage)
        return reply

    def _is_part(self, reply: Reply, uuid: str) -> bool:
        """Whether a record stands for a part of a reply, or for nothing that is known."""
        node = self.nodes.get(uuid)
        piece = node if type(node) is Piece else self.resolve(uuid)
        return piece is None or piece.reply is reply or node is reply

    def _call(self, piece: Piece, block: Record) -> None:
        id = word(block.get("id"))  # noqa: A001
        call = Call(piece, id, text(block.get("name")) or "unknown", block.get("input"), piece.created_at)
        piece.calls.append(call)
        if id is None:
            return
        if id in self.answered_early:
            raise FullReadNeededError
        if id in self.calls:
            self.calls[id].append(call)
        else:
            self.calls[id] = [call]
        if early := self.early_results.get(id):
            result, is_error, uuid = early.pop(0)
            result.is_dropped = True
            self.nodes[uuid] = call.owner
            call.answer(result.line, result.content, is_error, result.created_at, None)

    def _user(self, line: int, record: Record, message: Record, thread: Thread, uuid: str, at: datetime | None) -> None:
        content = message["content"]
        said, attachments = "", []
        answered: Call | None = None
        has_result = False
        if type(content) is str:
            said = content
        else:
            parts = []
            for block in content if type(content) is list else (content,):
                kind = block.get("type") if type(block) is dict else None
                if kind == "tool_result":
                    has_result = True
                    answered = self._answer(line, record, block, thread, uuid, at) or answered
                elif kind is None or kind == "text":
                    parts.append(block_text(block) if type(block) is not list else text(block))
                elif (attachment := attached(block)) is not None:
                    attachments.append(attachment)
                else:
                    parts.append(text(block))
            if parts:
                said = "\n\n".join([part for part in parts if part])
        if not attachments and (not said or said.isspace()):
            if not has_result:
                self.reading.skip("empty message")
            if answered is not None:
                self.nodes[uuid] = answered.owner
            elif uuid not in self.nodes:
                self.nodes[uuid] = parent_of(record) or ""
            return
        kind = "compact_summary" if record.get("isCompactSummary") is True else injected_kind(said, record.get("isMeta") is True)
        piece = self._piece(line, record, thread, uuid, Role.SYSTEM if kind else Role.USER, kind, at)
        piece.content, piece.attachments = said, attachments

    def _piece(self, line: int, record: Record, thread: Thread, uuid: str, role: Role, kind: str | None, at: datetime | None) -> Piece:
        piece = thread.piece(uuid, role, line, at)
        piece.parent_uuid = parent_of(record)
        logical = record.get("logicalParentUuid")
        piece.logical_uuid = logical if type(logical) is str else None
        if kind:
            piece.is_note = True
            piece.metadata["kind"] = kind
        else:
            thread.current = piece
        self.nodes[uuid] = piece
        return piece

    def _answer(self, line: int, record: Record, block: Record, thread: Thread, uuid: str, at: datetime | None) -> Call | None:
        """A tool result onto its call; None when the call is not known (yet), then it is a message of its own."""
        id = word(block.get("tool_use_id"))  # noqa: A001
        result = block.get("content")
        images: list[Attachment] = []
        if type(result) is not str:
            result, images = result_text(result)
        extra = record.get("toolUseResult")
        if result.startswith(PREVIEW_START) and (whole := self._whole_output(result, extra, record.get("sessionId"))) is not None:
            result = whole
        elif extra is not None and (result or not images):
            result = completed(result, extra)
        if type(extra) is dict and extra.get("originalFile") and (result or not images):
            self.reading.skip("file before an edit")
        is_error = block.get("is_error") is True
        calls = self.calls.get(id, []) if id else []
        for call in calls:
            if call.made is None:
                break
        else:
            if not images and any(call.made.result == result for call in calls if call.made is not None):
                self.reading.skip("repeated result")
                return calls[-1]
            if self.reading.is_tail:
                raise FullReadNeededError
            key = uuid if uuid not in self.nodes else f"{uuid}/{id}"
            piece = self._piece(line, record, thread, key, Role.TOOL, None, at)
            piece.content, piece.tool_call_id, piece.attachments = result, id, images
            if id and not calls and not images:
                self.early_results.setdefault(id, []).append((piece, is_error, key))
            return None
        duration: int | None = None
        if type(extra) is dict:
            for name in ("durationMs", "totalDurationMs"):
                if duration is None and name in extra:
                    duration = whole_number(extra[name])
            if agent_id := word(extra.get("agentId")):
                call.child_uid = session_uid(SOURCE, session_key(word(record.get("sessionId")) or thread.session_id, agent_id))
        call.answer(line, result, is_error, at, duration)
        if call.is_stored:
            if images or len(calls) > 1:  # what a late result cannot say
                raise FullReadNeededError
            call.piece.thread.late.append(call)
        elif images:
            call.piece.attachments += images
        return call

    def _whole_output(self, result: str, extra: Any, session_id: Any) -> str | None:
        if not self.has_folder:
            return None
        if self.outputs is None:
            from chatviewer.importers.claude_code_outputs import Outputs  # nearly no transcript has any

            self.outputs = Outputs(self.reading, is_agent=self.agent_id is not None)
        return self.outputs.completed(result, extra, session_id)

    # -- everything else

    def _note(self, line: int, record: Record, kind: str) -> None:
        """What programs put into the transcript: stored when it holds text, else it only stands for its place in the tree."""
        if kind == "system":
            said, note_kind, role = text(record.get("content")), word(record.get("subtype")) or "notice", Role.SYSTEM
            media: list[Attachment] = []
        else:
            said, note_kind, role, media = attachment_record(record.get("attachment"))
        if not said.strip() and not media:
            self.reading.skip(f"{kind} {note_kind}")
            self._alias(line, record)
            return
        thread = self.thread_of(line, record)
        uuid = word(record.get("uuid"))
        if uuid is None or uuid in self.nodes:
            uuid = self._other_uuid(line, thread, uuid or "", {"content": said})
            if uuid is None:
                return
        self.order.append((uuid, line))
        at = self.envelope(thread, record)
        piece = self._piece(line, record, thread, uuid, role, note_kind if role is Role.SYSTEM else None, at)
        piece.content, piece.attachments = said, media

    def _other(self, line: int, offset: int, record: Record, kind: Any) -> None:
        if kind in ("custom-title", "ai-title"):
            title = word(record.get("customTitle") if kind == "custom-title" else record.get("aiTitle"))
            if title:
                self.titles.append((text(record.get("sessionId")), RANK_CUSTOM if kind == "custom-title" else RANK_AI, title, line))
            else:
                self.reading.skip(kind)
            return
        if kind == "summary":
            if title := word(record.get("summary")):
                self.summaries.append((text(record.get("leafUuid")), title, line))
            else:
                self.reading.skip(kind)
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

    def _alias(self, line: int, record: Record) -> None:
        uuid = record.get("uuid")
        if type(uuid) is str and uuid and uuid not in self.nodes:
            logical = record.get("logicalParentUuid")
            self.nodes[uuid] = parent_of(record) or (logical if type(logical) is str else "")
            self.order.append((uuid, line))

    def is_repeated(self, uuid: str, message: Mapping[str, Any]) -> bool:
        """Whether a record whose uuid was met before says nothing that is not stored yet."""
        piece = self.resolve(uuid)
        if piece is None or piece.is_stored:
            if self.reading.is_tail:
                raise FullReadNeededError
            return False
        content = message.get("content")
        piece.join()
        stored = [piece.content, piece.thinking]
        at = [0, 0]  # where the last text was found: searched from the beginning, thousands of texts take minutes
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
                if result != piece.content and not any(call.made is not None and call.made.result == result for call in calls):
                    return False
            else:
                said = text(fields.get("thinking")) if kind == "thinking" else block_text(block)
                if said and not _is_found(said, stored, at):
                    return False
        return True


def _is_found(said: str, stored: list[str], at: list[int]) -> bool:
    """Whether a text is in one of those, most likely behind the last one that was looked for."""
    for number, one in enumerate(stored):
        start = at[number]
        found = one.find(said, start)
        if found < 0 and start:
            found = one.find(said)
        if found >= 0:
            at[number] = found
            return True
    return False
