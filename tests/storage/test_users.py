"""One user never sees or changes another's rows, whatever method is asked."""

import hashlib
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.domain import Attachment, Problem, SessionStatus
from chatviewer.domain.session import ContextItem
from chatviewer.domain.user import User
from chatviewer.errors import NotFoundError
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.stamps import Discovery
from tests.factories import fill, make_call, make_import, make_message, make_session, told

DATA = b"bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()
MESSAGE = make_message("m0", "needle")
SESSION = make_session(
    "s",
    [
        make_message(
            "m0",
            "needle",
            attachments=(Attachment(name="x", sha256=DIGEST, data=DATA, byte_count=len(DATA)),),
            tool_calls=(make_call(MESSAGE.uid),),
        )
    ],
    context_items=(ContextItem(type="t", key="k", value=1),),
)
CHILD = make_session("child", parent_uid=SESSION.uid)
SAMPLES = Path(__file__).resolve().parents[1] / "samples"


@pytest.fixture
def other(library: Library) -> Library:
    """The library of a second user; the first one's is full."""
    fill(library, SESSION, CHILD)
    library.save([make_import(path="/bad", problems=[Problem("/bad", 1, "bad")])])
    library.add_tags([SESSION.uid], ["secret"])
    library.rate(MESSAGE.uid, 5)
    library.set_note(SESSION.uid, "secret")
    library.set_starred([SESSION.uid], True)
    library.set_status([CHILD.uid], SessionStatus.TRASHED)
    library.set_preference("save_history", False)
    library.remember_discovery(Discovery("x", {"/x": 1}, {}))
    library.database.connection().execute("INSERT INTO beginning VALUES (?, 1, 2)", (library.user.id,))
    library.set_preference("theme", "nord")
    connection = library.database.connection()
    connection.execute("INSERT INTO user (name, created_at) VALUES ('other', 0)")
    user_id = connection.execute("SELECT id FROM user WHERE name = 'other'").fetchone()[0]
    return Library(library.database, User(user_id, "other"))


def refused(run: Callable[[], object]) -> list[object]:
    with pytest.raises(NotFoundError):
        run()
    return []


# Every method that reads: what it gives to somebody who owns nothing.
READS: dict[str, Callable[[Library], object]] = {
    "beginning": lambda other: [begun for begun in [other.beginning()] if begun is not None],
    "session_ids": lambda other: list(other.session_ids(parse("is:any"))) + list(other.session_ids()),
    "session_groups": lambda other: [
        group for by in ("project", "source") for limit in (None, 9) for group in other.session_groups(parse("is:any"), by=by, limit=limit)
    ],
    "summaries": lambda other: other.summaries(range(1, 5)),
    "summary": lambda other: refused(lambda: other.summary(SESSION.uid)),
    "children": lambda other: [row for id_ in range(1, 5) for row in other.children(id_)],
    "counts": lambda other: [value for value in vars_of(other.counts()) if value],
    "session": lambda other: refused(lambda: other.session(SESSION.uid)),
    "files": lambda other: [file for id_ in range(1, 5) for file in other.files(id_)],
    "current_seq": lambda other: [seq for id_ in range(1, 5) if (seq := other.current_seq(id_)) is not None],
    "stubs": lambda other: [stub for id_ in range(1, 5) for stub in other.stubs(id_)],
    "openings": lambda other: [one for id_ in range(1, 5) for one in [*other.openings(id_), *other.openings(id_, [0])]],
    "messages": lambda other: [one for id_ in range(1, 5) for one in [*other.messages(id_), *other.messages(id_, [0])]],
    "context_items": lambda other: [one for id_ in range(1, 5) for one in other.context_items(id_)],
    "attachment_data": lambda other: other.attachment_data(DIGEST),
    "call_arguments": lambda other: [one for id_ in range(1, 5) for one in other.call_arguments(id_)],
    "matching_seqs": lambda other: [s for id_ in range(1, 5) for needle in ("needle", "ü") for s in other.matching_seqs(id_, needle)],
    "message_session": lambda other: refused(lambda: other.message_session(MESSAGE.uid)),
    "search": lambda other: other.search(parse("needle is:any")).hits,
    "search_hints": lambda other: [
        found
        for text in ("needlx is:any", "needle is:any")
        for found in (
            other.search_hints(parse(text), is_found=False).tool_count,
            other.search_hints(parse(text), is_found=False).suggestion,
        )
        if found
    ],
    "result_facets": lambda other: [
        value
        for text in ("needle is:any", "is:any", "tag:none")
        for value in other.result_facets(parse(text)) or ()
        if value and value is not True
    ],
    "trashed_before": lambda other: other.trashed_before(datetime(2100, 1, 1, tzinfo=UTC)),
    "tags": lambda other: other.tags(),
    "preference": lambda other: other.preference("theme") != "chatviewer-dark",
    "preferences": lambda other: other.preferences()["theme"] != "chatviewer-dark",
    "source_files": lambda other: other.source_files(),
    "imported_files": lambda other: other.imported_files(),
    "source_file": lambda other: other.source_file("/bad"),
    "file_stamps": lambda other: other.file_stamps(),
    "contents_stamp": lambda other: [part for part in other.contents_stamp() if part not in (None, (0, None))],
    "problems": lambda other: other.problems(),
    "discovery": lambda other: other.discovery(),
    "import_preferences": lambda other: other.import_preferences(),
    "statistics": lambda other: [row for by in ("day", "model", "source", "project", "tool") for row in other.statistics(by)],
    "left_changes": lambda other: other.left_changes(),
    "is_empty": lambda other: not other.is_empty,
    "undo": lambda other: other.undo(),
    "redo": lambda other: other.redo(),
}
# What writes (below), opens, or is about the file as a whole.
OTHERS = {
    *("open", "close", "interrupt", "stopping", "bulk", "save", "mark_gone", "mark_back", "remember_discovery", "finish_import"),
    *("check", "backup"),
    *("rate", "set_note", "set_status", "set_starred", "add_tags", "remove_tags", "change_tags", "rename", "purge", "mark_read"),
    *("set_preference", "reset_preference", "warning", "path", "forget_purged"),
}


def vars_of(value: object) -> list[object]:
    return list(value)  # type: ignore[call-overload]


def test_every_method_is_looked_at() -> None:
    public = {name for name, _ in inspect.getmembers(Library) if not name.startswith("_")}
    assert public - OTHERS == set(READS), "say in READS or OTHERS what a new method does"


@pytest.mark.parametrize("name", sorted(READS))
def test_nothing_of_another_user_is_read(other: Library, name: str) -> None:
    assert not READS[name](other)


def test_nothing_of_another_user_is_changed(library: Library, other: Library) -> None:
    before = (library.summary(SESSION.uid), library.messages(1), library.session(SESSION.uid))
    uids = [SESSION.uid]
    assert other.set_status(uids, SessionStatus.TRASHED) == other.set_starred(uids, False) == other.purge(uids) == 0
    assert other.mark_read({SESSION.uid: 0}) == 0
    assert other.add_tags(uids, ["x"]) == other.remove_tags(uids, ["secret"]) == other.change_tags(uids, ["x"], ["secret"]) == 0
    for change in (
        lambda: other.rate(MESSAGE.uid, 1),
        lambda: other.rate(MESSAGE.uid, None),
        lambda: other.set_note(SESSION.uid, ""),
        lambda: other.set_note(MESSAGE.uid, "x"),
        lambda: other.rename(SESSION.uid, "x"),
    ):
        refused(change)
    other.set_preference("theme", "gruvbox")
    assert told(other.undo()) == "set “Theme” to gruvbox"
    assert other.undo() is None
    assert (library.summary(SESSION.uid), library.messages(1), library.session(SESSION.uid)) == before
    assert library.preference("theme") == "nord"
    assert told(library.undo()) == "set “Theme” to nord"


def imported_rows(library: Library) -> dict[str, list[object]]:
    """What a user's import gave, without the uids of messages, which are unique over all users."""
    connection = library.database.connection()
    wanted = {
        "session": "SELECT uid, title, status, message_count, tool_call_count, parent_id IS NOT NULL FROM session s WHERE user_id = ?",
        "message": "SELECT s.uid, m.seq, m.role, m.content, p.seq FROM message m JOIN session s ON s.id = m.session_id"
        " LEFT JOIN message p ON p.id = m.parent_id WHERE s.user_id = ?",
        "tool_call": "SELECT s.uid, m.seq, t.position, t.tool_name, t.output_result FROM tool_call t JOIN message m ON m.id = t.message_id"
        " JOIN session s ON s.id = m.session_id WHERE s.user_id = ?",
        "continued": "SELECT s.uid, o.uid FROM session s JOIN message m ON m.uid = json_extract(s.metadata, '$.continues.message')"
        " JOIN session o ON o.id = m.session_id AND o.user_id = s.user_id WHERE s.user_id = ?",
    }
    rows = {name: sorted(connection.execute(sql, (library.user.id,)).fetchall(), key=repr) for name, sql in wanted.items()}
    current = [(summary.source_id, library.current_seq(summary.id)) for summary in library.summaries(library.session_ids())]
    return {**rows, "current": sorted(current, key=repr)}


def test_two_users_import_the_same_files_while_they_grow(library: Library, tmp_path: Path) -> None:
    """A message's uid is unique over the database: who comes second has it under one of his own, also where later lines go on from it."""
    connection = library.database.connection()
    connection.execute("INSERT INTO user (name, created_at) VALUES ('other', 0)")
    other = Library(library.database, User(connection.execute("SELECT max(id) FROM user").fetchone()[0], "other"))
    files = {path: path.read_bytes().split(b"\n") for path in SAMPLES.rglob("*.jsonl")}
    for count in range(1, max(map(len, files.values())) + 1, 2):
        for path, lines in files.items():
            copy = tmp_path / "files" / path.relative_to(SAMPLES)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(b"".join(line + b"\n" for line in lines[:count]))
        for user in (library, other):
            ingest.run(user, [tmp_path / "files"])
    rows = imported_rows(library)
    assert all(rows.values())
    assert imported_rows(other) == rows
    assert [finding for finding in library.check() if finding.severity == "damage"] == []
    for summary in other.summaries(other.session_ids()):
        for message in other.messages(summary.id):
            other.rate(message.uid, 3)
    assert imported_rows(library) == rows
