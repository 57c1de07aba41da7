"""Images in the terminal: decoded in a process of its own, whatever bytes they are; half blocks; the system's viewer on request."""

import io
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from chatviewer.domain import Attachment, FileImport
from chatviewer.errors import RefusedError
from chatviewer.storage.library import Library
from chatviewer.tui import opening, picturing, thumbnail
from chatviewer.tui.app import ChatviewerApp
from chatviewer.tui.modals.image import MARGIN_COLUMNS, ImageModal, PictureView
from chatviewer.tui.picturing import Picture, picture
from tests.factories import make_file, make_message, make_session
from tests.tui.conftest import settle
from tests.tui.test_watching import until

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_an_image_keeps_its_shape_and_colours(kind: str) -> None:
    image = Image.new("RGB", (400, 200), "red")
    image.paste((0, 0, 255), (0, 100, 400, 200))
    shown = picture(encoded(image, kind), 40, 40, "000000")
    assert (shown.width, shown.height) == (40, 20)
    first, last = shown.pixels[:3], shown.pixels[-3:]
    assert first[0] > 200 > 60 > first[2]
    assert last[2] > 200 > 60 > last[0]
    strips = shown.strips()
    assert (len(strips), {strip.cell_length for strip in strips}, strips[0].text) == (10, {40}, "▀" * 40)


def test_what_is_transparent_has_the_colour_of_the_ground() -> None:
    shown = picture(encoded(Image.new("RGBA", (4, 3), (0, 0, 0, 0))), 40, 40, "102030")
    assert shown == Picture(4, 3, bytes((0x10, 0x20, 0x30)) * 12)
    assert len(shown.strips()) == 2  # an odd row of pixels has half a cell


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no image"),
        (b"<svg/>", "no image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "damaged"),
        (encoded(Image.effect_noise((64, 64), 9))[:-900], "damaged"),
        (b"GIF89a" + b"\xff" * 500, "damaged"),
        (bomb(100_000, 100_000), "too many pixels"),
        (bomb(7_000, 8_000), "damaged"),
    ],
)
def test_hostile_bytes_give_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        picture(data, 80, 40, "000000")


def test_what_takes_too_long_or_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = encoded(Image.new("RGB", (8, 8)))
    monkeypatch.setattr(picturing, "TIMEOUT_SECONDS", 0.001)
    with pytest.raises(RefusedError, match="cannot be decoded"):
        picture(good, 8, 8, "000000")
    monkeypatch.setattr(picturing, "MOST_BYTES", 10)
    with pytest.raises(RefusedError, match="too large"):
        picture(good, 8, 8, "000000")


@pytest.fixture
def illustrated(library: Library) -> Library:
    good = encoded(Image.new("RGB", (300, 300), "#40c060"))
    images = [
        Attachment(media_type="image/png", name=f"{name}.png", byte_count=len(data), data=data)
        for name, data in (("good \x1b]52;c;eA==\x07", good), ("bad", b"\x89PNG\r\n\x1a\nrubbish"))
    ]
    session = make_session("1a-2b", [make_message("m0", "look", attachments=tuple(images))])
    library.save([FileImport(file=make_file(), sessions=(session,))])
    return library


async def test_enter_on_an_image_shows_it_and_enter_again_opens_it(
    open_viewer: OpenViewer, illustrated: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(opening, "_show", lambda path: opened.append(path.name))
    async with open_viewer(illustrated) as pilot:
        assert isinstance(pilot.app, ChatviewerApp)
        view = pilot.app.main.reader.view
        assert view is not None
        await pilot.press("enter", "G", "k", "enter")
        await settle(pilot)
        modal = pilot.app.screen
        assert isinstance(modal, ImageModal)
        shown = modal.query_one(PictureView)
        await until(pilot, lambda: shown.render_line(0).text.startswith("▀"))
        assert shown.size.width > 20
        assert shown.render_line(0).text == "▀" * shown.size.width
        wide = shown.size.width
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: 0 < shown.size.width < wide)
        await pilot.press("enter")
        await settle(pilot)
        assert len(opened) == 1
        await pilot.press("G", "enter")
        await settle(pilot)
        await until(pilot, lambda: "damaged" in pilot.app.screen.query_one(PictureView).words)
        await pilot.press("escape")
        await settle(pilot)
        assert len(opened) == 1
        assert view.has_focus


async def test_while_the_window_changes_one_size_is_decoded_at_a_time(open_viewer: OpenViewer, library: Library) -> None:
    """A process each, and hostile images want a gigabyte: a window that is dragged must not start thirty of them."""
    rooms: list[tuple[int, int]] = []
    counts: list[int] = []
    is_open = threading.Event()

    def decode(columns: int, rows: int, _ground: str) -> Picture:
        counts.append(sum(thread.name == "image" for thread in threading.enumerate()))
        rooms.append((columns, rows))
        is_open.wait(10)
        if len(rooms) > 1:
            raise RefusedError("That is no image.")
        return Picture(2, 2, bytes(12))

    async with open_viewer(library) as pilot:
        modal = ImageModal("a picture", decode)
        pilot.app.push_screen(modal)
        await until(pilot, lambda: len(rooms) == 1)
        for width in range(110, 60, -5):
            await pilot.resize_terminal(width, 36)
        await until(pilot, lambda: modal.room[0] == 65 - MARGIN_COLUMNS)
        assert len(rooms) == 1
        is_open.set()
        await until(pilot, lambda: pilot.app.screen.query_one(PictureView).words == "That is no image.")
        assert (len(rooms), rooms[-1][0]) == (2, 65 - MARGIN_COLUMNS)
        assert counts == [1, 1]


def test_pillow_is_found_where_the_viewer_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the user's own packages and on PYTHONPATH: here one that says that every image is too large."""
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RefusedError, match="too many pixels"):
        picture(encoded(Image.new("RGB", (8, 8))), 8, 8, "000000")


def test_limits_that_are_lower_already_stay(tmp_path: Path) -> None:
    image = encoded(Image.new("RGB", (8, 8), "red"))
    command = f"ulimit -t 5; exec {sys.executable} -P {thumbnail.__file__} 8 8 000000"
    done = subprocess.run(["sh", "-c", command], input=image, capture_output=True, check=False)
    assert (done.returncode, done.stdout[:7]) == (0, b"8 8\n\xff\0\0")
