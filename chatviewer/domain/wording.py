"""Numbers and names as people say them, the same on the screen and in what commands print."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from chatviewer.domain.sanitizing import safe_line

FIRST_MESSAGES = range(12)  # one of them tells a session without a title from others
_TELLING = 40  # characters of a title, by which it is known again in words that hold it cut
_UNITS = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB"))


def counted(number: int, noun: str) -> str:
    """1 session, 4,182 sessions."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def byte_size(number: int) -> str:
    """12 kB, 3.4 MB."""
    for size, unit in _UNITS:
        if number >= size:
            value = number / size
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{number} B"


def opening_line(texts: Iterable[str], limit: int = 120) -> str:
    """(How the first text begins that says anything): what a session without a title is called. "" where none does."""
    for text in texts:
        for line in text.split("\n"):
            if words := safe_line(line.strip().lstrip("#"), limit):
                return f"({words})"
    return ""


def step_line(words: str, title: str) -> str:
    """What was undone, with the session it was about: archived a session (“Flaky test”). Harmless, on one line."""
    title = safe_line(title)
    told = title.removesuffix("…")[:_TELLING]
    return f"{words} {in_brackets(title)}" if told and told not in words else words


def in_brackets(title: str) -> str:
    """A title, as `step_line` says it."""
    return f"(“{title}”)"


def project_name(project: str) -> str:
    """The last part of a project's path: what people call it. Harmless, on one line."""
    text = safe_line(project, 400)
    return text.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or text


def iso_time(moment: datetime | None) -> str | None:
    """2026-03-01T10:00:00.123Z"""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
