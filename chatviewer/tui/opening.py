"""Handing addresses and images to other programs. Runs in a background thread, and never in the terminal that the viewer draws on."""

import os
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from chatviewer import paths
from chatviewer.domain import Attachment, safe_file_name
from chatviewer.errors import NotFoundError
from chatviewer.storage.library import Library
from chatviewer.tui.background import Job
from chatviewer.tui.outgoing_messages import Opened

# By how the file begins, whatever its source calls it: nothing that a viewer could run is ever opened.
_IMAGES = ((b"\x89PNG\r\n\x1a\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF87a", ".gif"), (b"GIF89a", ".gif"), (b"BM", ".bmp"))


_ON_TERMINAL = {"www-browser", "links", "links2", "elinks", "lynx", "w3m", "browsh", "carbonyl"}


def is_image(attachment: Attachment) -> bool:
    """Whether its source calls it one."""
    return attachment.media_type.casefold().startswith("image/")


def image_suffix(data: bytes) -> str | None:
    """The ending for a file of these bytes; None if they are no image of a kind that viewers know."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for start, suffix in _IMAGES if data.startswith(start)), None)


def open_address(url: str) -> Opened:
    """In the browser. One that would draw on the viewer's terminal is not used; the address is to be copied then."""
    if not url.startswith(("http://", "https://")):
        return Opened("Only http and https addresses are opened.", is_warning=True)
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return Opened("", instead=url)
    name = Path(str(getattr(browser, "name", ""))).name
    if name in _ON_TERMINAL:
        return Opened("", instead=url)
    try:
        if isinstance(browser, webbrowser.GenericBrowser):  # its own `open` would let it write to the terminal
            _start([browser.name, *(argument.replace("%s", url) for argument in browser.args)])
        elif not browser.open(url):
            return Opened("", instead=url)
    except OSError:
        return Opened("", instead=url)
    return Opened("Opened in the browser")


def stored_image(library: Library, attachment: Attachment) -> bytes:
    """The bytes of an image. Raises NotFoundError."""
    data = library.attachment_data(attachment.sha256 or "")
    if data is None:
        raise NotFoundError("The image itself is not stored here.")
    return data


def open_image(library: Library, attachment: Attachment) -> Job:
    """In the system's viewer, from a file that only its owner can read."""

    def job() -> Opened:
        data = stored_image(library, attachment)
        suffix = image_suffix(data)
        if suffix is None:
            return Opened("That is no image of a kind that is opened: PNG, JPEG, GIF, WebP, BMP.", is_warning=True)
        path = paths.handover_directory() / f"{safe_file_name(attachment.sha256 or '', 'image')}{suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(data)
            path.chmod(0o600)
            _show(path)
        except OSError as error:
            return Opened(f"The image cannot be opened: {error.strerror or 'no viewer'}", is_warning=True)
        return Opened(f"Opened {path.name}")

    return job


def _show(path: Path) -> None:
    if sys.platform == "win32":
        os.startfile(path)
        return
    _start(["open" if sys.platform == "darwin" else "xdg-open", str(path)])


def _start(command: Sequence[str]) -> None:
    """Without the terminal, and not waited for."""
    nothing = subprocess.DEVNULL
    subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
