"""What hangs on a message: images, files, pasted text."""

from __future__ import annotations

from chatviewer.domain.record import NamedTuple


class Attachment(NamedTuple):
    """`text` is the searchable text of a pasted or extracted document; `data` the bytes of an image or file, stored once per sha256.
    Read back from the library, `data` is None until it is asked for by `sha256`."""

    media_type: str = ""  # e.g. image/png
    name: str = ""
    byte_count: int | None = None
    sha256: str | None = None
    text: str | None = None
    data: bytes | None = None
