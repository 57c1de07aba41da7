"""`chatviewer rename`: a title of the user's own."""

from argparse import ArgumentParser, Namespace

from chatviewer.cli.opening import SESSION_HELP, open_library, tell_warning
from chatviewer.cli.output import say, shown_title


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    parser.add_argument("title", metavar="TITLE", nargs="+", help='the new title; "" gives back that of the source')


def run(arguments: Namespace) -> int:
    with open_library(arguments) as library:
        summary = library.summary(arguments.session)
        library.rename(summary.uid, " ".join(arguments.title))
        tell_warning(library)
        say(f"{summary.uid[:8]} is called {shown_title(library.summary(summary.uid).title)}")
    return 0
