"""The made-up library holds one of everything, and is the same at every call."""

from collections import Counter
from datetime import UTC, datetime

from chatviewer import demo
from chatviewer.domain import MessageTree, Role, ToolCallStatus
from chatviewer.tui.rendering.tool_call import edit, interpreter, mcp, placing, read, search, shell, speech, subagent, todo, web
from chatviewer.tui.rendering.tool_call.registry import normal_name

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def test_it_is_the_same_at_every_call() -> None:
    assert demo.sessions(NOW) == demo.sessions(NOW)


def test_it_holds_one_of_everything() -> None:
    scenes = demo.scenes(NOW)
    messages = [message for scene in scenes for message in scene.session.messages]
    calls = [call for message in messages for call in message.tool_calls]
    text = "\n".join(message.content for message in messages)
    assert 55 <= len(scenes) <= 70
    assert set(Counter(scene.session.source for scene in scenes)) == {"claude-code", "codex", "chatgpt", "claude-ai"}
    assert {scene.status for scene in scenes} == {"active", "archived", "trashed"}
    assert any(scene.tags for scene in scenes)
    assert any(scene.is_starred for scene in scenes)
    assert any(scene.ratings for scene in scenes)
    assert any(scene.notes for scene in scenes)
    assert {message.role for message in messages} >= {Role.USER, Role.ASSISTANT, Role.SYSTEM}
    assert any(message.thinking for message in messages)
    assert any(message.attachments for message in messages)
    assert {call.status for call in calls} == {ToolCallStatus.COMPLETED, ToolCallStatus.FAILED}
    assert {"Bash", "Edit", "Read", "Grep", "Task", "TodoWrite", "apply_patch", "shell"} <= {call.tool_name for call in calls}
    known = {normal_name(call.tool_name) for call in calls}
    for module in (edit, interpreter, placing, read, search, shell, speech, subagent, todo, web):
        assert known & set(module.NAMES.split()), module.__name__
    assert any(mcp.is_mcp(call.tool_name) for call in calls)
    assert any("\x1b[" in (call.result or "") for call in calls)
    images = [one.data for message in messages for one in message.attachments if one.media_type == "image/png"]
    assert all(data is not None and data.startswith(b"\x89PNG") for data in images)
    for wanted in ("|---", "```python", "```diff", "- [x]", "東京", "京都", "🙂", "**", "> "):
        assert wanted in text, wanted


def test_uids_are_unique_and_parents_exist() -> None:
    scenes = demo.scenes(NOW)
    uids = [message.uid for scene in scenes for message in scene.session.messages]
    sessions = {scene.session.uid for scene in scenes}
    assert len(set(uids)) == len(uids)
    assert len(sessions) == len(scenes)
    for scene in scenes:
        own = {message.uid for message in scene.session.messages}
        assert all(message.parent_uid is None or message.parent_uid in own for message in scene.session.messages)
        assert scene.session.parent_uid is None or scene.session.parent_uid in sessions
        assert all(call.child_uid is None or call.child_uid in sessions for m in scene.session.messages for call in m.tool_calls)


def test_a_session_branches_three_ways() -> None:
    session = next(s for s in demo.sessions(NOW) if s.title == "Fix the flaky import test")
    number = {message.uid: seq for seq, message in enumerate(session.messages)}
    tree = MessageTree((seq, number.get(m.parent_uid or "", -1)) for seq, m in enumerate(session.messages))
    assert len(tree.fork_points()) == 2


def test_times_run_forward_and_end_before_now() -> None:
    for session in demo.sessions(NOW):
        times = [message.created_at for message in session.messages if message.created_at]
        assert times == sorted(times)
        assert times[-1] < NOW
