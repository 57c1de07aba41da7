"""Which file a name means."""

from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.ingest.repairing import repair
from chatviewer.paths import database_file, database_path
from chatviewer.storage.library import Library
from tests.drills.machine import damages, session_id, transcript, write


@pytest.mark.parametrize("name", [":memory:", "file:chats.db", "file:chats.db?mode=memory"])
def test_a_name_that_sqlite_would_read_otherwise_is_that_of_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing would be kept, or in a file that others may read."""
    monkeypatch.chdir(tmp_path)
    write(transcript(tmp_path / "home", 1), session_id(1), 0, 4)
    with Library.open(database_file(name)) as library:
        ingest.run(library)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    with Library.open(database_file(name)) as library:
        assert len(library.session_ids()) == 1


def test_a_link_stays_one_and_what_it_leads_to_is_imported_into_and_repaired(isolated_home: Path, tmp_path: Path) -> None:
    real, link = tmp_path / "disk" / "chats.db", tmp_path / "link.db"
    real.parent.mkdir()
    real.touch()
    link.symlink_to(real)
    write(transcript(isolated_home, 1), session_id(1), 0, 4)
    with Library.open(database_file(str(link))) as library:
        ingest.run(library)
    assert repair(database_path(str(link))).kept_as is not None
    assert link.is_symlink()
    with Library.open(real) as library:
        assert len(library.session_ids()) == 1
        assert damages(library) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"disk", "link.db", "home", "chatviewer"}


def test_a_link_to_nothing_is_left_as_it_is(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to("/nowhere/at/all")
    assert database_file(str(link)) == str(link)


def test_libraries_side_by_side_keep_their_own_journals(isolated_home: Path, tmp_path: Path) -> None:
    """Else what was purged from one is gone from the other after a repair, and a tag of the one is in the other."""
    for number in (1, 2):
        write(transcript(isolated_home, number), session_id(number), 0, 4)
    names = ["chats", "chats.db", "chats.home", "chats.work"]
    for name in names:
        with Library.open(tmp_path / name) as library:
            ingest.run(library)
            uid = library.summary(session_id(1)).uid
            if name == "chats.work":
                library.purge([uid])
            else:
                library.add_tags([uid], [name])
    for name in names:
        (tmp_path / name).unlink()
        repair(tmp_path / name)
        with Library.open(tmp_path / name) as library:
            assert len(library.session_ids()) == (1 if name == "chats.work" else 2)
            assert [tag.name for tag in library.tags()] == ([] if name == "chats.work" else [name])
            assert damages(library) == []
