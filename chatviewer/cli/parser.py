"""From words to a command and its arguments. The commands stand in a table of names; a command's module says the rest.

argparse's own subcommands would need every command's module at every start. Here the first word picks the module, and only that
module makes a parser.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from chatviewer.domain.record import NamedTuple
from chatviewer.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any, Protocol

    class Arguments(Protocol):
        """What a command says its arguments to: argparse's parser, or the plain one."""

        def add_argument(self, *names: str, **options: Any) -> Any: ...

    class CommandModule(Protocol):
        """What each module of this package that holds a command has."""

        @staticmethod
        def add_arguments(parser: Any) -> None: ...
        @staticmethod
        def run(arguments: Namespace) -> int: ...


class Entry(NamedTuple):
    """A command: the module that holds it, and what it does in a line. `takes_words`: free words, also those after `--`.
    `is_quick`: asked so often, and so soon done, that a plain command line of it does not wait for argparse."""

    module: str
    summary: str
    takes_words: bool = False
    is_quick: bool = False


COMMANDS: dict[str, Entry] = {
    "import": Entry("importing", "read chats from the places they lie in, or from a file or folder", is_quick=True),
    "sources": Entry("sources", "where chats are looked for, what is there, what expires when"),
    "list": Entry("listing", "list sessions, all or those that a query finds", takes_words=True, is_quick=True),
    "search": Entry("searching", "find messages by their words", takes_words=True, is_quick=True),
    "show": Entry("showing", "read a session"),
    "rate": Entry("rating", "give a reply 1 to 5 stars"),
    "archive": Entry("marking", "put sessions away; they stay searchable"),
    "unarchive": Entry("marking", "take sessions back from the archive"),
    "trash": Entry("marking", "move sessions to the trash"),
    "restore": Entry("marking", "take sessions back from the trash"),
    "purge": Entry("purging", "delete sessions for ever"),
    "star": Entry("marking", "give sessions a star"),
    "unstar": Entry("marking", "take the star away"),
    "tag": Entry("tagging", "add tags"),
    "untag": Entry("tagging", "remove tags"),
    "rename": Entry("renaming", "give a session a title of your own"),
    "note": Entry("noting", "write a note on a session or message"),
    "undo": Entry("undoing", "take back the last change"),
    "redo": Entry("undoing", "make again what undo took back"),
    "export": Entry("exporting", "write sessions as Markdown, HTML, JSON and others"),
    "preferences": Entry("preferences", "list, read and change the preferences"),
    "stats": Entry("statistics", "sessions, messages, tokens and ratings"),
    "doctor": Entry("doctor", "look whether the database is sound"),
    "backup": Entry("backup", "copy the database to a file"),
    "demo": Entry("demonstration", "open the viewer on made-up chats"),
}
DATABASE_HELP = "the database: a file, or sqlite:///file (else CHATVIEWER_DATABASE, else the usual place)"


class Parsed(NamedTuple):
    """`command` is None for the viewer (or, with `is_help`, for the overview)."""

    command: CommandModule | None
    arguments: Any  # an attribute for each
    database: str | None
    is_help: bool = False


def parse(words: Sequence[str]) -> Parsed:
    """Raises UsageError. Prints the help of a command and raises SystemExit where it is asked for."""
    database: str | None = None
    position = 0
    while position < len(words) and words[position].startswith("-"):
        word = words[position]
        if word in ("-h", "--help"):
            return Parsed(None, None, database, is_help=True)
        if word == "--database":
            if position + 1 == len(words):
                raise UsageError("--database needs a path or a URL.")
            database, position = words[position + 1], position + 2
        elif word.startswith("--database="):
            database, position = word.removeprefix("--database="), position + 1
        elif word == "--version":
            raise UsageError("--version stands alone.")
        else:
            raise UsageError(f"There is no option {word!r} (`chatviewer --help` shows how).")
    if position == len(words):
        return Parsed(None, None, database)
    return _parse_command(words[position], list(words[position + 1 :]), database)


def _parse_command(name: str, rest: list[str], database: str | None) -> Parsed:
    entry = COMMANDS.get(name)
    if entry is None:
        raise UsageError(f"There is no command {name!r} (`chatviewer --help` lists them).")
    module = f"chatviewer.cli.{entry.module}"
    __import__(module)
    command: CommandModule = sys.modules[module]  # type: ignore[assignment]
    arguments = _read_plainly(command, rest, database) if entry.is_quick else None
    if arguments is None:
        arguments = _read(command, entry, name, rest, database)
    arguments.name = name
    return Parsed(command, arguments, database)


def _read_plainly(command: CommandModule, rest: list[str], database: str | None) -> Any:
    parser = PlainParser()
    parser.add_argument("--database", default=database)
    command.add_arguments(parser)
    return parser.read(rest)


class Values:
    """What was given, an attribute for each."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


class PlainParser:
    """A command line in its common form, read without argparse, whose import and work cost as much as the answer to a short command.

    Known options in full, each with its value behind it, and words in one row: whatever else stands there (help, an abbreviation, `--`,
    `--option=value`, a value that is wrong) is left to argparse, so that there is one place that explains and complains.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._words: str | None = None  # the name of the free words
        self._flags: set[str] = set()
        self._options: dict[str, tuple[Callable[[str], Any], Sequence[str] | None]] = {}

    def add_argument(
        self,
        name: str,
        *,
        action: str | None = None,
        default: Any = None,
        type: Callable[[str], Any] = str,  # noqa: A002 (argparse's name)
        choices: Sequence[str] | None = None,
        **told: Any,
    ) -> None:
        """As argparse's, as far as the quick commands use it. `told` is for the help, and `nargs`, which is `*`."""
        if not name.startswith("-"):
            self._words, self._values[name] = name, []
        elif action == "store_true":
            self._flags.add(name)
            self._values[name[2:]] = False
        else:
            self._options[name] = type, choices
            self._values[name[2:]] = default

    def read(self, words: Sequence[str]) -> Values | None:
        """The values by name; None for what only argparse can read or complain about."""
        values = dict(self._values)
        free: list[str] = []
        ended = False  # argparse takes the free words of some commands in one row only
        waiting = iter(words)
        for word in waiting:
            if word in self._flags:
                values[word[2:]] = True
            elif word in self._options:
                kind, choices = self._options[word]
                value = next(waiting, "-")
                try:
                    values[word[2:]] = kind(value)
                except ValueError:
                    return None
                if value.startswith("-") or (choices is not None and value not in choices):
                    return None
            elif word.startswith("-") or ended:
                return None
            else:
                free.append(word)
                continue
            ended = bool(free)
        if self._words is not None:
            values[self._words] = free
        return Values(values)


def _read(command: CommandModule, entry: Entry, name: str, rest: list[str], database: str | None) -> Any:
    from chatviewer.cli.command_parser import CommandParser

    parser = CommandParser(f"chatviewer {name}", f"{entry.summary[0].upper()}{entry.summary[1:]}.")
    parser.add_argument("--database", metavar="PATH|URL", default=database, help=DATABASE_HELP)
    parser.set_defaults(name=name)
    command.add_arguments(parser)
    if not entry.takes_words:
        return parser.parse_args(_with_unwanted(rest))
    # Words and options may stand in any order; what follows `--` is words, also where it looks like an option.
    end = rest.index("--") if "--" in rest else len(rest)
    arguments = parser.parse_intermixed_args(_with_unwanted(rest[:end]))
    arguments.words = [*arguments.words, *rest[end + 1 :]]
    return arguments


def _with_unwanted(rest: list[str]) -> list[str]:
    """The words, `--query -tag:keep` in one: argparse alone would take a query that begins with a dash for an option, and drop two dashes.
    Raises UsageError."""
    joined: list[str] = []
    for word in rest:
        option, is_value, value = word.partition("=")
        if option.startswith("--") and is_value and value == "--":
            if option != "--query":
                from chatviewer.domain.sanitizing import safe_line

                raise UsageError(f"{safe_line(option, 60)}: -- is no value for it.")
            word = "--query=-- "
        if joined and joined[-1] == "--query" and len(word) > 2 and word[0] == "-" != word[1]:
            joined[-1] = f"--query={word}"
        else:
            joined.append(word)
    return joined


def add_query_words(parser: Arguments, help_text: str) -> None:
    """The words of a query, unquoted or quoted, between or behind the options."""
    parser.add_argument("words", nargs="*", metavar="QUERY", help=help_text)


def add_scopes(parser: Arguments) -> None:
    """Where words are looked for, as an option: `in:` in the query does the same."""
    parser.add_argument("--in", metavar="WHERE", type=scopes, help="where words are looked for: text, tools, thinking, title, or all")


def scopes(text: str) -> str:
    """The type of --in: values of `in:`, with commas between them. Raises UsageError."""
    from chatviewer.query.fields import FIELDS

    choices = FIELDS["in"].choices
    if not all(value in choices for value in text.lower().split(",")):
        raise UsageError(f"--in: is one of {', '.join(choices)}, or several with commas between them.")
    return text


def limit_number(text: str) -> int:
    """The type of --limit: a number of rows; 0 is all. Raises UsageError."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= sys.maxsize:
        raise UsageError(f"--limit: {text!r} is no number of rows; 0 means all.")
    return number


def overview() -> str:
    """The answer to `chatviewer --help`."""
    width = max(map(len, COMMANDS)) + 2
    lines = [
        "chatviewer: your chats with language models, in one place, offline.",
        "",
        "  chatviewer                        open the viewer",
        "  chatviewer COMMAND [OPTION ...]   run a command; `chatviewer COMMAND --help` shows how",
        "",
        *(f"  {name:{width}}{entry.summary}" for name, entry in COMMANDS.items()),
        "",
        f"  --database PATH|URL   {DATABASE_HELP}",
        "  --version             print the version",
        "",
        "Exit codes: 0 done, 1 not everything could be done, 2 usage, 3 the database cannot be used, 130 stopped by Ctrl+C.",
        "",
    ]
    return "\n".join(lines)
