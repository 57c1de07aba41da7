"""JSON of foreign programs: numbers are exact, halves of surrogate pairs cost themselves alone."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.importers import reading as reading_module
from chatviewer.importers.base import Reading
from chatviewer.importers.elements import ElementReader
from chatviewer.importers.parsing import may_hold_long_integer, mend, mended, parse_json
from chatviewer.importers.reading import records
from chatviewer.storage.rows import json_text

BEYOND = [2**64, -(2**63) - 1, 10**19 * 3, -(10**30), 123456789012345678901234567890]
WITHIN = [0, -1, 2**63 - 1, 2**64 - 1, -(2**63), 1700000000000]


@pytest.mark.parametrize("number", BEYOND + WITHIN)
def test_integers_are_exact(number: int) -> None:
    for text in (f"{number}", f'{{"a":{number}}}', f'{{"a": [1,{number}, 2]}}', f'{{"a":\n{number}}}'):
        assert json.loads(text) == parse_json(text.encode()) == parse_json(text)


@given(st.integers(), st.integers(0, 9), st.text(max_size=12), st.booleans())
def test_no_integer_that_orjson_rounds_is_overlooked(number: int, shift: int, text: str, is_list: bool) -> None:
    large = number * 10**18
    value: Any = {"x" * shift: [text, large] if is_list else large, "y": number}
    data = json.dumps(value).encode()
    assert parse_json(data) == value
    if not -(2**63) <= large < 2**64:
        assert may_hold_long_integer(data)


@pytest.mark.parametrize(
    "text", ["2026-03-01T12:00:00.000Z", "3f2b8c1e-0000-4000-8000-000000000001", "9" * 18, "word " * 50, "a" + "1" * 40]
)
def test_what_stands_in_every_record_takes_the_fast_way(text: str) -> None:
    assert not may_hold_long_integer(json.dumps({"t": text, "n": [1.5, 17e9, -3]}).encode())


def test_long_integers_are_exact_in_lines_and_elements_and_as_they_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({"n": number, "at": place}) for place, number in enumerate(BEYOND * 5)]
    path = tmp_path / "x.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    wanted = [json.loads(line) for line in lines]
    for size in (1 << 20, 17, 64):  # also where a number stands across two blocks
        monkeypatch.setattr(reading_module, "BLOCK_SIZE", size)
        assert [record for _, _, record in records(Reading(path))] == wanted
    path.write_text(f"[{','.join(lines)}]")
    with path.open("rb") as stream:
        assert [element.value for element in ElementReader(stream)] == wanted
    assert [json.loads(json_text(each)) for each in wanted] == wanted


HALVES = st.sampled_from(
    ["\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\\\ud83d", "\\\\\\ud83d", "\\n", "é", "x", "\\uD83D", "\\u00e9", "\\\\"]
)


@given(st.lists(HALVES, max_size=12))
def test_bytes_are_mended_as_text_is(pieces: list[str]) -> None:
    text = f'{{"a": "{"".join(pieces)}"}}'
    data = bytearray(text.encode())
    assert mend(data) == (mended(text) != text)
    assert data.decode() == mended(text)
    assert json.loads(mended(text))["a"] == orjson.loads(data)["a"]


def test_a_line_with_half_a_pair_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": "\\ud83d!", "n": 1}\n{"a": "\\ud83d", "n": 123456789012345678901}\n{"a": 1}\n')
    reading = Reading(path)
    assert [record for _, _, record in records(reading)] == [
        {"a": "\ufffd!", "n": 1},
        {"a": "\ufffd", "n": 123456789012345678901},
        {"a": 1},
    ]
    assert not reading.problems
