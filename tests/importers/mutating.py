"""JSON values with parts replaced or taken away: what a broken or changed program might write."""

from typing import Any

from hypothesis import strategies as st

WEIRD: list[Any] = [None, True, 0, -1, 5, 1e300, "", "x", "\ud800", [], [None], {}, {"a": {}}, [[]], "9999-99-99T00:00:00Z", 10**30]


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """About one part in fifteen is not what it was."""
    return _mutated(value, draw)


def _mutated(value: Any, draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 14)) == 0:
        return draw(st.sampled_from(WEIRD))
    if isinstance(value, dict):
        return {key: _mutated(each, draw) for key, each in value.items() if draw(st.integers(0, 19))}
    if isinstance(value, list):
        return [_mutated(each, draw) for each in value]
    return value
