"""JSON Lines: one `show --json` document per line. Verbatim: controls and lone surrogates stand as \\uXXXX."""

from collections.abc import Iterable
from typing import TextIO

from chatviewer.domain.summary import SessionSummary
from chatviewer.exporters.base import Exporter, ExportReader, paged
from chatviewer.exporters.document import document_pieces, session_document


def write_document(library: ExportReader, summary: SessionSummary, out: TextIO, seqs: list[int] | None = None) -> None:
    """One session as in `show --json`, without a line feed; all its messages, or those of `seqs`."""
    session = session_document(summary, library.session(summary.uid), library.context_items(summary.id))
    if seqs is None:
        seqs = [stub.seq for stub in library.stubs(summary.id)]
    out.writelines(document_pieces(session, paged(library, summary.id, seqs)))


class JsonLinesExporter(Exporter):
    format = "jsonl"
    label = "JSON, one session a line; nothing left out"
    extension = ".jsonl"
    is_data = True

    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        for summary in summaries:
            write_document(library, summary, out)
            out.write("\n")
