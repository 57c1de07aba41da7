"""A refresh: no folder below the default places changed since they were last looked through, so no file came or went.

A file that comes or goes changes the mtime of its folder, a file that grows its own. So it is enough to ask the file system for the
folders and files that are known; which they are, the last import wrote down.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chatviewer import __version__
from chatviewer.domain.record import NamedTuple

if TYPE_CHECKING:
    from chatviewer.storage.library import Library

MISSING = -1  # the mtime of a folder that is not there
_ENVIRONMENT = ("HOME", "DIR", "PROFILE", "DATA")  # how the names of the variables end by which programs move their folders


class Look(NamedTuple):
    """A look at the folders and files that are known, where nothing came and nothing went."""

    unchanged_count: int
    changed: list[str]  # files
    skipped: dict[str, int]  # by kind, as the last discovery counted them


def look(library: Library) -> Look | None:
    """What changed among the known files; None if there may be others, and the places have to be searched."""
    seen = library.discovery()
    if seen is None or seen.fingerprint != fingerprint(library):
        return None
    folders = seen.folders
    if any(folder_time(folder) != time for folder, time in folders.items()):
        return None
    unchanged = 0
    changed: list[str] = []
    stat = os.stat
    for path, (size, mtime, ctime, is_gone) in library.file_stamps().items():
        if is_gone or (path not in folders and path.rpartition("/")[0] not in folders):
            continue
        try:
            now = stat(path, follow_symlinks=False)
        except OSError:
            return None
        if now.st_ctime_ns != ctime or now.st_mtime_ns != mtime or now.st_size != size or has_log(path):
            changed.append(path)
        else:
            unchanged += 1
    return Look(unchanged, changed, seen.skipped)


def has_log(path: str) -> bool:
    """Whether SQLite's log lies beside the file: then the file alone does not tell that it changed."""
    return not path.endswith((".jsonl", ".json")) and os.path.exists(f"{path}-wal")


def folder_time(folder: str) -> int:
    """The mtime of a folder in nanoseconds."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return MISSING


def fingerprint(library: Library) -> str:
    """Of all that decides where chats are looked for and what is done with them: program, importers, preferences, environment."""
    importers = os.path.join(os.path.dirname(os.path.dirname(__file__)), "importers")
    environment = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.endswith(_ENVIRONMENT)]
    return "\n".join((__version__, str(folder_time(importers)), library.import_preferences(), *environment))
