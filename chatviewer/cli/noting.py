"""`chatviewer note`: a note on a session or a message."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from chatviewer.cli.opening import open_library, tell_warning
from chatviewer.cli.output import say
from chatviewer.errors import NotFoundError

if TYPE_CHECKING:
    from chatviewer.storage.library import Library


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "uid", metavar="UID", help="the id of a session (also the one its agent knows it by) or of a message; the beginning is enough"
    )
    parser.add_argument("text", metavar="TEXT", nargs="+", help='the note; "" removes it')


def run(arguments: Namespace) -> int:
    text = " ".join(arguments.text)
    with open_library(arguments) as library:
        uid, what = _target(library, arguments.uid)
        library.set_note(uid, text)
        tell_warning(library)
    say(f"Note on {what} {uid[:13]} {'written' if text.strip() else 'removed'}.")
    return 0


def _target(library: "Library", prefix: str) -> tuple[str, str]:
    """The uid that was meant, and what it belongs to. Raises NotFoundError."""
    try:
        return library.summary(prefix).uid, "session"
    except NotFoundError as no_session:
        if "More than one" in str(no_session):
            raise
    try:
        return library.message_session(prefix)[1].uid, "message"
    except NotFoundError as no_message:
        if "More than one" in str(no_message):
            raise
    raise NotFoundError(f"There is no session or message {prefix!r}.")
