"""Code that a model ran itself: the code, and what it printed."""

from chatviewer.domain import ToolCall
from chatviewer.tui.formatting import counted
from chatviewer.tui.rendering.part import Code, Output, Part, Tree
from chatviewer.tui.rendering.tool_call.base import ToolView, first_line, line_count, others, result_of, text_of

NAMES = """
    python codeinterpreter pythonexec executepython ipython runcode executecode jupyter repl analysistool notebookexecute jsrepl
"""


def describe(call: ToolCall) -> ToolView:
    code = call.arguments if isinstance(call.arguments, str) else text_of(call, "code", "input", "script", "source")
    parts: list[Part] = [Code(code, text_of(call, "language") or "python")] if code else []
    if rest := others(call, ("code", "input", "script", "source", "language")):
        parts.append(Tree(rest))
    result = result_of(call)
    if result:
        parts.append(Output(result))
    return ToolView(call.tool_name, first_line(code), counted(line_count(result), "line") if result else "", tuple(parts))
