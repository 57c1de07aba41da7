"""An importer by the name of its source."""

import pytest

from chatviewer.importers.registry import importer_of, importers


@pytest.mark.parametrize("source", [importer.source for importer in importers()])
def test_every_source_finds_its_importer(source: str) -> None:
    found = importer_of(source)
    assert found is not None
    assert found.source == source


def test_no_source_finds_none() -> None:
    assert importer_of("nothing at all") is None
