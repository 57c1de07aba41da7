"""One line of a file, for a person: bounded, and never waiting for what is no file."""

import os
from pathlib import Path

import pytest

from chatviewer.importers.base import Reading
from chatviewer.importers.reading import records
from chatviewer.ingest import showing
from chatviewer.ingest.showing import SHOWN, FoundLine, line_of


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "session.jsonl"
    path.write_bytes(b'{"a": 1}\n\xffbroken\r\n\nlast')
    return path


@pytest.mark.parametrize(("number", "text"), [(1, '{"a": 1}'), (2, "\ufffdbroken\r"), (3, ""), (4, "last")])
def test_a_line_is_found_by_its_number(source: Path, number: int, text: str) -> None:
    found = line_of(str(source), number)
    assert (found.text, found.remark) == (text, "")


def test_lines_behind_the_first_block_and_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "BLOCK_SIZE", 7)
    path = tmp_path / "x.jsonl"
    lines = [f"line {number} {'x' * (number % 11)}" for number in range(1, 60)]
    path.write_text("\n".join(lines))
    for number, line in enumerate(lines, 1):
        assert line_of(str(path), number) == FoundLine(line, len(line))


def test_of_a_long_line_the_beginning_is_shown_and_its_size_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"first\n" + b"x" * 3_000_000 + b"\nthird\n")
    found = line_of(str(path), 2)
    assert (len(found.text), found.size) == (SHOWN, 3_000_000)
    assert line_of(str(path), 3).text == "third"


def test_a_file_that_became_shorter(source: Path) -> None:
    assert "no such line" in line_of(str(source), 9).remark


def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    assert "archive" in line_of(str(path), 1).remark


def test_utf16(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes("one\nzwö\n".encode("utf-16"))
    assert line_of(str(path), 2).text == "zwö"
    assert "no such line" in line_of(str(path), 3).remark


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("block_size", [7, 1 << 20])
def test_lines_of_utf16_are_counted_as_the_importer_counts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, block_size: int
) -> None:
    monkeypatch.setattr(showing, "BLOCK_SIZE", block_size)
    long = "x" * (SHOWN * 2 + 1) + "\u2028\x85\x1c" + "\U0001f600" * 5
    path = tmp_path / "x.jsonl"
    path.write_bytes(f"\ufeff{long}\n{{broken\n\nlast\ud83d".encode(encoding, "surrogatepass"))
    reading = Reading(path)
    assert list(records(reading)) == []
    assert [problem.line for problem in reading.problems] == [1, 2, 4]
    assert (line_of(str(path), 1).text, line_of(str(path), 2).text) == ("x" * SHOWN, "{broken")
    assert [line_of(str(path), number).text for number in (3, 4)] == ["", "last\ufffd"]
    assert line_of(str(path), 1).size == len(long.encode())


def test_looking_ends_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "MAX_LOOKED_THROUGH", 10)
    monkeypatch.setattr(showing, "BLOCK_SIZE", 4)
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"x" * 100)
    assert "too long" in line_of(str(path), 1).remark


def test_neither_fifo_nor_folder_nor_absent_file_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", ".", "absent"):
        with pytest.raises(OSError):
            line_of(str(tmp_path / name), 1)
