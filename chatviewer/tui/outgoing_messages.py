"""What is to be handed to other programs, and what the threads that write files and look for programs tell the screen."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chatviewer.domain import Attachment


class OpenLink(Message):
    """Intent: open one of these addresses after asking. Only http and https are ever posted."""

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__()
        self.urls = urls


class OpenAttachment(Message):
    """Intent: show an image of a message in the system's viewer, after asking."""

    def __init__(self, attachment: "Attachment") -> None:
        super().__init__()
        self.attachment = attachment


class Opened(Message):
    """Fact: what was done with an address or image, in words. `instead` is an address to copy where there is no browser."""

    def __init__(self, words: str, *, is_warning: bool = False, instead: str = "") -> None:
        super().__init__()
        self.words = words
        self.is_warning = is_warning
        self.instead = instead


class CopyWritten(Message):
    """Fact: a session stands in a private file as Markdown, to be shown by `command`."""

    def __init__(self, command: Sequence[str], path: Path) -> None:
        super().__init__()
        self.command = command
        self.path = path


class Exported(Message):
    """Fact: an export is written; `words` say what and where."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class ContinuationFound(Message):
    """Fact: how a session goes on in the tool that made it. `command` is to be read and copied, empty if there is none; `arguments` are
    what is run in `folder`; `problem` says in words why it cannot be run here."""

    def __init__(self, session_id: int, tool: str, command: str, arguments: Sequence[str], folder: str, problem: str) -> None:
        super().__init__()
        self.session_id = session_id
        self.tool = tool
        self.command = command
        self.arguments = arguments
        self.folder = folder
        self.problem = problem
