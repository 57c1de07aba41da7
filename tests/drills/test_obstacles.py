"""A disk that is full, a folder that is closed, a database that another program holds: one sentence, exit 3, nothing lost."""

import os
import resource
import sqlite3
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.storage.library import Library
from tests.drills.machine import (
    can_be_confined,
    damages,
    fill_home,
    held,
    one_sentence,
    session_id,
    start,
    start_confined,
    transcript,
    write,
)
from tests.drills.test_crash import say_something

pytestmark = pytest.mark.skipif(not can_be_confined(), reason="root without setpriv is not bound by permissions")


@pytest.fixture
def filled_home(isolated_home: Path) -> Path:
    fill_home(isolated_home, 12, 40)
    return isolated_home


def outcome(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def limited_to(size: int) -> dict[str, Any]:
    """No file may grow beyond that many bytes: what a full disk is to a program. Python ignores SIGXFSZ, so the write fails."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


@pytest.mark.parametrize("size", [0, 4096, 60_000, 250_000])
def test_no_room_for_the_first_import(filled_home: Path, database_path: Path, size: int) -> None:
    code, _, err = outcome(start("import", **limited_to(size)))
    assert code == 3, err
    assert one_sentence(err), err
    code, _, err = outcome(start("import"))
    assert code == 1, err
    with Library.open(database_path) as library:
        assert damages(library) == []
        assert len(library.session_ids()) == 12


def test_no_room_for_a_later_import(filled_home: Path, database_path: Path, tmp_path: Path) -> None:
    with Library.open(database_path) as library:
        ingest.run(library)
        say_something(library)
        before = held(library)
    for number in range(12, 40):
        write(transcript(filled_home, number), session_id(number), 0, 60)
    code, _, err = outcome(start("import", **limited_to(database_path.stat().st_size)))
    assert code == 3, err
    assert one_sentence(err), err
    with Library.open(database_path) as library:
        assert damages(library) == []
        now = held(library)
        assert set(map(str, before["message"])) <= set(map(str, now["message"]))
        ingest.run(library)
        assert len(library.session_ids()) == 39  # one is archived


def test_no_room_for_what_the_user_says(filled_home: Path, database_path: Path) -> None:
    with Library.open(database_path) as library:
        ingest.run(library)
    code, _, err = outcome(start("tag", "--query", "is:any", "new", **limited_to(100)))
    assert code == 3, err
    assert one_sentence(err), err
    with Library.open(database_path) as library:
        assert damages(library) == []
        assert library.tags() == []


@pytest.mark.parametrize("share", [0.2, 0.9, 1.0])
def test_no_room_for_a_repair_or_a_backup(filled_home: Path, database_path: Path, share: float) -> None:
    """Each copies the database; what there is stays as it is, and nothing is left beside it."""
    with Library.open(database_path) as library:
        ingest.run(library)
        say_something(library)
    before = database_path.read_bytes()
    names = sorted(path.name for path in database_path.parent.iterdir())
    room = limited_to(int(len(before) * share))
    for words in (["doctor", "--repair"], ["backup", str(database_path.with_name("copy.db"))]):
        if share == 1 and words[0] == "backup":
            continue
        code, _, err = outcome(start(*words, **room))
        assert code == 3, err
        assert one_sentence(err), err
        assert database_path.read_bytes() == before
        assert sorted(path.name for path in database_path.parent.iterdir() if path.name != "state") == names


@pytest.mark.parametrize("is_first", [True, False])
def test_a_folder_that_may_not_be_written(filled_home: Path, database_path: Path, is_first: bool) -> None:
    database_path.parent.mkdir(mode=0o700)
    if not is_first:
        with Library.open(database_path) as library:
            ingest.run(library)
        write(transcript(filled_home, 1), session_id(1), 40, 44)
        database_path.chmod(0o400)
    database_path.parent.chmod(0o500)
    try:
        for words in (["import"], ["tag", "--query", "is:any", "x"]):
            code, _, err = outcome(start_confined(*words))
            if is_first and words[0] == "tag":
                continue
            assert code == 3, (words, err)
            assert one_sentence(err), err
        if not is_first:
            for words in (["list"], ["search", "lorem"], ["doctor"]):
                code, _out, err = outcome(start_confined(*words))
                assert "Traceback" not in err
                assert code in (0, 3), (words, err)
                assert code == 0 or one_sentence(err), err
    finally:
        database_path.parent.chmod(0o700)


def test_a_folder_that_may_not_be_looked_into(filled_home: Path, database_path: Path, tmp_path: Path) -> None:
    """As one that `sudo` made. It is no empty library: nothing to find, nothing to undo, an export of nothing."""
    with Library.open(database_path) as library:
        ingest.run(library)
        uid = library.summaries(library.session_ids())[0].uid
    target = tmp_path / "out.md"
    database_path.parent.chmod(0o000)
    try:
        for words in (
            *(["list"], ["search", "lorem"], ["show", uid], ["stats"], ["sources"], ["undo"], ["star", uid], ["purge", uid, "--yes"]),
            *(["export", "--format", "md", "-o", str(target)], ["backup", str(tmp_path / "copy.db")], ["import"], ["doctor"]),
            *(["doctor", "--repair"], ["preferences"], ["preferences", "set", "theme", "nord"]),
        ):
            code, out, err = outcome(start_confined(*words))
            assert (code, out) == (3, ""), (words, out, err)
            assert one_sentence(err), err
    finally:
        database_path.parent.chmod(0o700)
    assert not target.exists()


def test_a_database_that_another_program_holds(filled_home: Path, database_path: Path) -> None:
    with Library.open(database_path) as library:
        ingest.run(library)
        write(transcript(filled_home, 1), session_id(1), 40, 44)
        other = sqlite3.connect(database_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        empty = database_path.with_name("empty.db")
        Library.open(empty).close()
        another = sqlite3.connect(empty, isolation_level=None)
        another.execute("BEGIN IMMEDIATE")
        # all at once: each waits for some seconds before it gives up
        processes = [start("import"), start("tag", "--query", "is:any", "x"), start("--database", str(empty), "import")]
        readers = [start("list"), start("search", "lorem"), start("doctor")]
        for process in processes:
            code, _, err = outcome(process)
            assert code == 3, err
            assert one_sentence(err), err
            assert "Another program is writing" in err
        for process in readers:
            code, _, err = outcome(process)
            assert code == 0, err
        for holder in (other, another):
            holder.execute("ROLLBACK")
            holder.close()
        assert ingest.run(library).counts.messages >= 3
        assert damages(library) == []


@pytest.mark.parametrize("kind", ["folder", "fifo", "text", "link", "empty"])
def test_what_stands_where_the_database_should(filled_home: Path, database_path: Path, kind: str) -> None:
    database_path.parent.mkdir(mode=0o700)
    if kind == "folder":
        database_path.mkdir()
    elif kind == "fifo":
        os.mkfifo(database_path)
    elif kind == "text":
        database_path.write_text("my only copy of a novel " * 1000)
    elif kind == "link":
        database_path.symlink_to("/nowhere/at/all")
    else:
        database_path.touch()
    for words in (["import"], ["list"], ["doctor"]):
        code, _, err = outcome(start(*words))
        if kind == "empty":
            assert code in (0, 1)
            continue
        assert code == 3, (words, err)
        assert one_sentence(err), err
    if kind == "text":
        assert database_path.read_text().startswith("my only copy")


def test_what_the_program_writes_is_the_users_alone(filled_home: Path, database_path: Path) -> None:
    for words in (["import"], ["tag", "--query", "is:any", "x"], ["backup", str(database_path.parent / "copy.db")]):
        outcome(start(*words, umask=0))
    for path in [database_path.parent, *database_path.parent.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path} {mode:o}"


@pytest.mark.parametrize("place", [".claude", ".claude/projects", ".claude/projects/-home-mira-web", "file"])
@pytest.mark.parametrize("mode", [0o000, 0o644])
def test_sources_that_may_not_be_read_for_a_while(isolated_home: Path, database_path: Path, place: str, mode: int) -> None:
    """Told at each import, never taken for deleted; and read once that is possible, though no folder's time tells of it."""
    known, later = transcript(isolated_home, 1, "-home-mira-web"), transcript(isolated_home, 2, "-home-mira-web")
    closed = later if place == "file" else isolated_home / place
    if closed.is_file() and mode:
        pytest.skip("that can be read")
    write(known, session_id(1), 0, 8)
    assert outcome(start("import"))[0] == 0
    write(later, session_id(2), 0, 8)
    for folder in (known.parent, known.parent.parent):
        os.utime(folder, (1_700_000_000, 1_700_000_000))  # long settled
    closed.chmod(0o000 if place == "file" else mode)
    try:
        for _ in range(2):
            code, _, err = outcome(start_confined("import"))
            assert code == 1
            assert "Permission denied" in err
            assert str(closed) in err
        with Library.open(database_path) as library:
            assert [summary.is_source_gone for summary in library.summaries(library.session_ids())] == [False]
    finally:
        closed.chmod(0o755)
    assert outcome(start_confined("import"))[0] == 0
    with Library.open(database_path) as library:
        assert len(library.session_ids()) == 2


def test_a_link_to_a_folder_is_counted(isolated_home: Path, library: Library, tmp_path: Path) -> None:
    write(transcript(isolated_home, 1), session_id(1), 0, 8)
    for name, target in (("linked", tmp_path), ("loop", isolated_home / ".claude" / "projects"), ("dangling", tmp_path / "none")):
        (isolated_home / ".claude" / "projects" / name).symlink_to(target)
    assert ingest.run(library).skipped == {"link": 2}
