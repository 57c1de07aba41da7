"""All exporters, found by looking into this package: a new format is a new file, nothing else."""

from functools import cache
from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from chatviewer.errors import UsageError
from chatviewer.exporters.base import Exporter


@cache
def exporters() -> tuple[Exporter, ...]:
    """One of each, by format."""
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    found, pending = [], [Exporter]
    while pending:
        for kind in pending.pop().__subclasses__():
            pending.append(kind)
            if not isabstract(kind) and kind.__module__.startswith(package + "."):
                found.append(kind())
    return tuple(sorted(found, key=lambda exporter: exporter.format))


def find_exporter(name: str) -> Exporter:
    """Raises UsageError for a format that there is not."""
    for exporter in exporters():
        if exporter.format == name:
            return exporter
    raise UsageError(f"There is no format {name!r}; there are {', '.join(each.format for each in exporters())}.")
