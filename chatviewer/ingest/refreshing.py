"""A refresh with nothing new: no folder and no file below the default places changed since they were last looked through.

A file that comes or goes changes the mtime of its folder, a file that grows its own. So it is enough to ask the file system for the
folders and files that are known; which they are, the last import wrote down.
"""

import os
from typing import TYPE_CHECKING

from chatviewer import __version__
from chatviewer.domain.importing import ImportReport

if TYPE_CHECKING:
    from chatviewer.storage.library import Library

MISSING = -1  # the mtime of a folder that is not there
_ENVIRONMENT = ("HOME", "DIR", "PROFILE", "DATA")  # how the names of the variables end by which programs move their folders


def refresh(library: "Library") -> ImportReport | None:
    """The report of a refresh that found nothing new; None if it takes a closer look."""
    seen = library.discovery()
    if seen is None or seen.fingerprint != fingerprint(library):
        return None
    folders = seen.folders
    if any(folder_time(folder) != time for folder, time in folders.items()):
        return None
    unchanged = 0
    stat = os.stat
    for path, (size, mtime, inode, is_gone) in library.file_stamps().items():
        if is_gone or (path not in folders and path.rpartition("/")[0] not in folders):
            continue
        try:
            now = stat(path, follow_symlinks=False)
        except OSError:
            return None
        if now.st_mtime_ns != mtime or now.st_size != size or now.st_ino != inode:
            return None
        if has_log(path):
            return None
        unchanged += 1
    return ImportReport(files_unchanged=unchanged, files_skipped=sum(seen.skipped.values()), skipped=seen.skipped)


def has_log(path: str) -> bool:
    """Whether SQLite's log lies beside the file: then the file alone does not tell that it changed."""
    return not path.endswith((".jsonl", ".json")) and os.path.exists(f"{path}-wal")


def folder_time(folder: str) -> int:
    """The mtime of a folder in nanoseconds."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return MISSING


def fingerprint(library: "Library") -> str:
    """Of all that decides where chats are looked for and what is done with them: program, importers, preferences, environment."""
    importers = os.path.join(os.path.dirname(os.path.dirname(__file__)), "importers")
    environment = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.endswith(_ENVIRONMENT)]
    return "\n".join((__version__, str(folder_time(importers)), library.import_preferences(), *environment))
