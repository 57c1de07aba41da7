"""What the box offers while a field is typed."""

import pytest

from chatviewer.domain import LibraryCounts
from chatviewer.tui.completing import completions, is_asked
from tests.measuring import cpu_seconds

COUNTS = LibraryCounts(tags={"release": 3, "to do": 2}, sources={"codex": 4, "chatgpt": 1})


def offered(text: str) -> list[str]:
    return [each.text for each in completions(text, COUNTS, {"Bash": 2})]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sou", ["source:"]),
        ("x -sour", ["x -source:"]),
        ("source:c", ["source:codex", "source:chatgpt"]),
        ("(source:co", ["(source:codex"]),
        ("source:codex,ch", ["source:codex,chatgpt"]),
        ('tag:"to', ['tag:"to do"']),
        ('tag:"to do",rel', ['tag:"to do",release']),
        ("tag:release", []),
        ("source:codex ", []),
        ('"tag:" rel', []),
        ("tool:ba", ["tool:Bash"]),
    ],
)
def test_what_is_begun_is_offered(text: str, wanted: list[str]) -> None:
    assert offered(text) == wanted


def test_a_field_is_asked_for_while_its_value_is_typed() -> None:
    assert is_asked("flaky tool:", "tool")
    assert is_asked('-tool:Edit,"a b",B', "tool")
    assert not is_asked("tool:Bash x", "tool")


@pytest.mark.parametrize("unit", ["-a:", "-a:b,", "a:b ", '-tag:"a b",', "aaaa", '" '])
@pytest.mark.parametrize("end", ["", "(", '"'])
def test_a_long_text_is_read_once(unit: str, end: str) -> None:
    assert cpu_seconds(lambda: offered(unit * 20_000 + end)) < 1
