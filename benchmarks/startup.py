"""What starting costs: processor time of whole processes beside `python -c pass`, in one run. Figures are ratios; none is a test.

python benchmarks/startup.py [--rounds N] [--files N]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# ratios to reach
AIMS = {"--version": 1.5, "list": 2.5, "search": 2.5, "refresh": 3.5}


def make_chats(folder: Path, count: int) -> None:
    """Sessions of Claude Code, made up."""
    project = folder / "projects" / "-home-ada-api"
    project.mkdir(parents=True)
    for number in range(count):
        lines, parent = [], None
        for part in range(20):
            role = "assistant" if part % 2 else "user"
            uuid = f"00000000-0000-4000-8000-{number:06d}{part:06d}"
            lines.append(
                json.dumps(
                    {
                        "type": role,
                        "uuid": uuid,
                        "parentUuid": parent,
                        "sessionId": f"10000000-0000-4000-8000-{number:012d}",
                        "cwd": "/home/ada/api",
                        "timestamp": f"2026-03-01T{number % 24:02d}:{part:02d}:00.000Z",
                        "message": {"role": role, "content": f"words of part {part} in session {number}, a flaky test among them"},
                    }
                )
            )
            parent = uuid
        (project / f"10000000-0000-4000-8000-{number:012d}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def best(command: list[str], environment: dict[str, str], rounds: int) -> float:
    """Processor seconds of the cheapest of some runs: the others were disturbed."""
    costs = []
    for _ in range(rounds):
        nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
        child = os.posix_spawn(command[0], command, environment, file_actions=nowhere)
        _, status, usage = os.wait4(child, 0)
        if status:
            raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
        costs.append(usage.ru_utime + usage.ru_stime)
    return min(costs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_chats(folder / "claude", options.files)
        environment = {
            **os.environ,
            "HOME": name,
            "CHATVIEWER_HOME": str(folder / "data"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "CODEX_HOME": str(folder / "codex"),
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # what the installed command does
        program = [sys.executable, "-c", "from chatviewer.__main__ import program; program()"]
        subprocess.run([*program, "import"], env=environment, stdout=subprocess.DEVNULL, check=True)
        floor = best([sys.executable, "-c", "pass"], environment, options.rounds)
        print(f"{'python -c pass':16} {floor * 1000:7.1f} ms")
        words = {
            "--version": ["--version"],
            "list": ["list", "--limit", "50"],
            "search": ["search", "flaky", "test"],
            "refresh": ["import"],
        }
        for what, arguments in words.items():
            best([*program, *arguments], environment, 1)  # compiles
            seconds = best([*program, *arguments], environment, options.rounds)
            print(f"{what:16} {seconds * 1000:7.1f} ms  {seconds / floor:5.2f}x  (aim {AIMS[what]}x)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
