"""`doctor --repair`: a new database from the sources that still exist, from the rows of the old one, and from the user's journal."""

import os
from pathlib import Path
from typing import NamedTuple

from chatviewer import ingest
from chatviewer.domain.importing import ImportReport
from chatviewer.storage.repairing import rebuilding


class RepairReport(NamedTuple):
    """What the new database was made of."""

    imported: ImportReport  # read anew from the sources
    sessions_kept: int  # which no source holds any more
    messages_kept: int  # theirs, and those that a source lost
    changed_texts: int  # of those, texts that the damage has changed and no source corrects
    journal_lines: int  # that gave the user's own data back
    kept_as: Path | None  # where the old database lies now; None: there was none, or nothing in it
    has_lost: bool  # rows of the old database could not be read


def repair(path: Path) -> RepairReport:
    """Rebuild the database at `path`, which may be missing. The old file is kept beside it, untouched.

    Raises the DatabaseError kinds; then nothing was changed.
    """
    with rebuilding(path) as rebuilt:
        library = rebuilt.library
        report = ingest.run(library)
        known = rebuilt.known_paths()
        met = library.file_stamps()
        others = [name for name in known if name not in met and os.path.isfile(name)]
        if others:
            more = ingest.run(library, paths=others)
            report = report._replace(
                counts=report.counts.plus(more.counts),
                files_read=report.files_read + more.files_read,
                problems=(*report.problems, *more.problems),
            )
        kept = rebuilt.rejoin()
        gone = [name for name in library.file_stamps() if not os.path.lexists(name)]
        library.mark_gone(gone)
        lines = rebuilt.restore()
        is_partial = len(rebuilt.salvaged.complete) < len(rebuilt.salvaged.rows) or not rebuilt.salvaged.rows
        has_lost = path.exists() and not rebuilt.is_blank and is_partial
        return RepairReport(report, kept.sessions, kept.messages, kept.changed_texts, lines, rebuilt.take_place(), has_lost)
