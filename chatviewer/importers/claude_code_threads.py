"""Where the records of a Claude Code transcript belong: to which thread, and what they stand for in the tree."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chatviewer.domain.kinds import Role
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.building import parse_time, text, word
from chatviewer.importers.claude_code_drafts import Piece, Reply, Thread, session_key

MAX_STEPS = 10_000  # records without a message of their own between a message and its parent


class Threads:
    """The threads of one file and the places of its records."""

    def __init__(self, reading: Reading, file_session: str, agent_id: str | None = None) -> None:
        self.reading = reading
        self.file_session = file_session  # the session that the file's name tells
        self.agent_id = agent_id  # of a sub-agent's own file
        self.threads: dict[str, Thread] = {}
        self.homes: dict[str, Thread] = {}  # the thread of a session id; several ids may share one
        self.nodes: dict[str, Piece | Reply | str] = {}  # by uuid; a string: stands for that record; "": for the beginning
        self.order: list[tuple[str, int]] = []  # every uuid with its line
        self._sides: dict[str, Thread] = {}  # the newest side chain of a session id
        self._sid = ""  # of the newest record
        self._home: Thread | None = None  # its thread; None in a sub-agent's own file

    def envelope(self, thread: Thread, record: dict[str, Any]) -> datetime | None:
        """Take down what a record says about its session. Returns its time."""
        thread.is_touched = True
        at = parse_time(record.get("timestamp"))
        if at is not None:
            if thread.last_at is None:
                thread.started_at = thread.last_at = at
            elif at > thread.last_at:
                thread.last_at = at
        branch = record.get("gitBranch")
        if branch != thread.branch and type(branch) is str and branch:
            thread.branch = branch
        if not thread.is_described:
            thread.project = thread.project or text(record.get("cwd"))
            if "version" not in thread.metadata and (version := word(record.get("version"))):
                thread.metadata["version"] = version
            thread.is_described = bool(thread.project) and "version" in thread.metadata
        return at

    def thread_of(self, line: int, record: dict[str, Any]) -> Thread:
        """The thread that a record belongs to, a new one if need be."""
        sid = record.get("sessionId")
        if record.get("isSidechain") is True or self.agent_id:
            return self._side_thread(line, record, (word(sid) or self._sid or self.file_session))
        if sid == self._sid and self._home is not None:
            return self._home
        if type(sid) is not str or not sid:
            sid = self._sid or self.file_session
        home = self.homes.get(sid)
        if home is None:
            home = self._new_home(sid, record)
        self._sid, self._home = sid, home
        return home

    def _new_home(self, sid: str, record: dict[str, Any]) -> Thread:
        """The thread of a session id met for the first time. When its first record goes on from a message of this file, it is a resumed
        or forked part of that session, unless the file is named after it."""
        parent_uuid = parent_of(record)
        before = self.resolve(parent_uuid) if parent_uuid else None
        if before is not None and not before.thread.parent_key and sid != self.file_session:
            home = before.thread
            home.metadata["session_ids"] = [*home.metadata.get("session_ids", [home.session_id]), sid]
        else:
            home = self.threads[sid] = Thread(sid, sid)
        self.homes[sid] = home
        return home

    def _side_thread(self, line: int, record: dict[str, Any], sid: str) -> Thread:
        agent_id = word(record.get("agentId")) or self.agent_id
        if agent_id:
            key = session_key(sid, agent_id)
        else:
            parent_uuid = parent_of(record)
            before = self.resolve(parent_uuid) if parent_uuid else None
            if before is not None and before.thread.parent_key:
                return before.thread
            if self.reading.is_tail:
                raise FullReadNeededError
            if parent_uuid and parent_uuid not in self.nodes and sid in self._sides:
                return self._sides[sid]  # a piece of the chain is missing
            key = f"{sid}/side-{word(record.get('uuid')) or line}"
        thread = self.threads.get(key)
        if thread is None:
            home = self.homes.get(sid)
            thread = self.threads[key] = Thread(sid, key, agent_id, home.key if home else sid)
            self._sides[sid] = thread
        return thread

    def resolve(self, uuid: str | None) -> Piece | None:
        """The piece that a record stands for, as far as it is known by now."""
        for _ in range(MAX_STEPS):
            node = self.nodes.get(uuid) if uuid else None
            if isinstance(node, Reply):
                node = node.pieces[-1] if node.pieces else node.parent_uuid
            if not isinstance(node, str):
                return node
            uuid = node
        return None


def parent_of(record: Mapping[str, Any]) -> str | None:
    """`parentUuid`; "" where the record says that it has none (null), None where it says nothing about it."""
    parent = record.get("parentUuid")
    if type(parent) is str and parent:
        return parent
    return "" if parent is None and "parentUuid" in record else None


def stored_piece(thread: Thread, uid: str) -> Piece:
    """What stands for a message that an earlier import stored."""
    piece = Piece(thread, uid, Role.ASSISTANT)
    piece.is_stored = True
    return piece
