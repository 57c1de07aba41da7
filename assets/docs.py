"""Writes the pages that are derived from the code: keys, preferences, commands. `python assets/docs.py`; a test compares."""

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NOTICE = "<!-- Written by assets/docs.py; change the code it names, then run that. -->\n"


def pages() -> dict[str, str]:
    """All pages by file name."""
    made = {"keys.md": keys, "preferences.md": preferences, "commands.md": commands}
    return {name: "".join(page()) for name, page in made.items()}


def cell(text: str) -> str:
    """Fit for a table of Markdown."""
    return text.replace("|", "\\|")


def code(text: str) -> str:
    """A code span; one around a backquote needs two."""
    return f"`` {cell(text)} ``" if "`" in text else f"`{cell(text)}`"


def keys() -> Iterator[str]:
    from chatviewer.tui.actions import PANES, help_lines

    yield f"# Keys\n\n{NOTICE}\nFrom `chatviewer/tui/actions.py`. In the viewer, `?` shows those of the pane that has the focus.\n"
    for pane, title in PANES.items():
        yield f"\n## {title}\n\n| key | action |\n|---|---|\n"
        for shown, words in help_lines(pane):
            keys = " ".join(key if key == "…" else code(key) for key in shown.split())
            yield f"| {keys} | {cell(words)} |\n"
    yield from screen_keys()


def screen_keys() -> Iterator[str]:
    """Those of the other screens."""
    from chatviewer.tui.screens.importing import ImportScreen
    from chatviewer.tui.screens.preferences import PreferencesScreen
    from chatviewer.tui.shown_keys import key_lines
    from chatviewer.tui.widgets.preference_row import PreferenceRow

    for title, bindings in (("Sources", ImportScreen.BINDINGS), ("Preferences", [*PreferenceRow.BINDINGS, *PreferencesScreen.BINDINGS])):
        yield f"\n## {title}\n\n| key | action |\n|---|---|\n"
        for shown, words in key_lines(bindings):
            yield f"| {' '.join(map(code, shown.split()))} | {cell(words)} |\n"


def preferences() -> Iterator[str]:
    from chatviewer.domain.preference import PREFERENCES

    yield (
        f"# Preferences\n\n{NOTICE}\nFrom `chatviewer/domain/preference.py`. In the viewer `,` opens them; "
        "`chatviewer preferences set KEY VALUE` and `reset KEY` change them.\n"
    )
    for group, members in groupby(PREFERENCES, key=lambda each: each.group):
        yield f"\n## {group}\n\n| key | values | default | effect |\n|---|---|---|---|\n"
        for each in members:
            values = {
                "toggle": "on, off",
                "choice": ", ".join(each.choices),
                "number": f"{each.minimum} to {each.maximum:,}",
                "text": "any text",
            }[each.kind]
            yield f"| {code(each.key)} | {values} | {each.show(each.default) or 'empty'} | {cell(each.effect)} |\n"


def commands() -> Iterator[str]:
    from chatviewer.cli.command_parser import CommandParser
    from chatviewer.cli.parser import COMMANDS, DATABASE_HELP

    yield f"""# Commands

{NOTICE}
From `chatviewer/cli/`. Every command takes `--help`, and `--database PATH|URL` for {DATABASE_HELP}.
`chatviewer` alone opens the viewer; `chatviewer --version` prints the version.

Exit codes: 0 done (also when nothing was found); 1 not everything could be done; 2 usage; 3 the database cannot be used;
130 stopped by Ctrl+C.
"""
    for name, entry in COMMANDS.items():
        parser = CommandParser(f"chatviewer {name}", entry.summary)
        import_module(f"chatviewer.cli.{entry.module}").add_arguments(parser)
        yield f"\n## {name}\n\n{entry.summary[0].upper()}{entry.summary[1:]}.\n"
        rows = [argument(action) for action in parser._actions if not isinstance(action, argparse._HelpAction)]
        if rows:
            yield "\n| argument | |\n|---|---|\n"
            yield from rows


def argument(action: argparse.Action) -> str:
    """One row: how it is typed, and what it does."""
    metavar = action.metavar if isinstance(action.metavar, str) else None
    value = metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not action.option_strings:
        typed = f"[{value}]" if action.nargs in ("?", "*") else f"{value} ..." if action.nargs == "+" else value
    else:
        typed = ", ".join(action.option_strings) + (f" {value}" if action.nargs is None else "")
    return f"| {code(typed)} | {cell(action.help or '')} |\n"


if __name__ == "__main__":
    for page, text in pages().items():
        (ROOT / "docs" / page).write_text(text, encoding="utf-8")
