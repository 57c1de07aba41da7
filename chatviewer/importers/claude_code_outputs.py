"""Long outputs that Claude Code has put into files of their own, `<session>/tool-results/<name>.txt`: read with the result that shows how
one begins. They are deleted with the transcript.

The record names such a file by its whole path. That is foreign text, and not true any more where a project was moved or copied: only its
last part is taken, and looked for in the folder of the session itself. No link is followed below the folder of the project.
"""

import os
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Any

from chatviewer.domain import long_text
from chatviewer.domain.preview import has_more, preview
from chatviewer.importers.base import Reading
from chatviewer.importers.building import block_text, mapping
from chatviewer.importers.claude_code_texts import completed
from chatviewer.importers.reading import BLOCK_SIZE, open_source

MAX_FILE = 20 << 20  # bytes of one output that are kept, as of a file beside a conversation of ChatGPT
MAX_TOGETHER = 64 << 20  # bytes kept for one transcript: its sessions are in memory until they are stored
FOLDER = "tool-results"
GONE = "output in a file that is gone"
UNREADABLE = "output in a file that cannot be read"
LARGE = "output in a large file"

_UNHELD = long_text.LONG  # bytes in such files that may be any text in memory
_EMPTY = b"\x00 \t\r\n"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Outputs:
    """The outputs that one transcript names. What cannot be had is counted, once for each file."""

    def __init__(self, reading: Reading, *, is_agent: bool) -> None:
        self._reading = reading
        self._project, name = os.path.split(reading.file)
        self._session = "" if is_agent else os.path.splitext(name)[0]
        before, is_below, _ = f"{self._project}/".rpartition("/subagents/")
        self._is_certain = is_agent and bool(is_below)  # whose folder it is: this file lies in it
        if self._is_certain:
            self._project, self._session = os.path.split(before)
        self._room = MAX_TOGETHER
        self._told: set[str] = set()

    def completed(self, result: str, beside: Any, session_id: Any) -> str | None:
        """The whole output in place of a result that is a preview, with what the record says beyond it; None where it is not to be had.
        `session_id`: what the record gives as that of its session."""
        text = result.encode("utf-8", "replace")
        shows = preview(text)
        if shows is None:
            return None
        name = shows.path.replace("\\", "/").rpartition("/")[2]  # also of a path of Windows
        output = self._read(name, session_id)
        if output is None:
            return None
        without = completed(result, beside)
        if not shows.begins(output):  # perhaps it is written differently there: all is kept
            return f"{without}\n{self._text(output)}"
        error = block_text(mapping(beside).get("stderr")).strip()
        more = shows.behind.decode().strip("\n")
        if error and error not in more and error.encode("utf-8", "replace") not in output:
            more = f"{more}\n{error}" if more else error
        if has_more(without.encode("utf-8", "replace"), output + more.encode()):  # the file was cut
            return None
        return f"{self._text(output)}\n{more}" if more else self._text(output)

    def _read(self, name: str, session_id: Any) -> bytearray | None:
        kind = GONE
        for session in self._sessions(session_id):
            try:
                output = self._output(session, name)
            except FileNotFoundError:
                continue
            except (OSError, ValueError):  # ValueError: no name for a file at all
                kind = UNREADABLE
                continue
            if output is None:
                kind = LARGE
            elif output.strip(_EMPTY):
                return output
        if name not in self._told:
            self._told.add(name)
            self._reading.skip(kind)
        return None

    def _sessions(self, session_id: Any) -> Iterator[str]:
        """The names of the folders that may be that of the session."""
        if self._session:
            yield self._session
        if not self._is_certain and type(session_id) is str and session_id != self._session:
            yield session_id

    def _output(self, session: str, name: str) -> bytearray | None:
        """What a file of a session's folder says, in UTF-8; None for too much. Raises OSError, ValueError."""
        for part in (session, name):
            if part in ("", ".", "..") or "/" in part:
                raise ValueError("not a plain name")
        folder = os.open(os.path.join(self._project, session), _FOLDER)
        try:
            inner = os.open(FOLDER, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        try:
            source = open_source(name, inner)
        finally:
            os.close(inner)
        text = bytearray()
        with source:
            most = min(MAX_FILE, self._room)
            if os.fstat(source.fileno()).st_size > most:
                return None
            decoder = getincrementaldecoder("utf-8")("replace")
            read = 0
            while block := source.read(BLOCK_SIZE):
                read += len(block)
                if read > most:  # it grows
                    return None
                text += decoder.decode(block).encode()
            text += decoder.decode(b"", final=True).encode()
        self._room -= read
        return text

    def _text(self, output: bytearray) -> str:
        """Behind the first megabytes those with other characters than ASCII are held, see `domain.long_text`."""
        is_held = MAX_TOGETHER - self._room > _UNHELD and not output.isascii()
        return long_text.hold(output) if is_held else output.decode()
