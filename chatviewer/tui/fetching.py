"""What screens ask the library for, as jobs for a background thread. Every job returns the message that carries its answer."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatviewer.domain import Hit, Message, MessageStub, MessageTree, Problem, safe_line
from chatviewer.domain.saved_search import read_searches, searches_with, write_searches
from chatviewer.errors import NotFoundError
from chatviewer.storage.library import Library
from chatviewer.tui.background import Job
from chatviewer.tui.branching import find_branches
from chatviewer.tui.import_messages import ProblemLineFetched, SourcesFetched
from chatviewer.tui.list_messages import ChildrenFetched
from chatviewer.tui.messages import (
    BranchesFetched,
    CountsFetched,
    DetailsFetched,
    MessageFetched,
    NoteFetched,
    OutlineFetched,
    PreferencesFetched,
    SummariesFetched,
    TranscriptFetched,
    TranscriptGrown,
)
from chatviewer.tui.naming import named
from chatviewer.tui.search_messages import SearchesFetched, ToolNamesFetched

if TYPE_CHECKING:
    from chatviewer.tui.reading_memory import Memories
    from chatviewer.tui.rendering.message import Child

NESTED_MESSAGES = 12  # of a sub-agent's session, shown below the call that started it


class LibraryTranscriptSource:
    """The messages of one session, for the transcript."""

    def __init__(self, library: Library, session_id: int) -> None:
        self._library = library
        self._session_id = session_id

    def messages(self, seqs: Sequence[int]) -> list[Message]:
        return self._library.messages(self._session_id, seqs)

    def child(self, uid: str) -> "Child | None":
        from chatviewer.tui.rendering.message import Child

        try:
            summary = self._library.summary(uid)
        except NotFoundError:
            return None
        tree = MessageTree((stub.seq, stub.parent_seq) for stub in self._library.stubs(summary.id))
        seqs = tree.path_through(-1)[-NESTED_MESSAGES:]
        return Child(summary.message_count, tuple(self._library.messages(summary.id, seqs)))

    def matching_seqs(self, text: str) -> list[int]:
        return self._library.matching_seqs(self._session_id, text)


def fetch_summaries(library: Library, ids: Sequence[int]) -> Job:
    """The rows of these sessions."""
    return lambda: SummariesFetched(named(library, library.summaries(ids)))


def fetch_children(library: Library, session_id: int) -> Job:
    """The sub-agents of a session."""
    return lambda: ChildrenFetched(session_id, named(library, library.children(session_id)))


def fetch_counts(library: Library) -> Job:
    """What the library pane shows."""
    return lambda: CountsFetched(library.counts())


def fetch_tool_names(library: Library) -> Job:
    """For the completion of `tool:`."""
    return lambda: ToolNamesFetched({row.key: row.sessions for row in library.statistics("tool") if row.key})


def fetch_searches(library: Library) -> Job:
    """The saved searches."""
    return lambda: SearchesFetched(library.preference("saved_searches"))


def save_search(library: Library, name: str, query: str) -> Job:
    """Keep a query under a name; an empty name forgets it."""

    def job() -> SearchesFetched:
        searches = searches_with(read_searches(library.preference("saved_searches")), name, query)
        library.set_preference("saved_searches", write_searches(searches))
        words = f"Saved as {safe_line(name, 40)}" if name.strip() else "The search is no longer saved"
        return SearchesFetched(library.preference("saved_searches"), words)

    return job


def fetch_preferences(library: Library) -> Job:
    """All preferences as they are stored."""
    return lambda: PreferencesFetched(library.preferences())


def set_preference(library: Library, key: str, value: object) -> Job:
    """Change one preference, and tell all of them."""

    def job() -> PreferencesFetched:
        library.set_preference(key, value)
        return PreferencesFetched(library.preferences())

    return job


def change_searches(library: Library, change: Callable[[dict[str, str]], dict[str, str]], words: str) -> Job:
    """Change the saved searches; `words` say what was done."""

    def job() -> SearchesFetched | None:
        before = read_searches(library.preference("saved_searches"))
        after = change(before)
        if list(after.items()) == list(before.items()):
            return None
        library.set_preference("saved_searches", write_searches(after))
        return SearchesFetched(library.preference("saved_searches"), words)

    return job


def fetch_transcript(library: Library, session_id: int, *, hit: Hit | None, words: tuple[str, ...], is_opened: bool) -> Job:
    """The layout of a session, to be shown from the hit on."""

    def job() -> TranscriptFetched | None:
        summaries = named(library, library.summaries([session_id]))
        if not summaries:
            return None  # purged meanwhile
        at_seq = hit.seq if hit is not None and hit.message_uid is not None else None
        return TranscriptFetched(summaries[0], library.stubs(session_id), at_seq, words, is_opened, library.current_seq(session_id))

    return job


def fetch_transcript_by_uid(library: Library, uid: str, *, at_seq: int | None, words: tuple[str, ...], is_opened: bool = True) -> Job:
    """As `fetch_transcript`, for a session named by its uid: a sub-agent, or the parent of one. Raises NotFoundError in the job."""

    def job() -> TranscriptFetched:
        summary = library.summary(uid)
        return TranscriptFetched(
            named(library, [summary])[0], library.stubs(summary.id), at_seq, words, is_opened, library.current_seq(summary.id)
        )

    return job


def save_reading(memories: "Memories") -> Job:
    """How the sessions were left, for the next start."""

    def job() -> None:
        from chatviewer.tui import reading_memory

        reading_memory.save(memories)

    return job


def fetch_outline(library: Library, session_id: int) -> Job:
    """The prompts of a session."""
    return lambda: OutlineFetched(session_id, library.openings(session_id))


def fetch_branches(library: Library, session_id: int, tree: MessageTree, stubs: dict[int, MessageStub]) -> Job:
    """The branches of a session and how they begin."""

    def job() -> BranchesFetched:
        branches = find_branches(tree, stubs)
        openings = library.openings(session_id, [branch.shown_seq for branch in branches])
        return BranchesFetched(session_id, branches, {opening.seq: opening for opening in openings})

    return job


def fetch_growth(
    library: Library, session_id: int, known: Sequence[MessageStub], message_uid: str | None, held: Sequence[Message] = ()
) -> Job:
    """What was added to a session since `known` was fetched; nothing if it is as it was. `message_uid`: where the reader is.

    `held`: messages that may have been rated or given a note since they were read.
    """

    def job() -> TranscriptGrown | None:
        summaries = named(library, library.summaries([session_id]))
        stubs = library.stubs(session_id) if summaries else []
        if not summaries or (stubs == list(known) and not held):
            return None
        if any(old[:3] != new[:3] for old, new in zip(known, stubs, strict=False)) or len(stubs) < len(known):
            return TranscriptGrown(summaries[0], stubs, [], at_seq=_place(library, session_id, message_uid))
        before = {message.seq: message for message in held}
        looked_at = sorted({new.seq for old, new in zip(known, stubs, strict=False) if old != new} | before.keys())
        messages = library.messages(session_id, looked_at) if looked_at else []
        return TranscriptGrown(summaries[0], stubs, [message for message in messages if message != before.get(message.seq)])

    return job


def _place(library: Library, session_id: int, message_uid: str | None) -> int:
    """Where a message stands in a session now; at its beginning, where it is another session's."""
    try:
        summary, message = library.message_session(message_uid or "")
    except NotFoundError:
        return 0
    return message.seq if summary.id == session_id else 0


def fetch_message(library: Library, uid: str) -> Job:
    """One message as it is stored now."""
    return lambda: MessageFetched(library.message_session(uid)[1])


def fetch_session_note(library: Library, uid: str) -> Job:
    """The note on a session, for editing."""

    def job() -> NoteFetched:
        session = library.session(uid)
        return NoteFetched(session.uid, session.note or "", f"Note on {safe_line(session.title, 60) or 'this session'}", None)

    return job


def fetch_message_note(library: Library, uid: str) -> Job:
    """The note on a message, for editing."""

    def job() -> NoteFetched:
        _, message = library.message_session(uid)
        return NoteFetched(uid, message.note or "", "Note on this message", uid)

    return job


def fetch_details(library: Library, session_id: int) -> Job:
    """All that is known about a session beside its messages."""

    def job() -> DetailsFetched | None:
        summaries = named(library, library.summaries([session_id]))
        if not summaries:
            return None
        from chatviewer.tui.rendering.touched import touched_files

        summary = summaries[0]
        touched = touched_files(library.call_arguments(session_id)) if summary.tool_call_count else []
        return DetailsFetched(summary, library.session(summary.uid), library.files(session_id), library.children(session_id), touched)

    return job


def fetch_problem_line(problem: Problem) -> Job:
    """The record that could not be read, as it stands in its file now."""

    def job() -> ProblemLineFetched:
        from chatviewer.ingest.showing import FoundLine, line_of

        try:
            found = line_of(problem.path, problem.line)
        except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
            found = FoundLine("", 0, f"The file cannot be read any more: {getattr(error, 'strerror', None) or error}")
        return ProblemLineFetched(problem, found)

    return job


def fetch_sources(library: Library) -> Job:
    """Which sources there are on this machine."""

    def job() -> SourcesFetched:
        from chatviewer import ingest

        return SourcesFetched(ingest.sources(library), library.problems(), library.left_changes() if library.is_empty else 0)

    return job
