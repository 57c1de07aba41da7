"""`chatviewer list`: sessions as a table, or as JSON."""

from __future__ import annotations

from datetime import datetime

from chatviewer.cli.opening import asked_query, in_chunks, missing, open_library, titled
from chatviewer.cli.output import bold, counted, dim, is_terminal, say_rows_document, shown_title, tell
from chatviewer.cli.parser import add_query_words, add_scopes, limit_number
from chatviewer.cli.table import Column, say_table
from chatviewer.domain.wording import project_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from chatviewer.cli.parser import Arguments
    from chatviewer.domain.hit import SearchHints
    from chatviewer.domain.summary import SessionSummary

SORT_KEYS = ("recent", "started", "title", "messages", "tokens", "rating")
SCREENFUL = 50  # rows on a terminal unless --limit says otherwise
COLUMNS = (
    Column("ID", style=dim),
    Column("LAST MESSAGE", style=dim),
    Column("SOURCE", limit=14, yields=2),
    Column("PROJECT", limit=20, yields=1),
    Column("MSG", is_right=True, yields=3),
    Column("", limit=7),
    Column("TITLE", is_flexible=True, style=bold),
)


def add_arguments(parser: Arguments) -> None:
    add_query_words(parser, "only the sessions that this query finds; `--` before a word that starts with a dash")
    parser.add_argument("--limit", metavar="N", type=limit_number, help=f"at most N (0: all; on a terminal {SCREENFUL} unless given)")
    parser.add_argument(
        "--sort",
        metavar="KEY",
        choices=[*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS)],
        default="recent",
        help=f"one of {', '.join(SORT_KEYS)}; --sort=-KEY turns the order round",
    )
    add_scopes(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    query = asked_query(" ".join(arguments.words), getattr(arguments, "in")) if arguments.words else None
    limit = arguments.limit
    is_table = is_terminal() and not arguments.json
    if limit is None and is_table:
        limit = SCREENFUL
    with open_library(arguments) as library:
        # a table says how many there are
        ids = library.session_ids(query, sort=arguments.sort, limit=None if is_table else limit or None)
        shown = ids[:limit] if limit else ids
        found = in_chunks(library, shown)
        if arguments.json:
            from chatviewer.exporters.document import summary_document

            say_rows_document("sessions", map(summary_document, found))
        elif is_table:
            say_table(COLUMNS, (_row(summary) for summary in titled(library, found)))
            more = len(ids) - len(shown)
            tell(f"{len(shown):,} of {len(ids):,} sessions; --limit 0 shows all." if more else f"{counted(len(ids), 'session')}.")
            if query is not None and not query.words and not query.patterns:
                _tell_hidden(library.search_hints(query, is_found=True))
            if words := missing(library):
                tell(words)
        else:
            say_table(COLUMNS, _plain_rows(titled(library, found)))
    return 0


def _tell_hidden(hints: SearchHints) -> None:
    """What archive and trash hold beside the list."""
    if hints.hidden_count:
        over = "" if hints.is_hidden_count_whole else "over "
        tell(f"{over}{hints.hidden_count:,} more in archive and trash (is:any shows them)")


def _row(summary: SessionSummary) -> tuple[str, ...]:
    return (
        summary.uid[:8],
        local_time(summary.last_message_at or summary.started_at),
        summary.source,
        project_name(summary.project),
        f"{summary.message_count:,}",
        marks(summary),
        shown_title(summary.title),
    )


def _plain_rows(found: Iterator[SessionSummary]) -> Iterator[tuple[str, ...]]:
    """For pipes: whole ids and values, times as in JSON."""
    from chatviewer.domain.wording import iso_time

    for summary in found:
        moment = iso_time(summary.last_message_at or summary.started_at) or ""
        rating = str(summary.rating or "")
        yield summary.uid, moment, summary.source, summary.project, str(summary.message_count), rating, shown_title(summary.title)


def marks(summary: SessionSummary) -> str:
    """*★★★★A: starred, the best rating, archived or trashed."""
    rating = "★" * (summary.rating or 0)
    status = {"archived": "A", "trashed": "T"}.get(str(summary.status), "")
    return f"{'*' if summary.is_starred else ''}{rating}{status}"


def local_time(moment: datetime | None) -> str:
    """2026-03-01 10:00 by the clock on the wall."""
    if moment is None:
        return ""
    try:  # noqa: SIM105 (a list does without `contextlib`)
        moment = moment.astimezone()
    except (OverflowError, ValueError):
        pass  # the years 1 and 9999, a time zone's width from the edge: said in UTC
    return moment.strftime("%Y-%m-%d %H:%M")
