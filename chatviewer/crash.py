"""What is left of an error that nobody foresaw: a sentence for the user, and a log that quotes no chat."""

import os
import platform
import traceback
from datetime import UTC, datetime

from chatviewer import __version__, paths
from chatviewer.errors import UsageError

LOG_NAME = "chatviewer.log"
_LARGEST = 1_000_000  # bytes; then the old log makes room
# The texts of these errors name code, never content; those of others (ValueError, KeyError, ...) may quote what was being read.
_SPEAKING = (AttributeError, ImportError, NameError, AssertionError, RuntimeError, MemoryError)


def record(error: BaseException) -> str:
    """Append to the log (readable by its owner only) and give the sentence to show. Never raises: a full disk must not hide the error."""
    try:
        path = paths.state_directory() / LOG_NAME
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".log.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(report(error))
    except (OSError, UsageError):
        return f"Something unexpected happened ({_named(error)})."
    return f"Something unexpected happened ({_named(error)}). The details, without any chat, are in {path}."


def report(error: BaseException) -> str:
    """Time, versions, and where it happened: files, lines and functions, without values."""
    lines = [f"{datetime.now(UTC).isoformat()} chatviewer {__version__}, Python {platform.python_version()}, {platform.platform()}"]
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(current.__traceback__)]
        lines.append(_named(current))
        current = current.__cause__ or current.__context__
    return "\n".join(lines) + "\n\n"


def _named(error: BaseException) -> str:
    """The kind of error, with its text where that quotes no chat."""
    words = " ".join(str(error).split())[:160] if isinstance(error, _SPEAKING) else ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
