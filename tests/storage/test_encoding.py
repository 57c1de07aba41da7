"""JSON as it is stored must not depend on which library happened to be loaded: texts are compared, and have a checksum."""

import subprocess
import sys
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.storage import encoding

texts = st.text(st.characters(exclude_categories=()), max_size=8)  # with surrogates
LARGE = st.sampled_from([2**63, -(2**63), 2**64 - 1])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | LARGE | st.floats() | texts,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts | st.integers(), below, max_size=4) | st.tuples(below, below),
    max_leaves=12,
)


def written(value: Any) -> bytes | None:
    try:
        return encoding.dumps(value)
    except TypeError:
        return None


@given(values)
def test_both_write_the_same(value: Any) -> None:
    expected = written(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "orjson")
        assert written(value) == expected
    if expected is not None:
        assert expected == orjson.dumps(value)


def test_deep_and_long_values_are_left_to_orjson() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    script = "import sys; from chatviewer.storage.encoding import dumps; dumps([1] * 5000); print('orjson' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "True\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "orjson")
        assert written(deep) is None
