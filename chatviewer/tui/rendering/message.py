"""A message to blocks: who speaks, the thinking folded to a line, the text, the tool calls, what is attached."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content

from chatviewer.domain import Attachment, Message, Role, ToolCall, ToolCallStatus, safe_line
from chatviewer.tui.formatting import byte_size, counted, fit_path, short_count, stars
from chatviewer.tui.rendering.block import INDENT, Block, Folds, Level, barred, filled, folding, shifted
from chatviewer.tui.rendering.chunk import Chunk, fixed, harmless_lines, markdown_chunks, output_chunks, plain_chunks
from chatviewer.tui.rendering.part import Part
from chatviewer.tui.rendering.row import BLANK, ERROR, MUTED, PRIMARY, SECONDARY, WARNING, Row, beside, wrap
from chatviewer.tui.rendering.tool_call.registry import describe
from chatviewer.tui.rendering.wording import clock, duration

LEAST_DETAIL = 16  # columns for what a call did, before its duration is left out
PROMPT_FILL = "on $primary 10%"
_SIGNS = {Role.USER: "❯", Role.ASSISTANT: "●", Role.SYSTEM: "○", Role.TOOL: "◆"}
_NAME_STYLES = {
    Role.USER: f"bold {PRIMARY}",
    Role.ASSISTANT: f"bold {SECONDARY}",
    Role.SYSTEM: f"bold {MUTED}",
    Role.TOOL: f"bold {WARNING}",
}


class Child(NamedTuple):
    """The session of a sub-agent as its call shows it: how long it is, and its last messages."""

    message_count: int
    last: tuple[Message, ...]


class View(NamedTuple):
    """How a transcript is shown."""

    folds: Folds = Folds()
    day: date | None = None  # times on this local day are shown without their date
    is_subagent: bool = False  # then the prompts are another agent's
    children: Mapping[str, Child] = {}  # by uid, those that were read


class Place(NamedTuple):
    """Where a message stands in the branch that is shown."""

    is_first: bool = True
    is_continuation: bool = False  # the reply goes on: no header again
    follows_calls: bool = False  # of the same reply: its own calls stand right below
    follows_system: bool = False  # what a program put in stands right below calls and others of its kind
    branch: int = 0  # which of the siblings this is, from 1
    branch_count: int = 0


def blocks_of(message: Message, place: Place, view: View, levels: Mapping[str, Level]) -> list[Block]:
    """The blocks in reading order; `levels` are those that the reader chose, by key."""
    kind = message.metadata.get("kind")
    if message.role is Role.SYSTEM and kind:
        return _notice(message, str(kind), place, levels.get("text", view.folds.others))
    blocks = [_header(message, place, view)] if _needs_header(message, place) else []
    if message.rating is not None and message.rating.text.strip():
        blocks.append(_said("rating", "★ ", message.rating.text))
    if message.note:
        blocks.append(_said("note", "✎ ", message.note))
    if message.thinking.strip():
        blocks.append(_thinking(message.thinking, levels.get("thinking", view.folds.thinking)))
    if message.content.strip():
        blocks.append(_text(message, levels.get("text", max(Level.LINE, view.folds.tool_level))))
    for number, call in enumerate(message.tool_calls):
        if blocks and blocks[-1].key.startswith("call:") and blocks[-1].level > Level.LINE:
            blocks.append(_gap(f"gap:{number}"))  # what is unfolded ends before the next call
        key = f"call:{number}"
        level = levels.get(key, view.folds.tool_level)
        if level is not Level.HIDDEN:
            blocks.append(call_block(key, call, level, _nested(call, view) if level > Level.LINE else []))
    for number, one in enumerate(message.attachments):
        key = f"attachment:{number}"
        blocks.append(_attachment(key, one, levels.get(key, view.folds.others)))
    if blocks and blocks[0].key != "header" and not (place.follows_calls and blocks[0].key.startswith("call:")):
        blocks.insert(0, _gap())
    return blocks


def _needs_header(message: Message, place: Place) -> bool:
    has_marks = message.rating is not None or bool(message.note) or place.branch_count > 1
    return not place.is_continuation or message.role is Role.SYSTEM or has_marks


def _header(message: Message, place: Place, view: View) -> Block:
    return Block("header", [fixed(partial(_header_rows, message, place, view), 1 if place.is_first else 2)])


def _header_rows(message: Message, place: Place, view: View, width: int) -> list[Row]:
    role = message.role
    name = {Role.USER: "parent agent" if view.is_subagent else "you", Role.SYSTEM: "system", Role.TOOL: "tool"}.get(role, "assistant")
    if role is Role.ASSISTANT and message.model:
        name = safe_line(message.model, 40)
    elif role is Role.TOOL and message.tool_name:
        name = f"tool · {safe_line(message.tool_name, 60)}"
    time = clock(message.created_at, view.day) if message.created_at else ""
    facts = [time] if time else []
    if message.output_tokens:
        facts.append(f"{short_count(message.output_tokens)} tok")
    marks = []
    if message.note:
        marks.append(("✎", WARNING))
    if message.rating is not None:
        marks.append((stars(message.rating.value), WARNING))
    if place.branch_count > 1:
        marks.append((f"‹ {place.branch}/{place.branch_count} ›", f"bold {PRIMARY}"))
    right = Content("  ").join(Content.styled(text, style) for text, style in marks)
    name = f"{_SIGNS[role]} {name}"
    room = width - right.cell_length - (2 if marks else 0)
    while facts and cell_len(" · ".join([name, *facts])) > room:  # half a time or number would say something else
        facts.pop()
    left = Content.assemble((name, _NAME_STYLES[role]), (" · ".join(["", *facts]), MUTED))
    row = beside(left, right, width, PROMPT_FILL if role is Role.USER else "")
    return [row] if place.is_first else [BLANK, row]


def placeholder_rows(role: Role, place: Place, height: int, width: int) -> list[Row]:
    """What stands where a message will be that is not read yet: who speaks, and as many rows as it will take, roughly."""
    name = {Role.USER: "you", Role.SYSTEM: "system", Role.TOOL: "tool"}.get(role, "assistant")
    head = Row(Content.styled(f"{_SIGNS[role]} {name} …"[:width], MUTED))
    rows = [head] if place.is_first else [BLANK, head]
    return [*rows, *[BLANK] * (height - len(rows))][: max(1, height)]


def _thinking(text: str, level: Level) -> Block:
    text = text.strip("\n")
    summary = fixed(partial(_fold_row, "thinking", f"({_lines(text)})", "", level > Level.LINE))
    return folding("thinking", summary, lambda: markdown_chunks(text, f"italic {MUTED}"), level)


def _fold_row(name: str, detail: str, outcome: str, is_open: bool, width: int) -> list[Row]:
    left = Content.assemble(("▾ " if is_open else "▸ ", MUTED), (name, MUTED), (f" {detail}" if detail else "", MUTED))
    return [beside(left, Content.styled(outcome, MUTED), width)]


def _text(message: Message, level: Level) -> Block:
    text = message.content.strip("\n")
    if message.role is Role.USER:
        return Block("text", filled(shifted(markdown_chunks(text), INDENT), PROMPT_FILL))
    if message.role is Role.TOOL:
        return folding(
            "text", fixed(partial(_fold_row, "output", "", _lines(text), level > Level.LINE)), lambda: output_chunks(text), level
        )
    return Block("text", shifted(markdown_chunks(text, reflows=message.role is Role.ASSISTANT), INDENT))


def _lines(text: str) -> str:
    return counted(text.count("\n") + 1, "line")


def _notice(message: Message, kind: str, place: Place, level: Level) -> list[Block]:
    """What a program put between the words of the two: one dim line until it is asked for."""
    text = message.content.strip("\n")
    name = safe_line(kind, 40).replace("_", " ").replace("-", " ")
    head = fixed(partial(_fold_row, name, "", _lines(text) if text else "", level > Level.LINE))
    notice = folding("text", head, lambda: markdown_chunks(text, MUTED), level)
    if not place.is_continuation:
        notice.chunks = shifted(notice.chunks, -INDENT)
    return [notice] if place.is_first or place.follows_system else [_gap(), notice]


def _gap(key: str = "header") -> Block:
    return Block(key, [fixed(lambda _width: [BLANK])])


def _nested(call: ToolCall, view: View) -> list[Chunk]:
    """The last messages of the sub-agent that a call started, set off by a bar; their own tool calls are a line each."""
    child = view.children.get(call.child_uid or "")
    if child is None:
        return []
    hidden = child.message_count - len(child.last)
    words = f"its session · {counted(child.message_count, 'message')}{f', the last {len(child.last)} here' if hidden > 0 else ''}"
    inner = View(day=view.day, is_subagent=True)
    words = f"{words} · Enter on the call opens it"
    chunks = [Chunk(lambda width: wrap(Content.styled(words, f"bold {MUTED}"), width), 1, len(words))]
    for before, message in zip((None, *child.last), child.last, strict=False):
        goes_on = before is not None and before.role is Role.ASSISTANT and message.role is Role.ASSISTANT
        follows_calls = goes_on and before is not None and bool(before.tool_calls)
        place = Place(is_first=before is None, is_continuation=goes_on, follows_calls=follows_calls)
        for block in blocks_of(message, place, inner, {}):
            chunks += barred(block.chunks)
    return chunks


def call_block(key: str, call: ToolCall, level: Level, nested: Sequence[Chunk] = ()) -> Block:
    """A tool call at a level: its line, and below it as much of its body as the level says."""
    view = describe(call)
    words = partial(_call_words, call, view.name, view.detail, view.outcome, level > Level.LINE)
    line = fixed(lambda width: [beside(*words(width), width)])

    def body() -> list[Chunk]:
        return [*(chunk for part in view.parts for chunk in _part_chunks(part)), *nested]

    block = folding(key, line, body, level, child_uid=call.child_uid)
    block.is_foldable = bool(view.parts)
    return block


def _part_chunks(part: Part) -> list[Chunk]:
    return part.chunks()


def _call_words(call: ToolCall, name: str, detail: str, outcome: str, is_open: bool, width: int) -> tuple[Content, Content]:
    """The line of a call: what was done at the left; how it went and how long it took at the right."""
    has_failed = call.status is ToolCallStatus.FAILED
    right: list[tuple[str, str]] = []
    if has_failed:
        right.append(("✗ failed" if not outcome.startswith("exit") else f"✗ {outcome}", ERROR))
    elif call.status is ToolCallStatus.PENDING:
        right.append(("no result", MUTED))
    elif call.status is ToolCallStatus.RUNNING:
        right.append(("running", MUTED))
    elif outcome:
        right.append((safe_line(outcome, 40), MUTED))
    if call.duration_ms is not None and call.duration_ms >= 100:
        right.append((duration(call.duration_ms), MUTED))

    def ended() -> Content:
        return Content.styled(" · ", MUTED).join(Content.styled(text, style) for text, style in right)

    left = [("▾ " if is_open else "▸ ", MUTED), (safe_line(name, 60) or "tool", f"bold {ERROR}" if has_failed else "bold")]
    ending = ended()
    if detail := safe_line(detail, 400):
        is_path = "/" in detail and " " not in detail and "://" not in detail
        taken = sum(cell_len(text) for text, _ in left) + 4
        if len(right) > 1 and width - ending.cell_length - taken < min(cell_len(detail), LEAST_DETAIL):
            right.pop()  # what was done says more than how long it took
            ending = ended()
        room = width - ending.cell_length - taken
        left.append((f"  {fit_path(detail, room) if is_path else detail}", ""))
    if has_failed and call.error_message:
        left.append((f"  {safe_line(call.error_message, 200)}", ERROR))
    return Content.assemble(*left), ending


def _attachment(key: str, attachment: Attachment, level: Level) -> Block:
    name = safe_line(attachment.name, 100) or safe_line(attachment.media_type, 60) or "attachment"
    facts = [safe_line(attachment.media_type, 60)] if attachment.name else []
    if attachment.byte_count is not None:
        facts.append(byte_size(attachment.byte_count))
    text = attachment.text or ""
    if text:
        facts.append(_lines(text))
    sign = "▣" if not text else "▾" if level > Level.LINE else "▸"
    about = Content.styled(" · ".join(["", *(fact for fact in facts if fact)]), MUTED)
    lead = Content.styled(f"{sign} ", MUTED)

    def row(width: int) -> list[Row]:  # a long name is cut, not what stands behind it
        return [beside(lead + Content(name).truncate(max(8, width - 2 - about.cell_length), ellipsis=True) + about, Content(""), width)]

    line = fixed(row)
    block = folding(key, line, lambda: plain_chunks(text) if text else [], level)
    block.is_foldable = bool(text)
    return block


def _said(key: str, sign: str, text: str) -> Block:
    """What the user wrote about a message, right below its header."""
    return Block(key, shifted([Chunk(partial(_said_rows, sign, text), text.count("\n") + 1, len(text))], INDENT))


def _said_rows(sign: str, text: str, width: int) -> list[Row]:
    rows: list[Row] = []
    for line in harmless_lines(text.strip()[:20_000]):
        lead = Content.styled(" " * len(sign) if rows else sign, WARNING)
        rows += wrap(Content.styled(line, f"italic {WARNING}"), width, first=lead, rest=Content(" " * len(sign)))
    return rows
