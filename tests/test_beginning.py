"""A first import that somebody looks on: the newest files are there at once, and the whole is what it is without that."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatviewer import ingest
from chatviewer.domain import SessionStatus
from chatviewer.domain.importing import Beginning, ImportProgress
from chatviewer.errors import DatabaseUnwritableError
from chatviewer.ingest import beginning
from chatviewer.query import parse
from chatviewer.storage import bulk, taking_place
from chatviewer.storage.library import Library
from chatviewer.storage.sharing import SharedLibrary
from tests.chance import examples
from tests.cli.process import ROOT
from tests.drills.machine import DRILLS, damages, fill_home, held, own, record, session_id, transcript, write
from tests.drills.test_crash import moments
from tests.factories import told

_SESSIONS = (
    "SELECT uid, metadata, context, is_subagent, is_branched, read_count, input_tokens, output_tokens, run_state, model, current_uid,"
    " spawned_by, parent_uid FROM session ORDER BY 1"
)
_STARTED = (
    "SELECT m.uid, t.position, s.uid FROM tool_call t JOIN message m ON m.id = t.message_id"
    " LEFT JOIN session s ON s.id = t.child_session_id ORDER BY 1, 2"
)
_MORE = (
    _SESSIONS,
    _STARTED,
    "SELECT source FROM caught_up",
    "SELECT folders, skipped FROM discovery",
    "SELECT count(*) FROM beginning",
    "SELECT uid FROM message ORDER BY id",  # the order in which they were stored is that of time
)


def everything(library: Library) -> list[Any]:
    connection = library.database.connection()
    return [held(library), own(library), *(connection.execute(sql).fetchall() for sql in _MORE)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of little, too, there is a beginning: half of the bytes."""
    monkeypatch.setattr(beginning, "SHORT", 0)
    monkeypatch.setattr(beginning, "SHARE", 2)
    monkeypatch.setattr(taking_place, "_SECONDS_BETWEEN", 0.01)


def age(path: Path, number: int) -> None:
    os.utime(path, ns=(10**18 + number * 10**10,) * 2)


def settle(home: Path) -> None:
    """As if nothing had come for a while."""
    for folder in (home / ".claude").rglob("*/"):
        age(folder, 0)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def make_home(home: Path, seed: int, sessions: int) -> None:
    """Sessions, some of them resumed or forked from others, some with sub-agents; files of any age."""
    chance = Random(seed)
    made: list[Path] = []
    for number in range(sessions):
        path = transcript(home, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines: list[dict[str, Any]] = []
        if made and chance.random() < 0.6:
            lines = [line | {"sessionId": session_id(number)} for line in lines_of(chance.choice(made))]
            lines = lines[: chance.randrange(1, len(lines) + 1)]
        own_count = chance.choice((0, 1, 3, 9)) if lines else chance.randrange(1, 12)
        for place in range(own_count):
            line = json.loads(record(session_id(number), place, f"zq{number} said {place}"))
            if place == 0 and lines:
                line["parentUuid"] = lines[-1]["uuid"]
            lines.append(line)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        made.append(path)
        if chance.random() < 0.3:
            agent = path.parent / path.stem / "subagents" / f"agent-{number:04x}.jsonl"
            agent.parent.mkdir(parents=True, exist_ok=True)
            side = [json.loads(record(f"{number + 500:08x}", place, f"side {number} {place}")) for place in range(4)]
            extra = {"isSidechain": True, "sessionId": session_id(number), "agentId": f"{number:04x}"}
            agent.write_text("".join(json.dumps(line | extra) + "\n" for line in side))
            age(agent, chance.randrange(40))
    ages = sorted(range(sessions), key=lambda number: (number + chance.randrange(6), number))
    for path, number in zip(made, ages, strict=True):
        age(path, number)
    with made[0].open("a") as file:
        file.write("{broken\n")
    age(made[0], ages[0])
    settle(home)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(seed=510511, sessions=2)
@given(seed=st.integers(0, 10**6), sessions=st.integers(2, 14))
def test_the_whole_is_what_one_import_gives(tmp_path_factory: pytest.TempPathFactory, seed: int, sessions: int) -> None:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        make_home(folder, seed, sessions)
        begun: list[Beginning] = []
        with Library.open(folder / "one.db") as one, SharedLibrary.open(folder / "two.db") as two:
            expected = ingest.run(one)
            report = ingest.run(two, on_beginning=begun.append)
            assert everything(two) == everything(one)
            assert report._replace(seconds=0) == expected._replace(seconds=0)
            assert damages(two) == []
            assert len(begun) == 1


@pytest.fixture
def filled(isolated_home: Path) -> Path:
    """Eight sessions; the second newest was resumed from the oldest."""
    for number in range(8):
        write(transcript(isolated_home, number), session_id(number), 0, 12)
    fork = transcript(isolated_home, 6)
    copied = lines_of(transcript(isolated_home, 0))
    more = [json.loads(record(session_id(6), place, f"zqfork said {place}")) for place in range(2)]
    more[0]["parentUuid"] = copied[-1]["uuid"]
    fork.write_text("".join(json.dumps(line | {"sessionId": session_id(6)}) + "\n" for line in [*copied, *more]))
    for number in range(8):
        age(transcript(isolated_home, number), number)
    settle(isolated_home)
    return isolated_home


@pytest.fixture
def shared(database_path: Path) -> Iterator[SharedLibrary]:
    with SharedLibrary.open(database_path) as opened:
        yield opened


@pytest.fixture
def whole(filled: Path, tmp_path: Path) -> Iterator[Library]:
    """One import of everything."""
    with Library.open(tmp_path / "whole" / "whole.db") as library:
        ingest.run(library)
        yield library


def by_source(library: Library) -> dict[str, Any]:
    return {summary.source_id: summary for summary in library.summaries(library.session_ids(parse("is:any")))}


def test_the_newest_are_there_before_all_are(filled: Path, shared: SharedLibrary) -> None:
    seen: list[Any] = []

    def look(begun: Beginning) -> None:
        seen.append((begun, by_source(shared), shared.search(parse("lorem")).hits, shared.is_empty, shared.counts().beginning))

    ingest.run(shared, on_beginning=look)
    begun, sessions, hits, is_empty, counted = seen[0]
    assert begun == counted == Beginning(file_count=len(sessions), total_count=8)
    assert session_id(7) in sessions
    assert session_id(0) not in sessions
    assert {hit.session_id for hit in hits} == {summary.id for summary in sessions.values()}
    assert not is_empty
    after = by_source(shared)
    assert len(after) == 8
    assert shared.beginning() is None
    assert shared.counts().beginning is None
    assert {name: after[name].id for name in sessions} == {name: summary.id for name, summary in sessions.items()}
    assert {name: after[name].uid for name in sessions} == {name: summary.uid for name, summary in sessions.items()}


def test_after_a_beginning_that_was_left_only_what_was_not_there_counts_as_new(
    filled: Path, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = transcript(filled, 7).parent / session_id(7) / "subagents" / "agent-0abc.jsonl"
    agent.parent.mkdir(parents=True)
    lines = [json.loads(record("0abc0abc", place, f"side {place}")) for place in range(4)]
    extra = {"isSidechain": True, "sessionId": session_id(7), "agentId": "0abc"}
    agent.write_text("".join(json.dumps(line | extra) + "\n" for line in lines))
    age(agent, 9)

    class KilledError(BaseException):
        pass

    def kill(_: Beginning) -> None:
        raise KilledError

    with SharedLibrary.open(database_path) as shared:
        with pytest.raises(KilledError):
            ingest.run(shared, on_beginning=kill)
        before = by_source(shared)
        assert any(summary.parent_uid for summary in before.values())
        with transcript(filled, 7).open("a") as file:
            file.write(record(session_id(7), 12, "one more") + "\n")
        counts = ingest.run(shared).counts
        after = by_source(shared)
        assert 1 < len(before) < len(after) == 9
        longer = sum(after[name].message_count != summary.message_count for name, summary in before.items())
        assert longer >= 1
        assert (counts.new, counts.updated, counts.unchanged) == (9 - len(before), longer, len(before) - longer)
        assert counts.new_subagents == 0
        sums = [sum(summary.message_count for summary in some.values()) for some in (before, after)]
        assert counts.messages == sums[1] - sums[0]
        assert ingest.run(shared).counts.new == 0


def elsewhere(job: Callable[[], object]) -> None:
    """Do it in a thread of its own, as a viewer does, and wait for it."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(job).result()


@pytest.mark.parametrize("is_late", [False, True])
def test_what_the_user_does_meanwhile_stays(filled: Path, shared: SharedLibrary, whole: Library, is_late: bool) -> None:
    """At once, or while the last file of all is read; and nothing else differs."""

    def act() -> None:
        sessions = by_source(shared)
        newest, fork = sessions[session_id(7)], sessions[session_id(6)]
        for uid in (shared.messages(newest.id)[1].uid, shared.messages(fork.id)[1].uid):
            shared.rate(uid, 5, "good")
        shared.set_note(newest.uid, "a note")
        shared.set_starred([newest.uid], True)
        shared.set_starred([fork.uid], True)
        shared.undo()
        shared.add_tags([newest.uid], ["keep"])
        shared.rename(fork.uid, "myTitle")
        shared.set_status([newest.uid], SessionStatus.ARCHIVED)
        shared.mark_read({newest.uid: 0})
        shared.set_preference("theme", "nord")

    def late(progress: ImportProgress) -> None:
        if is_late and progress.files_done == 8:
            elsewhere(act)

    ingest.run(shared, on_beginning=lambda _: None if is_late else elsewhere(act), on_progress=late)
    assert damages(shared) == []
    said = own(shared)
    sessions = by_source(shared)
    newest, fork, oldest = (sessions[session_id(number)] for number in (7, 6, 0))
    assert (newest.status, newest.is_starred, newest.rating, newest.unread_count) == (SessionStatus.ARCHIVED, True, 5, newest.message_count)
    assert (fork.title, fork.is_starred, fork.rating) == ("myTitle", False, None)
    assert oldest.rating == 5  # the message that was rated is its own
    assert [hit.session_id for hit in shared.search(parse("title:myTitle")).hits] == [fork.id]
    assert said["note"] == [(newest.uid, "a note")]
    assert said["tag"] == [(newest.uid, "keep")]
    assert said["preference"] == [("theme", '"nord"')]
    assert told(shared.undo()) == "set “Theme” to nord"
    assert [row[:3] for row in held(shared)["message"]] == [row[:3] for row in held(whole)["message"]]
    for again in (newest, fork):
        shared.rename(again.uid, "")
    assert held(shared)["message"] == held(whole)["message"]


def test_what_was_purged_meanwhile_stays_away(filled: Path, shared: SharedLibrary) -> None:
    ingest.run(shared, on_beginning=lambda _: shared.purge([by_source(shared)[session_id(7)].uid]) and None)
    assert set(by_source(shared)) == {session_id(number) for number in range(7)}
    assert damages(shared) == []
    assert not [hit for hit in shared.search(parse(f"zq{session_id(7)[:8]}n2")).hits if hit.session_uid]
    assert ingest.run(shared).counts.new == 0


def test_somebody_elses_import_meanwhile_stays_and_the_rest_comes_file_by_file(
    filled: Path, shared: SharedLibrary, whole: Library, tmp_path: Path
) -> None:
    extra = transcript(tmp_path / "elsewhere", 50)
    write(extra, session_id(50), 0, 4)

    def other(_: Beginning) -> None:
        with Library.open(shared.path) as library:
            ingest.run(library, [extra])

    ingest.run(shared, on_beginning=other)
    assert set(by_source(shared)) >= {session_id(number) for number in (*range(1, 8), 50)}
    assert {row[0] for row in held(shared)["message"]} > {row[0] for row in held(whole)["message"]}
    assert shared.beginning() is None
    assert damages(shared) == []


@pytest.mark.parametrize("has_window", [False, True])
def test_another_program_that_has_it_open_sees_both(filled: Path, shared: SharedLibrary, whole: Library, has_window: bool) -> None:
    """Then the rows are copied: the file cannot be exchanged under it."""
    with Library.open(shared.path) as other:
        assert other.is_empty
        seen: list[int] = []

        def look(_: Beginning) -> None:
            seen.append(len(other.session_ids()))
            shared.set_starred([by_source(shared)[session_id(7)].uid], True)
            shared.rename(by_source(shared)[session_id(6)].uid, "mine")
            shared.purge([by_source(shared)[session_id(5)].uid] if session_id(5) in by_source(shared) else [])
            if not has_window:
                other.close()

        ingest.run(shared, on_beginning=look)
        assert 0 < seen[0] < 8
        assert by_source(other).keys() == by_source(shared).keys()
        assert by_source(other)[session_id(6)].title == "mine"
    assert by_source(shared)[session_id(7)].is_starred
    assert damages(shared) == []
    assert shared.undo() is not None
    for name in ("problem", "attachment"):
        assert held(shared)[name] == held(whole)[name]


def test_a_rating_waits_for_the_copying_of_this_program_however_long(
    filled: Path, shared: SharedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another program has the database open, the write lock is held until all rows are copied."""
    apply = taking_place.apply_choices
    shown: list[str] = []
    rated: list[Future[None]] = []

    def rate() -> None:
        shared.database.connection().execute("PRAGMA busy_timeout = 20")  # of this thread: the import itself may wait for the rating
        shared.rate(shown[0], 4)

    def apply_choices(real: sqlite3.Connection, user_id: int) -> None:
        if shown:
            rated.append(pool.submit(rate))
            with pytest.raises(TimeoutError):
                rated[0].result(0.3)
        apply(real, user_id)

    monkeypatch.setattr(taking_place, "apply_choices", apply_choices)
    with ThreadPoolExecutor(1) as pool, Library.open(shared.path) as other:
        assert other.is_empty
        ingest.run(shared, on_beginning=lambda _: shown.append(shared.messages(by_source(shared)[session_id(7)].id)[1].uid))
        rated[0].result(10)
    assert by_source(shared)[session_id(7)].rating == 4
    assert not shared.database.is_copying


def test_a_call_that_does_not_end_keeps_the_whole_away_for_a_while_only(
    filled: Path, shared: SharedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pattern over everything, say: then the rows are copied."""
    monkeypatch.setattr(taking_place, "_SECONDS_FOR_THREADS", 0.01)
    monkeypatch.setattr(taking_place, "_TRIES", 3)
    is_inside, may_leave = threading.Event(), threading.Event()

    def stay() -> None:
        assert shared.database.gate is not None
        with shared.database.gate:
            is_inside.set()
            assert may_leave.wait(60)

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(stay)
        assert is_inside.wait(10)
        ingest.run(shared, on_beginning=lambda _: None)
        assert not job.done()
        may_leave.set()
        job.result(10)
    assert len(by_source(shared)) == 8
    assert shared.beginning() is None
    assert damages(shared) == []


def test_a_file_that_was_shown_and_is_deleted_keeps_what_it_gave(filled: Path, shared: SharedLibrary, whole: Library) -> None:
    ingest.run(shared, on_beginning=lambda _: transcript(filled, 7).unlink())
    assert session_id(7) in by_source(shared)
    assert {row[0] for row in held(shared)["message"]} == {row[0] for row in held(whole)["message"]}
    assert shared.beginning() is None
    assert damages(shared) == []


def test_a_file_that_was_shown_and_lost_its_end_keeps_what_that_gave(filled: Path, shared: SharedLibrary) -> None:
    """Though every message is still there: the end held what a call returned."""
    path = transcript(filled, 7)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:9]))
    age(path, 7)

    def cut(_: Beginning) -> None:
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:8]))

    ingest.run(shared, on_beginning=cut)
    (call,) = (call for message in shared.messages(by_source(shared)[session_id(7)].id) for call in message.tool_calls)
    assert (call.result or "").startswith("output of zq")
    assert by_source(shared).keys() >= {session_id(number) for number in range(1, 8)}
    assert shared.beginning() is None
    assert damages(shared) == []


@pytest.mark.parametrize("files", [1, 3, 6])
def test_stopped_it_keeps_what_was_shown_and_what_was_read(filled: Path, shared: SharedLibrary, whole: Library, files: int) -> None:
    begun: list[Beginning] = []
    read: list[int] = []

    ingest.run(
        shared,
        on_beginning=begun.append,
        on_progress=lambda progress: read.append(progress.files_done) if begun else None,
        should_stop=lambda: len(read) >= files,
    )
    sessions = set(by_source(shared))
    assert {session_id(number) for number in (7, *range(files))} <= sessions
    assert len(sessions) < 8 or files == 6
    assert shared.beginning() is None
    ingest.run(shared)
    assert {row[0] for row in held(shared)["message"]} == {row[0] for row in held(whole)["message"]}


def test_stopped_within_the_beginning_the_next_import_is_a_whole_one(filled: Path, shared: SharedLibrary, whole: Library) -> None:
    asked: list[bool] = []

    def after_two() -> bool:
        asked.append(True)
        return len(asked) > 2

    ingest.run(shared, on_beginning=lambda _: None, should_stop=after_two)
    assert shared.beginning() == Beginning(2, 8)
    ingest.run(shared)
    assert everything(shared) == everything(whole)


def test_stopped_before_any_file_was_read_nothing_has_begun(filled: Path, shared: SharedLibrary, whole: Library) -> None:
    told: list[Beginning] = []
    ingest.run(shared, on_beginning=told.append, should_stop=lambda: True)
    assert (shared.beginning(), told) == (None, [])
    assert shared.is_empty
    ingest.run(shared)
    assert everything(shared) == everything(whole)


def test_a_change_in_the_very_moment_of_the_exchange_is_not_lost(filled: Path, shared: SharedLibrary) -> None:
    """Threads rate and read all the time; what they were told is stored is there afterwards, and none meets an error."""
    given: dict[str, int] = {}
    failures: list[BaseException] = []
    is_over, has_rated = threading.Event(), threading.Event()
    looks: list[int] = []

    def change() -> None:
        try:
            place = 0
            while not is_over.is_set():
                summaries = [one for one in shared.summaries(shared.session_ids()) if one.source_id == session_id(7)]
                if summaries:
                    messages = shared.messages(summaries[0].id)
                    message = messages[place % len(messages)]
                    shared.rate(message.uid, place % 5 + 1)
                    given[message.uid] = place % 5 + 1
                    place += 1
                    has_rated.set()
        except BaseException as error:
            failures.append(error)

    def look() -> None:
        try:
            while not is_over.is_set():
                looks.append(len(shared.search(parse("lorem"), limit=5).hits))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=job) for job in (change, look, look)]
    for thread in threads:
        thread.start()
    ingest.run(shared, on_beginning=lambda _: has_rated.wait(10) and None)
    is_over.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert given
    assert looks
    assert dict(row[:2] for row in own(shared)["rating"]) == given
    assert damages(shared) == []


def test_where_little_is_to_be_read_there_is_no_beginning(filled: Path, shared: SharedLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "SHORT", 16 << 20)
    begun: list[Beginning] = []
    assert ingest.run(shared, on_beginning=begun.append).counts.new == 8
    assert begun == []


def test_a_session_id_that_another_project_holds_too_loses_nothing(isolated_home: Path, shared: SharedLibrary, whole: Library) -> None:
    """What was shown under an id belongs to another project's older session: the beginning stays, the rest comes file by file."""
    other = transcript(isolated_home, 7, "-home-mira-web")
    write(other, session_id(70), 0, 8)
    other.write_text(other.read_text().replace(session_id(70), session_id(7)).replace("/home/mira/api", "/home/mira/web"))
    age(other, -5)
    ingest.run(whole)
    ingest.run(shared, on_beginning=lambda _: shared.rate(shared.messages(by_source(shared)[session_id(7)].id)[1].uid, 3))
    texts = [sorted(row[-1] for row in held(library)["message"]) for library in (shared, whole)]
    assert texts[0] == texts[1]
    rated = [message.content for message in shared.messages(by_id(shared, "/home/mira/api").id) if message.rating is not None]
    assert len(rated) == 1
    assert rated[0].startswith(f"zq{session_id(7)[:8]}n1 ")
    assert damages(shared) == []


def by_id(library: Library, project: str) -> Any:
    """The seventh session, of that project."""
    return next(one for one in library.summaries(library.session_ids()) if (one.source_id, one.project) == (session_id(7), project))


def test_a_failure_at_the_very_end_leaves_the_beginning_as_it_was(
    filled: Path, shared: SharedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room for the last pages, say: what was shown stays, in the log that it had, and the next import is a whole one."""

    def fail(*_: object) -> None:
        raise DatabaseUnwritableError("no room")

    with monkeypatch.context() as patch, pytest.raises(DatabaseUnwritableError):
        ingest.run(shared, on_beginning=lambda _: patch.setattr(taking_place, "_take_over", fail))
    assert shared.beginning() is not None
    assert shared.database.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert damages(shared) == []
    assert not list(shared.path.parent.glob("*importing*"))
    ingest.run(shared)
    assert len(by_source(shared)) == 8
    assert shared.beginning() is None


def test_where_files_cannot_be_locked_all_come_in_order(
    filled: Path, shared: SharedLibrary, whole: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a load there is no beginning: what is imported file by file stays as it came."""
    monkeypatch.setattr(bulk, "_lock", lambda path: None)
    begun: list[Beginning] = []
    report = ingest.run(shared, on_beginning=begun.append)
    assert begun == []
    assert (report.counts.new, report.files_read) == (8, 8)
    assert everything(shared) == everything(whole)


_KILLED = """
import sys
from chatviewer import ingest
from chatviewer.errors import DatabaseUnwritableError
from chatviewer.ingest import beginning
from chatviewer.storage.sharing import SharedLibrary
beginning.SHORT, beginning.SHARE = 0, 4
with SharedLibrary.open(sys.argv[1]) as library:
    print("begun", flush=True)
    ingest.run(library, on_beginning=lambda _: print("shown", flush=True))
"""


def test_a_kill_at_any_moment_leaves_what_was_shown_and_the_next_import_is_a_whole_one(isolated_home: Path, tmp_path: Path) -> None:
    fill_home(isolated_home, 30, 60)
    for number in range(30):
        age(transcript(isolated_home, number), number)
    settle(isolated_home)
    with Library.open(tmp_path / "whole" / "whole.db") as library:
        ingest.run(library)
        expected = everything(library)
    began = time.monotonic()
    command = [sys.executable, "-c", _KILLED]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([*command, str(tmp_path / "measured" / "m.db")], env=environment, check=True, capture_output=True, timeout=60)
    longest = time.monotonic() - began
    found = Counter[str]()
    for number, moment in enumerate(moments(longest)):
        path = tmp_path / f"killed{number}" / "k.db"
        process = subprocess.Popen([*command, str(path)], env=environment, stdout=subprocess.PIPE, text=True)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        said = process.communicate()[0]
        with Library.open(path) as library:
            assert damages(library) == []
            begun = library.beginning()
            found["empty" if library.is_empty else "whole" if begun is None else "beginning"] += 1
            assert not library.is_empty or "shown" not in said
            ingest.run(library)
            assert damages(library) == []
            assert everything(library) == expected, f"killed after {moment:.3f} s, {found}"
        assert [file.name for file in path.parent.glob("*importing*")] == []
    assert found["whole"] < DRILLS
