"""An importer by the name of its source."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatviewer.importers.registry import SHARED, importer_of, importers

PACKAGE = Path(__file__).resolve().parents[2] / "chatviewer" / "importers"


@pytest.mark.parametrize("source", [importer.source for importer in importers()])
def test_every_source_finds_its_importer(source: str) -> None:
    found = importer_of(source)
    assert found is not None
    assert found.source == source


def test_no_source_finds_none() -> None:
    assert importer_of("nothing at all") is None


def test_every_importer_that_is_written_is_found() -> None:
    written = {
        name for path in PACKAGE.glob("*.py") for name in re.findall(r"^class (\w+)\(Importer\):", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {type(importer).__name__ for importer in importers()} == written
    assert all((PACKAGE / f"{name}.py").exists() for name in SHARED)
    modules = {type(importer).__module__.rpartition(".")[2] for importer in importers()}
    others = {path.stem for path in PACKAGE.glob("*.py")} - modules - {"__init__", *SHARED}
    assert {name for name in others if not name.startswith(tuple(f"{module}_" for module in modules))} == set()


def test_finding_all_loads_nothing_that_only_reading_needs() -> None:
    script = (
        "import sys; from chatviewer.importers.registry import importers; found = importers(); "
        "print(len(found), *{'zipfile', 'orjson', 'dataclasses', 'pkgutil'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PACKAGE.parents[1], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(importers()))]
