"""Which renderer shows a call: by the tool's name as the agents of all sources write it."""

import pkgutil
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.tool_call import anything, mcp
from chatviewer.tui.rendering.tool_call.base import ToolView

_VERSION = re.compile(r"(?<=[a-z])v\d$")

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
    """Spelling does not tell tools apart: `run_shell_command`, `RunShellCommand`, `functions.run_shell_command` and Cursor's
    `run_shell_command_v2` are one, and so is what VS Code calls `copilot_runShellCommand`."""
    bare = name.rpartition(".")[2].replace("_", "").replace("-", "").replace(" ", "").lower()
    return _VERSION.sub("", bare.removeprefix("copilot"))


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
