"""The headings of the list: where they stand, what they count."""

from array import array
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer.storage.library import Library
from chatviewer.storage.sessions import SORTS as ALL_SORTS
from chatviewer.tui.formatting import day_heading
from chatviewer.tui.grouping import day_headings, named_groups
from chatviewer.tui.listing import SORTS
from chatviewer.tui.modals.sorting import current_sort, sort_choices
from chatviewer.tui.widgets.row_layout import Heading
from chatviewer.tui.widgets.session_rows import SessionRows
from tests.tui.conftest import NOW, settle
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


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


async def test_the_list_is_grouped_by_project_and_stays_so(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        count = len(main.session_list.rows)
        await press(pilot, "j", "j")
        before = main.session_list.cursor_id
        await press(pilot, "s", *"group", "space", *"proj", "enter")
        rows = main.session_list.rows
        assert isinstance(rows, SessionRows)
        assert main.session_list.cursor_id == before, "the cursor stays on its session"
        assert sum(heading.size or 0 for heading in rows.headings) == len(rows) == count
        assert {"api", "infra", "No project"} <= {heading.text for heading in rows.headings}
        projects = [summary.project for summary in demo_library.summaries(rows.ids)]
        assert len([project for project, _ in groupby(projects)]) == len(set(projects)) == len(rows.headings)
        assert str(main.session_list.border_title) == "By project · newest first"
        await press(pilot, "s", *"title", "down", "enter")
        rows = main.session_list.rows
        assert isinstance(rows, SessionRows)
        assert rows.headings[0].text == "web-shop"
        assert main.session_list.cursor == 0, "what comes first in the new order"
        await press(pilot, "right_curly_bracket")
        assert main.session_list.cursor == rows.headings[1].row
    assert demo_library.preference("list_groups") == "project"
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        assert (main.listing.group, main.listing.sort) == ("project", "-title")
        assert main.session_list.rows.layout(False).headings
        await press(pilot, "u")
        assert main.listing.group == "day", "it is a preference: it can be undone, and that is seen"


async def test_the_sort_menu_marks_what_holds_and_goes_both_ways(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        for key in SORTS:
            values = [choice.value for choice in sort_choices(main.listing)]
            assert f"sort:{key}" in values
            main.listing.sort_by(key)
            await settle(pilot)
            assert isinstance(main.session_list.rows, SessionRows)
            assert main.session_list.rows.ids == demo_library.session_ids(sort=key)
            assert current_sort(main.listing) == (f"sort:{key}", "group:day")
        assert {key.lstrip("-") for key in SORTS} == {key for key in SORTS if not key.startswith("-")} == set(ALL_SORTS)


def test_projects_of_one_name_are_told_apart() -> None:
    library = SimpleNamespace(
        session_groups=lambda *_, **__: [("/a/api", array("q", [1, 2])), ("/b/api", array("q", [3])), ("", array("q", [4]))]
    )
    ids, headings = named_groups(library, None, "project", "recent", 4)  # type: ignore[arg-type]
    assert list(ids) == [1, 2, 3, 4]
    assert headings == [Heading(0, "/a/api", 2), Heading(2, "/b/api", 1), Heading(3, "No project", None)]
