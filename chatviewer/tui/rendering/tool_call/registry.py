"""Which renderer shows a call: by the tool's name as the agents of all sources write it."""

import pkgutil
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.tool_call import anything, mcp
from chatviewer.tui.rendering.tool_call.base import ToolView

Describe = Callable[[ToolCall], ToolView]


@lru_cache(maxsize=1)
def renderers() -> dict[str, Describe]:
    """Normal form of a tool's name to what describes its calls."""
    found: dict[str, Describe] = {}
    package = __name__.rpartition(".")[0]
    for info in pkgutil.iter_modules(import_module(package).__path__):
        module = import_module(f"{package}.{info.name}")
        names: str = getattr(module, "NAMES", "")
        for name in names.split():
            found[name] = module.describe
    return found


def normal_name(name: str) -> str:
    """Spelling does not tell tools apart: `run_shell_command`, `RunShellCommand` and `functions.run_shell_command` are one."""
    return name.rpartition(".")[2].replace("_", "").replace("-", "").replace(" ", "").lower()


def describe(call: ToolCall) -> ToolView:
    """The call in words. Odd arguments never raise: a renderer that cannot make sense of them leaves the call to `anything`."""
    name = call.tool_name
    known = renderers()
    found = known.get(normal_name(name))
    if found is None and mcp.is_mcp(name):
        found = mcp.describe
    if found is None and "__" in name:
        found = known.get(normal_name(name.rpartition("__")[2]), mcp.describe)
    found = found or anything.describe
    try:
        return found(call)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RecursionError):
        return anything.describe(call)
