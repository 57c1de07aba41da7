"""The user's own words out of `journal.jsonl`, into a database that lost them. Each line's `after` is the state from then on, so writing
them in order gives what the user last said; to write one twice does no harm."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from chatviewer.domain.surrogates import storable
from chatviewer.storage.connection import Database, explained
from chatviewer.storage.facets import FACETS, Store
from chatviewer.storage.forgetting import unforgotten
from chatviewer.storage.journal import is_newer, journal_file
from chatviewer.storage.tables import peewee_database
from chatviewer.storage.verifying import is_same, unlike

Line = dict[str, Any]
_KINDS = frozenset({"do", "undo", "redo"})
_LAST_STEP = 1 << 53


def journal_lines(path: Path) -> Iterator[Line]:
    """The lines that can be read, in order: not those of a newer version, whose words may mean something else."""
    with suppress(FileNotFoundError), journal_file(path) as file:
        for raw in file:
            with suppress(ValueError, RecursionError):
                line = json.loads(raw)
                if isinstance(line, dict) and not is_newer(line) and _is_whole(line):
                    yield line


def _is_whole(line: Line) -> bool:
    """Whether it says who did what in values that a table can hold. A hand or a flipped bit may have made anything of it."""
    kind, target, step, action = (line.get(name) for name in ("kind", "target", "step", "action"))
    if not (isinstance(kind, str) and isinstance(target, str) and storable(target) == target):
        return False
    return kind not in _KINDS or (type(step) is int and 0 <= step <= _LAST_STEP and isinstance(action, str) and action in FACETS)


def restore_before_import(database: Database, user_id: int, path: Path) -> None:
    """What an import asks for: what was purged for ever does not come back, and the preferences say what is read."""
    with explained(database.file), database.transaction() as connection:
        now = time.time_ns() // 1_000_000
        store = Store(peewee_database(database), user_id, now)
        for line in journal_lines(path):
            if line["kind"] == "purge":
                connection.execute(
                    "INSERT OR IGNORE INTO tombstone (user_id, uid, purged_at) VALUES (?, ?, ?)", (user_id, line["target"], now)
                )
            elif line["kind"] in _KINDS and line["action"] == "preference":
                _write(store, "preference", line["target"], line.get("after"))


def restore(database: Database, user_id: int, path: Path) -> int:
    """After an import: put every state in place that the file tells, then what only the table knows; returns how many lines of the file.

    A session that is not there, because its source is gone, gets its marks all the same: they count when it comes back.
    Raises the DatabaseError kinds.
    """
    with explained(database.file), database.transaction() as connection:
        store = Store(peewee_database(database), user_id, time.time_ns() // 1_000_000)
        purged = {row[0] for row in connection.execute("SELECT uid FROM tombstone WHERE user_id = ?", (user_id,))}
        purged |= unforgotten(connection, user_id)
        _drop_damaged(connection, user_id)
        query = "SELECT step, action, target, after, undone_at, at, before FROM journal WHERE user_id = ? ORDER BY id"
        rows = connection.execute(query, (user_id,)).fetchall()
        history = _History()
        count = 0
        for line in journal_lines(path):
            if line["kind"] in _KINDS and line["target"] not in purged:
                count += _restore_line(store, history, line)
        if not history.knows({row[:3] for row in rows}):  # the file could not be written for a while
            for (action, target), state in _said(rows).items():
                _write(store, action, target, state)
        else:
            connection.execute("DELETE FROM journal WHERE user_id = ?", (user_id,))
            connection.executemany(
                "INSERT INTO journal (user_id, step, at, action, target, before, after, undone_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(user_id, *row) for row in history.rows()],
            )
        for action, targets in unlike(database, user_id).items():  # by damaged lines: the state stands, the way back is lost
            statement = "DELETE FROM journal WHERE user_id = ? AND action = ? AND target = ?"
            connection.executemany(statement, [(user_id, action, target) for target in targets])
    return count


def _drop_damaged(connection: sqlite3.Connection, user_id: int) -> None:
    """Rows of the table that tell no change: with one of them nothing could be undone, and no repair be sound."""
    query = "SELECT id, action, before, after FROM journal WHERE user_id = ?"
    for row_id, action, *states in connection.execute(query, (user_id,)).fetchall():
        is_damaged = action not in FACETS
        for state in states:
            try:
                json.loads(state)
            except (ValueError, RecursionError):
                is_damaged = True
        if is_damaged:
            connection.execute("DELETE FROM journal WHERE id = ?", (row_id,))


def _restore_line(store: Store, history: "_History", line: Line) -> bool:
    """Put the state after a change in place; False for a line that makes no sense, which costs itself. One that tells no state from before
    that could be put back is none that can be undone."""
    action, target = line["action"], line["target"]
    can_be_undone = line["kind"] != "do" or history.left(line) or _write(store, action, target, line.get("before"))
    if not _write(store, action, target, line.get("after")):
        return False
    if can_be_undone:
        history.add(line)
    return True


def _write(store: Store, action: str, target: str, after: Any) -> bool:
    """One state; False for what is none."""
    facet = FACETS.get(action)
    if facet is None:
        return False
    connection = store.database.connection()
    connection.execute("SAVEPOINT line")
    try:
        facet.write(store, {target: after})
    except Exception:
        # The file may hold anything: a hand that edited it, half a line that is JSON. It is one change among many.
        connection.execute("ROLLBACK TO line")
        connection.execute("RELEASE line")
        return False
    connection.execute("RELEASE line")
    return True


def _said(rows: list[Any]) -> dict[tuple[str, str], Any]:
    """What the table says last of each thing (action, target), as `verifying` reads it: also of what the file tells, for after that may
    stand there what came after another backup."""
    said: dict[tuple[str, str], Any] = {}
    for _, action, target, after, undone_at, _, before in rows:
        if undone_at is None:
            said[action, target] = json.loads(after)
        else:
            said.setdefault((action, target), json.loads(before))
    return said


class Standing:
    """The user's changes that the file leaves standing, told line by line: which of them a database has never heard of."""

    def __init__(self, user_id: int) -> None:
        self._user_id = user_id
        self._history = _History()

    def add(self, line: Line) -> None:
        """Raises ValueError for a line that a repair would leave out, and TypeError or KeyError where it is none at all."""
        if not _is_whole(line):
            raise ValueError("This line tells of no change.")
        if line["user"] == self._user_id and line["kind"] in _KINDS:
            self._history.add(line)

    def unknown_to(self, connection: sqlite3.Connection) -> int:
        """How many belong to steps that it does not know. 0 where sessions were purged: that takes their changes out of it."""
        if connection.execute("SELECT EXISTS (SELECT 1 FROM tombstone WHERE user_id = ?)", (self._user_id,)).fetchone()[0]:
            return 0
        known = {step for (step,) in connection.execute("SELECT DISTINCT step FROM journal WHERE user_id = ?", (self._user_id,))}
        return sum(row[6] is None and row[0] not in known for row in self._history.rows())


def left_changes(database: Database, user_id: int, path: Path) -> int:
    """How many of the user's changes only the file tells of, as after its database was deleted."""
    standing = Standing(user_id)
    for line in journal_lines(path):
        with suppress(KeyError, TypeError):
            standing.add(line)
    with explained(database.file):
        return standing.unknown_to(database.connection())


class _History:
    """The stack of undo and redo, as the lines tell it.

    The table is told again from its start where the file does not end as it does: since a backup was put in the database's place, say.
    What a later step did to a thing (action, target) stands no more when an earlier one is told after it. What is kept of each thing leads
    from one state to the next.
    """

    def __init__(self) -> None:
        self._steps: dict[int, dict[tuple[str, str], list[Any]]] = {}  # by thing: step, at, and so on as in the table
        self._of_thing: dict[tuple[str, str], set[int]] = {}  # the steps
        self._undone: set[tuple[int, tuple[str, str]]] = set()
        self._times: dict[int, Any] = {}  # of the steps, as the lines tell them
        self._done: int | None = None  # the step that the last line has done
        self._last: dict[tuple[str, str], Any] = {}  # the states

    def left(self, line: Line) -> bool:
        """Whether the state before this change is the one that the change before it left, as it always is where nothing is damaged."""
        thing = line["action"], line["target"]
        return thing in self._last and bool(self._last[thing] == line.get("before"))

    def add(self, line: Line) -> None:
        step, thing = line["step"], (line["action"], line["target"])
        self._last[thing] = line.get("after")
        at = time.time_ns() // 1_000_000
        if line["kind"] == "do":
            undone, self._undone = self._undone, set()
            for change in undone:  # a new change drops what could be redone
                self._drop(*change)
            self._make_way(step, thing, line.get("before"))
            if step != self._done and self._times.setdefault(step, line.get("at")) != line.get("at"):
                for other in tuple(self._steps.get(step, ())):  # another one that had the number: both would be undone as one
                    self._drop(step, other)
                self._times[step] = line.get("at")
            before, after = (json.dumps(line.get(side)) for side in ("before", "after"))
            self._steps.setdefault(step, {})[thing] = [step, at, *thing, before, after, None]
            self._of_thing[thing].add(step)
        elif (row := self._steps.get(step, {}).get(thing)) is not None:
            is_undone = line["kind"] == "undo"
            row[6] = at if is_undone else None
            (self._undone.add if is_undone else self._undone.discard)((step, thing))
        self._done = step if line["kind"] == "do" else None

    def _make_way(self, step: int, thing: tuple[str, str], before: Any) -> None:
        """Drop what is told of a thing by later steps, and all of it where that does not lead to the state before this one: then a backup
        had been put in place that did not know of it, and undoing it would give a state that nobody chose."""
        steps = self._of_thing.setdefault(thing, set())
        for later in [one for one in steps if one > step]:
            self._drop(later, thing)
        last = max(steps - {step}, default=None)
        if last is not None and not is_same(thing[0], json.loads(self._steps[last][thing][5]), before):
            for earlier in tuple(steps):
                self._drop(earlier, thing)

    def _drop(self, step: int, thing: tuple[str, str]) -> None:
        self._steps[step].pop(thing, None)
        self._of_thing[thing].discard(step)
        self._undone.discard((step, thing))

    def knows(self, changes: Collection[tuple[int, str, str]]) -> bool:
        """Whether it holds each of these (step, action, target): then the table, which may be damaged, adds nothing."""
        return all((action, target) in self._steps.get(step, ()) for step, action, target in changes)

    def rows(self) -> list[list[Any]]:
        """For the table `journal`, in the order of the steps."""
        return [row for step in sorted(self._steps) for row in self._steps[step].values()]
