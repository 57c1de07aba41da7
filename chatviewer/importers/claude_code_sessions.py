"""Sessions out of a Claude Code transcript, and the state from which a longer file is read on.

The state describes the file as it stood before the last reply, which may still grow: that reply and what follows it is read again with
the next tail, and stored under the same uids.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chatviewer.domain.kinds import Role
from chatviewer.domain.message import ToolCall, ToolResult
from chatviewer.domain.session import Session
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.building import first_prompt_title, is_real_prompt, mapping, parse_time, text
from chatviewer.importers.claude_code_drafts import SOURCE, Call, Piece, Thread
from chatviewer.importers.claude_code_placing import Ghosts, Placing
from chatviewer.importers.claude_code_records import (
    AGENT_TOOLS,
    RANK_POOR_PROMPT,
    RANK_PROMPT,
    RANK_SUMMARY,
    Transcript,
)
from chatviewer.importers.claude_code_threads import stored_piece

KEPT_RECORDS = 12  # whose place in the tree is known to the next tail; one that goes further back has the file read again
KEPT_CALLS = 40  # without a result
KEPT_REPLIES = 12
KEPT_THREADS = 8
KEPT_SUMMARIES = 8  # and titles, of messages and sessions that may still come
STATE_VERSION = 1


def restore(transcript: Transcript, state: Mapping[str, Any]) -> Ghosts:
    """Fill an empty transcript with what is known of the file so far. Returns the places of missing records.
    Raises FullReadNeededError when the state is none of ours."""
    if state.get("version") != STATE_VERSION:
        raise FullReadNeededError
    threads: list[Thread] = []
    known: dict[str, Piece] = {}  # one piece for each uid: they are compared by identity
    for kept in state["threads"]:
        thread = Thread(kept["sid"], kept["key"], kept["agent"], kept["parent"])
        thread.is_new = False
        thread.project, thread.title_rank = kept["project"], kept["rank"]
        thread.before, thread.root, thread.current = (
            known.setdefault(kept[name], stored_piece(thread, kept[name])) if kept[name] else None for name in ("last", "root", "current")
        )
        thread.started_at, thread.last_at = parse_time(kept["started_at"]), parse_time(kept["last_at"])
        thread.metadata = dict(kept["metadata"])
        transcript.threads[thread.key] = thread
        threads.append(thread)
    transcript.homes = {sid: threads[index] for sid, index in state["homes"].items()}
    ghosts: Ghosts = {}
    for uuid, index, uid, is_ghost in state["records"]:
        piece = known.setdefault(uid, stored_piece(threads[index], uid)) if uid else None
        transcript.nodes[uuid] = "" if piece is None or is_ghost else piece
        if is_ghost:
            ghosts[threads[index].key, uuid] = piece
    transcript.missing = set(state["missing"])
    for id_, index, uid, name, started_at in state["calls"]:
        piece = known.setdefault(uid, stored_piece(threads[index], uid))
        call = Call(piece, id_, name, None, parse_time(started_at))
        call.is_stored = True
        transcript.calls.setdefault(id_, []).append(call)
    transcript.closed_replies = dict.fromkeys(state["replies"])
    transcript.titles = [(sid, rank, title, 0) for sid, rank, title in state["titles"]]
    transcript.answered_early = set(state["early"])
    transcript.summaries = [(leaf, title, 0) for leaf, title in state["summaries"]]
    transcript.order = [(uuid, 0) for uuid in dict.fromkeys(record[0] for record in state["records"])]
    return ghosts


def sessions(transcript: Transcript, ghosts: Ghosts) -> Iterator[Session]:
    """The sessions of a transcript that was read to its end. Moves the reading's offset back to the last reply and sets its state."""
    reading = transcript.reading
    placing = Placing(transcript, ghosts)
    _link_side_chains(transcript)
    for thread in transcript.threads.values():
        placing.place(thread)
    _give_titles(transcript)
    shown = [
        thread
        for thread in transcript.threads.values()
        if not thread.is_new or any(not piece.is_note and not piece.is_dropped for piece in thread.pieces)
    ]
    for thread in transcript.threads.values():
        if thread not in shown:
            reading.skip("note outside of a session", len(thread.pieces))
    made = [_session(thread) for thread in shown if thread.is_new or thread.is_touched or thread.late or thread.title]
    told_line = reading.line
    reply = transcript.last_reply
    if reply is not None:
        reading.offset, reading.line = reply.offset, reply.line - 1
    before_line = reply.line if reply is not None else reading.line + 2
    reading.state = {}
    if shown and len(shown) == len(transcript.threads):
        reading.state = {**_state(transcript, placing, shown, before_line), "told_line": told_line}
    for thread in transcript.threads.values():
        thread.dissolve()
    yield from made


def _session(thread: Thread) -> Session:
    metadata = dict(thread.metadata)
    if thread.continues:
        metadata["continues"] = {"session": thread.continues.thread.uid, "message": thread.continues.uid}
    return Session(
        uid=thread.uid,
        source=SOURCE,
        source_id=thread.key,
        project=thread.project,
        title=thread.title,
        model=thread.model,
        branch=thread.branch,
        parent_uid=thread.parent_uid,
        spawned_by=thread.spawned_by,
        current_uid=thread.current.uid if thread.current else None,
        started_at=thread.started_at,
        last_message_at=thread.last_at,
        metadata=metadata,
        messages=tuple([piece.message() for piece in thread.pieces if not piece.is_dropped]),
        late_results=tuple([_late_result(call.made) for call in thread.late if call.made is not None]),
        is_tail=not thread.is_new,
    )


def _late_result(call: ToolCall) -> ToolResult:
    return ToolResult(
        call.tool_call_id or "", call.result, call.status, call.error_message, call.completed_at, call.duration_ms, call.child_uid
    )


def _give_titles(transcript: Transcript) -> None:
    """The last title of the highest rank; else one made from the first prompt. In a tail: only when it is a better one."""
    reading = transcript.reading
    main = next((thread for thread in transcript.threads.values() if not thread.parent_key), None)
    for leaf, title, line in transcript.summaries:
        is_new = line > reading.told_line
        piece = transcript.resolve(leaf)
        if piece is not None:
            _take_title(reading, piece.thread, RANK_SUMMARY, title, line)
        elif is_new and reading.is_tail and main is not None and main.title_rank <= RANK_SUMMARY:
            raise FullReadNeededError
        elif is_new:
            reading.skip("summary of another session")
    for sid, rank, title, line in transcript.titles:
        thread = transcript.homes.get(sid) or main
        if thread is not None:
            _take_title(reading, thread, rank, title, line)
            continue
        transcript.waiting_titles.append((sid, rank, title))
        if line > reading.told_line:
            reading.skip("title without a session")
    for thread in transcript.threads.values():
        if thread.title_rank < RANK_PROMPT:
            title = first_prompt_title(
                piece.message() for piece in thread.pieces if piece.role is Role.USER and piece.content and not piece.is_dropped
            )
            if title:
                rank = RANK_PROMPT if is_real_prompt(title) else RANK_POOR_PROMPT
                if rank > thread.title_rank:
                    _retitle(thread, rank, title)


def _take_title(reading: Reading, thread: Thread, rank: int, title: str, line: int) -> None:
    """Give a session the title of a record. Each has one: all records but that are counted, whichever it is, once."""
    if not line:  # an earlier import counted it as that of nobody
        raise FullReadNeededError
    if line > reading.told_line and thread.title_rank >= RANK_SUMMARY:
        reading.skip("replaced title")
    _retitle(thread, rank, title)


def _retitle(thread: Thread, rank: int, title: str) -> None:
    if rank >= thread.title_rank:
        thread.title, thread.title_rank = title, rank


def _link_side_chains(transcript: Transcript) -> None:
    """Side chains inside a main file say nothing about the call that started them: the call's prompt is their first message."""
    by_prompt: dict[str, list[Call]] = {}
    by_child: dict[str, Call] = {}
    sides = [thread for thread in transcript.threads.values() if thread.parent_key and thread.is_new]
    if not sides:
        return
    for calls in transcript.calls.values():
        for call in calls:
            if call.child_uid:
                by_child[call.child_uid] = call
            elif call.name in AGENT_TOOLS:
                by_prompt.setdefault(text(mapping(call.arguments).get("prompt")).strip(), []).append(call)
    for thread in sides:
        found = by_child.get(thread.uid)
        if found is None:
            first = next((piece.content.strip() for piece in thread.pieces if piece.role is Role.USER), "")
            waiting = [call for call in by_prompt.get(first, ()) if call.piece.thread is not thread and call.child_uid is None]
            found = waiting[0] if first and waiting else None
        if found is not None:
            found.belongs_to(thread.uid)
            thread.spawned_by = found.id


def _state(transcript: Transcript, placing: Placing, shown: list[Thread], before_line: int) -> dict[str, Any]:
    kept = shown[-KEPT_THREADS:]
    kept += [thread for thread in shown[:-KEPT_THREADS] if thread in transcript.homes.values()]
    index = {thread: number for number, thread in enumerate(kept)}
    by_key = {thread.key: number for thread, number in index.items()}
    records: list[list[Any]] = []
    for uuid, line in reversed(transcript.order):
        if len(records) >= KEPT_RECORDS:
            break
        for key, piece, is_ghost in placing.stands_for(uuid, before_line) if line < before_line else ():
            if key in by_key:
                records.append([uuid, by_key[key], piece.uid if piece else "", is_ghost])
    missing = sorted(transcript.missing | {uuid for _, uuid in placing.ghosts if uuid not in placing.nodes})
    calls: list[list[Any]] = []
    early = transcript.answered_early | {id_ for id_, waiting in transcript.early_results.items() if waiting}
    for id_, made in transcript.calls.items():
        for call in made:
            if call.piece.line >= before_line:
                if 0 < call.answer_line < before_line:
                    early.add(id_)
            elif (call.made is None or call.answer_line >= before_line) and call.piece.thread in index:
                anchor = placing.goes_on_from(call, before_line)
                calls.append([id_, index[call.piece.thread], anchor.uid, call.name, _iso(call.started_at)])
    replies = [reply.id for thread in kept for reply in list(thread.replies.values())[-KEPT_REPLIES:] if reply.line < before_line]
    return {
        "version": STATE_VERSION,
        "threads": [_thread_state(thread, placing, before_line) for thread in kept],
        "homes": {sid: index[thread] for sid, thread in transcript.homes.items() if thread in index},
        "records": records[::-1],
        "missing": missing[-KEPT_RECORDS:],
        "calls": calls[-KEPT_CALLS:],
        "titles": transcript.waiting_titles[-KEPT_SUMMARIES:],
        "early": sorted(early)[-KEPT_CALLS:],
        "summaries": [[leaf, title] for leaf, title, _ in transcript.summaries if transcript.resolve(leaf) is None][-KEPT_SUMMARIES:],
        "replies": list(dict.fromkeys([*transcript.closed_replies, *replies]))[-KEPT_REPLIES * 2 :],
    }


def _thread_state(thread: Thread, placing: Placing, before_line: int) -> dict[str, Any]:
    last = next((piece for piece in reversed(thread.pieces) if piece.line < before_line and not piece.is_dropped), thread.before)
    root = placing.root_note(thread, before_line)
    return {
        "sid": thread.session_id,
        "key": thread.key,
        "agent": thread.agent_id,
        "parent": thread.parent_key,
        "project": thread.project,
        "rank": thread.title_rank,
        "last": last.uid if last else None,
        "root": root.uid if root else None,
        "current": thread.current.uid if thread.current else None,
        "started_at": _iso(thread.started_at),
        "last_at": _iso(thread.last_at),
        "metadata": thread.metadata,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
