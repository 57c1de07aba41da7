"""The import as a whole: what is read, what is left alone, what is reported; a made-up line format stands for the sources."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.domain import ImportProgress, ImportReport, Rating, RatingOrigin, SaveCounts, Session
from chatviewer.errors import UsageError
from chatviewer.importers.base import FullReadNeededError, Importer, NotThisFormatError, Reading
from chatviewer.ingest.discovering import FEW_FILES
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.factories import make_import, make_message, make_session

DAY = 86_400


class LineImporter(Importer):
    """`{"key": ..., "text": ..., "parent": ...}` on each line of `<session>.lines`; reads on from where it ended."""

    source = "lines"
    label = "Lines"
    extensions = (".lines",)
    reads: list[tuple[str, bool, int]]

    def __init__(self, place: Path) -> None:
        self.place = place
        self.reads = []

    def places(self) -> list[Path]:
        return [self.place, self.place.parent / "elsewhere"]

    def files(self, place: Path) -> Iterator[Path]:
        yield from sorted(place.rglob("*.lines"))

    def recognises(self, path: Path, head: bytes) -> bool:
        return head.startswith((b'{"key"', b"raise"))

    def read(self, reading: Reading) -> Iterator[Session]:
        self.reads.append((reading.path.name, reading.is_tail, reading.offset))
        data = reading.path.read_bytes()[reading.offset :]
        if data.startswith(b"other"):
            raise NotThisFormatError
        messages, ratings = [], []
        for raw in data.split(b"\n")[:-1]:
            reading.line += 1
            reading.offset += len(raw) + 1
            if raw == b"full" and reading.is_tail:
                raise FullReadNeededError
            if raw.startswith(b"raise"):
                raise {"raise": KeyError, "raise deep": RecursionError, "raise memory": MemoryError}[raw.decode()]
            if raw == b"bad time":
                yield make_session("bad", source=self.source)._replace(started_at="never")
                continue
            if raw == b"full":
                continue
            try:
                record: dict[str, Any] = json.loads(raw)
            except ValueError:
                reading.problem(reading.line, "not JSON")
                continue
            if "kind" in record:
                reading.skip(record["kind"])
                continue
            message = make_message(record["key"], record["text"], parent=record.get("parent"), source=self.source)
            messages.append(message._replace(content=record["text"]))
            if "stars" in record:
                ratings.append(Rating(uid=message.uid, value=record["stars"], origin=RatingOrigin.SOURCE))
        reading.state = {"lines": reading.line}
        session = make_session(reading.path.stem, messages, source=self.source, project="/p", is_tail=reading.is_tail)
        yield session._replace(ratings=tuple(ratings))


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LineImporter:
    place = tmp_path / "home" / "lines"
    place.mkdir(parents=True)
    only = LineImporter(place)
    monkeypatch.setattr("chatviewer.ingest.discovering.importers", lambda: (only,))
    monkeypatch.setattr("chatviewer.ingest.importing.importer_of", lambda source: only if source == only.source else None)
    return only


def write(path: Path, *records: Any, age: float = 10 * DAY, append: bool = False) -> Path:
    """Lines into a file that was last changed so many seconds ago; so were its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join((record if isinstance(record, bytes) else json.dumps(record).encode()) + b"\n" for record in records)
    with path.open("ab" if append else "wb") as file:
        file.write(lines)
    when = path.stat().st_ctime - age
    os.utime(path, (when, when))
    for folder in list(path.parents)[:3]:
        os.utime(folder, (when, when))
    return path


def say(key: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"key": key, "text": text or f"text of {key}", **more}


def texts(library: Library) -> list[str]:
    return [row[0] for row in library.database.connection().execute("SELECT content FROM message ORDER BY session_id, seq")]


def numbers(report: ImportReport) -> tuple[int, ...]:
    """New, updated and unchanged sessions; files read, unchanged, skipped; problems."""
    counts = report.counts
    files = report.files_read, report.files_unchanged, report.files_skipped
    return (counts.new, counts.updated, counts.unchanged, *files, len(report.problems))


def test_the_default_places_are_imported_and_the_second_time_nothing_is_opened(library: Library, importer: LineImporter) -> None:
    write(importer.place / "a" / "one.lines", say("1"), say("2", parent="1"))
    write(importer.place / "two.lines", say("3"), {"kind": "noise"})
    report = ingest.run(library)
    assert numbers(report) == (2, 0, 0, 2, 0, 0, 0)
    assert report.counts.messages == 3
    assert report.skipped == {"noise": 1}
    importer.reads.clear()
    assert numbers(ingest.run(library)) == (0, 0, 0, 0, 2, 0, 0)
    assert importer.reads == []


def test_a_refresh_with_nothing_new_loads_no_importer(library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch) -> None:
    write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    monkeypatch.setattr("chatviewer.ingest.discovering.importers", lambda: pytest.fail("importers were asked"))
    assert numbers(ingest.run(library)) == (0, 0, 0, 0, 1, 0, 0)


@pytest.mark.parametrize("change", ["new file", "new folder", "new place", "longer", "deleted", "touched", "environment"])
def test_a_refresh_sees_every_change(change: str, library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(importer.place / "a" / "one.lines", say("1"))
    ingest.run(library)
    importer.reads.clear()
    expected = {"new file": 1, "new folder": 1, "new place": 1, "longer": 1, "deleted": 0, "touched": 1, "environment": 0}[change]
    if change == "new file":
        write(path.with_name("two.lines"), say("2"), age=0)
    elif change == "new folder":
        write(importer.place / "b" / "c" / "two.lines", say("2"), age=0)
    elif change == "new place":
        write(importer.place.parent / "elsewhere" / "two.lines", say("2"), age=0)
    elif change == "longer":
        write(path, say("2"), append=True, age=5)
    elif change == "deleted":
        path.unlink()
    elif change == "touched":
        os.utime(path)
    else:
        monkeypatch.setenv("SOME_AGENT_HOME", "/x")
    ingest.run(library)
    assert len(importer.reads) == expected
    assert library.file_stamps()[str(path)][3] is (change == "deleted")


def test_a_damaged_memory_of_the_last_look_costs_a_search(library: Library, importer: LineImporter) -> None:
    write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    for column in ("folders", "skipped"):
        library.database.connection().execute(f"UPDATE discovery SET {column} = 'x' || {column} || 'y'")
        write(importer.place / f"{column}.lines", say(column))
        assert ingest.run(library).files_read == 1


def test_a_file_that_grew_is_read_without_a_search(library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(importer.place / "one.lines", say("1"))
    write(importer.place / "two.lines", say("2"))
    (importer.place / "folder.lines").mkdir()
    os.utime(importer.place / "folder.lines", (1, 1))
    write(importer.place / "three.lines", say("3"))
    ingest.run(library)
    monkeypatch.setattr("chatviewer.ingest.discovering.importers", lambda: pytest.fail("places were searched"))
    with path.open("ab") as file:
        file.write(json.dumps(say("4")).encode() + b"\n")
    report = ingest.run(library)
    assert numbers(report) == (0, 1, 0, 1, 2, 1, 0)
    assert report.skipped == {"folder": 1}


def test_what_came_into_a_known_folder_is_read_without_a_search(
    library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(importer.place / "a" / "one.lines", say("1"))
    write(importer.place / "b" / "two.lines", say("2"))
    os.utime(importer.place, (1, 1))
    ingest.run(library)
    with monkeypatch.context() as patch:
        patch.setattr("chatviewer.ingest.discovering.importers", lambda: pytest.fail("places were searched"))
        for number in range(3, 6):
            write(path.with_name(f"{number}.lines"), say(str(number)), age=DAY / number)
            write(path, say(f"more {number}"), append=True, age=DAY / number)
            os.utime(importer.place, (1, 1))  # no folder came
            importer.reads.clear()
            assert numbers(ingest.run(library)) == (1, 1, 0, 2, number - 2, 0, 0)
            assert sorted(Path(read[0]).name for read in importer.reads) == [f"{number}.lines", "one.lines"]
            assert numbers(ingest.run(library)) == (0, 0, 0, 0, number, 0, 0)
        (path.parent / "passing").touch()
        (path.parent / "passing").unlink()
        assert numbers(ingest.run(library)) == (0, 0, 0, 0, 5, 0, 0)
    assert {"text of 3", "text of 4", "text of 5", "text of more 5"} < set(texts(library))


@pytest.mark.parametrize("beside", ["deleted", "folder", "link", "moved", "first"])
def test_what_else_happened_to_a_folder_is_seen_beside_a_new_file(beside: str, library: Library, importer: LineImporter) -> None:
    one = write(importer.place / "a" / "one.lines", say("1"))
    two = write(importer.place / "a" / "two.lines", say("2"))
    (importer.place / "b").mkdir()
    write(importer.place / "c" / "three.lines", say("3"))
    ingest.run(library)
    write(one.with_name("new.lines"), say("new"), age=DAY)
    came, skipped = 1, {}
    if beside == "deleted":
        two.unlink()
    elif beside == "folder":
        write(one.parent / "below" / "four.lines", say("4"), age=DAY)
        came = 2
    elif beside == "link":
        (one.parent / "link").symlink_to(importer.place / "c")
        skipped = {"link": 1}
    elif beside == "moved":
        two.rename(importer.place / "c" / "two.lines")
        came = 2
    else:  # into a folder that was empty
        write(importer.place / "b" / "four.lines", say("4"), age=DAY)
        came = 2
    report = ingest.run(library)
    assert (report.files_read, dict(report.skipped)) == (came, skipped)
    assert library.file_stamps()[str(two)][3] is (beside in ("deleted", "moved"))
    assert ingest.run(library).files_read == 0


def test_a_file_that_comes_back_beside_others_is_there_again(library: Library, importer: LineImporter, tmp_path: Path) -> None:
    path = write(importer.place / "a" / "one.lines", say("1"))
    write(importer.place / "a" / "two.lines", say("2"))
    ingest.run(library)
    path.rename(tmp_path / "away")
    ingest.run(library)
    assert library.file_stamps()[str(path)][3]
    (tmp_path / "away").rename(path)
    ingest.run(library)
    assert not library.file_stamps()[str(path)][3]


def test_a_folder_of_two_sources_is_searched_for_both(library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch) -> None:
    other = LineImporter(importer.place)
    other.source = "other"  # type: ignore[misc]
    monkeypatch.setattr("chatviewer.ingest.discovering.importers", lambda: (importer, other))
    monkeypatch.setattr(importer, "files", lambda place: place.rglob("*.lines"))
    monkeypatch.setattr(other, "files", lambda place: place.rglob("*.others"))
    write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    write(importer.place / "two.others", say("2"), age=DAY)
    assert ingest.run(library).files_read == 1
    assert texts(library) == ["text of 1", "text of 2"]


def test_a_file_of_an_importer_that_is_no_more_is_left(library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    with path.open("ab") as file:
        file.write(json.dumps(say("2")).encode() + b"\n")
    monkeypatch.setattr("chatviewer.ingest.importing.importer_of", lambda _source: None)
    monkeypatch.setattr("chatviewer.ingest.discovering.importers", lambda: ())
    assert numbers(ingest.run(library)) == (0, 0, 0, 0, 0, 0, 0)
    assert texts(library) == ["text of 1"]


def test_a_longer_file_is_read_from_where_it_ended(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"), b"not json")
    first = ingest.run(library)
    assert [str(problem) for problem in first.problems] == [f"{path}:2: not JSON"]
    size = path.stat().st_size
    write(path, say("2", parent="1"), b"bad too", append=True, age=5)
    second = ingest.run(library)
    assert importer.reads[-1] == ("one.lines", True, size)
    assert [str(problem) for problem in second.problems] == [f"{path}:4: not JSON"]
    assert texts(library) == ["text of 1", "text of 2"]
    assert [problem.line for problem in library.problems()] == [2, 4]
    assert ingest.run(library).problems == ()


def test_a_tail_that_needs_what_came_before_is_read_whole(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    write(path, b"full", say("2"), append=True, age=5)
    ingest.run(library)
    assert [tail for _, tail, _ in importer.reads] == [False, True, False]
    assert texts(library) == ["text of 1", "text of 2"]


def test_a_rewritten_file_is_read_whole_and_what_it_lost_stays(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"), say("2"))
    ingest.run(library)
    write(path, say("3", "much longer " * 20), say("4"), age=5)
    ingest.run(library)
    assert importer.reads[-1] == ("one.lines", False, 0)
    write(path, say("3", "much longer " * 20), age=4)
    assert numbers(ingest.run(library)) == (0, 0, 1, 1, 0, 0, 0)
    assert len(texts(library)) == 4


def test_a_file_of_copies_is_read_whole_when_it_grows(library: Library, importer: LineImporter) -> None:
    write(importer.place / "one.lines", say("1"), say("2"))
    copy = write(importer.place / "two.lines", say("1"), say("2"), age=9 * DAY)
    assert numbers(ingest.run(library)) == (1, 0, 1, 2, 0, 0, 0)
    write(copy, say("3", parent="2"), append=True, age=5)
    assert ingest.run(library).counts.messages == 1
    assert importer.reads[-1] == ("two.lines", False, 0)


def test_the_oldest_file_comes_first(library: Library, importer: LineImporter) -> None:
    write(importer.place / "a.lines", say("1"), say("2"), age=DAY)
    write(importer.place / "b.lines", say("1"), age=2 * DAY)
    ingest.run(library)
    rows = library.database.connection().execute("SELECT source_id, message_count FROM session ORDER BY id").fetchall()
    assert rows == [("b", 1), ("a", 1)]


def test_odd_things_are_skipped_and_counted(library: Library, importer: LineImporter, tmp_path: Path) -> None:
    place = importer.place
    good = write(place / "good.lines", say("1"))
    (place / "folder.lines").mkdir()
    os.mkfifo(place / "pipe.lines")
    (place / "link.lines").symlink_to(good)
    (place / "dangling.lines").symlink_to(place / "nowhere")
    (place / "loop").symlink_to(place)
    (place / "itself").symlink_to("itself")
    (place / "empty.lines").touch()
    write(place / "other.lines", b"other")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(place)
        server.bind("s.lines")
        report = ingest.run(library)
        os.chdir(tmp_path)
    assert report.problems == ()
    assert report.counts.new == 1
    assert report.skipped == {"folder": 1, "FIFO": 1, "link": 3, "socket": 1, "empty file": 1, "not a chat file": 1}
    assert report.files_skipped == 8
    assert ingest.run(library).files_read == 0
    assert len(importer.reads) == 2


def test_named_paths_are_recognised_by_what_is_in_them(library: Library, importer: LineImporter, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    write(folder / "deep" / "x.lines", say("1"))
    write(folder / "notes.txt", b"shopping")
    write(folder / "wrong.lines", b"shopping")
    odd_name = write(tmp_path / "export.dat", say("2"))
    unknown = write(tmp_path / "unknown.dat", b"shopping")
    empty = tmp_path / "download.zip"
    empty.touch()
    report = ingest.run(library, [folder, odd_name, unknown, empty, tmp_path / "missing"])
    assert report.counts.new == 2
    assert sorted(str(problem) for problem in report.problems) == [
        f"{empty}:1: the file is empty",
        f"{tmp_path}/missing:1: cannot be opened: No such file or directory",
        f"{unknown}:1: not a chat file that chatviewer knows",
    ]
    assert report.skipped == {"not a chat file": 2}
    assert ingest.run(library, [folder]).files_unchanged == 1


def test_only_the_source_that_was_named(library: Library, importer: LineImporter) -> None:
    write(importer.place / "one.lines", say("1"))
    with pytest.raises(UsageError, match="known are lines"):
        ingest.run(library, source="nothing")
    assert ingest.run(library, source="lines").counts.new == 1


def test_a_source_left_out_is_read_when_its_path_is_named(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"))
    library.set_preference("disabled_sources", "other, Lines")
    assert numbers(ingest.run(library)) == (0, 0, 0, 0, 0, 0, 0)
    assert ingest.run(library, [path]).counts.new == 1
    library.reset_preference("disabled_sources")
    assert numbers(ingest.run(library)) == (0, 0, 0, 0, 1, 0, 0)


def test_with_save_history_off_nothing_is_added_and_the_report_says_so(library: Library, importer: LineImporter) -> None:
    write(importer.place / "one.lines", say("1"))
    library.set_preference("save_history", False)
    assert ingest.run(library).skipped == {ingest.HISTORY_IS_OFF: 1}
    assert library.is_empty
    library.set_preference("save_history", True)
    assert ingest.run(library).counts.new == 1


@pytest.mark.parametrize("failure", [b"raise", b"raise deep", b"raise memory"])
def test_an_importers_mistake_costs_its_file(failure: bytes, library: Library, importer: LineImporter) -> None:
    write(importer.place / "good.lines", say("1"))
    bad = write(importer.place / "bad.lines", failure, age=DAY)
    write(importer.place / "later.lines", say("2"), age=5)
    report = ingest.run(library)
    assert report.counts.new == 2
    name = {b"raise": "KeyError", b"raise deep": "RecursionError", b"raise memory": "MemoryError"}[failure]
    assert [str(problem) for problem in report.problems] == [f"{bad}:1: could not be read ({name})"]
    assert ingest.run(library).problems == ()


@pytest.mark.parametrize("is_first", [True, False])
def test_what_cannot_be_stored_costs_its_file(is_first: bool, library: Library, importer: LineImporter) -> None:
    if not is_first:
        library.save([make_import(make_session("before"))])
    write(importer.place / "good.lines", say("1"))
    bad = write(importer.place / "bad.lines", b"bad time", say("3"), age=DAY)
    write(importer.place / "later.lines", say("2"), age=5)
    report = ingest.run(library)
    assert [str(problem) for problem in report.problems] == [f"{bad}:1: could not be stored (TypeError)"]
    assert report.counts.new == 2
    assert [problem.path for problem in library.problems()] == [str(bad)]


def test_files_that_vanish_are_marked_and_what_they_gave_stays(library: Library, importer: LineImporter, tmp_path: Path) -> None:
    path = write(importer.place / "one.lines", say("1"))
    outside = write(tmp_path / "outside.lines", say("2"))
    ingest.run(library)
    ingest.run(library, [outside])
    content = path.read_bytes()
    path.unlink()
    outside.unlink()
    ingest.run(library)
    assert {name: stamp[3] for name, stamp in library.file_stamps().items()} == {str(path): True, str(outside): False}
    assert len(texts(library)) == 2
    path.write_bytes(content)
    ingest.run(library)
    assert library.file_stamps()[str(path)][3] is False


def test_a_place_that_vanished_as_a_whole_marks_nothing(library: Library, importer: LineImporter) -> None:
    write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    importer.place.rename(importer.place.with_name("unmounted"))
    ingest.run(library)
    assert [stamp[3] for stamp in library.file_stamps().values()] == [False]


def test_an_empty_session_is_counted_and_a_rated_empty_reply_kept(library: Library, importer: LineImporter) -> None:
    write(importer.place / "empty.lines", {"key": "1", "text": ""})
    write(importer.place / "rated.lines", {"key": "2", "text": "", "stars": 5})
    report = ingest.run(library)
    assert report.counts.new == 1
    assert report.skipped == {"empty session": 1}


def test_what_was_purged_is_counted_whenever_its_file_is_read(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "gone.lines", say("1"))
    write(importer.place / "kept.lines", say("2"))
    ingest.run(library)
    library.purge([library.summary("gone").uid])
    assert ingest.run(library).skipped == {}, "what did not change is not read"
    write(path, say("3"), append=True)
    report = ingest.run(library)
    assert (report.skipped, report.counts, report.files_skipped) == ({"purged session": 1}, SaveCounts(purged=1), 0)
    assert texts(library) == ["text of 2"]


def test_a_session_with_the_id_of_a_purged_one_is_counted(library: Library, importer: LineImporter) -> None:
    """A purge keeps nothing but the id: whether another project's session is another one cannot be told any more."""
    session = make_session("s", project="/one")
    library.save([make_import(session)])
    library.purge([session.uid])
    other = make_session("s", ("other", "texts"), project="/two")
    assert library.save([make_import(other, path="/elsewhere/s.jsonl")]) == SaveCounts(purged=1)


def test_progress_and_stopping(library: Library, importer: LineImporter) -> None:
    for number in range(5):
        write(importer.place / f"{number}.lines", say(str(number)))
    seen: list[ImportProgress] = []
    report = ingest.run(library, on_progress=seen.append, should_stop=lambda: len(seen) == 3)
    assert [progress.files_done for progress in seen] == [1, 2, 3]
    assert seen[0].files_total == 5
    assert seen[-1].bytes_done < seen[-1].bytes_total
    assert report.counts.new == 3
    assert ingest.run(library).counts.new == 2


def test_a_large_file_is_stored_in_parts(library: Library, importer: LineImporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatviewer.ingest.parsing.PART_WEIGHT", 1)
    monkeypatch.setattr("chatviewer.ingest.importing.BATCH_WEIGHT", 1)
    path = write(importer.place / "one.lines", say("1"), say("2"))
    assert ingest.run(library).counts.messages == 2
    assert library.file_stamps()[str(path)][0] == path.stat().st_size
    assert ingest.run(library).files_unchanged == 1


def test_a_first_import_beside_another_one_loses_nothing(library: Library, importer: LineImporter, database_path: Path) -> None:
    write(importer.place / "one.lines", say("1"))

    def meanwhile(_progress: ImportProgress) -> None:
        with Library.open(database_path) as other:
            other.save([make_import(make_session("other"))])

    report = ingest.run(library, on_progress=meanwhile)
    assert report.counts.new == 1
    assert library.database.connection().execute("SELECT count(*) FROM session").fetchone() == (2,)


@pytest.mark.parametrize("is_replaced", [False, True], ids=["in place", "by another file"])
@pytest.mark.parametrize("is_searched", [False, True], ids=["known files", "all places"])
def test_what_was_rewritten_with_its_old_size_and_time_is_read(
    is_searched: bool, is_replaced: bool, library: Library, importer: LineImporter, tmp_path: Path
) -> None:
    path = write(importer.place / "one.lines", say("1", "before"))
    ingest.run(library)
    old, folder = path.stat(), importer.place.stat()
    new = tmp_path / "new" if is_replaced else path
    new.write_text(path.read_text("utf-8").replace("before", "behind"), "utf-8")
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
    if is_replaced:
        new.replace(path)
    os.utime(importer.place, ns=(0, 0 if is_searched else folder.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (old.st_size, old.st_mtime_ns)
    assert ingest.run(library).files_read == 1
    assert "behind" in texts(library)
    assert ingest.run(library).files_read == 0


def test_a_file_whose_rights_changed_is_read_in_vain_once(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    path.chmod(0o640)
    again = ingest.run(library)
    assert (again.files_read, again.counts.new, again.counts.updated) == (1, 0, 0)
    assert ingest.run(library).files_read == 0


def test_sources_say_what_is_there(importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"))
    [status] = ingest.sources()
    assert (status.source, status.label, status.file_count, status.byte_count) == ("lines", "Lines", 1, path.stat().st_size)
    assert status.found_places == (importer.place,)


def test_many_files_from_elsewhere_are_told_by_their_folder(library: Library, importer: LineImporter, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    for number in range(FEW_FILES):
        write(backup / f"{number % 2}" / f"{number}.lines", say(f"b{number}"))
    here = write(importer.place / "one.lines", say("1"))
    ingest.run(library)
    ingest.run(library, [backup])
    [status] = ingest.sources(library)
    assert {Path(place.path).suffix for place in status.imported} == {".lines"}
    assert [place.file_count for place in status.imported] == [1] * FEW_FILES
    write(backup / "1" / "more.lines", say("more"))
    ingest.run(library, [backup])
    here.unlink()
    ingest.run(library)
    [status] = ingest.sources(library)
    assert [(place.path, place.file_count, place.is_gone) for place in status.imported] == [
        (str(backup), FEW_FILES + 1, False),
        (str(here), 1, True),
    ]


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"\x1f\x8b\x08"])
def test_a_file_of_lines_that_is_an_archive_is_one_problem_in_one_sentence(library: Library, isolated_home: Path, head: bytes) -> None:
    data = head + bytes(range(256)) * 40 + b"{\n}\n" * 20
    places = (
        ".claude/projects/-p/10000000-0000-4000-8000-000000000000.jsonl",
        ".codex/sessions/2026/01/01/rollout-2026-01-01T00-00-00-x.jsonl",
    )
    paths = [isolated_home / place for place in (*places, "named.jsonl")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    told = [*ingest.run(library).problems, *ingest.run(library, [paths[2]]).problems]
    assert {problem.path for problem in told} == {str(path) for path in paths}
    assert len(told) == len(paths)
    assert {problem.reason.partition(", not")[0] for problem in told} <= {"a ZIP archive", "compressed by gzip"}
    assert all(problem.reason.endswith("unpack it first") for problem in told)


def test_source_files_are_only_read(library: Library, importer: LineImporter) -> None:
    path = write(importer.place / "one.lines", say("1"))
    before = path.stat()
    ingest.run(library)
    after = path.stat()
    assert (before.st_mtime_ns, before.st_size, before.st_ino) == (after.st_mtime_ns, after.st_size, after.st_ino)


def test_a_refresh_imports_no_heavy_module(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from chatviewer import ingest; from chatviewer.storage.library import Library\n"
        "with Library.open(Path(sys.argv[1])) as library: ingest.run(library)\n"
        "heavy = ('dataclasses', 'inspect', 'peewee', 'orjson', 'json', 'chatviewer.importers.base')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    command = [sys.executable, "-c", script, str(tmp_path / "refresh.db")]
    first, second = (subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert "chatviewer.importers.base" in first
    assert second.strip() == "[]"


def test_one_longer_file_is_imported_without_heavy_modules(tmp_path: Path) -> None:
    sample = Path(__file__).parent / "samples" / "claude-code"
    folder = tmp_path / "projects" / "-home-dev"
    folder.mkdir(parents=True)
    path = folder / "0a1b2c3d-0000-4000-8000-000000000001.jsonl"
    lines = next(iter(sorted(sample.rglob("*.jsonl")))).read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-2]), "utf-8")
    then = path.stat().st_mtime - 60
    for each in (path, folder, folder.parent):
        os.utime(each, (then, then))
    script = (
        "import sys; from pathlib import Path; from chatviewer import ingest; from chatviewer.storage.library import Library\n"
        "with Library.open(Path(sys.argv[1])) as library: print(ingest.run(library).files_read)\n"
        "print([name for name in ('dataclasses', 'inspect', 'uuid', 'peewee', 'orjson', '_hashlib') if name in sys.modules])"
    )
    root = str(Path(__file__).resolve().parents[1])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path)}
    command = [sys.executable, "-c", script, str(tmp_path / "longer.db")]
    first = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert first.startswith("1\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(lines[-2:]))
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "1\n[]\n"


def test_a_folder_that_cannot_be_searched_is_reported(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chats" / "locked").mkdir(parents=True)
    scandir = os.scandir

    def refusing(path: Any) -> Any:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = ingest.run(library, paths=[tmp_path / "chats"])
    assert [str(problem) for problem in report.problems] == [f"{tmp_path}/chats/locked:1: cannot be searched: Permission denied"]


def test_a_file_that_the_user_named_is_not_yet_the_first_import_of_its_source(library: Library, importer: LineImporter) -> None:
    first = write(importer.place / "one.lines", say("1"))
    write(importer.place / "two.lines", say("2"))
    ingest.run(library, [first])
    ingest.run(library)
    assert library.counts().unread == 0, "what lay there all the time is not new"
    write(importer.place / "three.lines", say("3"))
    ingest.run(library)
    assert [row.source_id for row in library.summaries(library.session_ids(parse("is:unread")))] == ["three"]
