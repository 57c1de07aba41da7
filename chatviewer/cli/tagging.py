"""`chatviewer tag` and `untag`: words of the user's own on sessions."""

from argparse import ArgumentParser, Namespace

from chatviewer.cli.opening import binding_query, open_library, selected, tell_warning
from chatviewer.cli.output import counted, say
from chatviewer.errors import UsageError


def add_arguments(parser: ArgumentParser) -> None:
    options = "%(prog)s [-h] [--database PATH|URL]"
    parser.usage = f"{options} SESSION TAG [TAG ...]\n       {options} --query Q TAG [TAG ...]"
    parser.add_argument("words", nargs="+", metavar="SESSION TAG", help="the id of a session, then tags; with --query tags only")
    parser.add_argument("--query", metavar="Q", help="all sessions that this query finds")


def run(arguments: Namespace) -> int:
    is_by_query = arguments.query is not None
    prefixes, names = ([], arguments.words) if is_by_query else (arguments.words[:1], arguments.words[1:])
    if not names:
        raise UsageError(f"{arguments.name} needs a session and at least one tag.")
    query = binding_query(arguments.query) if is_by_query else None
    with open_library(arguments) as library:
        sessions, is_complete = selected(library, prefixes, query)
        change = library.add_tags if arguments.name == "tag" else library.remove_tags
        changed = change([summary.uid for summary in sessions], names) if sessions else 0
        tell_warning(library)
    say(f"{counted(changed, 'session')} {'tagged' if arguments.name == 'tag' else 'untagged'}.")
    return 0 if is_complete else 1
