"""What is left of an error that nobody foresaw: a sentence for the user, and a log that quotes no chat."""

import os
import platform
import sys
import traceback

from chatviewer import __version__, paths

LOG_NAME = "crash.log"
# The texts of these errors name code, never content; those of others (ValueError, KeyError, ...) may quote what was being read.
_SPEAKING = (AttributeError, ImportError, NameError, AssertionError, RecursionError, MemoryError)


def record(error: Exception) -> str:
    """Write the log (the newest error only, readable by its owner only) and give the sentence that names it."""
    path = paths.state_directory() / LOG_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(report(error))
    except OSError:
        return f"Something unforeseen happened ({type(error).__name__}), and its log could not be written to {path}."
    return f"Something unforeseen happened ({type(error).__name__}); the details, without any chat, are in {path}."


def report(error: BaseException) -> str:
    """Versions and where it happened: files, lines and functions, without values."""
    lines = [f"chatviewer {__version__}, Python {platform.python_version()}, {platform.platform()}", ""]
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)
        lines += [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        words = f": {current}" if isinstance(current, _SPEAKING) else ""
        lines += [f"{type(current).__module__}.{type(current).__qualname__}{words}", ""]
        current = current.__cause__ or current.__context__
    lines.append(f"modules: {len(sys.modules)}")
    return "\n".join(lines) + "\n"
