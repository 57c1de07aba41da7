"""`chatviewer show`: one session as a transcript, or as JSON."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, NamedTuple

from chatviewer.cli.opening import SESSION_HELP, open_library, titled
from chatviewer.cli.output import bold, clean, counted, dim, say, shown_title, tell
from chatviewer.domain.sanitizing import safe, safe_line

if TYPE_CHECKING:
    from chatviewer.domain.message import Message
    from chatviewer.domain.session import Session
    from chatviewer.domain.summary import SessionSummary
    from chatviewer.domain.tree import MessageTree
    from chatviewer.exporters.branching import Place
    from chatviewer.storage.library import Library


class _Detail(NamedTuple):
    """What is unfolded."""

    is_thinking_shown: bool
    are_tools_shown: bool


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", help=SESSION_HELP)
    parser.add_argument(
        "--branch",
        choices=("all", "current"),
        help="all messages in their order, or the branch that the source shows last (default: current to read, all with --json)",
    )
    parser.add_argument("--thinking", action="store_true", help="unfold what the model thought")
    parser.add_argument("--tools", action="store_true", help="unfold the arguments and results of tool calls")
    parser.add_argument("--json", action="store_true", help="as JSON, nothing left out")


def run(arguments: Namespace) -> int:
    from chatviewer.exporters.branching import current_branch, forks, tree_of

    with open_library(arguments) as library:
        summary = library.summary(arguments.session)
        session = library.session(summary.uid)
        tree = tree_of(library.stubs(summary.id))
        branch = arguments.branch or ("all" if arguments.json else "current")
        seqs = sorted(tree.parent) if branch == "all" else current_branch(library, tree, session.current_uid)
        if arguments.json:
            from chatviewer.exporters.jsonl import write_document

            if sys.stdout is not None:
                write_document(library, summary, sys.stdout, seqs)
            say()
            return 0
        _say_head(next(titled(library, [summary])), session)
        _say_messages(library, summary, seqs, forks(tree), _Detail(arguments.thinking, arguments.tools))
        _tell_rest(tree, seqs)
    return 0


def _say_head(summary: "SessionSummary", session: "Session") -> None:
    from chatviewer.exporters.markdown import facts

    say(bold(shown_title(summary.title)))
    say(dim(" · ".join(f"{name} {safe_line(value)}" for name, value in facts(summary, session))))
    for name, text in (("summary", session.summary), ("note", session.note), ("system prompt", session.system_prompt)):
        if text:
            say(f"\n{dim(name)}\n{safe(text).rstrip()}")


def _say_messages(library: "Library", summary: "SessionSummary", seqs: list[int], places: "dict[int, Place]", detail: _Detail) -> None:
    from chatviewer.exporters.base import paged

    for message in paged(library, summary.id, seqs):
        say(f"\n{_head(message, places.get(message.seq))}")
        if message.note:
            say(f"  note: {clean(message.note)}")
        if message.thinking:
            lines = message.thinking.count("\n") + 1
            say(
                dim(f"▾ thinking\n{_indented(message.thinking)}")
                if detail.is_thinking_shown
                else dim(f"▸ thinking ({counted(lines, 'line')})")
            )
        if message.content:
            say(safe(message.content).rstrip("\n"))
        for attachment in message.attachments:
            size = "" if attachment.byte_count is None else f", {attachment.byte_count:,} bytes"
            kind = safe_line(attachment.media_type or "unknown type", 60)
            say(f"▸ attached: {safe_line(attachment.name or 'unnamed', 80)} ({kind}{size})")
        _say_calls(message, detail.are_tools_shown)


def _say_calls(message: "Message", are_open: bool) -> None:
    from chatviewer.exporters.encoding import dumps
    from chatviewer.exporters.text import call_line, call_state

    for call in message.tool_calls:
        child = f" · sub-agent {call.child_uid[:8]}" if call.child_uid else ""
        say(f"{'▾' if are_open else '▸'} {call_line(call, 100)}  {dim(call_state(call) + child)}")
        if not are_open:
            if call.error_message:
                say(f"    {safe_line(call.error_message, 160)}")
            continue
        if call.arguments is not None:
            say(_indented(call.arguments if isinstance(call.arguments, str) else dumps(call.arguments)))
        if call.result:
            say(_indented(call.result))


def _head(message: "Message", place: "Place | None") -> str:
    from chatviewer.cli.listing import local_time
    from chatviewer.exporters.markdown import stars
    from chatviewer.exporters.text import speaker

    details = [local_time(message.created_at), message.uid[:13]]
    if message.output_tokens:
        details.append(f"{message.output_tokens:,} tokens")
    if place:
        details.append(f"branch {place.number} of {place.total}")
    if message.rating:
        details.append(stars(message.rating.value) + (f" {safe_line(message.rating.text, 80)}" if message.rating.text else ""))
    return f"{bold(speaker(message))}  {dim(' · '.join(part for part in details if part))}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in safe(text).rstrip("\n").split("\n"))


def _tell_rest(tree: "MessageTree", seqs: list[int]) -> None:
    left = len(tree.parent) - len(seqs)
    if left:
        tell(f"{counted(left, 'message')} on other branches; --branch all shows them.")
