"""The program as a process of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "chatviewer"]
SLOW = {"textual", "rich", "peewee", "markdown_it", "pygments", "asyncio", "dataclasses", "platformdirs"}


def program(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run it to its end. By default both outputs are kept."""
    given = {"cwd": ROOT, "capture_output": True, "encoding": "utf-8", "timeout": 60, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run([*PROGRAM, *words], check=False, **given)


def loaded(*words: str) -> set[str]:
    """The modules that a command line loads; those of chatviewer by their whole name, of others the package."""
    code = (
        "import sys; from chatviewer.__main__ import main; code = main(sys.argv[1:]); "
        "print('\\n'.join(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    outcome = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, encoding="utf-8", timeout=60, cwd=ROOT, check=True)
    return {name if name.startswith("chatviewer") else name.partition(".")[0] for name in outcome.stderr.split()}
