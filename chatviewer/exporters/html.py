"""HTML for people: one file that needs nothing else, light and dark, printable. All foreign text is escaped; nothing is fetched.

No script, no remote image, no style from elsewhere; a Content-Security-Policy says so to the browser too. Images that the archive holds
are embedded; those in Markdown stay text. Of Markdown only code, headings, bold and links are dressed: the rest reads well as it was typed.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from chatviewer.domain.kinds import Role
from chatviewer.domain.sanitizing import safe, safe_line
from chatviewer.domain.summary import SessionSummary
from chatviewer.exporters.base import Exporter, ExportReader, paged, title_or_opening
from chatviewer.exporters.branching import Place, forks, tree_of
from chatviewer.exporters.encoding import dumps
from chatviewer.exporters.markdown import facts, stars
from chatviewer.exporters.text import call_gist, call_state, clock, speaker

if TYPE_CHECKING:
    from chatviewer.domain.message import Attachment, Message, ToolCall

MAX_IMAGE_BYTES = 5_000_000
_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<title>Chats</title>
"""
_BLOCK = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]{0,30})[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(?P<code>[^`\n]{1,400})`|\*\*(?P<bold>[^*\n]{1,400})\*\*|(?P<url>https?://[^\s<>\"'`]{3,400}[^\s<>\"'`.,;:!?)\]])")
_HEADING = re.compile(r"^(#{1,6})[ \t]+([^\n]{1,400})$", re.MULTILINE)


class HtmlExporter(Exporter):
    format = "html"
    label = "one HTML file that needs no other; all branches"
    extension = ".html"

    def write(self, library: ExportReader, summaries: Iterable[SessionSummary], out: TextIO) -> None:
        style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
        out.write(f"{_HEAD}<style>\n{style}</style></head><body>\n")
        for summary in summaries:
            out.writelines(_session(library, summary))
        out.write("<footer>Exported by chatviewer.</footer>\n</body></html>\n")


def _session(library: ExportReader, summary: SessionSummary) -> Iterator[str]:
    session, stubs = library.session(summary.uid), library.stubs(summary.id)
    places = forks(tree_of(stubs))
    yield f'<section>\n<h1>{_line(title_or_opening(library, summary)) or "Untitled session"}</h1>\n<dl class="facts">'
    yield from (f"<dt>{_line(name)}</dt><dd>{_line(value)}</dd>" for name, value in facts(summary, session))
    yield "</dl>\n"
    if session.summary:
        yield f"<blockquote>{_text(session.summary)}</blockquote>\n"
    if session.note:
        yield f"<blockquote>Note: {_text(session.note)}</blockquote>\n"
    if session.system_prompt:
        yield _folded("<b>System prompt</b>", _code(session.system_prompt))
    for message in paged(library, summary.id, [stub.seq for stub in stubs]):
        yield from _message(library, message, places.get(message.seq))
    yield "</section>\n"


def _message(library: ExportReader, message: "Message", place: Place | None) -> Iterator[str]:
    details = [clock(message.created_at)]
    if place:
        details.append(f"branch {place.number} of {place.total}")
    if message.rating:
        details.append(stars(message.rating.value))
    head = " · ".join([f"<b>{_line(speaker(message))}</b>", *(_line(part) for part in details if part)])
    yield f'<article class="{message.role}" id="m-{_line(message.uid)}"><div class="head">{head}</div>\n'
    if message.rating and message.rating.text:
        yield f"<blockquote>Rated: {_text(message.rating.text)}</blockquote>\n"
    if message.note:
        yield f"<blockquote>Note: {_text(message.note)}</blockquote>\n"
    if message.thinking:
        yield _folded("Thinking", f'<div class="text">{_text(message.thinking)}</div>')
    if message.content:
        yield from _content(message)
    for attachment in message.attachments:
        yield from _attachment(library, attachment)
    for call in message.tool_calls:
        yield _call(call)
    yield "</article>\n"


def _content(message: "Message") -> Iterator[str]:
    if message.role is Role.ASSISTANT:
        yield from dressed(message.content)
    elif message.role is Role.USER:
        yield f'<div class="text">{_text(message.content)}</div>\n'
    else:
        yield _folded(f"{len(message.content):,} characters", _code(message.content))


def dressed(markdown: str) -> Iterator[str]:
    """Markdown as HTML: code blocks, and in the prose between them inline code, bold, headings and links; the rest stays as typed."""
    at = 0
    for block in _BLOCK.finditer(markdown):
        yield _prose(markdown[at : block.start()])
        yield _code(block[3].removesuffix("\n"))
        at = block.end()
    yield _prose(markdown[at:])


def _prose(text: str) -> str:
    if not text.strip():
        return ""
    pieces, at, text = [], 0, safe(text.strip("\n"))
    for found in _INLINE.finditer(text):
        pieces.append(escape(text[at : found.start()]))
        at = found.end()
        if found["code"]:
            pieces.append(f"<code>{escape(found['code'])}</code>")
        elif found["bold"]:
            pieces.append(f"<b>{escape(found['bold'])}</b>")
        else:
            url = escape(found["url"])
            pieces.append(f'<a href="{url}" rel="noopener noreferrer nofollow">{url}</a>')
    pieces.append(escape(text[at:]))
    return f'<div class="text">{_HEADING.sub(_heading, "".join(pieces))}</div>\n'


def _heading(match: re.Match[str]) -> str:
    return f"<b>{match[2]}</b>"


def _attachment(library: ExportReader, attachment: "Attachment") -> Iterator[str]:
    name = _line(attachment.name or "attachment")
    size = "" if attachment.byte_count is None else f" · {attachment.byte_count:,} bytes"
    yield f'<div class="head">{name} · {_line(attachment.media_type or "unknown type")}{size}</div>\n'
    if attachment.sha256 and attachment.media_type in _IMAGES and (attachment.byte_count or 0) <= MAX_IMAGE_BYTES:
        data = library.attachment_data(attachment.sha256)
        if data and len(data) <= MAX_IMAGE_BYTES:
            yield f'<img alt="{name}" src="data:{attachment.media_type};base64,{b64encode(data).decode("ascii")}">\n'
    if attachment.text:
        yield _folded("Its text", _code(attachment.text))


def _call(call: "ToolCall") -> str:
    state = f'<span class="failed">{_line(call_state(call))}</span>' if call.status == "failed" else _line(call_state(call))
    body = ""
    if call.arguments is not None:
        body += _code(call.arguments if isinstance(call.arguments, str) else dumps(call.arguments))
    if call.result or call.error_message:
        body += _code(call.result or call.error_message or "")
    if call.child_uid:
        body += f'<div class="head">sub-agent session {_line(call.child_uid)}</div>'
    return _folded(f"<b>{_line(call.tool_name)}</b> {_line(call_gist(call))} · {state}", body)


def _folded(head: str, body: str) -> str:
    return f"<details><summary>{head}</summary>{body}</details>\n"


def _code(text: str) -> str:
    return f"<pre>{_text(text)}</pre>\n"


def _text(text: str) -> str:
    return escape(safe(text))


def _line(text: str) -> str:
    return escape(safe_line(text))
