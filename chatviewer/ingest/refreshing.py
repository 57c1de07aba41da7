"""A refresh: where no folder below the default places changed since they were last looked through, no file came or went.

A file that comes or goes changes the mtime of its folder, a file that grows its own. So it is enough to ask the file system for the
folders and files that are known; which they are, the last import wrote down. Where files came into a few folders, these are listed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chatviewer import __version__
from chatviewer.domain.record import NamedTuple

if TYPE_CHECKING:
    from chatviewer.storage.library import Library
    from chatviewer.storage.stamps import Discovery, Stamp

MISSING = -1  # the mtime of a folder that is not there
FEW_FOLDERS = 8  # of which a look is worth while; where more changed, all are searched
SETTLED_NS = 2_000_000_000  # a folder changed later than this before it was listed may change again without a new mtime
_ENVIRONMENT = ("HOME", "DIR", "PROFILE", "DATA")  # how the names of the variables end by which programs move their folders


class Look(NamedTuple):
    """A look at the folders and files that are known, all of which are still there."""

    unchanged_count: int
    changed: list[str]  # files
    moved: dict[str, int]  # folders in which something came or went, with their mtimes now
    stamps: dict[str, Stamp]  # of all files
    seen: Discovery  # by the last discovery


def look(library: Library) -> Look | None:
    """What changed among the known files, and where there may be others; None if the places have to be searched."""
    seen = library.discovery()
    if seen is None or seen.fingerprint != fingerprint(library):
        return None
    folders = seen.folders
    moved = {folder: now for folder, time in folders.items() if (now := folder_time(folder)) != time}
    if len(moved) > FEW_FOLDERS or any(now == MISSING or folders[folder] == MISSING for folder, now in moved.items()):
        return None
    unchanged = 0
    changed: list[str] = []
    stat = os.stat
    stamps = library.file_stamps()
    for path, (size, mtime, ctime, is_gone) in stamps.items():
        if is_gone or (path not in folders and path.rpartition("/")[0] not in folders):
            continue
        try:
            found = stat(path, follow_symlinks=False)
        except OSError:
            return None
        if found.st_ctime_ns != ctime or found.st_mtime_ns != mtime or found.st_size != size or has_log(path):
            changed.append(path)
        else:
            unchanged += 1
    return Look(unchanged, changed, moved, stamps, seen)


def has_log(path: str) -> bool:
    """Whether SQLite's log lies beside the file: then the file alone does not tell that it changed."""
    return not path.endswith((".jsonl", ".json")) and os.path.exists(f"{path}-wal")


def folder_time(folder: str) -> int:
    """The mtime of a folder in nanoseconds."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return MISSING


def remembered_time(time: int, now: int) -> int:
    """The mtime of a folder that is listed now, as it is kept. One that has not settled gets one more than the true time: it will not be
    found equal, and the next refresh looks closer."""
    return time if time < now - SETTLED_NS else time + 1


def fingerprint(library: Library) -> str:
    """Of all that decides where chats are looked for and what is done with them: program, importers, preferences, environment."""
    importers = os.path.join(os.path.dirname(os.path.dirname(__file__)), "importers")
    environment = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.endswith(_ENVIRONMENT)]
    return "\n".join((__version__, str(folder_time(importers)), library.import_preferences(), *environment))
