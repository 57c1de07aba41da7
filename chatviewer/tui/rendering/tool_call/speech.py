"""Calls that only say something: questions to the user, the final word, messages to other agents, thoughts, things to remember."""

from collections.abc import Mapping
from typing import Any

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.part import Output, Part, Plain, Prose, Tree
from chatviewer.tui.rendering.row import MUTED
from chatviewer.tui.rendering.tool_call import anything
from chatviewer.tui.rendering.tool_call.base import ToolView, fields, first_line, others, result_of, text_of

NAMES = """
    askfollowupquestion attemptcompletion planmoderespond askuser askquestion sendmessage think sequentialthinking reportintent
    savememory memory notifyuser messageuser condense summarizetask newrule askuserquestion question requestuserinput
"""
_TEXTS = ("question", "result", "response", "message", "content", "thought", "intent", "fact", "text", "context", "prompt")


def describe(call: ToolCall) -> ToolView:
    name = next((name for name in _TEXTS if text_of(call, name)), "")
    questions = fields(call).get("questions")
    text = text_of(call, name) if name else _asked(questions)
    if not text:
        return anything.describe(call)
    summary = text_of(call, "summary", "title")
    parts: list[Part] = [Prose(text)]
    if rest := others(call, (name or "questions", *(("summary", "title") if summary else ()))):
        parts.append(Tree(rest))
    if result := result_of(call):
        parts += [Plain("answered", f"bold {MUTED}"), Output(result)]
    return ToolView(call.tool_name, summary or first_line(text), "", tuple(parts))


def _asked(questions: Any) -> str:
    """Questions with the answers that are offered, as Markdown; empty if these are none."""
    lines: list[str] = []
    for one in questions if isinstance(questions, list) else ():
        if isinstance(one, Mapping) and isinstance(text := one.get("question"), str):
            lines += ["", text, ""]
            options = one.get("options")
            lines += [f"- {_option(option)}" for option in options] if isinstance(options, list) else []
    return "\n".join(lines).strip()


def _option(option: Any) -> str:
    if not isinstance(option, Mapping):
        return str(option)
    return ": ".join(str(option[name]) for name in ("label", "description") if option.get(name)) or str(dict(option))
