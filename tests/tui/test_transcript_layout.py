"""What belongs together in a transcript stands together."""

from chatviewer.domain import MessageStub, Role
from chatviewer.tui.widgets.transcript_layout import TranscriptLayout


def chain(*parts: tuple[Role, int]) -> TranscriptLayout:
    """A conversation without branches: each part is a role and its number of tool calls."""
    return TranscriptLayout([MessageStub(seq, seq - 1, role, 40, 0, calls, 0) for seq, (role, calls) in enumerate(parts)])


def test_what_programs_put_in_does_not_break_a_reply() -> None:
    layout = chain((Role.USER, 0), (Role.ASSISTANT, 1), (Role.SYSTEM, 0), (Role.SYSTEM, 0), (Role.ASSISTANT, 1), (Role.ASSISTANT, 0))
    places = [layout.place(index) for index in range(6)]
    assert [place.is_continuation for place in places] == [False, False, True, True, True, True]
    assert [place.follows_system for place in places] == [False, False, True, True, False, False]
    assert [place.follows_calls for place in places] == [False, False, False, False, True, True]


def test_a_prompt_and_what_stands_below_it_begin_anew() -> None:
    layout = chain((Role.USER, 0), (Role.SYSTEM, 0), (Role.ASSISTANT, 0), (Role.USER, 0), (Role.ASSISTANT, 0))
    assert not any(layout.place(index).is_continuation for index in range(5))


def test_only_so_many_notices_are_looked_over() -> None:
    layout = chain((Role.ASSISTANT, 1), *[(Role.SYSTEM, 0)] * 10_000)
    assert layout.place(5).is_continuation
    assert not layout.place(10_000).is_continuation
