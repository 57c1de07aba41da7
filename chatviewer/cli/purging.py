"""`chatviewer purge`: sessions deleted for ever. It asks first."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from chatviewer.cli.marking import need_selection
from chatviewer.cli.opening import add_selection, binding_query, open_library, selected, tell_warning, titled
from chatviewer.cli.output import clean, counted, is_terminal, say, shown_title, tell
from chatviewer.errors import UsageError
from chatviewer.paths import older_copies

if TYPE_CHECKING:
    from chatviewer.domain.summary import SessionSummary
    from chatviewer.storage.library import Library

SHOWN = 10  # titles before the question


def add_arguments(parser: ArgumentParser) -> None:
    add_selection(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: Namespace) -> int:
    need_selection(arguments)
    query = None if arguments.query is None else binding_query(arguments.query)
    with open_library(arguments) as library:
        sessions, is_complete = selected(library, arguments.sessions, query)
        if sessions and not arguments.yes and not _is_confirmed(library, sessions):
            say("Nothing was purged.")
            return 0 if is_complete else 1
        purged = library.purge([summary.uid for summary in sessions]) if sessions else 0
        tell_warning(library)
        copies = older_copies(library.path) if purged else []
    say(f"{counted(purged, 'session')} purged.")
    for copy in copies:
        tell(f"An older copy of the library may still hold what was purged: {copy}")
    return 0 if is_complete else 1


def _is_confirmed(library: "Library", sessions: "list[SessionSummary]") -> bool:
    """Whether the user types the number. Raises UsageError where there is nobody to ask."""
    if not is_terminal(sys.stdin):
        raise UsageError("purge asks before it deletes; without a terminal say --yes.")
    for summary in titled(library, sessions[:SHOWN]):
        tell(f"  {summary.uid[:8]}  {shown_title(summary.title, 80)}")
    if len(sessions) > SHOWN:
        tell(f"  and {len(sessions) - SHOWN:,} more")
    children = " with sub-agents" if any(summary.child_count for summary in sessions) else ""
    question = f"This deletes {counted(len(sessions), 'session')}{children} for ever and cannot be undone. Type {len(sessions)} to go on: "
    sys.stderr.write(clean(question))
    sys.stderr.flush()
    return sys.stdin.readline().strip() == str(len(sessions))
