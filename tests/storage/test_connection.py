"""Opening: rights, pragmas, threads, and each failure as one sentence."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatviewer.errors import DatabaseDamagedError, DatabaseError, DatabaseLockedError, DatabaseUnwritableError
from chatviewer.query import parse
from chatviewer.storage.connection import APPLICATION_ID, Database, connect, explain, explained
from chatviewer.storage.library import Library
from tests.factories import fill, make_session


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_and_its_folder_are_the_users_alone(library: Library) -> None:
    fill(library, make_session())
    assert mode(library.path) == 0o600
    assert mode(library.path.parent) == 0o700
    assert {mode(path) for path in library.path.parent.glob("chatviewer.db-*")} == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(library: Library, database_path: Path) -> None:
    library.close()
    database_path.chmod(0o644)
    Library.open(database_path).close()
    assert mode(database_path) == 0o600


def test_one_who_is_alone_reads_and_writes_by_one_connection(library: Library, database_path: Path) -> None:
    assert library.database.reader() is not library.database.connection()
    with Library.open(database_path, is_alone=True) as alone:
        assert alone.database.reader() is alone.database.connection()
        fill(alone, make_session())
        found = alone.search(parse("is:any"))
        assert found.hits
        assert found.hits == library.search(parse("is:any")).hits


def test_pragmas(library: Library) -> None:
    writer, reader = library.database.connection(), library.database.reader()
    names = "journal_mode", "foreign_keys", "synchronous", "busy_timeout"
    asked = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
    assert asked == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 5000}
    assert writer.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM tombstone")


def test_each_thread_has_its_own_connection(library: Library) -> None:
    found: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: found.append(library.database.connection()))
    thread.start()
    thread.join()
    assert found[0] is not library.database.connection()
    assert library.database.connection() is library.database.connection()
    library.close()
    with pytest.raises(sqlite3.ProgrammingError):
        found[0].execute("SELECT 1")


def test_a_missing_file_reads_as_an_empty_library_and_none_is_made(database_path: Path) -> None:
    with Library.open(database_path, create=False) as library:
        assert library.is_empty
        assert library.source_files() == {}
        assert library.problems() == []
    assert not database_path.parent.exists()


def test_a_transaction_is_all_or_nothing_and_joins_an_outer_one(library: Library) -> None:
    database = library.database

    def fail() -> None:
        with database.transaction() as outer:
            outer.execute("INSERT INTO tombstone VALUES (1, 'a', 1)")
            with database.transaction() as inner:
                assert inner is outer
                inner.execute("INSERT INTO tombstone VALUES (1, 'b', 1)")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert database.connection().execute("SELECT count(*) FROM tombstone").fetchone() == (0,)
    assert not database.connection().in_transaction


def test_a_durable_transaction_waits_for_the_disk(library: Library) -> None:
    with library.database.transaction(is_durable=True) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert library.database.connection().execute("PRAGMA synchronous").fetchone() == (1,)


def test_what_was_closed_is_not_interrupted(library: Library) -> None:
    with library.database.asked():
        library.database.close()  # as when the file is exchanged
        library.interrupt()
    assert library.is_empty


def test_a_locked_database_is_said_in_a_sentence(library: Library) -> None:
    other = connect(library.path)
    other.execute("BEGIN IMMEDIATE")
    library.database.connection().execute("PRAGMA busy_timeout = 10")
    with pytest.raises(DatabaseLockedError, match="try again"), library.database.transaction():
        pass
    other.close()


_HEADER = b"SQLite format 3\x00"


def assert_refused(path: Path, words: str | None = None) -> None:
    """In a sentence, and the file is what it was: its content, rights and time, and nothing beside it."""
    path.chmod(0o644)
    before = path.read_bytes(), path.stat()
    with pytest.raises(DatabaseDamagedError, match=words):
        Library.open(path)
    after = path.stat()
    assert path.read_bytes() == before[0]
    assert (after.st_mode, after.st_mtime_ns, after.st_ctime_ns) == (before[1].st_mode, before[1].st_mtime_ns, before[1].st_ctime_ns)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content",
    [
        *(b"\0" * size for size in (1, 2, 15, 50, 100, 512, 5000)),
        *(b"x" * size for size in (1, 2, 15, 50, 100, 512, 5000)),
        _HEADER,
        _HEADER + b" is how this text begins.\n" * 100,
        _HEADER + b"\0" * 84,
        _HEADER + b"\xff" * 5000,
        b"SQLite format 3 is how this text begins.\n",
    ],
    ids=lambda content: f"{len(content)} of {content[-1]}",
)
def test_what_is_no_database_is_refused_and_left_as_it_is(content: bytes, database_path: Path) -> None:
    database_path.parent.mkdir()
    database_path.write_bytes(content)
    assert_refused(database_path)


def test_a_cut_database_is_refused_and_left_as_it_is(library: Library, database_path: Path) -> None:
    library.close()
    for size in (20, 100, 5000):
        cut = database_path.with_name(f"cut-{size}") / "cut.db"
        cut.parent.mkdir()
        cut.write_bytes(database_path.read_bytes()[:size])
        cut.chmod(0o600)
        before = cut.read_bytes()
        with pytest.raises(DatabaseDamagedError):
            Library.open(cut)
        assert cut.read_bytes() == before


@pytest.mark.parametrize("mark", ["CREATE TABLE passwords (site, word)", "PRAGMA application_id = 77", "PRAGMA user_version = 5"])
def test_another_programs_database_is_refused_and_left_as_it_is(mark: str, database_path: Path) -> None:
    database_path.parent.mkdir()
    foreign = sqlite3.connect(database_path)
    foreign.execute(mark)
    foreign.close()
    assert_refused(database_path, "another program")


def test_an_empty_file_becomes_the_database_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "empty").touch(0o644)
    (tmp_path / "link").symlink_to("empty")
    with Library.open(tmp_path / "link") as library:
        fill(library, make_session())
    assert (tmp_path / "link").is_symlink()
    assert mode(tmp_path / "empty") == 0o600
    (tmp_path / "elsewhere").symlink_to("nowhere")
    with pytest.raises(DatabaseUnwritableError):
        Library.open(tmp_path / "elsewhere")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        Library.open(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DatabaseDamagedError):
        Library.open(tmp_path / "pipe")
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnwritableError):
        Library.open(tmp_path / "file" / "chatviewer.db")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_BUSY", DatabaseLockedError),
        ("SQLITE_BUSY_SNAPSHOT", DatabaseLockedError),
        ("SQLITE_CORRUPT_INDEX", DatabaseDamagedError),
        ("SQLITE_NOTADB", DatabaseDamagedError),
        ("SQLITE_FULL", DatabaseUnwritableError),
        ("SQLITE_READONLY", DatabaseUnwritableError),
        ("SQLITE_READONLY_DBMOVED", DatabaseLockedError),
        ("SQLITE_IOERR_WRITE", DatabaseUnwritableError),
        ("SQLITE_ERROR", DatabaseError),
    ],
)
def test_errors_become_ours(name: str, kind: type[DatabaseError]) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name
    ours = explain(error, Path("/data/chatviewer.db"))
    assert type(ours) is kind
    assert str(ours).count("\n") == 0
    assert str(ours).endswith(".")


def test_an_interrupt_stays_what_it_is(library: Library) -> None:
    error = sqlite3.OperationalError("interrupted")
    error.sqlite_errorname = "SQLITE_INTERRUPT"
    with pytest.raises(sqlite3.OperationalError), explained(library.path):
        raise error


def test_after_a_kill_the_database_is_sound(database_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from chatviewer.storage.connection import Database\n"
        "from chatviewer.storage.opening import open_database\n"
        "database, user = open_database(Path(sys.argv[1]))\n"
        "with database.transaction() as c: c.execute(\"INSERT INTO tombstone VALUES (1, 'kept', 1)\")\n"
        "c = database.connection(); c.execute('BEGIN IMMEDIATE'); c.execute(\"INSERT INTO tombstone VALUES (1, 'lost', 1)\")\n"
        "os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    assert subprocess.run([sys.executable, "-c", script, str(database_path)], env=environment, check=False).returncode == -9
    with Library.open(database_path) as library:
        connection = library.database.reader()
        assert connection.execute("SELECT uid FROM tombstone").fetchall() == [("kept",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_open_database_can_be_used_again_after_closing(library: Library) -> None:
    database = Database(library.path)
    database.connection()
    database.close()
    assert database.connection().execute("SELECT count(*) FROM user").fetchone() == (1,)
    database.close()


def test_a_full_disk_is_told_also_where_sqlite_calls_it_an_error_of_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    assert "permissions" in str(explain(error, tmp_path / "x.db"))
    room = os.statvfs(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=3, f_frsize=4096, f_flag=room.f_flag))
    assert "no room left" in str(explain(error, tmp_path / "x.db"))
