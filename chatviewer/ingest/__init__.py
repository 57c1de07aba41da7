"""The import use case: files that changed -> importer -> `library.save`. Progress and problems are values; nothing is printed.

A refresh that finds nothing new must answer in milliseconds, so this module and `refreshing` load no importer: `importing` does,
once there is something to read.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from chatviewer.domain.importing import Beginning, ImportProgress, ImportReport, SourceStatus
from chatviewer.ingest.refreshing import look

if TYPE_CHECKING:
    from pathlib import Path

    from chatviewer.storage.library import Library

HISTORY_IS_OFF = "save history is off"
"""The kind under which `ImportReport.skipped` says that the preference forbids to add anything."""


def run(
    library: "Library",
    paths: "Sequence[Path | str]" = (),
    source: str | None = None,
    on_progress: Callable[[ImportProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_beginning: Callable[[Beginning], None] | None = None,
) -> ImportReport:
    """Import `paths` (files or folders of any source), or whatever lies in the default places; of one `source` only, if given.

    `on_progress` is called after each file, `should_stop` asked before each. One bad record costs that record, one bad file that
    file: both are in `problems`. With `on_beginning`, a first import of much begins with the newest files; it is called as soon as they
    are in the library, to be read while all are imported. Raises UsageError for an unknown source, and the DatabaseError kinds.
    """
    started = perf_counter()
    library.forget_purged()
    seen = None if paths or source is not None else look(library)
    if seen is not None and not seen.changed and not seen.moved:
        skipped = seen.seen.skipped
        report = ImportReport(files_unchanged=seen.unchanged_count, files_skipped=sum(skipped.values()), skipped=skipped)
    else:
        from chatviewer.ingest.importing import Importing

        importing = Importing(library, source, on_progress, should_stop, on_beginning)
        if seen is None:
            from pathlib import Path

            report = importing.run([Path(path) for path in paths])
        else:
            report = importing.run_known(seen)
    return report._replace(seconds=perf_counter() - started)


def check_preference(key: str, value: object) -> None:
    """What only the importers know of a preference: that each name in `disabled_sources` is a source. Else raises UsageError."""
    if key == "disabled_sources":
        from chatviewer.ingest.discovering import chosen_importers

        for name in filter(None, (name.strip() for name in str(value).split(","))):
            chosen_importers(name.casefold())


def sources(library: "Library | None" = None) -> list[SourceStatus]:
    """Every known source: where it is looked for, what is there, what its program deletes when; with a library, also how much of that is
    not in it yet, and what else of it is. Those that `disabled_sources` leaves out are there all the same."""
    from chatviewer.ingest.discovering import source_statuses

    return source_statuses(library.imported_files() if library is not None else [])
