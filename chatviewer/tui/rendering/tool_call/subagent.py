"""Calls that start another agent: its task, its prompt, its answer. Enter opens its own session."""

from chatviewer.domain import ToolCall
from chatviewer.tui.rendering.part import Part, Plain, Prose, Tree
from chatviewer.tui.rendering.row import MUTED
from chatviewer.tui.rendering.tool_call.base import ToolView, others, result_of, text_of

NAMES = """
    task agent newtask subagent spawnagent delegate dispatchagent oracle runsubagent delegatetoagent dynamictask createsubagent
    callagent taskoutput startagent waitagent closeagent sendinput agentswarm searchsubagent exploresubagent wait
"""
_PROMPTS = ("prompt", "message", "task", "instructions", "objective")
_KINDS = ("subagent_type", "agent_type", "agentName", "agent_name", "mode", "agent")


def describe(call: ToolCall) -> ToolView:
    kind, prompt = text_of(call, *_KINDS), text_of(call, *_PROMPTS)
    title = text_of(call, "description", "title", "name") or prompt
    parts: list[Part] = []
    if rest := others(call, (*_PROMPTS, *_KINDS, "description", "title", "name")):
        parts.append(Tree(rest))
    if prompt:
        parts += [Plain("asked", f"bold {MUTED}"), Prose(prompt)]
    if result := result_of(call):
        parts += [Plain("answered", f"bold {MUTED}"), Prose(result)]
    outcome = "↵ opens" if call.child_uid else ""
    return ToolView(f"{call.tool_name} {kind}".strip(), title, outcome, tuple(parts))
