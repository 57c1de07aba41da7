"""Which files there are: in the default places of the importers, or where the user points. Links are not followed out of a folder,
and nothing but regular files is ever opened: a FIFO would wait for ever, a device never end."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import time_ns
from typing import TYPE_CHECKING

from chatviewer.domain.importing import EXPIRY_WARNING_DAYS, ImportedPlace, Problem, SourceFile, SourceStatus
from chatviewer.errors import UsageError
from chatviewer.importers.base import Importer
from chatviewer.importers.registry import importers
from chatviewer.ingest.parsing import ABSENT, KINDS, Found
from chatviewer.ingest.refreshing import MISSING, folder_time, remembered_time
from chatviewer.storage.stamps import stored_path

if TYPE_CHECKING:
    from pathlib import Path

_DAY_NS = 86_400 * 1_000_000_000
FEW_FILES = 3  # so many are named one by one
MAX_FOLDERS = 20_000  # beyond that, remembering them costs more than it saves


def chosen_importers(source: str | None, disabled: Iterable[str] = ()) -> list[Importer]:
    """All, or the one of that name. Raises UsageError for a name that is none."""
    if source is None:
        left_out = {name.strip().casefold() for name in disabled}
        return [importer for importer in importers() if importer.source not in left_out]
    chosen = [importer for importer in importers() if importer.source == source]
    if not chosen:
        raise UsageError(f"There is no source {source!r}; known are {', '.join(sorted(importer.source for importer in importers()))}.")
    return chosen


class Discovery(Found):
    """What is there."""

    def __init__(self, chosen: list[Importer]) -> None:
        super().__init__(chosen)
        self._owners: dict[str, Importer] = {}  # by folder
        self.roots: list[str] = []  # the folders that were looked through
        self.folders: dict[str, int] | None = {}  # with their mtimes, for the next refresh; None: too many, or odd names

    def add_places(self) -> None:
        """The files in the default places."""
        now = time_ns()
        for importer in self._chosen:
            for place in importer.places():
                for folder in self._folders_of(str(place)):
                    self._remember_folder(folder, importer, now)
                try:
                    os.stat(place)
                    self.roots.append(str(place))  # not one that is no more as a whole: a disk that is not there is not empty
                    for path in importer.files(place):
                        self._add(os.fspath(path), importer)
                except OSError as error:
                    self._report_folder(error)

    def _folders_of(self, place: str) -> Iterator[str]:
        """A place and all folders below it. One that cannot be looked into is told, a link to one counted: importers pass both over."""
        endings = {extension for importer in self._chosen for extension in importer.extensions}
        pending = [place]
        while pending:
            folder = pending.pop()
            yield folder
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                        elif entry.is_symlink() and os.path.isdir(entry.path) and os.path.splitext(entry.name)[1] not in endings:
                            self.skipped["link"] += 1
            except OSError as error:
                self._report_folder(error)

    def _remember_folder(self, folder: str, importer: Importer, now: int) -> None:
        if self.folders is None:
            return
        if len(self.folders) > MAX_FOLDERS or "\n" in folder or stored_path(folder) != folder:
            self.folders = None
            return
        if self._owners.setdefault(folder, importer) is not importer:  # what comes into it is whose?
            self.folders = None
            return
        self.folders[folder] = remembered_time(folder_time(folder), now)

    def add_path(self, path: Path) -> None:
        """A file or folder that the user named; a link there is what it points to."""
        from pathlib import Path  # what is known already is looked at without

        path = Path(os.path.abspath(path))
        try:
            found = path.stat()
        except OSError as error:
            self.problems.append(Problem(str(path), 1, f"cannot be opened: {error.strerror or error}"))
            return
        if stat.S_ISDIR(found.st_mode):
            self.roots.append(str(path))
            for file in _files_below(str(path), self.skipped, self._report_folder):
                self._add(file, None)
        elif stat.S_ISREG(found.st_mode):
            self._put(str(path), None, found, is_named=True)
        else:
            self.skipped[KINDS.get(stat.S_IFMT(found.st_mode), "device")] += 1

    def _report_folder(self, error: OSError) -> None:
        if isinstance(error, ABSENT):
            return
        problem = Problem(str(error.filename), 1, f"cannot be searched: {error.strerror or error}")
        if problem not in self.problems:
            self.problems.append(problem)

    def gone(self, known: Mapping[str, object]) -> list[str]:
        """Of the known files, those below the folders looked through that are not there any more."""
        roots = tuple(os.path.join(root, "") for root in self.roots)
        missing = (path for path in known if path not in self.candidates and path.startswith(roots))
        return [path for path in missing if _is_absent(path)] if roots else []


def _is_absent(path: str) -> bool:
    """Whether there is nothing; not when nobody may look."""
    try:
        os.lstat(path)
    except ABSENT:
        return True
    except OSError:
        return False
    return False


def _files_below(root: str, skipped: Counter[str], on_error: Callable[[OSError], None]) -> Iterator[str]:
    """Every entry below a folder that is no folder, links not followed; a folder named like a file is counted."""
    endings = {extension for importer in importers() for extension in importer.extensions}
    for folder, folders, names in os.walk(root, onerror=on_error):
        folders.sort()
        skipped["folder"] += sum(1 for name in folders if os.path.splitext(name)[1] in endings)
        for name in [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            skipped["link"] += 1
            folders.remove(name)
        for name in sorted(names):
            yield os.path.join(folder, name)


def source_statuses(imported: Iterable[SourceFile]) -> list[SourceStatus]:
    """Every known source with what is there; `imported` are the files of the library."""
    files: dict[str, dict[str, SourceFile]] = {}
    for file in imported:
        files.setdefault(file.source, {})[file.path] = file
    return [_status(importer, files.get(importer.source, {})) for importer in importers()]


def _status(importer: Importer, imported: dict[str, SourceFile]) -> SourceStatus:
    """`imported` are the source's own; those that are found where it is looked for are taken out."""
    places = importer.places()
    found = [place for place in places if folder_time(str(place)) != MISSING]
    files = bytes_ = expiring = unsaved = 0
    for place in found:
        days = importer.kept_days(place)
        deadline = None if days is None else time_ns() - (days - EXPIRY_WARNING_DAYS) * _DAY_NS
        for path in importer.files(place):
            try:
                entry = os.lstat(path)
            except OSError:
                continue
            if not stat.S_ISREG(entry.st_mode):
                continue
            files, bytes_ = files + 1, bytes_ + entry.st_size
            known = imported.pop(stored_path(str(path)), None)
            if deadline is not None and entry.st_mtime_ns < deadline:
                expiring += 1
                unsaved += known is None or known[2:5] != (entry.st_size, entry.st_mtime_ns, entry.st_ctime_ns)
    sums = files, bytes_, importer.expiry(), expiring, unsaved
    return SourceStatus(importer.source, importer.label, tuple(places), tuple(found), *sums, _imported_places(imported.values()))


def _imported_places(files: Iterable[SourceFile]) -> tuple[ImportedPlace, ...]:
    """A few files one by one, the newest first; many as the folder that holds them all. Those that are gone by themselves."""
    times = [(file.imported_at, file.path, file.gone_at is not None) for file in files if file.imported_at is not None]
    made: list[ImportedPlace] = []
    for is_gone in (False, True):
        some = sorted((each for each in times if each[2] is is_gone), reverse=True)
        if len(some) <= FEW_FILES:
            made += [ImportedPlace(path, 1, at, is_gone) for at, path, _ in some]
        else:
            made.append(ImportedPlace(_common_folder([path for _, path, _ in some]), len(some), some[0][0], is_gone))
    return tuple(made)


def _common_folder(paths: list[str]) -> str:
    try:
        return os.path.commonpath(paths)
    except ValueError:  # on several drives
        return os.path.dirname(paths[0])
