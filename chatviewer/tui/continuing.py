"""Going on with a session in the tool that made it: the command, and whether it can be run on this machine."""

import os
import shlex
import shutil
from pathlib import Path

from chatviewer.domain import SessionSummary, safe_line
from chatviewer.storage.library import Library
from chatviewer.tui.background import Job
from chatviewer.tui.outgoing_messages import ContinuationFound

# What each tool is called with in front of the session's own id.
_RESUME = {"claude-code": ("claude", "--resume"), "codex": ("codex", "resume"), "opencode": ("opencode", "--session")}


def resume_arguments(summary: SessionSummary) -> list[str]:
    """The program and its arguments; empty where there is no such command, or the id is no harmless one."""
    source_id = safe_line(summary.source_id)
    is_odd = source_id != summary.source_id or not source_id or source_id.startswith("-")
    if summary.source not in _RESUME or summary.parent_uid is not None or is_odd:
        return []
    return [*_RESUME[summary.source], source_id]


def resume_folder(summary: SessionSummary) -> str:
    """The project's folder, where the tool looks for the session; empty if that is none that can be named."""
    project = safe_line(summary.project)
    return project if project == summary.project and project.startswith("/") else ""


def resume_command(summary: SessionSummary) -> str:
    """What goes on with the session, as it is typed into a shell; empty where there is no such command."""
    command = shlex.join(resume_arguments(summary))
    folder = resume_folder(summary)
    return f"cd {shlex.quote(folder)} && {command}" if command and folder else command


def _is_there(folder: str) -> bool:
    """Whether it is a folder that can be gone into; not one of another user, nor one whose name is too long."""
    try:
        return Path(folder).is_dir() and os.access(folder, os.X_OK)
    except OSError:
        return False


def find_continuation(library: Library, session_id: int) -> Job:
    """Whether the program and the folder are there."""

    def job() -> ContinuationFound | None:
        summaries = library.summaries([session_id])
        if not summaries:
            return None
        summary = summaries[0]
        arguments, folder = resume_arguments(summary), resume_folder(summary)
        problem = ""
        if not arguments and summary.parent_uid is not None:
            problem = "A sub-agent's session cannot be gone on with; its parent's can."
        elif not arguments:
            problem = f"A session of {summary.source} cannot be gone on with from a terminal."
        elif summary.project.startswith("/") and not folder:
            problem = "It cannot be run here: the name of its folder holds what no terminal shows."
        elif folder and not _is_there(folder):
            problem = f"It cannot be run here: the folder {folder} is not there any more."
        elif shutil.which(arguments[0]) is None:
            problem = f"It cannot be run here: {arguments[0]} is not installed, or not on the PATH."
        return ContinuationFound(session_id, summary.source, resume_command(summary), arguments, folder, problem)

    return job
