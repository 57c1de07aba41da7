"""`chatviewer preferences`: list, get, set, reset."""

from argparse import ArgumentParser, Namespace
from itertools import groupby

from chatviewer.cli.opening import open_library, tell_warning
from chatviewer.cli.output import bold, clean, dim, is_terminal, say, say_document
from chatviewer.cli.table import Column, say_table
from chatviewer.domain.preference import PREFERENCES, find_preference
from chatviewer.errors import UsageError
from chatviewer.ingest import check_preference

ACTIONS = {"list": 0, "get": 1, "set": 2, "reset": 1}  # words after it


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", default="list", choices=list(ACTIONS), help="list (default), get KEY, set KEY VALUE, reset KEY"
    )
    parser.add_argument("key", nargs="?", metavar="KEY", help="one of those that list shows")
    parser.add_argument("value", nargs="?", metavar="VALUE", help="toggles are on or off")
    parser.add_argument("--json", action="store_true", help="list or get as JSON")


def run(arguments: Namespace) -> int:
    given = sum(word is not None for word in (arguments.key, arguments.value))
    if given != ACTIONS[arguments.action]:
        raise UsageError(
            f"preferences {arguments.action} takes {('nothing more', 'a key', 'a key and a value')[ACTIONS[arguments.action]]}."
        )
    with open_library(arguments, create=arguments.action in ("set", "reset")) as library:
        if arguments.action == "list":
            _list(library.preferences(), arguments.json)
            return 0
        preference = find_preference(arguments.key)
        if arguments.action == "set":
            value = preference.parse(arguments.value)
            check_preference(preference.key, value)
            library.set_preference(preference.key, value)
        elif arguments.action == "reset":
            library.reset_preference(preference.key)
        tell_warning(library)
        value = library.preference(preference.key)
    if arguments.json:
        say_document({"preferences": {preference.key: value}})
    elif arguments.action == "get":
        say(clean(preference.show(value)))
    else:
        say(clean(f"{preference.key} is {preference.show(value) or 'empty'}."))
    return 0


def _list(values: dict[str, object], is_json: bool) -> None:
    if is_json:
        say_document({"preferences": values})
        return
    if not is_terminal():
        say_table((Column("KEY"), Column("VALUE")), ((each.key, each.show(values[each.key])) for each in PREFERENCES))
        return
    for group, members in groupby(PREFERENCES, key=lambda each: each.group):
        say(bold(group))
        for each in members:
            changed = "" if values[each.key] == each.default else f" (default {each.show(each.default) or 'empty'})"
            say(f"  {each.key} = {clean(each.show(values[each.key]))}{changed}")
            say(dim(f"      {each.effect}"))
