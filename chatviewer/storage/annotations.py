"""The user's own words on sessions and messages. Each function is one change: one transaction, one step to undo.

What changes nothing is no step. Uids of sessions are whole; those that are not (or not any more) in the library are passed over.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chatviewer.domain.kinds import SessionStatus
from chatviewer.domain.preference import find_preference
from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.surrogates import storable
from chatviewer.errors import NotFoundError, UsageError
from chatviewer.storage.facets import NOTE, PREFERENCE, RATING, STAR, STATUS, TAG, TITLE, Delta, Facet, State, Store, tag_key
from chatviewer.storage.journal import Journal
from chatviewer.storage.preferences import checked

MAX_TAG_LENGTH = 100


def rate(journal: Journal, message_uid: str, value: int | None, text: str | None) -> None:
    """Give a message 1 to 5 stars with a remark (None: the one it has stays), or take the user's own rating away.

    Raises UsageError and NotFoundError.
    """
    if value is not None and not 1 <= value <= 5:
        raise UsageError(f"A rating is a number from 1 to 5, not {value}.")

    def after(store: Store, before: State) -> State:
        if value is None:
            return None
        remark = storable(text) if text is not None else before["text"] if before else ""
        if before and (before["value"], before["text"]) == (value, remark):
            return before
        return {"value": value, "text": remark, "created_at": store.now}

    _change_one(journal, RATING, message_uid, "message", after)


def set_note(journal: Journal, uid: str, text: str) -> None:
    """Write, change or (with "") remove the note on a session or message. Raises NotFoundError."""
    words = storable(text.strip("\r\n"))

    def after(store: Store, before: State) -> State:
        if not words.strip():
            return None
        return before if before and before["text"] == words else {"text": words, "updated_at": store.now}

    _change_one(journal, NOTE, uid, "session or message", after)


def rename(journal: Journal, uid: str, title: str) -> None:
    """Give a session a title of the user's own; "" gives back that of its source. Raises NotFoundError."""
    words = " ".join(storable(title).split())

    def after(store: Store, before: State) -> State:
        if not words:
            return None
        return before if before and before["title"] == words else {"title": words, "changed_at": store.now}

    _change_one(journal, TITLE, uid, "session", after)


def set_status(journal: Journal, uids: Sequence[str], status: SessionStatus) -> int:
    """Archive, trash or bring back; returns how many sessions changed."""
    word = SessionStatus(status).value
    return _change_many(journal, STATUS, uids, lambda store, before: before if before["status"] == word else STATUS.chosen(store, word))


def set_starred(journal: Journal, uids: Sequence[str], is_starred: bool) -> int:
    """Give or take away stars; returns how many sessions changed."""
    return _change_many(
        journal,
        STAR,
        uids,
        lambda store, before: before if (before["starred_at"] is not None) == is_starred else STAR.chosen(store, is_starred),
    )


def change_tags(journal: Journal, uids: Sequence[str], added: Sequence[str], removed: Sequence[str]) -> int:
    """Take tags from sessions and tag them; returns how many changed. Raises UsageError for what is no name."""
    wanted = tag_names(added)
    unwanted = {tag_key(name) for name in tag_names(removed)} - {tag_key(name) for name in wanted}

    def after(store: Store, before: State) -> State:
        kept = [name for name in before if tag_key(name) not in unwanted]
        present = {tag_key(name) for name in kept}
        new = [spelling.get(tag_key(name), name) for name in wanted if tag_key(name) not in present]
        return sorted([*kept, *new], key=tag_key) if new else kept

    with journal.changing() as step:
        # a tag keeps the spelling that it was first given
        spelling = {tag_key(name): name for name in TAG.names(step.store)}
        return step.make(TAG, _deltas(step.store, TAG, uids, after))


def tag_names(names: Sequence[str]) -> list[str]:
    """As they are stored: without # and spare white space, each once. Raises UsageError."""
    kept: dict[bytes, str] = {}
    for typed in names:
        name = " ".join(storable(typed).split()).removeprefix("#").strip()
        if not name or len(name) > MAX_TAG_LENGTH or "," in name:
            raise UsageError(f"{safe_line(typed, 40)!r} is no tag: a tag has 1 to {MAX_TAG_LENGTH} characters and no comma.")
        kept.setdefault(tag_key(name), name)
    return list(kept.values())


def set_preference(journal: Journal, key: str, value: Any) -> None:
    """Store a value; the default is stored as such too, for it may change. Raises UsageError for an unknown key or a wrong value."""
    kept = checked(find_preference(key), storable(value) if isinstance(value, str) else value)
    _change_one(
        journal,
        PREFERENCE,
        key,
        "preference",
        lambda store, before: before if before and before["value"] == kept else {"value": kept, "updated_at": store.now},
    )


def reset_preference(journal: Journal, key: str) -> None:
    """Back to the default. Raises UsageError for an unknown key."""
    _change_one(journal, PREFERENCE, find_preference(key).key, "preference", lambda *_: None)


def _change_one(journal: Journal, facet: Facet, uid: str, what: str, after: Callable[[Store, State], State]) -> None:
    with journal.changing() as step:
        deltas = _deltas(step.store, facet, [uid], after, what=what)
        step.make(facet, deltas)


def _change_many(journal: Journal, facet: Facet, uids: Sequence[str], after: Callable[[Store, State], State]) -> int:
    with journal.changing() as step:
        return step.make(facet, _deltas(step.store, facet, uids, after))


def _deltas(store: Store, facet: Facet, uids: Sequence[str], after: Callable[[Store, State], State], *, what: str = "") -> list[Delta]:
    """What really changes. Raises NotFoundError for the first target that is absent, where `what` names it."""
    targets = list(dict.fromkeys(storable(uid) for uid in uids))
    states = facet.read(store, targets)
    if what and len(states) < len(targets):
        missing = next(target for target in targets if target not in states)
        raise NotFoundError(f"There is no {what} {safe_line(missing, 60)!r}.")
    deltas = (Delta(target, states[target], after(store, states[target])) for target in targets if target in states)
    return [delta for delta in deltas if delta.before != delta.after]
