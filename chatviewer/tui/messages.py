"""What widgets, screens and workers tell each other. Facts are named in the past tense, intents as verbs.

Widgets post, screens handle: no widget holds the library, no worker touches a widget.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from chatviewer.domain import (
        Hit,
        LibraryCounts,
        MessageOpening,
        MessageStub,
        SearchResult,
        Session,
        SessionSummary,
        SourceFile,
    )
    from chatviewer.domain import Message as ChatMessage
    from chatviewer.tui.branching import Branch
    from chatviewer.tui.rendering.touched import TouchedFile


class OpenSession(Message):
    """Intent: show this session, at a message if one is named, with the words lit."""

    def __init__(self, uid: str, *, at_seq: int | None = None, words: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.uid = uid
        self.at_seq = at_seq
        self.words = words


class RateReply(Message):
    """Intent: give the message 1 to 5 stars; None takes them away."""

    def __init__(self, uid: str, value: int | None) -> None:
        super().__init__()
        self.uid = uid
        self.value = value


class CopyText(Message):
    """Intent: put the text on the clipboard. `text` is the source as it was stored; `label` says in words what it is ("reply")."""

    def __init__(self, text: str, label: str) -> None:
        super().__init__()
        self.text = text
        self.label = label


class AskFind(Message):
    """Intent: ask the user what to look for in the transcript that is shown, then call its `find`."""


class MessageHighlighted(Message):
    """Fact: the cursor of the transcript stands on another message. `position` counts from 1 along the branch that is shown."""

    def __init__(self, seq: int, position: int, total: int, uid: str | None) -> None:
        super().__init__()
        self.seq = seq
        self.position = position
        self.total = total
        self.uid = uid  # None while the message is not loaded yet


class FindProgressed(Message):
    """Fact: where finding in the transcript stands. `current` counts from 1, 0 for none; more may come until `is_complete`.
    `elsewhere` counts the messages of other branches that hold the text."""

    def __init__(self, text: str, current: int, total: int, is_complete: bool, elsewhere: int = 0) -> None:
        super().__init__()
        self.elsewhere = elsewhere
        self.text = text
        self.current = current
        self.total = total
        self.is_complete = is_complete


class BranchSwitched(Message):
    """Fact: the transcript shows another branch: `seqs` from its root to its leaf."""

    def __init__(self, seqs: tuple[int, ...]) -> None:
        super().__init__()
        self.seqs = seqs


class KeyAnswered(Message):
    """Fact: a key of the transcript did something that is not plain to see, or could do nothing; `words` say what or why."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class SessionHighlighted(Message):
    """Fact: the cursor of the list stands on another row, or its row has come. `session_id` is None in an empty list."""

    def __init__(self, session_id: int | None, position: int, total: int) -> None:
        super().__init__()
        self.session_id = session_id
        self.position = position  # from 0
        self.total = total


class SessionChosen(Message):
    """Intent: go into this session; at the hit, when it was chosen from search results."""

    def __init__(self, session_id: int, hit: "Hit | None") -> None:
        super().__init__()
        self.session_id = session_id
        self.hit = hit


class EmptyListChosen(Message):
    """Intent: do what a list without sessions offers, if anything."""


class SummariesNeeded(Message):
    """Intent: the list is about to show these sessions and has not got them."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__()
        self.ids = ids


class MarksChanged(Message):
    """Fact: so many sessions are marked now."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class ListScrolledToEnd(Message):
    """Fact: the cursor came near the end of the list; more results may be wanted."""


class FilterBy(Message):
    """Intent: show the sessions that this query finds."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class SearchTyped(Message):
    """Fact: the text of the search box is now this."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class HitsReady(Message):
    """Fact: what a search found, from `offset` on. `words` are those to light up in the transcript."""

    def __init__(self, generation: int, offset: int, result: "SearchResult", words: tuple[str, ...]) -> None:
        super().__init__()
        self.generation = generation
        self.offset = offset
        self.result = result
        self.words = words


class SummariesFetched(Message):
    """Fact: the answer to `SummariesNeeded`."""

    def __init__(self, summaries: "Sequence[SessionSummary]") -> None:
        super().__init__()
        self.summaries = summaries


class SessionRead(Message):
    """Fact: so many messages of the session that is open were before the reader for a moment."""

    def __init__(self, session_id: int, message_count: int) -> None:
        super().__init__()
        self.session_id = session_id
        self.message_count = message_count


class ReadMarksChanged(Message):
    """Fact: what was new of these sessions is read now."""

    def __init__(self, summaries: "Sequence[SessionSummary]") -> None:
        super().__init__()
        self.summaries = summaries


class TranscriptGrown(Message):
    """Fact: the session that is shown has new messages, or some of its last ones are others now.

    With `at_seq` it is another one now, as after an import that found the session it goes on from: shown anew, at that message.
    """

    def __init__(
        self, summary: "SessionSummary", stubs: "list[MessageStub]", changed: "list[ChatMessage]", at_seq: int | None = None
    ) -> None:
        super().__init__()
        self.at_seq = at_seq
        self.summary = summary
        self.stubs = stubs  # all of the session
        self.changed = changed


class TranscriptFetched(Message):
    """Fact: a session's layout is here. `is_opened`: the user went into it; else it is a preview."""

    def __init__(
        self,
        summary: "SessionSummary",
        stubs: "list[MessageStub]",
        at_seq: int | None,
        words: tuple[str, ...],
        is_opened: bool,
        current_seq: int | None = None,
    ) -> None:
        super().__init__()
        self.summary = summary
        self.stubs = stubs
        self.at_seq = at_seq
        self.words = words
        self.is_opened = is_opened
        self.current_seq = current_seq


class OutlineFetched(Message):
    """Fact: how the prompts of a session begin."""

    def __init__(self, session_id: int, prompts: "Sequence[MessageOpening]") -> None:
        super().__init__()
        self.session_id = session_id
        self.prompts = prompts


class BranchesFetched(Message):
    """Fact: the branches of a session, and how each begins."""

    def __init__(self, session_id: int, branches: "Sequence[Branch]", openings: "Mapping[int, MessageOpening]") -> None:
        super().__init__()
        self.session_id = session_id
        self.branches = branches
        self.openings = openings


class CountsFetched(Message):
    """Fact: how much there is of what."""

    def __init__(self, counts: "LibraryCounts") -> None:
        super().__init__()
        self.counts = counts


class MessageFetched(Message):
    """Fact: one message as it is stored now."""

    def __init__(self, message: "ChatMessage") -> None:
        super().__init__()
        self.message = message


class NoteFetched(Message):
    """Fact: a note is here to be edited. `message_uid` is None for a note on a session."""

    def __init__(self, uid: str, text: str, label: str, message_uid: str | None) -> None:
        super().__init__()
        self.uid = uid
        self.text = text
        self.label = label
        self.message_uid = message_uid


class DetailsFetched(Message):
    """Fact: all that is known about a session beside its messages."""

    def __init__(
        self,
        summary: "SessionSummary",
        session: "Session",
        files: "Sequence[SourceFile]",
        children: "Sequence[SessionSummary]",
        touched: "Sequence[TouchedFile]" = (),
    ) -> None:
        super().__init__()
        self.touched = touched
        self.summary = summary
        self.session = session
        self.files = files
        self.children = children


class PreferencesFetched(Message, bubble=False):
    """Fact: the values of all preferences; and the step of history that brought them, if one did."""

    def __init__(self, values: Mapping[str, Any], step: "LibraryChanged | None" = None) -> None:
        super().__init__()
        self.values = values
        self.step = step


class LibraryChanged(Message):
    """Fact: something the user said is stored. `words` say what was done, `about` is the title in them; `message_uid` names the message
    whose rating or note it was; `moves_sessions` when sessions leave the list or come back; `is_step_of_history` after undo and redo, when
    anything may be other."""

    def __init__(
        self,
        words: str,
        *,
        can_undo: bool = True,
        message_uid: str | None = None,
        moves_sessions: bool = False,
        is_step_of_history: bool = False,
        hint: str = "",
        about: str = "",
    ) -> None:
        super().__init__()
        self.about = about
        self.hint = hint  # what else could be done now
        self.is_step_of_history = is_step_of_history
        self.moves_sessions = moves_sessions
        self.words = words
        self.can_undo = can_undo
        self.message_uid = message_uid


class WorkFailed(Message):
    """Fact: a job in the background did not succeed; `sentence` is fit for a person.

    `generation` is that of a search's request, `key` that under which another job was submitted.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence
        self.generation: int | None = None
        self.key = ""
