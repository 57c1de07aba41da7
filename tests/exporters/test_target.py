"""A file of an export is whole or not there."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatviewer.errors import RefusedError
from chatviewer.exporters.target import export_file
from chatviewer.paths import own_mark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exports"
    made.mkdir()
    return made


def test_it_is_written_whole_and_private(folder: Path) -> None:
    path = folder / "out.md"
    with export_file(path) as out:
        out.write("a\nü\ud800")
        assert not path.exists()
    assert path.read_bytes() == "a\nü?".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in folder.iterdir()] == ["out.md"]


def test_nothing_is_overwritten_unasked(folder: Path) -> None:
    path = folder / "out.md"
    path.write_text("old")
    with pytest.raises(RefusedError, match="--force"), export_file(path):
        pass
    assert path.read_text() == "old"
    with export_file(path, is_overwriting=True) as out:
        out.write("new")
    assert path.read_text() == "new"


def test_a_file_made_meanwhile_stays(folder: Path) -> None:
    path = folder / "out.md"
    with pytest.raises(RefusedError, match="exists"), export_file(path):
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert [each.name for each in folder.iterdir()] == ["out.md"]


def _no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_the_same_where_there_are_no_hard_links(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _no_links)
    path = folder / "out.md"
    with export_file(path) as out:
        out.write("mine")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("mine", 0o600)
    other = folder / "other.md"
    with pytest.raises(RefusedError, match="exists"), export_file(other):
        other.write_text("theirs")
    assert other.read_text() == "theirs"
    monkeypatch.setattr(os, "replace", _no_links)
    with pytest.raises(RefusedError, match="cannot be written: Operation"), export_file(folder / "third.md"):
        pass
    assert sorted(each.name for each in folder.iterdir()) == ["other.md", "out.md"]


def test_what_a_killed_export_of_the_same_file_left_is_deleted(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    killed = own_mark().replace(str(os.getpid()), done.stdout.strip(), 1)
    for name in (".out.md.{}.part", ".out.md.{}.part-journal", ".other.md.{}.part", ".out.md.{}.text", ".out.md.x.part"):
        (folder / name.format(killed)).touch()
    (folder / f".out.md.{own_mark()}.part").touch()
    running = folder / f".out.md.{own_mark().replace(str(os.getpid()), str(os.getppid()), 1)}.part"
    running.touch()
    with export_file(folder / "out.md") as out:
        out.write("new")
    left = {each.name for each in folder.iterdir()}
    assert left == {"out.md", running.name, f".other.md.{killed}.part", f".out.md.{killed}.text", ".out.md.x.part"}


def test_what_another_container_may_be_writing_is_left_for_a_day(folder: Path) -> None:
    """Its numbers of processes say nothing here, be it that of this process or of none."""
    new, old = (folder / f".out.md.{number}@elsewhere.part" for number in (os.getpid(), 2**22 + 1))
    for path, age in ((new, 3_600), (old, 90_000)):
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))
    with export_file(folder / "out.md") as out:
        out.write("new")
    assert {each.name for each in folder.iterdir()} == {"out.md", new.name}


def test_an_error_leaves_nothing_behind(folder: Path) -> None:
    with pytest.raises(UnicodeError), export_file(folder / "out.md") as out:
        out.write(b"half".decode("utf-16-le") + b"\xff".decode("utf-8"))
    assert list(folder.iterdir()) == []


def test_a_disk_that_is_full_is_told_with_the_name_of_the_file(folder: Path) -> None:
    with pytest.raises(RefusedError, match=r"out\.md cannot be written: No space left"), export_file(folder / "out.md"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(folder.iterdir()) == []


def test_folders_and_missing_folders_are_refused(folder: Path) -> None:
    with pytest.raises(RefusedError, match="folder"), export_file(folder):
        pass
    with pytest.raises(RefusedError, match="cannot be written"), export_file(folder / "no" / "out.md"):
        pass


def test_a_device_is_written_as_it_comes() -> None:
    with export_file(Path("/dev/null")) as out:
        out.write("gone")
    assert Path("/dev/null").is_char_device()
