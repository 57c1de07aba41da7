"""What the reading pane shows: a preview that follows the list, or the session that the user went into, and the way back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer
from textual.widget import Widget

from chatviewer.domain import Hit, SessionSummary
from chatviewer.storage.library import Library
from chatviewer.tui.background import JobThread
from chatviewer.tui.fetching import LibraryTranscriptSource, fetch_growth, fetch_transcript, fetch_transcript_by_uid, save_reading
from chatviewer.tui.messages import KeyAnswered, SessionRead, TranscriptFetched, TranscriptGrown

if TYPE_CHECKING:
    from chatviewer.tui.widgets.transcript import TranscriptView

PREVIEW_DELAY_SECONDS = 0.12
READ_SECONDS = 1.5  # a session that is open for so long is read


class Shown(NamedTuple):
    """A session, the message that it was opened at, and the words that are lit."""

    session_id: int
    at_seq: int | None
    words: tuple[str, ...] = ()


def _wanted(session_id: int, hit: Hit | None, words: tuple[str, ...]) -> Shown:
    if hit is None or hit.message_uid is None:
        return Shown(session_id, None)
    return Shown(session_id, hit.seq, words)


class Reader:
    """Fetches transcripts for the view. The preview waits until the cursor of the list rests, so it never delays it."""

    def __init__(self, library: Library, fetcher: JobThread, screen: Widget) -> None:
        self._library = library
        self._fetcher = fetcher
        self._screen = screen
        self.view: TranscriptView | None = None  # mounted after the first frame
        self.message_uid: str | None = None  # of the message under the cursor
        self.position = ""  # where among the others that is, in words
        self.is_finding = False
        self._is_opening = False  # what is fetched is to be gone into
        self._timer: Timer | None = None
        self._moment: Timer | None = None  # at its end what is open counts as read
        self._wanted: Shown | None = None
        self.shown: TranscriptFetched | None = None
        self._trail: list[str] = []  # uids of the sessions behind the one that is shown

    @property
    def is_waiting(self) -> bool:
        """Whether a preview is due."""
        return self._timer is not None

    @property
    def is_opening(self) -> bool:
        """Whether a session is being fetched to be gone into, or there is nothing yet to show one in."""
        return self.view is None or (self._is_opening and self._fetcher.is_doing("transcript"))

    @property
    def is_waiting_for_page(self) -> bool:
        """Whether what the screen is to show of the session is still being read."""
        return self.view is not None and self.view.is_waiting

    def preview(self, session_id: int | None, hit: Hit | None, words: tuple[str, ...]) -> None:
        """Show this session soon, unless the cursor moves on."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if session_id is None:
            self.clear()
            return
        wanted = _wanted(session_id, hit, words)
        if wanted == self._wanted:
            return
        if self._shows(wanted) and self.view is not None and wanted.at_seq is not None:
            self._wanted = wanted
            self.view.show_match(wanted.at_seq, words)
            return
        self._timer = self._screen.set_timer(PREVIEW_DELAY_SECONDS, lambda: self._fetch(wanted, hit, words, is_opened=False))

    def _shows(self, wanted: Shown) -> bool:
        """Whether this message is shown already, be it with other words lit."""
        shown, before = self.shown, self._wanted
        if shown is None or before is None or (shown.summary.id, shown.at_seq) != (wanted.session_id, wanted.at_seq):
            return False
        return before._replace(words=wanted.words) == wanted

    def open(self, session_id: int, hit: Hit | None, words: tuple[str, ...]) -> bool:
        """Go into a session. True when it is shown already and needs no fetching."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._trail.clear()
        wanted = _wanted(session_id, hit, words)
        if self.shown is not None and self._wanted == wanted and self.shown.summary.id == session_id:
            return True
        self._fetch(wanted, hit, words, is_opened=True)
        return False

    def open_uid(self, uid: str, at_seq: int | None, words: tuple[str, ...]) -> None:
        """Go into a session that the transcript names; `back` returns."""
        if self.shown is not None:
            self._trail.append(self.shown.summary.uid)
        self._wanted, self._is_opening = None, True
        self._fetcher.submit(fetch_transcript_by_uid(self._library, uid, at_seq=at_seq, words=words), key="transcript")

    def back(self) -> bool:
        """To the session that this one was opened from; whether there is one."""
        if not self._trail:
            return False
        self._wanted, self._is_opening = None, True
        self._fetcher.submit(fetch_transcript_by_uid(self._library, self._trail.pop(), at_seq=None, words=()), key="transcript")
        return True

    def reload(self) -> None:
        """What the session holds may have been rated or renamed: show it as it is stored now. The reader is not moved."""
        if self.shown is not None:
            held = self.view.layout_of_rows.held() if self.view is not None else ()
            job = fetch_growth(self._library, self.shown.summary.id, self.shown.stubs, self.message_uid, held)
            self._fetcher.submit(job, key="growth")

    def take_summaries(self, summaries: Sequence[SessionSummary]) -> bool:
        """Take the session that is shown from these, as it is stored now; whether it is among them."""
        for summary in summaries:
            if self.shown is not None and summary.id == self.shown.summary.id:
                self.shown.summary = summary
                return True
        return False

    def grow(self) -> None:
        """After an import: the session that is shown may have more messages. The reader is not moved."""
        if self.shown is not None:
            self._fetcher.submit(fetch_growth(self._library, self.shown.summary.id, self.shown.stubs, self.message_uid), key="growth")

    def take_growth(self, grown: TranscriptGrown) -> None:
        """Show what was added."""
        shown = self.shown
        if shown is None or shown.summary.id != grown.summary.id:
            return
        if grown.at_seq is not None:
            self.take(TranscriptFetched(grown.summary, grown.stubs, grown.at_seq, (), is_opened=False))
            return
        more = grown.stubs[len(shown.stubs) :]
        shown.summary, shown.stubs = grown.summary, grown.stubs
        if self.view is not None:
            if more:
                self.view.append(more)
            for message in grown.changed:
                self.view.refresh_message(message)
        self.begin_to_read()

    def begin_to_read(self) -> None:
        """From now on the time counts after which the session that is open is read. One that is only a preview never is: it passes by,
        and what lies under the cursor all day is not read all day."""
        if self._moment is not None:
            self._moment.stop()
            self._moment = None
        if self.has_focus and self.shown is not None and self.shown.summary.unread_count:
            self._moment = self._screen.set_timer(READ_SECONDS, self._end_moment)

    def _end_moment(self) -> None:
        self._moment = None
        if self.has_focus and self.shown is not None and self._screen.app.app_focus:  # the window may have been left
            self._screen.post_message(SessionRead(self.shown.summary.id, len(self.shown.stubs)))

    def _fetch(self, wanted: Shown, hit: Hit | None, words: tuple[str, ...], *, is_opened: bool) -> None:
        self._timer = None
        self._wanted, self._is_opening = wanted, is_opened
        job = fetch_transcript(self._library, wanted.session_id, hit=hit, words=words, is_opened=is_opened)
        self._fetcher.submit(job, key="transcript")

    def attach(self, view: "TranscriptView") -> None:
        """From now on transcripts are shown in this view; at once, when one is here already."""
        from chatviewer.tui import reading_memory

        self.view = view
        view.recall(reading_memory.load())
        if self.shown is not None:
            self.take(self.shown)

    def take(self, fetched: TranscriptFetched) -> None:
        """Show what was fetched."""
        self.shown = fetched
        self.is_finding = False
        if self.view is not None:
            if (memories := self.view.remember()) is not None:
                self._fetcher.submit(save_reading(memories), key="reading")
            source = LibraryTranscriptSource(self._library, fetched.summary.id)
            self.view.show(
                fetched.summary,
                fetched.stubs,
                source,
                at_seq=fetched.at_seq,
                words=fetched.words,
                current_seq=fetched.current_seq,
            )
        self.begin_to_read()

    def leave(self, changes: JobThread) -> None:
        """The viewer ends: keep how everything was left."""
        if self.view is not None and (memories := self.view.remember()) is not None:
            changes.submit(save_reading(memories))

    def clear(self) -> None:
        """Show nothing."""
        is_clear = self.shown is None and self.view is not None and self.view.session is None
        self._wanted = None
        self.shown = None
        self.point_to(None, "")
        self.is_finding = False
        if self.view is not None and not is_clear:
            self.view.clear()

    def point_to(self, message_uid: str | None, position: str) -> None:
        """The message under the cursor is another one."""
        self.message_uid, self.position = message_uid, position

    @property
    def has_focus(self) -> bool:
        return self.view is not None and self.view.has_focus

    def find(self, text: str) -> None:
        """Light up and go to what was typed; "" ends finding."""
        self.is_finding = bool(text)
        if self.view is not None:
            self.view.find(text)

    def keep_place(self) -> None:
        """From here on the reader is where the match is."""
        if self.view is not None:
            self.view.keep_place()

    def copy(self) -> None:
        """The message under the cursor to the clipboard."""
        if self.view is not None:
            self.view.action_copy()

    def find_next(self) -> None:
        """The next match; without a find, that of the first word that was searched for."""
        if not self.is_finding and self.shown is not None and self.shown.words:
            self.find(self.shown.words[0])
        elif self.is_finding and self.view is not None:
            self.view.find_next()
        else:
            self._screen.post_message(KeyAnswered("Nothing is looked for here · / finds"))

    def find_previous(self) -> None:
        if self.view is not None:
            self.view.find_previous()
