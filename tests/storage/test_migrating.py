"""Every schema that ever was becomes the newest; what is newer than the program is left alone."""

import sqlite3
import threading
from pathlib import Path

import pytest

from chatviewer import paths
from chatviewer.errors import DatabaseNewerError
from chatviewer.storage.connection import APPLICATION_ID, connect
from chatviewer.storage.library import Library
from chatviewer.storage.migrating import MIGRATIONS, back_up, check_owner, migrate, migration_files, statements, version


def directory_of(tmp_path: Path, *scripts: str) -> Path:
    directory = tmp_path / "migrations"
    directory.mkdir(exist_ok=True)
    for number, script in enumerate(scripts, 1):
        (directory / f"{number:04}_step.sql").write_text(script, encoding="utf-8")
    return directory


def test_the_files_are_numbered_without_a_gap() -> None:
    numbers = [int(file.name.split("_")[0]) for file in migration_files()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_new_database_has_the_newest_schema(library: Library) -> None:
    connection = library.database.connection()
    assert version(connection) == len(migration_files())
    assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("start", range(1, len(migration_files()) + 1))
def test_every_schema_becomes_the_newest_with_its_rows(start: int, database_path: Path, tmp_path: Path) -> None:
    database_path.parent.mkdir()
    old = directory_of(tmp_path, *(file.read_text("utf-8") for file in migration_files()[:start]))
    connection = connect(database_path)
    migrate(connection, database_path, old)
    connection.execute("INSERT INTO user (id, name, created_at) VALUES (7, 'local', 1)")
    connection.execute("INSERT INTO note (user_id, uid, text, updated_at) VALUES (7, 'u', 'kept', 1)")
    connection.close()
    with Library.open(database_path) as library:
        assert library.user.id == 7
        assert library.database.connection().execute("SELECT text FROM note").fetchall() == [("kept",)]
        assert version(library.database.connection()) == len(migration_files())


def test_before_a_migration_the_file_is_copied(database_path: Path, tmp_path: Path) -> None:
    database_path.parent.mkdir()
    directory = directory_of(tmp_path, "CREATE TABLE a (x);\n")
    connection = connect(database_path)
    assert migrate(connection, database_path, directory) == 1
    assert not paths.backup_directory(database_path).exists()
    connection.execute("INSERT INTO a VALUES ('old')")
    paths.backup_directory(database_path).mkdir()
    (paths.backup_directory(database_path) / f".{database_path.stem}.{2**22 + 1}{paths._system()}.part").touch()  # a killed one's
    directory_of(tmp_path, "CREATE TABLE a (x);\n", "ALTER TABLE a ADD COLUMN y;\nUPDATE a SET x = 'new';\n")
    assert migrate(connection, database_path, directory) == 1
    assert migrate(connection, database_path, directory) == 0
    assert connection.execute("SELECT x, y FROM a").fetchall() == [("new", None)]
    [copy] = paths.backup_directory(database_path).iterdir()
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(copy) as kept:
        assert kept.execute("SELECT x FROM a").fetchall() == [("old",)]
        assert version(kept) == 1
    kept.close()
    connection.close()


@pytest.mark.parametrize("broken", ["CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);\n", "CREATE TABLE b (x);\nDELETE FROM p;\n"])
def test_a_failing_migration_changes_nothing(broken: str, database_path: Path, tmp_path: Path) -> None:
    database_path.parent.mkdir()
    first = "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p INTEGER REFERENCES p (id));\n"
    directory = directory_of(tmp_path, first)
    connection = connect(database_path)
    migrate(connection, database_path, directory)
    connection.executescript("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);")
    directory_of(tmp_path, first, broken)
    with pytest.raises(sqlite3.Error):
        migrate(connection, database_path, directory)
    assert version(connection) == 1
    assert connection.execute("SELECT name FROM sqlite_schema ORDER BY name").fetchall() == [("c",), ("p",)]
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    connection.close()


def test_a_newer_schema_is_refused_and_the_file_left_as_it_is(library: Library, database_path: Path) -> None:
    connection = library.database.connection()
    connection.execute("PRAGMA user_version = 99")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    library.close()
    before = database_path.read_bytes()
    with pytest.raises(DatabaseNewerError, match="schema 99"):
        Library.open(database_path)
    assert database_path.read_bytes() == before


def test_statements_are_whole_ones() -> None:
    script = Path(MIGRATIONS, "0001_initial.sql").read_text("utf-8")
    found = list(statements(script))
    assert "".join(found) == script.rstrip() + "\n"
    assert all(sqlite3.complete_statement(statement) for statement in found)
    with pytest.raises(ValueError, match="within a statement"):
        list(statements("CREATE TABLE a (x)"))


def test_copies_of_one_second_have_each_a_name_and_a_failed_one_has_none(library: Library, database_path: Path) -> None:
    connection = library.database.connection()
    copies = {back_up(connection, database_path, 1) for _ in range(3)}
    assert len(copies) == 3

    class Full:
        def backup(self, target: sqlite3.Connection) -> None:
            target.execute("CREATE TABLE half (x)")
            raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(sqlite3.OperationalError):
        back_up(Full(), database_path, 1)  # type: ignore[arg-type]
    assert set((database_path.parent / "backups").iterdir()) == copies
    assert {copy.stat().st_mode & 0o777 for copy in copies} == {0o600}


def test_a_file_that_another_program_has_just_begun_is_waited_for(database_path: Path) -> None:
    database_path.parent.mkdir(parents=True)
    other = connect(database_path)
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    ending.start()
    with Library.open(database_path) as library:
        assert not library.session_ids()
    ending.join()
    other.close()


class Overtaken:
    """A connection of a program that is overtaken: another one makes the database between its first look and its second."""

    def __init__(self, connection: sqlite3.Connection, other: sqlite3.Connection) -> None:
        self._connection = connection
        self._other = other

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, sql: str) -> sqlite3.Cursor:
        found = self._connection.execute(sql)
        if sql == "PRAGMA application_id":
            migrate(self._other, None)
        return found


def test_a_database_that_another_program_makes_meanwhile_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "made.db"
    ours, other = connect(path), connect(path)
    other.execute("PRAGMA journal_mode = WAL")
    check_owner(Overtaken(ours, other), path)  # type: ignore[arg-type]
    assert version(ours) == len(migration_files(MIGRATIONS))
    check_owner(ours, path)
    ours.close()
    other.close()
