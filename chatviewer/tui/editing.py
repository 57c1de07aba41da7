"""The user's editor, at a line: `$VISUAL`, else `$EDITOR`. Started in the place of the viewer, which waits."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

NO_EDITOR = "No editor is named: set EDITOR, or copy the path with y."
# What each takes for a line; the others get the file alone.
_PLUS = {
    *("vi", "vim", "nvim", "view", "gvim", "ex", "ed", "nano", "pico", "micro", "ne"),
    *("emacs", "emacsclient", "mg", "joe", "jed", "kak", "less"),
}
_COLON = {"hx", "helix", "subl", "zed"}
_GOTO = {"code", "codium", "vscodium", "code-insiders", "cursor"}


def editor_command(environment: Mapping[str, str], path: str, line: int) -> list[str] | None:
    """The command that opens the file at the line; None where no editor is named, or its words make no sense."""
    try:
        words = shlex.split(environment.get("VISUAL", "").strip() or environment.get("EDITOR", ""))
    except ValueError:  # a quote that is not closed
        return None
    if not words:
        return None
    file = str(Path(path).absolute())  # so it never begins with a dash
    name = Path(words[0]).name.removesuffix(".exe").lower()
    if name in _PLUS:
        return [*words, f"+{line}", file]
    if name in _COLON:
        return [*words, f"{file}:{line}"]
    if name in _GOTO:
        return [*words, "--goto", f"{file}:{line}"]
    return [*words, file]


def edit(command: list[str]) -> str:
    """Run it to its end; returns what went wrong, in words, or nothing."""
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        return f"{command[0]} cannot be started: {error.strerror or error}"
    return f"{command[0]} ended with code {code}" if code else ""
