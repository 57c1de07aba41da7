"""Pictures, sound and files of ChatGPT messages: named in the conversation, their data in other members of the export."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from chatviewer.domain.message import Attachment
from chatviewer.importers.archive import Archive
from chatviewer.importers.building import file_attachment, mapping, text, whole_number
from chatviewer.importers.chatgpt_content import Body
from chatviewer.importers.conversations import objects, sniffed_type

MAX_FILE = 20 << 20  # bytes of one file that are kept
MAX_TOGETHER = 64 << 20  # bytes kept for one conversation

_ASSET = re.compile(r"file[-_][0-9A-Za-z]+")
_MEDIA = {"image": "image", "audio": "audio", "video": "video", "real": "video"}


class Files:
    """The files of one conversation. What is larger than is kept, or not in the export, keeps its name, type and size."""

    def __init__(self, archive: Archive, skip: Callable[[str], None]) -> None:
        self._archive, self._skip = archive, skip
        self._room = MAX_TOGETHER

    def of(self, message: Mapping[str, Any], body: Body) -> list[Attachment]:
        """The attachments of one message, each once: a picture is named in the parts and among the attachments."""
        found: dict[str, Attachment] = {}
        for entry in objects(mapping(message.get("metadata")).get("attachments")):
            name = text(entry.get("name"))
            media_type = text(entry.get("mimeType") or entry.get("mime_type"))
            if asset := text(entry.get("id")) or name:
                found[_key(asset)] = self._attachment(asset, media_type, name, whole_number(entry.get("size")))
        pointers = list(body.pointers)
        while pointers:
            part = pointers.pop(0)
            pointers[:0] = [part[key] for key in ("audio_asset_pointer", "video_container_asset_pointer") if type(part.get(key)) is dict]
            identity = part.get("asset_pointer")
            if type(identity) is str and identity:
                kind = text(part.get("content_type")).split("_")[0]
                if _key(identity) not in found:
                    found[_key(identity)] = self._attachment(identity, _MEDIA.get(kind, ""), "", whole_number(part.get("size_bytes")))
            elif not pointers:
                self._skip(f"part {text(part.get('content_type')) or 'without a type'}")
        return list(found.values())

    def _attachment(self, identity: str, media_type: str, name: str, size: int | None) -> Attachment:
        match = _ASSET.search(_without_scheme(identity))
        member = self._archive.asset(match[0], min(MAX_FILE, self._room)) if match else None
        if member is None:
            return Attachment(media_type=media_type, name=name or _without_scheme(identity)[:200], byte_count=size)
        member_name, member_size, data = member
        if data is None:
            self._skip("data of a large or damaged file")
            return Attachment(media_type=media_type, name=name or member_name, byte_count=member_size)
        self._room -= len(data)
        return file_attachment(data, sniffed_type(data) or media_type, name or member_name)


def _key(identity: str) -> str:
    match = _ASSET.search(_without_scheme(identity))
    return match[0] if match else identity


def _without_scheme(identity: str) -> str:
    """`file-service://file-abc` and `sediment://file_abc` name the members file-abc… and file_abc…"""
    return identity.rpartition("//")[2]
