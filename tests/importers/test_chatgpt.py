"""ChatGPT exports: the tree, calls and their results, thoughts, votes, pictures; zip, folder and single file; broken ones."""

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer.domain import Message, RatingOrigin, Role, Session, SessionStatus, ToolCallStatus
from chatviewer.importers.base import Reading
from chatviewer.importers.chatgpt import ChatGptImporter
from tests.chance import examples
from tests.importers.mutating import mutated

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "chatgpt"
CONVERSATIONS = json.loads((SAMPLES / "conversations.json").read_text(encoding="utf-8"))


def read(path: Path) -> tuple[list[Session], Reading]:
    reading = Reading(path)
    return list(ChatGptImporter().read(reading)), reading


def bread() -> Session:
    return read(SAMPLES / "conversations.json")[0][0]


def saying(session: Session, words: str) -> Message:
    return next(message for message in session.messages if words in message.content)


def as_zip(path: Path, **members: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            archive.writestr(name.replace("__", "-") + ".json", json.dumps(value))
    return path


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def conversation(*nodes: tuple[str, str | None, str, Any], **fields: Any) -> dict[str, Any]:
    """Nodes are (id, parent, role, text or content); children are made from the parents."""
    mapping: dict[str, Any] = {}
    for key, parent, role, content in nodes:
        body = {"content_type": "text", "parts": [content]} if isinstance(content, str) else content
        message = {"id": key, "author": {"role": role}, "content": body, "recipient": "all", "metadata": {}}
        mapping[key] = {"id": key, "message": message, "parent": parent, "children": []}
        if parent in mapping:
            mapping[parent]["children"].append(key)
    return {"title": "t", "conversation_id": "c", "mapping": mapping, "current_node": nodes[-1][0], **fields}


def contents(path: Path) -> list[str]:
    return [message.content for session in read(path)[0] for message in session.messages]


def test_the_sample() -> None:
    (first, second), reading = read(SAMPLES / "conversations.json")
    assert not reading.problems
    assert reading.skipped == {"conversation without content": 1, "empty message": 1, "feedback without a message": 1}
    assert (first.title, first.model, first.system_prompt) == ("Sourdough that does not rise", "gpt-5", "I bake.\n\nBe brief.")
    assert first.status is SessionStatus.ACTIVE
    assert not first.is_starred
    assert second.status is SessionStatus.ARCHIVED
    assert second.is_starred
    assert (second.title, second.project) == ("发酵需要多久？", "g-p-68a1f00d")
    assert [(message.role, message.content) for message in second.messages] == [
        (Role.USER, "发酵需要多久？"),
        (Role.ASSISTANT, "四到六个小时。"),
    ]


def test_branches_keep_the_order_of_children() -> None:
    session = bread()
    below = Counter(message.parent_uid for message in session.messages)
    assert sum(count > 1 for count in below.values()) == 2
    question = saying(session, "Why does this loaf")
    assert [m.content for m in session.messages if m.parent_uid == question.uid] == [
        "The starter was too cold. Let me work out the dough temperature.",
        "It looks under-proofed.",
    ]
    assert session.current_uid == saying(session, "in winter").uid


def test_thoughts_go_to_the_reply_that_follows() -> None:
    reply = saying(bread(), "starter was too cold")
    assert reply.thinking == "**Looking at the crumb**\n\nThe crumb is dense, the crust pale."
    assert reply.metadata["thought_seconds"] == 9
    assert reply.model == "gpt-5-thinking"


def test_calls_and_several_results() -> None:
    session = bread()
    done, failed = [call for message in session.messages for call in message.tool_calls]
    assert (done.tool_name, done.arguments, done.result, done.status, done.duration_ms) == (
        "python",
        "3 * 25 - 22 - 20",
        "33\na chart",
        ToolCallStatus.COMPLETED,
        750,
    )
    assert (failed.status, failed.error_message) == (ToolCallStatus.FAILED, "ZeroDivisionError")
    caller = next(message for message in session.messages if done in message.tool_calls)
    assert caller.attachments[0].name == "file_00000000abcd"
    assert saying(session, "That did not work").metadata["is_unfinished"] is True
    assert saying(session, "Water at 33").metadata["references"] == [{"url": "https://example.org/dough", "title": "Dough temperature"}]


def test_pictures_come_from_the_export() -> None:
    picture, paper = saying(bread(), "Why does this loaf").attachments
    assert (picture.name, picture.media_type, picture.byte_count) == ("loaf.png", "image/png", 70)
    assert picture.data is not None
    assert picture.data.startswith(b"\x89PNG")
    assert (paper.name, paper.byte_count, paper.data) == ("flour.pdf", 1234, None)


def test_votes_become_ratings_of_the_source() -> None:
    (first, second), _ = read(SAMPLES / "conversations.json")
    by_uid = {rating.uid: rating for rating in first.ratings}
    liked = by_uid[saying(first, "Water at 33").uid]
    assert (liked.value, liked.text, liked.origin) == (5, "exactly what I needed\nhelpful", RatingOrigin.SOURCE)
    assert by_uid[saying(first, "under-proofed").uid].value == 1
    (silent,) = [message for message in first.messages if not message.content and not message.tool_calls]
    assert by_uid[silent.uid].text == "it said nothing", "an empty reply that carries a vote is kept"
    assert second.metadata["feedback"] == [{"rating": "thumbs_up", "text": "nice"}], "a vote on no message is not put on one"


def test_zip_folder_and_split_files_give_the_same(tmp_path: Path) -> None:
    feedback = json.loads((SAMPLES / "message_feedback.json").read_text(encoding="utf-8"))
    plain = [(s.uid, s.messages[0].uid, len(s.messages), len(s.ratings)) for s in read(SAMPLES / "conversations.json")[0]]
    whole = as_zip(tmp_path / "a.zip", conversations=CONVERSATIONS, message_feedback=feedback)
    split = as_zip(
        tmp_path / "b.zip", conversations__000=CONVERSATIONS[:1], conversations__001=CONVERSATIONS[1:], message_feedback=feedback
    )
    for path in (whole, split):
        assert [(s.uid, s.messages[0].uid, len(s.messages), len(s.ratings)) for s in read(path)[0]] == plain
        assert ChatGptImporter().recognises(path, path.read_bytes()[: 1 << 16])


def test_a_single_conversation_and_a_wrapped_one(tmp_path: Path) -> None:
    single = conversation(("a", None, "user", "hello"))
    assert contents(written(tmp_path / "one.json", single)) == ["hello"]
    assert contents(written(tmp_path / "wrapped.json", {"data": single})) == ["hello"]


def test_broken_trees_lose_no_message(tmp_path: Path) -> None:
    chain = [("a", None, "user", "one"), ("b", "a", "assistant", "two"), ("c", "b", "user", "three")]
    for change in (
        {"a": {"parent": "c"}},  # a ring
        {"b": {"parent": "b", "children": ["b", "c"]}},  # its own parent
        {"b": {"parent": "nobody"}},  # an orphan
        {"b": {"parent": None}},  # known to the parent only
        {"a": {"children": []}, "b": {"children": None}},  # known to the child only
        {"a": {"children": ["nobody", "b", "b", 5, None]}},
    ):
        broken = conversation(*chain)
        for key, fields in change.items():
            broken["mapping"][key].update(fields)
        sessions, reading = read(written(tmp_path / "x.json", broken))
        assert [message.content for message in sessions[0].messages] == ["one", "two", "three"], change
        known = {message.uid for message in sessions[0].messages}
        assert all(message.parent_uid is None or message.parent_uid in known for message in sessions[0].messages)
        assert not reading.problems


def test_the_newest_leaf_is_shown_when_the_current_node_is_unknown(tmp_path: Path) -> None:
    tree = conversation(("a", None, "user", "q"), ("b", "a", "assistant", "old"), ("c", "a", "assistant", "new"), current_node="gone")
    tree["mapping"]["b"]["message"]["create_time"] = 1770000001
    tree["mapping"]["c"]["message"]["create_time"] = 1770000002
    (session,), _ = read(written(tmp_path / "x.json", tree))
    assert session.current_uid == saying(session, "new").uid


def test_a_very_long_chain_and_very_many_alternatives(tmp_path: Path) -> None:
    long = [("n0", None, "user", "start"), *((f"n{n}", f"n{n - 1}", "assistant", f"t{n}") for n in range(1, 6000))]
    assert len(contents(written(tmp_path / "long.json", conversation(*long)))) == 6000
    wide = [("n0", None, "user", "start"), *((f"n{n}", "n0", "assistant", f"t{n}") for n in range(1, 6000))]
    assert contents(written(tmp_path / "wide.json", conversation(*wide))) == ["start", *(f"t{n}" for n in range(1, 6000))]


def test_wrong_types_are_told_and_the_rest_is_stored(tmp_path: Path) -> None:
    nodes = [("a", None, "user", "one"), ("b", "a", "assistant", {"content_type": "text", "parts": 5}), ("c", "b", "user", "three")]
    sessions, reading = read(as_zip(tmp_path / "e.zip", conversations=[conversation(*nodes), 5, {"title": "x"}]))
    assert [message.content for message in sessions[0].messages] == ["one", "three"]
    assert [f"{problem.line}: {problem.reason}" for problem in reading.problems] == [
        "1: conversations.json: in conversation 1: the parts of message b are no list",
        "1: conversations.json: conversation 2: it is no object",
        "1: conversations.json: conversation 3: it holds no messages (`mapping`)",
    ]


def test_content_that_is_not_known_is_counted_by_its_type_and_odd_thoughts_are_read(tmp_path: Path) -> None:
    nodes = [
        ("a", None, "user", "one"),
        ("b", "a", "assistant", {"content_type": "hologram", "wave": "w"}),
        ("c", "b", "user", {"content_type": "text", "parts": [""]}),
        ("d", "c", "user", {"wave": "w"}),
        ("e", "d", "assistant", {"content_type": "thoughts", "thoughts": ["hm", {"content": "so"}]}),
        ("f", "e", "user", "two"),
        ("g", "f", "assistant", {"content_type": "thoughts", "thoughts": {"content": "alone"}}),
    ]
    (session,), reading = read(written(tmp_path / "c.json", conversation(*nodes)))
    assert reading.skipped == {"content hologram": 1, "empty message": 1, "content without a type": 1}
    assert [(message.content, message.thinking) for message in session.messages] == [
        ("one", ""),
        ("", "hm\n\nso"),
        ("two", ""),
        ("", "alone"),
    ]


def test_a_cut_export_keeps_what_was_whole(tmp_path: Path) -> None:
    whole = (SAMPLES / "conversations.json").read_bytes()
    path = tmp_path / "conversations.json"
    path.write_bytes(whole[: whole.index(b"7d1e0000-1111-4222-8333-000000000002")])
    sessions, reading = read(path)
    assert [session.title for session in sessions] == ["Sourdough that does not rise"]
    assert "cut off" in reading.problems[0].reason


def test_odd_zips_are_refused_in_words(tmp_path: Path) -> None:
    cut = as_zip(tmp_path / "conversations.zip", conversations=CONVERSATIONS)
    cut.write_bytes(cut.read_bytes()[:-60])
    assert ChatGptImporter().recognises(cut, cut.read_bytes()[: 1 << 16])
    sessions, reading = read(cut)
    assert not sessions
    assert "damaged" in reading.problems[0].reason
    other = as_zip(tmp_path / "other.zip", readme="hello")
    assert not ChatGptImporter().recognises(other, other.read_bytes()[: 1 << 16])


def test_documents_of_an_export_that_are_not_read_are_counted(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "e.zip", conversations=[CONVERSATIONS[0]], group_chats={"chats": []}, user={}, shared_conversations=[])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("file-abc-notes.json", "{}")
    assert read(path)[1].skipped["group_chats.json of the export"] == 1
    assert [kind for kind in read(path)[1].skipped if "export" in kind] == ["group_chats.json of the export"]


def test_what_it_does_not_recognise() -> None:
    importer = ChatGptImporter()
    assert not importer.recognises(Path("x.json"), b'[{"chat_messages": []}]')
    assert not importer.recognises(Path("user.json"), b'{"id": "user-x"}')
    assert importer.recognises(Path("x.json"), '[{"mapping": {}}]'.encode("utf-16"))


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_an_export_holds_raises(tmp_path: Path, data: st.DataObject) -> None:
    written(tmp_path / "message_feedback.json", data.draw(mutated(json.loads((SAMPLES / "message_feedback.json").read_text("utf-8")))))
    sessions, _ = read(written(tmp_path / "conversations.json", data.draw(mutated(CONVERSATIONS))))
    for session in sessions:
        uids = [message.uid for message in session.messages]
        assert len(uids) == len(set(uids))
        known: set[str] = set()
        for message in session.messages:
            assert message.parent_uid is None or message.parent_uid in known
            known.add(message.uid)
        assert session.current_uid is None or session.current_uid in known
        assert {rating.uid for rating in session.ratings} <= known
