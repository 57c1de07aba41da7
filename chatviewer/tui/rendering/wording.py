"""Times, durations and sizes in the few characters of a header line."""

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


def amount(number: int) -> str:
    """`940`, `1.2k`, `34k`, `1.5M`."""
    for limit, divisor, unit in ((1_000, 1, ""), (1_000_000, 1_000, "k"), (1_000_000_000, 1_000_000, "M")):
        if number < limit:
            value = number / divisor
            return f"{number}" if not unit else f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return f"{number / 1_000_000_000:.1f}G"


def byte_size(count: int) -> str:
    """`940 B`, `12 kB`, `3.4 MB`."""
    return f"{count} B" if count < 1_000 else f"{amount(count)}B".replace("kB", " kB").replace("MB", " MB").replace("GB", " GB")


def stars(value: int) -> str:
    """`★★★★☆`."""
    return "★" * value + "☆" * (5 - value)
