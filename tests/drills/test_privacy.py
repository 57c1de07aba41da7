"""Offline, and sources are only read."""

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.process import PROGRAM, ROOT
from tests.drills.machine import fill_home

COMMANDS = (
    ["import"],
    ["search", "lorem"],
    ["list"],
    ["stats"],
    ["sources"],
    ["doctor"],
    ["doctor", "--repair"],
    ["export", "--format", "jsonl", "--query", "is:any"],
)


def prints(folder: Path) -> dict[str, tuple[str, int]]:
    """Of each file its content and its mtime."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_socket_is_opened_and_no_source_touched(isolated_home: Path, tmp_path: Path) -> None:
    fill_home(isolated_home, 4, 20)
    before = prints(isolated_home / ".claude")
    log = tmp_path / "calls"
    for words in COMMANDS:
        trace = ["strace", "-f", "-qq", "-e", "trace=network", "-o", os.fspath(log)]
        done = subprocess.run([*trace, *PROGRAM, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 1), done.stderr
        calls = [line for line in log.read_text().splitlines() if "socket(" in line or "connect(" in line]
        assert calls == [], words
    assert prints(isolated_home / ".claude") == before
    assert [path.name for path in isolated_home.iterdir()] == [".claude"]
