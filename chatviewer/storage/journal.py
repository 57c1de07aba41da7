"""Every change that the user makes, so that it can be taken back, also after a restart, and survives the loss of the database.

The table `journal` is the stack of undo and redo: steps in order, the undone ones on top. A new change drops those.
The same changes go line by line into a file beside the database, on the disk before the transaction commits: what the database holds,
the file holds. Each line's `after` is the state from then on, so reading the file from its start and writing each `after` gives the
user's data as it was. A purge takes the lines about what is gone out of the file.
Where the file cannot be written, the change is made all the same, and `Journal.warning` says so; the next
change finds the file behind the table and brings it up to date.
"""

import json
import os
import sqlite3
import stat
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from peewee import PeeweeException, fn

from chatviewer import paths
from chatviewer.domain.annotation import UndoneStep
from chatviewer.errors import DatabaseError
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.facets import FACETS, Delta, Facet, Store, put
from chatviewer.storage.forgetting import done, empty_handover, unforgotten
from chatviewer.storage.stamps import has_unforgotten
from chatviewer.storage.tables import JournalRow, MessageRow, SessionRow, peewee_database

Line = dict[str, Any]

LINE_VERSION = 1
# A FIFO of that name must not block (it is no place for a journal either: fsync refuses it), a link not lead elsewhere.
_SAFE_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


class Journal:
    """The changes of one user in one database."""

    def __init__(self, database: Database, user_id: int) -> None:
        self.database = database
        self.user_id = user_id
        self.path = paths.journal_path(database.path)
        self.warning: str | None = None  # why the last change is not in the file, in words

    @contextmanager
    def changing(self) -> Iterator["Step"]:
        """One change: a durable transaction, and its lines in the file. Raises the DatabaseError kinds."""
        self.forget()  # before anything is said about a message that was purged and came back with another session
        self.warning = None
        with explained(self.database.path), unwrapped(), JournalFile(self.path, is_off=self.database.is_absent) as file:
            with self.database.transaction(is_durable=True):
                step = Step(Store(peewee_database(self.database), self.user_id, time.time_ns() // 1_000_000), self.path)
                missed = [] if self.database.is_absent else step.missed(last_line(self.path))
                yield step
                if step.lines:
                    self.warning = file.append([*missed, *step.lines])
            file.keep()

    def undo(self) -> UndoneStep | None:
        """Take back the last step; what it was. None: there is none."""
        with self.changing() as step:
            return step.take_back()

    def redo(self) -> UndoneStep | None:
        """Make the step again that was taken back last; what it is. None: there is none."""
        with self.changing() as step:
            return step.make_again()

    def forget(self) -> None:
        """Take out of the file what was said about what is purged, but not that it was; `warning` says where that cannot be done.

        Whoever adds a line holds the write lock, which is held here as well. Killed anywhere, it is done once more.
        """
        try:
            if not has_unforgotten(self.database, self.user_id):
                return
            empty_handover()
            with explained(self.database.path), self.database.transaction() as connection:
                drop_lines(self.path, self.user_id, unforgotten(connection, self.user_id))
                done(connection, self.user_id)
        except FileNotFoundError:
            pass
        except (OSError, DatabaseError) as error:
            why = getattr(error, "strerror", None) or error
            self.warning = f"It is purged, but what you said about it still stands in {self.path}, which could not be written anew: {why}"


class Step:
    """The change that is being made, inside its transaction."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        self._path = path
        self._is_apart = False  # the file ends with something else than the table
        self.lines: list[Line] = []  # of this change

    def make(self, facet: Facet, deltas: Sequence[Delta]) -> int:
        """Put the new states in place and record them; returns how many there were."""
        if not deltas:
            return 0
        store = self.store
        facet.write(store, {delta.target: delta.after for delta in deltas})
        number = 1 + self._last_number()  # counted before those go: what took their number would be taken for them in the file
        JournalRow.delete().where(JournalRow.user == store.user_id, JournalRow.undone_at.is_null(False)).execute(store.database)
        rows = [
            {
                "step": number,
                "at": store.now,
                "action": facet.action,
                "target": target,
                "before": json.dumps(before),
                "after": json.dumps(after),
            }
            for target, before, after in deltas
        ]
        put(store, JournalRow, rows)
        self._log("do", number, facet.action, deltas)
        return len(deltas)

    def _last_number(self) -> int:
        """Of a step so far. A database that knows none may be a new one beside the file of one that was deleted, one that knows others than
        the file a backup that was put in its place: a number that stands for two changes would have both undone as one, once they are
        restored."""
        query = JournalRow.select(fn.MAX(JournalRow.step)).where(JournalRow.user == self.store.user_id)
        found: int | None = query.scalar(self.store.database)
        return found if found is not None and not self._is_apart else max(found or 0, last_number(self._path, self.store.user_id))

    def take_back(self) -> UndoneStep | None:
        """Undo the highest step that is not undone."""
        number = self._edge(fn.MAX, is_undone=False)
        return None if number is None else self._move(number, "undo")

    def make_again(self) -> UndoneStep | None:
        """Redo the lowest step that is undone."""
        number = self._edge(fn.MIN, is_undone=True)
        return None if number is None else self._move(number, "redo")

    def _edge(self, function: Any, *, is_undone: bool) -> int | None:
        query = JournalRow.select(function(JournalRow.step))
        found: int | None = query.where(JournalRow.user == self.store.user_id, JournalRow.undone_at.is_null(not is_undone)).scalar(
            self.store.database
        )
        return found

    def _move(self, number: int, kind: str) -> UndoneStep:
        """Write one side of a step's changes."""
        store = self.store
        where = (JournalRow.user == store.user_id) & (JournalRow.step == number)
        groups: dict[str, list[Delta]] = {}
        for row in JournalRow.select().where(where).order_by(JournalRow.id).execute(store.database):
            groups.setdefault(row.action, []).append(_delta(row))
        JournalRow.update(undone_at=store.now if kind == "undo" else None).where(where).execute(store.database)
        words = []
        for action, deltas in groups.items():
            facet = FACETS[action]
            facet.write(store, {delta.target: delta.before if kind == "undo" else delta.after for delta in deltas})
            words.append(facet.words(deltas))
            self._log(kind, number, action, [delta if kind == "redo" else delta.turned() for delta in deltas])
        targets = {delta.target for deltas in groups.values() for delta in deltas}
        # another viewer may have made the step: without the title nobody knows which session is meant
        return UndoneStep(", ".join(words), self._title_of(targets.pop()) if len(targets) == 1 else "")

    def _title_of(self, target: str) -> str:
        """The session that is meant by its uid or that of a message, as it is called now; "" for what is none."""
        of_user = SessionRow.user == self.store.user_id
        session = SessionRow.select(SessionRow.title).where(of_user, SessionRow.uid == target)
        message = SessionRow.select(SessionRow.title).join(MessageRow).where(of_user, MessageRow.uid == target)
        return session.scalar(self.store.database) or message.scalar(self.store.database) or ""

    def purged(self, uids: Sequence[str]) -> None:
        """Note that sessions are gone for ever; there is no way back."""
        self._log("purge", 0, "purge", [Delta(uid, None, None) for uid in uids])

    def missed(self, last: Line | None) -> list[Line]:
        """What brings the file up to date before this change, given its last line: nothing, or else the whole table again.

        To write a state twice does no harm, so the file is only looked at where it ends.
        """
        done, undone = self._edge(fn.MAX, is_undone=False), self._edge(fn.MIN, is_undone=True)
        if done is None and undone is None:
            return []
        if last is not None:
            kind, step, user = (last.get(name) for name in ("kind", "step", "user"))
            if user != self.store.user_id:
                return []
            if step == (undone if kind == "undo" else done) and self._ends_with(last, step):
                return []
        self._is_apart = True
        rows = list(JournalRow.select().where(JournalRow.user == self.store.user_id).order_by(JournalRow.id).execute(self.store.database))
        undone_rows = sorted((row for row in rows if row.undone_at is not None), key=lambda row: (-row.step, row.id))
        lines = [self._line("do", row.step, row.action, _delta(row), row.at) for row in rows]
        lines += (self._line("undo", row.step, row.action, _delta(row).turned(), row.undone_at) for row in undone_rows)
        return lines

    def _ends_with(self, last: Line, number: Any) -> bool:
        """Whether that is the last change of a step: the file may end within one, or with another one of the same number."""
        query = JournalRow.select().where(JournalRow.user == self.store.user_id, JournalRow.step == number)
        row = next(iter(query.order_by(JournalRow.id.desc()).limit(1).execute(self.store.database)), None)
        if row is None or row.target != last.get("target"):
            return False
        try:
            return bool(json.loads(row.before if last.get("kind") == "undo" else row.after) == last.get("after"))
        except (ValueError, RecursionError):  # a damaged row, of which `doctor` tells
            return True

    def _log(self, kind: str, number: int, action: str, deltas: Sequence[Delta]) -> None:
        self.lines += (self._line(kind, number, action, delta, self.store.now) for delta in deltas)

    def _line(self, kind: str, number: int, action: str, delta: Delta, at: int) -> Line:
        """One line of the file. `kind` is do, undo, redo or purge; `after` is the state from then on, also for an undo."""
        return {
            "version": LINE_VERSION,
            "at": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds"),
            "user": self.store.user_id,
            "kind": kind,
            "step": number,
            "action": action,
            "target": delta.target,
            "before": delta.before,
            "after": delta.after,
        }


def _delta(row: Any) -> Delta:
    return Delta(row.target, json.loads(row.before), json.loads(row.after))


def is_newer(line: Line) -> bool:
    """Whether a newer program wrote it. One whose version is damaged or missing counts as ours: what else it says is checked anyway."""
    version = line.get("version")
    return isinstance(version, int | float) and version > LINE_VERSION


def journal_file(path: Path) -> BinaryIO:
    """The file for reading. Raises FileNotFoundError also for what is no regular file: a FIFO would be waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(f"{path} is no regular file")
    return os.fdopen(descriptor, "rb")


def last_number(path: Path, user_id: int) -> int:
    """The highest number of a step in the file; 0 where it holds none."""
    highest = 0
    with suppress(OSError), journal_file(path) as file:
        for text in file:
            with suppress(ValueError, RecursionError):
                line = json.loads(text)
                if isinstance(line, dict) and line.get("user") == user_id and type(line.get("step")) is int:
                    highest = max(highest, line["step"])
    return highest


def last_line(path: Path) -> Line | None:
    """The last line of the file that tells of a change, which a purge is not; None where it cannot be read, or there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFE_FLAGS)
        try:
            status = os.fstat(descriptor)
            window = 4096
            while stat.S_ISREG(status.st_mode):
                tail = os.pread(descriptor, window, max(0, status.st_size - window)).removesuffix(b"\n").split(b"\n")
                is_all = window >= status.st_size
                for text in reversed(tail if is_all else tail[1:]):
                    found = json.loads(text)
                    if not isinstance(found, dict):
                        return None
                    if found.get("kind") != "purge":
                        return found
                if is_all:
                    return None
                window *= 16
        finally:
            os.close(descriptor)
    except (OSError, ValueError, RecursionError):
        return None
    return None


def drop_lines(path: Path, user_id: int, uids: Collection[str]) -> None:
    """Write the file anew without what this user said about those. Raises OSError, FileNotFoundError also for what is no regular file."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise FileNotFoundError(f"{path} is no regular file")
    draft = Path(paths.draft_of(path))
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out, journal_file(path) as file:
            out.writelines(raw for raw in file if not _tells_of(raw, user_id, uids))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    with suppress(OSError):  # of file systems that cannot
        paths.flush(path.parent)


def _tells_of(raw: bytes, user_id: int, uids: Collection[str]) -> bool:
    try:
        line = json.loads(raw)
        return line["target"] in uids and line["kind"] != "purge" and line["user"] == user_id
    except (ValueError, RecursionError, TypeError, KeyError):  # what cannot be read is not ours to drop
        return False


class JournalFile:
    """The file while one change is made. What was appended is cut off again unless `keep` follows."""

    def __init__(self, path: Path, *, is_off: bool = False) -> None:
        self.path = path
        self._is_off = is_off
        self._descriptor: int | None = None
        self._start = self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._descriptor is None:
            return
        with suppress(OSError):
            # Not if somebody else wrote behind it meanwhile: a line too many is a change that was wanted, a line cut off is a loss.
            if self._end > self._start and os.fstat(self._descriptor).st_size == self._end:
                os.ftruncate(self._descriptor, self._start)
        os.close(self._descriptor)
        self._descriptor = None

    def keep(self) -> None:
        """The change was committed."""
        self._end = self._start

    def append(self, lines: Sequence[Line]) -> str | None:
        """Write the lines and bring them to the disk; returns what went wrong, in words."""
        if not lines or self._is_off:
            return None
        data = "".join(f"{json.dumps(line)}\n" for line in lines).encode("ascii")
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFE_FLAGS, 0o600)
            self._start = self._end = os.fstat(self._descriptor).st_size
            if self._start and os.pread(self._descriptor, 1, self._start - 1) != b"\n":
                data = b"\n" + data  # a power cut left half a line
            rest = memoryview(data)
            while rest:
                written = os.write(self._descriptor, rest)
                self._end += written
                rest = rest[written:]
            os.fsync(self._descriptor)
        except OSError as error:
            return f"The change is made, but {self.path} cannot be written ({error.strerror or error}): there is no second copy of it."
        return None


@contextmanager
def unwrapped() -> Iterator[None]:
    """Around Peewee: its errors carry SQLite's as their first argument, which are raised in their place."""
    try:
        yield
    except PeeweeException as error:
        cause = next((one for one in (*error.args, error.__cause__, error.__context__) if isinstance(one, sqlite3.Error)), None)
        raise (cause or sqlite3.OperationalError(str(error))) from error
