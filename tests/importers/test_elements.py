"""A large array is cut into its elements whatever is in them, and broken elements cost only themselves."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatviewer.importers import elements
from chatviewer.importers.elements import ElementReader
from tests.chance import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


NOT_JSON = "not JSON: expecting value"


def cut(data: bytes, limit: int = elements.MAX_ELEMENT) -> list[tuple[int, int, Any]]:
    """Number, line, and value or reason."""
    return [(number, line, reason or value) for number, line, value, reason in ElementReader(io.BytesIO(data), limit)]


def values(data: bytes) -> list[Any]:
    return [value for _, _, value in cut(data)]


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_array_is_cut_into_what_it_holds(array: list[Any], indent: Any, is_ascii: bool) -> None:
    text = json.dumps(array, indent=indent, ensure_ascii=is_ascii)
    assert values(text.encode("utf-8", "surrogatepass")) == array


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=6))
def test_chunks_may_end_anywhere(array: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "_CHUNK", 7)
        patch.setattr(elements, "_MAX_CHUNK", 9)
        assert values(json.dumps(array).encode()) == array


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_raise_or_hang(data: bytes) -> None:
    cut(data)
    cut(b'[{"a": ' + data)
    cut(b'[{"a":1},' + data + b',{"a":2}]', limit=16)


def test_one_object_json_lines_and_the_wrapper() -> None:
    assert values(b'\xef\xbb\xbf {"a": 1}') == [{"a": 1}]
    assert cut(b'{"a": 1}\n\n{"a": 2}\n') == [(1, 1, {"a": 1}), (2, 3, {"a": 2})]
    assert values(b'{"conversations": [{"a": 1}, {"a": 2}], "version": [3]}') == [{"a": 1}, {"a": 2}]
    assert values('[{"a": "é"}]'.encode("utf-16")) == [{"a": "é"}]


def test_lines_are_counted() -> None:
    assert [line for _, line, _ in cut(b'[\n {"a":\n1},\n\n {"a": 2}, {"a": 3}\n]')] == [2, 5, 5]


def test_a_broken_element_costs_itself() -> None:
    assert values(b'[{"a": 1}, {"a": nope}, {"a": 3}]') == [{"a": 1}, NOT_JSON, {"a": 3}]
    assert values(b'[{"a": 1}, {"a": "no end}, {"a": 3}, {"a": 4}]') == [{"a": 1}, "it is damaged", {"a": 3}, {"a": 4}]
    assert values(b'[{"a": 1}, {"a": [2}, {"a": 3}, {"a": 4}]')[2:] == [{"a": 3}, {"a": 4}]


def test_a_cut_file_keeps_what_was_whole() -> None:
    assert values(b'[{"a": 1}, {"a": 2}, {"a": "thr') == [{"a": 1}, {"a": 2}, "it is cut off: the file ends in the middle of it"]


def test_what_is_no_json_is_told_once() -> None:
    assert values(b"<html><body>sign in</body></html>") == ["it is not JSON"]
    assert values(b"") == values(b" \n") == values(b"[]") == values(b"\x00\x00") == []


def test_an_endless_element_is_passed_over_in_bounded_memory() -> None:
    long = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    found = values_with_limit(b'[{"a": 1}, ' + long + b', {"a": 3}]')
    assert found == [{"a": 1}, "it is longer than 1 MiB", {"a": 3}]


def values_with_limit(data: bytes) -> list[Any]:
    return [value for _, _, value in cut(data, limit=1 << 20)]


def test_a_list_without_its_end_is_told_even_if_every_element_is_whole() -> None:
    reason = "it is cut off: the list that it stands in has no end"
    assert cut(b'[{"a": 1}, {"a": 2}') == [(1, 1, {"a": 1}), (2, 1, {"a": 2}), (3, 1, reason)]
    assert [number for number, *_ in cut(b"[" + b" " * 1000)] == [1]
    assert values(b'[{"a": 1}]\n') == [{"a": 1}]
