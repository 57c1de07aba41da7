"""JSON that never carries a control, whatever it is made of."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import safe
from chatviewer.exporters.encoding import _pieces, dumps

texts = st.text(st.characters(exclude_categories=()))  # lone surrogates, controls, everything
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(texts)
def test_no_text_leaves_a_control_or_half_a_character(text: str) -> None:
    encoded = dumps(text)
    encoded.encode("utf-8")
    assert safe(encoded) == encoded or max(encoded) >= "\u0300"  # marks beyond the cap stay: they are content, not commands
    assert "\n" not in encoded
    assert json.loads(encoded) == json.loads(json.dumps(text))  # a surrogate pair given as two halves is read back as one


@given(values)
def test_both_ways_of_writing_agree(value: Any) -> None:
    assert "".join(_pieces(value)) == json.JSONEncoder(ensure_ascii=False).encode(value)


def test_what_the_standard_library_refuses() -> None:
    assert dumps({"a": math.nan, "b": math.inf}) == '{"a": null, "b": null}'
    assert dumps(10**5000) == "1" + "0" * 5000
    assert dumps(-(10**9000) - 7) == "-1" + "0" * 8999 + "7"
    deep: Any = "bottom"
    for _ in range(20_000):
        deep = [deep]
    assert dumps(deep) == "[" * 20_000 + '"bottom"' + "]" * 20_000
    assert dumps({"a": {1, 2} - {2}}) == '{"a": "{1}"}'


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2028", "\ud800", "\ufeff", "\U000e0041", "\u200b"])
def test_controls_stand_as_escapes(char: str) -> None:
    encoded = dumps({f"k{char}": f"v{char}"})
    assert char not in encoded
    assert json.loads(encoded) == {f"k{char}": f"v{char}"}


def test_other_scripts_stay_as_they_are() -> None:
    assert dumps("日本 ü 👍🏽 ا") == '"日本 ü 👍🏽 ا"'
