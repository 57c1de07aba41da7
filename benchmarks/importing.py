"""What an import costs, as ratios measured in one run: seconds say more about the machine than about the program.

    python benchmarks/importing.py [--sessions 300] [--runs 10]
    python benchmarks/importing.py --home DIR --yardstick "python raw_import.py ..."

Without `--home` a corpus of Claude Code transcripts is made up in a temporary folder. The yardstick is any command that does the raw work
of the same import (parse, insert, index); without one the first import is printed in seconds only. CPU time, user and system.
"""

import argparse
import json
import os
import random
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SYLLABLES = ["ka", "lo", "mi", "ta", "re", "no", "su", "vi", "der", "fin", "gro", "pal", "sen", "tor", "wex", "zam"]
AGE = 3600  # seconds: a folder changed just now is looked at again, which is not what a refresh usually meets


def cpu_of(command: list[str], home: Path, store: Path, runs: int = 1) -> float:
    """The least CPU seconds of so many runs."""
    environment = os.environ | {"HOME": str(home), "CHATVIEWER_HOME": str(store), "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling our modules each time is not what is measured
    times = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def words(dice: random.Random, count: int) -> str:
    """Prose with an identifier here and there."""
    found = ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(count)]
    return " ".join(word + dice.choice(("Service", "Error", "_count")) if dice.random() < 0.03 else word for word in found)


def record(dice: random.Random, session: str, number: int, kind: str, content: object) -> dict[str, object]:
    """A line of a transcript; each hangs on the one before."""
    return {
        "type": kind,
        "uuid": f"{session}-{number}",
        "parentUuid": f"{session}-{number - 1}" if number else None,
        "sessionId": session,
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1_750_000_000 + number * 30)),
        "cwd": f"/home/dev/project{dice.randint(1, 9)}",
        "message": {"role": kind, "content": content, "model": "made-up-1", "id": f"msg-{session}-{number}"},
    }


def turns(dice: random.Random, session: str, first: int, count: int) -> list[dict[str, object]]:
    """Prompts, replies with a tool call, results."""
    lines: list[dict[str, object]] = []
    for number in range(first, first + count * 4, 4):
        call = {"type": "tool_use", "id": f"call-{session}-{number}", "name": "Bash", "input": {"command": words(dice, 12)}}
        result = {"type": "tool_result", "tool_use_id": f"call-{session}-{number}", "content": words(dice, 300)}
        lines += [
            record(dice, session, number, "user", words(dice, 30)),
            record(dice, session, number + 1, "assistant", [{"type": "thinking", "thinking": words(dice, 60)}]),
            record(dice, session, number + 2, "assistant", [{"type": "text", "text": words(dice, 80)}, call]),
            record(dice, session, number + 3, "user", [result]),
        ]
    return lines


def make_corpus(home: Path, count: int) -> None:
    """So many transcripts of different length, an hour old."""
    dice = random.Random(1)
    for number in range(count):
        session = f"{number:08x}-0000-4000-8000-{number:012x}"
        path = home / ".claude" / "projects" / f"-home-dev-project{number % 20}" / f"{session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = turns(dice, session, 0, dice.choice((2, 5, 10, 40)))
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    let_age(home)


def let_age(home: Path) -> None:
    then = time.time() - AGE
    for path in [*home.rglob("*"), home]:
        os.utime(path, (then, then))


def append(home: Path, number: int) -> None:
    """One more turn, of that number, at the end of one transcript."""
    path = min((home / ".claude" / "projects").rglob("*.jsonl"))
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(line) + "\n" for line in turns(random.Random(number), path.stem, 1000 + 4 * number, 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a home with chats in it, only read")
    parser.add_argument("--sessions", type=int, default=300, help="of the corpus that is made up")
    parser.add_argument("--yardstick", help="a command that does the raw work of the same import")
    parser.add_argument("--runs", type=int, default=10, help="of the short commands; the best one counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, store = options.home, Path(folder) / "store"
        if home is None:
            home = Path(folder) / "home"
            make_corpus(home, options.sessions)
        # what the installed command does
        chatviewer = [sys.executable, "-c", "from chatviewer.__main__ import program; program()", "import"]
        cpu_of(chatviewer, Path(folder) / "nobody", Path(folder) / "other")  # compiled, and in the cache of the disk
        nothing = cpu_of([sys.executable, "-c", "pass"], home, store, options.runs)
        yardstick = cpu_of(shlex.split(options.yardstick), home, store) if options.yardstick else None
        first = cpu_of(chatviewer, home, store)
        against = f"{first / yardstick:.2f}x of the yardstick's {yardstick:.2f} s" if yardstick else "no yardstick given"
        print(f"first import     {first:.2f} s, {against}")
        refresh = cpu_of(chatviewer, home, store, options.runs)
        print(f"nothing changed  {1000 * refresh:.0f} ms, {refresh / nothing:.2f}x of `python -c pass`")
        if options.home is None:  # a home that was given is left as it is
            longer = []
            for number in range(options.runs):
                append(home, number)
                longer.append(cpu_of(chatviewer, home, store))
            print(f"one longer file  {1000 * min(longer):.0f} ms, {min(longer) / refresh:.2f}x of nothing changed")
        size = sum(path.stat().st_size for path in store.glob("chatviewer.db*"))
        source = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
        print(f"database         {size / 1e6:.1f} MB, {size / source:.2f}x of the sources' {source / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
