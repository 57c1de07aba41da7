"""A whole run: candidates, the oldest first, so that copies come after their originals; batches of bounded size; what was not there."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from time import time_ns
from typing import TYPE_CHECKING

from chatviewer.domain import long_text
from chatviewer.domain.importing import Beginning, FileImport, ImportProgress, ImportReport, Problem, SaveCounts
from chatviewer.errors import ChatviewerError
from chatviewer.importers.base import Importer
from chatviewer.importers.registry import importer_of
from chatviewer.ingest import HISTORY_IS_OFF
from chatviewer.ingest.parsing import Candidate, FileReader, Found
from chatviewer.ingest.refreshing import Look, fingerprint, remembered_time
from chatviewer.storage.stamps import Discovery as Seen
from chatviewer.storage.stamps import Stamp, stored_path

if TYPE_CHECKING:
    from pathlib import Path

    from chatviewer.storage.library import Library

BATCH_WEIGHT = 16 << 20  # characters of text in one transaction, about
BATCH_FILES = 200
PURGED = "purged session"
"""The kind under which `ImportReport.skipped` says that files still hold what the user purged."""


class Importing:
    """One run. Its state is what the report will say."""

    def __init__(
        self,
        library: "Library",
        source: str | None,
        on_progress: Callable[[ImportProgress], None] | None,
        should_stop: Callable[[], bool] | None,
        on_beginning: Callable[[Beginning], None] | None,
    ) -> None:
        self._library = library
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._on_beginning = on_beginning
        self._source = source
        self._is_everywhere = False  # whether the default places were looked through
        self._begin()

    def _begin(self) -> None:
        long_text.release()
        self.counts = SaveCounts()
        self.skipped: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.files_read = self.files_unchanged = self.files_skipped = 0
        self._sources: set[str] = set()  # that gave sessions
        self._batch: list[FileImport] = []
        self._weight = 0
        self._was_stopped = False
        self._is_loading = False
        self._all: list[Candidate] = []  # of which only the newest files are read, to be shown while all are
        self._shown: Collection[str] = ()  # the files that are shown so: they are read in any case
        self._has_unread = False  # files that could not be opened
        self._known: dict[str, Stamp] | None = None  # what is known of all files, where only some are looked at

    def run_known(self, seen: Look) -> ImportReport:
        """Import what changed among the files that are known, and what came into a few folders. Where to look for others, and what is
        wanted, is as it was then."""
        library = self._library
        found = Found([])
        self._known = seen.stamps
        for path in seen.changed:
            known = library.source_file(path)
            importer = importer_of(known.source) if known is not None else None
            if importer is None:  # of an importer that is no more
                return self._run_anew()
            found.add_file(path, importer)
        now = time_ns()
        if not all(self._add_new(found, folder, seen) for folder in seen.moved):
            return self._run_anew()
        self._import(found, [])
        if seen.moved and not (self._was_stopped or self._has_unread or found.problems):
            folders = {folder: remembered_time(time, now) for folder, time in seen.moved.items()}
            library.remember_discovery(seen.seen._replace(folders=seen.seen.folders | folders))
        return self._report(found, self.skipped + Counter(seen.seen.skipped), seen.unchanged_count)

    def _run_anew(self) -> ImportReport:
        self._known = None
        return self.run([])

    def _add_new(self, found: Found, folder: str, seen: Look) -> bool:
        """Add the files that came into a folder in which others are known. False where more than that may have happened."""
        beside = next((path for path, stamp in seen.stamps.items() if not stamp[3] and path.rpartition("/")[0] == folder), None)
        known = self._library.source_file(beside) if beside is not None else None
        importer = importer_of(known.source) if known is not None else None
        if importer is None:
            return False
        places = [place for place in importer.places() if f"{folder}/".startswith(f"{place}/")]
        try:
            with os.scandir(folder) as entries:
                is_same = all(entry.path in seen.seen.folders for entry in entries if entry.is_symlink() or entry.is_dir())
        except OSError:
            return False
        if not places or not is_same:  # a folder came, or something that is counted
            return False
        for path in [os.fspath(file) for place in places for file in importer.files_in(place, folder)]:
            stamp = seen.stamps.get(stored_path(path))
            if stamp is None or stamp[3]:
                found.add_file(path, importer)
        return not found.skipped and not found.problems

    def run(self, paths: "Sequence[Path]") -> ImportReport:
        """Import what lies there, or in the default places."""
        from chatviewer.ingest.discovering import Discovery, chosen_importers  # a known file that grew is imported without

        library = self._library
        disabled = str(library.preference("disabled_sources")) if not paths else ""
        chosen = chosen_importers(self._source, disabled.split(","))
        if library.preference("save_history") is not True:
            return ImportReport(skipped={HISTORY_IS_OFF: 1})
        self._is_everywhere = not paths
        mark = fingerprint(library)
        found = Discovery(chosen)
        for path in paths:
            found.add_path(path)
        if not paths:
            found.add_places()
        with _without_cycle_search():
            can_load = bool(found.candidates) and (library.is_empty or self._has_beginning())
            if not (can_load and self._load(found, chosen)):
                self._import(found, chosen)
        # what could not be opened may be readable the next time, without a folder's time telling it
        is_whole = not self._was_stopped and not self._has_unread and not found.problems
        if not paths and self._source is None and found.folders is not None and is_whole:
            library.remember_discovery(Seen(mark, found.folders, dict(found.skipped)))
        return self._report(found, self.skipped + found.skipped, 0)

    def _report(self, found: Found, skipped: Counter[str], unchanged: int) -> ImportReport:
        left_out = self.files_skipped + skipped.total() - self.skipped.total()
        problems = tuple(found.problems + self.problems)
        kinds = dict(skipped)
        if self.counts.purged:
            kinds[PURGED] = self.counts.purged
        return ImportReport(self.counts, self.files_read, self.files_unchanged + unchanged, left_out, kinds, problems)

    def _has_beginning(self) -> bool:
        """Whether a first import of everything was broken off: it is done once more."""
        return self._is_everywhere and self._source is None and self._library.beginning() is not None

    def _load(self, found: Found, chosen: list[Importer]) -> bool:
        """The first import, all or nothing. False: it failed or another process was first; then it goes file by file."""
        from chatviewer.ingest.beginning import counts_beyond, left_sessions

        left = left_sessions(self._library)
        try:
            if self._on_beginning is not None and self._library.is_empty:
                self._load_beginning(found, chosen, self._on_beginning)
            if not self._was_stopped:
                self._shown = self._library.file_stamps()
                with self._library.bulk() as is_effective:
                    self._is_loading = True
                    self._import(found, chosen)
                if left and is_effective:
                    self.counts = counts_beyond(left, self.counts, self._library)
        except ChatviewerError:
            raise
        except Exception:
            # Whatever could not be stored: the ordinary way finds out which file it is, and reports it.
            self._begin()
            return False
        self._is_loading = False
        return True

    def _load_beginning(self, found: Found, chosen: list[Importer], tell: Callable[[Beginning], None]) -> None:
        """The newest files, for themselves, where all of them would take longer; not file by file, which is no quicker."""
        from chatviewer.ingest.beginning import newest

        keys = newest(found.candidates.values())
        if not keys:
            return
        few = Found(chosen)
        few.candidates = {key: candidate for key, candidate in found.candidates.items() if key in keys}
        with self._library.bulk(begins_of=len(found.candidates)) as is_effective:
            if is_effective:
                self._is_loading = True
                self._all = list(found.candidates.values())
                self._import(few, chosen)
        begun = self._library.beginning()
        if begun is not None:
            tell(begun)
        if not self._was_stopped:
            self._begin()

    def _import(self, found: Found, chosen: list[Importer]) -> None:
        library = self._library
        stamps = library.file_stamps() if self._known is None else self._known
        changed: list[Candidate] = []
        back: list[str] = []
        for key, candidate in found.candidates.items():
            stamp = stamps.get(key)
            if stamp is None or stamp[:3] != (candidate.size, candidate.mtime_ns, candidate.ctime_ns):
                changed.append(candidate)
                continue
            self.files_unchanged += 1
            if stamp[3]:
                back.append(key)
        gone = found.gone({path: stamp for path, stamp in stamps.items() if not stamp[3]})
        if back:
            library.mark_back(back)
        if gone:
            library.mark_gone(gone)
        if changed or self._has_beginning():
            changed.sort(key=lambda candidate: (candidate.mtime_ns // 1_000_000_000, candidate.key))
            self._read_all(changed, chosen, stamps)
            library.finish_import(() if self._was_stopped or self._all else self._complete())

    def _complete(self) -> set[str]:
        """The sources all of whose sessions are imported now. Of files that the user named, only exports are the whole."""
        if self._is_everywhere:
            return self._sources
        if self._known is not None:  # below the default places: nothing was completed by these
            return set()
        importers = {source: importer_of(source) for source in self._sources}
        return {source for source, importer in importers.items() if importer is not None and not importer.places()}

    def _read_all(self, changed: list[Candidate], chosen: list[Importer], stamps: dict[str, Stamp]) -> None:
        all_files = self._all or changed
        total_bytes, done_bytes = sum(candidate.size for candidate in all_files), 0
        for done, candidate in enumerate(changed, 1):
            if self._should_stop is not None and self._should_stop():
                self._was_stopped = True
                if not self._shown:
                    break
            if self._was_stopped and candidate.key not in self._shown:
                continue
            known = self._library.source_file(str(candidate.path)) if candidate.key in stamps else None
            reader = FileReader(candidate, chosen, known)
            for part, weight in reader.parts():
                self._add(part, weight)
            if long_text.is_any_held():  # until their file is stored
                self._save()
                long_text.release()
            self._note(reader)
            done_bytes += candidate.size
            if self._on_progress is not None:
                sessions = self.counts.new + self.counts.updated
                self._on_progress(ImportProgress(done, len(all_files), done_bytes, total_bytes, sessions, str(candidate.path)))
        self._save()

    def _note(self, reader: FileReader) -> None:
        self.skipped += reader.skipped
        self.problems += reader.problems
        if reader.was_read:
            self.files_read += 1
        else:
            self.files_skipped += 1
            self._has_unread = self._has_unread or bool(reader.problems)

    def _add(self, part: FileImport, weight: int) -> None:
        self._batch.append(part)
        if part.sessions:
            self._sources.add(part.file.source)
        self._weight += weight
        if self._weight >= BATCH_WEIGHT or len(self._batch) >= BATCH_FILES:
            self._save()

    def _save(self) -> None:
        batch, self._batch, self._weight = self._batch, [], 0
        if not batch:
            return
        try:
            self.counts = self.counts.plus(self._library.save(batch))
        except ChatviewerError:
            raise
        except Exception as error:
            if self._is_loading:
                raise
            # An importer may give a value that cannot be stored. That costs its file, not the run and not the files beside it.
            if len(batch) > 1:
                for part in batch:
                    self._batch = [part]
                    self._save()
                return
            path = batch[0].file.path
            problem = Problem(path, 1, f"could not be stored ({type(error).__name__})")
            self.problems.append(problem)
            self._library.save([batch[0]._replace(sessions=(), problems=(*batch[0].problems, problem))])


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Sessions hold no reference cycles, and Python would look for them again and again among a million objects."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
