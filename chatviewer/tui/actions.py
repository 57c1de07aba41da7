"""Every action of the viewer, declared once. Key bindings, the footer, the help screen and the palette are derived from this.

An action's `handler` is the name of an `action_...` method: `screen.NAME` on the screen, `app.NAME` on the App, a bare name on the
pane that has the focus. Every pane that is named in `where` has that method. The binding has the action's id, so it can be remapped.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from textual.binding import Binding

EVERYWHERE, LIST, TRANSCRIPT, LIBRARY = "everywhere", "list", "transcript", "library"
PANES = {
    LIST: "Session list",
    TRANSCRIPT: "Transcript",
    LIBRARY: "Library pane",
    EVERYWHERE: "Everywhere",
}
ALL_PANES = (LIST, TRANSCRIPT, LIBRARY)
READING = (LIST, TRANSCRIPT)
_MANY = 8  # keys that are too many for a line of the help screen


class Action(NamedTuple):
    """`keys` as Textual names them; `shown` as people read them. Actions with the same `help` stand on one line of the help screen."""

    id: str
    keys: tuple[str, ...]
    shown: str
    where: tuple[str, ...]
    label: str
    help: str
    handler: str
    footer: int = 0  # place in the footer from the left; 0: not there
    needs_session: bool = False  # where none is shown the footer does not name it


ACTIONS: tuple[Action, ...] = (
    # Moving
    Action("move.down", ("j", "down"), "j ↓", ALL_PANES, "Down", "Move down or up", "cursor_down"),
    Action("move.up", ("k", "up"), "k ↑", ALL_PANES, "Up", "Move down or up", "cursor_up"),
    Action("move.half_down", ("ctrl+d",), "ctrl+d", ALL_PANES, "Half a page down", "Half a page down or up", "half_page_down"),
    Action("move.half_up", ("ctrl+u",), "ctrl+u", ALL_PANES, "Half a page up", "Half a page down or up", "half_page_up"),
    Action("move.page_down", ("pagedown",), "PgDn", ALL_PANES, "Page down", "A page down or up", "page_down"),
    Action("move.page_up", ("pageup",), "PgUp", ALL_PANES, "Page up", "A page down or up", "page_up"),
    Action("move.first", ("g", "home"), "g Home", ALL_PANES, "To the top", "To the top or the end", "first"),
    Action("move.last", ("G", "end"), "G End", ALL_PANES, "To the end", "To the top or the end", "last"),
    Action("group.next", ("right_curly_bracket",), "}", (LIST,), "Next group", "Next or previous group", "next_group"),
    Action("group.previous", ("left_curly_bracket",), "{", (LIST,), "Previous group", "Next or previous group", "previous_group"),
    # Going in and out
    Action(
        "open",
        ("enter", "l", "right"),
        "Enter l",
        (LIST,),
        "Open",
        "Open the session; a search result opens at its match",
        "choose",
        2,
        needs_session=True,
    ),
    Action("filter_by", ("enter", "l", "right"), "Enter l", (LIBRARY,), "Narrow", "Add this to the search, or take it out", "choose", 2),
    Action(
        "back",
        ("escape", "h", "left"),
        "Esc h",
        ALL_PANES,
        "Back",
        "One step back: clear the search, clear the marks, leave the pane",
        "screen.back",
    ),
    Action("pane.next", ("tab",), "Tab", (EVERYWHERE,), "Next pane", "Next or previous pane", "screen.next_pane"),
    Action("pane.previous", ("shift+tab",), "shift+Tab", (EVERYWHERE,), "Previous pane", "Next or previous pane", "screen.previous_pane"),
    # Finding
    Action("search", ("slash",), "/", (LIST, LIBRARY), "Search", "Search everything, as you type", "screen.search", 1),
    Action("find", ("slash",), "/", (TRANSCRIPT,), "Find", "Find in this session", "screen.find", 1, needs_session=True),
    Action("find.next", ("n",), "n", (TRANSCRIPT,), "Next match", "Next match; N the one before, while a find is on", "screen.find_next"),
    Action(
        "filter",
        ("f",),
        "f",
        (LIST, LIBRARY),
        "Filter",
        "Filter by status, source, project, model, tag, rating or date",
        "screen.filter",
        5,
    ),
    Action("filter.clear", ("F",), "F", (LIST, LIBRARY), "Clear filter", "Show all sessions again", "screen.clear_filter"),
    Action(
        "sort",
        ("s",),
        "s",
        (LIST,),
        "Sort and group",
        "Choose the order of the list and its groups; of search results: newest or best first",
        "screen.sort",
    ),
    Action("archived", ("A",), "A", ALL_PANES, "Show archived", "Show the archived sessions, or the others again", "screen.show_archived"),
    *(
        Action(
            f"narrow.{digit}",
            (digit, f"alt+{digit}"),
            digit,
            (LIST, LIBRARY),
            f"Narrow by {digit}",
            "Add what stands beside this digit to the search, or take it out (alt and it while typing); without one: run that saved search",
            f"screen.narrow({digit})",
        )
        for digit in "123456789"
    ),
    Action("narrow.widen", ("space",), "space", (LIBRARY,), "Or this", "This as well: one more value that will do", "widen"),
    Action("narrow.exclude", ("minus",), "-", (LIBRARY,), "Not this", "Everything but this", "exclude"),
    Action("narrow.only", ("o",), "o", (LIBRARY,), "Only this", "Show only this, in place of what is searched for", "only"),
    Action("saved.rename", ("r",), "r", (LIBRARY,), "Rename search", "Rename the saved search under the cursor", "screen.rename_search"),
    Action("saved.forget", ("d",), "d", (LIBRARY,), "Forget search", "Forget the saved search under the cursor", "screen.forget_search"),
    Action("saved.down", ("J",), "J", (LIBRARY,), "Search down", "Move the saved search down or up", "screen.move_search(1)"),
    Action("saved.up", ("K",), "K", (LIBRARY,), "Search up", "Move the saved search down or up", "screen.move_search(-1)"),
    Action("search.save", ("ctrl+s",), "ctrl+s", (LIST,), "Save search", "Save this search by a name, or forget it", "screen.save_search"),
    Action("search.tools", ("ctrl+t",), "ctrl+t", (LIST,), "Tool output", "Search tool output as well, or no more", "screen.search_tools"),
    Action(
        "search.hidden",
        ("ctrl+o",),
        "ctrl+o",
        (LIST,),
        "Archive and trash",
        "Search archived and trashed sessions as well, or no more",
        "screen.search_hidden",
    ),
    Action(
        "search.drop",
        ("ctrl+w",),
        "ctrl+w",
        (LIST,),
        "Drop a word",
        "Where nothing is found: search without the word or field that is in the way; else without the last one",
        "screen.drop_word",
    ),
    Action(
        "search.correct", ("ctrl+y",), "ctrl+y", (LIST,), "Did you mean", "Search for what was probably meant", "screen.take_suggestion"
    ),
    Action("agents", ("o",), "o", (LIST,), "Agents", "Show or hide the sub-agents of the session, below it", "screen.toggle_agents"),
    # Marking
    Action("mark", ("space",), "space", (LIST,), "Mark", "Mark this session; then an action works on all that are marked", "mark"),
    Action("mark.range", ("v",), "v", (LIST,), "Mark a range", "Start or end a range of marks", "mark_range"),
    Action("mark.all", ("ctrl+a",), "ctrl+a", (LIST,), "Mark all", "Mark all that the list shows", "mark_all"),
    # Organising
    Action("archive", ("a",), "a", READING, "Archive", "Archive, or take out of the archive", "screen.archive", 3, needs_session=True),
    Action("trash", ("d",), "d", (LIST,), "Trash", "To the trash, or back out of it", "screen.trash"),
    Action("purge", ("D",), "D", (LIST,), "Purge", "Delete for ever; asks first", "screen.purge"),
    Action("star", ("asterisk",), "*", READING, "Star", "Star, or take the star away", "screen.star", 4, needs_session=True),
    Action("read", ("U",), "U", READING, "Mark as read", "Mark as read; as unread when it is read already", "screen.mark_read"),
    Action("tag", ("number_sign",), "#", READING, "Tag", "Add and remove tags", "screen.tag"),
    Action("note", ("N",), "N", READING, "Note", "Write a note", "screen.note"),
    Action("rename", ("r",), "r", (LIST,), "Rename", "Give the session a title of your own", "screen.rename"),
    Action("undo", ("u",), "u", ALL_PANES, "Undo", "Undo or redo your last change, also from earlier days", "screen.undo", 7),
    Action("redo", ("ctrl+r",), "ctrl+r", ALL_PANES, "Redo", "Undo or redo your last change, also from earlier days", "screen.redo"),
    # Reading
    Action("message.next", ("J",), "J", (TRANSCRIPT,), "Next message", "Next or previous message", "next_message"),
    Action("message.previous", ("K",), "K", (TRANSCRIPT,), "Previous message", "Next or previous message", "previous_message"),
    Action("prompt.next", ("right_curly_bracket",), "}", (TRANSCRIPT,), "Next prompt", "Next or previous prompt", "next_prompt"),
    Action("prompt.previous", ("left_curly_bracket",), "{", (TRANSCRIPT,), "Previous prompt", "Next or previous prompt", "previous_prompt"),
    Action(
        "outline", ("O",), "O", (TRANSCRIPT,), "Outline", "All prompts of this session; type to narrow down, Enter jumps", "screen.outline"
    ),
    Action("branches", ("B",), "B", (TRANSCRIPT,), "Branches", "All branches of this session; Enter shows one", "screen.branches"),
    Action("branch.previous", ("less_than_sign",), "<", (TRANSCRIPT,), "Previous branch", "Switch between branches", "previous_branch"),
    Action("branch.next", ("greater_than_sign",), ">", (TRANSCRIPT,), "Next branch", "Switch between branches", "next_branch"),
    Action(
        "block.open",
        ("enter",),
        "Enter",
        (TRANSCRIPT,),
        "Open",
        "Open what is here: a sub-agent, a link, an image; else fold or unfold",
        "open_here",
        2,
        needs_session=True,
    ),
    Action("block.toggle", ("o",), "o", (TRANSCRIPT,), "Fold", "Fold or unfold this block", "toggle_block", 3, needs_session=True),
    Action("fold_all", ("z",), "z", (TRANSCRIPT,), "Fold all", "Fold everything; Z unfolds the first lines, Z again all", "fold_all"),
    Action("unfold_all", ("Z",), "Z", (TRANSCRIPT,), "Unfold all", "Fold everything; Z unfolds the first lines, Z again all", "unfold_all"),
    Action(
        "tool_calls",
        ("t",),
        "t",
        (TRANSCRIPT,),
        "Tool calls",
        "Tool calls: hidden, one line each, first lines, all",
        "cycle_tool_calls",
        6,
        needs_session=True,
    ),
    Action("thinking", ("T",), "T", (TRANSCRIPT,), "Thinking", "Show or hide what the model thought", "toggle_thinking"),
    *(
        Action(
            f"rate.{stars}", (str(stars),), str(stars), (TRANSCRIPT,), f"Rate {stars}", "Rate the reply under the cursor", f"rate({stars})"
        )
        for stars in range(1, 6)
    ),
    Action("rate.0", ("0",), "0", (TRANSCRIPT,), "Clear rating", "Clear its rating", "rate(0)"),
    Action("copy", ("y",), "y", READING, "Copy", "Copy the source text of the message; in the list, the session's id", "screen.copy"),
    Action(
        "copy.menu",
        ("Y",),
        "Y",
        (TRANSCRIPT,),
        "Copy menu",
        "Copy a part: code block, command, diff, link, id, resume command",
        "screen.copy_menu",
    ),
    Action("editor", ("e",), "e", READING, "Open in editor", "Open a copy of the session in $EDITOR, as Markdown", "screen.open_editor"),
    Action("export", ("x",), "x", READING, "Export", "Export to a file: choose a format, then a path", "screen.export"),
    Action(
        "continue",
        ("c",),
        "c",
        READING,
        "Continue",
        "Go on with the session in the agent that made it; shows the command first",
        "screen.continue_session",
    ),
    # The window
    Action("details", ("i",), "i", READING, "Details", "Ids, tokens, times, and the files that the session changed", "screen.details"),
    Action("preview", ("p",), "p", READING, "Preview", "Transcript beside the list, on or off", "screen.preview"),
    Action("zoom", ("backslash",), "\\", ALL_PANES, "Zoom", "The pane alone, or all of them again", "screen.zoom"),
    Action(
        "list.narrower",
        ("left_square_bracket",),
        "[",
        ALL_PANES,
        "Narrower",
        "List narrower or wider, or the library; the mouse drags borders",
        "screen.resize_pane(-4)",
    ),
    Action(
        "list.wider",
        ("right_square_bracket",),
        "]",
        ALL_PANES,
        "Wider",
        "List narrower or wider, or the library; the mouse drags borders",
        "screen.resize_pane(4)",
    ),
    Action("import", ("R", "f5"), "R F5", ALL_PANES, "Look for new chats", "Look for new chats", "screen.import_chats"),
    Action(
        "import.screen",
        ("I",),
        "I",
        ALL_PANES,
        "Sources",
        "Where chats are looked for, what was found, what went wrong",
        "screen.show_import",
    ),
    Action("preferences", ("comma",), ",", ALL_PANES, "Preferences", "Preferences", "screen.preferences"),
    Action("palette", ("colon", "ctrl+p"), ": ctrl+p", ALL_PANES, "Palette", "Find any action by its name", "app.command_palette"),
    Action("help", ("question_mark", "f1"), "? F1", ALL_PANES, "Help", "The keys of this pane", "screen.help", 8),
    Action("leave", ("q",), "q", ALL_PANES, "Back or quit", "Back to the list; there, quit", "screen.leave"),
    Action("quit", ("ctrl+q",), "ctrl+q", (EVERYWHERE,), "Quit", "Quit", "app.quit"),
)

SECTIONS = {  # of the help, by the action that each begins with
    "move.down": "Moving",
    "open": "In and out",
    "search": "Finding",
    "mark": "Marking",
    "archive": "Organising",
    "message.next": "Reading",
    "copy": "Copying and exporting",
    "details": "The window",
}
ACTION_BY_ID = {action.id: action for action in ACTIONS}


def actions_for(pane: str) -> Iterator[Action]:
    """The actions of a pane, in the order of their declaration, those that work everywhere among them."""
    return (action for action in ACTIONS if pane in action.where or EVERYWHERE in action.where)


def bindings(pane: str) -> list[Binding]:
    """The key bindings that a pane declares: `BINDINGS = bindings("list")`."""
    return [
        Binding(",".join(action.keys), action.handler, action.label, show=False, id=f"{pane}.{action.id}", tooltip=action.help)
        for action in ACTIONS
        if pane in action.where
    ]


def footer_hints(pane: str, *, has_sessions: bool = True) -> list[tuple[str, str]]:
    """Key and label of what the footer names for a pane, the most useful first; where it shows nothing, what works all the same."""
    found = (action for action in actions_for(pane) if action.footer and (has_sessions or not action.needs_session))
    shown = sorted(found, key=lambda action: action.footer)
    return [(action.shown.split()[0], action.label.lower()) for action in shown]


def help_sections(pane: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The sections of a pane's help: their names, keys and what they do; actions that belong together on one line, a long row of them as
    its first and last."""
    starts = [place for place, action in enumerate(ACTIONS) if action.id in SECTIONS]
    for start, end in pairwise([*starts, len(ACTIONS)]):
        lines: dict[str, list[str]] = {}
        for action in ACTIONS[start:end]:
            if pane in action.where or EVERYWHERE in action.where:
                lines.setdefault(action.help, []).append(action.shown)
        if lines:
            shown = ((keys if len(keys) < _MANY else [keys[0], "…", keys[-1]], words) for words, keys in lines.items())
            yield SECTIONS[ACTIONS[start].id], [("  ".join(keys), words) for keys, words in shown]


def help_lines(pane: str) -> list[tuple[str, str]]:
    """All lines of a pane's help."""
    return [line for _name, lines in help_sections(pane) for line in lines]
