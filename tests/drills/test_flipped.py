"""One flipped bit in a title, a summary or pasted text: `doctor` sees it, a repair takes it back."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from chatviewer import ingest
from chatviewer.ingest.repairing import repair
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.drills.machine import damages

TITLES = [
    "getUserName in parseHttpHeader",
    "日本語テスト 👩‍💻 ship 🚀",
    "Σίσυφος straße İstanbul",
    "null\0 and \x1b[31mred\x07",
    "x" * 1100 + "Tail",
    unicodedata.normalize("NFD", "데이터베이스 Müller"),
]
_ROWS = (
    "SELECT uid, source_title, title, summary, CAST(terms AS BLOB) FROM session ORDER BY uid",
    "SELECT message.uid, name, text, CAST(attachment.terms AS BLOB) FROM attachment JOIN message ON message.id = message_id ORDER BY 1",
)


def conversation(number: int, title: str) -> dict[str, Any]:
    """A conversation of a web export: its name and summary, and a text that was pasted."""
    when = "2026-03-01T10:00:00Z"
    attachment = {"file_name": f"notes{number}.txt", "file_size": 9, "file_type": "txt", "extracted_content": f"pasted {title}"}
    message = {"sender": "human", "text": "hello", "created_at": when, "attachments": [attachment], "files": []}
    return {
        "uuid": f"11111111-0000-4000-8000-{number:012d}",
        "name": title,
        "summary": f"about {title}",
        "created_at": when,
        "updated_at": when,
        "chat_messages": [{"uuid": f"22222222-0000-4000-8000-{number:012d}", **message}],
    }


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "conversations.json").write_text(json.dumps([conversation(*each) for each in enumerate(TITLES)]))
    return folder


@pytest.fixture
def sound(export: Path, database_path: Path) -> bytes:
    """The file of a library."""
    with Library.open(database_path) as library:
        assert ingest.run(library, [export]).counts.new == len(TITLES)
        library.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database_path.read_bytes()


def held(path: Path) -> list[Any]:
    with Library.open(path) as library:
        return [library.database.connection().execute(sql).fetchall() for sql in _ROWS]


def flip(path: Path, data: bytes, text: str, offset: int, bit: int) -> None:
    """Write the file with one bit turned round of a text that stands in it once."""
    needle = text.encode()
    assert data.count(needle) == 1
    changed = bytearray(data)
    changed[data.index(needle) + offset] ^= bit
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(changed)


@pytest.mark.parametrize("bit", [0x20, 0x01])  # the first turns a letter into a capital: its index fits all the same
@pytest.mark.parametrize("lead", ["about", "pasted"])
def test_a_flipped_bit_is_seen(sound: bytes, database_path: Path, lead: str, bit: int) -> None:
    for title in TITLES:
        text = f"{lead} {title}"
        for offset in (0, len(lead), len(lead) + 1, len(text.encode()) - 1):
            flip(database_path, sound, text, offset, bit)
            with Library.open(database_path) as library:
                assert damages(library), (text[:40], offset)


@pytest.mark.parametrize("number", range(len(TITLES)))
def test_a_repair_takes_it_back(sound: bytes, database_path: Path, number: int) -> None:
    before = held(database_path)
    flip(database_path, sound, f"{('about', 'pasted')[number % 2]} {TITLES[number]}", 8, 0x01)
    repair(database_path)
    assert held(database_path) == before
    with Library.open(database_path) as library:
        assert damages(library) == []


@pytest.mark.parametrize("column", ["title", "source_title", "terms"])
def test_without_the_source_a_title_comes_from_its_other_copy(sound: bytes, export: Path, database_path: Path, column: str) -> None:
    before = held(database_path)
    with Library.open(database_path) as library:
        chosen = library.summaries(library.session_ids())[0]
        library.rename(chosen.uid, "loadTlsCert 题目")
        library.rename(chosen.uid, "")
        connection = library.database.connection()
        connection.execute("DROP TRIGGER session_reindex")
        connection.execute(f"UPDATE session SET {column} = replace({column}, 'a', 'b')")
        assert damages(library)
    (export / "conversations.json").unlink()
    repair(database_path)
    assert held(database_path) == before
    with Library.open(database_path) as library:
        assert damages(library) == []
        assert [hit.title for hit in library.search(parse("in:title HttpHeader")).hits] == [TITLES[0]]
