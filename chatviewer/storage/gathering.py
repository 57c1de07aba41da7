"""Words that stand together in a session though in no single message: the question's words and the answer's.

The sessions of the rarest word are gone through, newest first, some at a time, and the other words are looked for in these only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from chatviewer.query.nodes import Node
from chatviewer.storage.candidates import ALL, FEW, Candidate, Plan, merged, sorted_rows
from chatviewer.storage.filtering import levels_of
from chatviewer.storage.walking import IndexRows, rows_within, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chatviewer.storage.searching import Search

FIRST_BATCH = 64  # sessions
MAX_SESSIONS = 2_000

Group = tuple[int, ...]  # negative time and negative id of a session, as it is sorted


class _Word:
    """Where one of the words stands, at every level that is searched."""

    def __init__(self, search: Search, node: Node) -> None:
        self._node = node
        self._connection = search.connection
        self.is_common = False
        self.count = 0
        self._levels: list[tuple[Plan, IndexRows, list[int] | None]] = []
        for level in levels_of(search.scopes):
            plan = search.plan(level, (node,), (*search.parts.conditions, *search.parts.unwanted))
            rows = search.index_rows(plan)
            few = rows.few()
            self.is_common = self.is_common or few is None
            self.count += FEW if few is None else len(few)
            self._levels.append((plan, rows, few))

    def groups(self) -> Iterator[Group]:
        """The sessions that hold it, newest first. Whether a level's rows are few may depend on the time that there was to count them;
        the order does not, or pages would not fit together."""
        last = None
        for group in merged(map(self._groups_of, self._levels)):
            if group != last:
                yield group
            last = group

    def _groups_of(self, level: tuple[Plan, IndexRows, list[int] | None]) -> Iterator[Group]:
        plan, rows, few = level
        batches = walk(self._connection, plan, rows, ALL) if few is None else [sorted_rows(self._connection, plan, few)[0]]
        return (candidate[:2] for batch in batches for candidate in batch)

    def within(self, batch: list[Group]) -> dict[Group, Candidate]:
        """Its newest row in each of these sessions that hold it, titles before all."""
        found: dict[Group, Candidate] = {}
        for plan, rows, few in self._levels:
            if few is not None and not few:  # where its rows would be looked for is asked in vain
                continue
            for candidate in rows_within(self._connection, plan, rows, batch, ALL):
                known = found.get(candidate[:2])
                if known is None or candidate < known:
                    found[candidate[:2]] = candidate
        return found

    def narrow(self, search: Search, also: Node) -> None:
        """From now on only where this holds as well."""
        nodes = (*search.parts.conditions, *search.parts.unwanted, also)
        self._levels = [(search.plan(plan.level, (self._node,), nodes), rows, few) for plan, rows, few in self._levels]


def narrowed(search: Search, ids: Collection[int], among: Sequence[Node]) -> list[set[int]]:
    """Of these sessions, for each of the nodes, those that hold all words where it holds as well."""
    words = [_Word(search, node) for node in search.parts.words]
    found: list[set[int]] = []
    for also in among:
        batch: list[Group] = [(0, -session) for session in ids]
        for word in words:
            word.narrow(search, also)
            held = word.within(batch) if batch else {}
            batch = [group for group in batch if group in held]
        found.append({-session for _, session in batch})
    return found


def gathered(search: Search, known: Collection[int], wanted: int) -> list[Candidate]:
    """One candidate for each word, session by session, newest first, of sessions that hold all words and are not in `known` (negative ids).

    Of the sessions that hold the rarest word the newest are looked at; where that is not all of them, the search is told so. Which word is
    the rarest may depend on the time that there was to count; the order of what is found does not.
    """
    words = [_Word(search, node) for node in search.parts.words]
    rarest = min(words, key=lambda word: (word.is_common, word.count))
    if not rarest.count:
        return []
    found: list[Candidate] = []
    groups = (group for group in rarest.groups() if group[1] not in known)
    size, left = FIRST_BATCH, MAX_SESSIONS
    while len(found) < wanted and (batch := list(islice(groups, min(size, left)))):
        left -= len(batch)
        places: dict[_Word, dict[Group, Candidate]] = {}
        for word in (*(each for each in words if each is not rarest), rarest):
            places[word] = word.within(batch) if batch else {}
            batch = [group for group in batch if group in places[word]]
        for group in batch:
            if len(found) < wanted:
                found += dict.fromkeys(places[word][group] for word in words)
        size *= 4
    search.has_ungathered |= not left and next(groups, None) is not None
    return found
