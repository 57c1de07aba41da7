"""Commands in a shell: the command, its exit code, its output in its own colours."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chatviewer.domain import ToolCall
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.part import Code, Output, Part, Tree
from chatviewer.tui.rendering.tool_call import edit
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, first_line, line_count, others, result_of, text_of

NAMES = """
    bash shell exec execcommand localshell localshellcall shellcommand runshellcommand runterminalcmd runterminalcommand
    runinterminal executecommand executecommands terminal writestdin bashoutput killshell killbash unifiedexec containerexec
    runcommand executebash powershell writetoterminal readterminal getterminaloutput command executeterminal bashcommand writebash
    readbash stopbash runtask createandruntask terminallastcommand awaitterminal shelloutput localexec runtests
"""
_SHOWN = ("command", "cmd", "script", "input", "chars", "description")
_EXIT_CODES = (
    re.compile(r"^(?:Process exited with code|Exit code:?|exit_code:|Command exited with code)\s*(-?\d{1,5})\b", re.M | re.I),
    re.compile(r'"exit_code":\s*(-?\d{1,5})\b'),
    re.compile(r"<exit_code>\s*(-?\d{1,5})\s*</exit_code>"),
)


def describe(call: ToolCall) -> ToolView:
    command = command_of(call)
    if command.lstrip().startswith(("apply_patch", "*** Begin Patch")):
        return edit.describe_patch(call, command)
    result = result_of(call)
    parts: list[Part] = []
    if "\n" in command or len(command) > 50:
        parts.append(Code(command, "bash"))
    if rest := others(call, _SHOWN):
        parts.append(Tree(rest))
    if result:
        parts.append(Output(result))
    code = exit_code(call)
    outcome = counted(line_count(result), "line") if code is None and result else "" if code is None else f"exit {code}"
    return ToolView(call.tool_name, first_line(command), outcome, tuple(parts))


def command_of(call: ToolCall) -> str:
    """The command as one string: agents write it as text, as argument vector, or as a vector around `bash -lc`."""
    if isinstance(call.arguments, str):
        return call.arguments
    found: Any = fields(call)
    if isinstance(action := found.get("action"), Mapping):
        found = action
    for name in ("command", "cmd", "commands"):
        value = found.get(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            words = [str(word) for word in value]
            if len(words) >= 3 and words[0].rpartition("/")[2] in ("bash", "sh", "zsh") and words[1].startswith("-"):
                words = words[2:]
            return " ".join(words)
    return text_of(call, "command", "cmd", "script", "input", "chars", "bash_id", "shell_id", "description")


def exit_code(call: ToolCall) -> int | None:
    """As the agent wrote it into the result, near its begin or end; None if it did not."""
    text = result_of(call)
    text = text if len(text) < 4_000 else f"{text[:2_000]}\n{text[-2_000:]}"
    for pattern in _EXIT_CODES:
        if match := pattern.search(text):
            return int(match[1])
    return None
