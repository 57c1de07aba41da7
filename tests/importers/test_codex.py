"""Codex rollouts of all eras: what each record becomes, forks, sub-agents, growing and compressed files, broken ones."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer import ingest
from chatviewer.domain import Message, Role, SaveCounts, Session, SessionStatus, ToolCallStatus
from chatviewer.domain.identity import session_uid
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.codex import CodexImporter
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.importers.mutating import mutated
from tests.measuring import cpu_seconds

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "codex"
KILN = SAMPLES / "sessions/2025/06/02/rollout-2025-06-02T09-15-00-5b0e7c1a-1f0f-4c55-9d0e-2f6a0b7c1001.jsonl"
FIRST = SAMPLES / "sessions/2025/06/02/rollout-2025-05-01-7c0e7c1a-1f0f-4c55-9d0e-2f6a0b7c6006.json"
ORCHARD = SAMPLES / "sessions/2026/01/14/rollout-2026-01-14T11-00-00-019b0c11-7a00-7d10-8a10-0c5d3e4f2002.jsonl"
REVIEW = SAMPLES / "sessions/2026/01/14/rollout-2026-01-14T11-05-00-019b0c11-7a00-7d10-8a10-0c5d3e4f3003.jsonl"
FORK = SAMPLES / "sessions/2026/01/14/rollout-2026-01-14T13-00-00-019b0c11-7a00-7d10-8a10-0c5d3e4f4004.jsonl"
BEES = SAMPLES / "archived_sessions/rollout-2026-02-20T08-00-00-019c2222-7a00-7d10-8a10-0c5d3e4f5005.jsonl"


def read(path: Path) -> tuple[Session, Reading]:
    reading = Reading(path)
    (session,) = CodexImporter().read(reading)
    return session, reading


def written(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def item(**payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-01-01T00:00:00Z", "type": "response_item", "payload": payload}


def event(**payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-01-01T00:00:00Z", "type": "event_msg", "payload": payload}


def said(role: str, text: str) -> dict[str, Any]:
    return item(type="message", role=role, content=[{"type": "input_text", "text": text}])


def test_first_era() -> None:
    session, reading = read(KILN)
    assert (session.title, session.project, session.branch) == ("Why does the kiln log stop at midnight?", "/home/mira/kiln", "tidy")
    assert session.system_prompt == "Answer in short sentences."
    roles = [message.role for message in session.messages]
    assert roles == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.ASSISTANT]
    reply = session.messages[2]
    assert reply.thinking.startswith("**Looking")
    assert reply.content == "I will look at the rotation."
    (call,) = reply.tool_calls
    assert call.arguments == {"command": ["bash", "-lc", "cat rotate.conf"]}
    assert call.result == "daily\nnocreate\n"
    assert (call.status, call.duration_ms) == (ToolCallStatus.COMPLETED, 200)
    assert not reading.problems
    assert reading.skipped == {"record_type state": 2}


def test_the_first_codex_wrote_one_document() -> None:
    session, reading = read(FIRST)
    assert [message.role for message in session.messages] == [Role.USER, Role.ASSISTANT, Role.ASSISTANT]
    assert session.messages[1].tool_calls[0].result == "a.txt\n"
    assert not reading.problems


def test_second_era() -> None:
    session, reading = read(ORCHARD)
    assert session.title == "Apples that go missing"  # the index stands above the event
    assert (session.model, session.input_tokens, session.output_tokens) == ("gpt-5.2-codex", 2100, 95)
    assert session.system_prompt == "You are a careful engineer."
    kinds = [message.metadata.get("kind") for message in session.messages]
    assert kinds[:5] == ["permissions", "user_instructions", "environment_context", "editor_context", None]
    assert session.messages[4].content == "The picker drops every second apple. 🍎 Find out why."
    texts = [message.content + message.thinking for message in session.messages]
    assert sum("**Reading the picker**" in text for text in texts) == 1, "events only repeat the items"
    assert not reading.problems
    assert reading.skipped["ghost_snapshot"] == 1


def test_parallel_calls_are_paired_by_id_and_say_how_they_ended() -> None:
    first, second = by_tool(read(ORCHARD)[0], "exec_command").tool_calls
    assert first.arguments == {"cmd": "sed -n 1,40p pick.py"}
    assert "apples.remove" in (first.result or "")
    assert (first.status, first.duration_ms) == (ToolCallStatus.COMPLETED, 10)
    assert (second.status, second.duration_ms) == (ToolCallStatus.FAILED, 2500)
    assert second.error_message == "FAILED test_pick.py::test_all - assert 4 == 8"
    assert by_tool(read(ORCHARD)[0], "web_search").tool_calls[0].status is ToolCallStatus.COMPLETED


def by_tool(session: Session, name: str) -> Message:
    return next(message for message in session.messages if any(call.tool_name == name for call in message.tool_calls))


def test_a_rollback_is_a_branch() -> None:
    messages = {message.content: message for message in read(ORCHARD)[0].messages}
    abandoned, kept = messages["Rewrite it in Rust."], messages["Rather mend it in Python; this is the output:"]
    assert abandoned.parent_uid == kept.parent_uid == messages["It removes from the list it walks over."].uid
    assert messages["Here is a draft in Rust."].parent_uid == abandoned.uid
    assert kept.attachments[0].media_type == "image/png"
    assert kept.attachments[0].data


def test_a_result_without_a_call_stays_a_message() -> None:
    session = read(ORCHARD)[0]
    orphan = next(message for message in session.messages if message.role is Role.TOOL)
    assert (orphan.content, orphan.tool_call_id) == ("an answer to nobody", "call_zz")
    compaction = next(message for message in session.messages if message.metadata.get("kind") == "compaction")
    assert compaction.role is Role.SYSTEM
    assert compaction.content == "The picker was mended in pick.py."


def test_sub_agents_know_their_parent_and_calls_their_sub_agent() -> None:
    parent, child = read(ORCHARD)[0], read(REVIEW)[0]
    assert child.parent_uid == parent.uid
    assert by_tool(parent, "spawn_agent").tool_calls[-1].child_uid == child.uid


def test_a_fork_holds_only_what_is_its_own() -> None:
    parent, (fork, reading) = read(ORCHARD)[0], read(FORK)
    assert [message.content for message in fork.messages] == [
        "Explain it to a child.",
        "You pull a card out of the row while you count it.",
    ]
    assert fork.metadata["forked_from"] == parent.uid
    continued = next(message for message in parent.messages if message.uid == fork.metadata["continues"])
    assert continued.content == "Rewrite it in Rust."
    assert reading.skipped["replayed from the session it was forked from"] == 10


def test_a_fork_without_its_parent_keeps_everything(tmp_path: Path) -> None:
    alone = tmp_path / FORK.name
    shutil.copy(FORK, alone)
    session, _ = read(alone)
    assert "It removes from the list it walks over." in [message.content for message in session.messages]


def test_third_era_is_read_from_its_events_and_archived() -> None:
    session, reading = read(BEES)
    assert session.status is SessionStatus.ARCHIVED
    assert [(m.role, m.content, m.thinking) for m in session.messages] == [
        (Role.USER, "Count the hives.", ""),
        (Role.ASSISTANT, "There are 蜂 seven.", "**Counting**"),
    ]
    assert reading.skipped == {"world_state": 1}


def test_events_are_dropped_when_items_of_their_kind_follow(tmp_path: Path) -> None:
    path = written(
        tmp_path / "rollout-x.jsonl",
        [
            event(type="user_message", message="once"),
            said("user", "once"),
            event(type="agent_message", message="yes"),
            said("assistant", "yes"),
        ],
    )
    assert [message.content for message in read(path)[0].messages] == ["once", "yes"]


def test_titles_of_the_index_are_updates() -> None:
    reading = Reading(SAMPLES / "session_index.jsonl")
    (update,) = CodexImporter().read(reading)
    assert update.is_tail
    assert update.title == "Apples that go missing"
    assert not update.messages
    assert update.uid == read(ORCHARD)[0].uid


def test_places_and_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "codex"
    shutil.copytree(SAMPLES, home)
    (home / "auth.json").write_text("{}")
    twice = home / "archived_sessions" / (BEES.name + ".zst")
    twice.write_bytes(b"")
    alone = home / "archived_sessions" / "rollout-2026-01-01T00-00-00-x.jsonl.zst"
    alone.write_bytes(b"")
    monkeypatch.setenv("CODEX_HOME", str(home))
    importer = CodexImporter()
    found = [path for place in importer.places() for path in importer.files(place)]
    assert alone in found
    assert twice not in found
    assert home / "session_index.jsonl" in found
    assert len(found) == 8
    assert not any(path.name == "auth.json" for path in found)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.json*")), ids=lambda path: path.name)
def test_recognises_its_own(path: Path) -> None:
    assert CodexImporter().recognises(path, path.read_bytes()[: 1 << 16])


def test_recognises_nothing_else() -> None:
    importer = CodexImporter()
    assert not importer.recognises(Path("chat.jsonl"), b'{"type":"user","message":{}}\n')
    assert not importer.recognises(Path("auth.json"), b'{"tokens":{}}')


@pytest.mark.parametrize("path", [KILN, ORCHARD], ids=["first era", "second era"])
def test_a_growing_file_gives_the_same_in_every_cut(path: Path, tmp_path: Path) -> None:
    """However a file is cut into readings, what is stored in the end is what one reading gives."""
    whole = {message.uid: message for message in read(path)[0].messages}
    lines = path.read_bytes().splitlines(keepends=True)
    growing = tmp_path / "sessions" / path.name
    growing.parent.mkdir()
    if path is ORCHARD:
        shutil.copy(SAMPLES / "session_index.jsonl", tmp_path)
    for step in (1, 2, 3, 5):
        stored: dict[str, Message] = {}
        last = Reading(growing)
        for end in [*range(step, len(lines), step), len(lines)]:
            growing.write_bytes(b"".join(lines[:end]))
            last = grown(growing, last, stored)
        assert list(stored) == list(whole)
        assert stored == whole


def test_the_title_stays_when_a_tail_held_no_message(tmp_path: Path) -> None:
    path = tmp_path / "rollout-x.jsonl"
    records = [said("user", "Look at the kiln."), {"type": "turn_context", "payload": {}}, said("user", "And at the chimney.")]
    titles = []
    reading = Reading(path)
    for end in (1, 2, 3):
        written(path, records[:end])
        reading = Reading(path, reading.offset, reading.line, reading.state, is_tail=bool(reading.offset))
        titles += [session.title for session in CodexImporter().read(reading)]
    assert titles == ["Look at the kiln.", ""], "no title: it stays as it is"


def grown(path: Path, before: Reading, stored: dict[str, Message]) -> Reading:
    """Read on as an import does, and store what comes."""
    reading = Reading(path, before.offset, before.line, json.loads(json.dumps(dict(before.state))), is_tail=bool(before.offset))
    try:
        sessions = list(CodexImporter().read(reading))
    except FullReadNeededError:
        reading = Reading(path)
        sessions = list(CodexImporter().read(reading))
    for session in sessions:
        stored.update({message.uid: message for message in session.messages})
        for late in session.late_results:
            answer(stored, late)
    return reading


def answer(stored: dict[str, Message], late: Any) -> None:
    for uid, message in stored.items():
        for position, call in enumerate(message.tool_calls):
            if call.tool_call_id == late.tool_call_id:
                calls = list(message.tool_calls)
                if late.result is None:  # only how long it took
                    duration = late.duration_ms if call.duration_ms is None else call.duration_ms
                    stored[uid] = message._replace(
                        tool_calls=(*calls[:position], call._replace(duration_ms=duration), *calls[position + 1 :])
                    )
                    continue
                calls[position] = call._replace(
                    result=late.result,
                    status=late.status,
                    error_message=late.error_message,
                    completed_at=late.completed_at,
                    duration_ms=late.duration_ms,
                    child_uid=late.child_uid,
                )
                stored[uid] = message._replace(tool_calls=tuple(calls))


def test_a_session_that_has_only_begun_is_no_session_yet(tmp_path: Path) -> None:
    path = tmp_path / ORCHARD.name
    path.write_bytes(b"".join(ORCHARD.read_bytes().splitlines(keepends=True)[:3]))
    reading = Reading(path)
    assert not list(CodexImporter().read(reading))
    assert (reading.offset, dict(reading.skipped)) == (0, {"session without content": 1})


def test_compressed_rollouts(tmp_path: Path) -> None:
    zstd = pytest.importorskip("compression.zstd") if _has_zstd() else pytest.importorskip("backports.zstd")
    packed = tmp_path / "archived_sessions" / (BEES.name + ".zst")
    packed.parent.mkdir()
    packed.write_bytes(zstd.compress(BEES.read_bytes()))
    plain, unpacked = read(BEES)[0], read(packed)[0]
    assert unpacked == plain
    packed.write_bytes(packed.read_bytes()[:-40])
    reading = Reading(packed)
    list(CodexImporter().read(reading))
    assert [problem.reason for problem in reading.problems] == ["the compressed file is damaged or cut off from here on"]
    bomb = tmp_path / "rollout-bomb.jsonl.zst"
    bomb.write_bytes(zstd.compress(bytes(300 << 20)))
    reading = Reading(bomb)
    list(CodexImporter().read(reading))
    assert "refused" in reading.problems[-1].reason


def _has_zstd() -> bool:
    import sys

    return sys.version_info >= (3, 14)


def test_a_broken_line_costs_that_line(tmp_path: Path) -> None:
    path = tmp_path / KILN.name
    lines = KILN.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b'{"type":"message","role":\n', *lines[4:]]))
    session, reading = read(path)
    assert [problem.line for problem in reading.problems] == [5]
    assert len(session.messages) == len(read(KILN)[0].messages)


def sample_records() -> Iterator[dict[str, Any]]:
    for path in (KILN, ORCHARD, BEES, FORK):
        yield from (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


RECORDS = list(sample_records())


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_a_record_holds_raises(tmp_path: Path, data: st.DataObject) -> None:
    picks = data.draw(st.lists(st.sampled_from(RECORDS), min_size=1, max_size=12))

    path = tmp_path / "rollout-mutated.jsonl"
    broken = data.draw(mutated(picks))
    path.write_text("".join(json.dumps(record) + "\n" for record in (broken if isinstance(broken, list) else [broken])), encoding="utf-8")
    reading = Reading(path)
    for session in CodexImporter().read(reading):
        assert session.uid == session_uid("codex", session.source_id)
        uids = [message.uid for message in session.messages]
        assert len(uids) == len(set(uids))
        known: set[str] = set()
        for message in session.messages:
            assert message.parent_uid is None or message.parent_uid in known, "parents come first"
            known.add(message.uid)
        assert all(a is not b for a, b in pairwise(session.messages))
        json.dumps(reading.state)


def test_unknown_calls_and_tags_are_kept(tmp_path: Path) -> None:
    path = written(
        tmp_path / "rollout-x.jsonl",
        [
            said("user", "<user_shell_command>\nls\n</user_shell_command>"),
            said("developer", "<personality_spec>\nBe kind.\n</personality_spec>"),
            item(type="hologram_call", call_id="h", input="wave"),
            item(type="hologram_call_output", call_id="h", output=[{"type": "input_text", "text": "waved"}]),
        ],
    )
    session, reading = read(path)
    assert [(message.role, message.metadata.get("kind")) for message in session.messages] == [
        (Role.USER, None),
        (Role.SYSTEM, "personality_spec"),
        (Role.ASSISTANT, None),
    ]
    (call,) = session.messages[-1].tool_calls
    assert (call.tool_name, call.arguments, call.result) == ("hologram", "wave", "waved")
    assert not reading.skipped


def stored(library: Library) -> dict[str, tuple[Session, list[Message]]]:
    uids = [summary.uid for summary in library.summaries(library.session_ids(parse("is:any")))]
    return {uid: (library.session(uid), library.messages(library.summary(uid).id)) for uid in uids}


def test_a_library_that_watched_a_rollout_grow_holds_what_one_import_gives(tmp_path: Path) -> None:
    lines = ORCHARD.read_bytes().splitlines(keepends=True)
    found = []
    for step in (len(lines), 4):
        folder = tmp_path / str(step) / "sessions"
        folder.mkdir(parents=True)
        shutil.copy(SAMPLES / "session_index.jsonl", folder.parent)
        with Library.open(tmp_path / f"{step}.db") as library:
            for end in [*range(step, len(lines), step), len(lines)]:
                (folder / ORCHARD.name).write_bytes(b"".join(lines[:end]))
                assert not ingest.run(library, [folder.parent]).problems
            found.append(stored(library))
    assert found[0] == found[1]


def test_the_samples_in_a_library(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_HOME", str(SAMPLES))
    report = ingest.run(library, source="codex")
    assert not report.problems
    sessions = {session.source_id[-4:]: (session, messages) for session, messages in stored(library).values()}
    assert sorted(sessions) == ["1001", "2002", "3003", "4004", "5005", "6006"]
    parent, child, fork = (sessions[key][0] for key in ("2002", "3003", "4004"))
    assert [summary.uid for summary in library.children(library.summary(parent.uid).id)] == [child.uid]
    assert sessions["4004"][1][0].content == "Explain it to a child."
    assert fork.metadata["forked_from"] == parent.uid
    assert sessions["5005"][0].status is SessionStatus.ARCHIVED
    assert parent.title == "Apples that go missing"
    assert ingest.run(library, source="codex").counts == SaveCounts()


ODD = (None, 7, True, [1], {"a": 1})


def test_what_says_nothing_of_itself_is_told_with_its_line(tmp_path: Path) -> None:
    records = [said("user", "Look at the kiln.")]
    records += [{"type": kind, "payload": None} for kind in ("response_item", "event_msg", "session_meta", "turn_context", "compacted")]
    records += [item(type=odd, name="shell") for odd in ODD]
    records += [{"type": odd, "payload": {"a": 1}} for odd in ODD]
    records += [{"type": "hologram", "payload": {}}, item(type="poem"), said("assistant", "Done.")]
    path = written(tmp_path / "rollout-x.jsonl", records)
    session, reading = read(path)
    assert [problem.line for problem in reading.problems] == list(range(2, 2 + 5 + 2 * len(ODD)))
    assert reading.skipped == {"hologram": 1, "poem": 1}, "a kind that may yet come is counted"
    assert [message.content for message in session.messages] == ["Look at the kiln.", "Done."]


def test_a_message_is_one_whatever_it_calls_itself(tmp_path: Path) -> None:
    kinds = (*ODD, "", "note")
    records = [item(type=kind, role="user", content=[{"type": "input_text", "text": "Here."}]) for kind in kinds]
    records += [{"type": kind, "payload": said("user", "There.")["payload"]} for kind in kinds]
    session, reading = read(written(tmp_path / "rollout-x.jsonl", records))
    assert [message.content for message in session.messages] == ["Here."] * len(kinds) + ["There."] * len(kinds)
    assert not reading.problems
    assert not reading.skipped


def test_a_call_and_its_result_are_known_by_their_parts(tmp_path: Path) -> None:
    records = [said("user", "Go.")]
    for number, kind in enumerate((*ODD, "", "novel")):
        records += [item(type=kind, name="look", arguments=f'{{"n": {number}}}', call_id=f"c{number}")]
        records += [item(type=kind, output=f"seen {number}", call_id=f"c{number}")]
    session, reading = read(written(tmp_path / "rollout-x.jsonl", records))
    calls = [call for message in session.messages for call in message.tool_calls]
    assert [(call.tool_name, call.arguments, call.result) for call in calls] == [("look", {"n": n}, f"seen {n}") for n in range(len(calls))]
    assert len(calls) == 7
    assert not reading.problems


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_words_in_an_odd_place_of_a_block_are_kept_and_blocks_without_words_counted(tmp_path: Path, role: str) -> None:
    blocks = [{"type": "refusal", "refusal": "No."}, {"type": "output_text", "text": ["a"]}, {"type": "input_text", "text": {"value": "b"}}]
    path = written(tmp_path / "rollout-x.jsonl", [item(type="message", role=role, content=[*blocks, {"type": "gesture"}])])
    session, reading = read(path)
    assert [message.content for message in session.messages] == ['No.\n\n["a"]\n\n{"value": "b"}']
    assert reading.skipped == {"block gesture": 1}


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_the_texts_of_one_item_are_one_text_however_many(tmp_path: Path, role: str) -> None:
    texts = [f"{number} 🎉{'?' * 400}" for number in range(20_000)]
    blocks = [{"type": "input_text", "text": said} for said in texts]
    path = written(tmp_path / "rollout-x.jsonl", [item(type="message", role=role, content=blocks)])
    assert cpu_seconds(lambda: read(path)) < 3  # a bound only a hang would miss
    session, _ = read(path)
    assert [message.content for message in session.messages] == ["\n\n".join(texts)]


def test_events_of_one_speaker_count_where_items_hold_only_the_others_words(tmp_path: Path) -> None:
    records = [
        said("user", "<environment_context>\n<cwd>/w</cwd>\n</environment_context>"),
        event(type="user_message", message="Why?"),
        said("assistant", "Because."),
        event(type="agent_message", message="Because."),
        event(type="user_message", message="And how?"),
        said("assistant", "Like so."),
    ]
    path = tmp_path / "rollout-x.jsonl"
    session, _ = read(written(path, records))
    expected = [(Role.USER, "Why?"), (Role.ASSISTANT, "Because."), (Role.USER, "And how?"), (Role.ASSISTANT, "Like so.")]
    assert [(message.role, message.content) for message in session.messages[1:]] == expected
    assert session.messages[0].role is Role.SYSTEM
    session, _ = read(written(path, [*records[:5], said("user", "And  how?\n"), said("user", "<skill>x</skill>"), records[5]]))
    assert [message.content for message in session.messages[1:]] == ["Why?", "Because.", "And how?", "<skill>x</skill>", "Like so."]
    session, _ = read(written(path, [*records, said("user", "And how?")]))
    assert [message.content for message in session.messages[1:]] == [content for _, content in expected] + ["And how?"]


def test_the_parts_of_a_turn_that_only_events_tell_are_counted(tmp_path: Path) -> None:
    records = [
        said("user", "Go."),
        event(type="exec_command_end", call_id="c9", stdout="lost"),
        event(type="item_completed", item={"type": "FileChange"}),
    ]
    _, reading = read(written(tmp_path / "rollout-x.jsonl", records))
    assert reading.skipped == {"event exec_command_end without a call": 1}
    _, reading = read(written(tmp_path / "rollout-x.jsonl", [event(type="user_message", message="Go."), records[2]]))
    assert reading.skipped == {"item FileChange": 1}


def test_an_event_may_stand_before_its_call(tmp_path: Path) -> None:
    """It is not counted as one without a call, in one import or in two, and what it says of the call is kept."""
    records = [said("user", "Go."), event(type="exec_command_end", call_id="c", duration={"secs": 2, "nanos": 0})]
    call = item(type="function_call", name="shell", arguments="{}", call_id="c")
    path = written(tmp_path / "sessions/rollout-x.jsonl", records)
    with Library.open(tmp_path / "x.db") as library:
        assert ingest.run(library, [path]).skipped == {"event exec_command_end without a call": 1}
        written(path, [*records, call])
        assert ingest.run(library, [path]).skipped == {}
        assert [dict(file.skipped) for file in library.source_files().values()] == [{}]
        (session,) = library.session_ids()
        assert [call.duration_ms for message in library.messages(session) for call in message.tool_calls] == [2000]
        records += [call, event(type="exec_command_begin", call_id="c"), item(type="ghost_snapshot")]
        assert ingest.run(library, [written(path, records)]).skipped == {"ghost_snapshot": 1}
        written(path, [*records, said("user", "On.")])
        assert ingest.run(library, [path]).skipped == {}, "what is read a second time is counted once"


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_prompt_that_an_event_told_is_stored_once_when_its_item_comes(tmp_path: Path, is_alone: bool) -> None:
    records = [] if is_alone else [said("user", "<environment_context>x</environment_context>")]
    records += [event(type="user_message", message="Why?")]
    items = [said("user", "Why?"), said("assistant", "Because."), event(type="user_message", message="Why?"), said("user", "Why?")]
    picture = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
    items[0]["payload"]["content"].append(picture)
    path = written(tmp_path / "sessions/rollout-x.jsonl", records)
    with Library.open(tmp_path / "x.db") as library:
        ingest.run(library, [path])
        written(path, [*records, *items])
        ingest.run(library, [path])
        messages = library.messages(library.session_ids()[0])
    assert [message.content for message in messages[-3:]] == ["Why?", "Because.", "Why?"]
    assert [len(message.attachments) for message in messages[-3:]] == [1, 0, 0]
    assert len(messages) == len(records) + 2


IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}


@st.composite
def rollouts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Turns of which items, events or both tell, in either order; calls with events before, between and behind what they are of."""
    has_items = draw(st.integers(0, 4)) > 0
    records: list[dict[str, Any]] = [said("user", "<environment_context>x</environment_context>")] if has_items else []
    call_count = 0
    for number in range(draw(st.integers(1, 5))):
        words = draw(st.sampled_from(["continue", "continue", f"ask {number}"]))
        content = [{"type": "input_text", "text": f" {words}"}, *([IMAGE] if draw(st.integers(0, 5)) == 0 else [])]
        prompt = [event(type="user_message", message=words), item(type="message", role="user", content=content)]
        chosen = draw(st.sampled_from([[0], [1], [0, 1], [0, 1], [1, 0]])) if has_items else [0]
        turn = [prompt[each] for each in chosen]
        turn[1:1] = draw(st.sampled_from([[], [], [{"type": "turn_context", "payload": {"model": "m"}}], [event(type="task_started")]]))
        records += turn
        if has_items and draw(st.booleans()):
            call_count += 1
            name = f"c{call_count}"
            call = item(type="function_call", name="shell", arguments="{}", call_id=name)
            end = event(type="exec_command_end", call_id=name, exit_code=number % 2, duration={"secs": number, "nanos": 0})
            output = item(type="function_call_output", call_id=name, output=f"out {number}")
            records += draw(
                st.sampled_from(
                    [
                        [call, end, output],
                        [end, call, output],
                        [call, output, end],
                        [end],
                        [end, call],
                        [call, end],
                        [end, end, call],
                        [call],
                    ]
                )
            )
        reply = [event(type="agent_message", message=f"reply {number}"), said("assistant", f"reply {number}")]
        records += draw(st.sampled_from([reply, reply[::-1], reply[1:], []])) if has_items else reply[:1]
        records += [item(type="ghost_snapshot")] * draw(st.integers(0, 1)) if has_items else []
    return records


@settings(max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(records=rollouts(), data=st.data())
def test_tail_by_tail_equals_whole(tmp_path: Path, records: list[dict[str, Any]], data: st.DataObject) -> None:
    """Messages, calls and counts, wherever the imports fall."""
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    path = tmp_path / "rollout-grown.jsonl"
    path.write_bytes(b"".join(lines))
    reading = Reading(path)
    wanted = {message.uid: message for session in CodexImporter().read(reading) for message in session.messages}
    expected = dict(reading.skipped)
    stored: dict[str, Message] = {}
    last, counts = Reading(path), Counter[str]()
    for end in sorted({*data.draw(st.lists(st.integers(1, len(lines)), max_size=4)), len(lines)}):
        path.write_bytes(b"".join(lines[:end]))
        last = grown(path, last, stored)
        counts = counts + last.skipped if last.is_tail else Counter(last.skipped)
    assert stored == wanted
    assert dict(counts) == expected


def test_what_an_event_says_a_call_gave_is_not_taken_for_its_result(tmp_path: Path) -> None:
    """It may be longer than the result that follows, which then would be another message's."""
    records = [said("user", "Go."), item(type="function_call", name="shell", arguments="{}", call_id="c")]
    records += [event(type="exec_command_end", call_id="c", aggregated_output="long")]
    path = written(tmp_path / "sessions/rollout-x.jsonl", records)
    with Library.open(tmp_path / "x.db") as library:
        ingest.run(library, [path])
        written(path, [*records, item(type="function_call_output", call_id="c", output="short")])
        ingest.run(library, [path])
        (session,) = library.session_ids()
        calls = [call for message in library.messages(session) for call in message.tool_calls]
    assert [call.result for call in calls] == ["short"]


@pytest.mark.parametrize(
    ("payload", "content"),
    [
        ({"message": "So far."}, "So far."),
        ({"message": "", "summary": "So far."}, "So far."),
        (
            {
                "message": "",
                "replacement_history": [said("user", "One.")["payload"], {"type": "compaction"}, said("user", "Two.")["payload"]],
            },
            "One.\n\nTwo.",
        ),
    ],
)
def test_what_takes_the_place_of_a_history(tmp_path: Path, payload: dict[str, Any], content: str) -> None:
    path = written(tmp_path / "rollout-x.jsonl", [said("user", "Go."), {"type": "compacted", "payload": payload}])
    message = read(path)[0].messages[-1]
    assert (message.content, message.role, message.metadata) == (content, Role.SYSTEM, {"kind": "compaction"})


def test_instructions_of_a_turn_that_no_message_says_are_counted(tmp_path: Path) -> None:
    turn = {"type": "turn_context", "payload": {"model": "m", "user_instructions": "Be kind."}}
    path = tmp_path / "rollout-x.jsonl"
    assert read(written(path, [said("user", "Go."), turn, turn]))[1].skipped == {"turn_context instructions": 2}
    for role, told in (("user", "# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>\nBe kind.\n</INSTRUCTIONS>"), ("developer", "Be kind.")):
        assert not read(written(path, [said("user", "Go."), turn, said(role, told), turn]))[1].skipped


def test_names_that_are_not_taken_are_counted(tmp_path: Path) -> None:
    names = [event(type="thread_name_updated", thread_name=name) for name in ("One", "Two", "", "Three")]
    path = tmp_path / "rollout-x.jsonl"
    records = [said("user", "Go."), said("assistant", "Yes."), *names]
    session, reading = read(written(path, records))
    assert session.title == "Three"
    assert reading.skipped == {"replaced title": 2, "event thread_name_updated": 1}
    stored: dict[str, Message] = {}
    for cut in (3, 4, 5):
        first = grown(written(path, records[:cut]), Reading(path), stored)
        assert grown(written(path, records), first, stored).skipped + first.skipped == reading.skipped
    index = written(tmp_path / "session_index.jsonl", [{"id": "a", "thread_name": name} for name in ("One", "Two")])
    update, reading = read(index)
    assert (update.title, reading.skipped) == ("Two", {"replaced title": 1})


def test_all_instructions_of_a_session_are_its_system_prompt(tmp_path: Path) -> None:
    texts = {"instructions": "One.", "base_instructions": "Two.", "developer_instructions": "Three.", "user_instructions": "One."}
    path = written(tmp_path / "rollout-x.jsonl", [{"type": "session_meta", "payload": {"id": "s", **texts}}, said("user", "Go.")])
    assert read(path)[0].system_prompt == "One.\n\nTwo.\n\nThree."
