"""All importers, found by looking into this package: a new format is a new file, nothing else."""

import sys
from functools import cache
from os import listdir
from types import ModuleType

from chatviewer.importers.base import Importer

# What formats share: loaded when one needs it, for to find out that there is one more session takes none of it.
SHARED = ("archive", "base", "building", "conversations", "elements", "long_lines", "parsing", "reading", "registry", "unpacking")


def _module(name: str) -> ModuleType:
    """As `importlib.import_module`, without its module."""
    __import__(name)
    return sys.modules[name]


@cache
def importers() -> tuple[Importer, ...]:
    """One of each, the most specific format first."""
    package = __name__.rpartition(".")[0]
    files = (name for folder in _module(package).__path__ for name in listdir(folder))
    names = {name.removesuffix(".py") for name in files if name.endswith(".py")} - {"__init__", *SHARED}
    for name in sorted(names):
        if not any(name.startswith(f"{other}_") for other in names):  # a part of that format
            _module(f"{package}.{name}")
    found, pending = [], [Importer]
    while pending:
        for kind in pending.pop().__subclasses__():
            pending.append(kind)
            if not kind.__abstractmethods__ and kind.__module__.startswith(package + "."):
                found.append(kind())
    return tuple(sorted(found, key=lambda importer: (importer.order, importer.source)))


@cache
def importer_of(source: str) -> Importer | None:
    """The importer of a source, without loading the others where its module is named like it."""
    package = __name__.rpartition(".")[0]
    try:
        module = _module(f"{package}.{source.replace('-', '_')}")
    except ImportError:
        module = None
    for kind in vars(module).values() if module is not None else ():
        if isinstance(kind, type) and issubclass(kind, Importer) and not kind.__abstractmethods__ and kind.source == source:
            return kind()
    return next((importer for importer in importers() if importer.source == source), None)
