"""`doctor` sees every damage, changes nothing, and a backup is the whole library."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

from chatviewer.domain import Attachment, SessionStatus
from chatviewer.errors import DatabaseDamagedError, DatabaseUnwritableError, RefusedError
from chatviewer.storage import rows, terms
from chatviewer.storage.checking import _mounted
from chatviewer.storage.connection import PAGE_SIZE, connect
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_import, make_message, make_session, told


@pytest.fixture
def filled(library: Library) -> Library:
    a = make_message("m0", "text", thinking="thought", attachments=(Attachment(name="x", text="pasted"),))
    call = make_call(a.uid, arguments={"command": "line\nline"})
    fill(
        library,
        make_session(
            "a", [make_message("m0", "text", thinking="thought", attachments=(Attachment(name="x", text="pasted"),), tool_calls=(call,))]
        ),
        make_session("b"),
        make_session("c"),
    )
    library.rate(library.messages(library.summary(make_session("b").uid).id)[1].uid, 4)
    library.set_status([make_session("b").uid], SessionStatus.ARCHIVED)
    library.set_starred([make_session("b").uid], True)
    library.rename(make_session("b").uid, "mine")
    return library


def damages(library: Library) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in library.check():
        if finding.severity != "ok":
            found.setdefault(finding.check, []).append(f"{finding.severity}: {finding.detail}")
    return found


def test_a_sound_library_has_only_good_findings(filled: Library) -> None:
    assert damages(filled) == {}
    assert {finding.check for finding in filled.check()} >= {"integrity", "references", "derived columns", "search index", "journal"}


def test_without_a_database_there_is_nothing_to_check(database_path: Path) -> None:
    with Library.open(database_path, create=False) as absent:
        assert [finding.severity for finding in absent.check()] == ["ok"]
    assert not database_path.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE session SET message_count = message_count + 1",
        "UPDATE session SET tool_call_count = 7",
        "UPDATE session SET token_count = 7",
        "UPDATE message SET seq = seq + 10",
        "UPDATE session SET rating = 2",
        "UPDATE session SET rating = NULL",
        "UPDATE session SET title = 'x'",
        "UPDATE session SET status = 'active'",
        "UPDATE session SET archived_at = 5",
        "UPDATE session SET starred_at = NULL",
        "INSERT INTO tombstone SELECT user_id, uid, 0 FROM session LIMIT 1",
    ],
)
def test_a_row_that_does_not_say_what_the_others_say_is_found(filled: Library, sql: str) -> None:
    filled.database.connection().execute(sql)
    assert list(damages(filled)) == ["derived columns"] + ["texts"] * ("seq" in sql)  # a message's checksum is of its place, too
    assert all(detail.startswith("damage: ") for detail in damages(filled)["derived columns"])


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO message_fts (message_fts) VALUES ('delete-all')",
        "INSERT INTO tool_fts (tool_fts) VALUES ('delete-all')",
        "INSERT INTO attachment_fts (attachment_fts) VALUES ('delete-all')",
        "INSERT INTO session_fts (session_fts) VALUES ('delete-all')",
        "INSERT INTO message_fts (rowid, content) VALUES (999, 'ghost')",
        "INSERT INTO tool_fts (rowid, output_result) VALUES (999, 'ghost')",
        "DROP TRIGGER message_reindex; UPDATE message SET content = 'other words'",
        "UPDATE message_fts_data SET block = x'00' WHERE id > 10",
    ],
)
def test_an_index_that_does_not_fit_its_content_is_found(filled: Library, sql: str) -> None:
    for statement in sql.split("; "):
        filled.database.connection().execute(statement)
    found = damages(filled)
    assert list(found)[-1:] == ["search index"]  # the schema and the texts may tell it, too
    assert "does not fit" in found["search index"][0]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE message SET content = 'Text'", "messages"),
        ("UPDATE tool_call SET input_arguments = replace(input_arguments, 'l', 'L')", "tool calls"),
        ("UPDATE tool_call SET tool_name = 'Bask'", "tool calls"),
        ("DROP TRIGGER tool_call_reindex_before; DROP TRIGGER tool_call_reindex_after; UPDATE tool_call SET terms = 'x'", "tool calls"),
        ("UPDATE message SET model = 'other-1'", "messages"),
        ("UPDATE message SET role = 'system'", "messages"),
        ("UPDATE message SET created_at = coalesce(created_at, 0) + 1", "messages"),
        ("UPDATE message SET input_tokens = 7", "messages"),
        ("UPDATE message SET metadata = '{}'", "messages"),
        ("UPDATE tool_call SET status = 'failed'", "tool calls"),
        ("UPDATE tool_call SET duration_ms = 7", "tool calls"),
        ("UPDATE tool_call SET tool_call_id = 'x'", "tool calls"),
        ("UPDATE attachment SET text = 'Pasted'", "attachments"),
        ("UPDATE attachment SET name = 'X'", "attachments"),
        ("UPDATE session SET source_title = upper(source_title), title = upper(title)", "sessions"),
        ("UPDATE session SET summary = 'x'", "sessions"),
        ("UPDATE session SET system_prompt = 'x'", "sessions"),
    ],
)
def test_a_text_that_is_not_what_was_stored_is_found_though_its_index_fits(filled: Library, sql: str, words: str) -> None:
    filled.database.connection().executescript(sql)
    assert any(f" {words}" in detail for detail in damages(filled)["texts"])
    assert "search index" not in damages(filled)


def test_what_had_to_be_made_acceptable_and_what_grew_is_no_damage(library: Library) -> None:
    odd = make_message("m0", "half \ud800 pair", model="\ud800", input_tokens=2**70, metadata={"a": [1.5, "\ud800"]})
    call = make_call(odd.uid, arguments={"n": 2**70}, result=None, duration_ms=2**70)
    fill(library, make_session("odd", [odd._replace(tool_calls=(call,))]))
    assert "texts" not in damages(library)
    later = odd._replace(
        content="half \ud800 pair, and more", model="other", output_tokens=3, tool_calls=(call._replace(result="done \udfff"),)
    )
    fill(library, make_session("odd", [later]))
    assert library.messages(library.summary(make_session("odd").uid).id)[0].model == "other"
    assert "texts" not in damages(library)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE message SET model = 'other-1'", " messages"),
        ("UPDATE message SET thinking = 'thougth'", " messages"),
        ("UPDATE tool_call SET duration_ms = 8", " tool calls"),
        ("UPDATE tool_call SET input_arguments = replace(input_arguments, 'l', 'L')", " tool calls"),
    ],
)
def test_damage_is_found_also_after_its_row_has_grown(library: Library, sql: str, words: str) -> None:
    """A longer file completes what was damaged meanwhile: the checksum of the whole row must not be made of the damage."""
    call = make_call("a", arguments={"command": "ls -l"}, result=None, duration_ms=7)
    message = make_message("m0", "a reply", role="assistant", thinking="thought", model="opus", tool_calls=(call,))
    fill(library, make_session("s1", [message]))
    library.database.connection().executescript(sql)
    grown = message._replace(content="a reply and more", thinking="", model=None, tool_calls=(call._replace(result="total 0"),))
    assert library.save([make_import(make_session("s1", [grown]))]).updated == 1
    assert [message.content for message in library.messages(1)] == ["a reply and more"]
    assert len(damages(library)["texts"]) == 1
    assert words in damages(library)["texts"][0]


def test_what_was_cut_off_and_comes_again_is_no_damage(library: Library) -> None:
    session = make_session("s1", ["all of it"])
    fill(library, session)
    library.database.connection().execute("UPDATE message SET content = 'all'")
    fill(library, session)
    assert damages(library) == {}


@pytest.mark.parametrize("table", ["message", "attachment", "session"])
def test_parts_that_are_not_those_of_the_index_are_found(filled: Library, table: str) -> None:
    connection = filled.database.connection()
    for trigger in ("message_reindex", "attachment_reindex", "session_reindex"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(f"UPDATE {table} SET terms = 'ghost'")
    assert "does not fit" in damages(filled).get("search index", [""])[0]


def test_rows_that_point_nowhere_are_found(filled: Library) -> None:
    connection = filled.database.connection()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("UPDATE tool_call SET message_id = 999")
    connection.execute("PRAGMA foreign_keys = ON")
    assert "damage: 1 rows of tool_call point to no row of message." in damages(filled)["references"]


def test_a_page_that_was_overwritten_is_found(filled: Library, database_path: Path) -> None:
    filled.close()
    for number in range(1, database_path.stat().st_size // PAGE_SIZE):
        copy = database_path.with_name(f"copy{number}.db")
        data = bytearray(database_path.read_bytes())
        if not any(data[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]):
            continue  # an unused page
        data[number * PAGE_SIZE : number * PAGE_SIZE + 4096] = b"\xa5" * 4096
        copy.write_bytes(data)
        copy.chmod(0o600)
        with pytest.MonkeyPatch.context():
            try:
                with Library.open(copy) as damaged:
                    severities = {finding.severity for finding in damaged.check()}
            except DatabaseDamagedError:
                severities = {"damage"}
        copy.unlink()
        assert "damage" in severities, f"page {number}"


def test_a_check_writes_nothing(filled: Library, database_path: Path) -> None:
    filled.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = database_path.read_bytes()
    filled.check()
    assert database_path.read_bytes() == before
    assert not database_path.with_name("chatviewer.db-wal").stat().st_size


def test_another_writer_makes_a_note_not_a_damage(filled: Library, database_path: Path) -> None:
    other = connect(database_path)
    other.execute("BEGIN IMMEDIATE")
    filled.database.connection().execute("PRAGMA busy_timeout = 1")
    found = damages(filled)
    other.execute("ROLLBACK")
    other.close()
    assert list(found) == ["search index"]
    assert found["search index"][0].startswith("note: Could not be checked")


def test_open_permissions_are_noted(filled: Library, database_path: Path) -> None:
    (database_path.parent / "journal.jsonl").chmod(0o644)
    database_path.parent.chmod(0o755)
    found = damages(filled)["permissions"]
    assert len(found) == 2
    assert all(detail.startswith("note: ") for detail in found)


def test_changes_missing_in_the_file_are_noted(filled: Library, database_path: Path) -> None:
    journal = database_path.parent / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:1] + lines[2:]) + b"no json\n[1]\n")
    assert damages(filled)["journal"] == [
        f"note: 1 of your changes are only in the database, not in {journal}.",
        f"note: 2 lines of {journal} cannot be read.",
    ]
    journal.unlink()
    assert "4 of your changes" in damages(filled)["journal"][0]


def test_the_file_system_is_that_of_the_innermost_mount() -> None:
    mounts = "sysfs /sys sysfs rw 0 0\n/dev/sda1 / ext4 rw 0 0\nhost:/x /home nfs4 rw 0 0\n/dev/sdb /home/a\\040b btrfs rw 0 0\n"
    assert _mounted(Path("/home/me/x.db"), mounts) == "nfs4"
    assert _mounted(Path("/home/a b/x.db"), mounts) == "btrfs"
    assert _mounted(Path("/homeless/x.db"), mounts) == "ext4"
    assert _mounted(Path("/x"), "") == ""


def test_a_backup_is_the_whole_library_and_only_mine(filled: Library, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    filled.backup(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("copy.db-*"))
    with Library.open(copy) as other:
        assert other.summaries(other.session_ids()) == filled.summaries(filled.session_ids())
        assert (told(other.undo()) or "").startswith("renamed a session to mine (“")


def test_a_backup_overwrites_nothing_and_says_why_it_cannot_be(filled: Library, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with pytest.raises(RefusedError, match="exists"):
        filled.backup(taken)
    assert taken.read_text() == "mine"
    with pytest.raises(DatabaseUnwritableError):
        filled.backup(tmp_path / "no" / "such" / "folder.db")


def test_a_backup_that_fails_leaves_no_file(filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("chatviewer.storage.checking.sqlite3.connect", failing)
    with pytest.raises(Exception, match=r"copy\.db"):
        filled.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_folder_that_is_not_ours_is_left_to_its_owner(library: Library, tmp_path: Path) -> None:
    with Library.open(tmp_path / "elsewhere.db") as elsewhere:
        tmp_path.chmod(0o755)
        assert damages(elsewhere) == {}


def test_the_checksum_of_a_long_text_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "lorem ipsum dolor ü 🎉 " * 20
    whole = rows.checksum(text, text)
    monkeypatch.setattr(rows, "LONG", 10)
    monkeypatch.setattr(terms, "LONG", 10)
    assert rows.checksum(text, text) == whole == crc32(text.encode() * 2)


BACKED_UP = """
import os, signal, sys
from pathlib import Path
from chatviewer import paths
from chatviewer.storage.library import Library
paths.take_name = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Library.open(Path(sys.argv[1])) as library:
    library.backup(Path(sys.argv[2]))
"""


def test_under_the_name_of_a_backup_there_is_a_whole_copy_or_none(filled: Library, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    done = subprocess.run([sys.executable, "-c", BACKED_UP, str(filled.path), str(copy)])
    assert done.returncode == -9
    assert not copy.exists()
    copy.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RefusedError, match="exists"):
        filled.backup(copy)
    copy.unlink()
    filled.backup(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with Library.open(copy) as library:
        assert library.counts() == filled.counts()


def test_a_mounted_place_may_have_any_name() -> None:
    mounts = "a / ext4 rw\nb /mnt/two\\040words\\011and\\012more\\134 nfs4 rw\n"
    assert _mounted(Path("/mnt/two words\tand\nmore\\/x.db"), mounts) == "nfs4"


def test_backups_that_others_may_read_are_noted(filled: Library) -> None:
    folder = filled.path.parent / "backups"
    folder.mkdir(mode=0o700)
    (folder / "old.db").touch(0o600)
    assert not [finding for finding in filled.check() if finding.check == "permissions" and finding.severity == "note"]
    folder.chmod(0o755)
    (folder / "old.db").chmod(0o644)
    told = [finding.detail for finding in filled.check() if finding.check == "permissions"]
    assert len(told) == 2
    assert any(f"{folder} (mode 0755)" in words for words in told)
    assert any(f"{folder / 'old.db'} (mode 0644)" in words for words in told)
