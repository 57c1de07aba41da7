"""Which messages of a session an export shows, in which order, and where it forks."""

from collections.abc import Sequence
from typing import NamedTuple

from chatviewer.domain.summary import MessageStub
from chatviewer.domain.tree import MessageTree
from chatviewer.errors import NotFoundError
from chatviewer.exporters.base import ExportReader


class Place(NamedTuple):
    """A message at a fork: the how manieth of how many alternatives."""

    number: int
    total: int


def tree_of(stubs: Sequence[MessageStub]) -> MessageTree:
    return MessageTree((stub.seq, stub.parent_seq) for stub in stubs)


def forks(tree: MessageTree) -> dict[int, Place]:
    """The messages that have alternatives, by seq."""
    return {
        seq: Place(index, len(tree.children[fork])) for fork in tree.fork_points() for index, seq in enumerate(tree.children[fork], start=1)
    }


def current_branch(library: ExportReader, tree: MessageTree, current_uid: str | None) -> list[int]:
    """The branch that the source shows, else the newest, as seqs from the first message to the last."""
    if current_uid is not None:
        try:
            seq = library.message_session(current_uid)[1].seq
        except NotFoundError:  # the source names a message that it does not hold
            seq = -1
        if seq in tree.parent:
            return tree.path_through(seq)
    return tree.path_to(tree.newest_leaf())
