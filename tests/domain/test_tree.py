"""The tree of messages, compared with what its words mean; any parents, cycles and strangers among them."""

from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import MessageTree

PARENTS = st.dictionaries(st.integers(0, 12), st.integers(-2, 14), max_size=12)


def plain_children(parents: dict[int, int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for seq, parent in parents.items():
        found.setdefault(parent if parent in parents and parent != seq else -1, []).append(seq)
    return found


@given(PARENTS)
def test_children_and_forks(parents: dict[int, int]) -> None:
    tree, children = MessageTree(parents.items()), plain_children(parents)
    assert tree.children == children
    assert {fork: children[fork] for fork in tree.fork_points()} == {fork: below for fork, below in children.items() if len(below) > 1}
    for below in children.values():
        assert all(list(tree.siblings(seq)) == below for seq in below)


@given(PARENTS, st.dictionaries(st.integers(-1, 12), st.integers(0, 14), max_size=4))
def test_the_way_down_takes_what_was_chosen_else_the_newest_and_ends(parents: dict[int, int], chosen: dict[int, int]) -> None:
    tree, children = MessageTree(parents.items()), plain_children(parents)
    path = tree.path_through(-1, chosen)
    assert len(path) == len(set(path))
    for above, seq in zip([-1, *path], path, strict=False):
        assert seq == (chosen[above] if chosen.get(above) in children[above] else children[above][-1])
    assert not path or path[-1] not in children


@given(st.integers(0, 12), PARENTS)
def test_a_branch_holds_what_it_was_asked_through(seq: int, parents: dict[int, int]) -> None:
    path = MessageTree(parents.items()).path_through(seq)
    assert (seq in path) == (seq in parents)
    assert len(path) == len(set(path))
