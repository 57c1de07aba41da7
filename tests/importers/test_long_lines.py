"""Records of many megabytes, whose long texts stay in UTF-8: the same is read and stored as of a line that is read as a whole."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer import ingest
from chatviewer.domain import long_text
from chatviewer.importers import building, long_lines, parsing, reading
from chatviewer.importers.base import Reading
from chatviewer.importers.long_lines import long_value
from chatviewer.importers.parsing import parse_json
from chatviewer.storage import rows, terms, writing
from chatviewer.storage.library import Library
from tests.drills.machine import damages, held
from tests.importers.test_contract import SAMPLES

LONG, HELD = 45_000, 22_000  # in these tests
AS_IT_IS = long_lines.HELD, long_text.SHARE
FILLER = 'HTTPServer2 said "ok" \\ in 文字 café 🎉\n' * 1_400
SHORT = FILLER[:20_000]  # held, and stored as a str
_SHORT_ONES = {"text", "thinking"}
_GROWING = {"text", "content", "thinking", "output", "stdout", "command", "snippet", "message", "prompt"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Long is what has some thousand characters."""
    for module in (long_text, reading, rows, terms, writing):
        monkeypatch.setattr(module, "LONG", LONG)
    monkeypatch.setattr(long_text, "EXCERPT", 21_000)
    monkeypatch.setattr(long_text, "SHARE", 1)
    monkeypatch.setattr(long_text, "PIECE", 7_000)
    monkeypatch.setattr(long_lines, "PIECE", 7_000)
    monkeypatch.setattr(long_lines, "HELD", HELD)
    yield
    long_text.release()


def expanded(value: Any) -> Any:
    if isinstance(value, str):
        return long_text.whole(value)
    if isinstance(value, dict):
        return {expanded(key): expanded(item) for key, item in value.items()}
    return [expanded(item) for item in value] if isinstance(value, list) else value


PIECES = [
    "a",
    " ",
    "\\\\",
    "\\n",
    '\\"',
    "\\u00e9",
    "é",
    "🎉",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\ude00",
    "\\\\ud83d",
    "文",
    "\\u0000",
    "\t",
    "bbbbb",
    "\\/",
]


@given(st.data())
def test_a_value_is_read_as_of_a_line_that_is_read_as_a_whole(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("HELD", 50), ("PIECE", 17)):
            patch.setattr(long_lines, name, size)
        patch.setattr(long_text, "EXCERPT", 9)
        patch.setattr(long_text, "PIECE", 11)
        known = data.draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=len(PIECES), unique=True))
        texts = ["".join(data.draw(st.lists(st.sampled_from(known), max_size=90))) for _ in range(3)]
        raw = '{{"k":"{}","l":[1,"{}",{{"m":"{}"}}],"n":12345678901234567890123,"o":NaN}}'.format(*texts).encode()
        if data.draw(st.booleans()):
            raw = raw.replace(b"b", b"\xff", 1)
        value = long_value(bytearray(raw))
        if value is not None:
            assert expanded(value) == parse_json(raw.decode("utf-8", "surrogateescape"))
            assert any(long_text.is_excerpt(text) for text in (value["k"], value["l"][1], value["l"][2]["m"]))
        long_text.release()


@pytest.mark.parametrize(
    "raw", [b'{"a":"%s"}' % (b"x" * LONG * 2), b'{"a":"%s"}' % (b"\\u0041" * LONG), b'{"a":"%s' % ("é".encode() * LONG)]
)
def test_ascii_and_what_is_no_json_is_read_as_any_other(raw: bytes) -> None:
    assert long_value(raw) is None


def test_a_last_line_without_its_line_feed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"a": FILLER}) + "\n" + json.dumps({"a": FILLER + "!"}, ensure_ascii=False))
    given = Reading(path)
    found = [(line, record) for line, _, record in reading.records(given)]
    assert [long_text.is_excerpt(record["a"]) for _, record in found] == [True, True]
    assert [(line, expanded(record)) for line, record in found] == [(1, {"a": FILLER}), (2, {"a": FILLER + "!"})]
    assert (given.offset, given.line) == (path.stat().st_size, 1)


def test_many_texts_of_a_line_take_little_more_than_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_lines, "HELD", AS_IT_IS[0])
    monkeypatch.setattr(long_text, "SHARE", AS_IT_IS[1])
    texts = [f"{number} {'word ' * 4_000}🎉" for number in range(300)]
    raw = bytearray(json.dumps(texts, ensure_ascii=False).encode())
    value = long_value(raw)
    assert sum(map(sys.getsizeof, value)) < len(raw) / 2  # read as any other, each takes four times its bytes
    assert expanded(value) == texts


def test_json_within_a_long_text_is_read() -> None:
    inner = {"command": ["echo", FILLER], "n": 2**70}
    outer = long_value(json.dumps({"arguments": json.dumps(inner, ensure_ascii=False)}).encode())
    assert long_text.is_excerpt(outer["arguments"])
    assert expanded(parsing.parse_json(outer["arguments"])) == inner
    assert expanded(parsing.parse_json(f"[{outer['arguments']}, 1]")) == [inner, 1]


def test_the_json_of_an_odd_block_is_held_too() -> None:
    value = long_value(json.dumps({"block": {"kind": FILLER, "n": 1}}).encode())
    said = building.text(value["block"])
    assert long_text.is_excerpt(said)
    assert long_text.whole(f"{said}\n") == json.dumps({"kind": FILLER, "n": 1}, ensure_ascii=False) + "\n"
    assert building.text_attachment(value["block"]["kind"]).byte_count == len(FILLER.encode())


def grown(value: Any, key: str = "") -> Any:
    """A record with more in each of its texts."""
    if isinstance(value, dict):
        return {name: grown(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [grown(item, key) for item in value]
    if key == "arguments" and isinstance(value, str) and value.startswith("{"):
        return json.dumps(json.loads(value) | {"more": FILLER}, ensure_ascii=False)
    more = SHORT if key in _SHORT_ONES else FILLER
    return f"{value} {more}{key}" if key in _GROWING and isinstance(value, str) and value[:1] not in "{[" else value


def grow_samples(home: Path) -> list[Path]:
    paths = []
    for source in ("claude-code", "codex"):
        for sample in sorted((SAMPLES / source).rglob("*.jsonl")):
            path = home / source / sample.relative_to(SAMPLES / source)
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [json.loads(line) for line in sample.read_bytes().split(b"\n") if line.startswith(b"{") and line.endswith(b"}")]
            path.write_text("".join(json.dumps(grown(line), ensure_ascii=number % 2 == 0) + "\n" for number, line in enumerate(lines)))
            paths.append(path)
    return paths


def stored(library: Library) -> dict[str, list[Any]]:
    """All but how often a long text's words are in `terms`: once for each piece that it was worked on in."""
    found = held(library)
    found["message"] = [(*row[:8], sorted(set((row[8] or "").split())), *row[9:]) for row in found["message"]]
    return found


def test_all_is_stored_as_of_lines_that_are_read_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = grow_samples(tmp_path / "files")
    kept: list[str] = []
    monkeypatch.setattr(long_lines, "hold", lambda text: kept.append("") or long_text.hold(text))
    with Library.open(tmp_path / "held.db") as library, Library.open(tmp_path / "whole.db") as whole:
        first = ingest.run(library, [tmp_path / "files"])
        assert len(kept) > 40
        assert not long_text.is_any_held()
        monkeypatch.setattr(reading, "LONG", 1 << 40)
        second = ingest.run(whole, [tmp_path / "files"])
        wanted = stored(whole)
        assert (first.problems, first.skipped) == (second.problems, second.skipped)
        assert stored(library) == wanted
        assert sum(SHORT in row[-1] for row in wanted["message"]) > sum(FILLER in row[-1] for row in wanted["message"]) > 3
        assert sum(FILLER in (row[5] or "") for row in wanted["tool_call"]) > 3
        assert damages(library) == []
        # once more, all of it, from files that changed
        for path in paths:
            path.write_bytes(path.read_bytes().replace(b"\n", b" \n", 1))
        ingest.run(whole, [tmp_path / "files"])
        monkeypatch.setattr(reading, "LONG", LONG)
        kept.clear()
        again = ingest.run(library, [tmp_path / "files"])
        assert len(kept) > 40
        assert (again.counts.new, again.counts.updated) == (0, 0)
        assert stored(library) == stored(whole)
        assert damages(library) == []
