"""Words that stand together in a session though in no single message: the question's words and the answer's.

It starts from the rarest word. Its sessions are few, and each is asked for the other words.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from chatviewer.query.nodes import Node
from chatviewer.storage.candidates import FEW, LEVELS, Candidate, Plan, bounds_of, index_name, rows_of_index, sorted_rows
from chatviewer.storage.filtering import levels_of, scoped

if TYPE_CHECKING:
    from chatviewer.storage.searching import Search

MAX_SESSIONS = 200


class _WordRows:
    """Where one of the words stands: candidates by session, as far as they are known. `is_common`: there are more."""

    def __init__(self, search: "Search", node: Node) -> None:
        self.node = node
        self.by_session: dict[int, list[Candidate]] = {}
        self.is_common = False
        for level in levels_of(search.scopes):
            plan = search.plan(level, (node,), (*search.parts.conditions, *search.parts.unwanted))
            rows = rows_of_index(search.connection, plan, search.scopes, FEW + 1)
            self.is_common = self.is_common or len(rows) > FEW
            for candidate in sorted_rows(search.connection, plan, rows[:FEW])[0]:
                self.by_session.setdefault(candidate.session, []).append(candidate)


def gathered(search: "Search", known: Collection[int], wanted: int) -> list[Candidate]:
    """One candidate for each word, session by session, newest first, of sessions that hold all words and are not in `known`."""
    words = [_WordRows(search, node) for node in search.parts.words]
    words.sort(key=lambda word: (word.is_common, len(word.by_session)))
    rarest, *others = words
    sessions = sorted(rows[0][:2] for session, rows in rarest.by_session.items() if session not in known)[:MAX_SESSIONS]
    found: list[Candidate] = []
    for time, session in sessions:
        if len(found) >= wanted:
            break
        rows = [rarest.by_session[session][0]]
        for word in others:
            here = word.by_session.get(session)
            candidate = here[0] if here else _within(search, word, time, session) if word.is_common else None
            if candidate is None:
                break
            rows.append(candidate)
        else:
            found += dict.fromkeys(rows)
    return found


def _within(search: "Search", word: _WordRows, time: int, session: int) -> Candidate | None:
    """A common word's newest message in one session."""
    if "text" not in search.scopes and "thinking" not in search.scopes:
        return None
    plan: Plan = search.plan("message", (word.node,), (*search.parts.conditions, *search.parts.unwanted))
    level, index = LEVELS["message"], index_name("message")
    low, high, _ = bounds_of(search.connection, level, -session)
    sql, parameters = plan.conditions
    row = search.connection.execute(
        f"SELECT {level.row} FROM {index} CROSS JOIN {level.source} WHERE {index} MATCH ? AND {index}.rowid BETWEEN ? AND ? "
        f"AND {level.row} = {index}.rowid AND {level.session} = ? AND {sql} ORDER BY {index}.rowid DESC LIMIT 1",
        (scoped("message", search.scopes, plan.match or ""), low, high, -session, *parameters),
    ).fetchone()
    return Candidate(time, session, 1, -row[0], "message") if row else None
