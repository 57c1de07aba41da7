"""What a person says about sessions and messages, facet by facet: how its state is read, and how a state is put (back) in place.

A state is a JSON value that holds all that a change touches: the user's own row, and where the session's row repeats it, that as well.
So undo is writing the state of before, redo that of after, and a lost database gets its user data back from the journal's lines.
Every function works inside the transaction of a `Store`.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from chatviewer.domain.preference import PREFERENCE_BY_KEY
from chatviewer.domain.sanitizing import safe_line
from chatviewer.storage.linking import refresh_ratings
from chatviewer.storage.rows import text_terms
from chatviewer.storage.tables import (
    MessageRow,
    NoteRow,
    PreferenceRow,
    RatingRow,
    SessionRow,
    SessionTagRow,
    StarRow,
    StatusChangeRow,
    TagRow,
    TitleOverrideRow,
)

State = Any  # a JSON value; None where the user said nothing
Element = TypeVar("Element")

BATCH = 500  # values in one statement


class Store(NamedTuple):
    """One open transaction: where to write, whose, and when it is (milliseconds)."""

    database: Any  # a Peewee database
    user_id: int
    now: int


class Delta(NamedTuple):
    """One thing that changed."""

    target: str
    before: State
    after: State

    def turned(self) -> Self:
        """The way back."""
        return self._replace(before=self.after, after=self.before)


def batches(values: Sequence[Element]) -> Iterator[Sequence[Element]]:
    """The values in pieces that SQLite takes as parameters of one statement."""
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


class Facet(ABC):
    """One kind of change. `action` is its name in the journal."""

    action: ClassVar[str]

    @abstractmethod
    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        """The states of those targets that are there and the user's."""

    @abstractmethod
    def write(self, store: Store, states: Mapping[str, State]) -> None:
        """Put these states in place."""

    @abstractmethod
    def words(self, deltas: Sequence[Delta]) -> str:
        """What a step did, for a status line."""


def put(store: Store, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the user's, or replace those of the same key. All hold the same fields.

    By `executemany`: four times as fast as Peewee's own insert, and a step can be of 100,000 sessions.
    """
    if rows:
        meta = table._meta
        columns = ", ".join(f'"{meta.fields[name].column_name}"' for name in ("user", *rows[0]))
        marks = ", ".join("?" * (len(rows[0]) + 1))
        sql = f'INSERT OR REPLACE INTO "{meta.table_name}" ({columns}) VALUES ({marks})'
        store.database.connection().executemany(sql, ((store.user_id, *row.values()) for row in rows))


def _remove(store: Store, table: Any, targets: Iterable[str], *conditions: Any) -> None:
    for some in batches(list(targets)):
        table.delete().where(table.user == store.user_id, table.uid.in_(some), *conditions).execute(store.database)


def _own_sessions(store: Store, uids: Sequence[str]) -> Any:
    return (SessionRow.user == store.user_id) & SessionRow.uid.in_(uids)


def _write_sessions(store: Store, columns: Mapping[str, tuple[tuple[str, Any], ...]]) -> None:
    """Update session rows, those with equal values together: a bulk step is a few statements."""
    groups: dict[tuple[tuple[str, Any], ...], list[str]] = {}
    for uid, values in columns.items():
        groups.setdefault(values, []).append(uid)
    for values, uids in groups.items():
        for some in batches(uids):
            SessionRow.update(dict(values)).where(_own_sessions(store, some)).execute(store.database)


def _count(number: int, noun: str) -> str:
    return f"a {noun}" if number == 1 else f"{number:,} {noun.removesuffix('y')}{'ies' if noun.endswith('y') else 's'}"


class StatusFacet(Facet):
    """Archived, trashed or active: the user's choice, and what the session shows because of it or of its source."""

    action = "status"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batches(targets):
            chosen = {
                row.uid: {"status": row.status, "changed_at": row.changed_at}
                for row in StatusChangeRow.select()
                .where(StatusChangeRow.user == store.user_id, StatusChangeRow.uid.in_(some))
                .execute(store.database)
            }
            for row in (
                SessionRow.select(SessionRow.uid, SessionRow.status, SessionRow.archived_at, SessionRow.trashed_at)
                .where(_own_sessions(store, some))
                .execute(store.database)
            ):
                states[row.uid] = {
                    "own": chosen.get(row.uid),
                    "status": row.status,
                    "archived_at": row.archived_at,
                    "trashed_at": row.trashed_at,
                }
        return states

    @staticmethod
    def chosen(store: Store, status: str) -> State:
        """The state after the user chose a status."""
        return {
            "own": {"status": status, "changed_at": store.now},
            "status": status,
            "archived_at": store.now if status == "archived" else None,
            "trashed_at": store.now if status == "trashed" else None,
        }

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        put(store, StatusChangeRow, [{"uid": uid, **state["own"]} for uid, state in states.items() if state["own"]])
        _remove(store, StatusChangeRow, (uid for uid, state in states.items() if not state["own"]))
        shown = ("status", "archived_at", "trashed_at")
        _write_sessions(store, {uid: tuple((name, state[name]) for name in shown) for uid, state in states.items()})

    def words(self, deltas: Sequence[Delta]) -> str:
        before, after = (getattr(deltas[0], side)["status"] for side in ("before", "after"))
        sessions = _count(len(deltas), "session")
        if after == "archived":
            return f"archived {sessions}"
        if after == "trashed":
            return f"moved {sessions} to the trash"
        return f"{'restored' if before == 'trashed' else 'unarchived'} {sessions}"


class StarFacet(Facet):
    """Starred or not."""

    action = "star"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batches(targets):
            chosen = {
                row.uid: {"is_starred": row.is_starred, "changed_at": row.changed_at}
                for row in StarRow.select().where(StarRow.user == store.user_id, StarRow.uid.in_(some)).execute(store.database)
            }
            for row in SessionRow.select(SessionRow.uid, SessionRow.starred_at).where(_own_sessions(store, some)).execute(store.database):
                states[row.uid] = {"own": chosen.get(row.uid), "starred_at": row.starred_at}
        return states

    @staticmethod
    def chosen(store: Store, is_starred: bool) -> State:
        """The state after the user gave or took away the star."""
        return {"own": {"is_starred": int(is_starred), "changed_at": store.now}, "starred_at": store.now if is_starred else None}

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        put(store, StarRow, [{"uid": uid, **state["own"]} for uid, state in states.items() if state["own"]])
        _remove(store, StarRow, (uid for uid, state in states.items() if not state["own"]))
        _write_sessions(store, {uid: (("starred_at", state["starred_at"]),) for uid, state in states.items()})

    def words(self, deltas: Sequence[Delta]) -> str:
        return f"{'starred' if deltas[0].after['starred_at'] is not None else 'unstarred'} {_count(len(deltas), 'session')}"


_NAMED = (SessionRow.source_title, SessionRow.summary)


class TitleFacet(Facet):
    """A title of the user's own."""

    action = "title"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batches(targets):
            query = SessionRow.select(SessionRow.uid).where(_own_sessions(store, some))
            states |= dict.fromkeys(row.uid for row in query.execute(store.database))
            for row in (
                TitleOverrideRow.select()
                .where(TitleOverrideRow.user == store.user_id, TitleOverrideRow.uid.in_(some))
                .execute(store.database)
            ):
                if row.uid in states:
                    states[row.uid] = {"title": row.title, "changed_at": row.changed_at}
        return states

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        put(store, TitleOverrideRow, [{"uid": uid, **state} for uid, state in states.items() if state])
        _remove(store, TitleOverrideRow, (uid for uid, state in states.items() if not state))
        # the index of titles follows by a trigger
        for some in batches(list(states)):
            for row in SessionRow.select(SessionRow.uid, *_NAMED).where(_own_sessions(store, some)).execute(store.database):
                state = states[row.uid]
                title = state["title"] if state else row.source_title
                changed = SessionRow.update(title=title, terms=text_terms(title, row.summary))
                changed.where(_own_sessions(store, [row.uid])).execute(store.database)

    def words(self, deltas: Sequence[Delta]) -> str:
        after = deltas[0].after
        return f"renamed a session to {safe_line(after['title'], 60)}" if after else "gave a session its own title back"


class NoteFacet(Facet):
    """A note on a session or a message."""

    action = "note"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batches(targets):
            sessions = SessionRow.select(SessionRow.uid).where(_own_sessions(store, some))
            states |= dict.fromkeys(row.uid for row in sessions.execute(store.database))
            states |= dict.fromkeys(_own_messages(store, some))
            for row in NoteRow.select().where(NoteRow.user == store.user_id, NoteRow.uid.in_(some)).execute(store.database):
                if row.uid in states:
                    states[row.uid] = {"text": row.text, "updated_at": row.updated_at}
        return states

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        put(store, NoteRow, [{"uid": uid, **state} for uid, state in states.items() if state])
        _remove(store, NoteRow, (uid for uid, state in states.items() if not state))

    def words(self, deltas: Sequence[Delta]) -> str:
        _, before, after = deltas[0]
        return "removed a note" if not after else "changed a note" if before else "wrote a note"


def _own_messages(store: Store, uids: Sequence[str]) -> dict[str, int]:
    """Those of the messages that are the user's, each with the id of its session."""
    query = MessageRow.select(MessageRow.uid, MessageRow.session).join(SessionRow)
    found = query.where(SessionRow.user == store.user_id, MessageRow.uid.in_(uids)).execute(store.database)
    return {row.uid: row.session_id for row in found}


class RatingFacet(Facet):
    """The user's own stars on a message. Those of its source stay beneath."""

    action = "rate"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batches(targets):
            states |= dict.fromkeys(_own_messages(store, some))
            for row in (
                RatingRow.select()
                .where(RatingRow.user == store.user_id, RatingRow.uid.in_(some), RatingRow.origin == "user")
                .execute(store.database)
            ):
                if row.uid in states:
                    states[row.uid] = {"value": row.value, "text": row.text, "created_at": row.created_at}
        return states

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        put(store, RatingRow, [{"uid": uid, "origin": "user", **state} for uid, state in states.items() if state])
        _remove(store, RatingRow, (uid for uid, state in states.items() if not state), RatingRow.origin == "user")
        sessions = {id_ for some in batches(list(states)) for id_ in _own_messages(store, some).values()}
        refresh_ratings(store.database.connection(), store.user_id, sessions)

    def words(self, deltas: Sequence[Delta]) -> str:
        replies = _count(len(deltas), "reply")
        after = deltas[0].after
        if not after:
            return f"cleared the rating of {replies}"
        return f"rated {replies} {after['value']} star{'' if after['value'] == 1 else 's'}"


def tag_key(name: str) -> bytes:
    """Equal for names that are one tag: SQLite's NOCASE knows upper and lower case of ASCII only, as does `bytes`."""
    return name.encode("utf-8", "surrogatepass").lower()


class TagFacet(Facet):
    """The names of a session's tags."""

    action = "tag"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batches(targets):
            sessions = SessionRow.select(SessionRow.uid).where(_own_sessions(store, some))
            states |= {row.uid: [] for row in sessions.execute(store.database)}
        for uid, names in self._given(store, targets).items():
            if uid in states:
                states[uid] = names
        return states

    @staticmethod
    def _given(store: Store, targets: Sequence[str]) -> dict[str, list[str]]:
        """The tags of those that have any, also of a session that is not there."""
        found: dict[str, list[str]] = {}
        for some in batches(targets):
            query = SessionTagRow.select(SessionTagRow.uid, TagRow.name).join(TagRow)
            given = query.where(TagRow.user == store.user_id, SessionTagRow.uid.in_(some)).order_by(TagRow.name)
            for uid, name in given.tuples().execute(store.database):
                found.setdefault(uid, []).append(name)
        return found

    @staticmethod
    def names(store: Store) -> list[str]:
        """All tags of the user, as they are spelled."""
        return [name for (name,) in TagRow.select(TagRow.name).where(TagRow.user == store.user_id).tuples().execute(store.database)]

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        current = self._given(store, list(states))
        names = sorted({name for state in states.values() for name in state})
        for some in batches(names):
            rows = [{"user": store.user_id, "name": name, "created_at": store.now} for name in some]
            TagRow.insert_many(rows).on_conflict_ignore().execute(store.database)
        tags = TagRow.select(TagRow.name, TagRow.id).where(TagRow.user == store.user_id)
        ids = {tag_key(name): id_ for name, id_ in tags.tuples().execute(store.database)}
        for uid, state in states.items():
            wanted = {ids[tag_key(name)] for name in state}
            present = {ids[tag_key(name)] for name in current.get(uid, ())}
            if gone := present - wanted:
                SessionTagRow.delete().where(SessionTagRow.uid == uid, SessionTagRow.tag.in_(gone)).execute(store.database)
            if new := wanted - present:
                rows = [{"tag": id_, "uid": uid, "created_at": store.now} for id_ in new]
                SessionTagRow.insert_many(rows).on_conflict_ignore().execute(store.database)
        used = SessionTagRow.select(SessionTagRow.tag).distinct()
        TagRow.delete().where(TagRow.user == store.user_id, TagRow.id.not_in(used)).execute(store.database)

    def words(self, deltas: Sequence[Delta]) -> str:
        _, before, after = deltas[0]
        given, taken = ([name for name in one if name not in other] for one, other in ((after, before), (before, after)))
        tags = " ".join(f"#{safe_line(name, 40)}" for name in given or taken)
        sessions = _count(len(deltas), "session")
        return f"tagged {sessions} {tags}" if given else f"took {tags} from {sessions}"


class PreferenceFacet(Facet):
    """A preference that is not at its default. The target is its key."""

    action = "preference"

    def read(self, store: Store, targets: Sequence[str]) -> dict[str, State]:
        states: dict[str, State] = dict.fromkeys(targets)
        query = PreferenceRow.select().where(PreferenceRow.user == store.user_id, PreferenceRow.key.in_(targets))
        states |= {row.key: {"value": json.loads(row.value), "updated_at": row.updated_at} for row in query.execute(store.database)}
        return states

    def write(self, store: Store, states: Mapping[str, State]) -> None:
        for key, state in states.items():
            if state:
                put(store, PreferenceRow, [{"key": key, "value": json.dumps(state["value"]), "updated_at": state["updated_at"]}])
            else:
                PreferenceRow.delete().where(PreferenceRow.user == store.user_id, PreferenceRow.key == key).execute(store.database)

    def words(self, deltas: Sequence[Delta]) -> str:
        key, _, after = deltas[0]
        known = PREFERENCE_BY_KEY.get(key)
        name = f"“{known.label}”" if known else safe_line(key, 60)  # as the screen of preferences calls it
        if not after:
            return f"set {name} to its default"
        shown = known.show(after["value"]) if known else str(after["value"])
        return f"set {name} to {safe_line(shown, 60)}" if shown else f"emptied {name}"


STATUS, STAR, TITLE, NOTE, RATING, TAG, PREFERENCE = (
    StatusFacet(),
    StarFacet(),
    TitleFacet(),
    NoteFacet(),
    RatingFacet(),
    TagFacet(),
    PreferenceFacet(),
)
FACETS: Mapping[str, Facet] = {facet.action: facet for facet in (STATUS, STAR, TITLE, NOTE, RATING, TAG, PREFERENCE)}
