"""`chatviewer doctor`: whether the database is sound. It looks and changes nothing; `--repair` makes a new one and keeps the old.

Exit 0: sound, or repaired. 1: damage was found. 3: the database cannot be opened at all.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatviewer.cli.opening import left_journal, open_library
from chatviewer.cli.output import clean, counted, say, say_document, tell
from chatviewer.errors import ASK_DOCTOR, DatabaseError

if TYPE_CHECKING:
    from chatviewer.domain.counts import Finding
    from chatviewer.ingest.repairing import RepairReport


WAY_OUT = (
    "`chatviewer doctor --repair` makes a new database from your chats and keeps this file beside it; "
    "or put a backup in its place, or name another file with --database."
)
WAY_OUT_OF_REPAIR = "put a backup in its place, or name another file with --database."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="make a new database from the sources, the old rows and your journal; the old file is kept beside it",
    )


def run(arguments: Namespace) -> int:
    try:
        return _run(arguments)
    except DatabaseError as error:
        if not str(error).endswith(ASK_DOCTOR):
            raise
        way = WAY_OUT_OF_REPAIR if arguments.repair else WAY_OUT
        raise type(error)(str(error).removesuffix(ASK_DOCTOR) + way) from error


def _run(arguments: Namespace) -> int:
    repaired = _repaired(arguments) if arguments.repair else None
    with open_library(arguments) as library:
        path, is_there = library.path, library.path.exists()
        findings = library.check() if is_there else []
    is_damaged = any(finding.severity == "damage" for finding in findings)
    if arguments.json:
        say_document(
            {
                "database": str(path),
                "exists": is_there,
                "is_sound": not is_damaged,
                "findings": [{"check": each.check, "severity": each.severity, "detail": each.detail} for each in findings],
                **({"repair": _document(repaired)} if repaired is not None else {}),
            }
        )
    else:
        if repaired is not None:
            _say_repair(repaired)
        _say_findings(path, findings, is_there=is_there)
    for each in findings:
        if each.severity == "damage":
            tell(f"{path}: {each.check}: {each.detail}")
    if is_damaged and not arguments.repair:
        tell("`chatviewer doctor --repair` makes a new database and keeps this one beside it.")
    return 1 if is_damaged else 0


def _repaired(arguments: Namespace) -> "RepairReport":
    from chatviewer.ingest.repairing import repair
    from chatviewer.paths import database_path

    report = repair(database_path(arguments.database))
    for problem in report.imported.problems:
        tell(str(problem))
    return report


def _say_findings(path: Path, findings: "list[Finding]", *, is_there: bool) -> None:
    say(clean(f"{path}{'' if is_there else _why_absent(path)}"))
    for each in findings:
        say(clean(f"{each.severity:7} {each.check}{': ' + each.detail if each.detail else ''}"))


def _why_absent(path: Path) -> str:
    if (journal := left_journal(path)) is not None:
        return f": there is none, but {journal.name} beside it holds your changes; `chatviewer doctor --repair` makes it from both"
    return ": no database yet; the first import makes it"


def _say_repair(report: "RepairReport") -> None:
    read = report.imported.counts
    say(f"Read anew from the sources: {counted(read.new, 'session')}, {counted(read.messages, 'message')}.")
    say(f"Kept from the old database alone: {counted(report.sessions_kept, 'session')}, {counted(report.messages_kept, 'message')}.")
    say(f"Your own changes: {counted(report.journal_lines, 'line')} of the journal.")
    if report.changed_texts:
        say(f"The damage has changed {counted(report.changed_texts, 'text')} of those; they are kept as they are.")
    if report.has_lost:
        say("Parts of the old database could not be read; what no source holds any more of them is only in that file, if anywhere.")
    if report.kept_as is not None:
        say(clean(f"The old database lies at {report.kept_as}; delete it when you miss nothing."))


def _document(report: "RepairReport") -> dict[str, Any]:
    return {
        "sessions_read": report.imported.counts.new,
        "messages_read": report.imported.counts.messages,
        "sessions_kept": report.sessions_kept,
        "messages_kept": report.messages_kept,
        "changed_texts": report.changed_texts,
        "journal_lines": report.journal_lines,
        "has_lost": report.has_lost,
        "old_database": None if report.kept_as is None else str(report.kept_as),
    }
