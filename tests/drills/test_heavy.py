"""Files of a size that breaks programs: each ends as the promises say, in bounded time and memory, and the session beside it survives.

`CHATVIEWER_DRILLS=50 python -m pytest tests/drills` runs these too; they take minutes and gigabytes of (sparse) disk.
"""

import io
import json
import logging
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from chatviewer import ingest
from chatviewer.storage.library import Library
from tests.cli.process import PROGRAM, ROOT
from tests.drills.machine import DRILLS, damages, record, session_id, start, transcript, write

pytestmark = pytest.mark.skipif(DRILLS < 50, reason="CHATVIEWER_DRILLS=50 runs the heavy drills")

MB = 1 << 20
LINE_LIMIT = 250  # MB resident, for a line of 50 MB
ANY_LIMIT = 512
ZIP_LIMIT, ZIP_SECONDS = 100, 2.0
CANARY, HEAVY = 1, 2


class Outcome(NamedTuple):
    code: int
    out: str
    err: str
    seconds: float  # of CPU
    megabytes: float  # resident, at most


# A small process in between: what a process takes at most counts what its parent held when it was made.
MEASURED = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(child.pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024], file)
"""


def imported(*words: str, timeout: float = 300) -> Outcome:
    """An import as a process of its own, and what it took."""
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder, "taken")
        command = [sys.executable, "-c", MEASURED, str(taken), *PROGRAM, "import", "--json", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=True)
        code, seconds, megabytes = json.loads(taken.read_text())
    return Outcome(code, done.stdout, done.stderr, seconds, megabytes)


@pytest.fixture
def home(isolated_home: Path) -> Path:
    """With a session that must survive whatever lies beside it."""
    write(transcript(isolated_home, CANARY), session_id(CANARY), 0, 8)
    return isolated_home


def survived(path: Path) -> Library:
    library = Library.open(path)
    assert damages(library) == []
    assert session_id(CANARY) in {summary.source_id for summary in library.summaries(library.session_ids())}
    return library


def told(outcome: Outcome, code: int, megabytes: float) -> None:
    assert outcome.code == code, outcome.err[:2000]
    assert "Traceback" not in outcome.err
    logging.getLogger(__name__).info("%.2f s, %.0f MB", outcome.seconds, outcome.megabytes)
    assert outcome.megabytes <= megabytes


def enlarged(home: Path, lines: list[str]) -> None:
    """The file, with one record more than lines."""
    text = "".join(f"{line}\n" for line in [*lines, record(session_id(HEAVY), len(lines), "more")])
    transcript(home, HEAVY).write_text(text)


EXTRAS = {"plain": "", "zero": "9 \\u0000", "half a pair": "\\ud83d", "emoji": "\\ud83d\\ude00 \\n ü"}


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS.keys())
def test_a_line_of_50_mb(home: Path, database_path: Path, extra: str) -> None:
    line = record(session_id(HEAVY), 0, "HERE").replace("HERE", "lorem ipsum " * (50 * MB // 12) + extra)
    lines = [line, record(session_id(HEAVY), 1, "after")]
    transcript(home, HEAVY).write_text("".join(f"{line}\n" for line in lines))
    told(imported(), 0, LINE_LIMIT)
    enlarged(home, lines)
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        assert library.summary(_uid(library)).message_count == 3
    # read once more as a whole
    enlarged(home, [line, record(session_id(HEAVY), 1, "After"), record(session_id(HEAVY), 2, "more")])
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        assert library.summary(_uid(library)).message_count == 5


@pytest.mark.parametrize("extra", ["", "\\ud83d", "\\ud83d\\ude00"])
@pytest.mark.parametrize("place", ["arguments", "result"])
def test_a_call_of_50_mb(home: Path, database_path: Path, place: str, extra: str) -> None:
    text = "lorem ipsum " * (50 * MB // 12) + extra
    lines = [record(session_id(HEAVY), number, "HERE") for number in range(10)]
    number, old = (7, "echo HERE") if place == "arguments" else (8, "output of HERE")
    lines[number] = lines[number].replace(old, text)
    transcript(home, HEAVY).write_text("".join(f"{line}\n" for line in lines))
    told(imported(), 0, LINE_LIMIT)
    enlarged(home, lines)
    told(imported(), 0, LINE_LIMIT)
    enlarged(home, [record(session_id(HEAVY), 0, "THERE"), *lines[1:]])
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        (call,) = [call for message in library.messages(library.summary(_uid(library)).id) for call in message.tool_calls]
        assert len(call.result or "") + len(str(call.arguments)) > 49 * MB


def _uid(library: Library) -> str:
    (found,) = [each for each in library.summaries(library.session_ids()) if each.source_id == session_id(HEAVY)]
    return found.uid


def test_a_line_of_sixty_long_texts(home: Path, database_path: Path) -> None:
    texts = [f"{number} " + "lorem ipsum " * (MB * 4 // 5 // 12) + "🎉" for number in range(60)]
    line = json.loads(record(session_id(HEAVY), 1, "HERE"))
    line["message"]["content"] = [{"type": "text", "text": text} for text in texts]
    transcript(home, HEAVY).write_text(json.dumps(line) + "\n")
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        (message,) = library.messages(library.summary(_uid(library)).id)
        assert message.content == "\n\n".join(texts)


@pytest.mark.parametrize("place", ["arguments", "result"])
def test_a_line_of_hundreds_of_calls(home: Path, database_path: Path, place: str) -> None:
    texts = [f"{number} " + "lorem ipsum " * (200_000 // 12) + "🎉" for number in range(250)]
    call, result = json.loads(record(session_id(HEAVY), 7, "")), json.loads(record(session_id(HEAVY), 8, ""))
    inputs = [{"command": text if place == "arguments" else "echo"} for text in texts]
    call["message"]["content"] = [{"type": "tool_use", "id": f"t{n}", "name": "Bash", "input": each} for n, each in enumerate(inputs)]
    results = enumerate(texts if place == "result" else ["done"] * len(texts))
    result["message"]["content"] = [{"type": "tool_result", "tool_use_id": f"t{n}", "content": text} for n, text in results]
    transcript(home, HEAVY).write_text(f"{json.dumps(call)}\n{json.dumps(result)}\n")
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        (message,) = library.messages(library.summary(_uid(library)).id)
        assert [call.arguments for call in message.tool_calls] == inputs
        assert place == "arguments" or [call.result for call in message.tool_calls] == texts


def test_a_line_of_50_mb_that_is_not_utf_8(home: Path, database_path: Path) -> None:
    line = record(session_id(HEAVY), 0, "HERE").encode().replace(b"HERE", b"lorem ipsum " * (50 * MB // 12) + b"\xff \\ud83d\\ude00")
    transcript(home, HEAVY).write_bytes(line)
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        (message,) = library.messages(library.summary(_uid(library)).id)
        assert message.content.endswith(" lorem ipsum \ufffd 😀")


def test_50_mb_of_garbage_without_a_newline(home: Path, database_path: Path) -> None:
    transcript(home, HEAVY).write_bytes(b'\x00garbage\xff{["' * (50 * MB // 12))
    outcome = imported()
    told(outcome, 1, LINE_LIMIT)
    assert f"{transcript(home, HEAVY)}:1: " in outcome.err
    survived(database_path).close()


def test_a_sparse_file_of_1_gib(home: Path, database_path: Path) -> None:
    path = transcript(home, HEAVY)
    with path.open("wb") as file:
        file.write(record(session_id(HEAVY), 0, "before").encode() + b"\n")
        file.seek(1 << 30)
        file.write(b"\n" + record(session_id(HEAVY), 1, "after").encode() + b"\n")
    outcome = imported()
    told(outcome, 1, ANY_LIMIT)
    assert f"{path}:2: " in outcome.err
    with survived(database_path) as library:
        assert library.summary(_uid(library)).message_count == 2


def test_50_000_records(home: Path, database_path: Path) -> None:
    write(transcript(home, HEAVY), session_id(HEAVY), 0, 50_000, words=10)
    told(imported(), 0, ANY_LIMIT)
    with survived(database_path) as library:
        # every eighth record is a result, kept on its call
        assert library.summary(_uid(library)).message_count == 50_000 - (50_000 - 1) // 8


def test_20_mb_of_tool_output(home: Path, database_path: Path) -> None:
    path = transcript(home, HEAVY)
    write(path, session_id(HEAVY), 0, 8)
    with path.open("a") as file:
        file.write(record(session_id(HEAVY), 8, "HERE").replace("output of HERE", "output line\\n" * (20 * MB // 13)) + "\n")
    told(imported(), 0, LINE_LIMIT)
    with survived(database_path) as library:
        summary = library.summary(_uid(library))
        (call,) = [call for message in library.messages(summary.id) for call in message.tool_calls]
        assert len(call.result or "") >= 18 * MB


def conversation(nodes: int) -> dict[str, object]:
    """A ChatGPT conversation of so many nodes in one chain."""
    mapping: dict[str, object] = {"n0": {"id": "n0", "message": None, "parent": None, "children": ["n1"]}}
    for number in range(1, nodes):
        mapping[f"n{number}"] = {
            "id": f"n{number}",
            "parent": f"n{number - 1}",
            "children": [f"n{number + 1}"] if number + 1 < nodes else [],
            "message": {
                "id": f"m{number}",
                "author": {"role": "user" if number % 2 else "assistant"},
                "create_time": 1_770_000_000 + number,
                "content": {"content_type": "text", "parts": [f"text {number}"]},
            },
        }
    return {"title": "Long", "create_time": 1, "conversation_id": "c1", "mapping": mapping, "current_node": f"n{nodes - 1}"}


def test_a_tree_of_100_000_nodes(home: Path, database_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation(100_000)]))
    imported()
    told(imported(str(path)), 0, ANY_LIMIT)
    with survived(database_path) as library:
        (summary,) = [each for each in library.summaries(library.session_ids()) if each.source == "chatgpt"]
        assert summary.message_count == 99_999


def bomb() -> bytes:
    """A gigabyte of one letter, in a file of a megabyte."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open("conversations.json", "w") as member:
        member.write(b"[")
        for _ in range(1024):
            member.write(b" " * MB)
    return data.getvalue()


def crowd() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("conversations.json", json.dumps([conversation(3)]))
        for number in range(100_000):
            archive.writestr(f"f{number}", b"")
    return data.getvalue()


def overlapping() -> bytes:
    """Many entries of the directory that point to the same bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", b" " * (10 * MB))
    whole = data.getvalue()
    at = whole.rindex(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    entry = whole[at:end]
    count = 1000
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, at, 0)
    return whole[:at] + entry * count + tail


@pytest.mark.parametrize("make", [bomb, crowd, overlapping])
def test_hostile_archives_are_refused_at_once(home: Path, database_path: Path, tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(make())
    imported()
    outcome = imported(str(path))
    told(outcome, 1, ZIP_LIMIT)
    assert outcome.seconds <= ZIP_SECONDS
    assert f"{path}:1: " in outcome.err
    with survived(database_path) as library:
        assert len(library.session_ids()) == 1


def test_devices_fifos_and_links_to_them(home: Path, database_path: Path, tmp_path: Path) -> None:
    folder = transcript(home, CANARY).parent
    (folder / "zero.jsonl").symlink_to("/dev/zero")
    os.mkfifo(folder / "fifo.jsonl")
    (tmp_path / "zero").symlink_to("/dev/zero")
    told(imported(timeout=30), 0, ZIP_LIMIT)
    told(imported(str(tmp_path / "zero"), str(folder / "fifo.jsonl"), timeout=30), 0, ZIP_LIMIT)
    survived(database_path).close()


def test_a_file_that_grows_while_it_is_read(home: Path, database_path: Path) -> None:
    path = transcript(home, HEAVY)
    write(path, session_id(HEAVY), 0, 20_000)
    process = start("import")
    for number in range(20_000, 20_400):
        write(path, session_id(HEAVY), number, number + 1)
        time.sleep(0.002)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    with survived(database_path) as library:
        ingest.run(library)
        assert library.summary(_uid(library)).message_count == 20_400 - (20_400 - 1) // 8


def test_files_that_are_deleted_while_they_are_read(home: Path, database_path: Path) -> None:
    for number in range(10, 60):
        write(transcript(home, number), session_id(number), 0, 400)
    process = start("import")
    time.sleep(0.5)
    for number in range(10, 60):
        transcript(home, number).unlink()
        time.sleep(0.005)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    with survived(database_path) as library:
        stored = [each for each in library.summaries(library.session_ids()) if each.source_id != session_id(CANARY)]
        assert all(each.message_count == 400 - 399 // 8 for each in stored), "whole, or not there"
