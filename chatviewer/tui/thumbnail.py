"""Decodes an image to a few pixels, in a process of its own: `python -P thumbnail.py WIDTH HEIGHT RRGGBB < image`.

Images in chats are foreign bytes, and a decoder is where such bytes bite. Here they can take neither the viewer's memory nor its time,
and a crash is an exit code. Imports Pillow and the standard library only. stdout: `WIDTH HEIGHT\\n`, then three bytes a pixel.
"""

import sys

MOST_PIXELS = 60_000_000  # 180 MB while one is decoded
MOST_MEMORY = 1 << 30
MOST_SECONDS = 10  # of CPU
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


def limit() -> None:
    """Take away what a hostile image would need."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS), (resource.RLIMIT_CORE, 0))
    for name, most in limits:
        hard = resource.getrlimit(name)[1]  # there may be a lower one already, which cannot be raised
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (most, most))


def main(width: int, height: int, background: str) -> int:
    limit()
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the size is looked at below, before a pixel is decoded
    with Image.open(sys.stdin.buffer, formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            return 3
        image.draft("RGB", (width * 2, height * 2))
        image.thumbnail((width, height))
        pixels = image.convert("RGBA")
        ground = Image.new("RGBA", pixels.size, f"#{background}")
        ground.alpha_composite(pixels)
        sys.stdout.buffer.write(b"%d %d\n" % pixels.size + ground.convert("RGB").tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
