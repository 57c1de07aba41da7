"""Reading of files: path, lines, the text with its language's colours."""

from chatviewer.domain import ToolCall, ToolCallStatus
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.highlighting import language_of
from chatviewer.tui.rendering.part import Listing, Output, Part, Tree
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, line_count, others, result_of, text_of

NAMES = """
    read readfile view viewimage readmanyfiles openfile cat readfiles viewfile notebookread readmediafile readimage getfilecontents
    getnotebooksummary readprojectstructure readnotebookcelloutput getchangedfiles readlints geterrors getproblems diagnostics
    lspdiagnostics
"""
_PATHS = (
    "file_path",
    "filePath",
    "path",
    "target_file",
    "filepath",
    "file",
    "absolute_path",
    "notebook_path",
    "uri",
    "relative_workspace_path",
)
_RANGE = ("offset", "limit", "start_line", "end_line", "startLine", "endLine", "start_line_one_indexed", "end_line_one_indexed_inclusive")


def describe(call: ToolCall) -> ToolView:
    path = text_of(call, *_PATHS)
    if not path and isinstance(paths := fields(call).get("paths") or fields(call).get("files"), list):
        path = ", ".join(str(item.get("path", item) if isinstance(item, dict) else item) for item in paths[:20])
    first, last = (
        text_of(call, "offset", "start_line", "startLine", "start_line_one_indexed"),
        text_of(call, "end_line", "endLine", "end_line_one_indexed_inclusive"),
    )
    shown_range = f":{first}" + (f"-{last}" if last else "") if first else ""
    result = result_of(call)
    parts: list[Part] = []
    if rest := others(call, (*_PATHS, *_RANGE, "paths", "files", "should_read_entire_file", "explanation")):
        parts.append(Tree(rest))
    if result:
        if call.status is ToolCallStatus.FAILED:
            parts.append(Output(result))
        else:
            parts.append(Listing(result, language_of(path)))
    return ToolView(call.tool_name, path + shown_range, counted(line_count(result), "line") if result else "", tuple(parts))
