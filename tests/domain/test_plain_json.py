"""JSON without the standard library's module reads and writes as that does."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain.plain_json import dumps, loads, reader

texts = st.text(st.characters(exclude_categories=()), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=4),
    max_leaves=12,
)


def outcome(read: Any, *given: Any) -> tuple[str, str]:
    try:
        return "gives", repr(read(*given))
    except (ValueError, RecursionError) as error:
        return type(error).__name__, str(error) if isinstance(error, ValueError) else ""


@given(values)
def test_it_writes_and_reads_the_same(value: Any) -> None:
    written = dumps(value)
    assert written == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert loads(written) == value


@given(st.text('[]{}:,"\\ \t\n0123456789.eE+-NaInfity\x00\x1fäu\ud800', max_size=12))
def test_what_is_no_json_is_told_as_the_module_tells_it(text: str) -> None:
    assert outcome(loads, text) == outcome(json.loads, text)
    for at in (0, 1):
        assert outcome(reader(), text, at) == outcome(json.JSONDecoder().raw_decode, text, at)
        assert outcome(reader(strict=False), text, at) == outcome(json.JSONDecoder(strict=False).raw_decode, text, at)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "[1.5e400, -0.0]", "[" * 100_000, '{"a":1,"a":2}', '"\\ud83d\\ude00"', "9" * 5_000])
def test_odd_values(text: str) -> None:
    assert outcome(loads, text) == outcome(json.loads, text)


def test_the_module_is_loaded_only_for_what_is_no_json() -> None:
    script = (
        "import sys; from chatviewer.domain.plain_json import dumps, loads; loads(dumps({'a': [1, None]})); print('json' in sys.modules)\n"
        "try: loads('{\"a\" 1}')\n"
        "except ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "Expecting ':' delimiter: line 1 column 6 (char 5)"]


def test_a_python_without_the_parts_uses_the_module() -> None:
    script = (
        "import sys; sys.modules['_json'] = None\n"
        "from chatviewer.domain.plain_json import dumps, loads, reader\n"
        "print(dumps({'ä': [1, None]}), loads('{\"a\":[1]}'), reader()('[1] 2', 0))"
    )
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", script], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout == "{\"ä\":[1,null]} {'a': [1]} ([1], 3)\n"
