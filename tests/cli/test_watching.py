"""`import --watch`: what running sessions write, as soon as it is there."""

import signal
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.domain import ImportReport, Problem
from chatviewer.errors import DatabaseUnwritableError
from chatviewer.ingest.watching import Watch
from chatviewer.storage.library import Library
from tests.cli.conftest import Run
from tests.drills.machine import session_id, start, transcript, write


def test_it_stays_and_tells_what_came(isolated_home: Path, database_path: Path) -> None:
    write(transcript(isolated_home, 1), session_id(1), 0, 4)
    process = start("import", "--watch")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Sessions: 1 new")
    write(transcript(isolated_home, 1), session_id(1), 4, 6)
    assert process.stdout.readline().startswith("Sessions: 1 updated; 2 messages")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert err == "Stopping.\n"
    with Library.open(database_path) as library:
        assert ingest.run(library).files_unchanged == 1


def test_it_watches_the_known_places_only(run: Run) -> None:
    assert run("import", "--watch", "somewhere").code == 2


def test_a_look_that_finds_nothing_is_followed_by_a_rest_that_is_ten_times_as_long(
    isolated_home: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    watch = Watch(library, clock=lambda: now[0])
    assert not watch.is_due
    now[0] = 2.0
    assert watch.is_due
    assert watch.look() is None, "the first import is the user's to start"
    write(transcript(isolated_home, 1), session_id(1), 0, 4)
    run_import = ingest.run

    def slow(*given: Any, **named: Any) -> ImportReport:
        now[0] += 5.0
        return run_import(*given, **named)

    run_import(library)
    monkeypatch.setattr(ingest, "run", slow)
    assert watch.look() is None
    now[0] += 49.0
    assert not watch.is_due
    now[0] += 1.5
    assert watch.is_due
    write(transcript(isolated_home, 2), session_id(2), 0, 4)
    report = watch.look()
    assert report is not None
    assert report.counts.new == 1
    now[0] += 9.0
    assert not watch.is_due, "where something was read, the rest is short"
    now[0] += 1.5
    assert watch.is_due


@pytest.mark.parametrize("error", [DatabaseUnwritableError("The disk is full."), KeyError("unforeseen")])
def test_what_goes_wrong_at_every_look_is_told_once(
    isolated_home: Path, library: Library, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    now = [0.0]
    write(transcript(isolated_home, 1), session_id(1), 0, 4)
    ingest.run(library)
    closed = Problem("closed.jsonl", 1, "cannot be read: Permission denied")
    reports = [ImportReport(problems=(closed,))] * 3 + [ImportReport(problems=(closed, closed._replace(path="other.jsonl")))]
    monkeypatch.setattr(ingest, "run", lambda *_given, **_named: reports.pop(0))
    watch = Watch(library, clock=lambda: now[0])
    first = watch.look()
    assert first is not None
    assert first.problems == (closed,)
    assert watch.look() is None
    assert Watch(library, clock=lambda: now[0], told=[closed]).look() is None
    last = watch.look()
    assert last is not None
    assert [problem.path for problem in last.problems] == ["other.jsonl"]

    def fail(*_given: Any, **_named: Any) -> ImportReport:
        raise error

    monkeypatch.setattr(ingest, "run", fail)
    with pytest.raises(type(error)):
        watch.look()
    now[0] += 14.0
    assert not watch.is_due, "it is not tried every second"
    assert watch.look() is None
    monkeypatch.setattr(ingest, "run", lambda *_given, **_named: ImportReport())
    assert watch.look() is None
    monkeypatch.setattr(ingest, "run", fail)
    with pytest.raises(type(error)):
        watch.look()
