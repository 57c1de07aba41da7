"""Stable identifiers: the same thing imported twice, or years later by a better importer, has the same `uid`.

A uid is a UUIDv5 (RFC 9562, section 5.5) in a namespace of our own over the source's name and the source's own ids. User data
(ratings, tags, notes, ...) is keyed by it, so its recipe never changes.
"""

try:  # as the standard library's `random` does: OpenSSL, which comes with `hashlib`, takes longer to load than a few uids take to make
    from _sha1 import sha1  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha1

_NAMESPACE = bytes.fromhex("8f2b3f0e6d6c5d0b9c3e0d1f6a1b7c55")
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}  # RFC 9562, section 4.1
SEPARATOR = "\x1f"  # cannot stand in an id by accident, so ("a", "b c") and ("a b", "c") differ


def make_uid(*parts: str) -> str:
    """The UUIDv5 of the parts. Same value as `uuid.uuid5`, at a third of its cost: imports make one per message and call."""
    h = sha1(_NAMESPACE + SEPARATOR.join(parts).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def digest(*pieces: bytes) -> str:
    """Of the pieces one after the other, as a mark by which they are known again; against nobody's intent."""
    return str(sha1(b"".join(pieces), usedforsecurity=False).hexdigest())


def session_uid(source: str, source_id: str) -> str:
    """The uid of a session. Two projects with one session id and other content are told apart when they are saved."""
    return make_uid(source, "session", source_id)


def message_uid(source: str, source_id: str, key: str) -> str:
    """The uid of a message. `key` is the source's own message id, else its number in the source.

    Where message ids are unique over the whole source (they are UUIDs), `source_id` is "": a copy that a resumed or forked
    session carries is then the same message.
    """
    return make_uid(source, "message", source_id, key)


def tool_call_uid(message: str, position: int) -> str:
    """The uid of a tool call: its message and its place there, because the ids of providers are not unique."""
    return make_uid(message, "call", str(position))
