"""How many examples a property test tries. In every test run they are the same ones: a change is judged by what it changes, not by what
chance brings. `CHATVIEWER_FUZZ=1000 python -m pytest -m hypothesis` looks for others, at least 1,000 for each property."""

import os

FUZZ = int(os.environ.get("CHATVIEWER_FUZZ", "0"))


def examples(usual: int) -> int:
    """The number of examples, `usual` in every test run."""
    return max(usual, FUZZ)
