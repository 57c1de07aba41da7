"""Numbers and names as people say them, the same on the screen and in what commands print."""

from datetime import UTC, datetime

from chatviewer.domain.sanitizing import safe_line

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


def project_name(project: str) -> str:
    """The last part of a project's path: what people call it. Harmless, on one line."""
    text = safe_line(project, 400)
    return text.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or text


def iso_time(moment: datetime | None) -> str | None:
    """2026-03-01T10:00:00.123Z"""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
