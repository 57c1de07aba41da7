"""Zips that mean harm or are broken are refused in words, quickly and in little memory; honest ones are read as streams."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from chatviewer.importers.archive import MAX_DOCUMENT, MAX_ENTRIES, Archive, ArchiveError
from tests.measuring import cpu_seconds

CHATS = b'[{"mapping": {}}]'


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def read(path: Path, name: str = "conversations.json") -> bytes:
    with Archive(path) as archive, archive.opened(name) as streams:
        return b"".join(stream.read() for stream in streams)


def refusal(path: Path, name: str = "conversations.json") -> str:
    with pytest.raises(ArchiveError) as caught:
        read(path, name)
    return str(caught.value)


def test_members_are_found_by_their_last_name(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "e.zip", {"my export/conversations.json": CHATS, "../../evil.json": b"1", "C:\\x\\user.json": b"2", "/abs.txt": b"3"}
    )
    assert read(path) == CHATS
    with Archive(path) as archive:
        assert archive.names(r".*\.json") == ["conversations.json", "evil.json", "user.json"]
        assert archive.document("user.json") == b"2"
        assert archive.document("nothing.json") is None
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["e.zip", "home"], "nothing is unpacked"


def test_a_link_in_a_zip_is_no_member(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        link = zipfile.ZipInfo("conversations.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with Archive(tmp_path / "e.zip") as opened:
        assert opened.names(".*") == []


def test_a_name_that_stands_there_twice_gives_both(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("conversations.json", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("conversations.json", b"2")
    assert read(tmp_path / "e.zip") == b"12"


def test_a_bomb_is_refused_at_once_and_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("conversations.json", "w", force_zip64=True) as member:
        for _ in range(60):
            member.write(bytes(1 << 20))
    tracemalloc.start()
    assert cpu_seconds(lambda: refusal(path)) < 2
    assert "100 times" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


def test_a_lying_size_ends_where_it_lies(tmp_path: Path) -> None:
    """The list of members names a small size; the data are endless."""
    path = zipped(tmp_path / "e.zip", {"conversations.json": bytes(40 << 20)})
    data = path.read_bytes()
    at = data.rindex(b"PK\x01\x02")
    path.write_bytes(data[: at + 24] + struct.pack("<I", 1000) + data[at + 28 :])
    assert "damaged" in refusal(path)


def test_too_many_members_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    count = MAX_ENTRIES + 1
    directory = entry * count
    path.write_bytes(directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), 0, 0))
    assert f"more than {MAX_ENTRIES:,} members" in refusal(path)
    path.write_bytes(bytes(100) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 1 << 30, 0, 0))
    assert "list of members is too large" in refusal(path)


def test_too_many_members_of_a_large_zip(tmp_path: Path) -> None:
    """From 65,536 members on the list ends in another way."""
    count = 66_000
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    directory = entry * count
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)
    (tmp_path / "many.zip").write_bytes(directory + record + locator + end)
    assert f"more than {MAX_ENTRIES:,} members" in refusal(tmp_path / "many.zip")


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"conversations.json": bytes(range(256)) * 64}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    at, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    directory = data[at:end] * 3  # three members of the same bytes
    path.write_bytes(data[:at] + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(directory), at, 0))
    assert "overlap" in refusal(path)


def test_an_encrypted_member_is_named_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"conversations.json": CHATS})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refusal(path) == "it is encrypted"


def test_damage_is_told(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "e.zip", {"conversations.json": CHATS * 1000}, zipfile.ZIP_STORED).read_bytes()
    broken = bytearray(whole)
    broken[500] ^= 0xFF
    (tmp_path / "crc.zip").write_bytes(broken)
    assert "checksum" in refusal(tmp_path / "crc.zip")
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert "cut off" in refusal(tmp_path / "cut.zip")
    (tmp_path / "page.zip").write_bytes(b"<html>sign in</html>")
    assert "damaged" in refusal(tmp_path / "page.zip")


@pytest.mark.parametrize("place", range(0, 230, 3))
def test_no_flipped_byte_raises_anything_else(tmp_path: Path, place: int) -> None:
    data = bytearray(zipped(tmp_path / "e.zip", {"conversations.json": CHATS, "file-Abc1-x.png": b"png"}).read_bytes())
    data[place % len(data)] ^= 0x55
    (tmp_path / "e.zip").write_bytes(data)
    try:
        with Archive(tmp_path / "e.zip") as archive:
            archive.asset("file-Abc1", 100)
            archive.document("user.json")
            for name in archive.names(".*"):
                with archive.opened(name) as streams:
                    for stream in streams:
                        stream.read()
    except ArchiveError:
        pass


def test_assets_are_found_by_their_id(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "e.zip", {"file-Abc1-photo of me.png": b"PNG", "user-1/file_00ff.dat": b"x" * 50, "file-Abc12-other.png": b"no"}
    )
    with Archive(path) as archive:
        assert archive.asset("file-Abc1", 100) == ("file-Abc1-photo of me.png", 3, b"PNG")
        assert archive.asset("file_00ff", 10) == ("file_00ff.dat", 50, None)
        assert archive.asset("file-gone", 100) is None
    folder = tmp_path / "unpacked"
    (folder / "dalle-generations").mkdir(parents=True)
    (folder / "conversations.json").write_bytes(CHATS)
    (folder / "dalle-generations" / "file-Zz9-image.webp").write_bytes(b"W")
    (folder / "file-Link-a.png").symlink_to(tmp_path / "e.zip")
    with Archive(folder / "conversations.json") as archive:
        assert archive.asset("file-Zz9", 100) == ("file-Zz9-image.webp", 1, b"W")
        assert archive.asset("file-Link", 1 << 20) is None, "links are not followed"
        assert archive.names(".*") == ["conversations.json"]


def test_documents_have_a_limit(tmp_path: Path) -> None:
    noise = io.BytesIO()
    noise.write(bytes(range(256)) * ((MAX_DOCUMENT >> 8) + 1))
    path = zipped(tmp_path / "e.zip", {"projects.json": noise.getvalue()})
    with Archive(path) as archive, pytest.raises(ArchiveError, match="too large"):
        archive.document("projects.json")
