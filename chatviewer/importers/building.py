"""Making domain values out of foreign ones. Pieces that every importer needs; nothing here knows a format or a file."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chatviewer.domain import long_text
from chatviewer.domain.kinds import Role
from chatviewer.domain.message import Attachment, Message
from chatviewer.domain.record import pattern
from chatviewer.domain.sanitizing import safe_line

TITLE_LIMIT = 120  # characters
FIRST_YEAR, LAST_YEAR = 1971, 2199  # outside: unset fields (0, year 1) and garbage, which would head every list

_fromisoformat = datetime.fromisoformat
_LEAP_SECOND = pattern(r"(:\d\d):60(\D|$)")
_NUMBER = pattern(r"\s*[+-]?\d+(\.\d*)?(e[+-]?\d+)?\s*", re.IGNORECASE)
_ZONE_NAME = pattern(r"\s*(UTC|GMT)$", re.IGNORECASE)

# What programs put between the user's own words, as whole elements.
INJECTED = pattern(
    r"<(command-name|command-message|command-args|local-command-[a-z]+|bash-input|bash-stdout|bash-stderr|system-reminder|ide_[a-z_]+"
    r"|task-notification|user-prompt-submit-hook|environment_details|environment_context|user_instructions)>.*?</\1>",
    re.DOTALL,
)
_NOT_A_PROMPT = pattern(r"(/[\w:-]+(\s|$)|<|Caveat: |\[Request interrupted|\[Image|# AGENTS\.md |This session is being continued)")
_LOG_LINE = pattern(r"(\s*(\d{4}-\d\d-\d\d[T ]\d\d:|\[\d|Traceback \(|at \w|File \"|[\$>#%] |[{}\[\]|+-]{2,}|\w+Error: ))")


def parse_time(value: Any) -> datetime | None:
    """The moment that a foreign value means, aware and in UTC; None when it means none.

    ISO 8601 with or without a zone (then UTC is meant), and numbers of seconds, milliseconds, microseconds or nanoseconds since 1970,
    as numbers or text. A leap second is the second after it.
    """
    try:
        if type(value) is str:
            try:
                moment = _fromisoformat(value)
                if moment.tzinfo is UTC and FIRST_YEAR <= moment.year <= LAST_YEAR:  # nearly always
                    return moment
            except ValueError:
                pass
            return _odd_time(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _time_of_number(value)
    except (ValueError, OverflowError, OSError):
        if type(value) is str and ":60" in value:
            return _leap_second(value)
    return None


def _odd_time(value: str) -> datetime | None:
    if _NUMBER.fullmatch(value) and not re.fullmatch(r"\d{8}", value):
        return _time_of_number(float(value))
    moment = _fromisoformat(_ZONE_NAME.sub("+00:00", value.strip().upper()).replace(" +", "+"))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _time_of_number(value: float) -> datetime | None:
    size = abs(value)
    scale = 1 if size < 1e11 else 1_000 if size < 1e14 else 1_000_000 if size < 1e17 else 1_000_000_000
    # whole microseconds by integers: a float of nanoseconds would be off
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=int(value * (1_000_000 // scale) if scale <= 1_000_000 else value // 1_000)
    )
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _leap_second(value: str) -> datetime | None:
    before = _LEAP_SECOND.sub(r"\1:59\2", value)
    moment = parse_time(before) if before != value else None
    return moment + timedelta(seconds=1) if moment else None


def text(value: Any) -> str:
    """A string whatever stands where one should: None is empty, anything else its JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    from json import dumps  # nearly always a string stands there

    try:
        dumped = dumps(value, ensure_ascii=False)
        return dumped if not long_text.is_excerpt(dumped) else long_text.hold(bytearray(long_text.in_utf8(dumped, long_text.in_json)))
    except (ValueError, TypeError, RecursionError):
        return ""


def word(value: Any) -> str | None:
    """A short field (an id, a model): a string that is not empty, or the digits of a number; else None."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def whole_number(value: Any) -> int | None:
    """A count, or None: negative, fractional, missing, too large for the database."""
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def mapping(value: Any) -> Mapping[str, Any]:
    """The object that should stand here, or an empty one."""
    return value if type(value) is dict else {}


def block_text(value: Any, joint: str = "\n") -> str:
    """The text of a message's or result's content: a string, a list of strings and blocks with `text`, or one block. Blocks that hold
    no text (images, references) give none; an object that is no block gives its JSON."""
    if type(value) is str:
        return value
    if type(value) is list:
        return joint.join(piece for piece in [block_text(item, joint) if type(item) is not list else text(item) for item in value] if piece)
    if type(value) is dict:
        inner = value.get("text")
        if type(inner) is str:
            return inner
        if (words := value.get("refusal") if inner is None else inner) is not None:
            return text(words)
        return "" if type(value.get("type")) is str else text(value)
    return text(value)


def image_attachment(data: Any, media_type: Any = "", name: str = "") -> Attachment | None:
    """The attachment for data in base64 (bare, or as a `data:` URL); None when it is none."""
    if type(data) is not str:
        return None
    import binascii  # what holds no image is read without

    if data.startswith("data:"):
        head, _, data = data.partition(",")
        media_type = head[5:].partition(";")[0] or media_type
    try:
        content = binascii.a2b_base64(data)
    except (binascii.Error, ValueError):
        return None
    return file_attachment(content, media_type if type(media_type) is str else "", name) if content else None


def file_attachment(content: bytes, media_type: str = "", name: str = "") -> Attachment:
    """An attachment with its bytes, size and digest."""
    from hashlib import sha256

    return Attachment(media_type=media_type, name=name, byte_count=len(content), sha256=sha256(content).hexdigest(), data=content)


def text_attachment(content: str, media_type: str = "text/plain", name: str = "") -> Attachment:
    """A pasted or extracted document, whose text is searchable."""
    return Attachment(media_type=media_type, name=name, byte_count=long_text.size(content), text=content)


def first_prompt_title(messages: Iterable[Message]) -> str:
    """A title made from the first prompt in the user's own words: no slash command, no injected text, no pasted log; one line.
    When no prompt is that good, the first that says anything."""
    fallback = ""
    for message in messages:
        if message.role is not Role.USER or not message.content:
            continue
        title = prompt_title(message.content)
        if title and is_real_prompt(title):
            return title
        fallback = fallback or title
    return fallback


def is_real_prompt(title: str) -> bool:
    """Whether a title made from a prompt is in the user's own words: no command, no injected text."""
    return not _NOT_A_PROMPT.match(title)


def prompt_title(content: str) -> str:
    """One line out of a prompt: its first line that is prose, else its first line that is not empty."""
    own = INJECTED.sub("\n", content[:20_000]) if "<" in content[:20_000] else content[:2_000]
    lines = [line for line in own.split("\n") if line.strip()]
    prose = next((line for line in lines[:40] if not _LOG_LINE.match(line) and not line.lstrip().startswith("```")), None)
    line = prose if prose is not None else lines[0] if lines else ""
    return safe_line(line.strip().lstrip("#").strip(), TITLE_LIMIT)


def without_cycles(parents: Mapping[str, str | None]) -> dict[str, str | None]:
    """Each key with its parent, where unknown parents are None and every cycle is cut at the key that comes first."""
    known: dict[str, str | None] = {}
    is_ordered = True
    for key, parent in parents.items():
        is_ordered = is_ordered and (parent is None or parent in known or parent not in parents)
        known[key] = parent if parent is not None and parent in parents else None
    if is_ordered:  # every parent before its children, as almost everywhere: there can be no cycle
        return known
    place = {key: number for number, key in enumerate(parents)}
    done: set[str] = set()
    for start in parents:
        chain: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in done and at not in chain:
            chain[at] = None
            at = known[at]
        if at is not None and at in chain:
            ring = list(chain)
            known[min(ring[ring.index(at) :], key=place.__getitem__)] = None
        done.update(chain)
    return known
