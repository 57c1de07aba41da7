"""Pictures of half blocks: two pixels in a cell, one above the other. They need colours of the terminal and nothing else of it."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatviewer.errors import RefusedError
from chatviewer.tui import thumbnail
from chatviewer.tui.opening import image_suffix

MOST_BYTES = 64_000_000
TIMEOUT_SECONDS = 20
LARGEST = 400  # pixels of a side


class Picture(NamedTuple):
    """Pixels, row by row, three bytes each."""

    width: int
    height: int
    pixels: bytes

    def strips(self) -> list[Strip]:
        """A strip for each two rows of pixels."""
        strips = []
        for top in range(0, self.height, 2):
            segments = []
            for column in range(self.width):
                upper = Color.from_rgb(*self._pixel(column, top))
                lower = Color.from_rgb(*self._pixel(column, top + 1)) if top + 1 < self.height else None
                segments.append(Segment("▀", Style(color=upper, bgcolor=lower)))
            strips.append(Strip(segments, self.width))
        return strips

    def _pixel(self, column: int, row: int) -> tuple[int, int, int]:
        at = 3 * (row * self.width + column)
        red, green, blue = self.pixels[at : at + 3]
        return red, green, blue


def can_picture() -> bool:
    """Whether the extra `chatviewer[images]` is installed."""
    return find_spec("PIL") is not None


def picture(data: bytes, columns: int, rows: int, background: str) -> Picture:
    """The image, as large as this room allows, on a ground of this colour (RRGGBB). For a worker thread: it starts a process.

    Raises RefusedError with a sentence for what is no image, is damaged or too large.
    """
    if image_suffix(data) is None:
        raise RefusedError("That is no image of a kind that is shown: PNG, JPEG, GIF, WebP, BMP.")
    if len(data) > MOST_BYTES:
        raise RefusedError("The image is too large to be shown here.")
    width, height = max(1, min(columns, LARGEST)), max(1, min(2 * rows, LARGEST))
    command = [sys.executable, "-P", str(Path(thumbnail.__file__)), str(width), str(height), background]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT_SECONDS, check=False, start_new_session=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RefusedError("The image cannot be decoded.") from error
    if done.returncode == 3:
        raise RefusedError("The image has too many pixels to be shown here.")
    head, _newline, pixels = done.stdout.partition(b"\n")
    sides = [int(side) for side in head.split() if side.isdigit()]
    if done.returncode or len(sides) != 2 or len(pixels) != 3 * sides[0] * sides[1] or not pixels:
        raise RefusedError("The image is damaged: it cannot be decoded.")
    return Picture(sides[0], sides[1], pixels)
