"""What a session without a title is called: how its first reply begins, else where and when it was."""

from collections.abc import Sequence

from chatviewer.domain import SessionSummary, safe_line
from chatviewer.storage.library import Library
from chatviewer.tui.formatting import date_time, project_name

_LOOKED_AT = range(12)  # the first messages
_LONGEST = 120  # characters


def named(library: Library, summaries: Sequence[SessionSummary]) -> list[SessionSummary]:
    """The same, each with something to know it by."""
    return [summary if summary.title.strip() else summary._replace(title=_stand_in(library, summary)) for summary in summaries]


def _stand_in(library: Library, summary: SessionSummary) -> str:
    for opening in library.openings(summary.id, _LOOKED_AT):
        line = next((line.strip().lstrip("#").strip() for line in opening.text.split("\n") if line.strip()), "")
        if line:
            return f"({safe_line(line, _LONGEST)})"
    facts = [project_name(summary.project) or summary.source, date_time(summary.started_at or summary.last_message_at)]
    return f"Untitled · {' · '.join(filter(None, facts))}"
