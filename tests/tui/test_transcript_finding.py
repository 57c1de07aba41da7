"""Finding words in a transcript, and opening it at a match."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatviewer.domain import Message
from chatviewer.errors import DatabaseDamagedError
from chatviewer.tui.messages import FindProgressed, WorkFailed
from chatviewer.tui.rendering.message import Child
from tests.chance import examples
from tests.tui.reading import ListSource, ReadingApp, call, conversation, cursor_line, screen, settle, show, stubs_of, summary_of


@pytest.fixture
def app() -> ReadingApp:
    return ReadingApp()


async def test_finding_counts_goes_round_and_returns(app: ReadingApp) -> None:
    messages = conversation(300)
    messages[250] = messages[250]._replace(content="a nee**dle in** `bold` and\n```\nneedle in code\n```")
    messages[251] = messages[251]._replace(tool_calls=(call("c", "x\n" * 700 + "the needle in an output"),))
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages)
        view.find("Needle in")
        await settle(pilot)
        found = app.last(FindProgressed)
        assert (found.current, found.total, found.is_complete) == (1, 3, True)  # type: ignore[attr-defined]
        assert view.cursor_seq == 250
        view.find_next()
        view.find_next()
        await settle(pilot)
        assert "the needle in an output" in screen(view)[cursor_line(view)]  # unfolded for it
        view.find_next()
        await settle(pilot)
        assert view.cursor_seq == 250
        assert not view.layout_of_rows.levels_of(251)  # and folded back
        view.end_find()
        await settle(pilot)
        assert view.cursor_seq == 0


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
@settings(max_examples=examples(50), deadline=None)
def test_no_find_text_raises(text: str) -> None:
    from chatviewer.tui.widgets.find_patterns import find_pattern, words_pattern

    find_pattern(text)
    words_pattern(text.split(" "))


async def test_a_library_that_cannot_be_read_any_more_is_said(app: ReadingApp) -> None:
    class Damaged(ListSource):
        is_damaged = False

        def messages(self, seqs: Sequence[int]) -> list[Message]:
            if self.is_damaged:
                raise DatabaseDamagedError("The database is damaged.")
            return super().messages(seqs)

        def child(self, uid: str) -> Child | None:
            raise DatabaseDamagedError("The database is damaged: no sub-agent.")

    messages = conversation(300)
    messages[0] = messages[0]._replace(tool_calls=(call("c", "x")._replace(child_uid="child"),))
    source = Damaged(messages)
    async with app.run_test(size=(100, 30)) as pilot:
        view = app.view
        view.show(summary_of(messages), stubs_of(messages), source)
        await settle(pilot)
        view.action_unfold_all()
        await settle(pilot)
        assert app.last(WorkFailed).sentence == "The database is damaged: no sub-agent."  # type: ignore[attr-defined]
        source.is_damaged = True
        view.find("message")
        await settle(pilot)
        assert app.last(WorkFailed).sentence == "The database is damaged."  # type: ignore[attr-defined]


async def test_opening_at_a_match_in_a_folded_output(app: ReadingApp) -> None:
    messages = conversation(100)
    messages[61] = messages[61]._replace(tool_calls=(call("c", "x\n" * 900 + "here is the word_we_want"),))
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages, at_seq=61, words=["word_we_want"])
        assert "here is the word_we_want" in screen(view)[cursor_line(view)]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("error", "raises vafiviError here"),
        ("server", "the HTTPServer class"),
        ("tail", "a_snake_tail_name"),
        ("7", "python3 line v1.7"),
        ("検索", "日本語の検索が一致しない"),
        ("resume", "ein Résumé davon"),
        ("café", "the cafe is open"),
        ("한글", "이것은한글입니다"),
    ],
)
async def test_opening_at_a_part_of_a_name(app: ReadingApp, word: str, text: str) -> None:
    messages = conversation(40)
    messages[21] = messages[21]._replace(content="filler\n\n" * 80 + text)
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages, at_seq=21, words=[word])
        assert text in screen(view)[cursor_line(view)]


@pytest.mark.parametrize(("word", "text"), [("cat", "education"), ("error", "terrors"), ("rror", "someError")])
def test_what_the_index_does_not_find_is_not_lit(word: str, text: str) -> None:
    from chatviewer.tui.widgets.find_patterns import words_pattern

    pattern = words_pattern([word])
    assert pattern is not None
    assert pattern.search(text) is None


async def test_a_match_in_another_branch_is_told_and_gone_to(app: ReadingApp) -> None:
    messages = conversation(30)
    messages[29] = messages[29]._replace(parent_uid="m9", content="the needle is over here")  # an alternative to message 10
    messages[5] = messages[5]._replace(content="a needle before the fork")
    async with app.run_test(size=(100, 30)) as pilot:
        view = await show(pilot, messages)
        view.show_message(20)
        await settle(pilot)
        path = list(view.layout_of_rows.path)
        assert 29 not in path
        view.find("needle")
        await settle(pilot)
        found = app.last(FindProgressed)
        assert (found.total, found.elsewhere) == (1, 1)  # type: ignore[attr-defined]
        view.find_next()
        await settle(pilot)
        assert view.cursor_seq == 29
        found = app.last(FindProgressed)
        assert (found.current, found.total, found.elsewhere) == (2, 2, 0)  # type: ignore[attr-defined]
        view.end_find()
        await settle(pilot)
        assert view.cursor_seq == 20
        assert view.layout_of_rows.path == path
