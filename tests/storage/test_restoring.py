"""The user's words out of a damaged journal: a damaged line costs itself, never the repair."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from chatviewer.domain import SessionStatus
from chatviewer.ingest.repairing import repair
from chatviewer.storage.library import Library
from tests.drills.machine import damages, own
from tests.factories import fill, make_session

SESSIONS = [make_session(name) for name in "abcd"]
A, B, C, D = (session.uid for session in SESSIONS)
REPLY = SESSIONS[0].messages[1].uid
WRONG: list[Any] = [
    None,
    0,
    2,
    7,
    -1,
    2**70,
    1.5,
    True,
    "",
    "x",
    "\ud800",
    A,
    REPLY,
    "do",
    "undo",
    "redo",
    "purge",
    "tag",
    "star",
    "note",
    [],
]
WRONG += [{}, ["x"], [["x"]], {"value": 9}, {"value": 1, "text": "", "created_at": 5}, {"own": None, "starred_at": None}, {"own": 7}]
FIELDS = ("version", "user", "kind", "step", "action", "target", "before", "after")


@pytest.fixture
def said(library: Library) -> list[dict[str, Any]]:
    """The lines of some changes, of every kind, in a library that is closed then."""
    fill(library, *SESSIONS)
    library.rate(REPLY, 4, "good")
    library.rate(REPLY, 2)
    library.set_note(REPLY, "a note")
    library.add_tags([A, B], ["one", "two"])
    library.set_starred([B], True)
    library.rename(C, "mine")
    library.set_status([A, B], SessionStatus.ARCHIVED)
    library.undo()
    library.set_preference("theme", "nord")
    library.purge([D])
    library.remove_tags([A], ["one"])
    library.undo()
    library.close()
    return [json.loads(line) for line in journal_of(library.path).read_text("ascii").splitlines()]


def journal_of(path: Path) -> Path:
    return path.with_name("journal.jsonl")


def restored(database_path: Path, lines: list[dict[str, Any]], name: str) -> None:
    """Into a database of its own, in which all the sessions are: it is sound then, and all can be undone and redone."""
    path = database_path.parent / name / database_path.name
    with Library.open(path) as library:
        fill(library, *SESSIONS)
    journal_of(path).write_text("".join(f"{json.dumps(line)}\n" for line in lines), "ascii")
    repair(path)
    with Library.open(path) as library:
        assert damages(library) == []
        while library.undo() is not None:
            pass
        while library.redo() is not None:
            pass
        assert damages(library) == []


@pytest.mark.parametrize("field", FIELDS)
def test_a_line_with_a_wrong_value_costs_itself(said: list[dict[str, Any]], database_path: Path, field: str) -> None:
    chance = random.Random(field)
    for number in chance.sample(range(len(said)), 4):
        value = chance.choice(WRONG)
        restored(database_path, [*said[:number], {**said[number], field: value}, *said[number + 1 :]], str(number))


@pytest.mark.parametrize("field", FIELDS)
def test_a_line_with_a_wrong_value_is_no_damage_of_the_database(said: list[dict[str, Any]], database_path: Path, field: str) -> None:
    said = [line for line in said if line["kind"] != "purge"]
    with Library.open(database_path) as library:
        library.database.connection().execute("DELETE FROM tombstone")  # after a purge the file is not asked what the table lacks
        for value in WRONG:
            lines = [*said[:3], {**said[3], field: value}, *said[4:]]
            journal_of(database_path).write_text("".join(f"{json.dumps(line)}\n" for line in lines), "ascii")
            assert damages(library) == []


@pytest.mark.parametrize(("field", "value"), [("step", 0), ("after", 0), ("before", "x"), ("kind", []), ("action", [])])
def test_a_wrong_value_in_the_first_of_two_changes_costs_itself(
    said: list[dict[str, Any]], database_path: Path, field: str, value: Any
) -> None:
    restored(database_path, [{**said[0], field: value}, *said[1:]], "first")
    restored(database_path, [said[0], {**said[1], field: value}, *said[2:]], "second")


def test_what_the_sound_lines_say_comes_back(said: list[dict[str, Any]], database_path: Path) -> None:
    with Library.open(database_path) as library:
        before = own(library)
    broken = [{**said[0], "kind": ["do"]}, {**said[0], "step": 2**70}, {**said[1], "target": "\ud800"}, {**said[1], "after": 7}]
    journal_of(database_path).write_text("".join(f"{json.dumps(line)}\n" for line in [*broken, *said]), "ascii")
    repair(database_path)
    with Library.open(database_path) as library:
        assert own(library) == before
        assert damages(library) == []


@pytest.mark.parametrize(
    "change", ["after = '{bro'", "before = '{bro'", "after = '7'", "action = 'xyz'", "target = 'nobody', after = '['", "step = 99"]
)
def test_a_damaged_row_of_the_history_costs_itself_also_where_the_file_is_gone(
    said: list[dict[str, Any]], database_path: Path, change: str
) -> None:
    journal_of(database_path).unlink()
    with Library.open(database_path) as library:
        before = own(library)
        library.database.connection().execute(f"UPDATE journal SET {change} WHERE action = 'star'")
    repair(database_path)
    with Library.open(database_path) as library:
        assert own(library) == before
        assert damages(library) == []
        assert library.undo() is not None
