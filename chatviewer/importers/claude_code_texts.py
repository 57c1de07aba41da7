"""Which texts of a Claude Code transcript are the user's own words, and the texts and images inside its blocks and attachments."""

from typing import Any

from chatviewer.domain.kinds import Role
from chatviewer.domain.message import Attachment
from chatviewer.domain.preview import START as PREVIEW_START
from chatviewer.domain.preview import preview
from chatviewer.importers.building import INJECTED, block_text, image_attachment, mapping, text, text_attachment, word

_KIND_OF_TAG = {
    "local": "command_output",
    "bash": "command_output",
    "command": "command",
    "system": "reminder",
    "user": "hook",
    "ide": "ide",
}
_KIND_OF_START = (
    ("Caveat: The messages below", "caveat"),
    ("[Request interrupted", "interruption"),
    ("This session is being continued from a previous conversation", "compact_summary"),
)
_STARTS = tuple(beginning for beginning, _ in _KIND_OF_START)


def injected_kind(content: str, is_meta: bool) -> str | None:
    """What a text of role user is when the user did not write it; None for the user's own words, also beside injected ones."""
    start = content[:60].lstrip()
    if start.startswith(_STARTS):
        return next(kind for beginning, kind in _KIND_OF_START if start.startswith(beginning))
    if start.startswith("<") and not INJECTED.sub("", content).strip():
        tag = start[1:].partition(">")[0]
        return _KIND_OF_TAG.get(tag.replace("_", "-").partition("-")[0], "notification" if tag == "task-notification" else "injected")
    return "meta" if is_meta else None


def attached(block: dict[str, Any]) -> Attachment | None:
    """The image or document of a block; None when it is none, or holds nothing."""
    if block.get("type") not in ("image", "document"):
        return None
    source = mapping(block.get("source"))
    name = text(block.get("title") or source.get("url"))
    if type(source.get("data")) is str and source.get("type") == "text":
        return text_attachment(source["data"], word(source.get("media_type")) or "text/plain", name)
    if source.get("type") == "content" and (said := block_text(source.get("content"))):
        return text_attachment(said, name=name)
    made = image_attachment(source.get("data"), source.get("media_type"), name)
    return made or Attachment(media_type=word(source.get("media_type")) or f"{block['type']}/*", name=name)


def result_text(content: Any) -> tuple[str, list[Attachment]]:
    """The text of a tool result, and its images."""
    if type(content) is str:
        return content, []
    if type(content) is dict and type(content.get("type")) is str:  # a server tool's
        content = [content]
    if type(content) is not list:
        return block_text(content), []
    parts: list[str] = []
    images: list[Attachment] = []
    for block in content:
        kind = block.get("type") if type(block) is dict else None
        if kind in ("image", "document"):
            attachment = attached(block)
            if attachment is not None:
                images.append(attachment)
        elif kind == "tool_reference":
            parts.append(text(block.get("tool_name")))
        elif kind is not None and type(block.get("text")) is not str:  # a search result and its like: what it says in its fields
            parts.append(text({key: value for key, value in block.items() if key not in ("type", "encrypted_content")}))
        else:
            parts.append(block_text(block) if type(block) is not list else text(block))
    return "\n".join([part for part in parts if part]), images


def _told(value: Any) -> str:
    """What `toolUseResult`, which repeats a result in another form, says."""
    if type(value) is dict:
        said = "\n".join([said for key in ("stdout", "stderr", "content", "result") if (said := block_text(value.get(key)))])
        return said or text(value.get("returnCodeInterpretation"))
    return block_text(value) if type(value) in (str, list) else ""


def completed(result: str, beside: Any) -> str:
    """A tool result with what `toolUseResult` says and nothing else does: the rest of a long output of which the result shows how it
    begins, and what became of an edit that the user changed before it was made."""
    if not result:
        return _told(beside)
    if result.startswith(PREVIEW_START):
        shows = preview(result.encode("utf-8", "replace"))
        shown = shows.shown.decode() if shows is not None else ""
        said = _told(beside)
        at = said.find(shown)
        rest = said[at + len(shown) :] if at >= 0 else said
        return f"{result}\n{rest}" if rest.strip() else result
    if type(beside) is dict and beside.get("userModified") is True and (patch := _patch(beside)):
        return f"{result}\n\n{patch}"
    return result


def _patch(beside: dict[str, Any]) -> str:
    hunks = beside.get("structuredPatch")
    lines = [mapping(hunk).get("lines") for hunk in hunks] if type(hunks) is list else []
    return "\n".join(["\n".join(filter(None, map(text, each))) for each in lines if type(each) is list])


def attachment_record(value: Any) -> tuple[str, str, Role, list[Attachment]]:
    """Text, kind and role of a record of type attachment, and the files in it. Without text and file it is not worth a message."""
    fields = mapping(value)
    kind = word(fields.get("type")) or "attachment"
    if kind == "queued_command":  # typed while the agent was working
        said = block_text(fields.get("prompt"))
        blocks = fields["prompt"] if type(fields.get("prompt")) is list else []
        images = [image for block in blocks if type(block) is dict and (image := attached(block)) is not None]
        return said, kind, Role.SYSTEM if injected_kind(said, fields.get("commandMode") not in (None, "prompt")) else Role.USER, images
    content = fields.get("content")
    if kind in ("file", "edited_text_file", "selected_lines_in_ide", "compact_file_reference", "pdf_reference"):
        inner = mapping(mapping(content).get("file"))
        said = text(inner.get("content") or fields.get("snippet") or (content if type(content) is str else ""))
        name = text(fields.get("filename") or inner.get("filePath"))
        return "", kind, Role.SYSTEM, [text_attachment(said, name=name)] if said else []
    if kind.startswith("hook_"):
        failure = fields.get("blockingError")
        said = block_text(content) or text(mapping(failure).get("blockingError") if type(failure) is dict else failure)
        return said or (text(fields.get("stderr")) if kind != "hook_success" else ""), kind, Role.SYSTEM, []
    if type(content) is list and any(type(item) is dict and "text" not in item for item in content):
        return text(content), kind, Role.SYSTEM, []
    return block_text(content), kind, Role.SYSTEM, []
