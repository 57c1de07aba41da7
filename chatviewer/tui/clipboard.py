"""The clipboard of the reader's own machine, reached through the terminal: OSC 52, also over SSH."""

import base64
from collections.abc import Mapping

LIMIT_BYTES = 75_000  # terminals cut or refuse longer sequences
_SCREEN_BYTES = 512


def is_too_long(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) > LIMIT_BYTES


def sequence(text: str, environment: Mapping[str, str]) -> str:
    """What makes the terminal take the text. `text` is safe already; what multiplexes terminals is told to hand it on."""
    plain = f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"
    if environment.get("TMUX"):  # by its own setting, or in its pass-through
        wrapped = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{wrapped}\x1b\\"
    if environment.get("STY"):  # GNU screen hands on what stands in a DCS string, of at most 768 bytes
        pieces = [plain[start : start + _SCREEN_BYTES] for start in range(0, len(plain), _SCREEN_BYTES)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain
