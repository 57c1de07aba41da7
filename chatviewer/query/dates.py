"""Typed dates as spans of time. A day is a local day; the spans are UTC milliseconds, as the library stores them."""

from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (only for years that the platform's clock cannot convert)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "mo": 24 * 30, "y": 24 * 365}
MAX_AGE_HOURS = 24 * 366 * 200


class Period:
    """From `start` (milliseconds, included) to `end` (left out; None: open). `is_age`: counted back from now, as 7d is."""

    __slots__ = ("end", "is_age", "start")

    def __init__(self, start: int, end: int | None, *, is_age: bool = False) -> None:
        self.start = start
        self.end = end
        self.is_age = is_age


def parse_period(text: str, now: datetime | None = None) -> Period:
    """The time that `2026`, `2026-03`, `2026-03-01`, `7d`, `3w`, `today`, `yesterday` or `monday` stands for.

    `now` is the clock; its time zone, or without one the machine's, says where days begin. Raises ValueError with words for people.
    """
    clock = now or datetime.now()  # noqa: DTZ005 (naive: the machine's own zone, with its summer times)
    word = text.strip().lower()
    midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    if word == "today":
        return _days(midnight, 1)
    if word == "yesterday":
        return _days(midnight - timedelta(days=1), 1)
    if len(word) >= 3:
        for number, name in enumerate(_DAYS):
            if name == word or name[:3] == word:
                return _days(midnight - timedelta(days=(midnight.weekday() - number) % 7), 1)
    age = _age_hours(word)
    if age is not None:
        return Period(milliseconds(clock - timedelta(hours=min(age, MAX_AGE_HOURS))), None, is_age=True)
    return _calendar(word, clock)


def milliseconds(moment: datetime) -> int:
    """UTC milliseconds of an aware time, or of a naive local one."""
    try:
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return int((moment.replace(tzinfo=None) - _EPOCH) / timedelta(milliseconds=1))


def _days(start: datetime, count: int) -> Period:
    return Period(milliseconds(start), milliseconds(start + timedelta(days=count)))


def _age_hours(word: str) -> int | None:
    digits = word.rstrip("hdwmoy")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        return None
    unit = _HOURS.get(word[len(digits) :])
    return None if unit is None else int(digits) * unit


def _calendar(word: str, clock: datetime) -> Period:
    parts = word.replace("/", "-").split("-")
    if len(parts) > 3 or len(parts[0]) != 4 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise ValueError("a date looks like 2026, 2026-03, 2026-03-01, 7d, 3w, today, yesterday or monday")
    numbers = [int(part) for part in parts]
    year, month, day = (*numbers, 1, 1)[:3]
    try:
        start = datetime(year, month, day, tzinfo=clock.tzinfo)
    except ValueError:
        raise ValueError(f"there is no {word} in the calendar") from None
    try:
        if len(numbers) == 3:
            end = start + timedelta(days=1)
        elif len(numbers) == 2:
            end = start.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            end = start.replace(year=year + 1)
    except (ValueError, OverflowError):  # 9999 is the last year of the calendar
        return Period(milliseconds(start), None)
    return Period(milliseconds(start), milliseconds(end))
