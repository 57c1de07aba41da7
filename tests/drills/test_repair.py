"""A damaged or lost database: every damage is detected, and `doctor --repair` gives back all that sources, rows and journal hold."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatviewer import ingest
from chatviewer.__main__ import main
from chatviewer.domain import Attachment, SessionSummary
from chatviewer.errors import DatabaseDamagedError, DatabaseError, DatabaseLockedError
from chatviewer.ingest.repairing import repair
from chatviewer.query import parse
from chatviewer.storage.connection import PAGE_SIZE as PAGE
from chatviewer.storage.connection import connect
from chatviewer.storage.library import Library
from chatviewer.storage.rejoining import rejoin
from tests.drills.machine import damages, fill_home, held, own, record, session_id, transcript, write
from tests.drills.test_crash import say_something
from tests.factories import fill, make_call, make_message, make_session, told

SESSIONS, MESSAGES = 12, 40
IN_EACH = MESSAGES - 4  # results of tools are no messages of their own


pytestmark = pytest.mark.usefixtures("capsys")  # `main` lets go of stdout's descriptor when something unforeseen happens


@pytest.fixture
def filled_home(isolated_home: Path) -> Path:
    fill_home(isolated_home, SESSIONS, MESSAGES)
    return isolated_home


@pytest.fixture
def state(filled_home: Path, database_path: Path) -> dict[str, dict[str, list[Any]]]:
    """A library with something said about it; closed, and all of it in the one file."""
    return made(database_path)


class Prepared(NamedTuple):
    """A home that no test changes, and the library that was made of it."""

    home: Path
    database: Path
    state: dict[str, dict[str, list[Any]]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Once for all tests that only damage the database: to make it takes longer than to mend it."""
    folder = tmp_path_factory.mktemp("prepared")
    home, database = folder / "home", folder / "chatviewer" / "chatviewer.db"
    fill_home(home, SESSIONS, MESSAGES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("CHATVIEWER_HOME", str(database.parent))
        for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
            patch.delenv(name, raising=False)
        return Prepared(home, database, made(database))


@pytest.fixture
def shared_state(prepared: Prepared, database_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, list[Any]]]:
    """As `state`, of a copy of the prepared library beside its own home."""
    shutil.copytree(prepared.database.parent, database_path.parent)
    monkeypatch.setenv("HOME", str(prepared.home))
    return prepared.state


def made(database_path: Path) -> dict[str, dict[str, list[Any]]]:
    """Import the home and say something about it."""
    with Library.open(database_path) as library:
        ingest.run(library)
        say_something(library)
        library.purge([library.summaries(library.session_ids())[9].uid])
        library.undo()
        library.redo()
        library.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return everything(library)


def everything(library: Library) -> dict[str, dict[str, list[Any]]]:
    """All but how far a file was read: that of a purged session is read again from its start."""
    found = held(library)
    found["file"] = [row[:4] for row in found["file"]]
    return {"held": found, "own": own(library)}


def now(path: Path) -> dict[str, dict[str, list[Any]]]:
    with Library.open(path) as library:
        assert damages(library) == []
        return everything(library)


def test_a_lost_database_comes_back_with_all_that_the_user_said(state: dict[str, Any], database_path: Path) -> None:
    database_path.unlink()
    report = repair(database_path)
    assert report.kept_as is None
    assert report.journal_lines >= 8
    assert now(database_path) == state
    with Library.open(database_path) as library:
        assert told(library.undo()) == "set “Theme” to nord"
        assert told(library.redo()) == "set “Theme” to nord"


def test_also_when_it_was_imported_anew_before(state: dict[str, Any], database_path: Path) -> None:
    database_path.unlink()
    assert main(["import"]) == 1
    assert main(["preferences", "set", "list_density", "one-line"]) == 0
    assert main(["doctor", "--repair"]) == 0
    found = now(database_path)
    assert ("list_density", '"one-line"') in found["own"]["preference"]
    found["own"]["preference"].remove(("list_density", '"one-line"'))
    assert found == state


def test_a_repair_of_a_sound_database_changes_nothing(shared_state: dict[str, Any], database_path: Path) -> None:
    before = database_path.read_bytes()
    report = repair(database_path)
    assert report.kept_as is not None
    assert report.kept_as.read_bytes() == before
    assert not report.has_lost
    assert (report.sessions_kept, report.messages_kept) == (0, 0)
    assert now(database_path) == shared_state
    assert [path.name for path in database_path.parent.iterdir() if path.name.startswith(".repair")] == []


def test_what_no_source_holds_any_more_is_kept(state: dict[str, Any], filled_home: Path, database_path: Path) -> None:
    """Deleted files, and one that was rewritten shorter: the rows are the only copy."""
    for number in (3, 4):
        transcript(filled_home, number).unlink()
    transcript(filled_home, 5).unlink()
    write(transcript(filled_home, 5), session_id(5), 20, 24)
    with closing(connect(database_path)) as connection:
        connection.execute("UPDATE session SET message_count = 1")
    report = repair(database_path)
    assert (report.sessions_kept, report.messages_kept) == (2, 3 * IN_EACH - 4)
    found = now(database_path)
    for name in ("message", "tool_call", "origin"):
        assert found["held"][name] == state["held"][name], name
    assert {**found["own"]} == state["own"]
    with Library.open(database_path) as library:
        assert sum(1 for one in library.source_files().values() if one.gone_at) == 2


DAMAGES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "counts": lambda c: c.execute("UPDATE session SET message_count = message_count + 1 WHERE id = 3"),
    "messages deleted": lambda c: c.execute("DELETE FROM message WHERE id % 7 = 0"),
    "session deleted": lambda c: c.executescript("PRAGMA foreign_keys = OFF; DELETE FROM session WHERE id = 4"),
    "index emptied": lambda c: c.execute("INSERT INTO message_fts (message_fts) VALUES ('delete-all')"),
    "index of calls emptied": lambda c: c.execute("INSERT INTO tool_fts (tool_fts) VALUES ('delete-all')"),
    "index broken": lambda c: c.execute("UPDATE message_fts_data SET block = x'00' WHERE id > 10"),
    "text changed": lambda c: c.executescript("DROP TRIGGER message_reindex; UPDATE message SET content = 'nothing' WHERE id = 9"),
    "one letter changed": lambda c: c.executescript(
        "DROP TRIGGER message_reindex; UPDATE message SET content = replace(content, 'lorem', 'loreM') WHERE id = 9"
    ),
    "output changed": lambda c: c.executescript(
        "DROP TRIGGER tool_call_reindex_before; DROP TRIGGER tool_call_reindex_after;UPDATE tool_call SET output_result = 'no' WHERE id = 2"
    ),
    "rating deleted": lambda c: c.execute("DELETE FROM rating"),
    "tag deleted": lambda c: c.execute("DELETE FROM session_tag"),
    "status lost": lambda c: c.execute("UPDATE session SET status = 'active', archived_at = NULL"),
    "calls point nowhere": lambda c: c.executescript("PRAGMA foreign_keys = OFF; UPDATE tool_call SET message_id = message_id + 100000"),
    "index dropped": lambda c: c.execute("DROP INDEX message_by_uid"),
    "trigger dropped": lambda c: c.execute("DROP TRIGGER message_unindex"),
    "table dropped": lambda c: c.executescript("PRAGMA foreign_keys = OFF; DROP TABLE note"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_rows_are_detected_and_mended(shared_state: dict[str, Any], database_path: Path, name: str) -> None:
    with closing(sqlite3.connect(database_path, isolation_level=None)) as connection:
        DAMAGES[name](connection)
    assert main(["doctor"]) in (1, 3)
    repair(database_path)
    assert now(database_path) == shared_state


def spoil(path: Path, first: int, fill: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[first : first + len(fill)] = fill
    path.write_bytes(data[: len(data)])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.75, 0.95])
def test_overwritten_pages_are_detected_and_mended(shared_state: dict[str, Any], database_path: Path, share: float) -> None:
    pages = database_path.stat().st_size // PAGE
    spoil(database_path, int(pages * share) * PAGE, b"\xa5" * PAGE * max(1, pages // 50))
    assert main(["doctor"]) in (1, 3)
    repair(database_path)
    assert now(database_path) == shared_state


@pytest.mark.parametrize("change", [-1, -300, 1, 5_000])
def test_a_file_that_ends_within_a_page_is_detected_and_mended(shared_state: dict[str, Any], database_path: Path, change: int) -> None:
    os.truncate(database_path, database_path.stat().st_size + change)
    assert main(["doctor"]) == 1
    repair(database_path)
    assert now(database_path) == shared_state


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_was_cut_is_detected_and_mended(shared_state: dict[str, Any], database_path: Path, share: float) -> None:
    data = database_path.read_bytes()
    database_path.write_bytes(data[: int(len(data) * share) or 100])
    assert main(["doctor"]) in (1, 3)
    repair(database_path)
    assert now(database_path) == shared_state


def test_without_sources_the_readable_rows_are_kept(state: dict[str, Any], filled_home: Path, database_path: Path) -> None:
    shutil.rmtree(filled_home / ".claude")
    with closing(sqlite3.connect(database_path)) as connection:
        if ("ENABLE_DBSTAT_VTAB",) not in connection.execute("PRAGMA compile_options").fetchall():
            pytest.skip("this SQLite does not say what a page holds")
        page, lost = connection.execute(
            "SELECT pageno, ncell FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 5"
        ).fetchone()
    spoil(database_path, (page - 1) * PAGE, b"\x00" * PAGE)
    report = repair(database_path)
    assert report.has_lost
    found = now(database_path)
    kept = {row[0] for row in found["held"]["message"]}
    assert len(kept) == len(state["held"]["message"]) - lost
    assert kept <= {row[0] for row in state["held"]["message"]}
    assert {**found["own"], "shown": 0} == {**state["own"], "shown": 0}


@pytest.mark.parametrize(
    "words", ["TABLE message (", "    content TEXT", "    output_result TEXT", "TABLE session (\n", "    text TEXT", "TABLE star ("]
)
@pytest.mark.parametrize("bit", [0x02, 0x80])
def test_damage_in_the_words_that_made_a_table_costs_none_of_its_rows(library: Library, database_path: Path, words: str, bit: int) -> None:
    """What no source holds any more: the pages of the table are sound."""
    call = make_call("m1", result="what came of it")
    reply = make_message("m1", "reply", role="assistant", tool_calls=(call,), attachments=(Attachment("text/plain", text="pasted"),))
    fill(library, make_session("one", [reply, make_message("m2", "next", parent="m1")]), *(make_session(f"s{n}") for n in range(9)))
    say_something(library)
    library.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = everything(library)
    library.close()
    database_path.with_name("journal.jsonl").unlink()
    spoil(database_path, database_path.read_bytes().index(words.encode()) + 6, bytes([ord(words[6]) ^ bit]))
    with suppress(DatabaseDamagedError), Library.open(database_path) as opened:
        assert any("schema" in each for each in damages(opened))
    report = repair(database_path)
    assert (report.has_lost, report.changed_texts) == (False, 0)
    after = now(database_path)
    assert after["own"] == before["own"]
    for name in ("message", "tool_call", "attachment"):
        assert after["held"][name] == before["held"][name]


def of_one_id(library: Library, home: Path) -> tuple[list[Path], list[SessionSummary]]:
    """Two transcripts, imported one after the other, of sessions that have one id, each in its own project."""
    paths = [transcript(home, 1, folder) for folder in ("-home-mira-api", "-home-mira-web")]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        lines = [record(session_id(1), n, f"text {n} of {number}").replace("/mira/api", f"/mira/{number}") for n in range(6)]
        path.write_text("\n".join([*lines, ""]))
        ingest.run(library)
    return paths, sorted(library.summaries(library.session_ids()), key=lambda summary: summary.project)


def test_sessions_of_one_id_in_two_projects_stay_what_they_are_whichever_comes_first(isolated_home: Path, database_path: Path) -> None:
    """The files are read in the order of their times, which is another one once the older session went on."""
    with Library.open(database_path) as library:
        paths, (first, second) = of_one_id(library, isolated_home)
        for number, summary in enumerate((first, second)):
            library.add_tags([summary.uid], [f"tag {number}"])
            library.rate(library.messages(summary.id)[1].uid, number + 4)
        before = everything(library)
    for day, path in enumerate((paths[1], paths[0])):
        os.utime(path, (1_780_000_000 + day,) * 2)
    repair(database_path)
    found = now(database_path)
    assert found["own"] == before["own"]
    assert found["held"]["message"] == before["held"]["message"]


def test_a_session_whose_id_a_purged_one_of_another_project_had_is_read_on(isolated_home: Path, database_path: Path) -> None:
    """It keeps the uid of its project, which is not the one that was purged."""
    with Library.open(database_path) as library:
        paths, (first, second) = of_one_id(library, isolated_home)
        library.purge([first.uid])
    with paths[1].open("a") as file:
        file.write(record(session_id(1), 6, "text that came since").replace("/mira/api", "/mira/1") + "\n")
    repair(database_path)
    with Library.open(database_path) as library:
        (left,) = library.summaries(library.session_ids())
        assert (left.uid, left.message_count) == (second.uid, second.message_count + 1)
        assert "text that came since" in [message.content for message in library.messages(left.id)]
        assert ingest.run(library).counts.updated == 0
        assert damages(library) == []


def test_a_repair_waits_for_nobody_who_has_the_database_open(shared_state: dict[str, Any], database_path: Path) -> None:
    before = database_path.read_bytes()
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM user').fetchall(); print(1, flush=True); input()"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(database_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    try:
        with pytest.raises(DatabaseLockedError, match="close it"):
            repair(database_path)
    finally:
        other.communicate(b"\n")
    assert database_path.read_bytes() == before


@pytest.mark.parametrize("kind", ["opened", "empty file"])
@pytest.mark.parametrize("logs", ["", "left"])
def test_what_never_held_anything_is_not_kept(filled_home: Path, database_path: Path, kind: str, logs: str) -> None:
    if kind == "opened":
        Library.open(database_path).close()
    else:
        database_path.parent.mkdir(mode=0o700)
        database_path.touch()
    if logs:  # by a program that was killed
        database_path.with_name(database_path.name + "-wal").touch()
        database_path.with_name(database_path.name + "-shm").write_bytes(b"\0" * 32768)
    report = repair(database_path)
    assert (report.kept_as, report.has_lost) == (None, False)
    assert sorted(path.name for path in database_path.parent.iterdir()) == [database_path.name]
    with Library.open(database_path) as library:
        assert len(library.session_ids()) == SESSIONS
        assert damages(library) == []


HOLDING = {
    "a preference": lambda connection: connection.execute("INSERT INTO preference VALUES (1, 'theme', '\"nord\"', 1)"),
    "what was purged": lambda connection: connection.execute("INSERT INTO tombstone VALUES (1, 'x', 1)"),
    "a table of a newer version": lambda connection: connection.execute("CREATE TABLE newer (x)"),
    "a newer version": lambda connection: connection.execute("PRAGMA user_version = 99"),
    "another program's": lambda connection: connection.execute("PRAGMA application_id = 7"),
    "what was deleted": lambda connection: [
        connection.execute("INSERT INTO note SELECT 1, value, hex(zeroblob(9000)) , 1 FROM json_each('[1,2,3,4,5,6,7,8,9]')"),
        connection.execute("DELETE FROM note"),
    ],
}


@pytest.mark.parametrize("what", [*HOLDING, "a log", "damage"])
def test_what_holds_or_held_anything_is_kept(database_path: Path, what: str) -> None:
    """However little: only what never held anything is not."""
    Library.open(database_path).close()
    if what in HOLDING:
        with closing(sqlite3.connect(database_path, isolation_level=None)) as connection:
            HOLDING[what](connection)
    elif what == "a log":
        database_path.with_name(database_path.name + "-wal").write_bytes(b"frames of another time")
    else:
        with database_path.open("r+b") as file:
            file.seek(3 * PAGE)
            file.write(b"words " * 100)
    before = database_path.read_bytes()
    report = repair(database_path)
    assert report.kept_as is not None
    assert report.kept_as.read_bytes() == before
    if what == "a log":
        assert report.kept_as.with_name(report.kept_as.name + "-wal").read_bytes() == b"frames of another time"


def test_what_is_no_database_of_ours_is_put_aside(filled_home: Path, database_path: Path) -> None:
    database_path.parent.mkdir(mode=0o700)
    database_path.write_text("a novel " * 1000)
    with pytest.raises(DatabaseError):
        Library.open(database_path)
    report = repair(database_path)
    assert report.kept_as is not None
    assert report.kept_as.read_text().startswith("a novel")
    assert report.imported.counts.new == SESSIONS


def test_a_text_that_was_named_by_mistake_is_left_as_it_is(filled_home: Path, database_path: Path) -> None:
    database_path.parent.mkdir(mode=0o700)
    named = database_path.with_name("novel.txt")
    named.write_text("a novel " * 1000)
    with pytest.raises(DatabaseError, match="is a text and no database of chatviewer; it was left as it is"):
        repair(named)
    assert [path.name for path in named.parent.iterdir()] == ["novel.txt"]
    assert named.read_text() == "a novel " * 1000


@pytest.mark.parametrize("sign", ["novel.db.journal.jsonl", "novel.db-wal", ""])
def test_a_library_over_which_text_was_written_is_repaired_whatever_its_name(state: dict[str, Any], database_path: Path, sign: str) -> None:
    """By its journal, its log, or by what is left of its pages."""
    named = database_path.with_name("novel.db")
    for path in database_path.parent.glob("*"):
        path.rename(path.with_name(path.name.replace("chatviewer.db", "novel.db").replace("journal.jsonl", "novel.db.journal.jsonl")))
    for path in named.parent.glob("novel.*"):
        if path not in (named, named.with_name(sign or named.name)):
            path.unlink()
    if sign:
        named.with_name(sign).touch()
        named.write_text("a novel " * 1000)
    else:
        with named.open("r+b") as file:
            file.write(b"a novel " * (PAGE // 8))
    report = repair(named)
    assert report.kept_as is not None
    with Library.open(named) as library:
        assert library.session_ids()


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from chatviewer.ingest.repairing import repair
left = int(sys.argv[2])
def counted(function):
    def call(*words):
        global left
        if ".repair-" in str(words[0]) and "chatviewer.db" not in str(words[1]):
            return function(*words)
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*words)
    return call
os.link, Path.rename, Path.replace = counted(os.link), counted(Path.rename), counted(Path.replace)
repair(Path(sys.argv[1]))
"""


def test_a_repair_that_is_killed_between_two_names_leaves_a_database(state: dict[str, Any], database_path: Path) -> None:
    """Whatever the moment: a database stands in its place, and another repair gives all back and leaves nothing of the first."""
    with closing(sqlite3.connect(database_path, isolation_level=None)) as connection:
        connection.execute("UPDATE session SET message_count = 1")
    shutil.copy(database_path, database_path.with_name("saved"))
    codes = []
    for step in range(9):
        shutil.copy(database_path.with_name("saved"), database_path)
        log = database_path.with_name(database_path.name + "-wal")
        log.touch()
        command = [sys.executable, "-c", KILLED_AT, str(database_path), str(step)]
        codes.append(subprocess.run(command, capture_output=True, timeout=60).returncode)
        assert database_path.stat().st_size > PAGE
        repair(database_path)
        assert now(database_path) == state
        assert not list(database_path.parent.glob(".repair-*"))
        if codes[-1] == 0:
            break
    assert codes == [-9] * (len(codes) - 1) + [0]
    assert len(codes) >= 4


def test_what_stands_where_the_journal_should_is_not_waited_for(state: dict[str, Any], database_path: Path) -> None:
    journal = database_path.with_name("journal.jsonl")
    journal.unlink()
    for make in (os.mkfifo, Path.mkdir):
        database_path.unlink(missing_ok=True)
        make(journal)
        report = repair(database_path)
        assert (report.journal_lines, report.has_lost, report.kept_as) == (0, False, None)
        journal.rmdir() if journal.is_dir() else journal.unlink()


def test_lines_of_a_newer_journal_are_left_and_told(state: dict[str, Any], database_path: Path) -> None:
    journal = database_path.with_name("journal.jsonl")
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]) + json.dumps({**json.loads(lines[-1]), "version": 2, "after": "x"}) + "\n" + '{"version": 2')
    database_path.unlink()
    assert repair(database_path).journal_lines > 0
    with Library.open(database_path) as library:
        told = [finding.detail for finding in library.check() if finding.check == "journal"]
    assert any("1 lines of" in words and "newer chatviewer" in words for words in told)
    assert any("cannot be read" in words for words in told)


@pytest.mark.parametrize(
    "change",
    ["after = '\"x\"'", "after = 'x'", "before = '[{]'", "undone_at = 5", "after = '{\"value\": {}}'"],
)
def test_damage_in_the_history_itself_is_mended_from_the_file(shared_state: dict[str, Any], database_path: Path, change: str) -> None:
    with closing(sqlite3.connect(database_path, isolation_level=None)) as connection:
        before = connection.execute("SELECT step, action, target, after, undone_at IS NULL FROM journal ORDER BY step, target").fetchall()
        connection.execute(f"UPDATE journal SET {change}")
    with Library.open(database_path) as library:
        assert damages(library)
    repair(database_path)
    assert now(database_path) == shared_state
    with closing(sqlite3.connect(database_path)) as connection:
        query = "SELECT step, action, target, after, undone_at IS NULL FROM journal ORDER BY step, target"
        assert connection.execute(query).fetchall() == before


def test_a_record_that_was_rewritten_is_kept_as_it_was_and_as_it_is(isolated_home: Path, database_path: Path) -> None:
    """Of a database that is sound, too: an import keeps both versions, and so does what is made anew. What was said of one stays there."""
    write(transcript(isolated_home, 1), session_id(1), 0, 12)
    with Library.open(database_path) as library:
        ingest.run(library)
        transcript(isolated_home, 1).unlink()
        write(transcript(isolated_home, 1), session_id(1), 0, 10, words=3)
        lines = transcript(isolated_home, 1).read_text().replace("zq", "rewritten zq").splitlines(keepends=True)
        transcript(isolated_home, 1).write_text("".join(lines))
        ingest.run(library)
        library.rate(library.messages(library.session_ids()[0])[2].uid, 2, "the first version")
        before = texts_of(library)
    for _ in range(2):
        report = repair(database_path)
        assert (report.changed_texts, report.has_lost) == (0, False)  # nothing was damaged
        with Library.open(database_path) as library:
            assert texts_of(library) == before
            assert damages(library) == []


def texts_of(library: Library) -> list[Any]:
    messages = library.messages(library.session_ids()[0])
    calls = ([(call.arguments, call.result) for call in message.tool_calls] for message in messages)
    return sorted(
        (message.uid, message.content, str(called), message.rating and message.rating.value)
        for message, called in zip(messages, calls, strict=True)
    )


def test_what_a_source_has_lost_of_a_message_or_a_session_is_kept(database_path: Path) -> None:
    """Calls, attachments, a summary: the record that is still there tells only of itself."""
    whole, cut = (
        make_session(
            "s1",
            (make_message("m0", tool_calls=calls, attachments=attachments),),
            summary=summary,
            metadata=metadata,
            system_prompt=summary,
        )
        for calls, attachments, summary, metadata in (
            ((make_call("a", 0), make_call("b", 1)), (Attachment("text/plain", "a.txt", text="words of a"),), "sumWords", {"x": 1, "y": 1}),
            ((make_call("a", 0),), (), "", {"x": 2}),
        )
    )
    old, new = database_path.with_name("old.db"), database_path.with_name("new.db")
    with Library.open(old) as library:
        fill(library, whole)
    with Library.open(new) as library:
        fill(library, cut)
        rejoin(library.database, library.user.id, old)
        (summary,) = library.summaries(library.session_ids())
        (message,) = library.messages(summary.id)
        assert (summary.tool_call_count, len(message.tool_calls), [one.text for one in message.attachments]) == (2, 2, ["words of a"])
        session = library.session(summary.uid)
        assert (session.summary, session.system_prompt, session.metadata) == ("sumWords", "sumWords", {"x": 2, "y": 1})
        for words in ("in:title sum", "words"):
            assert library.search(parse(words)).hits, words
        assert damages(library) == []


def test_what_was_said_of_a_purged_session_does_not_come_back(isolated_home: Path, database_path: Path) -> None:
    """Nor can it be undone; what was said of others can."""
    for number in (1, 2):
        write(transcript(isolated_home, number), session_id(number), 0, 4)
    with Library.open(database_path) as library:
        ingest.run(library)
        kept, purged = library.summaries(library.session_ids())
        for session in (kept, purged):
            library.rate(library.messages(session.id)[1].uid, 4, "words")
            library.set_note(library.messages(session.id)[0].uid, "words")
        library.undo()
        library.set_note(library.messages(purged.id)[0].uid, "other words")
        library.purge([purged.uid])
        before = own(library)
    for end in ("", "-wal", "-shm"):
        database_path.with_name(database_path.name + end).unlink(missing_ok=True)
    repair(database_path)
    with Library.open(database_path) as library:
        assert own(library) == before
        undone = [step for _ in range(3) if (step := library.undo())]
        assert [step.words for step in undone] == ["wrote a note", "rated a reply 4 stars"]
        assert all("zq00000002" in step.title for step in undone)  # that of the session which is left
        assert damages(library) == []


def test_what_was_untagged_comes_back_without_its_tag_also_where_its_session_is_not_there_yet(
    library: Library, database_path: Path
) -> None:
    """As a conversation of an export, which a repair does not find."""
    fill(library, make_session("brought"), make_session("other"))
    brought, other = make_session("brought").uid, make_session("other").uid
    library.add_tags([brought], ["keep"])
    library.add_tags([other], ["keep", "more"])
    library.undo()
    library.remove_tags([brought], ["keep"])
    library.add_tags([other], ["more"])
    library.close()
    database_path.unlink()
    repair(database_path)
    with Library.open(database_path) as made_anew:
        fill(made_anew, make_session("brought"), make_session("other"))
        assert [tag.name for tag in made_anew.tags()] == ["more"]
        assert damages(made_anew) == []
