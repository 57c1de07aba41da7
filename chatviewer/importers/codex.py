"""OpenAI Codex CLI, Desktop and editor extension: rollouts of three eras below `$CODEX_HOME`, and the titles beside them.

`sessions/YYYY/MM/DD/rollout-*.jsonl`, later compressed to `.jsonl.zst`; `archived_sessions/` holds those that the user archived;
`session_index.jsonl` names them. Nothing else in that folder is read: it holds credentials.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from chatviewer.domain.identity import session_uid
from chatviewer.domain.kinds import Role, SessionStatus
from chatviewer.domain.record import pattern
from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.session import Session
from chatviewer.importers.base import FullReadNeededError, Importer, NotThisFormatError, Reading
from chatviewer.importers.building import TITLE_LIMIT, first_prompt_title, mapping, word
from chatviewer.importers.codex_drafts import SOURCE
from chatviewer.importers.codex_items import response_item
from chatviewer.importers.codex_rollout import Replay, Rollout
from chatviewer.importers.reading import newly_told, open_source, read_document, records
from chatviewer.importers.unpacking import UnpackedStream
from chatviewer.paths import expanded

INDEX = "session_index.jsonl"
MAX_FORKS = 20  # sessions forked from forks

_NAME = pattern(r"rollout-.*\.(jsonl|jsonl\.zst|json)", re.IGNORECASE | re.DOTALL)
_ID_IN_NAME = pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_RECORD = pattern(rb'"type"\s*:\s*"(session_meta|response_item)"|"record_type"\s*:\s*"state"')
_TITLE = pattern(rb'^\W*\{[^\n]*"thread_name"\s*:')


class CodexImporter(Importer):
    source = SOURCE
    label = "Codex CLI"
    order = 20
    extensions = (".jsonl", ".zst", ".json")

    def __init__(self) -> None:
        self._indexes: dict[Path, tuple[tuple[int, int], dict[str, str]]] = {}
        self._paths: dict[Path, dict[str, Path]] = {}

    def places(self) -> list[Path]:
        home = expanded(os.environ.get("CODEX_HOME") or "~/.codex")
        return [home / "sessions", home / "archived_sessions", home / INDEX]

    def files(self, place: Path) -> Iterator[Path]:
        if place.name == INDEX:
            if place.is_file() and not place.is_symlink():
                yield place
            return
        for folder, folders, names in os.walk(place):
            folders.sort()
            known = set(names)
            for name in sorted(names):
                # of a rollout that is there twice the plain one is the newer
                if _NAME.fullmatch(name) and not (name.endswith(".zst") and name.removesuffix(".zst") in known):
                    yield Path(folder, name)

    def recognises(self, path: Path, head: bytes) -> bool:
        if path.name == INDEX:
            return _TITLE.match(head) is not None
        if _NAME.fullmatch(path.name):
            return (
                head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] == b"{"
                or head.startswith(b"\x28\xb5\x2f\xfd")
                or not head.strip(b"\x00")
            )
        return path.suffix.lower() == ".jsonl" and _RECORD.search(head[:8192].replace(b"\x00", b"")) is not None

    def read(self, reading: Reading) -> Iterator[Session]:
        if reading.path.name == INDEX:
            yield from self._read_titles(reading)
            return
        if reading.is_tail and ("id" not in reading.state or reading.path.suffix.lower() != ".jsonl"):
            raise FullReadNeededError
        reading.told_line = reading.state.get("told_line", 0) if reading.is_tail else 0
        rollout = self._rollout(reading, reading.state if reading.is_tail else {}, MAX_FORKS)
        for line, kind in rollout.left_out():
            if line > reading.told_line:
                reading.skip(kind)
        if reading.is_tail and not rollout.drafts and not rollout.late_results and not rollout.fields and not rollout.thread_name:
            reading.state = {**rollout.state(), "is_titled": bool(reading.state.get("is_titled"))}
            return
        messages = rollout.messages()
        if not reading.is_tail and not any(message.role is not Role.SYSTEM for message in messages):
            reading.skip("session without content")
            reading.offset = reading.line = 0
            reading.state = {}
            return
        named = self._titles(reading.path).get(rollout.id) or rollout.thread_name
        title = named or ("" if reading.state.get("is_titled") else first_prompt_title(messages))
        open_draft = rollout.open_draft()
        if rollout.continues:
            rollout.metadata["continues"] = rollout.continues
        if rollout.is_replaying:
            reading.state = {}  # where the copied history ends can only be told by reading it all again
        else:
            is_titled = bool(title) or bool(reading.state.get("is_titled"))
            reading.state = {**rollout.state(), "is_titled": is_titled, "told_line": reading.line}
            if open_draft is not None:
                reading.offset, reading.line = open_draft.offset, open_draft.line - 1
        yield Session(
            uid=session_uid(SOURCE, rollout.id),
            source=SOURCE,
            source_id=rollout.id,
            title=title,
            status=SessionStatus.ARCHIVED if "archived_sessions" in reading.path.parts else SessionStatus.ACTIVE,
            model=rollout.model,
            last_message_at=rollout.last_at,
            metadata=rollout.metadata,
            messages=messages,
            late_results=tuple(rollout.late_results),
            is_tail=reading.is_tail,
            **rollout.fields,
        )

    def _rollout(self, reading: Reading, state: Mapping[str, Any], forks: int) -> Rollout:
        """All that the file tells from `reading.offset` on."""
        found = _ID_IN_NAME.findall(reading.path.name)
        name = reading.path.name.split(".jsonl")[0].removesuffix(".json")

        def load_replay(session: str) -> Replay:
            return self._replay_of(session, reading.path, forks - 1) if forks else []

        rollout = Rollout(found[-1].lower() if found else name, state, load_replay, reading)
        for line, offset, record in newly_told(reading) if reading.told_line else _records(reading):
            rollout.add(line, offset, record)
        return rollout

    def _replay_of(self, session: str, path: Path, forks: int) -> Replay:
        """The items of another session, to tell a fork's copy of them; none when its file is gone."""
        place = self._path_of(session, path)
        if place is None or place == path:
            return []
        found: list[tuple[int, Any]] = []
        reading = Reading(place)
        try:
            found = [(line, item) for line, _, record in _records(reading) if (item := response_item(record)) is not None]
            rollout = self._rollout(Reading(place), {}, forks)
        except (OSError, NotThisFormatError):
            return []
        starts = [draft.line for draft in rollout.drafts]
        replay: Replay = []
        for line, item in found:
            at = bisect_right(starts, line) - 1
            uid = rollout.replayed.get(line) or (rollout.uid(rollout.drafts[at]) if at >= 0 else rollout.continues)
            replay.append((item, uid or ""))
        return replay

    def _path_of(self, session: str, path: Path) -> Path | None:
        """The file of a session, found by its name among its neighbours; rebuilt when it is not known."""
        home = _home(path)
        for is_rebuilt in (False, True):
            if is_rebuilt or home not in self._paths:
                places = [home / "sessions", home / "archived_sessions"] if (home / "sessions").is_dir() else [path.parent]
                paths = [file for place in places for file in self.files(place)]
                self._paths[home] = {ids[-1].lower(): file for file in paths if (ids := _ID_IN_NAME.findall(file.name))}
            if (found := self._paths[home].get(session.lower())) is not None:
                return found
        return None

    def _titles(self, path: Path) -> Mapping[str, str]:
        """Titles by session id, as the index beside the sessions has them now."""
        index = _home(path) / INDEX
        try:
            status = index.lstat()
        except OSError:
            return {}
        stamp = (status.st_ctime_ns, status.st_size)
        if (known := self._indexes.get(index)) and known[0] == stamp:
            return known[1]
        titles: dict[str, str] = {}
        with suppress(OSError):
            titles = dict(_titles_in(Reading(index)))
        self._indexes[index] = (stamp, titles)
        return titles

    def _read_titles(self, reading: Reading) -> Iterator[Session]:
        found = list(_titles_in(reading))
        titles = dict(found)
        reading.skip("replaced title", len(found) - len(titles))
        for session, title in titles.items():
            yield Session(uid=session_uid(SOURCE, session), source=SOURCE, source_id=session, title=title, is_tail=True)


def _titles_in(reading: Reading) -> Iterator[tuple[str, str]]:
    for _, _, record in records(reading):
        session, title = word(record.get("id")), record.get("thread_name")
        if session and type(title) is str and title.strip():
            yield session, safe_line(title, TITLE_LIMIT)
        else:
            reading.skip("title without a session")


def _home(path: Path) -> Path:
    """The folder that holds `sessions` or `archived_sessions`, else the file's own."""
    for folder in path.parents:
        if folder.name in ("sessions", "archived_sessions"):
            return folder.parent
    return path.parent


def _records(reading: Reading) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    suffix = reading.path.suffix.lower()
    if suffix == ".json":
        yield from _records_of_document(reading)
    elif suffix == ".zst":
        yield from _records_of_packed(reading)
    else:
        yield from records(reading)


def _records_of_packed(reading: Reading) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    with open_source(reading.path) as packed:
        try:
            unpacked = UnpackedStream(packed)
        except ImportError:
            reading.problem(1, "compressed; reading it needs Python 3.14 or the package backports.zstd")
            return
        line = 0
        for line, offset, record in records(reading, unpacked):  # type: ignore[arg-type]
            yield line, offset, record
        if unpacked.damage:
            reading.problem(line + 1, unpacked.damage)


def _records_of_document(reading: Reading) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """The first Codex, in TypeScript, wrote one document: {session, items}."""
    try:
        document = mapping(read_document(reading.path))
    except ValueError as error:
        reading.problem(1, str(error))
        return
    if type(document.get("session")) is not dict or type(document.get("items")) is not list:
        raise NotThisFormatError
    yield 1, 0, document["session"]
    for number, item in enumerate(document["items"], 2):
        if type(item) is dict:
            yield number, 0, item
        else:
            reading.problem(1, f"item {number - 1} is no object")
