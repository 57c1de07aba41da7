"""docs/search.md is what the table of fields says, and its examples are right."""

import re
import runpy
from pathlib import Path

from chatviewer.query import parse
from chatviewer.query.fields import FIELDS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "search.md"


def test_the_document_is_the_one_that_the_table_makes() -> None:
    module = runpy.run_path(str(ROOT / "assets" / "search_docs.py"))
    assert module["document"]() == DOCUMENT.read_text(encoding="utf-8"), "run python assets/search_docs.py"


def test_its_examples_have_no_problems() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    typed = [example for example in re.findall(r"`([^`]+)`", text) if not example.startswith("chatviewer ")]
    assert len(typed) > 60
    for example in typed:
        assert not parse(example).problems, example


def test_every_field_stands_in_it() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in FIELDS:
        assert f"| `{name}:` |" in text
