"""Into which sources, projects, models, times a result falls: counted after its hits are shown, and never for longer than a moment.

A first count takes the rows stored last, as many as are read in no time. Where there are more, a second and a third take as many as
can be had until the time is up; the answer says when it does not know them all. Sessions are counted, as everywhere beside a list.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from chatviewer.domain.facets import ResultFacets
from chatviewer.domain.kinds import Role
from chatviewer.errors import InterruptedSearchError
from chatviewer.query.nodes import Names, Query
from chatviewer.storage.candidates import LEVELS, Candidate, rows_of_index
from chatviewer.storage.connection import is_interrupt
from chatviewer.storage.filtering import SqlParts, levels_of
from chatviewer.storage.patterns import TimeLimit, time_limit
from chatviewer.storage.reading import id_list
from chatviewer.storage.searching import Search
from chatviewer.storage.sessions import Listing

SECONDS = 0.25
FIRST = 2_000  # rows of a kind, or sessions where no text is looked for
MORE = (12_000, 50_000)
_STEPS = 2_000  # of SQLite's machine between two looks at the clock
_SESSIONS = (
    "SELECT session.id, session.source, session.project, session.model, session.status, session.rating, session.starred_at, "
    "session.last_message_at FROM json_each(?) AS listed CROSS JOIN session WHERE session.id = listed.value AND session.user_id = ?"
)
MOST_READ = 20_000  # messages that are looked through for one of a role
_USUAL = (Role.USER, Role.ASSISTANT)  # who says something in nearly every session, mostly at its beginning
_SIZE = "SELECT sum(message_count) FROM session WHERE id IN (SELECT value FROM json_each(?))"
_SAID_BY = (
    "SELECT listed.value FROM json_each(?) AS listed "
    "WHERE EXISTS (SELECT 1 FROM message WHERE message.session_id = listed.value AND message.role = ?)"
)
_TAGS = (
    "SELECT tag.name, count(DISTINCT session.id) FROM json_each(?) AS listed CROSS JOIN session CROSS JOIN session_tag CROSS JOIN tag "
    "WHERE session.id = listed.value AND session_tag.uid = session.uid AND tag.id = session_tag.tag_id AND tag.user_id = ? "
    "GROUP BY tag.id"
)


class _Found:
    """Where the hits stand: how many, in which sessions, who said them, and when the newest of each session was."""

    def __init__(self) -> None:
        self.hit_count = 0
        self.is_whole = True
        self.roles: dict[str, set[int]] = {}  # the sessions that would be left with `role:`
        self.titled: set[int] = set()  # whose title or summary is a hit
        self.times: dict[int, int | None] = {}  # by session

    def add(self, session: int, role: str | None, newest: int | None, hits: int) -> None:
        """Hits of a session, said by one role; of its title, where that is None."""
        self.meet(session, newest, hits)
        if role is None:
            self.titled.add(session)
        else:
            self.roles.setdefault(role, set()).add(session)

    def meet(self, session: int, newest: int | None, hits: int) -> None:
        self.hit_count += hits
        known = self.times.get(session)
        self.times[session] = newest if known is None else known if newest is None else max(known, newest)


def result_facets(connection: sqlite3.Connection, user_id: int, query: Query, should_stop: Callable[[], bool]) -> ResultFacets | None:
    """The facets of what the query finds, or lists where it holds no words; None where not even the first could be counted in time.

    Raises InterruptedSearchError once `should_stop` says so, or when another thread interrupts the connection.
    """
    facets = None
    with _limited(connection, should_stop) as limit:
        try:
            for most in (FIRST, *MORE):
                found = _Found()
                _look(connection, user_id, query, most, limit, found)
                found.is_whole = found.is_whole and not limit.is_over
                facets = _counted(connection, user_id, found)
                if found.is_whole or limit.is_over:
                    break
        except sqlite3.OperationalError as error:
            if not is_interrupt(error):
                raise
            if not limit.is_over or should_stop():
                raise InterruptedSearchError("The search was stopped for a newer one.") from error
    if facets is None and found.times:  # what was met before the time was up
        found.is_whole = False
        facets = _counted(connection, user_id, found)
    return facets


@contextmanager
def _limited(connection: sqlite3.Connection, should_stop: Callable[[], bool]) -> Iterator[TimeLimit]:
    """Statements of this connection end when the time is up or nobody waits for them any more."""
    with time_limit(SECONDS, should_stop) as limit:
        connection.set_progress_handler(limit.is_over_now, _STEPS)
        try:
            yield limit
        finally:
            connection.set_progress_handler(None, 0)


def _look(connection: sqlite3.Connection, user_id: int, query: Query, most: int, limit: TimeLimit, found: _Found) -> None:
    if not (query.words or query.patterns):  # a list, which leaves out what a search would look into: sub-agents
        statement, parameters = Listing(query, user_id, "recent").select("session.id", limit=most + 1)
        ids = [id_ for (id_,) in connection.execute(statement, parameters)]
        found.is_whole = len(ids) <= most
        found.times = dict.fromkeys(ids[:most])
        return
    search = Search(connection, user_id, query, most + 1, limit)
    if search.parts.match is not None:
        _add_rows(search, found, most)
        return
    candidates = search.found("recent")  # nothing for the index to answer: what a page of hits would read
    found.is_whole = candidates.is_whole and len(candidates.candidates) <= most
    if search.parts.is_text:
        _add_candidates(search, found, candidates.candidates[:most])
        _add_roles_of_titles(search, found)
    else:
        found.times = dict.fromkeys(-candidate.session for candidate in candidates.candidates[:most])


def _add_rows(search: Search, found: _Found, most: int) -> None:
    """What the index finds; and once that is all, the sessions whose messages hold the words together."""
    for level in levels_of(search.scopes):
        plan = search.plan(level, search.parts.matched)
        rows = rows_of_index(search.connection, plan, search.scopes, most + 1)
        found.is_whole = found.is_whole and len(rows) <= most
        _add(search, found, level, rows[:most], plan.conditions)
    _add_roles_of_titles(search, found)
    if found.is_whole and len(search.parts.words) > 1:
        _add_gathered(search, found, most)


def _add_gathered(search: Search, found: _Found, most: int) -> None:
    """The sessions that hold the words apart. Who says them all is asked role by role: the reply may hold them apart from the prompt."""
    from chatviewer.storage.gathering import gathered, narrowed

    together = gathered(search, {-session for session in found.times}, most + 1)
    apart = _Found()
    _add_candidates(search, apart, together[:most])
    for session, newest in apart.times.items():
        found.meet(session, newest, 0)
    found.hit_count += apart.hit_count
    roles = [Names("role", (role.value,)) for role in Role]
    for role, sessions in zip(Role, narrowed(search, found.times, roles), strict=True):
        found.roles.setdefault(role.value, set()).update(sessions)
    found.is_whole = len(together) <= most and not search.has_ungathered


def _add_roles_of_titles(search: Search, found: _Found) -> None:
    """A title is left with `role:` where such a message is in its session."""
    if not found.titled:
        return
    (size,) = search.connection.execute(_SIZE, (id_list(found.titled),)).fetchone()
    for role in Role:
        if role in _USUAL or size <= MOST_READ:
            known = found.roles.setdefault(role.value, set())
            known.update(session for (session,) in search.connection.execute(_SAID_BY, (id_list(found.titled - known), role.value)))
        else:
            found.roles.pop(role.value, None)  # to learn who said nothing, all would be read: then that is not offered


def _add_candidates(search: Search, found: _Found, candidates: Sequence[Candidate]) -> None:
    rows: dict[str, list[int]] = {}
    for candidate in candidates:
        rows.setdefault(candidate.level, []).append(-candidate.row)
    for level, some in rows.items():
        _add(search, found, level, some, ("1", []))


def _add(search: Search, found: _Found, name: str, rows: Sequence[int], conditions: SqlParts) -> None:
    """Those of the rows of a level that meet the conditions."""
    level = LEVELS[name]
    said = "NULL, session.last_message_at" if name == "session" else "message.role, max(message.created_at)"
    marks = ", ".join("?" * len(search.statuses))
    statement = (
        f"SELECT {level.session}, {said}, count(*) FROM json_each(?) AS listed CROSS JOIN {level.source} WHERE {level.row} = listed.value "
        f"AND session.user_id = ? AND session.status IN ({marks}) AND {conditions[0]} GROUP BY 1, 2"
    )
    given = (id_list(rows), search.user_id, *search.statuses, *conditions[1])
    for row in search.connection.execute(statement, given) if rows else ():
        found.add(*row)


def _counted(connection: sqlite3.Connection, user_id: int, found: _Found) -> ResultFacets:
    counts: tuple[Counter[str | None], ...] = (Counter(), Counter(), Counter(), Counter(), Counter())
    starred = 0
    listed = id_list(found.times)
    for id_, *values, starred_at, last_message_at in connection.execute(_SESSIONS, (listed, user_id)):
        for count, value in zip(counts, values, strict=True):
            count[value] += 1
        starred += starred_at is not None
        if found.times[id_] is None:
            found.times[id_] = last_message_at
    sources, projects, models, statuses, ratings = (_largest_first(count) for count in counts)
    tags = dict(connection.execute(_TAGS, (listed, user_id)).fetchall())
    return ResultFacets(
        session_count=len(found.times),
        hit_count=found.hit_count,
        is_whole=found.is_whole,
        sources=sources,
        projects=projects,
        models=models,
        roles=_largest_first({role: len(sessions) for role, sessions in found.roles.items() if sessions}),
        tags=_largest_first(tags),
        statuses=statuses,
        ratings={str(stars): count for stars, count in ratings.items()},
        starred=starred,
        times=tuple(time for time in found.times.values() if time is not None),
    )


def _largest_first(counts: Mapping[str | None, int]) -> dict[str, int]:
    """Without what is unknown; equal ones by name."""
    return {key: count for key, count in sorted(counts.items(), key=lambda row: (-row[1], str(row[0]))) if key}
