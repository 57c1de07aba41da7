"""Samples of every importer, broken in ways nobody thought of: a broken record costs that record, and is told.

`CHATVIEWER_FUZZ=5000 python -m pytest tests/importers/test_fuzz.py` tries 5,000 broken files of each source;
without it, always the same 30.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer import ingest
from chatviewer.domain import Session
from chatviewer.domain.identity import message_uid
from chatviewer.importers.base import Importer, NotThisFormatError, Reading
from chatviewer.importers.parsing import parse_json
from chatviewer.importers.registry import importers
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.drills.machine import damages, record, session_id
from tests.importers.mutating import WEIRD, mutated
from tests.importers.test_contract import SAMPLES, files_of

SECONDS = 10.0  # for a file of some kilobytes; an honest one takes a hundredth
EVERY = pytest.mark.parametrize("importer", importers(), ids=lambda importer: importer.source)
WALL = re.compile(r"could not be (read|stored) \(")  # behind which an exception stopped: none may get there
CANARY = "".join(f"{record(session_id(77), number, f'canary {number}')}\n" for number in range(6))
GARBAGE = [
    b"\x00\x00\x00",
    b"\xff\xfe",
    b"}{",
    b'"',
    b"\\",
    b"\x1b]0;x\x07",
    b"\n",
    b"[",
    b"null",
    b"NaN",
    b"9" * 30,
    b"\xe2\x80\xa8",
    b"<<<<<<< ",
]


class Original:
    """A sample file and what lies beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path.read_bytes()
        self.is_lines = path.suffix == ".jsonl"
        self.value: Any = None
        if not self.is_lines and path.suffix == ".json":
            self.value = json.loads(self.data)


ORIGINALS = {
    importer.source: [Original(path) for path in files_of(importer) if path.suffix in (".json", ".jsonl")] for importer in importers()
}


@st.composite
def broken(draw: st.DrawFn, original: Original) -> bytes:
    """The file with some of its bytes, lines or values other than they were."""
    data = original.data
    if original.is_lines and draw(st.booleans()):
        data = b"\n".join(_broken_lines(draw, data.split(b"\n")))
    elif original.value is not None and draw(st.booleans()):
        data = json.dumps(draw(mutated(original.value))).encode()
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 40)))
        data = data[:at] + draw(st.sampled_from([b"", *GARBAGE])) + data[end:]
    return data


def _broken_lines(draw: st.DrawFn, lines: list[bytes]) -> list[bytes]:
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["value", "value", "twice", "gone", "moved", "joined", "cut", "weird"]))
        line = lines[place]
        if kind == "value" and line.startswith(b"{"):
            try:
                lines[place] = json.dumps(draw(mutated(json.loads(line)))).encode()
            except ValueError:  # broken before
                continue
        elif kind == "twice":
            lines.insert(place, line)
        elif kind == "gone" and len(lines) > 1:
            del lines[place]
        elif kind == "moved":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
        elif kind == "joined" and place + 1 < len(lines):
            lines[place : place + 2] = [line + lines[place + 1]]
        elif kind == "cut":
            lines[place] = line[: draw(st.integers(0, len(line)))]
        elif kind == "weird":
            lines[place] = json.dumps(draw(st.sampled_from(WEIRD))).encode()
    return lines


def _placed(folder: Path, original: Original, data: bytes) -> Path:
    path = folder / original.path.name
    path.write_bytes(data)
    return path


def _sound(sessions: list[Session]) -> None:
    """What no broken file may break. Ids that come twice and parents that lead nowhere are the storage's to sort out."""
    for session in sessions:
        assert session.uid
        assert session.source_id
        for message in session.messages:
            assert message.uid
            assert message.created_at is None or message.created_at.tzinfo is not None
            json.dumps(dict(message.metadata), default=str)


@EVERY
@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_read_nothing_is_raised_and_nothing_hangs(importer: Importer, tmp_path: Path, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(ORIGINALS[importer.source]))
    raw = data.draw(broken(original))
    path = _placed(tmp_path, original, raw)
    began = time.monotonic()
    reading = Reading(path)
    try:
        sessions = list(importer.read(reading))
    except NotThisFormatError:
        return
    assert time.monotonic() - began < SECONDS
    _sound(sessions)
    for problem in reading.problems:
        assert problem.line >= 1
        assert problem.reason
        assert not WALL.search(problem.reason)
    assert all(count > 0 for count in reading.skipped.values())


@EVERY
@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_short_file_is_read_as_a_long_one(importer: Importer, tmp_path: Path, data: st.DataObject) -> None:
    """Little JSON is read by the standard library, much by orjson."""
    original = data.draw(st.sampled_from(ORIGINALS[importer.source]))
    path = _placed(tmp_path, original, data.draw(broken(original)))
    found = []
    for loads in (None, orjson.loads):
        reading = Reading(path)
        with pytest.MonkeyPatch.context() as patch:
            for module in ("parsing", "reading"):
                patch.setattr(f"chatviewer.importers.{module}.fast_loads", lambda size, loads=loads: loads)
            try:
                sessions = list(importer.read(reading))
            except NotThisFormatError:
                sessions = []
        found.append((sessions, reading.problems, reading.skipped, reading.offset, reading.line))
    assert found[0] == found[1]


EXPORTS = [importer for importer in importers() if not importer.places()]
LOST = re.compile(r"conversation (\d+): ")  # of which nothing is stored; what is told of a part of one begins otherwise


def _conversations(data: bytes) -> int | None:
    """How many conversations a web export holds; None where it is no JSON."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict) and next(iter(value), None) == "conversations" and isinstance(value["conversations"], list):
        value = value["conversations"]
    return len(value) if isinstance(value, list) else 1


def _lost(reading: Reading) -> list[int]:
    """The numbers of the conversations that are told to be lost."""
    return [int(found[1]) for problem in reading.problems if (found := LOST.match(problem.reason))]


@pytest.mark.parametrize("importer", EXPORTS, ids=lambda importer: importer.source)
@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_stored_and_skipped_and_reported_are_all_conversations(importer: Importer, tmp_path: Path, data: st.DataObject) -> None:
    """Each conversation of a web export gives one session, or is counted once, or is told once; also beside others that are broken."""
    original = data.draw(st.sampled_from(ORIGINALS[importer.source]))
    value = original.value if original.value is not None else [json.loads(line) for line in original.data.splitlines()]
    whole = value if isinstance(value, list) else [value]
    raw = json.dumps([*whole, data.draw(mutated(value)), *whole, *(data.draw(mutated(each)) for each in whole)], indent=data.draw(INDENT))
    if data.draw(st.booleans()):
        raw = json.dumps(data.draw(mutated(value)))
    path = tmp_path / original.path.with_suffix(".json").name
    path.write_text(raw)
    reading = Reading(path)
    sessions = list(importer.read(reading))
    lost = _lost(reading)
    assert len(set(lost)) == len(lost)
    assert len(sessions) + reading.skipped["conversation without content"] + len(lost) == _conversations(raw.encode())


INDENT = st.sampled_from([None, 1])


@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_stored_and_skipped_and_reported_are_all_messages(tmp_path: Path, data: st.DataObject) -> None:
    """The same of the messages of a Claude.ai conversation; a reply is stored when one of its pieces is."""
    original = data.draw(st.sampled_from([each for each in ORIGINALS["claude-ai"] if isinstance(each.value, list)]))
    chosen = next(each for each in original.value if each.get("chat_messages"))
    messages = [data.draw(mutated(message)) for message in chosen["chat_messages"] * 2]
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([{**chosen, "chat_messages": messages}]))
    reading = Reading(path)
    (importer,) = (importer for importer in EXPORTS if importer.source == "claude-ai")
    sessions = list(importer.read(reading))
    told = [problem for problem in reading.problems if problem.reason.startswith("in conversation 1: message ")]
    if not sessions:
        assert _lost(reading) == [1] or reading.skipped["conversation without content"] == 1
        return
    stored = {message.uid for session in sessions for message in session.messages}
    seen: dict[str, Any] = {}
    for number, message in enumerate(parse_json(path.read_bytes())[0]["chat_messages"]):
        if isinstance(message, dict):
            uuid = message.get("uuid")
            key = (uuid if isinstance(uuid, str) else str(uuid) if type(uuid) is int else "") or str(number)
            if seen.setdefault(key, message) != message:
                seen[f"{key}#{number}"] = message
    stored_count = sum(message_uid("claude-ai", sessions[0].source_id, key) in stored for key in seen)
    skipped = reading.skipped["empty message"] + reading.skipped["message that stands there twice"]
    assert stored_count + skipped + len(told) == len(messages)


@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_words_of_a_broken_tree_are_lost(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever is wrong with the nodes of a ChatGPT conversation: each word in their parts is stored, if any of the conversation is."""
    original = data.draw(st.sampled_from([each for each in ORIGINALS["chatgpt"] if isinstance(each.value, list)]))
    chosen = data.draw(st.sampled_from([each for each in original.value if isinstance(each.get("mapping"), dict)]))
    nodes = {key: data.draw(mutated(node)) for key, node in chosen["mapping"].items()}
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([{**chosen, "mapping": nodes}]))
    (importer,) = (importer for importer in EXPORTS if importer.source == "chatgpt")
    sessions = list(importer.read(Reading(path)))
    stored = repr(sessions)
    for node in nodes.values():
        message = node.get("message") if isinstance(node, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) and sessions else ():
            if isinstance(part, str):
                assert all(word in stored for word in re.findall(r"\w+", part))


def _texts(value: Any) -> Iterator[str]:
    """The longer texts of a record: prompts, replies, results."""
    if isinstance(value, str):
        if len(value) > 30 and " " in value:
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _stored(library: Library) -> str:
    connection = library.database.connection()
    rows = connection.execute(
        "SELECT content || thinking FROM message UNION ALL SELECT input_arguments || coalesce(output_result, '') FROM tool_call"
        " UNION ALL SELECT title || summary || system_prompt || metadata || context FROM session UNION ALL SELECT coalesce(text, '')"
        " FROM attachment UNION ALL SELECT text FROM rating UNION ALL SELECT metadata FROM message WHERE metadata IS NOT NULL"
    )
    return "\n".join(row[0] for row in rows)


def _imported(library: Library, folder: Path) -> str:
    report = ingest.run(library, [folder])
    assert not [problem for problem in report.problems if WALL.search(problem.reason)]
    return _stored(library)


@EVERY
@settings(max_examples=examples(30) // 5, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_broken_record_costs_itself_and_is_told(importer: Importer, tmp_path: Path, data: st.DataObject) -> None:
    """Records that cannot be read are told by their line; every text of the others that a clean import stores is stored, and so is the
    session beside them; a second import adds nothing."""
    lined = [original for original in ORIGINALS[importer.source] if original.is_lines]
    original = data.draw(st.sampled_from(lined or ORIGINALS[importer.source]))
    shutil.rmtree(tmp_path / "drill", ignore_errors=True)
    folder = tmp_path / "drill" / "files"
    folder.mkdir(parents=True)
    lines = original.data.split(b"\n")
    places: set[int] = set()
    if original.is_lines:
        places = set(data.draw(st.lists(st.integers(1, max(1, len(lines) - 2)), min_size=1, max_size=3)))
    hit = [b'{"type": broken' if number in places else line for number, line in enumerate(lines)]
    path = _placed(folder, original, b"\n".join(hit) if original.is_lines else data.draw(broken(original)))
    (folder / "canary.jsonl").write_text(CANARY)
    with Library.open(tmp_path / "drill" / "x.db") as library:
        stored = _imported(library, folder)
        assert all(f"canary {number}" in stored for number in range(6))
        told = {problem.line for problem in library.problems() if problem.path == str(path)}
        assert {number + 1 for number in places} <= told
        count = library.counts().messages
        assert _imported(library, folder) == stored
        assert library.counts().messages == count
        assert damages(library) == []
    if not original.is_lines:
        return
    (tmp_path / "drill" / "clean").mkdir()
    _placed(tmp_path / "drill" / "clean", original, original.data)
    with Library.open(tmp_path / "drill" / "clean.db") as clean:
        wanted = _imported(clean, tmp_path / "drill" / "clean")
    held = {number: set(_texts(json.loads(line))) for number, line in enumerate(lines) if line.startswith(b"{")}
    lost = set().union(*(held.get(number, set()) for number in places))  # and told; Codex repeats in events what its records say
    for number, texts in held.items():
        for text in texts - lost:
            assert text not in wanted or text in stored, f"line {number + 1}"


LINED = [(source, original) for source, originals in ORIGINALS.items() for original in originals if original.is_lines]


@pytest.mark.parametrize(("source", "original"), LINED, ids=[f"{source}-{original.path.stem[-8:]}" for source, original in LINED])
def test_problems_of_a_growing_file_stay_until_it_is_whole(source: str, original: Original, tmp_path: Path) -> None:
    """Told as they come, and kept as of a file that is read at once: also those of lines that are read a second time."""
    lines = original.data.rstrip(b"\n").split(b"\n")
    for place in range(len(lines), 0, -3):
        lines.insert(place, b"broken %d" % place)
    folder = tmp_path / "files"
    folder.mkdir()
    told: list[int] = []
    with Library.open(tmp_path / "x.db") as library, Library.open(tmp_path / "whole.db") as whole:
        for count in range(2, len(lines) + 2, 2):
            _placed(folder, original, b"".join(line + b"\n" for line in lines[:count]))
            told += [problem.line for problem in ingest.run(library, [folder], source=source).problems]
        ingest.run(whole, [folder], source=source)
        found = [(problem.line, problem.reason) for problem in whole.problems()]
        assert len(found) >= len(lines) // 4
        assert [(problem.line, problem.reason) for problem in library.problems()] == found
        assert sorted(set(told)) == [line for line, _ in found]


def test_there_is_something_to_break() -> None:
    assert set(ORIGINALS) == {path.name for path in SAMPLES.iterdir() if path.is_dir()}
    assert all(ORIGINALS.values())
