"""`chatviewer export`: sessions as text for people and programs."""

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from chatviewer.cli.opening import add_selection, asked_query, in_chunks, open_library, selected
from chatviewer.cli.output import counted, is_terminal, tell
from chatviewer.domain.sanitizing import safe

if TYPE_CHECKING:
    from chatviewer.domain.summary import SessionSummary
    from chatviewer.exporters.base import Exporter, ExportReader
    from chatviewer.query import Query
    from chatviewer.storage.library import Library


def add_arguments(parser: ArgumentParser) -> None:
    from chatviewer.exporters.registry import exporters

    formats = exporters()
    add_selection(parser, "; neither ids nor --query: all that list shows")
    parser.add_argument(
        "--format", required=True, choices=[each.format for each in formats], help="; ".join(f"{e.format}: {e.label}" for e in formats)
    )
    parser.add_argument("-o", "--output", metavar="PATH", default="-", help="a file; - (default) is stdout")
    parser.add_argument("--force", action="store_true", help="overwrite the file")
    parser.add_argument(
        "--redact", action=BooleanOptionalAction, help="hide what looks like a key, token or password (default: preference redact_exports)"
    )


def run(arguments: Namespace) -> int:
    from chatviewer.exporters.redaction import RedactingReader, Redactor
    from chatviewer.exporters.registry import find_exporter

    exporter = find_exporter(arguments.format)
    with open_library(arguments) as library:
        query = None if arguments.query is None else asked_query(arguments.query)
        is_redacting = library.preference("redact_exports") if arguments.redact is None else arguments.redact
        sessions = _Sessions(library, arguments.sessions, query)
        redactor = Redactor()
        if is_redacting:
            reader = RedactingReader(library, redactor)
            _write(exporter, reader, reader.summaries(sessions), arguments)
        else:
            _write(exporter, library, iter(sessions), arguments)
    if arguments.output != "-" or not sessions.count:
        tell(f"{counted(sessions.count, 'session')} written{'' if arguments.output == '-' else f' to {arguments.output}'}.")
    if redactor.found:
        tell(f"Hidden: {redactor.summary()}. --no-redact leaves them in.")
    return 0 if sessions.is_complete else 1


class _Sessions:
    """The sessions asked for, counted as they pass. All active ones where none was named."""

    def __init__(self, library: "Library", prefixes: list[str], query: "Query | None") -> None:
        self._library = library
        self._prefixes = prefixes
        self._query = query
        self.count = 0
        self.is_complete = True

    def __iter__(self) -> "Iterator[SessionSummary]":
        for summary in self._found():
            self.count += 1
            yield summary

    def _found(self) -> "Iterator[SessionSummary]":
        if self._prefixes:
            sessions, self.is_complete = selected(self._library, self._prefixes, self._query)
            yield from sessions
        else:
            yield from in_chunks(self._library, self._library.session_ids(self._query))


def _write(exporter: "Exporter", reader: "ExportReader", sessions: "Iterator[SessionSummary]", arguments: Namespace) -> None:
    if arguments.output == "-":
        if sys.stdout is not None:
            out: TextIO = sys.stdout if exporter.is_data or not is_terminal() else _Harmless(sys.stdout)  # type: ignore[assignment]
            exporter.write(reader, sessions, out)
        return
    from chatviewer.exporters.target import export_file

    with export_file(Path(arguments.output), is_overwriting=arguments.force) as out:
        exporter.write(reader, sessions, out)


class _Harmless:
    """A terminal that is sent no command: the text of people's formats is verbatim, so it is made harmless on its way there."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(safe(text))

    def writelines(self, lines: "Iterator[str]") -> None:
        for line in lines:
            self.write(line)
