"""One Codex rollout, built into a session record by record.

Response items are the truth; events repeat them and count only in files that hold no such items. Items of one reply (reasoning, text,
calls) become one message; what follows a result begins the next. A message's key is the number of the line on which it begins: rollouts
are only ever appended to, so it is stable.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from chatviewer.domain.identity import session_uid
from chatviewer.domain.kinds import Role, ToolCallStatus
from chatviewer.domain.message import Attachment, Message, ToolResult
from chatviewer.importers import codex_items as items
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.building import block_text, image_attachment, mapping, parse_time, text, whole_number, word
from chatviewer.importers.codex_drafts import MAX_TURNS, SOURCE, Draft, DraftCall, Drafts

# Kept between two readings of a growing file: calls without a result, those with one, and those of which only events were met; prompts.
MAX_OPEN_CALLS, MAX_CLOSED_CALLS, MAX_LONE_CALLS, MAX_TOLD = 200, 40, 40, 20

Replay = list[tuple[Any, str]]  # the response items of another session, in order, each with the uid of the message that holds it


class Rollout(Drafts):
    """What one file tells. `state` is what the last reading of the same file left, empty when it is read from its beginning."""

    def __init__(self, fallback_id: str, state: Mapping[str, Any], load_replay: Callable[[str], Replay], reading: Reading) -> None:
        super().__init__(text(state.get("id")) or fallback_id, state)
        self.has_meta = bool(state.get("has_meta"))
        self.late_results: list[ToolResult] = []
        self.fields: dict[str, Any] = {}  # of the session
        self.metadata: dict[str, Any] = dict(state.get("metadata") or {})
        self.thread_name = ""
        self._is_named = bool(state.get("is_named"))  # by an event
        self.continues: str | None = None  # uid of the last message copied from the session that it was forked from
        self.replayed: dict[int, str] = {}  # by line
        self.last_at: datetime | None = None
        self._load_replay, self._skip, self._report = load_replay, reading.skip, reading.problem
        self._replay: Replay = []
        self._has: set[str] = set(state.get("has") or ())  # "item", and whose words response items held: their events repeat them
        self._known_calls: dict[str, dict[str, Any]] = dict(state.get("open") or {})  # open calls of an earlier reading
        self._closed_calls: dict[str, None] = dict.fromkeys(state.get("closed") or ())  # answered ones
        self._missed_calls: dict[str, None] = dict.fromkeys(state.get("missed") or ())  # of which an earlier reading met events alone
        self._lone_events: dict[str, list[tuple[int, str]]] = {}  # by the call that was not met so far: line and kind
        self._instructed: list[int] = []  # lines of turns that say their instructions, as messages do nearly always
        self._facts: dict[str, dict[str, Any]] = dict(state.get("facts") or {})  # what events said, by call
        self._calls: dict[str, list[DraftCall]] = {}
        # The user's words that an event told and no item so far, in a form to compare, with their message (None: of an earlier reading).
        self._told: dict[str, Draft | None] = dict.fromkeys(state.get("told") or ())

    @property
    def is_replaying(self) -> bool:
        """The file ends within the history of another session: what follows can only be told apart by reading it all."""
        return bool(self._replay)

    def add(self, line: int, offset: int, record: Mapping[str, Any]) -> None:
        """Take one record, of any era."""
        envelope, payload = record.get("type"), record.get("payload")
        at = parse_time(record.get("timestamp"))
        if type(payload) is not dict:
            if type(envelope) is str and envelope in items.ENVELOPES and "payload" in record:
                self._report(line, f"a record of type {envelope} without content")
            elif "payload" in record:
                self._skip(f"{text(envelope) or 'record'} without content")
            elif "record_type" in record:
                self._skip(f"record_type {text(record.get('record_type'))}")
            elif envelope is None and "role" not in record and "id" in record:
                self._meta(record, at)
            else:
                self._item(line, offset, record, None)
            return
        if at and (self.last_at is None or at > self.last_at) and envelope in ("response_item", "event_msg"):
            self.last_at = at
        if envelope == "response_item":
            self._item(line, offset, payload, at)
        elif envelope == "event_msg":
            self._event(line, offset, payload, at)
        elif envelope == "session_meta":
            self._meta(payload, at)
        elif envelope == "turn_context":
            self._turn_context(line, payload)
        elif envelope == "compacted":
            self._say(line, offset, Role.SYSTEM, items.compaction(payload), at, kind="compaction")
        elif "role" in payload and "content" in payload:  # a message in a record of an unknown kind is still a message
            self._item(line, offset, payload, at)
        elif type(envelope) is str and envelope:
            self._skip(envelope)
        else:
            self._report(line, "a record without a type")

    def _meta(self, meta: Mapping[str, Any], at: datetime | None) -> None:
        own = word(meta.get("id")) or word(meta.get("session_id"))
        if self.has_meta:
            if own and own != self.id and not self.drafts and not self._replay:
                self._replay = self._load_replay(own)[::-1]
            return
        self.has_meta = own is not None
        self.id = own if type(meta.get("id")) is str and own else self.id
        git = mapping(meta.get("git"))
        spawn = mapping(mapping(mapping(meta.get("source")).get("subagent")).get("thread_spawn"))
        parent = word(meta.get("parent_thread_id")) or word(spawn.get("parent_thread_id"))
        self.fields |= {
            "project": meta["cwd"] if type(meta.get("cwd")) is str else "",
            "system_prompt": items.instructions(meta),
            "branch": text(git.get("branch")) if type(git.get("branch")) is str else "",
            "started_at": parse_time(meta.get("timestamp")) or at,
            "parent_uid": session_uid(SOURCE, parent) if parent and parent != self.id else None,
        }
        for key in ("originator", "cli_version", "source", "model_provider", "history_mode", "agent_nickname", "agent_role"):
            if meta.get(key) is not None:
                self.metadata[key] = meta[key]
        for key in ("commit_hash", "repository_url"):
            if git.get(key) is not None:
                self.metadata[key] = git[key]
        if forked := word(meta.get("forked_from_id")):
            self.metadata["forked_from"] = session_uid(SOURCE, forked)
            self._replay = self._load_replay(forked)[::-1]

    def _turn_context(self, line: int, context: Mapping[str, Any]) -> None:
        if context.get("user_instructions") or context.get("developer_instructions"):
            self._instructed.append(line)
        if model := word(context.get("model")):
            self.model = model
        if not self.fields.get("project") and type(context.get("cwd")) is str:
            self.fields["project"] = context["cwd"]
        for key in ("effort", "approval_policy"):
            if type(context.get(key)) is str:
                self.metadata[key] = context[key]

    def _item(self, line: int, offset: int, item: Mapping[str, Any], at: datetime | None) -> None:
        kind = items.kind_of(item)
        self._has.add("item")
        speaker = items.speaker(item, kind)
        if speaker and speaker not in self._has:
            self._has.add(speaker)
            if speaker != "user":
                self._drop_events(speaker)
        if self._told and (speaker in ("assistant", "reasoning") or kind.endswith((items.CALL, items.OUTPUT))):
            self._told.clear()  # the item that an event announces comes before the reply
        if self._replay:
            payload, uid = self._replay[-1]
            if payload == item:
                if speaker == "user" and self._told:
                    self._drop_events(speaker)
                    self._told.clear()
                self._replay.pop()
                self.continues = self.replayed[line] = uid
                self._skip("replayed from the session it was forked from")
                return
            self._replay = []
        if kind == "message":
            self._message(line, offset, item, at)
        elif kind == "reasoning":
            pieces = [block_text(item.get(key), "\n\n") for key in ("summary", "content")]
            if thinking := "\n\n".join(filter(None, pieces)):
                self._think(line, offset, thinking, at)
            elif item.get("encrypted_content"):
                self._skip("encrypted reasoning")
        elif kind.endswith(items.CALL):
            self._call(line, offset, item, at)
        elif kind.endswith(items.OUTPUT):
            self._output(line, offset, item, at)
        elif kind:
            self._skip(kind)
        else:
            self._report(line, "an item without a type")

    def _message(self, line: int, offset: int, item: Mapping[str, Any], at: datetime | None) -> None:
        role = text(item.get("role"))
        blocks = item.get("content") if type(item.get("content")) is list else [item.get("content")]
        if role == "assistant":
            if content := "\n\n".join(filter(None, map(self._words, blocks or ()))):
                draft = self._reply(line, offset, at, begins_text=True)
                draft.content.append((content, ""))
                if type(item.get("phase")) is str:
                    draft.metadata["phase"] = item["phase"]
            return
        pieces: list[tuple[str, list[str]]] = []  # kind, texts; neighbours of one kind are one message
        images: list[Attachment] = []
        for block in blocks or ():
            if image := items.image(block):
                images.append(image)
                continue
            for kind, piece in self._told_apart(self._words(block), role):
                if not pieces or pieces[-1][0] != kind:
                    pieces.append((kind, []))
                pieces[-1][1].append(piece)
        for number, (kind, said) in enumerate(pieces or ([("", [])] if images else [])):
            content = "\n\n".join(said)
            if self._told and not kind and self._was_told(content, images):
                images = []
                continue
            draft = self._say(line, offset, Role.SYSTEM if kind else Role.USER, content, at, kind=kind, number=number)
            if not kind and images:
                draft.attachments, images = images, []
        if images:
            self.drafts[-1].attachments += images

    def _was_told(self, content: str, images: list[Attachment]) -> bool:
        """Whether an event told these words of the user before, perhaps to an earlier reading: then its message is theirs, in which the
        pictures are put that only the item holds."""
        key = items.comparable(content)
        if key not in self._told:
            return False
        draft = self._told.pop(key)
        if draft is not None:
            draft.attachments += images
        elif images:
            raise FullReadNeededError
        return True

    def _words(self, block: Any) -> str:
        """The text of a block; one that holds none is counted."""
        words = block_text(block, "\n\n")
        if not words and type(block) is dict and block.get("text") != "":
            self._skip(f"block {text(block.get('type')) or 'without a type'}")
        return words

    def _told_apart(self, content: str, role: str) -> list[tuple[str, str]]:
        """What Codex or the editor put in front of the user's words, and the words; each with its kind."""
        if not content.strip():
            return []
        kind = items.injected_kind(content, role)
        if kind == "environment_context" and not self.fields.get("project") and (folder := items.working_directory(content)):
            self.fields["project"] = folder
        before, mark, request = content.partition(items.REQUEST_MARK)
        if kind == "user_instructions" or role == "developer":
            self._has.add("instructions")
        if kind or not mark:
            return [(kind, content)]
        return [("editor_context", before.strip()), ("", request.strip())] if before.strip() else [("", request.strip())]

    def _call(self, line: int, offset: int, item: Mapping[str, Any], at: datetime | None) -> None:
        call = DraftCall(items.call_name(item), word(item.get("call_id")) or word(item.get("id")), items.call_arguments(item), at)
        if "call_id" not in item and item.get("status") == "completed":  # done by the provider; no output follows
            call.status = ToolCallStatus.COMPLETED
        draft = self._reply(line, offset, at)
        draft.calls.append(call)
        if call.call_id:
            if call.call_id in self._missed_calls:
                raise FullReadNeededError  # its events were counted, and what they said of it is gone
            self._calls.setdefault(call.call_id, []).append(call)
            if call.call_id in self._facts:
                call.duration_ms = self._facts[call.call_id].get("duration_ms")
                self._lone_events.pop(call.call_id, None)
        if item.get("type") == "image_generation_call" and (image := image_attachment(item.get("result"), "image/png")):
            draft.attachments.append(image)
            call.status = ToolCallStatus.COMPLETED

    def _output(self, line: int, offset: int, item: Mapping[str, Any], at: datetime | None) -> None:
        call_id = word(item.get("call_id")) or word(item.get("id")) or ""
        facts = self._known_calls.get(call_id, {}) | self._facts.get(call_id, {})
        result = items.outcome(item, facts)
        images = items.output_images(item)
        if self.drafts:
            self.drafts[-1].is_open = False
        candidates = self._calls.get(call_id)
        if candidates:
            call = next((each for each in candidates if not each.is_answered), candidates[-1])
            self._answer(call, result, at)
            call.child = items.child_uid(call.name, result.text, facts)
            if images:
                next(draft for draft in reversed(self.drafts) if call in draft.calls).attachments += images
        elif call_id in self._known_calls:
            self._closed_calls[call_id] = None
            child = items.child_uid("spawn_agent" if self._known_calls[call_id].get("spawns") else "", result.text, facts)
            self.late_results.append(
                ToolResult(
                    tool_call_id=call_id,
                    result=result.text,
                    status=result.status,
                    error_message=result.error,
                    completed_at=at,
                    duration_ms=result.duration_ms,
                    child_uid=child,
                )
            )
        else:
            draft = self._say(line, offset, Role.TOOL, result.text or "", at)
            draft.tool_call_id, draft.attachments = call_id or None, images
            draft.tool_name = word(item.get("name"))

    def _answer(self, call: DraftCall, result: items.Outcome, at: datetime | None) -> None:
        call.is_answered = True
        if result.text is not None and result.text not in call.results:
            call.results.append(result.text)
        if call.status is not ToolCallStatus.FAILED:
            call.status, call.error = result.status, result.error
        call.completed_at = at
        call.duration_ms = result.duration_ms if result.duration_ms is not None else call.duration_ms

    def _event(self, line: int, offset: int, event: Mapping[str, Any], at: datetime | None) -> None:
        kind = text(event.get("type"))
        if kind == "token_count":
            total = mapping(mapping(event.get("info")).get("total_token_usage"))
            for key in ("input_tokens", "output_tokens"):
                if (count := whole_number(total.get(key))) is not None:
                    self.fields[key] = count
        elif kind == "user_message":
            self._repeated(line, offset, "user", text(event.get("message")), at)
        elif kind == "agent_message":
            self._repeated(line, offset, "assistant", text(event.get("message")), at)
        elif kind == "agent_reasoning":
            self._repeated(line, offset, "reasoning", text(event.get("text")), at)
        elif kind == "item_completed":
            role, said = items.turn_item(mapping(event.get("item")))
            self._repeated(line, offset, role, said, at)
            if not role and "item" not in self._has:  # else a response item says the same
                self._skip(f"item {text(mapping(event.get('item')).get('type'))}")
        elif kind == "thread_name_updated":
            if self._is_named or not event.get("thread_name"):
                self._skip("replaced title" if event.get("thread_name") else f"event {kind}")
            self.thread_name = text(event.get("thread_name")) or self.thread_name
            self._is_named = self._is_named or bool(self.thread_name)
        elif kind == "thread_rolled_back":
            self._roll_back(whole_number(event.get("num_turns")) or 0)
        elif kind in ("error", "stream_error") and (message := text(event.get("message") or mapping(event.get("error")).get("message"))):
            self._say(line, offset, Role.SYSTEM, message, at, kind="error")
        elif call_id := word(event.get("call_id")):
            self._call_event(line, kind, call_id, items.event_facts(event))
        else:
            self._skip(f"event {kind}")

    def _call_event(self, line: int, kind: str, call_id: str, said: Mapping[str, Any]) -> None:
        """What an event says about a call, which may come before it."""
        facts = self._facts.setdefault(call_id, {})
        facts.update(said)
        duration = facts.get("duration_ms")
        if call_id in self._calls:
            for call in self._calls[call_id]:
                call.duration_ms = duration if call.duration_ms is None else call.duration_ms
        elif call_id not in self._known_calls and call_id not in self._closed_calls:
            self._lone_events.setdefault(call_id, []).append((line, f"event {kind} without a call"))
        elif duration is not None:
            self.late_results.append(ToolResult(call_id, None, ToolCallStatus.PENDING, duration_ms=duration))

    def left_out(self) -> Iterator[tuple[int, str]]:
        """What turned out to be said nowhere else, once all is read: the events of calls, the instructions of turns; line and kind."""
        for found in self._lone_events.values():
            yield from found
        if "instructions" not in self._has:
            yield from ((line, "turn_context instructions") for line in self._instructed)

    def _repeated(self, line: int, offset: int, role: str, content: str, at: datetime | None) -> None:
        """What an event says: kept until a response item of its speaker shows that it is only a repetition."""
        if not role or not content.strip() or role in self._has:
            return
        if role == "user":
            self._told[items.comparable(content)] = self._say(line, offset, Role.USER, content, at, event=role)
        elif role == "assistant":
            self._reply(line, offset, at, begins_text=True).content.append((content, role))
        else:
            self._think(line, offset, content, at, role)

    def messages(self) -> tuple[Message, ...]:
        """All that was read, whole."""
        last = self.open_draft()
        drafts = self.drafts
        if last is not None and "item" in self._has and last.is_repetition:
            drafts = drafts[:-1]  # in such files the item that an event announces follows at once, and is what counts
        return tuple(draft.finished(self.id) for draft in drafts)

    def state(self) -> dict[str, Any]:
        """What the next reading of the file needs to go on behind the last closed message."""
        open_draft = self.open_draft()
        calls = [(id_, call) for draft in self.drafts if draft is not open_draft for call in draft.calls if (id_ := call.call_id)]
        growing = [call.call_id for call in open_draft.calls if call.call_id] if open_draft else []
        waiting = {id_: {"spawns": True} if call.name.endswith("spawn_agent") else {} for id_, call in calls if not call.is_answered}
        known = {call_id: facts for call_id, facts in self._known_calls.items() if call_id not in self._closed_calls}
        open_calls = {call_id: {**facts, **self._facts.get(call_id, {})} for call_id, facts in (known | waiting).items()}
        closed = [*self._closed_calls, *(id_ for id_, call in calls if call.is_answered)]
        last = open_draft.parent if open_draft else self._last
        return {
            "id": self.id,
            "has_meta": self.has_meta,
            "metadata": self.metadata,
            "model": open_draft.model if open_draft else self.model,
            "has": sorted(self._has),
            "last": self.uid(last),
            "turns": [self.uid(turn) for turn in self._turns[-MAX_TURNS:]],
            "open": dict(list(open_calls.items())[-MAX_OPEN_CALLS:]),
            "closed": closed[-MAX_CLOSED_CALLS:],
            "facts": {id_: self._facts[id_] for id_ in growing if id_ in self._facts},
            "missed": [*self._missed_calls, *self._lone_events][-MAX_LONE_CALLS:],
            "told": list(self._told)[-MAX_TOLD:],
            "is_named": self._is_named,
        }
