"""The light `NamedTuple` and `StrEnum` behave as the standard library's."""

from __future__ import annotations

import copy
import enum
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from chatviewer.domain import Role
from chatviewer.domain.record import NamedTuple, StrEnum

ROOT = Path(__file__).resolve().parents[2] / "chatviewer"


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 2

    @property
    def total(self) -> int:
        return self.x + self.y


def test_a_named_tuple_has_fields_defaults_methods_and_words() -> None:
    point = Point(1)
    assert point == (1, 2)
    assert (point.total, point._replace(y=5).total) == (3, 6)
    assert (Point._fields, Point.__doc__, repr(point)) == (("x", "y"), "A place.", "Point(x=1, y=2)")
    assert pickle.loads(pickle.dumps(point)) == point
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]


def test_a_named_tuple_is_made_the_same_way_every_time() -> None:
    class Place(NamedTuple):
        name: str
        row: int = 0

    made = [Place("a", 1) for _ in range(50)]
    assert {*made} == {("a", 1)}
    assert all(type(place) is Place and place.row == 1 for place in made)
    assert (Place("b"), Place(row=2, name="c"), Place._make(["d", 3])) == (("b", 0), ("c", 2), ("d", 3))
    assert Place("b")._asdict() == {"name": "b", "row": 0}
    match Place("e", 5):
        case Place(name, row):
            assert (name, row) == ("e", 5)
    for wrong in (lambda: Place(), lambda: Place("a", 1, 2), lambda: Place("a", name="b"), lambda: Place._make(["a"])):  # type: ignore[call-arg, misc]
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ValueError, match="place"):
        Place("a")._replace(place=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("role", list(Role))
def test_a_member_is_its_word_and_always_the_same_object(role: Role) -> None:
    assert all(
        each is role for each in (Role(role.value), Role(role), copy.deepcopy(role), copy.copy(role), pickle.loads(pickle.dumps(role)))
    )
    assert (str(role), f"{role:>10}", json.dumps(role), hash(role)) == (
        role.value,
        f"{role.value:>10}",
        json.dumps(role.value),
        hash(role.value),
    )
    assert type(role.value) is str


def test_words_beside_the_set_are_refused_as_by_enum() -> None:
    class Colour(StrEnum):
        RED = "red"

    class Same(enum.StrEnum):
        RED = "red"

    assert (list(Colour), len(Colour), repr(Colour.RED).partition(".")[2]) == (list(Same), len(Same), repr(Same.RED).partition(".")[2])
    assert "red" in Colour
    for wrong in ("blue", None, ["red"]):
        with pytest.raises(ValueError, match="is not a valid"):
            Colour(wrong)


def test_modules_with_named_tuples_leave_annotations_unevaluated() -> None:
    users = [path for path in ROOT.rglob("*.py") if "record import NamedTuple" in path.read_text(encoding="utf-8")]
    assert len(users) > 5
    assert not [path for path in users if "from __future__ import annotations" not in path.read_text(encoding="utf-8")]


def test_a_pattern_is_compiled_when_it_is_first_used() -> None:
    script = (
        "import sys; from chatviewer.domain.record import pattern; digits = pattern('([0-9])[a-z]', 2); print('re' in sys.modules); "
        "print(digits.sub(r'<\\1>', '1A 2b'), digits.search('x7Y').span(), digits.search('x') is None, digits.pattern, digits.groups)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT.parent, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "<1> <2> (1, 3) True ([0-9])[a-z] 1"]


def test_they_need_neither_typing_nor_enum() -> None:
    script = "import sys, chatviewer.domain.hit; print(*{'typing', 'enum', 're'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
