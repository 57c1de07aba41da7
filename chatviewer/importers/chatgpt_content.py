"""The content of one ChatGPT message: its text, thoughts, pictures and what a tool said, by `content_type`."""

from collections.abc import Callable, Mapping
from typing import Any

from chatviewer.domain.sanitizing import safe_line
from chatviewer.importers.building import mapping, parse_time, text
from chatviewer.importers.conversations import objects
from chatviewer.importers.parsing import parse_json

ERROR_LIMIT = 200  # characters
MAX_REFERENCES = 200
_LABELS = frozenset({"content_type", "parts", "language", "response_format_name", "url", "domain", "title", "name", "tether_id"})


class Body:
    """What a message holds. `pointers` are parts that stand for pictures, sound and files; `error` is set when a tool failed."""

    def __init__(self) -> None:
        self.kind = ""  # of an injected text
        self.unread = ""  # the type of content that says something in a form that is not known
        self.text = ""
        self.thinking = ""
        self.pointers: list[Mapping[str, Any]] = []
        self.notes: dict[str, Any] = {}  # for the message's metadata
        self.is_call = False
        self.is_instructions = False  # the user's standing instructions: the system prompt
        self.arguments: Any = None
        self.error: str | None = None
        self.duration_ms: int | None = None

    @property
    def is_injected(self) -> bool:
        return bool(self.kind)


def read_body(message: Mapping[str, Any], report: Callable[[str], None]) -> Body:
    """Never raises; content of the wrong shape is reported and read as far as it goes."""
    body = Body()
    raw, metadata = message.get("content"), mapping(message.get("metadata"))
    content = mapping(raw)
    kind = text(content.get("content_type"))
    identity = text(message.get("id"))[:80]
    if type(raw) is str:
        body.text = raw
    elif type(raw) is not dict:
        report(f"message {identity} has no content")
    elif kind in ("user_editable_context", "model_editable_context"):
        _read_context(body, content, metadata, kind)
    elif kind == "thoughts":
        _read_thoughts(body, content)
    elif kind == "reasoning_recap":
        body.notes["thought_for"] = text(content.get("content"))
    else:
        pieces = _parts(body, content, identity, report)
        # rarer kinds hold no parts: code, execution_output, tether_quote, tether_browsing_display, system_error
        for key in ("text", "result", "summary", "content"):
            value = content.get(key)
            if type(value) is str and value.strip() and (not pieces or key in ("result", "summary")):
                pieces.append(value)
        body.text = "\n".join(pieces)
        if not pieces and not body.pointers and any(content[key] for key in content if key not in _LABELS):
            body.unread = kind or "without a type"
        _read_quote(body, content, kind)
    _read_call(body, message, content, kind)
    if "aggregate_result" in metadata or kind == "system_error":
        _read_outcome(body, metadata, content, kind)
    if metadata.get("is_user_system_message") is True and kind == "text":
        _read_context(body, content, metadata, "user_editable_context")
    if type(metadata.get("finished_duration_sec")) in (int, float):
        body.notes["thought_seconds"] = metadata["finished_duration_sec"]
    if title := mapping(metadata.get("canvas")).get("title"):
        body.notes["canvas"] = text(title)
    return body


def _parts(body: Body, content: Mapping[str, Any], identity: str, report: Callable[[str], None]) -> list[str]:
    parts = content.get("parts")
    if parts is None:
        if "parts" in content and not any(type(content.get(key)) is str for key in ("text", "result")):
            report(f"message {identity} has no parts")
        return []
    if type(parts) is not list:
        report(f"the parts of message {identity} are no list")
        return [text(parts)] if type(parts) is str else []
    pieces: list[str] = []
    odd_count = 0
    for part in parts:
        if type(part) is str:
            if part.strip():
                pieces.append(part)
        elif type(part) is not dict:
            odd_count += part is not None
        elif type(part.get("text")) is str:
            if part["text"].strip():
                pieces.append(part["text"])
        else:
            body.pointers.append(part)
    if odd_count:
        report(
            f"message {identity} has a part that is no text"
            if odd_count == 1
            else f"message {identity} has {odd_count} parts that are no text"
        )
    return pieces


def _read_context(body: Body, content: Mapping[str, Any], metadata: Mapping[str, Any], kind: str) -> None:
    """Standing instructions (the system prompt), or what the model remembers. The words alone are better than the prose that wraps them."""
    if kind == "model_editable_context":
        body.kind = "memory"
        body.text = "\n\n".join(text(content[key]) for key in ("model_set_context", "repository", "repo_summary") if content.get(key))
        return
    data = mapping(metadata.get("user_context_message_data"))
    own = [data[key] for key in data if type(data[key]) is str and data[key].strip()]
    wrapped = [content[key] for key in ("user_profile", "user_instructions") if type(content.get(key)) is str and content[key].strip()]
    body.kind, body.is_instructions = "custom_instructions", True
    body.text = "\n\n".join(own or wrapped) or body.text
    body.is_instructions = bool(body.text.strip())


def _read_thoughts(body: Body, content: Mapping[str, Any]) -> None:
    thoughts = content.get("thoughts")
    if type(thoughts) is str:
        body.thinking = thoughts
        return
    pieces = [thought for thought in thoughts if type(thought) is str] if type(thoughts) is list else []
    for thought in objects([thoughts] if type(thoughts) is dict else thoughts):
        summary, words = text(thought.get("summary")).strip(), text(thought.get("content"))
        pieces.append("\n\n".join(filter(None, (f"**{summary}**" if summary else "", words))))
    body.thinking = "\n\n".join(filter(None, pieces))


def _read_quote(body: Body, content: Mapping[str, Any], kind: str) -> None:
    """A quoted page names itself; code that is shown, not run, is fenced."""
    if kind == "tether_quote":
        source = " ".join(text(content[key]) for key in ("title", "url") if type(content.get(key)) is str)
        body.text = "\n".join(filter(None, (source, body.text)))


def _read_call(body: Body, message: Mapping[str, Any], content: Mapping[str, Any], kind: str) -> None:
    role, recipient = mapping(message.get("author")).get("role"), message.get("recipient")
    if role == "assistant" and type(recipient) is str and recipient not in ("", "all"):
        body.is_call = True
        body.arguments = body.text
        if body.text.lstrip()[:1] in ("{", "["):
            try:
                body.arguments = parse_json(body.text)
            except ValueError:
                body.arguments = body.text
    elif kind == "code" and role == "assistant" and body.text:
        language = text(content.get("language"))
        fence = "````" if "```" in body.text else "```"
        body.text = f"{fence}{language if language.isalnum() and language != 'unknown' else ''}\n{body.text}\n{fence}"


def _read_outcome(body: Body, metadata: Mapping[str, Any], content: Mapping[str, Any], kind: str) -> None:
    """Whether a tool failed, and how long it took."""
    outcome = mapping(metadata.get("aggregate_result"))
    started, ended = parse_time(outcome.get("start_time")), parse_time(outcome.get("end_time"))
    if started and ended and ended >= started:
        body.duration_ms = int((ended - started).total_seconds() * 1000)
    failure = outcome.get("in_kernel_exception") or outcome.get("system_exception")
    if failure:
        details = mapping(failure)
        body.error = safe_line(": ".join(text(details[key]) for key in ("name", "notes") if details.get(key)) or text(failure), ERROR_LIMIT)
    elif kind == "system_error":
        body.error = safe_line(": ".join(filter(None, (text(content.get("name")), body.text))), ERROR_LIMIT)
    elif text(outcome.get("status")) not in ("", "success", "running"):
        body.error = safe_line(text(outcome.get("status")), ERROR_LIMIT)
    for message in objects(outcome.get("messages")):
        if message.get("message_type") == "image" and type(message.get("image_url")) is str:
            body.pointers.append({"content_type": "image_asset_pointer", "asset_pointer": message["image_url"], **_size(message)})


def _size(message: Mapping[str, Any]) -> dict[str, Any]:
    return {key: message[key] for key in ("width", "height") if type(message.get(key)) is int}


def references(metadata: Mapping[str, Any]) -> list[dict[str, str]]:
    """The pages that a reply cites, each once."""
    if not (metadata.get("content_references") or metadata.get("citations")):
        return []
    found: dict[str, str] = {}
    pending = [*objects(metadata.get("content_references")), *objects(metadata.get("citations"))][:MAX_REFERENCES]
    while pending and len(found) < MAX_REFERENCES:
        entry = pending.pop(0)
        if type(entry.get("url")) is str and entry["url"]:
            found.setdefault(entry["url"], text(entry.get("title")))
        pending += objects(entry.get("items"))[:MAX_REFERENCES]
        pending += [entry["metadata"]] if type(entry.get("metadata")) is dict else []
    return [{"url": url, "title": title} for url, title in found.items()]
