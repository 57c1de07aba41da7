"""Sources that grow, shrink, move, are copied or vanish: nothing that was imported is lost, nothing is stored twice."""

import os
import shutil
from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.storage.library import Library
from tests.drills.machine import damages, held, record, session_id, transcript, write

MESSAGES = 20
IN_EACH = MESSAGES - 2  # two records are results of tools


def shown(library: Library) -> dict[str, list[str]]:
    """The first words of each message, by session."""
    return {
        summary.uid: [message.content.split(" lorem")[0] for message in library.messages(summary.id)]
        for summary in library.summaries(library.session_ids())
    }


def is_gone(library: Library) -> bool:
    """Of the one session."""
    (summary,) = library.summaries(library.session_ids())
    return summary.is_source_gone


@pytest.fixture
def file(isolated_home: Path, library: Library) -> Path:
    """One imported session."""
    path = transcript(isolated_home, 1)
    write(path, session_id(1), 0, MESSAGES)
    ingest.run(library)
    return path


def test_what_is_appended_is_read_alone(file: Path, library: Library, tmp_path: Path) -> None:
    write(file, session_id(1), MESSAGES, MESSAGES + 6)
    assert ingest.run(library).counts.messages == 6 - 1
    with Library.open(tmp_path / "clean.db") as clean:
        ingest.run(clean)
        assert {**held(clean), "file": 0} == {**held(library), "file": 0}


@pytest.mark.parametrize("left", [0, 1, 7])
def test_what_is_truncated_stays_readable(file: Path, library: Library, left: int) -> None:
    before = shown(library)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:left]))
    ingest.run(library)
    assert shown(library) == before
    file.write_text("".join(lines))
    ingest.run(library)
    assert shown(library) == before
    assert damages(library) == []


def test_what_is_rewritten_is_added_to_what_was(file: Path, library: Library) -> None:
    """The same ids with other texts are other messages: both versions are kept."""
    before = shown(library)
    file.write_text("".join(record(session_id(1), number, f"rewritten {number}") + "\n" for number in range(6)))
    ingest.run(library)
    (uid,) = before
    texts = shown(library)[uid]
    assert set(before[uid]) <= set(texts)
    assert {f"rewritten {number}" for number in range(6)} <= set(texts)
    assert damages(library) == []


def test_a_replacement_that_is_shorter_leaves_the_longer_version(file: Path, library: Library) -> None:
    before = shown(library)
    other = file.with_suffix(".tmp")
    write(other, session_id(1), 0, 4)
    other.replace(file)
    ingest.run(library)
    assert shown(library) == before


@pytest.mark.parametrize("target", ["-home-mira-api/renamed.jsonl", "-home-mira-other/{name}"])
def test_a_file_that_moved_is_the_same_session(file: Path, library: Library, target: str) -> None:
    before = shown(library)
    new = file.parents[1] / target.format(name=file.name)
    new.parent.mkdir(exist_ok=True)
    file.rename(new)
    report = ingest.run(library)
    assert (report.counts.new, report.counts.messages) == (0, 0)
    assert shown(library) == before
    (summary,) = library.summaries(library.session_ids())
    assert {one.path: one.gone_at is not None for one in library.files(summary.id)} == {str(file): True, str(new): False}
    assert not is_gone(library)
    write(new, session_id(1), MESSAGES, MESSAGES + 2)
    assert ingest.run(library).counts.messages == 2
    assert damages(library) == []


def test_a_copy_by_fork_stores_the_common_part_once(file: Path, library: Library, isolated_home: Path) -> None:
    """A fork begins with the records of its origin, under the new session's id."""
    fork = transcript(isolated_home, 2)
    lines = file.read_text().replace(f'"sessionId": "{session_id(1)}"', f'"sessionId": "{session_id(2)}"')
    fork.write_text(lines)
    with fork.open("a") as opened:
        opened.write(record(session_id(2), MESSAGES, "only in the fork") + "\n")
    before = shown(library)
    ingest.run(library)
    after = shown(library)
    (origin,) = before
    assert after.pop(origin) == before[origin]
    assert list(after.values()) == [["only in the fork"]]


def test_a_source_that_is_gone_leaves_its_rows_and_says_so(file: Path, library: Library) -> None:
    before = shown(library)
    away = file.with_name("away")
    shutil.move(file, away)
    ingest.run(library)
    assert shown(library) == before
    (_summary,) = library.summaries(library.session_ids())
    assert is_gone(library)
    shutil.move(away, file)
    ingest.run(library)
    assert not is_gone(library)
    shutil.rmtree(file.parent)
    ingest.run(library)
    assert is_gone(library)
    assert shown(library) == before
    assert damages(library) == []


def test_a_file_that_changed_back_in_time_is_read_again(file: Path, library: Library) -> None:
    """A backup that was put back: another content, an older time."""
    write(file, session_id(1), MESSAGES, MESSAGES + 2)
    os.utime(file, (1, 1))
    assert ingest.run(library).counts.messages == 2


DAMAGED = ["garbage", "", "[]", "null", '{"version": 1}', '{"version": 1, "threads": 5}', '{"version": 1, "threads": [{}]}']


@pytest.mark.parametrize("column", ["state", "skipped"])
@pytest.mark.parametrize("value", DAMAGED)
def test_a_damaged_memory_of_a_file_has_it_read_as_a_whole(file: Path, library: Library, column: str, value: str) -> None:
    with library.database.transaction() as connection:
        connection.execute(f"UPDATE source_file SET {column} = ?", (value,))
    is_json_object = value.startswith("{")
    assert bool([finding for finding in library.check() if finding.check == "documents" and finding.severity == "damage"]) != is_json_object
    write(file, session_id(1), 20, 24)
    report = ingest.run(library)
    assert report.problems == ()
    with Library.open(library.path.with_name("clean.db")) as clean:
        ingest.run(clean)
        assert held(clean)["message"] == held(library)["message"]
    assert damages(library) == []


@pytest.mark.parametrize("column", ["before", "after"])
def test_a_damaged_journal_row_is_found(file: Path, library: Library, column: str) -> None:
    library.set_preference("theme", "nord")
    with library.database.transaction() as connection:
        connection.execute(f"UPDATE journal SET {column} = 'nor'")
    assert [finding.detail for finding in library.check() if finding.check == "documents"] == [
        f"Rows of journal whose {column} cannot be read: 1."
    ]
