"""`chatviewer import`: new chats into the database. Problems go to stderr as `path:line: reason`."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from chatviewer.cli.opening import left_journal, open_library
from chatviewer.cli.output import counted, say, say_document, tell

if TYPE_CHECKING:
    from argparse import Namespace

    from chatviewer.cli.parser import Arguments
    from chatviewer.domain.importing import ImportReport

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def add_arguments(parser: "Arguments") -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of any source; none: every known place")
    parser.add_argument("--source", metavar="NAME", help="only this source (`chatviewer sources` names them)")
    parser.add_argument("--watch", action="store_true", help="stay, and import what running sessions write until Ctrl+C")
    parser.add_argument("--json", action="store_true", help="the counts and problems as JSON")


def run(arguments: "Namespace") -> int:
    from chatviewer import ingest
    from chatviewer.cli.progress import progress
    from chatviewer.paths import database_path

    if arguments.watch:
        return _watch(arguments)
    journal = left_journal(database_path(arguments.database))
    with open_library(arguments, create=True) as library, _stopping() as stop, progress() as on_progress:
        report = ingest.run(
            library,
            paths=tuple(arguments.paths),
            source=arguments.source,
            on_progress=on_progress,
            should_stop=stop.is_set,
        )
    _say(report, is_json=arguments.json)
    if journal is not None:
        tell(f"{journal} holds your changes of a database that is gone; `chatviewer doctor --repair` brings them back.")
    if stop.is_set():
        tell("Stopped. What was read is stored; import again to go on.")
        return 128 + stop.number
    return 1 if report.problems else 0


def _say(report: "ImportReport", *, is_json: bool) -> None:
    if is_json:
        say_document(_document(report))
    else:
        _say_summary(report)
    for problem in report.problems:
        tell(str(problem))


def _watch(arguments: "Namespace") -> int:
    """One import, then what is new, each as soon as it is there. Ctrl+C is the way to end it, so it ends well."""
    import sys
    from time import sleep

    from chatviewer import ingest
    from chatviewer.errors import UsageError
    from chatviewer.ingest.watching import Watch

    if arguments.paths or arguments.source:
        raise UsageError("--watch looks into the known places; leave out the paths and --source.")
    with open_library(arguments, create=True) as library, _stopping("Stopping.") as stop:
        first = ingest.run(library, should_stop=stop.is_set)
        _say(first, is_json=arguments.json)
        watch = Watch(library, told=first.problems)
        while not stop.is_set():
            sys.stdout.flush()
            sleep(0.2)
            report = watch.look(should_stop=stop.is_set) if watch.is_due else None
            if report is not None:
                _say(report, is_json=arguments.json)
    return 0 if stop.number == signal.SIGINT else 128 + stop.number


class _Stop:
    """Whether Ctrl+C was pressed, or the system wants the program to end. A signal handler sets it; the import looks between files
    and leaves a sound database."""

    def __init__(self, words: str) -> None:
        self.number = 0  # of the signal
        self._words = words

    def is_set(self) -> bool:
        return self.number != 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.number:  # pressed again: at once. The transaction that is open is rolled back
            raise KeyboardInterrupt
        self.number = number
        tell(self._words)


@contextmanager
def _stopping(words: str = "Stopping after this file; Ctrl+C again stops at once.") -> Iterator[_Stop]:
    stop = _Stop(words)
    before: dict[signal.Signals, Any] = {}
    try:
        for number in SIGNALS:
            if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays what it is
                before[number] = signal.signal(number, stop)
    except ValueError:  # not in the main thread, where no signal arrives
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _document(report: "ImportReport") -> dict[str, Any]:
    counts = report.counts
    return {
        "sessions": {"new": counts.new, "updated": counts.updated, "unchanged": counts.unchanged},
        "messages": counts.messages,
        "tool_calls": counts.tool_calls,
        "files": {"read": report.files_read, "unchanged": report.files_unchanged, "skipped": report.files_skipped},
        "skipped": dict(report.skipped),
        "problems": [{"path": problem.path, "line": problem.line, "reason": problem.reason} for problem in report.problems],
        "seconds": round(report.seconds, 3),
    }


def _say_summary(report: "ImportReport") -> None:
    from chatviewer import ingest

    counts = report.counts
    shown = counts.new - counts.new_subagents  # those that a list shows
    sessions = [f"{number:,} {word}" for number, word in ((shown, "new"), (counts.updated, "updated")) if number]
    if counts.new_subagents:
        sessions.insert(1 if shown else 0, counted(counts.new_subagents, "new sub-agent"))
    if sessions:
        say(
            f"Sessions: {', '.join(sessions)}; {counted(counts.messages, 'message')}, {counted(counts.tool_calls, 'tool call')} "
            f"in {report.seconds:.1f} s."
        )
    elif ingest.HISTORY_IS_OFF in report.skipped:
        say("Nothing was added: the preference save_history is off; `chatviewer preferences set save_history on` allows it.")
        return
    elif not report.files_read and not report.files_unchanged:
        say("No chats found. `chatviewer sources` shows where they are looked for; `chatviewer import PATH` reads an export.")
    else:
        say(f"Nothing new in {counted(report.files_read + report.files_unchanged, 'file')}.")
    if report.skipped:
        kinds = sorted(report.skipped.items(), key=lambda item: (-item[1], item[0]))
        from chatviewer.domain.sanitizing import safe_line

        say(f"Left out on purpose: {', '.join(f'{count:,} {safe_line(kind, 60)}' for kind, count in kinds)}.")
    if report.problems:
        say(f"{counted(len(report.problems), 'problem')}, each with its file and line on stderr.")
