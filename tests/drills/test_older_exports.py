"""Exports of one conversation in any order: the one that knows it later says what is current, and each brings in what it alone holds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.domain import ContextItem, FileImport, Rating, RatingOrigin, SessionStatus, SessionSummary
from chatviewer.exporters.branching import current_branch, tree_of
from chatviewer.ingest.repairing import repair
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.drills.machine import damages
from tests.factories import make_import, make_session

OLD, NEW, NEWEST = 1_770_001_000.0, 1_770_002_000.0, 1_770_003_000.0
ANSWER = ("q", None, "user", "a question"), ("a", "q", "assistant", "an answer")
OLDER = *ANSWER, ("o1", "a", "user", "asked at first"), ("o2", "o1", "assistant", "first reply")
NEWER = *ANSWER, ("n1", "a", "user", "asked again"), ("n2", "n1", "assistant", "second reply")


def chatgpt(at: float | None, title: str, *nodes: tuple[str, str | None, str, str], **fields: Any) -> dict[str, Any]:
    """Nodes are (id, parent, role, text); the last one is current."""
    mapping = {
        key: {
            "id": key,
            "parent": parent,
            "children": [child for child, other, _, _ in nodes if other == key],
            "message": {"id": key, "author": {"role": role}, "content": {"content_type": "text", "parts": [words]}, "metadata": {}},
        }
        for key, parent, role, words in nodes
    }
    current = nodes[-1][0]
    return {"conversation_id": "c", "title": title, "update_time": at, "mapping": mapping, "current_node": current, **fields}


def claude(at: str, name: str, *nodes: tuple[str, str | None, str, str], **fields: Any) -> dict[str, Any]:
    """As the data export has it: which branch is current it does not say."""
    messages = [
        {
            "uuid": key,
            "parent_message_uuid": parent,
            "sender": "human" if role == "user" else role,
            "content": [{"type": "text", "text": words}],
            "created_at": at[:14] + f"{number:02}:00Z",
        }
        for number, (key, parent, role, words) in enumerate(nodes)
    ]
    return {"uuid": "c", "name": name, "updated_at": at, "chat_messages": messages, **fields}


def put(library: Library, path: Path, conversation: dict[str, Any]) -> None:
    path.write_text(json.dumps([conversation]), encoding="utf-8")
    assert ingest.run(library, [path]).problems == ()


def only(library: Library) -> SessionSummary:
    (found,) = library.summaries(library.session_ids(parse("is:any")))
    return found


def shown(library: Library) -> list[str]:
    """The texts of the branch that is current."""
    summary = only(library)
    seqs = current_branch(library, tree_of(library.stubs(summary.id)), library.session(summary.uid).current_uid)
    return [message.content for message in library.messages(summary.id, seqs)]


def stored(library: Library) -> set[str]:
    return {message.content for message in library.messages(only(library).id)}


def words(nodes: Sequence[tuple[str, str | None, str, str]]) -> list[str]:
    return [node[3] for node in nodes]


def test_of_two_chatgpt_exports_the_newer_says_what_is_current(library: Library, tmp_path: Path) -> None:
    older = chatgpt(OLD, "As it was called", *OLDER, is_archived=True, is_starred=True, default_model_slug="gpt-old")
    newer = chatgpt(NEW, "As it is called", *NEWER, default_model_slug="gpt-new")
    put(library, tmp_path / "newer.json", newer)
    put(library, tmp_path / "older.json", older)
    found = only(library)
    assert (found.title, found.status, found.is_starred, found.model) == ("As it is called", SessionStatus.ACTIVE, False, "gpt-new")
    assert shown(library) == words(NEWER)
    assert stored(library) == {*words(OLDER), *words(NEWER)}
    assert library.search(parse("first reply")).hits
    put(library, tmp_path / "newest.json", chatgpt(NEWEST, "Called anew", *OLDER, is_archived=True))
    assert (only(library).title, only(library).status, shown(library)) == ("Called anew", SessionStatus.ARCHIVED, words(OLDER))
    assert damages(library) == []


@pytest.mark.parametrize("at", [NEW, None])
def test_without_a_time_or_of_the_same_the_last_import_stands(at: float | None, library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "one.json", chatgpt(NEW, "First", *NEWER))
    put(library, tmp_path / "two.json", chatgpt(at, "Second", *OLDER))
    assert (only(library).title, shown(library)) == ("Second", words(OLDER))


def test_an_older_export_fills_what_the_newer_does_not_say(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "newer.json", claude("2026-03-02T08:00:00Z", "", *NEWER))
    put(library, tmp_path / "older.json", claude("2026-03-01T08:00:00Z", "A name", *OLDER, summary="What it is about", model="claude-x"))
    assert only(library).model == "claude-x"
    assert library.session(only(library).uid).summary == "What it is about"


def test_a_vote_or_document_of_an_older_export_replaces_none_of_the_newer(library: Library) -> None:
    def export(at: str, value: int, text: str) -> FileImport:
        session = make_session("s", metadata={"updated_at": at}, context_items=(ContextItem("document", "plan", text),))
        rating = Rating(uid=session.messages[1].uid, value=value, origin=RatingOrigin.SOURCE)
        return make_import(session._replace(ratings=(rating,)), path=f"/{at}.zip")

    library.save([export("2026-03-02T08:00:00.000+00:00", 1, "new")])
    assert library.save([export("2026-03-01T08:00:00.000+00:00", 5, "old")]).updated == 0
    assert (only(library).rating, library.context_items(only(library).id)[0].value) == (1, "new")
    assert library.save([export("2026-03-03T08:00:00.000+00:00", 4, "newest")]).updated == 1
    assert (only(library).rating, library.context_items(only(library).id)[0].value) == (4, "newest")


def test_of_two_claude_exports_the_newest_branch_stays_current(library: Library, tmp_path: Path) -> None:
    """They do not say which one it is, and what comes last is stored last."""
    put(library, tmp_path / "newer.json", claude("2026-03-02T08:00:00Z", "As it is called", *NEWER, is_starred=True))
    put(library, tmp_path / "older.json", claude("2026-03-01T08:00:00Z", "As it was called", *OLDER))
    assert (only(library).title, only(library).is_starred, shown(library)) == ("As it is called", True, words(NEWER))
    assert stored(library) == {*words(OLDER), *words(NEWER)}
    more = (*NEWER, ("n3", "n2", "user", "and then"))
    put(library, tmp_path / "newest.json", claude("2026-03-03T08:00:00Z", "Called anew", *more))
    assert (only(library).title, only(library).is_starred, shown(library)) == ("Called anew", False, words(more))
    other = (*NEWER[:3], ("n4", "n1", "assistant", "said otherwise"))
    put(library, tmp_path / "last.json", claude("2026-03-04T08:00:00Z", "Called anew", *other))
    assert shown(library) == words(other)
    assert damages(library) == []


def test_what_the_user_said_stands_above_both(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "newer.json", chatgpt(NEW, "Newer", *NEWER))
    uid = only(library).uid
    library.rename(uid, "Mine")
    library.set_status([uid], SessionStatus.TRASHED)
    library.set_starred([uid], True)
    put(library, tmp_path / "older.json", chatgpt(OLD, "Older", *OLDER))
    assert (only(library).title, only(library).status, only(library).is_starred) == ("Mine", SessionStatus.TRASHED, True)
    library.undo()
    library.undo()
    library.undo()
    assert (only(library).title, only(library).status, only(library).is_starred) == ("Newer", SessionStatus.ACTIVE, False)


@pytest.mark.parametrize("is_own", [False, True])
def test_a_repair_from_the_older_export_alone_turns_nothing_back(
    is_own: bool, library: Library, database_path: Path, tmp_path: Path
) -> None:
    put(library, tmp_path / "older.json", chatgpt(OLD, "As it was called", *OLDER))
    put(library, tmp_path / "newer.json", chatgpt(NEW, "As it is called", *NEWER, is_archived=True, is_starred=True))
    if is_own:
        library.rename(only(library).uid, "Mine")
        library.set_status([only(library).uid], SessionStatus.ACTIVE)
        library.set_starred([only(library).uid], False)
    said = ("Mine", SessionStatus.ACTIVE, False) if is_own else ("As it is called", SessionStatus.ARCHIVED, True)
    (tmp_path / "newer.json").unlink()
    library.close()
    repair(database_path)
    with Library.open(database_path) as repaired:
        found = only(repaired)
        assert (found.title, found.status, found.is_starred, shown(repaired)) == (*said, words(NEWER))
        assert stored(repaired) == {*words(OLDER), *words(NEWER)}
        assert repaired.search(parse("is:any in:title " + said[0])).hits
        assert damages(repaired) == []
