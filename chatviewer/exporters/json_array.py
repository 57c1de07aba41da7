"""One JSON document: `{"schema_version": 1, "sessions": [...]}`, each session as in `show --json`."""

from collections.abc import Iterable
from typing import TextIO

from chatviewer.domain.summary import SessionSummary
from chatviewer.exporters.base import Exporter, ExportReader
from chatviewer.exporters.document import SCHEMA_VERSION
from chatviewer.exporters.jsonl import write_document


class JsonExporter(Exporter):
    format = "json"
    label = "one JSON document of all sessions; nothing left out"
    extension = ".json"
    is_data = True

    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        out.write(f'{{"schema_version": {SCHEMA_VERSION}, "sessions": [')
        separator = "\n"
        for summary in summaries:
            out.write(separator)
            write_document(library, summary, out)
            separator = ",\n"
        out.write("\n]}\n")
