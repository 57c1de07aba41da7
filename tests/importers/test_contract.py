"""What holds for every importer there is: whoever adds a format adds a sample, and these tests run over it."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatviewer.domain import Session, ToolCallStatus
from chatviewer.importers.base import FullReadNeededError, Importer, NotThisFormatError, Reading
from chatviewer.importers.registry import importers

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples"
EVERY = pytest.mark.parametrize("importer", importers(), ids=lambda importer: importer.source)


def files_of(importer: Importer, folder: Path | None = None) -> list[Path]:
    """The sample files that the importer takes for its own."""
    folder = folder or SAMPLES / importer.source
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in importer.extensions)
    return [path for path in found if importer.recognises(path, path.read_bytes()[: 64 << 10])]


def read(importer: Importer, path: Path, **kwargs: int | bool | dict[str, object]) -> tuple[list[Session], Reading]:
    reading = Reading(path, **kwargs)  # type: ignore[arg-type]
    return list(importer.read(reading)), reading


def sessions(importer: Importer) -> Iterator[Session]:
    for path in files_of(importer):
        yield from read(importer, path)[0]


@EVERY
def test_there_is_a_sample_and_it_holds_sessions(importer: Importer) -> None:
    assert files_of(importer)
    assert any(session.messages for session in sessions(importer))


@EVERY
def test_the_documentation_has_its_row(importer: Importer) -> None:
    row = f"| {importer.label} | `{importer.source}` |"
    assert row in (ROOT / "docs" / "importing.md").read_text("utf-8")


@EVERY
def test_reading_twice_gives_equal_sessions(importer: Importer) -> None:
    assert list(sessions(importer)) == list(sessions(importer))


@EVERY
def test_ids_are_of_this_source_and_do_not_depend_on_the_place(importer: Importer, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / importer.source
    shutil.copytree(SAMPLES / importer.source, moved)
    here = {(session.uid, message.uid) for session in sessions(importer) for message in session.messages}
    there = {
        (session.uid, message.uid)
        for path in files_of(importer, moved)
        for session in read(importer, path)[0]
        for message in session.messages
    }
    assert here == there
    assert all(session.source == importer.source and session.source_id for session in sessions(importer))


@EVERY
def test_times_are_aware_utc_or_unknown(importer: Importer) -> None:
    for session in sessions(importer):
        times: list[datetime | None] = [session.started_at, session.ended_at, session.last_message_at]
        for message in session.messages:
            times.append(message.created_at)
            for call in message.tool_calls:
                times += [call.started_at, call.completed_at]
        assert all(time is None or time.tzinfo is UTC for time in times), session.source_id


@EVERY
def test_parents_exist_and_lead_to_a_beginning(importer: Importer) -> None:
    for session in sessions(importer):
        parents = {message.uid: message.parent_uid for message in session.messages}
        assert len(parents) == len(session.messages)
        assert all(parent is None or parent in parents for parent in parents.values()), session.source_id
        for uid in parents:
            at: str | None = uid
            steps = 0
            while at is not None:
                at, steps = parents[at], steps + 1
                assert steps <= len(parents)
        assert session.current_uid is None or session.current_uid in parents


@EVERY
def test_calls_pair_with_results(importer: Importer) -> None:
    for session in sessions(importer):
        for message in session.messages:
            for call in message.tool_calls:
                assert call.tool_name
                assert call.result is None or call.status in (ToolCallStatus.COMPLETED, ToolCallStatus.FAILED)
                assert call.duration_ms is None or call.duration_ms >= 0


@EVERY
def test_sessions_say_where_they_belong(importer: Importer) -> None:
    for session in sessions(importer):
        assert session.parent_uid != session.uid
        if any(message.content.strip() for message in session.messages):
            assert session.title
            assert "\n" not in session.title
        json.dumps(dict(session.metadata))
        json.dumps(dict(session.context))


@EVERY
def test_a_file_cut_in_two_costs_no_more_than_what_is_cut(importer: Importer, tmp_path: Path) -> None:
    for path in files_of(importer):
        data = path.read_bytes()
        folder = tmp_path / importer.source
        shutil.copytree(path.parent, folder, dirs_exist_ok=True)
        cut = folder / path.name
        cut.chmod(0o644)
        for size in {len(data) // 2, len(data) - 2}:
            cut.write_bytes(data[:size])
            try:
                _, reading = read(importer, cut)
            except (NotThisFormatError, OSError):
                continue
            assert reading.problems or reading.offset < size or not data[:size].endswith(b"}")


@EVERY
def test_what_is_kept_for_a_longer_file_is_small_json(importer: Importer) -> None:
    for path in files_of(importer):
        _, reading = read(importer, path)
        assert len(json.dumps(dict(reading.state))) < 20_000
        assert 0 <= reading.offset <= path.stat().st_size


@EVERY
def test_a_tail_of_nothing_changes_nothing(importer: Importer) -> None:
    for path in files_of(importer):
        whole, first = read(importer, path)
        if not first.offset:
            continue
        known = {message.uid for session in whole for message in session.messages}
        try:
            tail, second = read(importer, path, offset=first.offset, line=first.line, state=dict(first.state), is_tail=True)
        except FullReadNeededError:
            continue
        assert {message.uid for session in tail for message in session.messages} <= known
        assert (second.offset, second.line) == (first.offset, first.line)
        assert not second.problems


@EVERY
def test_odd_files_are_refused_without_an_exception_of_another_kind(importer: Importer, tmp_path: Path) -> None:
    for name, data in {"empty": b"", "garbage": b"\x00\xff\x01{[", "text": b"hello\nworld\n", "array": b"[1, 2]", "null": b"null"}.items():
        for extension in importer.extensions:
            path = tmp_path / f"{name}{extension}"
            path.write_bytes(data)
            assert importer.recognises(path, data) in (True, False)
            try:
                made, _ = read(importer, path)
            except (NotThisFormatError, OSError):
                continue
            assert made == []


@EVERY
def test_places_are_paths_and_absent_ones_hold_no_files(importer: Importer) -> None:
    for place in importer.places():
        assert not place.exists()
        assert list(importer.files(place)) == []
    assert isinstance(importer.expiry(), str)


@EVERY
def test_the_files_of_each_folder_are_the_files_of_the_place(importer: Importer, isolated_home: Path, tmp_path: Path) -> None:
    for place in importer.places():
        for folder in (place, place / "one", place / "one" / "subagents", place / "2026" / "03" / "01"):
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("a.jsonl", "journal.jsonl", "rollout-b.jsonl", "agent-c.jsonl", "c.json", "d.txt", "e.zip", "rollout-f.jsonl.zst"):
                (folder / name).touch()
            (folder / "folder.jsonl").mkdir()
            (folder / "link.jsonl").symlink_to(folder / "a.jsonl")
        files = sorted(map(str, importer.files(place)))
        folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
        assert sorted(str(file) for folder in folders for file in importer.files_in(place, str(folder))) == files
