"""All importers, found by looking into this package: a new format is a new file, nothing else."""

from functools import cache
from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from chatviewer.importers.base import Importer


@cache
def importers() -> tuple[Importer, ...]:
    """One of each, the most specific format first."""
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    found, pending = [], [Importer]
    while pending:
        for kind in pending.pop().__subclasses__():
            pending.append(kind)
            if not isabstract(kind) and kind.__module__.startswith(package + "."):
                found.append(kind())
    return tuple(sorted(found, key=lambda importer: (importer.order, importer.source)))
