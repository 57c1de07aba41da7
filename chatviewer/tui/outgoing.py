"""What leaves the library for a file: exports that the user keeps, and copies that an editor shows. Jobs for a background thread."""

import os
import shutil
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from chatviewer.domain import SessionSummary, safe, safe_file_name
from chatviewer.errors import RefusedError
from chatviewer.paths import expanded, is_left, own_mark
from chatviewer.storage.library import Library
from chatviewer.tui.background import Job
from chatviewer.tui.editing import chosen_editor
from chatviewer.tui.formatting import counted
from chatviewer.tui.outgoing_messages import CopyWritten, Exported

if TYPE_CHECKING:
    from chatviewer.exporters.base import Exporter

_COPIES = "chatviewer-copy-"  # then the process that wrote it
_DRAFT = ".part"  # a copy while it is written
_CHUNK = 200  # sessions whose rows are read at once


def write_copy(library: Library, session_id: int, copies: dict[Path, int], stop: threading.Event) -> Job:
    """A session as Markdown in a file that only its owner can read, in a folder of its own, which is noted in `copies` before anything
    is in it, then with the time of the file in nanoseconds. It is made harmless: an editor may be anything that writes to a terminal."""

    def job() -> CopyWritten | None:
        import tempfile

        from chatviewer.exporters.registry import find_exporter

        command = chosen_editor()
        summaries = library.summaries([session_id])
        if not summaries:
            return None
        folder = Path(tempfile.mkdtemp(prefix=f"{_COPIES}{own_mark()}-"))
        copies[folder] = 0
        path = folder / f"{safe_file_name(summaries[0].title)}.md"
        draft = folder / _DRAFT
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as out:
                find_exporter("md").write(library, summaries, cast(TextIO, _Harmless(out, stop)))
            draft.rename(path)
            written_at = path.stat().st_mtime_ns
            os.utime(folder, ns=(written_at, written_at))  # by which a later viewer sees whether somebody changed the file
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        copies[folder] = written_at
        return CopyWritten(command, path)

    return job


def forget_copies(copies: dict[Path, int]) -> None:
    """Delete what was written for editors and is as it was; what somebody changed since is theirs."""
    for folder, written_at in list(copies.items()):
        try:
            is_changed = bool(written_at) and any(file.stat().st_mtime_ns != written_at for file in folder.iterdir())
        except OSError:  # deleted meanwhile
            is_changed = False
        if not is_changed:
            shutil.rmtree(folder, ignore_errors=True)


def forget_stale_copies() -> None:
    """The same for the copies of viewers that were killed: below the folder for temporary files, of this user, of a process that is no
    more."""
    import tempfile

    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            mark, _, _ = entry.name.removeprefix(_COPIES).partition("-")
            if entry.name.startswith(_COPIES) and is_left(mark, entry.path):
                _forget_stale(entry)


def _forget_stale(entry: os.DirEntry[str]) -> None:
    try:
        found = entry.stat(follow_symlinks=False)
        if (
            not stat.S_ISDIR(found.st_mode)
            or (sys.platform != "win32" and found.st_uid != os.geteuid())
            or stat.S_IMODE(found.st_mode) != 0o700
        ):
            return
        files = [(file.name, file.stat(follow_symlinks=False)) for file in os.scandir(entry.path)]
    except OSError:
        return
    if all(name == _DRAFT or (stat.S_ISREG(file.st_mode) and file.st_mtime_ns == found.st_mtime_ns) for name, file in files):
        shutil.rmtree(entry.path, ignore_errors=True)


def export_path(typed: str, extension: str) -> Path:
    """Where an export goes: `~` is the home, a relative path is below the working directory, the format's ending is added."""
    path = expanded(typed.strip())
    return path if path.suffix or path.is_dir() else path.with_name(path.name + extension)


def problem_with(typed: str, extension: str) -> str:
    """Why there can be no export at this path, in words; empty if there can."""
    if not typed.strip():
        return "Type where the file shall be. Esc leaves."
    if not typed.isprintable():
        return "That is no path that can be written to."
    try:
        path = export_path(typed, extension)
        if path.is_dir():
            return f"{path} is a folder; name a file in it."
        if path.exists():
            return f"{path} exists, and nothing is overwritten; choose another name."
        return "" if path.parent.is_dir() else f"There is no folder {path.parent}."
    except (OSError, RuntimeError, ValueError):
        return "That is no path that can be written to."


def export_sessions(
    library: Library, ids: Sequence[int], exporter: "Exporter", path: Path, *, is_redacting: bool, stop: threading.Event
) -> Job:
    """Write sessions into a new file, whole or not at all."""

    def job() -> Exported:
        from chatviewer.exporters.base import ExportReader
        from chatviewer.exporters.redaction import RedactingReader, Redactor
        from chatviewer.exporters.target import export_file

        redactor = Redactor()
        reader: ExportReader = library
        summaries = _summaries(library, ids)
        if is_redacting:
            hiding = RedactingReader(library, redactor)
            reader, summaries = hiding, hiding.summaries(summaries)
        with export_file(path) as out:
            exporter.write(reader, summaries, cast(TextIO, _Stoppable(out, stop)))
        hidden = f" · hidden: {redactor.summary()}" if redactor.found else ""
        return Exported(f"Exported {counted(len(ids), 'session')} to {path}{hidden}")

    return job


def _summaries(library: Library, ids: Sequence[int]) -> Iterator[SessionSummary]:
    for start in range(0, len(ids), _CHUNK):
        yield from library.summaries(ids[start : start + _CHUNK])


class _Stoppable:
    """A file that takes text verbatim, until the viewer is left."""

    def __init__(self, out: TextIO, stop: threading.Event) -> None:
        self._out = out
        self._stop = stop

    def write(self, text: str) -> int:
        if self._stop.is_set():
            raise RefusedError("Writing was ended with the viewer.")
        return self._out.write(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)


class _Harmless(_Stoppable):
    """A file that takes text without what a terminal obeys."""

    def write(self, text: str) -> int:
        return super().write(safe(text))
