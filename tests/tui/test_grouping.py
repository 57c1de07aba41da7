"""The headings of the list: where they stand, what they count."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatviewer.tui.formatting import day_heading
from chatviewer.tui.grouping import day_headings
from chatviewer.tui.widgets.row_layout import Heading
from tests.tui.conftest import NOW


class TimedLibrary:
    def __init__(self, times: list[datetime | None]) -> None:
        self.times = times
        self.asked = 0

    def summaries(self, ids: Any) -> list[Any]:
        self.asked += len(ids)
        return [SimpleNamespace(id=id_, last_message_at=self.times[id_], started_at=self.times[id_]) for id_ in ids]


@given(st.lists(st.integers(0, 3 * 365 * 24), max_size=60), st.integers(0, 3))
def test_headings_are_where_a_walk_over_all_sessions_would_put_them(hours: list[int], undated: int) -> None:
    times: list[datetime | None] = [NOW - timedelta(hours=number) for number in sorted(hours)]
    times += [None] * undated
    expected: list[Heading] = []
    for row, at in enumerate(times):
        text = day_heading(at, NOW)
        if not expected or expected[-1].text != text:
            expected.append(Heading(row, text, 0))
        expected[-1] = expected[-1]._replace(size=row - expected[-1].row + 1)
    library = TimedLibrary(times)
    assert day_headings(library, range(len(times)), [], "recent", NOW, is_partial=False) == expected  # type: ignore[arg-type]
    partial = day_headings(library, range(len(times)), [], "recent", NOW, is_partial=True)  # type: ignore[arg-type]
    assert partial == [*expected[:-1], *(heading._replace(size=None) for heading in expected[-1:])]


def test_headings_of_a_long_list_ask_for_few_sessions() -> None:
    library = TimedLibrary([NOW - timedelta(minutes=20 * number) for number in range(100_000)])
    headings = day_headings(library, range(100_000), [], "recent", NOW, is_partial=False)  # type: ignore[arg-type]
    assert [heading.text for heading in headings[:3]] == ["Today", "Yesterday", "Tuesday"]
    assert library.asked < 2000
    assert day_headings(library, range(100_000), [], "title", NOW, is_partial=False) == []  # type: ignore[arg-type]


def test_days_have_names() -> None:
    def heading(**ago: float) -> str:
        return day_heading(NOW - timedelta(**ago), NOW)

    assert heading(hours=1) == "Today"
    assert heading(days=-2) == "Today"
    assert heading(days=1) == "Yesterday"
    assert heading(days=2) == "Tuesday"
    assert heading(days=20) == "February"
    assert heading(days=100) == "December 2025"
    assert day_heading(None, NOW) == "No date"
    assert day_heading(datetime(1, 1, 1, tzinfo=UTC), NOW).endswith("1")
