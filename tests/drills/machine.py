"""A made-up machine for drills: chats in a home, the program as a process, and what a library holds whatever its row numbers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from chatviewer.storage.library import Library
from tests.cli.process import PROGRAM, ROOT

DRILLS = int(os.environ.get("CHATVIEWER_DRILLS", "6"))
"""How often the drills that depend on chance are run: `CHATVIEWER_DRILLS=50 python -m pytest tests/drills` is the heavy set."""

MINUTE = 60
_HELD = {
    "session": "SELECT uid, source_id, project, title, status, message_count, tool_call_count, token_count, started_at, last_message_at,"
    " (SELECT uid FROM session p WHERE p.id = session.parent_id), source_gone_at IS NOT NULL, summary, terms, checksum"
    " FROM session ORDER BY uid",
    "message": "SELECT m.uid, s.uid, m.seq, p.uid, m.role, m.model, m.created_at, m.metadata, m.terms, m.thinking, m.content"
    " FROM message m JOIN session s ON s.id = m.session_id LEFT JOIN message p ON p.id = m.parent_id ORDER BY s.uid, m.seq",
    "tool_call": "SELECT m.uid, t.position, t.tool_name, t.status, t.input_arguments, t.output_result, t.terms"
    " FROM tool_call t JOIN message m ON m.id = t.message_id ORDER BY m.uid, t.position",
    "attachment": "SELECT m.uid, a.position, a.media_type, a.name, a.sha256, a.text, a.terms, a.checksum"
    " FROM attachment a JOIN message m ON m.id = a.message_id ORDER BY m.uid, a.position",
    "file": 'SELECT path, source, size, mtime_ns, "offset", line, head_hash, state, skipped FROM source_file ORDER BY path',
    "origin": "SELECT s.uid, f.path FROM session_file o JOIN session s ON s.id = o.session_id"
    " JOIN source_file f ON f.id = o.source_file_id ORDER BY 1, 2",
    "problem": "SELECT path, line, reason FROM import_problem ORDER BY path, line",
}
_OWN = {
    "rating": "SELECT uid, value, text FROM rating WHERE origin = 'user' ORDER BY 1",
    "note": "SELECT uid, text FROM note ORDER BY 1",
    "star": "SELECT uid, is_starred FROM star ORDER BY 1",
    "tag": "SELECT session_tag.uid, tag.name FROM session_tag JOIN tag ON tag.id = tag_id ORDER BY 1, 2",
    "title": "SELECT uid, title FROM title_override ORDER BY 1",
    "status": "SELECT uid, status FROM status_change ORDER BY 1",
    "preference": "SELECT key, value FROM preference ORDER BY 1",
    "tombstone": "SELECT uid FROM tombstone ORDER BY 1",
    "shown": "SELECT uid, title, status, starred_at IS NOT NULL, rating FROM session ORDER BY 1",
}


def held(library: Library) -> dict[str, list[Any]]:
    """All that came from sources, by uid."""
    connection = library.database.connection()
    return {name: connection.execute(sql).fetchall() for name, sql in _HELD.items()}


def own(library: Library) -> dict[str, list[Any]]:
    """All that the user said."""
    connection = library.database.connection()
    return {name: connection.execute(sql).fetchall() for name, sql in _OWN.items()}


def damages(library: Library) -> list[str]:
    return [f"{finding.check}: {finding.detail}" for finding in library.check() if finding.severity == "damage"]


def record(session: str, number: int, text: str, *, parent: int | None = None) -> str:
    """One line of a Claude Code transcript: prompts and replies take turns; every fourth reply calls a tool."""
    uuid = f"{session[:8]}-0000-4000-8000-{number:012d}"
    is_reply = number % 2 == 1
    content: Any = text
    if is_reply:
        content = [{"type": "text", "text": text}]
        if number % 8 == 7:
            content.append({"type": "tool_use", "id": f"toolu_{session[:6]}{number}", "name": "Bash", "input": {"command": f"echo {text}"}})
    elif number and number % 8 == 0:
        content = [{"type": "tool_result", "tool_use_id": f"toolu_{session[:6]}{number - 1}", "content": f"output of {text}"}]
    parent = number - 1 if parent is None and number else parent
    return json.dumps(
        {
            "type": "assistant" if is_reply else "user",
            "uuid": uuid,
            "parentUuid": None if parent is None else f"{session[:8]}-0000-4000-8000-{parent:012d}",
            "sessionId": session,
            "cwd": "/home/mira/api",
            "isSidechain": False,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1_770_000_000 + number * MINUTE)),
            "message": {"role": "assistant" if is_reply else "user", "content": content, **({"id": f"msg_{uuid}"} if is_reply else {})},
        }
    )


def session_id(number: int) -> str:
    return f"{number:08x}-1111-4222-8333-444444444444"


def transcript(home: Path, number: int, project: str = "-home-mira-api") -> Path:
    """Where a session's file lies."""
    return home / ".claude" / "projects" / project / f"{session_id(number)}.jsonl"


def write(path: Path, session: str, first: int, last: int, words: int = 40) -> None:
    """Append records first..last-1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for number in range(first, last):
            file.write(record(session, number, f"zq{session[:8]}n{number} " + "lorem ipsum dolor " * words) + "\n")


def fill_home(home: Path, sessions: int, messages: int) -> None:
    """So many sessions of so many messages; one with a record that cannot be read."""
    for number in range(sessions):
        write(transcript(home, number), session_id(number), 0, messages)
    with transcript(home, 0).open("a") as file:
        file.write("{broken\n")


def start(*words: str, **options: Any) -> "subprocess.Popen[str]":
    """The program, running."""
    given = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True, **options}
    return subprocess.Popen([*PROGRAM, *words], **given)


def start_python(code: str, *words: str) -> "subprocess.Popen[str]":
    """Python, running that code."""
    return subprocess.Popen([sys.executable, "-c", code, *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def start_confined(*words: str, **options: Any) -> "subprocess.Popen[str]":
    """As `start`, and bound by permissions also where the tests run as root."""
    given = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True, **options}
    return subprocess.Popen([*confinement(), *PROGRAM, *words], **given)


def confinement() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search,-fowner"]


def can_be_confined() -> bool:
    return os.geteuid() != 0 or shutil.which("setpriv") is not None


def killed(after_seconds: float, *words: str) -> int:
    """Start the program and kill it after a while; its exit code, -9 when it did not end before."""
    process = start(*words)
    try:
        process.wait(after_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode


def one_sentence(text: str) -> bool:
    """What a person gets when something cannot be done: one line, no traceback."""
    return len(text.strip().splitlines()) == 1 and text.startswith("chatviewer: ") and "Traceback" not in text
