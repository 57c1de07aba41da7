"""The clipboard of the reader's own machine, reached through the terminal: OSC 52, also over SSH."""

import base64

LIMIT_BYTES = 75_000  # terminals cut or refuse longer sequences


def is_too_long(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) > LIMIT_BYTES


def sequence(text: str, *, in_tmux: bool) -> str:
    """What makes the terminal take the text. `text` is safe already; tmux hands it on by its own setting or in its pass-through."""
    plain = f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"
    if not in_tmux:
        return plain
    wrapped = plain.replace("\x1b", "\x1b\x1b")
    return f"{plain}\x1bPtmux;{wrapped}\x1b\\"
