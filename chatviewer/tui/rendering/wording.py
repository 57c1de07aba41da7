"""Times and durations in the few characters of a header line."""

from datetime import date, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(at: datetime, day: date | None) -> str:
    """Local time; with the date unless it is on `day`. Empty where the local calendar has no such time."""
    try:
        local = at.astimezone()
    except (OverflowError, ValueError, OSError):
        return ""
    time = f"{local.hour:02}:{local.minute:02}"
    if local.date() == day:
        return time
    year = f" {local.year}" if day is None or local.year != day.year else ""
    return f"{local.day} {_MONTHS[local.month - 1]}{year} {time}"


def local_day(at: datetime | None) -> date | None:
    """The local date of a time."""
    try:
        return None if at is None else at.astimezone().date()
    except (OverflowError, ValueError, OSError):
        return None


def duration(milliseconds: int) -> str:
    """`820 ms`, `3.2 s`, `2 min 5 s`, `3 h 12 min`."""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1_000
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
