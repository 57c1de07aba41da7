"""Foreign values made into ours."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import Message, Role
from chatviewer.importers.building import (
    block_text,
    first_prompt_title,
    image_attachment,
    parse_time,
    text,
    whole_number,
    without_cycles,
    word,
)

MOMENT = datetime(2026, 3, 1, 12, 30, 45, tzinfo=UTC)
SECONDS = 1772368245


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:30:45Z",
        "2026-03-01T12:30:45.000Z",
        "2026-03-01T12:30:45",
        "2026-03-01 12:30:45",
        "2026-03-01 12:30:45 UTC",
        "2026-03-01 12:30:45 +0000",
        "2026-03-01T13:30:45+01:00",
        "2026-03-02T02:30:45+14:00",
        "20260301T123045Z",
        " 2026-03-01t12:30:45z ",
        SECONDS,
        float(SECONDS),
        SECONDS * 1000,
        SECONDS * 1_000_000,
        SECONDS * 1_000_000_000,
        str(SECONDS),
        str(SECONDS * 1000),
        "2026-03-01T12:30:44.999999999Z",
    ],
)
def test_every_form_of_a_moment(value: object) -> None:
    moment = parse_time(value)
    assert moment is not None
    assert moment.tzinfo is UTC
    assert abs(moment - MOMENT) < timedelta(microseconds=2)


def test_fractions_and_leap_seconds() -> None:
    assert parse_time("2026-03-01T12:30:45.123Z") == MOMENT + timedelta(milliseconds=123)
    assert parse_time(SECONDS + 0.25) == MOMENT + timedelta(milliseconds=250)
    assert parse_time(SECONDS * 1000 + 7) == MOMENT + timedelta(milliseconds=7)
    assert parse_time("2016-12-31T23:59:60Z") == datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "yesterday", [], {}, True, 0, -1, 10**30, float("nan"), float("inf"), "1e999", "Z", "12:60"),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z"),
        *("2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_what_is_no_moment_is_none(value: object) -> None:
    assert parse_time(value) is None


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.datetimes().map(str)))
def test_a_time_is_aware_utc_or_none(value: object) -> None:
    moment = parse_time(value)
    assert moment is None or moment.tzinfo is UTC


def test_fields_of_the_wrong_type() -> None:
    assert [text(value) for value in ("a", None, 1, ["x"], {"a": None})] == ["a", "", "1", '["x"]', '{"a": null}']
    assert [word(value) for value in ("a", "", 7, None, True, 1.5, [])] == ["a", None, "7", None, None, None, None]
    assert [whole_number(value) for value in (0, 5, -1, 2**63, True, 1.0, "1", None)] == [0, 5, None, None, None, None, None, None]


def test_the_text_of_blocks() -> None:
    assert block_text([{"type": "text", "text": "a"}, {"type": "image", "source": {}}, "b", 3, {"x": "y"}]) == 'a\nb\n3\n{"x": "y"}'
    assert block_text([["nested"]]) == '["nested"]'
    assert block_text(None) == ""


def test_images_keep_their_bytes() -> None:
    data = base64.b64encode(b"\x89PNG....").decode()
    for value in (data, "data:image/png;base64," + data):
        image = image_attachment(value, "image/png")
        assert image is not None
        assert (image.data, image.byte_count, image.media_type) == (b"\x89PNG....", 8, "image/png")
        assert len(image.sha256 or "") == 64
    for value in (None, "", 3, "a"):
        assert image_attachment(value) is None


def prompt(content: str, role: Role = Role.USER) -> Message:
    return Message(uid=content, role=role, content=content)


@pytest.mark.parametrize(
    ("contents", "title"),
    [
        (["/clear", "Fix   the\tflaky test\nplease"], "Fix the flaky test"),
        (["<command-name>/init</command-name>\n<command-args></command-args>", "Now the docs"], "Now the docs"),
        (["<system-reminder>be good</system-reminder>\n# Add a login page"], "Add a login page"),
        (["2026-01-01 10:00:00 ERROR boom\nTraceback (most recent call last):\nWhy does this fail?"], "Why does this fail?"),
        (["Caveat: The messages below were generated", "hello"], "hello"),
        (["/review"], "/review"),
        (["x" * 500], "x" * 119 + "…"),
        (["\x1b]0;owned\x07 hi"], "␛]0;owned␇ hi"),
        ([], ""),
        (["   "], ""),
    ],
)
def test_the_title_is_the_first_real_prompt(contents: list[str], title: str) -> None:
    messages = [prompt("You are a model", Role.SYSTEM), *map(prompt, contents)]
    assert first_prompt_title(messages) == title


def climbs_to_a_root(parents: dict[str, str | None]) -> bool:
    for key in parents:
        steps, at = 0, parents[key]
        while at is not None:
            steps, at = steps + 1, parents[at]
            if steps > len(parents):
                return False
    return True


@given(st.lists(st.integers(-1, 12), max_size=12))
def test_without_cycles_every_key_leads_to_a_root_and_little_is_cut(numbers: list[int]) -> None:
    parents = {str(n): (None if parent < 0 else str(parent)) for n, parent in enumerate(numbers)}
    cut = without_cycles(parents)
    assert list(cut) == list(parents)
    assert climbs_to_a_root(cut)
    wrong = [key for key in cut if cut[key] != parents[key] and parents[key] in parents]
    if climbs_to_a_root({key: parent if parent in parents else None for key, parent in parents.items()}):
        assert wrong == []


def test_a_long_cycle_is_cut_once_at_its_first_key() -> None:
    parents: dict[str, str | None] = {str(n): str((n - 1) % 1000) for n in range(1000)}
    cut = without_cycles(parents)
    assert cut["0"] is None
    assert sum(parent is None for parent in cut.values()) == 1
    assert without_cycles({"a": "a", "b": "gone", "c": "b"}) == {"a": None, "b": None, "c": "b"}
