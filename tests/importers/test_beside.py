"""What lies beside the conversations of an unpacked export is part of it: when it changes alone, the export did."""

import json
import shutil
from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.domain.session import Session
from chatviewer.storage.library import Library

SAMPLES = Path(__file__).parents[1] / "samples"


def unpacked(name: str, folder: Path) -> Path:
    shutil.copytree(SAMPLES / name, folder)
    return folder


def ratings(library: Library) -> list[int]:
    """The votes that the source gave, by message."""
    rows = library.database.connection().execute("SELECT value FROM rating WHERE origin = 'source' ORDER BY uid")
    return [value for (value,) in rows]


def prompts(library: Library) -> set[str]:
    sessions: list[Session] = [library.session(summary.uid) for summary in library.summaries(library.session_ids())]
    return {session.system_prompt for session in sessions if session.system_prompt}


@pytest.mark.parametrize("is_folder", [True, False])
def test_votes_that_change_alone_are_noticed(library: Library, tmp_path: Path, is_folder: bool) -> None:
    folder = unpacked("chatgpt", tmp_path / "export")
    path = folder if is_folder else folder / "conversations.json"
    ingest.run(library, [path])
    before = ratings(library)
    assert 5 in before
    feedback = folder / "message_feedback.json"
    feedback.write_text(feedback.read_text().replace("thumbs_up", "thumbs_down"))
    ingest.run(library, [path])
    assert ratings(library) == [1] * len(before)
    assert ingest.run(library, [path]).files_read == 0


def test_projects_that_change_alone_are_noticed(library: Library, tmp_path: Path) -> None:
    folder = unpacked("claude-ai", tmp_path / "export")
    ingest.run(library, [folder])
    assert "Metric units." in prompts(library)
    projects = folder / "projects.json"
    value = json.loads(projects.read_text())
    value[0]["prompt_template"] = "Imperial units."
    projects.write_text(json.dumps(value))
    ingest.run(library, [folder])
    assert "Imperial units." in prompts(library)
    assert ingest.run(library, [folder]).files_read == 0


def test_votes_that_come_later_are_noticed_and_votes_that_go_stay(library: Library, tmp_path: Path) -> None:
    folder = unpacked("chatgpt", tmp_path / "export")
    kept = (folder / "message_feedback.json").rename(tmp_path / "later.json")
    ingest.run(library, [folder])
    assert ratings(library) == []
    kept.rename(folder / "message_feedback.json")
    ingest.run(library, [folder])
    given = ratings(library)
    assert given
    (folder / "message_feedback.json").unlink()
    ingest.run(library, [folder])
    assert ratings(library) == given
