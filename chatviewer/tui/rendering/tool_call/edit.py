"""Changes of files as unified diffs, from whatever the agent wrote: old and new text, whole files, patches, search-and-replace blocks."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatviewer.domain import ToolCall, ToolCallStatus
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.highlighting import language_of
from chatviewer.tui.rendering.part import Code, Diff, Output, Part, Plain, Tree
from chatviewer.tui.rendering.row import ERROR
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, line_count, others, result_of, text_of

NAMES = """
    edit multiedit write notebookedit applypatch strreplace strreplaceeditor strreplacebasededittool strreplacefile replace writefile
    createfile create editfile patch replacestringinfile multireplacestringinfile inserteditintofile searchreplace writetofile
    replaceinfile applydiff insertcontent texteditor update singlefindandreplace editexistingfile createnewfile edits insert
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
_SHOWN = (*_PATHS, *_OLD, *_NEW, *_WHOLE, *_PATCHES, "edits", "command", "instruction", "instructions", "explanation", "replacements")
_LARGEST_COMPARISON = 400_000  # pairs of lines; the comparison grows with their number
_PATCH_FILE = re.compile(r"^(?:\*\*\* (?:Update|Add|Delete) File: |\+\+\+ (?:b/)?)(.+)$", re.M)


def describe(call: ToolCall) -> ToolView:
    patch = call.arguments if isinstance(call.arguments, str) else text_of(call, *_PATCHES)
    path = text_of(call, *_PATHS)
    if patch and not path:
        return describe_patch(call, patch)
    language = language_of(path)
    pairs = _replacements(fields(call))
    whole = text_of(call, *_WHOLE)
    parts: list[Part] = []
    outcome = ""
    if not pairs and patch:
        pairs = list(_search_and_replace(patch))
        if not pairs:
            return describe_patch(call, patch, path)
    if pairs:
        lines: list[str] = []
        for old, new in pairs:
            lines += compare(old, new)
        parts.append(Diff(tuple(lines), language))
        outcome = _tally(lines)
    elif whole:
        parts.append(Code(whole, language, 1))
        outcome = f"+{line_count(whole):,}"
    return ToolView(call.tool_name, path, outcome, (*parts, *_remains(call)))


def describe_patch(call: ToolCall, patch: str, path: str = "") -> ToolView:
    """A patch, as `apply_patch` or `diff -u` write it."""
    files = [name.strip().split("\t")[0] for name in _PATCH_FILE.findall(patch) if name.strip() != "/dev/null"]
    lines = [line for line in patch.split("\n") if not line.startswith(("*** Begin Patch", "*** End Patch", "apply_patch"))]
    while lines and not lines[-1].strip():
        lines.pop()
    name = path or (files[0] if files else "")
    more = f" and {counted(len(files) - 1, 'more file')}" if len(files) > 1 else ""
    return ToolView(call.tool_name, name + more, _tally(lines), (Diff(tuple(lines), language_of(name)), *_remains(call)))


def _replacements(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of old and new text."""
    edits: Any = found.get("edits") or found.get("replacements")
    candidates = [item for item in edits if isinstance(item, Mapping)] if isinstance(edits, list) else [found]
    pairs: list[tuple[str, str]] = []
    for item in candidates:
        old, new = _first(item, _OLD), _first(item, _NEW)
        if old or new:
            pairs.append((old, new))
    return pairs


def _search_and_replace(text: str) -> Iterator[tuple[str, str]]:
    """The blocks between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE` (or dashes and pluses, as Cline writes them now)."""
    old: list[str] = []
    new: list[str] | None = None
    is_inside = False
    for line in text.split("\n"):
        if line.startswith(("<<<<<<<", "-------")) and "SEARCH" in line:
            old, new, is_inside = [], None, True
        elif is_inside and new is None and line.startswith("=====") and not line.strip("= \r"):
            new = []
        elif is_inside and new is not None and line.startswith((">>>>>>>", "+++++++")):
            yield "\n".join(old), "\n".join(new)
            is_inside = False
        elif is_inside:
            (old if new is None else new).append(line)


def _first(item: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := item.get(name), str)), "")


def compare(old: str, new: str) -> list[str]:
    """The lines of a unified diff with three lines of context, without file headers."""
    if old.endswith("\n") and (new.endswith("\n") or not new):
        old, new = old[:-1], new[:-1]
    elif not old:
        new = new.removesuffix("\n")
    before, after = (old.split("\n") if old else []), (new.split("\n") if new else [])
    if len(before) * len(after) > _LARGEST_COMPARISON:
        return [f"-{line}" for line in before] + [f"+{line}" for line in after]
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    # a fragment's line numbers say nothing about the file: one hunk needs no header
    hunks = sum(1 for line in lines if line.startswith("@@"))
    return [("@@" if line.startswith("@@") else line) for line in lines if hunks > 1 or not line.startswith("@@")]


def _tally(lines: Iterable[str]) -> str:
    added = removed = 0
    for line in lines:
        if line.startswith("+") and not line.startswith("+++ "):
            added += 1
        elif line.startswith("-") and not line.startswith("--- "):
            removed += 1
    return f"+{added:,} −{removed:,}"


def _remains(call: ToolCall) -> list[Part]:
    """Arguments not shown as a diff, and what came back: always if it failed."""
    parts: list[Part] = []
    if (rest := others(call, _SHOWN)) and set(rest) - {"replace_all", "expected_replacements"}:
        parts.append(Tree(rest))
    if result := result_of(call):
        parts.append(Plain(result, ERROR) if call.status is ToolCallStatus.FAILED else Output(result))
    return parts
