"""Claude Code: `projects/<folder>/<session>.jsonl` below its configuration directory, sub-agents beside or below, and the export of
its web sessions (one JSON object with `loglines`).

Lines are appended while the agent works. The name of the folder is the working directory made unreadable; the true one is in the
records. Retention: https://docs.anthropic.com/en/docs/claude-code/settings (`cleanupPeriodDays`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chatviewer.domain.session import Session
from chatviewer.importers.base import FullReadNeededError, Importer, NotThisFormatError, Reading
from chatviewer.importers.building import mapping, text, word
from chatviewer.importers.claude_code_drafts import SOURCE
from chatviewer.importers.claude_code_placing import Ghosts
from chatviewer.importers.claude_code_records import RANK_SUMMARY, Transcript
from chatviewer.importers.claude_code_sessions import restore, sessions
from chatviewer.importers.parsing import parse_json
from chatviewer.importers.reading import newly_told, open_source, read_document, records
from chatviewer.paths import expanded

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_DAYS = 30  # after which Claude Code deletes a transcript
HEAD_LINES = 60
# Types of records that no other agent writes.
OWN_TYPES = frozenset(
    ("file-history-snapshot", "queue-operation", "permission-mode", "ai-title", "custom-title", "last-prompt", "agent-name", "pr-link")
)


class ClaudeCodeImporter(Importer):
    """See the module."""

    source = SOURCE
    label = "Claude Code"
    order = 20
    extensions = (".jsonl", ".json")

    def places(self) -> list[Path]:
        return [home / "projects" for home in _homes()]

    def files(self, place: Path) -> Iterator[str]:
        """Transcripts lie in a project's folder, those of sub-agents below it; the journal of a workflow is no transcript."""
        top = os.fspath(place)
        pending = [top]
        while pending:
            folder = pending.pop()
            below: list[str] = []
            for entry in _entries(folder):
                if entry.is_dir(follow_symlinks=False) and not entry.name.endswith(".jsonl"):
                    below.append(entry.path)
                elif folder != top and _is_transcript(entry.name):
                    yield entry.path
            pending += reversed(below)

    def files_in(self, place: Path, folder: str) -> Iterator[str]:
        entries = _entries(folder) if folder != os.fspath(place) else []
        return (entry.path for entry in entries if _is_transcript(entry.name))

    def recognises(self, path: Path, head: bytes) -> bool:
        try:
            if path.suffix == ".json":
                return b'"loglines"' in head[:4096]
            return _is_ours(path, head)
        except (ValueError, RecursionError):
            return False

    def read(self, reading: Reading) -> Iterator[Session]:
        if os.path.splitext(reading.file)[1] == ".json":
            yield from _read_web_export(reading)
            return
        agent_id, file_session = _names(reading)
        transcript = Transcript(reading, file_session, agent_id)
        transcript.has_folder = True
        ghosts: Ghosts = restore(transcript, reading.state) if reading.is_tail else {}
        if reading.is_tail:
            reading.told_line = reading.state["told_line"]
        transcript.read(newly_told(reading) if reading.told_line else records(reading))
        if agent_id and not reading.is_tail:
            _read_agent_description(transcript, reading.path)
        yield from sessions(transcript, ghosts)

    def kept_days(self, place: Path) -> int:
        return _cleanup_days(place.parent)

    def expiry(self) -> str:
        homes = _homes()
        days = {home: _cleanup_days(home) for home in homes if (home / "projects").is_dir()} or {homes[0]: _cleanup_days(homes[0])}
        if len(set(days.values())) == 1:
            when = f"transcripts are deleted {_in_days(*set(days.values()))} after they were last used"
        else:
            (first, few), *others = sorted(days.items(), key=lambda item: item[1])
            more = "".join(f", those below {home} {_in_days(many)}" for home, many in others)
            when = f"transcripts below {first} are deleted {_in_days(few)} after they were last used{more}"
        return f"{when} (cleanupPeriodDays in settings.json)"


def _homes() -> list[Path]:
    """Each once, also where one is a link to another: `~/.config/claude` took the place of `~/.claude` for a while."""
    given = [expanded(part.strip()) for part in os.environ.get("CLAUDE_CONFIG_DIR", "").split(",") if part.strip()]
    homes = given or [expanded("~/.claude"), expanded("~/.config/claude")]
    return list({os.path.realpath(home / "projects"): home for home in reversed(homes)}.values())[::-1]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_transcript(name: str) -> bool:
    return name.endswith(".jsonl") and name != "journal.jsonl"


def _names(reading: Reading) -> tuple[str | None, str]:
    """The id of the sub-agent whose file this is, and the session that the path tells."""
    stem = os.path.splitext(os.path.basename(reading.file))[0]
    if not stem.startswith("agent-"):
        return None, stem
    parents = reading.path.parts
    session = parents[parents.index("subagents") - 1] if "subagents" in parents[1:] else parents[-2]
    return stem.removeprefix("agent-"), session


def _is_ours(path: Path, head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode("utf-8", "replace")
    lines = head.split(b"\n")
    for raw in lines[:HEAD_LINES]:
        try:
            record = parse_json(raw.strip(b"\x00\xef\xbb\xbf \t\r"))
        except ValueError:
            continue
        if type(record) is dict and _is_our_record(record):
            return True
    # a first line longer than the head, or nothing but broken ones
    return b'"sessionId"' in head and (b'"parentUuid"' in head or b'"isSidechain"' in head) and b'"parts":' not in head


def _is_our_record(record: dict[str, Any]) -> bool:
    kind = text(record.get("type"))
    if kind == "summary":
        return "leafUuid" in record
    if kind in OWN_TYPES:
        return True
    if kind in ("user", "assistant"):
        message = mapping(record.get("message"))
        return "content" in message and "parts" not in message and ("sessionId" in record or "uuid" in record or "isSidechain" in record)
    return kind in ("system", "attachment", "progress") and "uuid" in record and ("sessionId" in record or "parentUuid" in record)


def _read_web_export(reading: Reading) -> Iterator[Session]:
    if reading.is_tail:
        raise FullReadNeededError
    try:
        document = read_document(reading.path)
    except ValueError as error:
        reading.problem(1, str(error))
        return
    lines = document.get("loglines") if type(document) is dict else None
    if type(lines) is not list:
        raise NotThisFormatError
    transcript = Transcript(reading, reading.path.stem)
    transcript.read(_records_in(reading, lines))
    made = list(sessions(transcript, {}))
    reading.offset, reading.line, reading.state = 0, 0, {}
    yield from made


def _records_in(reading: Reading, lines: list[Any]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for number, record in enumerate(lines, 1):
        if type(record) is dict:
            yield number, 0, record
        else:
            reading.problem(1, f"loglines[{number - 1}] is not a record (a JSON object)")


def _read_agent_description(transcript: Transcript, path: Path) -> None:
    """`agent-<id>.meta.json` says what kind of agent this is, what for, and (newer versions) which call started it."""
    try:
        with open_source(path.with_suffix(".meta.json")) as stream:
            fields = mapping(parse_json(stream.read(1 << 20)))
    except (OSError, ValueError):
        return
    for thread in transcript.threads.values():
        if kind := word(fields.get("agentType")):
            thread.metadata["agent_type"] = kind
        if call := word(fields.get("toolUseId")):
            thread.spawned_by = call
        if title := word(fields.get("description")):
            thread.title, thread.title_rank = title, RANK_SUMMARY


def _in_days(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def _cleanup_days(home: Path) -> int:
    try:
        with open_source(home / "settings.json") as stream:
            days = mapping(parse_json(stream.read(1 << 20))).get("cleanupPeriodDays")
    except (OSError, ValueError, RecursionError):
        return DEFAULT_DAYS
    return days if type(days) is int and days >= 0 else DEFAULT_DAYS
