"""The rows of a common word, newest session first.

The index gives its rows in the order in which they were stored, and that is not the order of time: an export of old chats may be
imported today. Sorting half a million rows that hold a common word takes a quarter of a second. So the sessions are walked, newest first,
a batch at a time, and the index is asked only for the stretches of rows that they fill. How many rows hold the word decides how many
sessions make a batch, and over how wide a gap between two of them is read rather than asked around.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from chatviewer.storage.candidates import FEW, LEVELS, Candidate, Plan, index_name, is_beginning, meeting, sessions
from chatviewer.storage.filtering import index_rows, scoped
from chatviewer.storage.patterns import TimeLimit
from chatviewer.storage.reading import id_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chatviewer.storage.searching import Search

FIRST_BATCH = 8  # sessions
MOST_AT_ONCE = 4_096  # sessions
LARGE = 500  # rows; such a stretch of one session is asked for alone and only for as many as are wanted
PROBE = 64  # rows by which a word is known for a common one
PROBE_SECONDS = 0.003  # what may be spent on the question whether few rows match
HIDDEN_SECONDS = 0.002  # what counting the rows that are not shown may take
READ_AT_ONCE = 500  # rows that are read between two looks at the clock
# What it takes to ask the index once more, and for each word that a beginning was spelled out to; and to step to the next row at least.
_QUERY_SECONDS, _TERM_SECONDS, _ROW_SECONDS = 40e-6, 20e-6, 0.5e-6

_STATUSES = ("active", "archived", "trashed")
STRETCH = ", session.first_row, session.last_row, session.message_count"
# Rows without a gap between them have the same distance to their place among the rows of their session.
_RUNS = (
    "SELECT min(row), max(row), session FROM (SELECT session, row, row - row_number() OVER (PARTITION BY session ORDER BY row) AS run "
    "FROM ({})) GROUP BY session, run"
)

Owner = tuple[int, ...]  # a session as `sessions` gives it: negative time, negative id, and perhaps what `STRETCH` names
Stretch = tuple[int, int, int]  # first row, last row, session


class IndexRows:
    """The rows that the index of a plan's level gives, the ones stored last first."""

    def __init__(self, search: Search, plan: Plan) -> None:
        assert plan.match is not None
        self._connection = search.connection
        self._level = plan.level
        index = index_name(plan.level)
        self.match = scoped(plan.level, search.scopes, plan.match)
        if is_beginning(self.match) and plan.level in ("message", "tool"):
            self.match = search.vocabulary.spelled_out(index, self.match)
        self._statement = f"{index_rows(plan.level)} AND {index}.rowid BETWEEN ? AND ? ORDER BY {index}.rowid DESC LIMIT ?"
        # Words with one beginning that are too many to be spelled out are merged anew each time that the index is asked: ask once.
        self.is_merged = is_beginning(self.match)
        self._all: list[int] | None = None  # in rising order, once they are known
        self.density = 1.0  # rows that match, of all
        self.usual_session = 1.0  # rows of a session, on average
        self._row_seconds = _ROW_SECONDS

    @property
    def gap(self) -> int:
        """How many rows may lie between two stretches that are better read as one."""
        query_seconds = _QUERY_SECONDS + _TERM_SECONDS * self.match.count('" OR "')
        return int(query_seconds / (self._row_seconds * max(self.density, 0.0001)))

    def few(self) -> list[int] | None:
        """All of them, where they are few; None, and the density is known, where they are more, or cannot be counted quickly."""
        if self.is_merged:
            merged = self._merged_rows()
            rows = merged[: -FEW - 2 : -1]
            is_whole = len(merged) <= FEW
        else:
            start = time.monotonic()
            cursor = self._connection.execute(f"{index_rows(self._level)} ORDER BY rowid DESC", (self.match,))
            rows = [row for (row,) in cursor.fetchmany(PROBE)]
            is_whole = len(rows) < PROBE
            while not is_whole and len(rows) <= FEW and time.monotonic() - start <= PROBE_SECONDS:
                part = cursor.fetchmany(PROBE)
                rows += [row for (row,) in part]
                is_whole = len(part) < PROBE
            cursor.close()
            self._row_seconds = max(_ROW_SECONDS, (time.monotonic() - start) / max(1, len(rows)))
        if is_whole:
            self._all = rows[::-1]
            return rows
        statement = f"SELECT max(id), (SELECT max(id) FROM session) FROM {LEVELS[self._level].table}"
        highest, session_count = self._connection.execute(statement).fetchone()
        self.density = len(rows) / max(1, highest - rows[-1] + 1)
        self.usual_session = highest / max(1, session_count)
        return None

    def _merged_rows(self) -> list[int]:
        """All rows, in rising order."""
        if self._all is None:
            self._all = [row for (row,) in self._connection.execute(index_rows(self._level), (self.match,))]
        return self._all

    def between(self, low: int, high: int, limit: int = -1) -> Sequence[int]:
        """Those from `low` to `high`, at most `limit` of the highest (-1: all)."""
        if self.is_merged or self._all is not None:
            from bisect import bisect_left, bisect_right  # a search for whole words does without

            rows = self._merged_rows()
            start, end = bisect_left(rows, low), bisect_right(rows, high)
            return rows[start if limit < 0 else max(start, end - limit) : end][::-1]
        return [row for (row,) in self._connection.execute(self._statement, (self.match, low, high, limit))]


def walk(connection: sqlite3.Connection, plan: Plan, rows: IndexRows, wanted: int) -> Iterator[list[Candidate]]:
    """The matching rows of the sessions, newest first, a batch of sessions at a time. Stops when `wanted` were given."""
    size = _batch_size(wanted, rows.density * rows.usual_session)
    waiting = sessions(connection, plan, plan.statuses, STRETCH)
    while wanted > 0 and (batch := list(islice(waiting, size))):
        found = rows_within(connection, plan, rows, batch, wanted)
        found.sort()
        wanted -= len(found)
        yield found
        size = _batch_size(wanted, len(found) / len(batch)) if found else min(size * 4, MOST_AT_ONCE)


def _batch_size(wanted: int, each: float) -> int:
    """How many sessions hold the wanted rows, where each has so many on average."""
    return max(FIRST_BATCH, min(MOST_AT_ONCE, int(1.2 * wanted / max(each, 0.001))))


def read(connection: sqlite3.Connection, plan: Plan, wanted: int, spent: TimeLimit) -> Iterator[list[Candidate]]:
    """As `walk`, where no index can be asked: the rows themselves are looked at, session by session, until there are enough.

    It ends when the time is up, and then the last batch is a part of what there is.
    """
    size = FIRST_BATCH
    waiting = sessions(connection, plan, plan.statuses, STRETCH)
    level = LEVELS[plan.level]
    sql, parameters = plan.row_conditions
    statement = f"SELECT {level.row} FROM {level.source} WHERE {level.row} BETWEEN ? AND ? AND {sql} ORDER BY {level.row} DESC LIMIT ?"
    while wanted > 0 and not spent.is_over and (batch := list(islice(waiting, size))):
        times = {-owner[1]: owner[0] for owner in batch}
        pieces: dict[int, list[Stretch]] = {session: [] for session in times}
        for piece in sorted(_pieces(connection, plan.level, batch), reverse=True):
            pieces[piece[2]].append(piece)
        found: list[Candidate] = []
        for lowest, high, session in (piece for own in pieces.values() for piece in own):
            while high >= lowest and len(found) < wanted and not spent.is_over_now():
                low = max(lowest, high - READ_AT_ONCE + 1)
                rows = connection.execute(statement, (low, high, *parameters, wanted))
                found += [Candidate(times[session], -session, 1, -row, plan.level) for (row,) in rows]
                high = low - 1
        wanted -= len(found)
        yield found
        size = min(size * 4, MOST_AT_ONCE)


def hidden_within(connection: sqlite3.Connection, plan: Plan, rows: IndexRows) -> tuple[int, bool]:
    """How many rows match in the sessions that their status leaves out, and whether these are all: the newest are asked first."""
    others = tuple(status for status in _STATUSES if status not in plan.statuses)
    if not others:
        return 0, True
    deadline = time.monotonic() + HIDDEN_SECONDS
    waiting = sessions(connection, plan, others, STRETCH)
    count, size = 0, 4 * FIRST_BATCH
    while batch := list(islice(waiting, size)):
        count += len(rows_within(connection, plan, rows, batch, FEW, deadline))
        if time.monotonic() > deadline or count >= FEW:
            return count, False  # of a large session no more than FEW are counted
        size *= 2
    return count, True


def _pieces(connection: sqlite3.Connection, level: str, batch: Sequence[Owner]) -> list[Stretch]:
    """The stretches that the rows of these sessions fill, with nobody else's between them: mostly one for a session."""
    if level == "session":
        return [(-owner[1], -owner[1], -owner[1]) for owner in batch]
    bounds: list[tuple[Any, ...]]  # no rows: NULL
    if level == "message" and batch and len(batch[0]) > 2:
        bounds = [(low, high, count, -session) for _, session, low, high, count in batch]
    else:
        bounds = connection.execute(LEVELS[level].bounds, (id_list(-owner[1] for owner in batch),)).fetchall()
    found: list[Stretch] = []
    scattered: list[int] = []
    for low, high, count, session in bounds:
        if low is None:
            continue
        if high - low + 1 == count:
            found.append((low, high, session))
        else:
            scattered.append(session)
    if scattered:
        found += connection.execute(_RUNS.format(LEVELS[level].rows), (id_list(scattered),)).fetchall()
    return found


def rows_within(
    connection: sqlite3.Connection, plan: Plan, rows: IndexRows, batch: Sequence[Owner], wanted: int, deadline: float = math.inf
) -> list[Candidate]:
    """The rows of these sessions that match and meet the conditions, in no order; of a long stretch at most `wanted`.

    From the deadline on (a time of `time.monotonic`) no more are looked for.
    """
    times = {-owner[1]: owner[0] for owner in batch}
    owner_of: dict[int, int] = {}
    together: list[Stretch] = []
    for piece in _pieces(connection, plan.level, batch):
        count = piece[1] - piece[0] + 1
        if count < LARGE or count * rows.density <= wanted:
            together.append(piece)
        elif time.monotonic() <= deadline:
            owner_of |= _some_of_large(connection, plan, rows, piece, wanted)
    dense: dict[int, int] = {}
    for stretch in _stretches(together, rows.gap):
        if time.monotonic() > deadline:
            break
        dense |= _owned(stretch, rows.between(stretch[0][0], stretch[-1][1]))
    owner_of |= _meeting(connection, plan, dense)
    order = plan.level != "session"
    return [Candidate(times[session], -session, order, -row, plan.level) for row, session in owner_of.items()]


def _meeting(connection: sqlite3.Connection, plan: Plan, owner_of: dict[int, int]) -> dict[int, int]:
    """Those that meet the conditions which speak of the row."""
    if plan.row_conditions[0] == "1" or not owner_of:
        return owner_of
    return {row: owner_of[row] for row in meeting(connection, plan, owner_of)}


def _some_of_large(connection: sqlite3.Connection, plan: Plan, rows: IndexRows, piece: Stretch, wanted: int) -> dict[int, int]:
    """The last rows of a long stretch."""
    low, high, session = piece
    found: dict[int, int] = {}
    part = 2 * wanted
    while len(found) < wanted and (some := rows.between(low, high, part)):
        found |= _meeting(connection, plan, dict.fromkeys(some, session))
        high = some[-1] - 1
        part *= 2
    return found


def _stretches(pieces: list[Stretch], gap: int) -> list[list[Stretch]]:
    """In rising order, those together between which no gap is wider than that."""
    found: list[list[Stretch]] = []
    last = None
    for piece in sorted(pieces):
        if last is not None and piece[0] - last <= gap:
            found[-1].append(piece)
        else:
            found.append([piece])
        last = piece[1]
    return found


def _owned(stretch: list[Stretch], rows: Iterable[int]) -> dict[int, int]:
    """Whose the rows are, given in falling order; those in gaps between the sessions are left out."""
    found: dict[int, int] = {}
    number = len(stretch) - 1
    low, high, session = stretch[number]
    for row in rows:
        while row < low:
            number -= 1
            low, high, session = stretch[number]
        if row <= high:
            found[row] = session
    return found
