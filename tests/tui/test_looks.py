"""What is seen at first sight: nothing cut off in the middle, no empty rows, text that can be read in every theme."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.pilot import Pilot

from chatviewer.domain import Hit, HitKind
from chatviewer.domain.preference import find_preference
from chatviewer.storage.library import Library
from chatviewer.tui.actions import ACTIONS, ALL_PANES, LIST, SECTIONS, TRANSCRIPT, actions_for, help_sections
from chatviewer.tui.advising import EXAMPLES, example_line
from chatviewer.tui.messages import FindProgressed
from chatviewer.tui.widgets.find_box import progress_words
from chatviewer.tui.widgets.hit_painting import HitPainter, snippet_lines
from chatviewer.tui.widgets.row_facts import Fact, shown_facts
from chatviewer.tui.widgets.row_painting import Looks, RowState
from chatviewer.tui.widgets.session_list import SessionList
from tests.tui.conftest import settle
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("width", range(20, 130, 5))
def test_examples_are_shown_whole_or_not_at_all(width: int) -> None:
    line = example_line(15, width).plain.rstrip()
    shown = [words for words in line.strip().split("   ") if words]
    examples = [f"{field}{value}" for field, value in EXAMPLES]
    assert cell_len(line) <= width
    assert shown == examples[: len(shown)]
    assert len(shown) == len(examples) or cell_len(f"{line or ' ' * 15}   {examples[len(shown)]}") > width


def test_the_keys_of_a_find_are_said_where_they_have_room() -> None:
    progress = FindProgressed("test", 2, 33, True, 3)
    assert progress_words(progress, 80) == "2/33 · 3 messages in other branches · n next, N previous"
    assert progress_words(progress, 40) == "2/33 · 3 messages in other branches"
    assert progress_words(FindProgressed("test", 0, 0, True, 0), 40) == "not found · n next, N previous"
    assert progress_words(FindProgressed("", 0, 0, True, 0), 40) == ""


def test_a_project_is_cut_before_the_source_is_left_out() -> None:
    facts = [Fact("source", "claude-code"), Fact("project", "data-pipeline")]

    def shown(room: int) -> str:
        return "".join(text for text, _ in shown_facts(facts, room))

    assert shown(27) == "claude-code · data-pipeline"
    assert shown(24) == "claude-code · data-pipe…"
    assert shown(22) == "claude-code · data-pi…"
    assert shown(21) == "data-pipeline"  # hardly anything of it were left
    facts.append(Fact("status", "archived"))
    assert shown(24) == "data-pipeline · archived"
    assert shown(23) == "data-pipeli… · archived"
    assert shown(19) == "data-pi… · archived"
    assert shown(18) == "archived"


def test_the_heading_of_hits_shows_the_title_rather_than_the_source() -> None:
    painter = HitPainter(Looks(*[Style()] * 7), lambda: NOW, is_dense=False, has_dates=False)
    hit = Hit(1, "s", "Fix the flaky import test", "claude-code", "", "m", 0, None, NOW - timedelta(hours=2), "", HitKind.TEXT)

    def shown(width: int) -> str:
        return "".join(segment.text for segment in painter.hit_heading(hit, width))

    assert shown(60).split() == [*hit.title.split(), "claude-code", "·", "2", "h"]
    assert shown(38).split() == [*hit.title.split(), "2", "h"]
    assert "…" in shown(30)
    assert "claude-code · 2 h" in shown(30)


@pytest.mark.parametrize(("size", "has_order"), [((80, 24), False), ((200, 50), True)])
async def test_the_title_of_search_results_is_not_cut(
    open_viewer: OpenViewer, demo_library: Library, size: tuple[int, int], has_order: bool
) -> None:
    async with open_viewer(demo_library, size=size) as pilot:
        await press(pilot, "slash", *"test")
        title = str(main_of(pilot).session_list.border_title)
        assert title.startswith("18 hits in 9 sessions")
        assert ("newest first" in title) is has_order
        assert title in "\n".join("".join(segment.text for segment in line) for line in pilot.app.screen._compositor.render_strips())


def test_below_a_title_that_is_found_stands_where_it_belongs() -> None:
    painter = HitPainter(Looks(*[Style()] * 7), lambda: NOW, is_dense=False, has_dates=False)
    hit = Hit(1, "s", "Import", "claude-code", "/home/me/api", None, 0, None, NOW, "\x02Import\x03", HitKind.TITLE)

    def line(hit: Hit, offset: int) -> str:
        segments = painter.hit(hit, offset, 40, RowState())
        assert sum(cell_len(segment.text) for segment in segments) in (39, 40)
        return "".join(segment.text for segment in segments).strip()

    assert [line(hit, offset) for offset in (0, 1)] == ["title · Import", "claude-code · api"]
    assert line(hit._replace(project=""), 1) == "claude-code"
    assert line(hit._replace(kind=HitKind.TEXT), 1) == ""


def test_a_snippet_without_spaces_begins_beside_who_says_it() -> None:
    lines = [
        "".join(text for text, _ in line)
        for line in snippet_lines("请帮我安排\x02七天\x03的京都行程，不要太赶，喜欢寺庙和小店。", 30, 2, "you · ")
    ]
    assert lines == ["you · 请帮我安排七天的京都行程", "，不要太赶，喜欢寺庙和小店。"]
    words = ["".join(text for text, _ in line) for line in snippet_lines("somewhat longer in Zürich", 12, 3, "you · ")]
    assert words == ["you ·", "somewhat", "longer in Z…"]  # those of other scripts stay whole


def test_every_key_of_the_help_stands_in_a_section() -> None:
    assert ACTIONS[0].id in SECTIONS
    assert set(SECTIONS) <= {action.id for action in ACTIONS}
    for pane in ALL_PANES:
        told = {words for _name, lines in help_sections(pane) for _keys, words in lines}
        assert told == {action.help for action in actions_for(pane)}
        assert next(name for name, _lines in help_sections(pane)) == "Moving"
    assert {name for name, _lines in help_sections(LIST)} == {*SECTIONS.values()} - {"Reading"}
    reading = dict(help_sections(TRANSCRIPT))["Reading"]
    assert ("J  K", "Next or previous message") in reading
    assert ("1  2  3  4  5", "Rate the reply under the cursor") in reading


async def test_the_help_names_its_sections(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "question_mark")
        lines = str(pilot.app.screen.query_one("#help Static").render()).split("\n")  # type: ignore[attr-defined]
        assert lines[:3] == ["Session list", "", "Moving"]
        assert lines[lines.index("Marking") - 1] == ""


async def test_no_dialog_ends_in_empty_rows(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        for key in ("f", "s", "x"):
            await press(pilot, key)
            dialog, hint = pilot.app.screen.query_one("#dialog"), pilot.app.screen.query_one("#hint")
            assert hint.region.bottom == dialog.region.bottom - 1, key
            await press(pilot, "escape")


async def test_the_palette_looks_like_the_dialogs_and_begins_with_what_works_here(open_viewer: OpenViewer, demo_library: Library) -> None:
    async with open_viewer(demo_library) as pilot:
        await press(pilot, "enter", "colon")
        palette = pilot.app.screen
        box = palette.query_one("#--container")
        assert str(box.border_title) == "Palette"
        assert box.styles.border_top[0] == "round"
        assert not palette.query_one("SearchIcon").display
        await pilot.pause(0.2)
        await settle(pilot)
        options = palette.query_one("CommandList")
        names = [str(options.get_option_at_index(number).prompt).split("  ·")[0] for number in range(5)]  # type: ignore[attr-defined]
        assert "Narrow" not in names  # it belongs to the library pane
        assert "Find" in names


async def test_the_first_frame_of_a_first_start_says_nothing_that_is_not_so(
    open_viewer: OpenViewer, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(SessionList, "say_when_empty", lambda _list, words: said.append(Content.from_text(words, markup=False).plain))
    async with open_viewer(library) as pilot:
        assert main_of(pilot).has_class("-first-start")
    assert "" in said
    assert all("Welcome" in words for words in said[said.index("") + 1 :])


@pytest.mark.parametrize("theme", find_preference("theme").choices)
async def test_what_is_written_in_the_accent_can_be_read_in_every_theme(open_viewer: OpenViewer, demo_library: Library, theme: str) -> None:
    demo_library.set_preference("theme", theme)
    async with open_viewer(demo_library) as pilot:
        main = main_of(pilot)
        ground = main.session_list.styles.background
        for name in ("accent", "tag"):
            style = main.session_list.get_visual_style(f"session-list--{name}")
            assert style.foreground is not None
            assert _contrast(ground + style.foreground, ground) >= 3, name  # as WCAG asks of what is large or bold, and of signs
        brand = main.query_one("#brand").styles.color
        assert _contrast(ground + brand, ground) >= 3


def _contrast(one: Color, other: Color) -> float:
    def luminance(color: Color) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
