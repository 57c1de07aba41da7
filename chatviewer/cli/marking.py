"""`chatviewer archive`, `unarchive`, `trash`, `restore`, `star`, `unstar`: one change of many sessions, undone as one."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatviewer.cli.opening import add_selection, binding_query, open_library, selected, tell_warning
from chatviewer.cli.output import counted, say
from chatviewer.domain.kinds import SessionStatus
from chatviewer.errors import UsageError

if TYPE_CHECKING:
    from chatviewer.storage.library import Library


class Mark(NamedTuple):
    """What a command does, the word for it when done, and among which sessions its query looks ("": the active ones)."""

    apply: "Callable[[Library, Sequence[str]], int]"
    done: str
    among: str = ""


MARKS = {
    "archive": Mark(lambda library, uids: library.set_status(uids, SessionStatus.ARCHIVED), "archived"),
    "unarchive": Mark(lambda library, uids: library.set_status(uids, SessionStatus.ACTIVE), "taken from the archive", "archived"),
    "trash": Mark(lambda library, uids: library.set_status(uids, SessionStatus.TRASHED), "moved to the trash"),
    "restore": Mark(lambda library, uids: library.set_status(uids, SessionStatus.ACTIVE), "taken from the trash", "trashed"),
    "star": Mark(lambda library, uids: library.set_starred(uids, True), "starred"),
    "unstar": Mark(lambda library, uids: library.set_starred(uids, False), "unstarred"),
}


def add_arguments(parser: ArgumentParser) -> None:
    add_selection(parser)


def run(arguments: Namespace) -> int:
    mark = MARKS[arguments.name]
    need_selection(arguments)
    query = None if arguments.query is None else binding_query(arguments.query, mark.among)
    with open_library(arguments) as library:
        sessions, is_complete = selected(library, arguments.sessions, query)
        if mark.among:  # what is not there cannot be brought back from it: an archived session is not taken from the trash
            sessions = [summary for summary in sessions if summary.status == mark.among]
        changed = mark.apply(library, [summary.uid for summary in sessions]) if sessions else 0
        tell_warning(library)
    say(f"{counted(changed, 'session')} {mark.done}.")
    return 0 if is_complete else 1


def need_selection(arguments: Namespace) -> None:
    """Raises UsageError where neither ids nor a query were given."""
    if not arguments.sessions and arguments.query is None:
        raise UsageError(f"{arguments.name} needs the id of a session, or --query.")
