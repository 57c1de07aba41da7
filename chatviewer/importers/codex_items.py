"""The small parts of a Codex rollout: who really speaks, what a call returned, what an event repeats.

Shapes as OpenAI's Codex CLI writes them (codex-rs `protocol/src/models.rs`, `protocol/src/protocol.rs`), 2025 to 2026.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from chatviewer.domain.identity import digest, session_uid
from chatviewer.domain.kinds import ToolCallStatus
from chatviewer.domain.message import Attachment
from chatviewer.domain.record import pattern
from chatviewer.domain.sanitizing import safe_line
from chatviewer.importers.building import block_text, image_attachment, mapping, text, whole_number, word
from chatviewer.importers.codex_drafts import SOURCE
from chatviewer.importers.parsing import parse_json

REQUEST_MARK = "## My request for Codex:"
ERROR_LIMIT = 200  # characters of the line that says what failed

# What Codex puts in front of the user's own words, by how it begins, and the kind it is stored as.
_INJECTED = (
    ("# AGENTS.md instructions", "user_instructions"),
    ("<INSTRUCTIONS>", "user_instructions"),
    ("<permissions", "permissions"),
    ("<skill", "skill"),
)
_INJECTED_TAG = pattern(
    r"<(environment_context|user_instructions|collaboration_mode|turn_aborted|apps_instructions|user_action|subagent_notification)\b"
)
_ANY_TAG = pattern(r"<([a-z]{2,20}(?:_[a-z]{1,20}){0,3})>")
_CWD = pattern(r"<cwd>([^<\n]{1,4096})</cwd>")
_EXIT = pattern(r"(?:^|\n)(?:Exit code:|Process exited with code) (-?\d{1,10})\s*(?:\n|$)")
_WALL = pattern(r"(?:^|\n)Wall time: (\d{1,9}(?:\.\d{1,9})?) seconds")
_FAILED = pattern(
    r"(execution error|failed to parse function arguments|unsupported (custom )?(tool )?call|aborted by user"
    r"|apply_patch verification failed)"
)

# Of a call without arguments, what it was made with.
_ARGUMENTS = ("arguments", "input", "action", "revised_prompt", "query")
ENVELOPES = ("response_item", "event_msg", "session_meta", "turn_context", "compacted")  # records that are nothing without their payload
CALL, OUTPUT = "_call", "_output"  # how the types of calls and results end: function_call, web_search_call, custom_tool_call_output


class Outcome(NamedTuple):
    """What a call came to."""

    text: str | None
    status: ToolCallStatus
    error: str | None = None
    duration_ms: int | None = None


def injected_kind(content: str, role: str) -> str:
    """The kind of a text that Codex put there itself; "" for the user's own words."""
    head = content.lstrip()[:200]
    if match := _INJECTED_TAG.match(head):
        return match[1]
    for beginning, kind in _INJECTED:
        if head.startswith(beginning):
            return kind
    if role == "user":
        return ""
    match = _ANY_TAG.match(head)
    return match[1] if match else role or "unknown"


def working_directory(content: str) -> str:
    """The folder that an environment context names; rollouts of the first era say it nowhere else."""
    match = _CWD.search(content[:10_000])
    return match[1].strip() if match else ""


def instructions(meta: Mapping[str, Any]) -> str:
    """What a session was told before its first message, each text once."""
    base = meta.get("base_instructions")
    given = [meta.get("instructions"), base.get("text") if type(base) is dict else base]
    given += [meta.get("developer_instructions"), meta.get("user_instructions")]
    return "\n\n".join(dict.fromkeys(value for value in given if type(value) is str and value.strip()))


def response_item(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The item that a record of any era holds, if it holds one."""
    if record.get("type") == "response_item":
        return mapping(record.get("payload"))
    return record if "payload" not in record and ("role" in record or type(record.get("type")) is str) else None


def kind_of(item: Mapping[str, Any]) -> str:
    """The type of an item; "" without one. What has a role and content is a message, what has the parts of a call or result is one,
    whatever it calls itself."""
    kind = item.get("type")
    if type(kind) is str and (kind in ("message", "reasoning") or kind.endswith((CALL, OUTPUT))):
        return kind
    if "role" in item and (type(kind) is not str or not kind or "content" in item):
        return "message"
    if "call_id" in item and ("output" in item or "arguments" in item):
        return f"tool{OUTPUT if 'output' in item else CALL}"
    return kind if type(kind) is str else ""


def speaker(item: Mapping[str, Any], kind: str) -> str:
    """Whose words an item holds, as events tell them apart: user, assistant, reasoning; "" for nobody's, and for what Codex put there."""
    if kind == "reasoning":
        return kind
    role = text(item.get("role")) if kind == "message" else ""
    if role != "user":
        return role if role == "assistant" else ""
    blocks = item.get("content") if type(item.get("content")) is list else [item.get("content")]
    return "" if blocks and all(injected_kind(block_text(block), role) for block in blocks) else role


def comparable(content: str) -> str:
    """The user's words as they are the same in an event and in its item: the request alone, whatever the gaps."""
    words = content.partition(REQUEST_MARK)[2] or content
    return digest(" ".join(words.split()).encode("utf-8", "surrogatepass"))


def call_name(item: Mapping[str, Any]) -> str:
    name = word(item.get("name")) or text(item.get("type")).removesuffix(CALL) or "tool"  # a web_search_call has no other name
    namespace = word(item.get("namespace"))
    return f"{namespace}.{name}" if namespace else name


def call_arguments(item: Mapping[str, Any]) -> Any:
    """The JSON value, or the raw string where it is not JSON."""
    for key in _ARGUMENTS:
        if (value := item.get(key)) is not None:
            return _json_or_text(value) if key == "arguments" else value
    return None


def outcome(item: Mapping[str, Any], known: Mapping[str, Any]) -> Outcome:
    """Of an output item. `known` is what events said about the call: `exit_code`, `duration_ms`, `failed`."""
    raw = item.get("output", item.get("tools"))
    value = _json_or_text(raw) if type(raw) is str and raw[:1] == "{" else raw
    exit_code, duration, succeeded = known.get("exit_code"), known.get("duration_ms"), None
    if type(value) is dict and ("output" in value or "content" in value):
        metadata = mapping(value.get("metadata"))
        exit_code = metadata.get("exit_code", exit_code)
        duration = _milliseconds(metadata.get("duration_seconds")) if duration is None else duration
        succeeded = value.get("success")
        result = block_text(value.get("output", value.get("content")))
    elif type(value) is dict and type(raw) is dict:
        result = text(value)
    else:
        result = block_text(raw)
        head = result[:400]
        if match := _EXIT.search(head):
            exit_code = int(match[1])
        if duration is None and (match := _WALL.search(head)):
            duration = _milliseconds(float(match[1]))
    has_failed = (
        exit_code not in (None, 0) or succeeded is False or known.get("failed") is True or item.get("status") in ("failed", "incomplete")
    )
    if not has_failed and succeeded is None and _FAILED.match(result):
        has_failed = True
    if not has_failed:
        return Outcome(result, ToolCallStatus.COMPLETED, None, duration)
    return Outcome(result, ToolCallStatus.FAILED, first_line(result), duration)


def first_line(result: str) -> str | None:
    """The line of a failure that says the most at once: the first that is not one of Codex's own headings."""
    for line in result[:4_000].split("\n"):
        if line.strip() and not re.match(
            r"(Exit code|Wall time|Chunk ID|Process exited|Original token count|Total output lines|Output):?", line
        ):
            return safe_line(line, ERROR_LIMIT)
    return safe_line(result[:1_000], ERROR_LIMIT) or None


def child_uid(name: str, result: str | None, facts: Mapping[str, Any]) -> str | None:
    """The session that a call to `spawn_agent` started, as events or its result name it."""
    child = word(facts.get("child"))
    if child is None and name.endswith("spawn_agent"):
        value = mapping(_json_or_text(result or ""))
        child = next((found for key in ("agent_id", "thread_id", "new_thread_id") if (found := word(value.get(key)))), None)
    return session_uid(SOURCE, child) if child else None


def image(block: Any) -> Attachment | None:
    """The picture that a content block holds or points to."""
    url = mapping(block).get("image_url")
    url = url.get("url") if type(url) is dict else url
    if type(url) is not str or not url:
        return None
    return image_attachment(url) if url.startswith("data:") else Attachment(media_type="image", name=url[:500])


def output_images(item: Mapping[str, Any]) -> list[Attachment]:
    output = item.get("output")
    output = output.get("content") if type(output) is dict else output
    return [found for block in output if (found := image(block))] if type(output) is list else []


def event_facts(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an `…_end` event says about a call."""
    facts: dict[str, Any] = {}
    if (code := event.get("exit_code")) is not None and type(code) is int:
        facts["exit_code"] = code
    duration = event.get("duration")
    if type(duration) is dict:
        seconds, nanoseconds = whole_number(duration.get("secs")), whole_number(duration.get("nanos"))
        if seconds is not None:
            facts["duration_ms"] = min(seconds, 1 << 40) * 1000 + (nanoseconds or 0) // 1_000_000
    elif (milliseconds := _milliseconds(duration)) is not None:
        facts["duration_ms"] = milliseconds
    if event.get("success") is False or "Err" in mapping(event.get("result")):
        facts["failed"] = True
    if child := word(event.get("new_thread_id")):
        facts["child"] = child
    return facts


def compaction(payload: Mapping[str, Any]) -> str:
    """What took the place of the history: its summary, or where there is none the messages that were kept."""
    if said := text(payload.get("message") or payload.get("summary")):
        return said
    kept = payload.get("replacement_history")
    return "\n\n".join(filter(None, (block_text(mapping(item).get("content"), "\n\n") for item in kept))) if type(kept) is list else ""


def turn_item(item: Mapping[str, Any]) -> tuple[str, str]:
    """Role and text of an item of a paginated history; ("", "") when it is none that speaks."""
    kind = text(item.get("type")).replace("_", "").lower()
    if kind == "usermessage":
        return "user", block_text(item.get("content"))
    if kind == "agentmessage":
        return "assistant", block_text(item.get("content"))
    if kind == "reasoning":
        return "reasoning", "\n\n".join(filter(None, (block_text(item.get(key)) for key in ("summary_text", "raw_content"))))
    if kind == "plan":
        return "assistant", text(item.get("text"))
    return "", ""


def _json_or_text(value: Any) -> Any:
    if type(value) is str and value.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(value)
        except ValueError:
            return value
    return value


def _milliseconds(seconds: Any) -> int | None:
    if type(seconds) not in (int, float) or not 0 <= seconds < 1e9:
        return None
    return int(seconds * 1000 + 0.5)
