"""Files as they are found: what is read, what is reported, and where the next reading goes on."""

import os
from pathlib import Path

import orjson
import pytest

from chatviewer.importers import reading as module
from chatviewer.importers.base import FullReadNeededError, Reading
from chatviewer.importers.parsing import parse_json
from chatviewer.importers.reading import open_source, read_document, records


def read(path: Path, **kwargs: int | bool) -> tuple[list[tuple[int, int, dict[str, object]]], Reading]:
    reading = Reading(path, **kwargs)  # type: ignore[arg-type]
    return list(records(reading)), reading


def given(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_bytes(data)
    return path


def values(found: list[tuple[int, int, dict[str, object]]]) -> list[object]:
    return [record.get("a") for _, _, record in found]


def told(reading: Reading) -> list[int]:
    return [problem.line for problem in reading.problems]


@pytest.mark.parametrize("depth", [400, 950])
def test_deep_nesting_is_read_from_short_files_as_from_long_ones(tmp_path: Path, depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = given(tmp_path, b'{"a":' + b"[" * depth + b"1" + b"]" * depth + b"}\n")
    for loads in (None, orjson.loads):
        monkeypatch.setattr(module, "fast_loads", lambda size, loads=loads: loads)
        found, reading = read(path)
        assert told(reading) == []
        (value,) = values(found)
        for _ in range(depth):
            (value,) = value
        assert value == 1


@pytest.mark.parametrize(
    ("data", "expected", "bad_lines"),
    [
        (b'{"a":1}\n{"a":2}\n', [1, 2], []),
        (b'{"a":1}\r\n\r\n  \n{"a":2}\r\n', [1, 2], []),
        (b'\xef\xbb\xbf{"a":1}\n{"a":2}', [1, 2], []),
        ('{"a":"x\u2028y\u0085z"}\n'.encode(), ["x\u2028y\u0085z"], []),
        (b'{"a":1}\r{"a":2}\r{"a":3}\r', [1, 2, 3], []),
        (b'{"a":1}{"a":2}\n{"a":3}\n', [1, 2, 3], []),
        (b'{"a":1} nonsense\n{"a":2}\n', [1, 2], [1]),
        (b'[1]\n"x"\n12\nnull\ntrue\nword\n{"a":1}\n', [1], [1, 2, 3, 4, 5, 6]),
        (b'{"a":1}\n<<<<<<< HEAD\n{"a":2}\n=======\n{"a":3}\n>>>>>>> other\n', [1, 2, 3], [2, 4, 6]),
        (b'{"a":1}\n{\n  "a": 2,\n  "b": [\n    1\n  ]\n}\n{"a":3}\n', [1, 2, 3], []),
        (b'{\n  "a": 1\n{"a":2}\n', [2], [1, 2]),
        (b'{"a":1}\n\x00\x00\x00\x00{"a":2}\n', [1, 2], [2]),
        (b'{"a":1}\n\x00\x00\x00\x00', [1], [2]),
        (b'{"a":1}\n{"a":2}\x00\x00', [1, 2], [2]),
        (b'{"a":1}\n{"a":"cut of\x00\x00\x00', [1], [2]),
        (b'{"a":"x\xffy"}\n', ["x\ufffdy"], []),
        (b'{"a":"x\\ud800y","b":"\\ud83d\\ude00"}\n', ["x\ufffdy"], []),
        (b'{"a":"\\\\ud800","b":"\\udc00\\ud83d\\ude00"}\n', ["\\ud800"], []),
        (b'{"a":NaN}\n{"a":1e400}\n{"a":-Infinity}\n', [None, "1e400", None], []),
        (b'{"a":' + b"7" * 5000 + b"}\n", ["7" * 5000], []),
        (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b'}\n{"a":1}\n', [1], [1]),
        (b'{"b":{"c":1},"a":"cut of{"a":2}\n{"a":3}\n', [2, 3], [1]),
        (b"", [], []),
        (b"\n", [], []),
    ],
)
def test_what_is_read_and_what_is_reported(tmp_path: Path, data: bytes, expected: list[object], bad_lines: list[int]) -> None:
    path = given(tmp_path, data)
    found, reading = read(path)
    assert values(found) == expected
    assert told(reading) == bad_lines
    assert reading.offset == len(data)
    for line, offset, _ in found:
        assert data[:offset].count(b"\n") == line - 1


@pytest.mark.parametrize("tail", [b'{"b": {"a": 2}', b'{"a": "not yet whol', b'{"a": "\xe2\x82', b"{"])
def test_a_last_line_that_is_still_written_is_left_for_the_next_time(tmp_path: Path, tail: bytes) -> None:
    path = given(tmp_path, b'{"a":1}\n' + tail)
    found, reading = read(path)
    assert values(found) == [1]
    assert reading.problems == [] or tail == b"{"
    if tail != b"{":
        assert (reading.offset, reading.line) == (8, 1)


def test_reading_goes_on_where_it_ended_with_the_right_line_numbers(tmp_path: Path) -> None:
    data = b'{"a":1}\n\n{"a":2}\n{"a":3}{"a":4}\n{"a":5}'
    for cut in range(len(data) + 1):
        path = given(tmp_path, data[:cut])
        first, reading = read(path)
        path.write_bytes(data + b'\nbad\n{"a":6}\n')
        second, rest = read(path, offset=reading.offset, line=reading.line, is_tail=True)
        assert values(first) + values(second) == [1, 2, 3, 4, 5, 6], cut
        assert [line for line, _, _ in first + second] == [1, 3, 4, 4, 5, 7], cut
        assert told(reading) + told(rest) == [6], cut


def test_what_was_broken_only_because_it_had_no_end_is_read_when_it_has_one(tmp_path: Path) -> None:
    data = b'{"a":1}\n{\n "a": 2,\n "b": [\n ]\n}\ngrep: {"a":3}\n{"a":4}\nbad\n'
    whole, reading = read(given(tmp_path, data))
    assert values(whole) == [1, 2, 3, 4]
    for cut in range(len(data) + 1):
        path = given(tmp_path, data[:cut])
        first, before = read(path)
        path.write_bytes(data)
        second, after = read(path, offset=before.offset, line=before.line, is_tail=True)
        assert values(first) + values(second) == [1, 2, 3, 4], cut
        if not data[:cut].endswith(b'{"a":3}'):  # a record is not read twice for the words before it
            assert [line for line in told(before) if line <= before.line] + told(after) == told(reading), cut


def test_lines_and_offsets_do_not_depend_on_the_size_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(b'{"a":"%s"}\n' % (b"x" * (n * 7 % 50)) for n in range(60))
    path = given(tmp_path, data)
    whole, _ = read(path)
    for size in (1, 7, 64):
        monkeypatch.setattr(module, "BLOCK_SIZE", size)
        assert read(path)[0] == whole


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_with_a_mark_is_read_whole(tmp_path: Path, encoding: str) -> None:
    path = given(tmp_path, '\ufeff{"a":"ü"}\r\n{"a":2}\r\n'.encode(encoding))
    found, reading = read(path)
    assert values(found) == ["ü", 2]
    assert reading.problems == []
    with pytest.raises(FullReadNeededError):
        read(path, offset=4, is_tail=True)


def test_a_line_beyond_all_bounds_is_reported_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 1000)
    monkeypatch.setattr(module, "BLOCK_SIZE", 300)
    path = given(tmp_path, b'{"a":1}\n{"a":"' + b"x" * 5000 + b'"}\n{"a":2}\n' + b"y" * 4000)
    found, reading = read(path)
    assert values(found) == [1, 2]
    assert told(reading) == [2, 4]
    assert reading.offset == path.stat().st_size


def test_a_flood_of_bad_lines_is_reported_in_bounds(tmp_path: Path) -> None:
    path = given(tmp_path, b"nonsense\n" * 3000)
    _, reading = read(path)
    assert len(reading.problems) == module.MAX_REPORTS + 1
    assert reading.problems[-1].line == module.MAX_REPORTS + 1
    assert "2000 more" in reading.problems[-1].reason


def test_only_regular_files_are_opened_and_nothing_waits(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.jsonl"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path, Path("/dev/zero"), tmp_path / "absent"):
        with pytest.raises(OSError):
            open_source(path)


def test_a_document_is_read_as_tolerantly(tmp_path: Path) -> None:
    assert read_document(given(tmp_path, b'\xef\xbb\xbf {"a": "\\udc00", "b": NaN}\n')) == {"a": "\ufffd", "b": None}
    with pytest.raises(ValueError, match="not JSON"):
        read_document(given(tmp_path, b'{"a": '))
    with pytest.raises(ValueError, match="more text"):
        parse_json(b"{} {}")
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
