"""Searches in files and folders: pattern, place, how much was found."""

from chatviewer.domain import ToolCall
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.part import Output, Part, Tree
from chatviewer.tui.rendering.tool_call.base import ToolView, line_count, others, result_of, text_of

NAMES = """
    grep glob ls list listdir listdirectory listfiles searchfiles searchfilecontent grepsearch filesearch codebasesearch
    semanticsearch findfiles findpath find finder search greptool globtool rg listcodedefinitionnames listcodeusages fetchrules
    toolsearch ripgrep ripgreprawsearch ripgrepsearch globfilesearch semanticsearchfull listdirtree textsearch findtestfiles
    symbolssearch lsp listfilesrecursive listfilestoplevel codesearch findtextinfiles searchcodebase grepfiles
"""
_PATTERNS = ("pattern", "query", "regex", "glob_pattern", "search_term", "SearchTerm", "symbolName")
_PLACES = (
    "path",
    "dir_path",
    "relative_workspace_path",
    "directory",
    "target_directory",
    "include_pattern",
    "includePattern",
    "glob",
    "include",
    "file_pattern",
)
_NOTHING = ("no files found", "no matches found", "no matches", "no results", "no results found")


def describe(call: ToolCall) -> ToolView:
    pattern, place = text_of(call, *_PATTERNS), text_of(call, *_PLACES)
    detail = f"{pattern}  in {place}" if pattern and place else pattern or place
    result = result_of(call)
    parts: list[Part] = []
    if rest := others(call, (*_PATTERNS, *_PLACES, "explanation")):
        parts.append(Tree(rest))
    if result:
        parts.append(Output(result))
    found = 0 if result.strip().rstrip(".").lower() in _NOTHING else line_count(result)
    return ToolView(call.tool_name, detail, counted(found, "line") if result else "", tuple(parts))
