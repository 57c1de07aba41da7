"""The one door to what is stored: screens, commands and the import hold a `Library` and know no SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chatviewer.storage.opening import open_database
from chatviewer.storage.own_words import OwnWords

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any, Self

    from chatviewer.domain.counts import Finding, LibraryCounts, StatisticsRow
    from chatviewer.domain.facets import ResultFacets
    from chatviewer.domain.hit import SearchHints, SearchResult
    from chatviewer.domain.importing import Beginning, FileImport, Problem, SaveCounts, SourceFile
    from chatviewer.domain.message import Message
    from chatviewer.domain.session import ContextItem, Session
    from chatviewer.domain.summary import MessageOpening, MessageStub, SessionSummary
    from chatviewer.query import Query
    from chatviewer.storage.stamps import Discovery, Stamp
    from chatviewer.storage.stopping import Stopping


class Library(OwnWords):
    """Everything one user has. Thread-safe: each thread has its own connection."""

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True, is_alone: bool = False) -> Self:
        """Open and bring up to date. Without `create`, a missing file reads as an empty library and none is made.
        `is_alone`: for one thread, whose searches nobody stops; it opens quicker.

        Raises DatabaseError and its kinds.
        """
        return cls(*open_database(path, create=create, is_alone=is_alone))

    @property
    def path(self) -> Path:
        """The database file."""
        return self.database.path

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def is_empty(self) -> bool:
        """No session and no file was ever imported."""
        from chatviewer.storage.stamps import is_empty

        return is_empty(self.database, self.user.id)

    # lists

    def session_ids(self, query: Query | None = None, *, sort: str = "recent", limit: int | None = None) -> array[int]:
        """The ids of the sessions that match, in order; by default the active ones. Raises UsageError for an unknown sort key."""
        from chatviewer.storage.sessions import session_ids

        return session_ids(self.database, self.user.id, query, sort, limit)

    def session_groups(
        self, query: Query | None = None, *, by: str, sort: str = "recent", limit: int | None = None
    ) -> list[tuple[str, array[int]]]:
        """As `session_ids`, those of a project or source together: (group, ids). Raises UsageError for another word than those two."""
        from chatviewer.storage.grouping import session_groups

        return session_groups(self.database, self.user.id, query, by, sort, limit)

    def summaries(self, ids: Sequence[int]) -> list[SessionSummary]:
        """The rows of a list in the order of `ids`; those that were purged meanwhile are left out."""
        from chatviewer.storage.sessions import summaries

        return summaries(self.database, self.user.id, ids)

    def summary(self, uid: str) -> SessionSummary:
        """The row of one session, by any unique beginning of its uid or of its id at its source. Raises NotFoundError."""
        from chatviewer.storage.sessions import summary

        return summary(self.database, self.user.id, uid)

    def children(self, session_id: int) -> list[SessionSummary]:
        """The sub-agents of a session, in the order in which they were started."""
        from chatviewer.storage.sessions import children

        return children(self.database, self.user.id, session_id)

    def counts(self) -> LibraryCounts:
        """The numbers of the library pane."""
        from chatviewer.storage.counting import counts

        return counts(self.database, self.user.id)

    # reading

    def session(self, uid: str) -> Session:
        """One session without its messages, by any unique beginning of its uid or of its id at its source. Raises NotFoundError."""
        from chatviewer.storage.sessions import session

        return session(self.database, self.user.id, uid)

    def files(self, session_id: int) -> list[SourceFile]:
        """The files that a session was imported from."""
        from chatviewer.storage.files import session_files

        return session_files(self.database, self.user.id, session_id)

    def stubs(self, session_id: int) -> list[MessageStub]:
        """The outline of a session: all its messages without their texts, in order."""
        from chatviewer.storage.messages import stubs

        return stubs(self.database, self.user.id, session_id)

    def current_seq(self, session_id: int) -> int | None:
        """The last message of the branch that the source shows; None: the source does not say."""
        from chatviewer.storage.messages import current_seq

        return current_seq(self.database, self.user.id, session_id)

    def openings(self, session_id: int, seqs: Sequence[int] | None = None) -> list[MessageOpening]:
        """How messages begin, in order: those of `seqs`, else all prompts."""
        from chatviewer.storage.messages import openings

        return openings(self.database, self.user.id, session_id, seqs)

    def messages(self, session_id: int, seqs: Sequence[int] | None = None) -> list[Message]:
        """Whole messages in order: those of `seqs`, else all."""
        from chatviewer.storage.messages import messages

        return messages(self.database, self.user.id, session_id, seqs)

    def context_items(self, session_id: int) -> list[ContextItem]:
        """What the source remembers beside the messages, the most important first."""
        from chatviewer.storage.sessions import context_items

        return context_items(self.database, self.user.id, session_id)

    def attachment_data(self, sha256: str) -> bytes | None:
        """The bytes of an attachment; None where they are not stored."""
        from chatviewer.storage.messages import attachment_data

        return attachment_data(self.database, self.user.id, sha256)

    def call_arguments(self, session_id: int) -> list[tuple[str, Any]]:
        """Tool and arguments of every call of a session, in order, without what came back."""
        from chatviewer.storage.messages import call_arguments

        return call_arguments(self.database, self.user.id, session_id)

    def matching_seqs(self, session_id: int, needle: str) -> list[int]:
        """The messages of a session that hold `needle` in any of their texts, whatever its case."""
        from chatviewer.storage.messages import matching_seqs

        return matching_seqs(self.database, self.user.id, session_id, needle)

    def message_session(self, uid: str) -> tuple[SessionSummary, Message]:
        """A message and the row of its session, by any unique beginning of the message's uid. Raises NotFoundError."""
        from chatviewer.storage.messages import message_session

        return message_session(self.database, self.user.id, uid)

    # searching

    def search(self, query: Query, *, order: str = "recent", limit: int = 50, offset: int = 0) -> SearchResult:
        """The hits of a query, newest first or best first. What is wrong with the query is said in the result.

        Raises InterruptedSearchError when `interrupt` is called meanwhile, UsageError for an unknown order.
        """
        from chatviewer.storage.searching import search

        with self.database.asked() as connection:
            return search(connection, self.user.id, query, order, limit, offset)

    def search_hints(self, query: Query, *, is_found: bool, should_stop: Callable[[], bool] = bool) -> SearchHints:
        """What would find more than the query did; `is_found`: it found something. A third of a second at most, if not stopped before."""
        from chatviewer.storage.hinting import search_hints

        with self.database.asked() as connection:
            return search_hints(connection, self.user.id, query, is_found, should_stop)

    def result_facets(self, query: Query, should_stop: Callable[[], bool] = bool) -> ResultFacets | None:
        """What the query finds, counted by source, project, model and so on; None where that takes too long. Raises as `search`."""
        from chatviewer.storage.faceting import result_facets

        with self.database.asked() as connection:
            return result_facets(connection, self.user.id, query, should_stop)

    def stopping(self, should_stop: Callable[[], bool]) -> Stopping:
        """A context in which what this thread reads ends with InterruptedSearchError once `should_stop` says so: lists, too."""
        from chatviewer.storage.stopping import Stopping

        return Stopping(self.database, should_stop)

    def interrupt(self) -> None:
        """Stop the searches that other threads are in; theirs raise InterruptedSearchError."""
        self.database.interrupt()

    # importing

    def source_files(self) -> dict[str, SourceFile]:
        """What is known about the files imported so far, by path."""
        from chatviewer.storage.files import source_files

        return source_files(self.database, self.user.id)

    def imported_files(self) -> list[SourceFile]:
        """As `source_files`, without what an importer goes on with."""
        from chatviewer.storage.files import imported_files

        return imported_files(self.database, self.user.id)

    def source_file(self, path: str) -> SourceFile | None:
        """One of `source_files`; None for a file that was never imported."""
        from chatviewer.storage.files import source_file

        return source_file(self.database, self.user.id, path)

    def file_stamps(self) -> dict[str, Stamp]:
        """What tells whether a file changed since its import, by path: the cheap part of `source_files`."""
        from chatviewer.storage.stamps import file_stamps

        return file_stamps(self.database, self.user.id)

    def contents_stamp(self) -> tuple[object, ...]:
        """Another one when a program, this or another, imported, or took sessions out of the list or back."""
        from chatviewer.storage.stamps import contents_stamp

        return contents_stamp(self.database, self.user.id)

    def discovery(self) -> Discovery | None:
        """What the last look at the default places saw."""
        from chatviewer.storage.stamps import discovery

        return discovery(self.database, self.user.id)

    def remember_discovery(self, seen: Discovery) -> None:
        """Keep what a look at the default places saw."""
        from chatviewer.storage.stamps import remember_discovery

        remember_discovery(self.database, self.user.id, seen)

    def import_preferences(self) -> str:
        """The preferences that decide what is imported, as they are stored: to tell whether they changed."""
        from chatviewer.storage.stamps import import_preferences

        return import_preferences(self.database, self.user.id)

    def save(self, imports: Sequence[FileImport]) -> SaveCounts:
        """Store what files gave, in one transaction. Saving the same again changes nothing."""
        from chatviewer.storage.saving import save

        return save(self.database, self.user.id, imports)

    def beginning(self) -> Beginning | None:
        """Of how many files the newest are here, while a first import is not over, or was broken off; None else."""
        from chatviewer.storage.beginning import beginning

        return beginning(self.database, self.user.id)

    def bulk(self, begins_of: int = 0) -> AbstractContextManager[bool]:
        """Around the first import, into a library that is empty or holds a beginning: all or nothing, and much faster.

        What is saved meanwhile is that beginning where `begins_of` says of how many files; else it is all. Sessions of a beginning
        keep their ids. Gives False where it is without effect. Raises `storage.beginning.LoadLostError`.
        """
        from chatviewer.storage.bulk import bulk

        return bulk(self.database, self.user.id, begins_of)

    def mark_gone(self, paths: Collection[str]) -> None:
        """These files are not there any more; what they gave stays."""
        from chatviewer.storage.files import mark_gone

        mark_gone(self.database, self.user.id, paths)

    def mark_back(self, paths: Collection[str]) -> None:
        """These files, marked as gone, are there again."""
        from chatviewer.storage.files import mark_back

        mark_back(self.database, self.user.id, paths)

    def problems(self) -> list[Problem]:
        """What could not be stored of the files as they were last read."""
        from chatviewer.storage.files import problems

        return problems(self.database, self.user.id)

    def finish_import(self, complete: Collection[str] = ()) -> None:
        """Link sub-agents with their parents, whichever came first: once, after the last `save`. What sources that are imported
        completely now give later is new to the user."""
        from chatviewer.storage.saving import finish_import

        finish_import(self.database, self.user.id, complete)

    # care

    def statistics(self, by: str) -> list[StatisticsRow]:
        """Sums by day, model, source, project or tool. Raises UsageError for another word."""
        from chatviewer.storage.counting import statistics

        return statistics(self.database, self.user.id, by)

    def check(self) -> list[Finding]:
        """What `doctor` looks at, each as a finding; nothing is changed."""
        from chatviewer.storage.checking import check

        return check(self.database, self.user.id)

    def backup(self, path: Path) -> None:
        """Copy the whole library to a file that is not there yet, and verify the copy. Raises RefusedError and DatabaseError."""
        from chatviewer.storage.checking import backup

        backup(self.database, path)
