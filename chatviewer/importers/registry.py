"""All importers, found by looking into this package: a new format is a new file, nothing else."""

import sys
from functools import cache
from types import ModuleType

from chatviewer.importers.base import Importer


def _module(name: str) -> ModuleType:
    """As `importlib.import_module`, without its module."""
    __import__(name)
    return sys.modules[name]


@cache
def importers() -> tuple[Importer, ...]:
    """One of each, the most specific format first."""
    from pkgutil import iter_modules  # what finds one importer by its name does without

    package = __name__.rpartition(".")[0]
    for module in iter_modules(_module(package).__path__):
        _module(f"{package}.{module.name}")
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
