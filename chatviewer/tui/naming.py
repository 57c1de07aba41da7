"""What a session without a title is called: how it begins, else where and when it was."""

from collections.abc import Sequence

from chatviewer.domain import Hit, SessionSummary
from chatviewer.domain.wording import FIRST_MESSAGES, opening_line
from chatviewer.storage.library import Library
from chatviewer.tui.formatting import date_time, project_name


class StandIn(str):
    """In the place of a title: the session has none that could be changed."""

    __slots__ = ()


def named(library: Library, summaries: Sequence[SessionSummary]) -> list[SessionSummary]:
    """The same, each with something to know it by."""
    return [summary if summary.title.strip() else summary._replace(title=StandIn(_stand_in(library, summary))) for summary in summaries]


def named_hits(library: Library, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The same, each under a title that is the one in the list."""
    untitled = list({hit.session_id for hit in hits if not hit.title.strip()})
    titles = {summary.id: summary.title for summary in named(library, library.summaries(untitled))} if untitled else {}
    return tuple(hit._replace(title=titles.get(hit.session_id, hit.title)) for hit in hits)


def _stand_in(library: Library, summary: SessionSummary) -> str:
    if line := opening_line(opening.text for opening in library.openings(summary.id, FIRST_MESSAGES)):
        return line
    facts = [project_name(summary.project) or summary.source, date_time(summary.started_at or summary.last_message_at)]
    return f"Untitled · {' · '.join(filter(None, facts))}"
