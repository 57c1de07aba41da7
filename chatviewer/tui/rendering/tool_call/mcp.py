"""Tools of MCP servers: `mcp__server__tool`, `server__tool`, Cline's `use_mcp_tool`."""

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.tool_call import anything
from chatviewer.tui.rendering.tool_call.base import ToolView, first_line, text_of

NAMES = """
    usemcptool accessmcpresource callmcptool
"""


def is_mcp(name: str) -> bool:
    return name.startswith(("mcp__", "mcp_", "mcp."))


def describe(call: ToolCall) -> ToolView:
    view = anything.describe(call)
    name = call.tool_name
    if is_mcp(name) or "__" in name:
        bare = name[3:].strip("_.") if is_mcp(name) else name
        server, _, tool = bare.replace("__", ".", 1).partition(".")
        return view._replace(name=f"{server} › {tool}" if tool else server)
    return view._replace(
        name=f"{text_of(call, 'server_name')} › {text_of(call, 'tool_name', 'uri')}", detail=first_line(text_of(call, "arguments"))
    )
