"""The pictures of the made-up chats, drawn from rectangles and written as PNG, so that no file has to be shipped."""

import struct
import zlib
from typing import NamedTuple


class Box(NamedTuple):
    """A filled rectangle; its right and lower edge are outside of it."""

    left: int
    top: int
    right: int
    bottom: int
    colour: tuple[int, int, int]


WIDTH, HEIGHT = 240, 150
_GROUND, _INK, _FAINT = (246, 246, 242), (60, 66, 82), (214, 216, 222)
_RED, _BLUE, _GREEN = (206, 74, 66), (66, 116, 196), (84, 160, 104)

PICTURES: dict[str, tuple[Box, ...]] = {
    # a window whose sidebar shows its old border beside the new one
    "sidebar.png": (
        Box(10, 10, 230, 140, _INK),
        Box(12, 24, 228, 138, _GROUND),
        *(Box(16 + 8 * number, 14, 20 + 8 * number, 18, colour) for number, colour in enumerate((_RED, _FAINT, _GREEN))),
        *(Box(20, 34 + 14 * number, 64, 40 + 14 * number, _FAINT) for number in range(7)),
        Box(76, 24, 78, 138, _INK),
        Box(84, 24, 86, 138, _RED),
        *(Box(98, 34 + 14 * number, 214 - number * number * 2 % 60, 40 + 14 * number, _FAINT) for number in range(7)),
    ),
    # how long each hook takes
    "hooks.png": (
        Box(28, 14, 30, 132, _INK),
        Box(28, 130, 226, 132, _INK),
        *(
            Box(42 + 30 * number, 130 - height, 62 + 30 * number, 130, _RED if height > 90 else _BLUE)
            for number, height in enumerate((24, 40, 16, 108, 32, 60))
        ),
        *(Box(24, 20 + 22 * number, 28, 21 + 22 * number, _INK) for number in range(5)),
    ),
}


def picture(name: str) -> bytes:
    """The PNG of one of `PICTURES`."""
    rows = [[_GROUND] * WIDTH for _ in range(HEIGHT)]
    for box in PICTURES[name]:
        for row in rows[box.top : box.bottom]:
            row[box.left : box.right] = [box.colour] * (box.right - box.left)
    pixels = b"".join(b"\0" + bytes(part for pixel in row for part in pixel) for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
