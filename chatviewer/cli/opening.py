"""The library that a command works on, and which of its sessions were meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chatviewer.cli.output import NOTHING_IMPORTED, tell
from chatviewer.domain.wording import FIRST_MESSAGES, opening_line
from chatviewer.errors import NotFoundError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from array import array
    from pathlib import Path

    from chatviewer.domain.hit import Hit
    from chatviewer.domain.summary import SessionSummary
    from chatviewer.query import Query
    from chatviewer.storage.library import Library

SESSION_HELP = "its id, or the one its agent knows it by; the beginning is enough"
CHUNK = 500  # summaries read at once


def open_library(arguments: Namespace, *, create: bool = False) -> Library:
    """The library at --database. Without `create` a missing one reads as empty and none is made. Raises DatabaseError."""
    from chatviewer.paths import database_file
    from chatviewer.storage.library import Library

    return Library.open(database_file(arguments.database), create=create, is_alone=True)


def left_journal(database: Path) -> Path | None:
    """The journal where it has outlived its database; None where that is there, or nothing was written down."""
    from chatviewer.paths import journal_path

    journal = journal_path(database)
    try:
        return journal if not database.exists() and journal.is_file() and journal.stat().st_size else None
    except OSError:  # nobody may look: whoever opens the database says so
        return None


def add_selection(parser: ArgumentParser, none: str = "") -> None:
    """Sessions by id, and --query; `none` says what happens without either."""
    parser.add_argument(
        "sessions", nargs="*", metavar="SESSION", help=f"ids of sessions, or those their agents know them by; the beginning is enough{none}"
    )
    parser.add_argument("--query", metavar="Q", help="all sessions that this query finds")


def asked_query(text: str, within: str | None = None) -> Query:
    """A query for reading: what is wrong with it is said on stderr, the rest is answered. `within`: what `--in` was given."""
    from chatviewer.query import parse

    query = parse(text if within is None else f"in:{within} {text}")
    for _, words in query.problems:
        tell(words)
    return query


def binding_query(text: str, status: str | None = None) -> Query:
    """A query that decides what is changed: it must say something, and nothing in it may be wrong. Raises UsageError.

    With a `status`, and unless the query itself says `is:`, it looks among the sessions of that status: what can be brought back from
    the archive lies in the archive.
    """
    from chatviewer.query import AllOf, Names, parse

    query = parse(text)
    if query.problems:
        raise UsageError(f"Nothing was changed: {query.problems[0][1]}")
    if query.node is None:
        raise UsageError("Nothing was changed: the query is empty; is:any means all sessions.")
    if status and not query.asks("is", "archived", "trashed", "any"):
        return query._replace(node=AllOf((Names("is", (status,)), query.node)))
    return query


def selected(library: Library, prefixes: Sequence[str], query: Query | None) -> tuple[list[SessionSummary], bool]:
    """The sessions named by id, then those of the query, each once; and whether all ids were found (each missing one is told)."""
    found: dict[int, SessionSummary] = {}
    is_complete = True
    for prefix in prefixes:
        try:
            summary = library.summary(prefix)
        except NotFoundError as error:
            tell(f"chatviewer: {error}")
            is_complete = False
        else:
            found.setdefault(summary.id, summary)
    if query is not None:
        for summary in in_chunks(library, library.session_ids(query)):
            found.setdefault(summary.id, summary)
    return list(found.values()), is_complete


def in_chunks(library: Library, ids: array[int] | list[int]) -> Iterator[SessionSummary]:
    """The summaries of any number of sessions, some hundred in memory at a time."""
    for start in range(0, len(ids), CHUNK):
        yield from library.summaries(ids[start : start + CHUNK])


def titled(library: Library, found: Iterable[SessionSummary]) -> Iterator[SessionSummary]:
    """The same, called by how they begin where they have no title: for people, not for --json."""
    for summary in found:
        yield summary if summary.title.strip() else summary._replace(title=_beginning(library, summary.id))


def titled_hits(library: Library, hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The same under the titles that `titled` gives."""
    return tuple(hit if hit.title.strip() else hit._replace(title=_beginning(library, hit.session_id)) for hit in hits)


def _beginning(library: Library, session_id: int) -> str:
    return opening_line(opening.text for opening in library.openings(session_id, FIRST_MESSAGES))


def tell_warning(library: Library) -> None:
    """After a change: what the library wants the user to know about it."""
    if library.warning:
        tell(f"chatviewer: {library.warning}")


def missing(library: Library) -> str:
    """What a person is to know who does not find something: that nothing was imported yet, or not all. Empty where all was."""
    begun = library.beginning()
    if begun is not None:
        return f"Only the newest {begun.file_count:,} of {begun.total_count:,} files are here; `chatviewer import` brings the others."
    return NOTHING_IMPORTED if library.is_empty else ""
