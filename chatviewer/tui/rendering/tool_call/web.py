"""Pages fetched and the web searched: the address or the words, and what came back."""

from chatviewer.domain import ToolCall
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.part import Part, Prose, Tree
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, line_count, others, result_of, text_of

NAMES = """
    webfetch websearch googlewebsearch fetch fetchwebpage readwebpage websearchcall browseraction fetchurl searchweb searchwebtool
    readurlcontent fetchurlcontent fetchwebpages opensimplebrowser readurl crawl openurl webrun
"""


def describe(call: ToolCall) -> ToolView:
    target = text_of(call, "url", "uri", "query", "search_term")
    if not target and isinstance(urls := fields(call).get("urls"), list):
        target = ", ".join(str(url) for url in urls[:20])
    target = target or text_of(call, "prompt", "action")
    result = result_of(call)
    parts: list[Part] = []
    rest = others(call, ("url", "query"))
    if rest:
        parts.append(Tree(rest))
    if result:
        parts.append(Prose(result))
    return ToolView(call.tool_name, target, counted(line_count(result), "line") if result else "", tuple(parts))
