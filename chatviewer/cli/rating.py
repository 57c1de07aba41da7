"""`chatviewer rate`: 1 to 5 stars on a reply."""

from argparse import ArgumentParser, Namespace

from chatviewer.cli.opening import open_library, tell_warning
from chatviewer.cli.output import say, shown_title
from chatviewer.domain.kinds import Role
from chatviewer.errors import RefusedError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("message", metavar="MESSAGE", help="the id of a reply; the beginning is enough")
    parser.add_argument("value", metavar="1-5|none", choices=("1", "2", "3", "4", "5", "none"), help="none takes your rating away")
    parser.add_argument("--note", metavar="TEXT", help="why")


def run(arguments: Namespace) -> int:
    value = None if arguments.value == "none" else int(arguments.value)
    with open_library(arguments) as library:
        summary, message = library.message_session(arguments.message)
        if value is not None and message.role is not Role.ASSISTANT:
            raise RefusedError(f"{message.uid[:13]} is no reply (its role is {message.role}): only what a model said is rated.")
        library.rate(message.uid, value, arguments.note)
        tell_warning(library)
    done = "Rating removed" if value is None else f"Rated {value} of 5"
    say(f"{done}: {message.uid[:13]} in {shown_title(summary.title, 60)}")
    return 0
