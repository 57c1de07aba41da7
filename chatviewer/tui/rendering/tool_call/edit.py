"""Changes of files as unified diffs, from whatever the agent wrote: old and new text, whole files, patches, search-and-replace blocks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatviewer.domain import ToolCall, ToolCallStatus
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.highlighting import language_of
from chatviewer.tui.rendering.part import Code, Diff, Output, Part, Plain, Tree
from chatviewer.tui.rendering.patch import FileChange, after_patch, compare, split_patch, tally
from chatviewer.tui.rendering.row import ERROR, MUTED
from chatviewer.tui.rendering.tool_call import read
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, line_count, others, result_of, text_of

NAMES = """
    edit multiedit write notebookedit applypatch strreplace strreplaceeditor strreplacebasededittool strreplacefile replace
    writefile createfile create editfile patch replacestringinfile multireplacestringinfile inserteditintofile searchreplace
    writetofile replaceinfile applydiff insertcontent texteditor update singlefindandreplace editexistingfile createnewfile edits
    insert applyedits editnotebook editnotebookfile replacelines proposecode replacestring multireplacestring insertedit
    searchandreplace editedexistingfile newfilecreated applieddiff reapply
"""
_PATHS = (
    "file_path",
    "filePath",
    "path",
    "target_file",
    "filepath",
    "file",
    "notebook_path",
    "TargetFile",
    "absolute_path",
    "filename",
    "relative_path",
)
_OLD = ("old_string", "oldString", "old_str", "oldText", "old_text", "old", "search", "old_source")
_NEW = ("new_string", "newString", "new_str", "newText", "new_text", "new", "replace", "new_source")
_WHOLE = ("content", "file_text", "contents", "fileText", "code_edit", "code", "CodeContent")
_PATCHES = ("input", "patch", "diff", "patchText", "patch_text", "changes")
_COMMANDS = ("view", "create", "str_replace", "insert", "undo_edit")  # of the editors that are one tool for all
_SHOWN = (*_PATHS, *_OLD, *_NEW, *_WHOLE, *_PATCHES, "edits", "instruction", "instructions", "explanation", "replacements")


def describe(call: ToolCall) -> ToolView:
    if text_of(call, "command") == "view":
        return read.describe(call)
    patch = call.arguments if isinstance(call.arguments, str) else text_of(call, *_PATCHES)
    path = text_of(call, *_PATHS)
    if patch and not path:
        return describe_patch(call, patch)
    pairs = [FileChange(path or at, _compared(old, new, call), "update" if old else "add") for at, old, new in _replacements(call)]
    if not pairs and patch:
        pairs = [FileChange(path, lines) for lines in _search_and_replace(patch)]
        if not pairs:
            return describe_patch(call, patch, path)
    changes = pairs or list(_changes(fields(call).get("changes")))
    if changes:
        return _of_changes(call, changes)
    whole = text_of(call, *_WHOLE)
    parts = (Code(whole, language_of(path), 1),) if whole else ()
    return ToolView(call.tool_name, path, f"+{line_count(whole):,}" if whole else "", (*parts, *_remains(call)))


def describe_patch(call: ToolCall, patch: str, path: str = "") -> ToolView:
    """A patch, as `apply_patch` or `diff -u` write it."""
    changes = split_patch(patch, path)
    if not changes:
        return ToolView(call.tool_name, path, "", (Code(patch, "diff"), *_remains(call)))
    view = _of_changes(call, changes)
    rest = after_patch(patch)
    return view._replace(parts=(*view.parts, Code(rest, "bash"))) if rest else view


def _of_changes(call: ToolCall, changes: list[FileChange]) -> ToolView:
    paths = list(dict.fromkeys(change.path for change in changes))
    more = f" and {counted(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
    parts: list[Part] = []
    for number, change in enumerate(changes):
        is_named = (number == 0 or changes[number - 1].path != change.path) and (len(paths) > 1 or _is_telling(change))
        if number and not is_named and change.lines and not change.lines[0].startswith("@@"):
            parts.append(Plain("⋯", MUTED))
        parts.append(Diff(change, language_of(change.path), is_named))
    return ToolView(call.tool_name, paths[0] + more, tally(changes), (*parts, *_remains(call)))


def _is_telling(change: FileChange) -> bool:
    """Whether more happened to the file than that lines of it changed."""
    return change.kind == "delete" or bool(change.new_path)


def _compared(old: str, new: str, call: ToolCall) -> tuple[str, ...]:
    lines = compare(old, new)
    line = text_of(call, "insert_line", "insertLine")
    if not old and line.isdecimal() and len(line) < 9:  # here the place is known
        lines.insert(0, f"@@ -{line},0 +{int(line) + 1},{len(lines)} @@")
    return tuple(lines)


def _changes(found: Any) -> Iterator[FileChange]:
    """What Codex reports of a patch: by path, what kind of change it was and its text."""
    for path, change in found.items() if isinstance(found, Mapping) else ():
        if isinstance(change, Mapping):
            kind = str(change.get("type", "update"))
            text, whole = change.get("unified_diff"), change.get("content")
            if isinstance(text, str):
                for one in split_patch(text, str(path)):
                    yield one._replace(path=str(path), new_path=str(change.get("move_path") or ""))
            elif isinstance(whole, str):
                yield FileChange(str(path), tuple(compare("", whole) if kind == "add" else compare(whole, "")), kind)


def _replacements(call: ToolCall) -> Iterator[tuple[str, str, str]]:
    """Path, if it is one of this replacement alone, old and new text."""
    found = fields(call)
    edits: Any = found.get("edits") or found.get("replacements")
    for item in [item for item in edits if isinstance(item, Mapping)] if isinstance(edits, list) else [found]:
        old, new = _first(item, _OLD), _first(item, _NEW)
        if old or new:
            yield _first(item, _PATHS), old, new


def _search_and_replace(text: str) -> Iterator[tuple[str, ...]]:
    """The lines of change of each block between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE` (or dashes and pluses, as Cline writes
    them now). Roo Code puts the number of the first line into it, above a line of dashes."""
    old: list[str] = []
    new: list[str] | None = None
    is_inside = False
    place = ""
    for line in text.split("\n"):
        if line.startswith(("<<<<<<<", "-------")) and "SEARCH" in line:
            old, new, is_inside, place = [], None, True, ""
        elif is_inside and not old and (line.startswith(":start_line:") or (place and line.strip() == "-------")):
            place = place or f"@@ line {line[12:].strip()} @@"
        elif is_inside and new is None and line.startswith("=====") and not line.strip("= \r"):
            new = []
        elif is_inside and new is not None and line.startswith((">>>>>>>", "+++++++")):
            yield (*([place] if place else []), *compare("\n".join(old), "\n".join(new)))
            is_inside = False
        elif is_inside:
            (old if new is None else new).append(line)


def _first(item: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := item.get(name), str)), "")


def _remains(call: ToolCall) -> list[Part]:
    """Arguments not shown as a diff, and what came back: always if it failed."""
    parts: list[Part] = []
    shown = (*_SHOWN, "command") if text_of(call, "command") in _COMMANDS else _SHOWN
    if (rest := others(call, shown)) and set(rest) - {"replace_all", "expected_replacements"}:
        parts.append(Tree(rest))
    if result := result_of(call):
        parts.append(Plain(result, ERROR) if call.status is ToolCallStatus.FAILED else Output(result))
    return parts
