"""Numbers and names as people say them."""

import pytest

from chatviewer.domain.wording import byte_size, counted, project_name


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
