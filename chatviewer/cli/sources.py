"""`chatviewer sources`: where chats are looked for, what is there, and what the agents delete of it when."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from chatviewer.cli.listing import local_time
from chatviewer.cli.opening import open_library
from chatviewer.cli.output import bold, clean, counted, dim, say, say_rows_document
from chatviewer.domain.wording import byte_size, iso_time

if TYPE_CHECKING:
    from chatviewer.domain.importing import SourceStatus


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    from chatviewer import ingest

    with open_library(arguments) as library:
        found = ingest.sources(library)
    if arguments.json:
        say_rows_document(
            "sources",
            (
                {
                    "source": status.source,
                    "label": status.label,
                    "places": [str(place) for place in status.places],
                    "found": [str(place) for place in status.found_places],
                    "file_count": status.file_count,
                    "byte_count": status.byte_count,
                    "expires": status.expires,
                    "expiring_count": status.expiring_count,
                    "unsaved_count": status.unsaved_count,
                    "imported": [
                        {
                            "path": place.path,
                            "file_count": place.file_count,
                            "imported_at": iso_time(place.imported_at),
                            "is_gone": place.is_gone,
                        }
                        for place in status.imported
                    ],
                }
                for status in found
            ),
        )
        return 0
    for status in found:
        say(f"{status.source:16} {_what(status)}")
        for place in status.places:
            mark = "" if place in status.found_places else " (not there)"
            say(dim(f"{'':16} {clean(str(place))}{mark}"))
        if status.expires and status.file_count:
            say(f"{'':16} {clean(status.expires)}")
        if status.warning():
            say(bold(f"{'':16} {status.warning()}"))
        for imported in status.imported:
            files = f"{counted(imported.file_count, 'file')}, " if imported.file_count > 1 else ""
            gone = ", gone there, kept here" if imported.is_gone else ""
            say(dim(f"{'':16} {clean(imported.path)} ({files}imported {local_time(imported.imported_at)}{gone})"))
    return 0


def _what(status: "SourceStatus") -> str:
    if status.file_count:
        return f"{counted(status.file_count, 'file')}, {byte_size(status.byte_count)}"
    if status.imported:
        return "imported, nothing found now" if status.places else "imported"
    return "nothing found" if status.places else "an export that you bring: chatviewer import PATH"
