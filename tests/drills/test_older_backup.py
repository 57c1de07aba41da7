"""An older copy put in the place of the database: the journal's file knows more than it, and then other things. What is said from then on
is told apart from what was said before, and a repair gives back what neither contradicts."""

import json
import random
import shutil
from pathlib import Path

import pytest

from chatviewer import ingest
from chatviewer.ingest.repairing import repair
from chatviewer.storage.library import Library
from tests.drills.machine import DRILLS, damages, fill_home
from tests.factories import fill, make_session, told

A, B, C, D = (make_session(key).uid for key in "abcd")


@pytest.fixture
def four(database_path: Path) -> Path:
    """Four sessions, and what was said about two of them."""
    with Library.open(database_path) as library:
        fill(library, *(make_session(key) for key in "abcd"))
        library.set_note(A, "first")
        library.set_note(B, "first")
    return database_path


def copied(database: Path, copy: Path) -> None:
    with Library.open(database) as library:
        library.backup(copy)


def put_back(copy: Path, database: Path) -> None:
    for end in ("-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
    shutil.copy(copy, database)


def gone_back(four: Path, copy: Path) -> None:
    """Two notes are written after the copy was made that is put in the place of the database."""
    copied(four, copy)
    with Library.open(four) as library:
        library.set_note(A, "second")
        library.set_note(C, "second")
    put_back(copy, four)


def notes(library: Library) -> dict[str, str | None]:
    return {uid: library.session(uid).note for uid in (A, B, C, D)}


def findings(library: Library) -> list[str]:
    return [finding.detail for finding in library.check() if finding.severity != "ok"]


def test_no_number_stands_for_two_steps_and_a_repair_gives_all_back(four: Path, tmp_path: Path) -> None:
    gone_back(four, tmp_path / "older.db")
    with Library.open(four) as library:
        assert notes(library) == {A: "first", B: "first", C: None, D: None}
        assert any("2 of your changes are only in" in words for words in findings(library))
        library.set_note(D, "third")
        library.set_note(B, "third")
        assert any("1 of your changes are only in" in words for words in findings(library)), "that of C: A is as it was again"
    lines = [json.loads(line) for line in four.with_name("journal.jsonl").read_text().splitlines()]
    steps = {(line["step"], line["at"]) for line in lines}
    assert len(steps) == len({step for step, _ in steps}) == 6
    repair(four)
    with Library.open(four) as library:
        assert notes(library) == {A: "first", B: "third", C: "second", D: "third"}
        assert findings(library) == []
        undone = [told(library.undo()) for _ in range(6)]
        assert undone == [
            "changed a note (“Title of b”)",
            "wrote a note (“Title of d”)",
            "wrote a note (“Title of c”)",
            "wrote a note (“Title of b”)",
            "wrote a note (“Title of a”)",
            None,
        ]
        assert damages(library) == []


def test_a_repair_right_after_it_gives_the_newer_words_back(four: Path, tmp_path: Path) -> None:
    gone_back(four, tmp_path / "older.db")
    repair(four)
    with Library.open(four) as library:
        assert notes(library) == {A: "second", B: "first", C: "second", D: None}
        assert findings(library) == []
        assert told(library.undo()) == "wrote a note (“Title of c”)"
        assert told(library.undo()) == "changed a note (“Title of a”)"


def test_a_copy_whose_last_step_has_the_number_of_the_last_in_the_file_is_known_as_another(four: Path, tmp_path: Path) -> None:
    """Both are about the same session, too."""
    with Library.open(four) as library:
        library.set_note(C, "of the copy")
    copied(four, tmp_path / "older.db")
    journal = four.with_name("journal.jsonl")
    data = journal.read_bytes()
    journal.write_bytes(data.replace(b"of the copy", b"of the file"))  # as where that step was undone, and its number given again
    put_back(tmp_path / "older.db", four)
    with Library.open(four) as library:
        library.set_note(D, "x")
    four.unlink()
    with Library.open(four) as library:
        fill(library, *(make_session(key) for key in "abcd"))
    repair(four)
    with Library.open(four) as library:
        assert notes(library)[C] == "of the copy"


def test_a_number_that_was_given_twice_undoes_one_step(four: Path) -> None:
    """In a file of before numbers were told apart: the later one stands, and the words of the other one stay."""
    journal = four.with_name("journal.jsonl")
    first, second = journal.read_text().splitlines()
    third, fourth = json.loads(second), json.loads(second)
    third |= {"step": 2, "target": C, "at": "2026-03-01T00:00:00.000+00:00"}
    fourth |= {"step": 2, "target": D, "at": "2026-03-02T00:00:00.000+00:00"}
    journal.write_text("".join(f"{line}\n" for line in (first, second, json.dumps(third), first, json.dumps(fourth))))
    with Library.open(four) as library:
        library.database.connection().execute("DELETE FROM journal")
    repair(four)
    with Library.open(four) as library:
        assert notes(library) == dict.fromkeys((A, B, C, D), "first")
        assert damages(library) == []
        assert [told(library.undo()) for _ in range(3)] == ["wrote a note (“Title of d”)", "wrote a note (“Title of a”)", None]


@pytest.mark.parametrize("seed", range(DRILLS))
def test_whatever_is_said_copied_and_put_back_a_repair_is_sound(
    isolated_home: Path, tmp_path: Path, database_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    fill_home(isolated_home, 4, 2)
    with Library.open(database_path) as library:
        ingest.run(library)
        uids = [summary.uid for summary in library.summaries(library.session_ids())]
    copies: list[Path] = []
    journal = database_path.with_name("journal.jsonl")
    for number in range(40):
        act = chance.choice(["note", "note", "star", "both", "undo", "redo", "copy", "back", "behind", "repair"])
        if act == "copy":
            copies.append(tmp_path / f"{number}.db")
            copied(database_path, copies[-1])
        elif act == "back" and copies:
            put_back(chance.choice(copies), database_path)
        elif act == "repair":
            repair(database_path)
        elif act == "behind" and journal.exists():  # it could not be written for a while
            lines = journal.read_bytes().splitlines(keepends=True)
            journal.write_bytes(b"".join(lines[: len(lines) - chance.randrange(3)]))
        else:
            with Library.open(database_path) as library:
                if act == "note":
                    library.set_note(chance.choice(uids), f"note {number}")
                elif act == "star":
                    library.set_starred([chance.choice(uids)], chance.random() < 0.5)
                elif act == "both":
                    library.add_tags(chance.sample(uids, 2), [f"t{number % 3}"])
                elif act in ("undo", "redo"):
                    getattr(library, act)()
        with Library.open(database_path) as library:
            assert damages(library) == [], (number, act)
            sizes = "SELECT max(size) FROM (SELECT count(DISTINCT action) AS size FROM journal GROUP BY step)"
            assert library.database.connection().execute(sizes).fetchone()[0] in (None, 1), (number, act)
    repair(database_path)
    with Library.open(database_path) as library:
        while library.undo():
            assert damages(library) == []
        while library.redo():
            assert damages(library) == []
