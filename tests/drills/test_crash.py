"""Killed at any moment, stopped, run twice at once: the database stays sound, and the next import gives what a clean one gives."""

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest, paths
from chatviewer.domain import SessionStatus
from chatviewer.ingest.repairing import repair
from chatviewer.storage.library import Library
from tests.drills.machine import DRILLS, damages, fill_home, held, killed, own, session_id, start, start_python, transcript, write

SESSIONS, MESSAGES = 30, 60


@pytest.fixture
def filled_home(isolated_home: Path) -> Path:
    fill_home(isolated_home, SESSIONS, MESSAGES)
    return isolated_home


@pytest.fixture
def clean(filled_home: Path, tmp_path: Path) -> dict[str, list[Any]]:
    """What a clean import of the home gives."""
    with Library.open(tmp_path / "clean" / "clean.db") as library:
        ingest.run(library)
        return held(library)


def seconds_of_import(path: Path) -> float:
    began = time.monotonic()
    process = start("--database", str(path), "import")
    process.communicate()
    assert process.returncode in (0, 1)  # there is a broken record, and it is reported once
    return time.monotonic() - began


def say_something(library: Library) -> None:
    """One of everything that the user can say."""
    summaries = sorted(library.summaries(library.session_ids()), key=lambda summary: summary.source_id, reverse=True)
    library.rate(library.messages(summaries[0].id)[1].uid, 4, "good")
    library.set_note(summaries[1].uid, "a note")
    library.set_status([summaries[2].uid], SessionStatus.ARCHIVED)
    library.set_starred([summaries[3].uid], True)
    library.add_tags([summaries[4].uid, summaries[5].uid], ["keep"])
    library.rename(summaries[6].uid, "my title")
    library.set_preference("theme", "nord")


def moments(longest: float) -> list[float]:
    """When to kill: spread over the whole run, shaken a little."""
    chance = random.Random(20260301)
    return [longest * (number + chance.random()) / DRILLS for number in range(DRILLS)]


def test_a_kill_during_the_first_import_costs_nothing(clean: dict[str, list[Any]], tmp_path: Path) -> None:
    longest = seconds_of_import(tmp_path / "measured" / "m.db")
    kills = 0
    for number, moment in enumerate(moments(longest)):
        path = tmp_path / f"killed{number}" / "k.db"
        kills += killed(moment, "--database", str(path), "import") == -signal.SIGKILL
        with Library.open(path) as library:
            assert damages(library) == []
            ingest.run(library)
            assert damages(library) == []
            assert held(library) == clean, f"killed after {moment:.3f} s"
        assert [file.name for file in path.parent.glob("*importing*")] == []
    assert kills >= DRILLS // 2


def test_a_kill_during_a_later_import_costs_nothing_and_what_the_user_said_stays(filled_home: Path, tmp_path: Path) -> None:
    base = tmp_path / "base" / "k.db"
    with Library.open(base) as library:
        ingest.run(library)
        say_something(library)
        said = own(library)
    for number in range(SESSIONS):  # every file grows, new ones come
        write(transcript(filled_home, number), session_id(number), MESSAGES, MESSAGES * 2)
        write(transcript(filled_home, SESSIONS + number), session_id(SESSIONS + number), 0, MESSAGES)
    shutil.copytree(base.parent, tmp_path / "measured")
    longest = seconds_of_import(tmp_path / "measured" / "k.db")
    with Library.open(tmp_path / "measured" / "k.db") as library:
        wanted = held(library)
    kills = 0
    for number, moment in enumerate(moments(longest)):
        path = tmp_path / f"killed{number}" / "k.db"
        shutil.copytree(base.parent, path.parent)
        kills += killed(moment, "--database", str(path), "import") == -signal.SIGKILL
        with Library.open(path) as library:
            assert damages(library) == []
            ingest.run(library)
            assert damages(library) == []
            assert held(library) == wanted, f"killed after {moment:.3f} s"
            assert {**own(library), "shown": 0} == {**said, "shown": 0}
    assert kills >= DRILLS // 2


def test_a_kill_while_the_user_changes_things_leaves_each_change_whole_or_not_there(filled_home: Path, database_path: Path) -> None:
    with Library.open(database_path) as library:
        ingest.run(library)
        # else what a kill left in the file alone could as well be what a database knew that was deleted, and is left for a repair
        library.add_tags([summary.uid for summary in library.summaries(library.session_ids())], ["before"])
    for number in range(DRILLS):
        killed(0.12 + 0.03 * number, "tag", "--query", "is:any", f"tag{number}")
        with Library.open(database_path) as library:
            assert damages(library) == []
            tagged = [row for row in own(library)["tag"] if row[1] == f"tag{number}"]
            assert len(tagged) in (0, SESSIONS)
    with Library.open(database_path) as library:
        library.add_tags([library.summaries(library.session_ids())[0].uid], ["last"])
        assert [finding.detail for finding in library.check() if finding.severity != "ok"] == []


PURGE_KILLED_AT = """
import os, signal, sys
from pathlib import Path
from chatviewer.storage import journal
from chatviewer.storage.library import Library
uid, moment = sys.argv[2:]
def killing(function, before):
    def call(*words):
        done = None if before else function(*words)
        os.kill(os.getpid(), signal.SIGKILL)
        return done
    return call
if moment == "while it is written anew":
    Path.replace = killing(Path.replace, True)
else:
    journal.drop_lines = killing(journal.drop_lines, moment == "before it is cleaned")
with Library.open(sys.argv[1]) as library:
    library.purge([uid])
"""


@pytest.mark.parametrize("then", ["import", "change", "purge", "repair"])
@pytest.mark.parametrize("moment", ["before it is cleaned", "while it is written anew", "once it is clean"])
def test_a_purge_that_is_killed_is_completed(isolated_home: Path, database_path: Path, moment: str, then: str) -> None:
    """What was said about the purged leaves the journal with whatever is written next, and comes back with no repair."""
    fill_home(isolated_home, 3, 4)
    journal, laid_out = database_path.with_name("journal.jsonl"), paths.handover_directory() / "image.png"
    with Library.open(database_path) as library:
        ingest.run(library)
        doomed, other, kept = library.summaries(library.session_ids())
        for session in (doomed, other, kept):
            library.set_note(library.messages(session.id)[0].uid, f"words on {session.uid}")
            library.rate(library.messages(session.id)[1].uid, 4, f"words on {session.uid}")
            library.rename(session.uid, f"words on {session.uid}")
        library.undo()
    laid_out.parent.mkdir(parents=True)
    laid_out.touch()
    purging = start_python(PURGE_KILLED_AT, str(database_path), doomed.uid, moment)
    purging.communicate(timeout=60)
    assert purging.returncode == -signal.SIGKILL
    assert (f"words on {doomed.uid}" in journal.read_text()) == (moment != "once it is clean")
    with Library.open(database_path) as library:
        assert [finding.severity for finding in library.check() if finding.check == "journal"] == ["note"]
        if then == "import":
            ingest.run(library)
        elif then == "change":
            library.set_starred([kept.uid], True)
        elif then == "purge":
            library.purge([other.uid])
    if then == "repair":
        repair(database_path)
    with Library.open(database_path) as library:
        if then == "repair":
            assert not any(doomed.uid in str(rows) for name, rows in own(library).items() if name != "tombstone")
            ingest.run(library)
        assert f"words on {doomed.uid}" not in journal.read_text()
        assert f"words on {kept.uid}" in journal.read_text()
        assert own(library)["tombstone"] == sorted((uid,) for uid in ([doomed.uid, other.uid] if then == "purge" else [doomed.uid]))
        assert [finding.detail for finding in library.check() if finding.severity != "ok"] == []
    assert not laid_out.exists()
    assert not list(database_path.parent.glob(".journal*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_signal_ends_an_import_with_what_was_read(
    clean: dict[str, list[Any]], database_path: Path, filled_home: Path, number: signal.Signals, is_first: bool
) -> None:
    if not is_first:
        with Library.open(database_path) as library:
            ingest.run(library, [transcript(filled_home, 1)])
    process = start("import")
    begun = database_path.with_name(database_path.name + (".importing" if is_first else "-wal"))
    end = time.monotonic() + 20
    while not begun.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(0.05)
    process.send_signal(number)
    _out, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    if process.returncode == 1:
        pytest.skip("it was faster than the signal")
    if process.returncode != -number:  # Python itself was still starting
        assert process.returncode == 128 + number
        assert "Stopped." in err, err  # what was done is said too once something was: `tests/cli/test_stopping.py`
    with Library.open(database_path) as library:
        assert damages(library) == []
        ingest.run(library)
        assert held(library) == clean


def test_two_imports_and_a_reader_at_once(clean: dict[str, list[Any]], database_path: Path) -> None:
    writers = [start("import") for _ in range(3)]
    codes = []
    while any(writer.poll() is None for writer in writers):
        reader = start("search", "lorem", "--json")
        _out, err = reader.communicate(timeout=20)
        codes.append((reader.returncode, "Traceback" in err))
    for writer in writers:
        _, err = writer.communicate(timeout=20)
        assert writer.returncode in (0, 1), err
        assert "Traceback" not in err
        assert "could not be" not in err
    assert {code for code, _ in codes} <= {0}, codes
    assert not any(crashed for _, crashed in codes)
    with Library.open(database_path) as library:
        assert damages(library) == []
        ingest.run(library)
        assert held(library) == clean


def test_the_leftovers_of_a_power_cut_do_no_harm(clean: dict[str, list[Any]], database_path: Path) -> None:
    """What other runs left beside the database: a half-made load, logs of a database that is gone."""
    database_path.parent.mkdir(mode=0o700)
    for name in ("chatviewer.db.importing", "chatviewer.db.importing-wal", "chatviewer.db-shm", "chatviewer.db-wal", "chatviewer.db.tmp"):
        (database_path.parent / name).write_bytes(b"SQLite format 3\x00" + b"\x5a" * 20_000)
    process = start("import")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1, err
    with Library.open(database_path) as library:
        assert damages(library) == []
        assert held(library) == clean


def test_a_clock_that_goes_backwards_changes_nothing(
    clean: dict[str, list[Any]], database_path: Path, filled_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(database_path) as library:
        ingest.run(library)
        say_something(library)
        monkeypatch.setattr("time.time_ns", lambda: 1_000_000)
        monkeypatch.setattr("chatviewer.storage.stamps.now_ms", lambda: 1)
        ingest.run(library)
        tagged = library.summaries(library.session_ids())[0]
        library.add_tags([tagged.uid], ["past"])
        write(transcript(filled_home, 2), session_id(2), MESSAGES, MESSAGES + 4)
        assert ingest.run(library).counts.messages >= 3
        assert damages(library) == []
        assert library.undo() == ("tagged a session #past", tagged.title)


def test_a_broken_pipe_and_a_closed_stdout_are_no_errors(filled_home: Path) -> None:
    process = start("import", stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.wait(20)
    assert "Traceback" not in err
    assert process.returncode in (0, 1)
