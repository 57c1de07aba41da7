"""What an agent is about to delete is told before it does."""

import json
import os
import time
from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.__main__ import main
from chatviewer.domain.importing import SourceStatus
from chatviewer.storage.library import Library
from tests.drills.machine import session_id, transcript, write

DAY = 86_400


def claude_code(library: Library) -> SourceStatus:
    return next(status for status in ingest.sources(library) if status.source == "claude-code")


def aged(home: Path, number: int, days: float) -> None:
    write(transcript(home, number), session_id(number), 0, 4)
    then = time.time() - days * DAY
    os.utime(transcript(home, number), (then, then))


def test_files_within_five_days_of_their_end_are_counted(isolated_home: Path, library: Library) -> None:
    for number, days in enumerate((0, 20, 24, 26, 29.5, 40)):
        aged(isolated_home, number, days)
    status = claude_code(library)
    assert (status.file_count, status.expiring_count, status.unsaved_count) == (6, 3, 3)
    assert status.warning() == "3 files are deleted within 5 days, not imported yet"
    ingest.run(library)
    assert claude_code(library).warning() == "3 files are deleted within 5 days; what they hold is in the library"
    with transcript(isolated_home, 3).open("a") as file:
        file.write("\n")
    aged(isolated_home, 3, 27)
    assert claude_code(library).unsaved_count == 1


def test_the_agents_own_setting_counts(isolated_home: Path, library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    aged(isolated_home, 1, 80)
    (isolated_home / ".claude" / "settings.json").write_text(json.dumps({"cleanupPeriodDays": 99999}))
    assert claude_code(library).warning() == ""
    (isolated_home / ".claude" / "settings.json").write_text(json.dumps({"cleanupPeriodDays": 82}))
    assert claude_code(library).expiring_count == 1
    assert "deleted 82 days after" in claude_code(library).expires
    assert main(["sources"]) == 0
    assert "1 file is deleted within 5 days, not imported yet" in capsys.readouterr().out
    assert main(["sources", "--json"]) == 0
    sources = json.loads(capsys.readouterr().out)["sources"]
    assert next(one for one in sources if one["source"] == "claude-code")["unsaved_count"] == 1


def test_one_day_is_a_day(isolated_home: Path, library: Library) -> None:
    aged(isolated_home, 1, 0)
    (isolated_home / ".claude" / "settings.json").write_text(json.dumps({"cleanupPeriodDays": 1}))
    assert claude_code(library).expires.startswith("transcripts are deleted 1 day after")


def test_each_place_has_its_own_setting(isolated_home: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of another place warned of files that stay, or kept silent about some that go."""
    work, home = isolated_home / "work", isolated_home / "home"
    for number, (place, days) in enumerate(((work, 20), (home, 900))):
        path = place / "projects" / "p" / f"{session_id(number)}.jsonl"
        write(path, session_id(number), 0, 4)
        os.utime(path, (time.time() - 17 * DAY,) * 2)
        (place / "settings.json").write_text(json.dumps({"cleanupPeriodDays": days}))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{home},{work}")
    status = claude_code(library)
    assert (status.file_count, status.expiring_count) == (2, 1)
    assert status.expires == (
        f"transcripts below {work} are deleted 20 days after they were last used, those below {home} 900 days"
        " (cleanupPeriodDays in settings.json)"
    )


@pytest.mark.parametrize("given", ["{home}/.claude,{home}/.claude/, {home}/linked", ""])
def test_a_place_that_has_two_names_counts_once(isolated_home: Path, library: Library, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    aged(isolated_home, 1, 1)
    (isolated_home / "linked").symlink_to(".claude")
    (isolated_home / ".config").mkdir()
    (isolated_home / ".config" / "claude").symlink_to("../.claude")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", given.format(home=isolated_home))
    report = ingest.run(library)
    assert (report.files_read, report.files_unchanged) == (1, 0)
    status = claude_code(library)
    assert (status.file_count, status.places) == (1, (isolated_home / ".claude" / "projects",))
