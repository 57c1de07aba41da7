"""Numbers and names as people say them."""

import pytest

from chatviewer.domain.sanitizing import safe_line
from chatviewer.domain.wording import byte_size, counted, project_name, step_line


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_400, "12 kB"), (3_400_000, "3.4 MB"), (20_000_000_000, "20 GB")]
)
def test_byte_size(number: int, words: str) -> None:
    assert byte_size(number) == words


def test_counted() -> None:
    assert [counted(number, "session") for number in (0, 1, 4182)] == ["0 sessions", "1 session", "4,182 sessions"]


@pytest.mark.parametrize(
    ("project", "name"),
    [("/home/me/api", "api"), ("/home/me/api/", "api"), ("C:\\work\\api", "api"), ("/", "/"), ("", ""), ("/a/\x1b[31m", "␛[31m")],
)
def test_project_name(project: str, name: str) -> None:
    assert project_name(project) == name


@pytest.mark.parametrize(("length", "is_told"), [(10, False), (50, False), (200, False), (0, True)])
def test_a_title_that_the_words_hold_is_not_told_twice(length: int, is_told: bool) -> None:
    title = "A title that goes on and on. " * 7
    words = f"renamed a session to {safe_line(title[:length], 60) or 'another one'}"
    assert (step_line(words, title[: length or 20]) != words) == is_told
