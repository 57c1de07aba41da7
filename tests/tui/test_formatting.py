"""How numbers, times and paths are written in the viewer."""

import pytest

from chatviewer.tui.formatting import fit_path


@pytest.mark.parametrize(
    ("path", "width", "shown"),
    [
        ("/a/b/c.py", 20, "/a/b/c.py"),
        ("/home/me/src/api/tests/conftest.py", 20, "…/tests/conftest.py"),
        ("/home/me/conftest_with_a_long_name.py", 12, "…/conftest_…"),
        ("src/\x1b[31m/c.py", 40, "src/␛[31m/c.py"),
    ],
)
def test_paths_keep_their_end(path: str, width: int, shown: str) -> None:
    assert fit_path(path, width) == shown
