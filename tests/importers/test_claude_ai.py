"""Claude.ai exports: blocks, calls paired by id or name, branches, order, documents, projects; broken ones."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer.domain import Role, Session, ToolCallStatus
from chatviewer.importers.base import Reading
from chatviewer.importers.claude_ai import ClaudeAiImporter
from tests.chance import examples
from tests.importers.mutating import mutated

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "claude-ai"
CONVERSATIONS = json.loads((SAMPLES / "conversations.json").read_text(encoding="utf-8"))


def read(path: Path) -> tuple[list[Session], Reading]:
    reading = Reading(path)
    return list(ClaudeAiImporter().read(reading)), reading


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def chat(*messages: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    return [{"uuid": "c", "name": "n", "chat_messages": list(messages), **fields}]


def texts(session: Session) -> list[str]:
    return [message.content for message in session.messages]


def test_the_sample() -> None:
    (tree, flat), reading = read(SAMPLES / "conversations.json")
    assert not reading.problems
    assert reading.skipped["conversation without content"] == 1
    assert reading.skipped["project without a conversation"] == 1
    assert (tree.title, tree.summary, tree.model) == ("Hedge or fence", "Choosing a border for a windy garden.", "claude-opus-4-5")
    assert tree.is_starred
    assert flat.title == "First: hello."


def test_blocks_become_messages_in_the_normal_form() -> None:
    tree = read(SAMPLES / "conversations.json")[0][0]
    first, second, third = tree.messages[:3]
    assert second.thinking == "Wind needs something that lets a third through."
    assert second.content == "Let me look up wind figures."
    assert third.content == "A hedge: it lets 40 % through."
    assert (second.parent_uid, third.parent_uid) == (first.uid, second.uid)
    assert third.metadata["references"] == [{"url": "https://example.org/wind", "title": ""}]
    assert not any("not supported on your current device" in text for text in texts(tree)), "content stands above text"


def test_results_are_paired_by_id_else_by_name() -> None:
    tree = read(SAMPLES / "conversations.json")[0][0]
    search, repl, artifact = [call for message in tree.messages for call in message.tool_calls]
    assert (search.tool_call_id, search.result) == ("toolu_1", "Windbreaks\nhttps://example.org/wind\nA hedge lets 40 % through.")
    assert (repl.arguments, repl.result, repl.duration_ms) == ({"code": "1/3"}, "0.333", 2000)
    assert (artifact.status, artifact.error_message) == (ToolCallStatus.FAILED, "Error: no room")


def test_a_result_without_a_call_stays_a_message(tmp_path: Path) -> None:
    blocks = [
        {"type": "text", "text": "a"},
        {"type": "tool_result", "name": "x", "tool_use_id": "t9", "content": [{"type": "text", "text": "lost"}]},
        {"type": "text", "text": "b"},
    ]
    (session,), _ = read(written(tmp_path / "c.json", chat({"uuid": "m", "sender": "assistant", "content": blocks})))
    assert [(m.role, m.content, m.tool_call_id) for m in session.messages] == [
        (Role.ASSISTANT, "a", None),
        (Role.TOOL, "lost", "t9"),
        (Role.ASSISTANT, "b", None),
    ]


def test_branches() -> None:
    tree = read(SAMPLES / "conversations.json")[0][0]
    asked = [message for message in tree.messages if message.content in ("Which plants?", "Which fence would do?")]
    assert asked[0].parent_uid == asked[1].parent_uid == tree.messages[2].uid
    assert tree.current_uid == tree.messages[-1].uid


def test_without_links_time_orders() -> None:
    flat = read(SAMPLES / "conversations.json")[0][1]
    assert texts(flat) == ["First: hello.", "Second: hello back.", "Another text with the same uuid."]
    assert len({message.uid for message in flat.messages}) == 3


def test_attached_text_is_searchable() -> None:
    plan, picture = read(SAMPLES / "conversations.json")[0][0].messages[0].attachments
    assert (plan.name, plan.media_type, plan.text) == ("plan.txt", "text/plain", "north wall: 12 m\n")
    assert (picture.name, picture.text) == ("garden.jpg", None)


def test_a_project_gives_its_name_instructions_and_documents() -> None:
    tree = read(SAMPLES / "conversations.json")[0][0]
    assert (tree.project, tree.system_prompt) == ("Garden", "Metric units.")
    assert [(item.type, item.key, item.value) for item in tree.context_items] == [
        ("project", "name", "Garden"),
        ("project", "description", "North side"),
        ("document", "soil.md", "Clay."),
        ("document", "soil.md (2)", "Sand."),
    ]


def test_zip_with_projects_of_their_own(tmp_path: Path) -> None:
    project = json.loads((SAMPLES / "projects.json").read_text(encoding="utf-8"))[0]
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps(CONVERSATIONS))
        archive.writestr(f"projects/{project['uuid']}.json", json.dumps(project))
    assert ClaudeAiImporter().recognises(path, path.read_bytes())
    zipped, plain = read(path)[0][0], read(SAMPLES / "conversations.json")[0][0]
    assert zipped == plain


def test_one_conversation_the_wrapper_and_json_lines(tmp_path: Path) -> None:
    one = CONVERSATIONS[0]
    for name, content in (
        ("one.json", json.dumps(one)),
        ("wrapped.json", json.dumps({"conversations": [one]})),
        ("conversations.jsonl", json.dumps(one) + "\n"),
    ):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        assert ClaudeAiImporter().recognises(path, path.read_bytes()[: 1 << 16])
        assert [session.title for session in read(path)[0]] == ["Hedge or fence"]


def test_wrong_types_are_told_and_the_rest_is_stored(tmp_path: Path) -> None:
    good = {"uuid": "m", "sender": "human", "text": "kept", "content": 5, "created_at": "soon", "attachments": None}
    document = [*chat(good, {"uuid": "n", "text": None, "content": None}, "x"), {"uuid": "a", "chat_messages": None}, None]
    sessions, reading = read(written(tmp_path / "conversations.json", document))
    assert texts(sessions[0]) == ["kept"]
    assert [problem.reason for problem in reading.problems] == [
        "in conversation 1: message 3 is no object",
        "in conversation 1: message n holds nothing that can be read",
        "conversation 2: it holds no messages (`chat_messages`)",
        "conversation 3: it is no object",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("plain", "plain"),
        (["in a list"], "in a list"),
        ([["deeper"]], '["deeper"]'),
        ({"type": "text", "text": "a lone block"}, "a lone block"),
        ({"a": "nothing known"}, '{"a": "nothing known"}'),
        ([{"type": "text", "text": {"value": "b"}}], '{"value": "b"}'),
        ([{"type": "text", "text": ["c"]}], '["c"]'),
    ],
)
def test_words_where_none_belong_are_kept(tmp_path: Path, content: object, words: str) -> None:
    (session,), reading = read(written(tmp_path / "c.json", chat({"uuid": "m", "sender": "human", "text": "", "content": content})))
    assert texts(session) == [words]
    assert not reading.problems


def test_the_flat_copy_counts_where_no_block_has_text(tmp_path: Path) -> None:
    odd = [{"type": "text", "text": 7}, {"type": "text", "text": None}, {"type": "novel"}]
    (session,), _ = read(written(tmp_path / "c.json", chat({"uuid": "m", "sender": "human", "text": "flat", "content": odd})))
    assert texts(session) == ["flat"]


NOTE = "```\nThis block is not supported on your current device yet.\n```"
CALL = {"type": "tool_use", "name": "write", "input": {"file": {"text": "first line\nsecond line"}}}


@pytest.mark.parametrize(
    ("flat", "blocks", "content", "skipped"),
    [
        (f"Only here.\n\n{NOTE}", [CALL], "Only here.", 0),
        (f"{NOTE}\n second line\nOnly here.", [CALL, {"type": "tool_result", "content": "done"}], "Only here.\ndone", 0),
        (f"{NOTE}\nfirst line\nok", [CALL, {"type": "tool_result", "name": "write", "content": [{"type": "text", "text": "ok"}]}], "", 0),
        (f"said\n\n{NOTE}", [{"type": "text", "text": "said"}, CALL], "said", 0),
        ("Only here.\n\nsaid", [{"type": "text", "text": "said"}], "said", 1),
        ("hm\nsaid", [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "said"}], "said", 0),
    ],
)
def test_words_of_the_flat_copy_that_no_block_holds(
    tmp_path: Path, flat: str, blocks: list[dict[str, Any]], content: str, skipped: int
) -> None:
    message = {"uuid": "m", "sender": "assistant", "text": flat, "content": blocks}
    (session,), reading = read(written(tmp_path / "c.json", chat(message)))
    assert "\n".join(filter(None, texts(session))) == content
    assert reading.skipped["flat text that its blocks do not hold"] == skipped
    assert not reading.problems


def test_documents_of_an_export_that_hold_no_known_chats_are_counted(tmp_path: Path) -> None:
    identity = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee"
    members: dict[str, object] = {
        "conversations.json": chat({"uuid": "m", "sender": "human", "text": "Hi", "content": []}, project_uuid=f"{identity}1"),
        f"projects/{identity}1.json": {"uuid": f"{identity}1", "name": "Garden"},
        f"design_chats/{identity}2.json": {"uuid": f"{identity}2", "title": "t", "messages": []},
        "memories.json": {"conversations_memory": "likes hedges"},
        "users.json": [{"uuid": "a"}],
        "artifacts.json": [{"content": "x"}],
    }
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in members.items():
            archive.writestr(name, json.dumps(value))
    (session,), reading = read(path)
    assert session.project == "Garden"
    assert reading.skipped == {"conversation of another kind": 1, "memory of the account": 1, "artifacts.json of the export": 1}


def test_tools_of_a_server_are_calls_too(tmp_path: Path) -> None:
    blocks = [
        {"type": "mcp_tool_use", "id": "c", "name": "look", "input": {"q": "wind"}},
        {"type": "mcp_tool_result", "tool_use_id": "c", "content": "calm"},
    ]
    (session,), reading = read(written(tmp_path / "c.json", chat({"uuid": "m", "sender": "assistant", "text": "", "content": blocks})))
    (call,) = session.messages[0].tool_calls
    assert (call.tool_name, call.arguments, call.result) == ("look", {"q": "wind"}, "calm")
    assert not reading.skipped


def test_thinking_and_extracted_documents_in_odd_places(tmp_path: Path) -> None:
    message = {"uuid": "m", "sender": "assistant", "text": "", "content": [{"type": "thinking", "text": "hm"}]}
    message["attachments"] = [{"file_name": "f", "extracted_content": ["page"]}]
    (session,), _ = read(written(tmp_path / "c.json", chat(message)))
    assert session.messages[0].thinking == "hm"
    assert session.messages[0].attachments[0].text == '["page"]'


@pytest.mark.parametrize("attachments", [{"extracted_content": "page"}, ["page"], [{"extracted_content": "page"}, None, 5]])
@pytest.mark.parametrize("files", [["f.png"], {"file_name": "f.png"}, [{"file_name": "f.png"}, [], None]])
def test_attachments_of_the_wrong_shape(tmp_path: Path, attachments: object, files: object) -> None:
    message = {"uuid": "m", "sender": "human", "text": "", "content": [], "attachments": attachments, "files": files}
    (session,), _ = read(written(tmp_path / "c.json", chat(message)))
    assert [(attachment.text, attachment.name) for attachment in session.messages[0].attachments] == [("page", ""), (None, "f.png")]


def test_rings_and_orphans_lose_no_message(tmp_path: Path) -> None:
    ring = chat(
        {"uuid": "a", "sender": "human", "text": "1", "parent_message_uuid": "c"},
        {"uuid": "b", "sender": "assistant", "text": "2", "parent_message_uuid": "a"},
        {"uuid": "c", "sender": "human", "text": "3", "parent_message_uuid": "b"},
        {"uuid": "d", "sender": "human", "text": "4", "parent_message_uuid": "nobody"},
        {"uuid": "e", "sender": "narrator", "text": "5"},
    )
    (session,), _ = read(written(tmp_path / "c.json", ring))
    assert sorted(texts(session)) == ["1", "2", "3", "4", "5"]
    assert session.messages[-1].metadata == {"kind": "unknown author", "author": "narrator"}


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_an_export_holds_raises(tmp_path: Path, data: st.DataObject) -> None:
    written(tmp_path / "projects.json", data.draw(mutated(json.loads((SAMPLES / "projects.json").read_text("utf-8")))))
    sessions, _ = read(written(tmp_path / "conversations.json", data.draw(mutated(CONVERSATIONS))))
    for session in sessions:
        known: set[str] = set()
        for message in session.messages:
            assert message.uid not in known
            assert message.parent_uid is None or message.parent_uid in known
            known.add(message.uid)
        assert session.current_uid is None or session.current_uid in known
