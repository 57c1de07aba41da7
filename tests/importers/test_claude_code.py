"""Claude Code transcripts: what each record becomes, the tree, sub-agents, growing files, broken ones."""

import gc
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer import ingest
from chatviewer.domain import Message, Role, Session, ToolCallStatus
from chatviewer.domain.identity import message_uid, session_uid
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.claude_code import ClaudeCodeImporter
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.importers.mutating import mutated
from tests.measuring import cpu_seconds

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "claude-code"
LIGHTHOUSE = SAMPLES / "projects/-home-mira-lighthouse/6a1d0c3e-52b7-4d0a-9a55-0f2c8f0e1001.jsonl"
AGENT = LIGHTHOUSE.with_suffix("") / "subagents/agent-a77f01.jsonl"
ORCHARD = SAMPLES / "projects/-home-mira-orchard/6a1d0c3e-52b7-4d0a-9a55-0f2c8f0e2002.jsonl"
WEB = SAMPLES / "web-session.json"
SID = "11111111-0000-4000-8000-000000000001"


def read(path: Path) -> tuple[list[Session], Reading]:
    reading = Reading(path)
    return list(ClaudeCodeImporter().read(reading)), reading


def env(kind: str, uuid: str | None, parent: str | None, **fields: Any) -> dict[str, Any]:
    record = {"type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": SID, "isSidechain": False, "cwd": "/w", "gitBranch": "main"}
    return {**record, "timestamp": "2026-01-01T00:00:00.000Z", **fields}


def user(uuid: str | None, parent: str | None, content: Any, **fields: Any) -> dict[str, Any]:
    return env("user", uuid, parent, message={"role": "user", "content": content}, **fields)


def reply(uuid: str, parent: str | None, message_id: str, *blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    message = {"id": message_id, "role": "assistant", "model": "claude-x", "content": list(blocks), "usage": {"output_tokens": 5}}
    return env("assistant", uuid, parent, **{"message": message, **fields})


def result(uuid: str, parent: str | None, call: str, content: Any, **fields: Any) -> dict[str, Any]:
    return user(uuid, parent, [{"type": "tool_result", "tool_use_id": call, "content": content}], **fields)


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


def call(id: str, name: str = "Bash", **arguments: Any) -> dict[str, Any]:  # noqa: A002
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def lines(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def sessions_of(tmp_path: Path, *records: dict[str, Any], name: str = f"{SID}.jsonl") -> tuple[list[Session], Reading]:
    path = tmp_path / name
    path.write_bytes(lines(list(records)))
    return read(path)


def only(tmp_path: Path, *records: dict[str, Any]) -> Session:
    (session,), reading = sessions_of(tmp_path, *records)
    assert not reading.problems
    return session


def tree(session: Session) -> list[tuple[str, str | None]]:
    """Each message by its text, with its parent's."""
    names = {message.uid: message.content or message.tool_calls[0].tool_call_id for message in session.messages}
    return [(names[message.uid] or "", names[message.parent_uid] if message.parent_uid else None) for message in session.messages]


# -- the samples


def test_a_whole_session() -> None:
    (session,), reading = read(LIGHTHOUSE)
    assert not reading.problems
    assert reading.skipped == {"file-history-snapshot": 1, "attachment hook_success": 1, "progress": 1, "system turn_duration": 1}
    assert (session.title, session.project, session.branch) == ("Lamp that turns too fast", "/home/mira/lighthouse", "main")
    assert session.model == "claude-opus-4-5-20251101"
    prompt, first, second, third, done, *rest = session.messages
    assert prompt.uid == message_uid("claude-code", "", "b0000000-0000-4000-8000-000000000001")
    assert (first.thinking, first.content) == ("Twice as fast: a doubled timer?", "I will look at the timer.")
    assert [made.tool_name for made in first.tool_calls] == ["Read", "Bash"]
    assert (first.input_tokens, first.output_tokens, first.metadata["cache_read_tokens"]) == (12, 88, 9000)
    assert first.tool_calls[1].duration_ms == 412
    assert [image.media_type for image in first.attachments] == ["image/png"]
    failed = second.tool_calls[0]
    assert (failed.status, failed.error_message) == (ToolCallStatus.FAILED, "String not found")
    assert (failed.result or "").startswith("<tool_use_error>")
    assert third.tool_calls[0].child_uid == session_uid("claude-code", f"{session.source_id}/agent-a77f01")
    forks = [message.content for message in rest if message.parent_uid == done.uid]
    assert [content.splitlines()[-1] for content in forks] == ["And the fog horn? 霧笛", "And the fog horn, on Sundays?"]
    notes = [(message.role, message.metadata.get("kind")) for message in rest[4:8]]
    assert notes == [(Role.SYSTEM, kind) for kind in ("command", "compact_boundary", "compact_summary", "edited_text_file")]
    assert session.current_uid == session.messages[-1].uid


def test_a_sub_agent_is_a_session_of_its_own() -> None:
    (session,), _ = read(AGENT)
    assert session.parent_uid == session_uid("claude-code", LIGHTHOUSE.stem)
    assert session.source_id == f"{LIGHTHOUSE.stem}/agent-a77f01"
    assert (session.title, session.spawned_by, session.metadata["agent_type"]) == ("Read all timers", "toolu_04", "Explore")
    assert [message.role for message in session.messages] == [Role.USER, Role.ASSISTANT, Role.ASSISTANT]


def test_a_side_chain_in_the_main_file_is_a_sub_agent() -> None:
    (session, side), reading = read(ORCHARD)
    assert session.title == "Apples counted twice"
    assert reading.skipped == {"summary of another session": 1}
    caller = next(message for message in session.messages if message.tool_calls).tool_calls[0]
    assert caller.child_uid == side.uid
    assert (side.parent_uid, side.spawned_by) == (session.uid, caller.tool_call_id)
    assert [message.content for message in side.messages] == ["Count all apples.", "Seven."]
    assert "Seven." not in [message.content for message in session.messages]


def test_the_export_of_a_web_session() -> None:
    (session,), reading = read(WEB)
    assert not reading.problems
    assert session.title == "Write a haiku about moss"
    assert [message.role for message in session.messages] == [Role.USER, Role.ASSISTANT, Role.ASSISTANT]
    assert session.messages[1].tool_calls[0].result == "written"
    assert session.messages[2].parent_uid == session.messages[1].uid


def test_files_and_what_they_are() -> None:
    importer = ClaudeCodeImporter()
    found = list(map(Path, importer.files(SAMPLES / "projects")))
    assert sorted(found) == sorted([LIGHTHOUSE, AGENT, ORCHARD])
    assert all(importer.recognises(path, path.read_bytes()[:65536]) for path in [*found, WEB])
    assert not importer.recognises(Path("x.jsonl"), b'{"sessionId":"a","projectHash":"b","messages":[]}\n')
    assert not importer.recognises(Path("x.jsonl"), b'{"uuid":"a","sessionId":"b","type":"user","message":{"role":"user","parts":[]}}\n')
    assert not importer.recognises(Path("x.jsonl"), b"\xff\xfe\x00")
    assert not importer.recognises(Path("x.json"), b'{"mapping": {}}')


def test_places_and_expiry(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    importer = ClaudeCodeImporter()
    assert importer.places() == [isolated_home / ".claude/projects", isolated_home / ".config/claude/projects"]
    assert "30 days" in importer.expiry()
    (isolated_home / ".claude").mkdir()
    (isolated_home / ".claude/settings.json").write_text('{"cleanupPeriodDays": 99}')
    assert "99 days" in importer.expiry()
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/a, /b")
    assert importer.places() == [Path("/a/projects"), Path("/b/projects")]


# -- messages


def test_blocks_that_alternate_are_a_chain_of_messages(tmp_path: Path) -> None:
    session = only(
        tmp_path,
        user("u", None, "go"),
        reply("a", "u", "m", text("one"), call("c1"), text("two"), call("c2")),
        result("r1", "a", "c1", "first"),
        result("r2", "a", "c2", "second"),
        reply("b", "r2", "m2", text("end")),
    )
    assert tree(session) == [("go", None), ("one", "go"), ("two", "one"), ("end", "two")]
    assert [made.result for message in session.messages for made in message.tool_calls] == ["first", "second"]


def test_parallel_calls_are_no_branches(tmp_path: Path) -> None:
    session = only(
        tmp_path,
        user("u", None, "go"),
        reply("a1", "u", "m", call("c1")),
        result("r1", "a1", "c1", "first"),
        reply("a2", "a1", "m", call("c2")),
        result("r2", "a2", "c2", "second"),
        reply("b", "r1", "m2", text("end")),
    )
    assert tree(session) == [("go", None), ("c1", "go"), ("end", "c1")]
    assert [made.status for made in session.messages[1].tool_calls] == [ToolCallStatus.COMPLETED] * 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("plain words", None),
        ("<system-reminder>x</system-reminder> my words", None),
        ("<system-reminder>x</system-reminder>", "reminder"),
        ("<command-name>/clear</command-name>\n<command-args></command-args>", "command"),
        ("<local-command-stdout>ok</local-command-stdout>", "command_output"),
        ("<task-notification>done</task-notification>", "notification"),
        ("<task-notification>done</task-notification>\nWhat does that mean?", None),
        ("[Request interrupted by user]", "interruption"),
        ("Caveat: The messages below were generated", "caveat"),
        ("<div>html of mine</div>", None),
    ],
)
def test_who_wrote_a_text(tmp_path: Path, content: str, kind: str | None) -> None:
    (_, message) = only(tmp_path, user("t", None, "title"), user("u", "t", content)).messages
    assert message.role is (Role.SYSTEM if kind else Role.USER)
    assert message.metadata.get("kind") == kind
    assert message.content == content


def test_words_in_an_odd_place_of_a_block_are_kept(tmp_path: Path) -> None:
    said = {"type": "text", "text": "In a document."}
    document = {"type": "document", "title": "Plan", "source": {"type": "content", "content": [said]}}
    session = only(
        tmp_path,
        user("u", None, [{"type": "text", "text": {"value": "prompt"}}, document]),
        reply("a", "u", "m", {"type": "thinking", "text": "hm"}, {"type": "text", "text": ["reply"]}, document),
    )
    prompt, answer = session.messages
    assert prompt.content == '{"value": "prompt"}'
    assert (answer.thinking, answer.content) == ("hm", '["reply"]')
    for message in (prompt, answer):
        assert [(attachment.name, attachment.text) for attachment in message.attachments] == [("Plan", "In a document.")]


def test_results_without_call_twice_and_early(tmp_path: Path) -> None:
    session = only(
        tmp_path,
        user("u", None, "go"),
        result("r0", "u", "nowhere", "lost"),
        result("r1", "u", "c1", "early"),
        reply("a", "r1", "m", call("c1"), call("c2")),
        result("r2", "a", "c2", "once"),
        result("r3", "a", "c2", "once"),
        result("r4", "a", "c2", "other"),
    )
    tools = [(message.tool_call_id, message.content) for message in session.messages if message.role is Role.TOOL]
    assert tools == [("nowhere", "lost"), ("c2", "other")]
    calls = [made for message in session.messages for made in message.tool_calls]
    assert [(made.tool_call_id, made.result) for made in calls] == [("c1", "early"), ("c2", "once")]


def test_how_long_a_call_took(tmp_path: Path) -> None:
    """As the source says, else the time between its lines, to the millisecond: 1.001 seconds are no float of seconds."""
    session = only(
        tmp_path,
        user("u", None, "go"),
        reply("a", "u", "m", call("c1"), call("c2"), call("c3"), timestamp="2026-01-01T00:00:00.000Z"),
        result("r1", "a", "c1", "x", timestamp="2026-01-01T00:00:01.001Z"),
        result("r2", "a", "c2", "x", timestamp="2026-01-01T00:00:02.000Z", toolUseResult={"durationMs": -1, "totalDurationMs": 7}),
        result("r3", "a", "c3", "x", timestamp="2025-12-31T23:59:59.000Z"),
    )
    assert [made.duration_ms for made in session.messages[1].tool_calls] == [1001, 7, None]


def test_titles_by_rank(tmp_path: Path) -> None:
    records = [user("u", None, "/clear"), user("v", "u", "first\nprompt")]
    assert only(tmp_path, *records).title == "first"
    records.append({"type": "summary", "summary": "summed", "leafUuid": "v"})
    assert only(tmp_path, *records).title == "summed"
    records = [
        {"type": "ai-title", "aiTitle": "early", "sessionId": SID},
        *records,
        {"type": "ai-title", "aiTitle": "late", "sessionId": SID},
    ]
    assert only(tmp_path, *records).title == "late"
    records.insert(0, {"type": "custom-title", "customTitle": "mine", "sessionId": SID})
    assert only(tmp_path, *records).title == "mine"


# -- the tree


def test_links_go_through_records_without_a_message(tmp_path: Path) -> None:
    session = only(
        tmp_path,
        env("progress", "p0", None),
        user("u", "p0", "ask"),
        env("progress", "p1", "u"),
        env("attachment", "p2", "p1", attachment={"type": "todo_reminder", "content": []}),
        reply("a", "p2", "m", text("answer")),
        user("v", "p2", "ask again"),
    )
    assert tree(session) == [("ask", None), ("answer", "ask"), ("ask again", "ask")]


def test_notes_are_no_branches(tmp_path: Path) -> None:
    note = {"type": "hook_additional_context", "content": ["note"]}
    session = only(
        tmp_path,
        user("u", None, "ask"),
        env("attachment", "n1", "u", attachment=note),
        reply("a", "u", "m", text("answer")),
        env("system", "n2", "u", content="behind"),
        user("v", "n2", "other"),
        user("w", "a", "more"),
    )
    assert tree(session) == [
        ("ask", None),
        ("note", "ask"),
        ("answer", "note"),
        ("behind", "answer"),
        ("other", "note"),
        ("more", "behind"),
    ]


def test_missing_parents_and_second_beginnings(tmp_path: Path) -> None:
    session = only(
        tmp_path,
        user("a", "gone", "one"),
        user("b", "lost", "two"),
        user("c", "lost", "three"),
        user("d", None, "again from the start"),
        env("system", "e", None, content="boundary", logicalParentUuid="b"),
        user("f", "e", "after"),
    )
    assert tree(session) == [
        ("one", None),
        ("two", "one"),
        ("three", "one"),
        ("again from the start", None),
        ("boundary", "again from the start"),
        ("after", "two"),
    ]


def test_cycles_are_cut(tmp_path: Path) -> None:
    size = 1000
    session = only(tmp_path, *[user(f"u{n}", f"u{(n - 1) % size}", f"t{n}") for n in range(size)], user("me", "me", "self"))
    parents = {message.uid: message.parent_uid for message in session.messages}
    assert sum(parent is None for parent in parents.values()) == 1
    assert len(parents) == size + 1


def test_one_uuid_twice(tmp_path: Path) -> None:
    (session,), reading = sessions_of(tmp_path, user("u", None, "one"), user("u", None, "one"), user("u", None, "two"))
    assert [message.content for message in session.messages] == ["one", "two"]
    assert len({message.uid for message in session.messages}) == 2
    assert reading.skipped == {"repeated record": 1}


def test_several_session_ids_in_one_file(tmp_path: Path) -> None:
    resumed = user("c", "b", "resumed", sessionId="s2")
    apart = user("d", None, "apart", sessionId="s3")
    made, _ = sessions_of(tmp_path, user("a", None, "one"), user("b", "a", "two"), resumed, apart, name="x.jsonl")
    assert [(session.source_id, len(session.messages)) for session in made] == [(SID, 3), ("s3", 1)]
    assert made[0].metadata["session_ids"] == [SID, "s2"]
    made, _ = sessions_of(tmp_path, user("a", None, "one"), user("b", "a", "two"), resumed, name="s2.jsonl")
    assert [(session.source_id, len(session.messages)) for session in made] == [(SID, 2), ("s2", 1)]
    assert made[1].metadata["continues"] == {"session": made[0].uid, "message": made[0].messages[1].uid}


def test_records_of_the_wrong_shape_cost_only_themselves(tmp_path: Path) -> None:
    (session,), reading = sessions_of(
        tmp_path,
        user("u1", None, "good"),
        env("user", "u2", "u1", message=None),
        env("user", "u3", "u2", message={"role": "user"}),
        env("assistant", "u4", "u3", message=[1]),
        user("u5", "u4", 42),
        user(None, 7, {"x": ["y"]}, timestamp=[], cwd=None, version={}, sessionId=""),  # type: ignore[arg-type]
        env("hologram", "u6", "u5", message={"role": "assistant", "content": [None, 1, ["n"], {"text": "no type"}, {"type": "text"}]}),
        {"silly": "this"},
        {"type": "frame-link"},
    )
    assert [message.content for message in session.messages] == ["good", "42", '{"x": ["y"]}', "1\n\nn\n\nno type"]
    assert [problem.line for problem in reading.problems] == [2, 3, 4, 8]
    assert reading.skipped == {"frame-link": 1}


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_nothing_a_transcript_holds_raises(tmp_path: Path, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([LIGHTHOUSE, AGENT, ORCHARD]))
    records = [json.loads(line) for line in sample.read_text("utf-8").splitlines()]
    start = data.draw(st.integers(0, len(records) - 1))
    records[start : start + 4] = [data.draw(mutated(record)) for record in records[start : start + 4]]
    path = tmp_path / sample.name
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    head = path.read_bytes()
    assert ClaudeCodeImporter().recognises(path, head) in (True, False)
    _, reading = read(path)
    tail = Reading(path, offset=reading.offset, line=reading.line, state=reading.state, is_tail=True)
    with suppress(FullReadNeededError):
        list(ClaudeCodeImporter().read(tail))
    for session in read(path)[0]:
        assert all(isinstance(message.content, str) and isinstance(message.thinking, str) for message in session.messages)
        assert all(isinstance(made.tool_name, str) for message in session.messages for made in message.tool_calls)
        json.dumps([session.title, session.project, session.branch, dict(session.metadata)])


def test_no_message_no_session(tmp_path: Path) -> None:
    for records in ([], [env("system", "s", None, content="note")], [{"type": "summary", "summary": "x", "leafUuid": "y"}]):
        made, reading = sessions_of(tmp_path, *records)
        assert made == []
        assert not reading.problems


def test_nothing_is_left_for_the_search_for_cycles(tmp_path: Path) -> None:
    read(LIGHTHOUSE)
    gc.collect()
    gc.disable()
    try:
        for sample in (LIGHTHOUSE, AGENT, ORCHARD):
            list(ClaudeCodeImporter().read(Reading(sample)))
        assert gc.collect() == 0
    finally:
        gc.enable()


# -- growing files


class Shelf:
    """What a library holds after some readings: the contract of tails, in a few lines."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.skipped: Counter[str] = Counter()

    def put(self, session: Session) -> None:
        fields = self.sessions.setdefault(session.uid, {})
        messages = self.messages.setdefault(session.uid, {})
        if not session.is_tail:
            fields.clear()
            messages.clear()
        for name in ("title", "project", "branch", "model", "current_uid", "spawned_by", "started_at", "last_message_at", "metadata"):
            if value := getattr(session, name):
                fields[name] = value
        messages.update({message.uid: message for message in session.messages})
        for late in session.late_results:
            for uid, message in messages.items():
                calls = tuple(self.answered(made, late) for made in message.tool_calls)
                if calls != message.tool_calls:
                    messages[uid] = replaced(message, tool_calls=calls)
                    break

    @staticmethod
    def answered(made: Any, late: Any) -> Any:
        if made.tool_call_id != late.tool_call_id or made.result is not None:
            return made
        names = ("result", "status", "error_message", "completed_at", "duration_ms")
        return replaced(made, child_uid=late.child_uid or made.child_uid, **{name: getattr(late, name) for name in names})

    def contents(self) -> Any:
        return self.sessions, {uid: list(messages.values()) for uid, messages in self.messages.items()}


def replaced(value: Any, **changes: Any) -> Any:
    return value._replace(**changes)


def whole(data: bytes, path: Path) -> Shelf:
    path.write_bytes(data)
    shelf = Shelf()
    made, reading = read(path)
    for session in made:
        shelf.put(session)
    shelf.skipped = reading.skipped
    return shelf


def piecewise(data: bytes, cuts: list[int], path: Path) -> tuple[Shelf, int]:
    """Read as the file grows; how many readings had to begin anew."""
    shelf, reading, anew = Shelf(), Reading(path), 0
    for number, cut in enumerate(sorted({*cuts, len(data)})):
        path.write_bytes(data[:cut])
        state = json.loads(json.dumps(reading.state))
        try:
            made = []
            if number:
                reading = Reading(path, offset=reading.offset, line=reading.line, state=state, is_tail=True)
                made = list(ClaudeCodeImporter().read(reading))
        except FullReadNeededError:
            anew += 1
            number = 0
        if not number:
            shelf, reading = Shelf(), Reading(path)
            made = list(ClaudeCodeImporter().read(reading))
        for session in made:
            shelf.put(session)
        shelf.skipped += reading.skipped
    return shelf, anew


def test_a_sample_read_piece_by_piece_is_the_same(tmp_path: Path) -> None:
    for sample in (LIGHTHOUSE, AGENT, ORCHARD):
        data = sample.read_bytes()
        expected = whole(data, tmp_path / sample.name).contents()
        for cut in [*range(0, len(data), 97), len(data) - 1]:
            assert piecewise(data, [cut], tmp_path / sample.name)[0].contents() == expected, (sample.name, cut)


def test_a_usual_tail_needs_no_second_reading(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = []
    before = None
    for n in range(60):
        records += [
            user(f"u{n}", before, f"ask {n}"),
            reply(f"a{n}", f"u{n}", f"m{n}", text(f"look {n}")),
            reply(f"b{n}", f"a{n}", f"m{n}", call(f"c{n}")),
            env("progress", f"p{n}", f"b{n}"),
            result(f"r{n}", f"b{n}", f"c{n}", "x" * 300),
            env("attachment", f"n{n}", f"r{n}", attachment={"type": "hook_additional_context", "content": f"note {n}"}),
        ]
        before = f"n{n}"
    data = lines(records)
    path = tmp_path / "x.jsonl"
    cuts = [n + 1 for n, byte in enumerate(data) if byte == 10 and n > 2000]
    shelf, anew = piecewise(data, cuts, path)
    assert shelf.contents() == whole(data, path).contents()
    assert anew == 0
    path.write_bytes(data)
    _, reading = read(path)
    assert reading.offset > len(data) - 2500  # only the last reply is read again
    assert len(json.dumps(reading.state)) < 6000


def test_problems_and_counts_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    first = lines([user("u", None, "ask"), reply("a", "u", "m", text("answer")), {"type": "mode"}, {"silly": 1}])
    path.write_bytes(first)
    _, reading = read(path)
    assert [problem.line for problem in reading.problems] == [4]
    path.write_bytes(first + lines([{"silly": 2}, {"type": "mode"}, user("v", "a", "more")]))
    tail = Reading(path, offset=reading.offset, line=reading.line, state=reading.state, is_tail=True)
    (session,) = ClaudeCodeImporter().read(tail)
    assert [problem.line for problem in tail.problems] == [5]
    assert tail.skipped == {"mode": 1}
    assert [message.content for message in session.messages] == ["answer", "more"]


@st.composite
def transcripts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records in the habits and bad habits of the program: few links go far back."""
    records: list[dict[str, Any]] = []
    uuids: tuple[list[str], list[str]] = [], []  # of the main line and of the side chain
    calls: list[str] = []
    count = draw(st.integers(1, 25))
    for n in range(count):
        kind = draw(
            st.sampled_from(["user", "reply", "reply", "more", "result", "result", "note", "progress", "boundary", "meta", "title"])
        )
        back = draw(st.sampled_from([1, 1, 1, 1, 2, 3, 7]))
        is_side = draw(st.integers(0, 9)) == 0
        side: dict[str, Any] = {"isSidechain": True, "agentId": "z"} if is_side else {}
        uuid, own = f"x{n}", uuids[is_side]
        parent = draw(st.sampled_from([own[-back] if back <= len(own) else None] * 97 + [None, "gone", f"x{n + 1}"]))
        if kind == "user":
            records.append(user(uuid, parent, f"words {n}", **side))
        elif kind in ("reply", "more"):
            message_id = f"m{n}" if kind == "reply" else f"m{max(0, n - draw(st.integers(1, 3)))}"
            blocks = [text(f"said {n}"), call(f"c{n}"), {"type": "thinking", "thinking": f"thought {n}"}]
            chosen = draw(st.lists(st.sampled_from(blocks), min_size=0, max_size=3))
            calls += [f"c{n}"] if blocks[1] in chosen else []
            records.append(reply(uuid, parent, message_id, *chosen, **side))
        elif kind == "result":
            target = draw(st.sampled_from(calls[-3:])) if calls and draw(st.integers(0, 29)) else f"c{n + 1}"
            records.append(result(uuid, parent, target, f"result {n}", toolUseResult={"durationMs": n, "originalFile": "x"}, **side))
        elif kind == "note":
            records.append(env("system", uuid, parent, content=f"note {n}", subtype="informational", **side))
        elif kind == "progress":
            records.append(env("progress", uuid, parent, **side))
        elif kind == "boundary":
            records.append(env("system", uuid, None, content=f"compacted {n}", logicalParentUuid=parent, **side))
        elif kind == "meta":
            records.append(user(uuid, parent, "<system-reminder>x</system-reminder>", isMeta=True, **side))
        else:
            records.append(
                {"type": draw(st.sampled_from(["ai-title", "custom-title"])), "aiTitle": f"t{n}", "customTitle": f"t{n}", "sessionId": SID}
            )
            continue
        records[-1]["timestamp"] = f"2026-01-01T00:00:{draw(st.integers(0, 59)):02}.000Z"
        own.append(uuid)
    return records


@settings(max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(transcripts(), st.data())
def test_tail_by_tail_equals_whole(tmp_path: Path, records: list[dict[str, Any]], data: st.DataObject) -> None:
    content = lines(records)
    cuts = data.draw(st.lists(st.integers(len(content) // 3, len(content)), max_size=4))
    are_whole_lines = data.draw(st.booleans())
    if are_whole_lines:
        cuts = [content.rindex(b"\n", 0, cut) + 1 for cut in cuts if b"\n" in content[:cut]]
    path = tmp_path / "grown.jsonl"
    shelf, _ = piecewise(content, cuts, path)
    expected = whole(content, path)
    assert shelf.contents() == expected.contents()
    assert not are_whole_lines or shelf.skipped == expected.skipped


@pytest.mark.parametrize("cuts", [[3], [2, 3], [2, 4], [3, 4], [2, 3, 4, 5]])
def test_children_may_come_before_their_parent_and_in_another_import(tmp_path: Path, cuts: list[int]) -> None:
    records = [
        user("a", None, "ask"),
        reply("r", "a", "m", text("said")),
        user("c", "b", "child"),
        user("d", "b", "other child"),
        reply("b", "r", "m2", text("parent")),
        user("e", "c", "grandchild"),
    ]
    path = tmp_path / f"{SID}.jsonl"
    with Library.open(tmp_path / "x.db") as library:
        for cut in [*cuts, len(records)]:
            path.write_bytes(lines(records[:cut]))
            assert not ingest.run(library, [path]).problems
        (session,) = library.summaries(library.session_ids())
        messages = library.messages(session.id)
        assert not [finding for finding in library.check() if finding.severity == "damage"]
    assert tree(Session(session.uid, "claude-code", SID, messages=tuple(messages))) == [
        ("ask", None),
        ("said", "ask"),
        ("child", "parent"),
        ("other child", "parent"),
        ("parent", "said"),
        ("grandchild", "child"),
    ]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transcripts())
def test_every_parent_exists_and_every_way_ends(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines(records))
    for session in read(path)[0]:
        parents = {message.uid: message.parent_uid for message in session.messages}
        assert len(parents) == len(session.messages)
        for uid in parents:
            at: str | None = uid
            for _ in range(len(parents) + 1):
                at = parents[at] if at is not None else None
            assert at is None


@pytest.mark.parametrize("depth", [900, 1000])
def test_a_usage_nested_as_deep_as_json_is_read_costs_nothing_beside_it(tmp_path: Path, depth: int) -> None:
    path = tmp_path / f"{SID}.jsonl"
    first, second = (
        json.dumps(reply(uuid, parent, "m1", text(uuid))).replace('"usage": {', f'"usage": {{"x": {"[" * depth}{"]" * depth}, ')
        for uuid, parent in (("r1", "u1"), ("r2", "r1"))
    )
    path.write_text(f"{json.dumps(user('u1', None, 'Hello'))}\n{first}\n{second}\n")
    (session,), reading = read(path)
    assert [(message.content, message.output_tokens) for message in session.messages] == [("Hello", None), ("r1\n\nr2", 5)]
    assert reading.problems == []


@pytest.mark.parametrize("key", ["thinking", "text"])
@pytest.mark.parametrize("line_count", [1, 100])
def test_the_texts_of_one_reply_are_one_text_however_many(tmp_path: Path, key: str, line_count: int) -> None:
    texts = [f"{number} 🎉{'?' * 400}" for number in range(16_000)]
    blocks = [{"type": key, key: said} for said in texts]
    size = len(blocks) // line_count
    parts = [reply(f"r{at}", f"r{at - size}" if at else "u", "m", *blocks[at : at + size]) for at in range(0, len(blocks), size)]
    path = tmp_path / f"{SID}.jsonl"
    path.write_bytes(lines([user("u", None, "Hello"), *parts, parts[-1]]))
    assert cpu_seconds(lambda: read(path)) < 3  # a bound only a hang would miss
    (session,), reading = read(path)
    message = session.messages[1]
    assert (message.thinking if key == "thinking" else message.content) == "\n\n".join(texts)
    assert (len(session.messages), reading.skipped) == (2, {"repeated record": 1})


def test_a_result_that_is_no_list_or_says_nothing_itself(tmp_path: Path) -> None:
    results = {
        "c1": {"type": "code_execution_result", "stdout": "out", "content": []},
        "c2": {"type": "web_fetch_tool_result_error", "error_code": "unavailable"},
    }
    calls = [
        block
        for id_, content in results.items()
        for block in (call(id_), {"type": "x_tool_result", "tool_use_id": id_, "content": content})
    ]
    session = only(tmp_path, user("u", None, "Go"), reply("r", "u", "m", *calls))
    assert [each.result for message in session.messages for each in message.tool_calls] == [
        '{"stdout": "out", "content": []}',
        '{"error_code": "unavailable"}',
    ]
    for beside, said in (({"stdout": "a", "stderr": "b"}, "a\nb"), ("Error: no", "Error: no"), ([text("x")], "x"), (5, "")):
        session = only(tmp_path, user("u", None, "Go"), reply("r", "u", "m", call("c")), result("s", "r", "c", [], toolUseResult=beside))
        assert session.messages[1].tool_calls[0].result == said
    session = only(tmp_path, user("u", None, "Go"), reply("r", "u", "m", call("c")), result("s", "r", "c", "own", toolUseResult="other"))
    assert session.messages[1].tool_calls[0].result == "own"


def edited(given: str, **beside: Any) -> list[dict[str, Any]]:
    return [user("u", None, "Go"), reply("r", "u", "m", call("c")), result("s", "r", "c", given, toolUseResult=beside)]


def test_a_long_output_is_stored_as_far_as_its_record_holds_it(tmp_path: Path) -> None:
    output = "".join(f"line {number}\n" for number in range(2000))
    preview = output[:2000].rpartition("\n")[0]
    head = "<persisted-output>\nOutput too large (66KB). Full output saved to: /h/tool-results/b.txt\n\nPreview (first 2KB):\n"
    given = f"{head}{preview}\n...\n</persisted-output>"
    records = edited(given, stdout=f"\n{output}", stderr="and a warning")
    (made,) = only(tmp_path, *records).messages[1].tool_calls
    assert (made.result or "").startswith(given)
    assert (made.result or "").count("line 1\n") == 1, "what both hold is there once"
    assert (made.result or "").endswith("line 1999\n\nand a warning")
    (session,), reading = sessions_of(tmp_path, *records, records[-1])
    assert [len(message.tool_calls) for message in session.messages] == [0, 1]
    assert reading.skipped == {"repeated result": 1, "output in a file that is gone": 1}
    for beside in ({}, {"stdout": ""}, {"stdout": None}):
        assert only(tmp_path, *edited(given, **beside)).messages[1].tool_calls[0].result == given
    other = only(tmp_path, *edited(given, stdout="something else")).messages[1].tool_calls[0].result
    assert other == f"{given}\nsomething else"


def test_what_is_said_only_beside_a_result(tmp_path: Path) -> None:
    (made,) = only(tmp_path, *edited("", stdout="", stderr="", returnCodeInterpretation="No matches found")).messages[1].tool_calls
    assert made.result == "No matches found"
    patch = [{"oldStart": 1, "lines": [" a", "-b", "+mine"]}, {"lines": ["+c", 7, None]}, {"lines": "odd"}, None]
    (session,), reading = sessions_of(tmp_path, *edited("Updated.", originalFile="a\nb", userModified=True, structuredPatch=patch))
    assert session.messages[1].tool_calls[0].result == "Updated.\n\n a\n-b\n+mine\n+c\n7"
    assert reading.skipped == {"file before an edit": 1}
    for beside in ({"structuredPatch": patch}, {"userModified": True}, {"userModified": True, "structuredPatch": "x", "originalFile": ""}):
        (session,), reading = sessions_of(tmp_path, *edited("Updated.", **beside))
        assert session.messages[1].tool_calls[0].result == "Updated."
        assert not reading.skipped


def test_titles_that_are_not_taken_are_counted(tmp_path: Path) -> None:
    records = [
        {"type": "summary", "summary": "summed", "leafUuid": "u"},
        user("u", None, "ask"),
        {"type": "ai-title", "aiTitle": "one", "sessionId": SID},
        {"type": "ai-title", "aiTitle": "one", "sessionId": SID},
        {"type": "custom-title", "customTitle": "mine", "sessionId": SID},
        {"type": "custom-title", "customTitle": "", "sessionId": SID},
        {"type": "summary", "leafUuid": "u"},
        {"type": "ai-title", "aiTitle": "late", "sessionId": SID},
    ]
    (session,), reading = sessions_of(tmp_path, *records)
    assert session.title == "mine"
    assert reading.skipped == {"replaced title": 4, "custom-title": 1, "summary": 1}
    for cut in range(2, len(records)):
        shelf, _ = piecewise(lines(records), [len(lines(records[:cut]))], tmp_path / "x.jsonl")
        assert shelf.skipped == reading.skipped, cut
    side, reading = sessions_of(tmp_path, user("u", None, "ask", isSidechain=True, agentId="z"), records[2])
    assert [session.title for session in side] == ["ask"]
    assert reading.skipped == {"title without a session": 1}


def test_a_picture_in_a_prompt_typed_while_the_agent_worked(tmp_path: Path) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    queued = env("attachment", "q", "u", attachment={"type": "queued_command", "prompt": [text("See"), image]})
    message = only(tmp_path, user("u", None, "Go"), queued).messages[1]
    assert (message.role, message.content, [each.media_type for each in message.attachments]) == (Role.USER, "See", ["image/png"])
