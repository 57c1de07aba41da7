"""What an import costs, as ratios measured in one run: seconds say more about the machine than about the program.

    python benchmarks/importing.py [--sessions 1000 5000] [--firsts 3] [--runs 10]
    python benchmarks/importing.py --home DIR [DIR ...]

Without `--home` corpora of Claude Code transcripts are made up in a temporary folder. The yardstick is `raw_import.py`, which does the raw
work of the same import (parse, insert, index) and nothing else; it is run before each first import, and the ratio is the median of
the pairs. CPU time, user and system; memory is the most that was resident. A home that is given is only read.

Behind each ratio stands the one to reach. That of a refresh is meant for 1,000 files; that of the database for chats as they are, with
`--home`: made-up ones are words and little else. A longer file has one more turn at its end; a new
session is a file of two turns in a folder that is known. Both are compared with a refresh of the same corpus.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SYLLABLES = ["ka", "lo", "mi", "ta", "re", "no", "su", "vi", "der", "fin", "gro", "pal", "sen", "tor", "wex", "zam"]
AIMS = {"first": 1.25, "database": 0.65, "refresh": 3.5, "longer": 1.2, "new": 1.2}
AGE = 3600  # seconds: a folder changed just now is looked at again, which is not what a refresh usually meets


class Cost(NamedTuple):
    """Of one command, or the least of several runs of it."""

    cpu: float  # seconds
    memory: int  # MB


def cost_of(command: list[str], home: Path, store: Path, runs: int = 1) -> Cost:
    """The least of so many runs."""
    environment = os.environ | {"HOME": str(home), "CHATVIEWER_HOME": str(store), "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling our modules each time is not what is measured
    costs = []
    for _ in range(runs):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        costs.append(Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 // 1_000_000))
    return Cost(min(cost.cpu for cost in costs), max(cost.memory for cost in costs))


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


def add_session(home: Path, number: int) -> None:
    """One more transcript, of two turns, in a folder that changed a while ago."""
    session = f"{number:08x}-0000-4000-8000-new{number:09x}"
    folder = home / ".claude" / "projects" / f"-home-dev-project{number % 20}"
    lines = turns(random.Random(number), session, 0, 2)
    (folder / f"{session}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    then = time.time() - AGE / 2 + number
    os.utime(folder, (then, then))


def aim(name: str) -> str:
    return f"(aim {AIMS[name]}x)"


def measure(home: Path, folder: Path, options: argparse.Namespace, is_ours: bool) -> None:
    """All figures of one home; `is_ours`: one that may be written to."""
    store, raw = folder / "store", folder / "raw.db"
    # what the installed command does
    chatviewer = [sys.executable, "-c", "from chatviewer.__main__ import program; program()", "import"]
    firsts, yardsticks = [], []
    for _ in range(options.firsts):
        for old in (store, raw):
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
        yardsticks.append(cost_of([sys.executable, str(ROOT / "benchmarks" / "raw_import.py"), str(home), str(raw)], home, store))
        firsts.append(cost_of(chatviewer, home, store))
    ratio = median(first.cpu / yardstick.cpu for first, yardstick in zip(firsts, yardsticks, strict=True))
    least = min(first.cpu for first in firsts)
    source = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in store.glob("chatviewer.db*"))
    print(f"sources          {source / 1e6:.1f} MB")
    bare = min(yardstick.cpu for yardstick in yardsticks)
    print(f"first import     {least:.2f} s, {ratio:.2f}x of the yardstick's {bare:.2f} s {aim('first')}")
    print(f"memory           {max(first.memory for first in firsts)} MB")
    told = "" if is_ours else f" {aim('database')}"
    bare_size = raw.stat().st_size / source
    print(f"database         {size / 1e6:.1f} MB, {size / source:.2f}x of the sources{told}; the yardstick's {bare_size:.2f}x")
    nothing = cost_of([sys.executable, "-c", "pass"], home, store, options.runs).cpu
    refresh = cost_of(chatviewer, home, store, options.runs).cpu
    print(f"nothing changed  {1000 * refresh:.0f} ms, {refresh / nothing:.2f}x of `python -c pass` {aim('refresh')}")
    if is_ours:
        for name, label, change in (("longer", "one longer file", append), ("new", "one new session", add_session)):
            costs = []
            for number in range(options.runs):
                change(home, number)
                costs.append(cost_of(chatviewer, home, store).cpu)
            print(f"{label}  {1000 * min(costs):.0f} ms, {min(costs) / refresh:.2f}x of nothing changed {aim(name)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, nargs="+", help="homes with chats in them, only read")
    parser.add_argument("--sessions", type=int, nargs="+", default=[1000, 5000], help="of the corpora that are made up")
    parser.add_argument("--firsts", type=int, default=3, help="pairs of the yardstick and a first import")
    parser.add_argument("--runs", type=int, default=10, help="of the short commands; the best one counts")
    options = parser.parse_args()
    for given in options.home or options.sessions:
        with tempfile.TemporaryDirectory() as folder:
            home = given if options.home else Path(folder) / "home"
            print(f"--- {given}{'' if options.home else ' sessions'}")
            if not options.home:
                make_corpus(home, given)
            measure(home, Path(folder), options, is_ours=not options.home)


if __name__ == "__main__":
    main()
