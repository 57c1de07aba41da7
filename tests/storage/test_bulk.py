"""The first import by way of a file of its own: the same rows, all or nothing, nobody's work lost."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.domain import Attachment, ContextItem, FileImport, Rating, SaveCounts, Session, SessionStatus
from chatviewer.errors import DatabaseError, RefusedError
from chatviewer.query import parse
from chatviewer.storage import bulk, saving, taking_place
from chatviewer.storage.beginning import LoadLostError, holds_all
from chatviewer.storage.connection import BUSY_TIMEOUT_MS, connect
from chatviewer.storage.library import Library
from tests.drills.machine import session_id, transcript, write
from tests.factories import fill, make_call, make_import, make_message, make_session
from tests.storage.test_saving import check_index, dump, rich_session


def imports() -> list[FileImport]:
    task = make_message("p0")
    call = make_call(task.uid, 0, tool_name="Task", tool_call_id="toolu_task")
    parent = make_session("parent", (make_message("p0", tool_calls=(call,)),))
    child = make_session("child", ["do it"], parent_uid=parent.uid, spawned_by="toolu_task")
    return [make_import(child), make_import(rich_session()), make_import(parent)]


def schema(library: Library) -> list[tuple[str, str]]:
    query = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name"
    return library.database.connection().execute(query).fetchall()


def test_it_gives_the_rows_and_the_schema_of_an_ordinary_import(library: Library, tmp_path: Path) -> None:
    with library.bulk():
        assert library.save(imports()) == SaveCounts(new=3, new_subagents=1, messages=6, tool_calls=3)
        library.finish_import()
    with Library.open(tmp_path / "ordinary.db") as ordinary:
        ordinary.save(imports())
        ordinary.finish_import()
        assert dump(library) == dump(ordinary)
        assert schema(library) == schema(ordinary)
    check_index(library)
    connection = library.database.connection()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert library.path.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in library.path.parent.glob("*importing*")) == []
    assert library.save(imports()) == SaveCounts(unchanged=3)


def grown() -> list[list[FileImport]]:
    """One save after the other: a session, one that goes on from its copies, one that holds something else under the same ids, one with
    an id twice."""
    first = rich_session("first")
    prompt, reply, *_ = first.messages
    longer = prompt._replace(content=f"{prompt.content} Only at night.")
    resumed = make_session("resumed", (longer, reply, make_message("more", "What it goes on with", parent_uid=reply.uid)))
    other = make_session("other", (prompt._replace(content="Something else"), make_message("o1", parent_uid=prompt.uid)))
    twice = make_session("twice", (make_message("t0", "once"), make_message("t0", "once more"), make_message("t0", "another")))
    return [[make_import(session)] for session in (first, resumed, other, twice)]


@pytest.mark.parametrize("most", [saving.MOST_LOADED_ROWS, 2])
def test_what_is_known_is_found_without_an_index(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(saving, "MOST_LOADED_ROWS", most)
    with Library.open(tmp_path / "ordinary.db") as ordinary:
        with library.bulk():
            loading = [library.save(batch) for batch in grown()]
            library.finish_import()
        assert loading == [ordinary.save(batch) for batch in grown()]
        ordinary.finish_import()
        assert dump(library) == dump(ordinary)
        assert schema(library) == schema(ordinary)
    assert max(summary.rating or 0 for summary in library.summaries(library.session_ids())) == 5
    assert loading[1] == SaveCounts(new=1, messages=1)
    check_index(library)


def test_a_failure_leaves_the_empty_library(library: Library) -> None:
    def fail() -> None:
        with library.bulk():
            library.save(imports())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert library.is_empty
    assert not list(library.path.parent.glob("*importing*"))
    assert library.save(imports()).new == 3


@pytest.mark.parametrize("is_watched", [False, True])
def test_what_the_user_did_before_and_meanwhile_stays(library: Library, is_watched: bool) -> None:
    library.set_preference("theme", "nord")
    uid = make_session("parent").uid
    with library.database.transaction() as connection:
        connection.execute("INSERT INTO status_change VALUES (?, ?, 'archived', 5)", (library.user.id, uid))
    watching = connect(library.path)
    if is_watched:
        watching.execute("SELECT count(*) FROM session").fetchall()
    else:
        watching.close()
    with library.bulk():
        library.save(imports())
        with Library.open(library.path) as other:
            other.set_preference("list_density", "one-line")
    assert library.preference("theme") == "nord"
    assert library.preference("list_density") == "one-line"
    status = library.database.connection().execute("SELECT status FROM session WHERE uid = ?", (uid,)).fetchone()
    assert status == (SessionStatus.ARCHIVED.value,)
    check_index(library)
    if is_watched:  # an open viewer sees the sessions, and its changes are not lost
        assert watching.execute("SELECT count(*) FROM session").fetchone() == (3,)
        watching.execute("INSERT INTO tombstone VALUES (1, 'from the viewer', 1)")
        watching.close()
        assert library.database.connection().execute("SELECT uid FROM tombstone").fetchall() == [("from the viewer",)]


def test_sessions_that_another_process_imported_meanwhile_stay(library: Library) -> None:
    def load() -> None:
        with library.bulk():
            library.save(imports())
            with Library.open(library.path) as other:
                other.save([make_import(make_session("other"))])

    with pytest.raises(LoadLostError):
        load()
    assert library.database.connection().execute("SELECT source_id FROM session").fetchall() == [("other",)]
    assert library.database.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert library.save(imports()).new == 3


def test_two_loads_at_once(library: Library) -> None:
    """The second goes the ordinary way, so it is first; the one that loads finds that out at its end."""
    started, done = threading.Event(), threading.Event()
    lost: list[bool] = []

    def load() -> None:
        with Library.open(library.path) as other:
            try:
                with other.bulk():
                    other.save(imports()[:1])
                    started.set()
                    done.wait(10)
            except LoadLostError:
                lost.append(True)

    thread = threading.Thread(target=load)
    thread.start()
    assert started.wait(10)
    with library.bulk():
        library.save(imports()[1:])
    done.set()
    thread.join()
    assert lost == [True]
    assert library.database.connection().execute("SELECT count(*) FROM session").fetchone() == (2,)


def test_a_library_that_is_closed_while_it_loads_gets_nothing_before_the_end(library: Library) -> None:
    """The viewer is left, and the thread that imports has not heard of it yet."""
    with library.bulk():
        library.save(imports()[:1])
        library.close()
        library.save(imports()[1:])
        with Library.open(library.path) as other:
            assert other.is_empty
    assert library.save(imports()) == SaveCounts(unchanged=3)


def test_a_file_that_became_the_database_before_it_was_locked_is_no_file_to_load_into(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes load; the second opened the first one's file just before that was renamed, and locks it just behind."""
    path = library.path.with_name(f"{library.path.name}.importing")
    kept = b"the database" * 100

    def rename_and_lock(descriptor: int, operation: int) -> None:
        path.write_bytes(kept)
        path.replace(tmp)

    tmp = library.path.with_name("renamed")
    monkeypatch.setattr("fcntl.flock", rename_and_lock)
    with library.bulk() as is_effective:
        assert not is_effective
    assert tmp.read_bytes() == kept


def test_a_load_that_is_lost_leaves_the_log_whoever_wants_to_read_meanwhile(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who reads for long, and came just then, would keep the database from having its log again."""
    reading = sqlite3.connect(library.path, timeout=0)

    def lose(load: taking_place.Load, real: sqlite3.Connection) -> None:
        real.execute("ROLLBACK")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            reading.execute("SELECT count(*) FROM session").fetchall()
        raise LoadLostError

    monkeypatch.setattr(taking_place, "_check_untouched", lose)
    with pytest.raises(LoadLostError), library.bulk():
        library.save(imports())
    assert reading.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reading.close()
    assert library.database.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_kill_in_the_moment_of_the_exchange_leaves_no_database_without_its_log(library: Library) -> None:
    """It is given back by the next who opens it while nobody reads; who reads is not disturbed, nor waited for."""
    library.save(imports())
    library.close()
    killed = connect(library.path)
    assert killed.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    killed.execute("BEGIN")
    killed.execute("SELECT count(*) FROM session").fetchall()
    for is_read in (True, False):
        with Library.open(library.path) as opened:
            connection = opened.database.connection()
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete" if is_read else "wal",)
            assert connection.execute("PRAGMA busy_timeout").fetchone() == (BUSY_TIMEOUT_MS,)
            assert len(opened.session_ids(parse("is:any"))) == 3
        killed.close()


class Defended(sqlite3.Connection):
    """As in defensive mode, the default of macOS's own SQLite, which Python cannot ask for before 3.12."""

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        if found := re.match(r"(?:UPDATE|DELETE FROM|INSERT INTO) (?:main\.)?(\w+_fts_\w+)", sql):
            raise sqlite3.OperationalError(f"table {found[1]} may not be modified")
        return super().execute(sql, *parameters)


@pytest.mark.parametrize("is_open_elsewhere", [False, True])
def test_an_sqlite_that_keeps_the_tables_of_an_index_to_itself(
    library: Library, isolated_home: Path, is_open_elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the rows would have to be copied, for another program has the database open, all is imported file by file."""
    write(transcript(isolated_home, 1), session_id(1), 0, 6)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *names, **options: connect(*names, factory=Defended, **options))
    other = connect(library.path)
    if is_open_elsewhere:
        other.execute("SELECT count(*) FROM session").fetchall()
    assert ingest.run(library).counts.new == 1
    other.close()
    assert library.search(parse("zq00000001n2")).hits
    check_index(library)


def test_a_load_that_could_not_be_finished_is_dropped(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no journal: what was being written when the disk was full may be broken."""

    def fail(_: bytes) -> bytes:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(bulk, "_raised", fail)
    with pytest.raises(DatabaseError), library.bulk():
        library.save(imports())
    assert library.is_empty


def test_our_own_errors_pass_through(library: Library) -> None:
    with pytest.raises(RefusedError), library.bulk():
        raise RefusedError("no")


def test_a_kill_leaves_the_empty_library_and_the_next_import_is_whole(database_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from chatviewer.storage.library import Library\n"
        "from tests.storage.test_bulk import imports\n"
        "with Library.open(Path(sys.argv[1])) as library:\n"
        "    with library.bulk():\n        library.save(imports()); print('saved', flush=True); time.sleep(60)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen([sys.executable, "-c", script, str(database_path)], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "saved\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert list(database_path.parent.glob("*importing*"))
    with Library.open(database_path) as library:
        assert library.is_empty
        with library.bulk():
            library.save(imports())
        assert not list(database_path.parent.glob("*importing*"))
        check_index(library)


def loaded_pages(library: Library) -> dict[int, bytes]:
    """The pages of the index of messages that the load made: those of the first part of an index are 1 << 37 and above."""
    return dict(library.database.connection().execute("SELECT id, block FROM message_fts_data WHERE id BETWEEN 1 << 37 AND (2 << 37) - 1"))


def test_small_imports_leave_the_loaded_index_as_it_is(library: Library) -> None:
    """FTS5 merges sixteen parts of an index that are on one level. A load is one of them, and to write it anew takes seconds."""
    with library.bulk():
        library.save([make_import(make_session("loaded", [f"{number:x}ship rope{number * 7:x}" for number in range(3000)]))])
        library.finish_import()
    loaded = loaded_pages(library)
    assert len(loaded) > 20
    for number in range(40):
        library.save([make_import(make_session(f"small{number}", [f"what small{number} says"]))])
    assert loaded_pages(library) == loaded
    check_index(library)
    (parts,) = library.database.connection().execute("SELECT count(DISTINCT id >> 37) FROM message_fts_data WHERE id >= 1 << 37").fetchone()
    assert parts < 20
    for word, count in (("rope5201", 1), ("small39", 2), ("says", 40)):
        assert len(library.search(parse(word)).hits) == count


def said(**fields: object) -> Session:
    """A session of one message that says everything that a message can."""
    attachment = Attachment("text/plain", "a.txt", text="pasted")
    call = make_call("m0", 0, result="done", error_message="oh")
    given = {"role": "assistant", "thinking": "thought", "tool_calls": (call,), "attachments": (attachment,)} | fields
    return make_session("s1", [make_message("m0", "a reply", **given)], summary="in short")


LESS: dict[str, Session] = {
    "role": said(role="user"),
    "thinking": said(thinking=""),
    "call": said(tool_calls=()),
    "result": said(tool_calls=(make_call("m0", 0, result=None, error_message="oh"),)),
    "error": said(tool_calls=(make_call("m0", 0, result="done"),)),
    "attachment": said(attachments=()),
    "summary": said()._replace(summary=""),
    "vote": said(),
    "context": said(),
}


@pytest.mark.parametrize("lost", [*LESS, "nothing"])
def test_nothing_that_was_shown_is_lost_by_the_load_of_all(library: Library, tmp_path: Path, lost: str) -> None:
    uid = said().messages[0].uid
    full = said()._replace(ratings=(Rating(uid, 5),), context_items=(ContextItem("fact", "k", "v"),))
    less = LESS.get(lost, said())
    if lost != "vote":
        less = less._replace(ratings=full.ratings)
    if lost != "context":
        less = less._replace(context_items=full.context_items)
    fill(library, full)
    with Library.open(tmp_path / "all.db") as loaded:
        fill(loaded, less, make_session("another"))
        assert holds_all(loaded.database.connection(), library.database.connection()) == (lost == "nothing")
