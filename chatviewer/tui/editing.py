"""The user's editor: `$VISUAL`, else `$EDITOR`; and how each is told a line."""

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from chatviewer.domain import safe
from chatviewer.errors import UsageError

# What each takes for a line; the others get the file alone.
_PLUS = {
    *("vi", "vim", "nvim", "view", "gvim", "ex", "ed", "nano", "pico", "micro", "ne"),
    *("emacs", "emacsclient", "mg", "joe", "jed", "kak", "less", "mcedit", "sensible-editor", "vim.basic", "vim.tiny"),
}
_COLON = {"hx", "helix", "subl", "zed"}
_EDITORS = ("sensible-editor", "nano", "vi")  # where the user has not said which
_GOTO = {"code", "codium", "vscodium", "code-insiders", "cursor"}


def chosen_editor() -> list[str]:
    """The editor of $VISUAL or $EDITOR, else one that is there. Raises UsageError with what to do."""
    for name in ("VISUAL", "EDITOR"):
        if typed := os.environ.get(name, "").strip():
            try:
                command = shlex.split(typed)
            except ValueError:
                command = []
            if not command or shutil.which(command[0]) is None:
                raise UsageError(f"${name} is {safe(typed)[:60]!r}, and there is no such program.")
            return command
    found = next((editor for editor in _EDITORS if shutil.which(editor)), None)
    if found is None:
        raise UsageError("No editor was found; set $EDITOR to the one that you like.")
    return [found]


def is_gone(path: str) -> bool:
    """Whether there is no such file; not where nobody may look, which the editor says."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def editor_command(words: Sequence[str], path: str, line: int) -> list[str]:
    """The command by which this editor opens the file at the line."""
    file = str(Path(path).absolute())  # so it never begins with a dash
    name = Path(words[0]).name.removesuffix(".exe").lower()
    if name in _PLUS:
        return [*words, f"+{line}", file]
    if name in _COLON:
        return [*words, f"{file}:{line}"]
    if name in _GOTO:
        return [*words, "--goto", f"{file}:{line}"]
    return [*words, file]
