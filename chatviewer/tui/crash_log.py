"""Where the details of an unexpected error go. The user gets one sentence and the name of the file."""

import traceback
from datetime import UTC, datetime
from pathlib import Path

from chatviewer import paths
from chatviewer.domain import safe, safe_line

LOG_NAME = "chatviewer.log"
_LARGEST = 1_000_000  # bytes; then the old log makes room


def log_path() -> Path:
    return paths.state_directory() / LOG_NAME


def log_crash(error: BaseException) -> str:
    """Append the traceback to the log; the sentence to show. Never raises: a full disk must not hide the first error."""
    name = safe_line(f"{type(error).__name__}: {error}", 160)
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".log.1"))
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            path.chmod(0o600)
            log.write(f"{datetime.now(UTC).isoformat()}\n{safe(''.join(traceback.format_exception(error)))}\n")
    except OSError:
        return f"Something unexpected happened ({name})."
    return f"Something unexpected happened ({name}). The details are in {path}."
