"""Files and folders deleted, made, moved: what lies where now."""

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.part import Output, Part, Tree
from chatviewer.tui.rendering.tool_call.base import ToolView, others, result_of, text_of

NAMES = """
    deletefile deletepath removefile rm createdirectory mkdir movefile movepath renamefile copyfile copypath undoedit delete
"""
_FROM = ("path", "source", "source_path", "sourcePath", "from", "target_file", "file_path", "filePath", "old_path", "dirPath", "directory")
_TO = ("destination", "destination_path", "destinationPath", "to", "new_path", "target")


def describe(call: ToolCall) -> ToolView:
    here, there = text_of(call, *_FROM), text_of(call, *_TO)
    parts: list[Part] = []
    if rest := others(call, (*_FROM, *_TO, "explanation")):
        parts.append(Tree(rest))
    if result := result_of(call):
        parts.append(Output(result))
    return ToolView(call.tool_name, f"{here} → {there}" if here and there else here or there, "", tuple(parts))
