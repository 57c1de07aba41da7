"""What the user can do to sessions and replies from the main screen. Everything runs in the change thread; all but a purge, and
marks of what is read, can be undone."""

from collections.abc import Callable, Sequence
from functools import partial

from textual import on

from chatviewer.domain import SessionStatus, safe_line
from chatviewer.tui import organising
from chatviewer.tui.background import Job
from chatviewer.tui.fetching import fetch_message_note, fetch_session_note
from chatviewer.tui.formatting import counted, full_count
from chatviewer.tui.messages import NoteFetched, RateReply
from chatviewer.tui.naming import StandIn
from chatviewer.tui.screens.viewer_screen import ViewerScreen
from chatviewer.tui.tagging import tag_changes, typed_form

NO_SESSION = "There is no session here to do that with."
NAMED = 3  # titles in the question before something is deleted for ever


class OrganisingActions(ViewerScreen):
    """Archive, trash, purge, star, tag, note, rename, rate, undo, redo."""

    def _chosen(self) -> list[int]:
        """What an action works on: in the transcript the session that is shown, else what the list has chosen."""
        if self.reader.has_focus and self.reader.shown is not None:
            return [self.reader.shown.summary.id]
        return self.session_list.chosen_ids

    def _change(self, make_job: Callable[[Sequence[int]], Job], *, clears_marks: bool = False) -> None:
        ids = self._chosen()
        if not ids:
            self.tell(NO_SESSION)
            return
        self.changes.submit(make_job(ids))
        if clears_marks and not self.reader.has_focus:
            self.session_list.clear_marks()

    def action_archive(self) -> None:
        self._change(lambda ids: organising.toggle_status(self.library, ids, SessionStatus.ARCHIVED), clears_marks=True)

    def action_trash(self) -> None:
        self._change(lambda ids: organising.toggle_status(self.library, ids, SessionStatus.TRASHED), clears_marks=True)

    def action_star(self) -> None:
        self._change(lambda ids: organising.toggle_star(self.library, ids))

    def action_mark_read(self) -> None:
        self._change(lambda ids: organising.toggle_read(self.library, ids))

    def action_undo(self) -> None:
        self.changes.submit(organising.undo(self.library))

    def action_redo(self) -> None:
        self.changes.submit(organising.redo(self.library))

    def action_purge(self) -> None:
        from chatviewer.tui.modals.prompt import PromptModal

        ids = self._chosen()
        if not ids:
            self.tell(NO_SESSION)
            return
        count = str(len(ids))

        def problem(typed: str) -> str:
            return "" if typed.strip() == count else f"That is not {count}. Esc keeps everything."

        def purge(typed: str | None) -> None:
            if typed is not None:
                self.session_list.clear_marks()
                self.changes.submit(organising.purge(self.library, ids))

        explanation = (
            f"{self._named(ids)}"
            f"{counted(len(ids), 'session')} with all messages, sub-agents, ratings, tags and notes would be deleted from chatviewer"
            " for ever, without undo. The files that they came from are not touched; they will not be imported again."
        )
        prompt = PromptModal(
            "Delete for ever",
            explanation=explanation,
            placeholder=f"Type {count} to confirm",
            hint=f"Type {count} and Enter to delete · Esc keeps everything",
            problem=problem,
        )
        self.app.push_screen(prompt, purge)

    def _named(self, ids: Sequence[int]) -> str:
        """The first titles, each on its line, so that it can be seen what would go."""
        shown = self.reader.shown.summary if self.reader.has_focus and self.reader.shown is not None else None
        titles = [shown.title] if shown is not None else self.session_list.titles_of(ids[:NAMED])
        lines = [f"· {safe_line(title, 60) or 'Untitled'}\n" for title in titles]
        more = f"… and {full_count(len(ids) - len(titles))} more\n" if titles and len(ids) > len(titles) else ""
        return "".join([*lines, more])

    def action_tag(self) -> None:
        from chatviewer.tui.modals.prompt import PromptModal

        ids = self._chosen()
        if not ids:
            self.tell(NO_SESSION)
            return
        summary = self.session_list.summary_of(ids[0]) if len(ids) == 1 else None
        before = summary.tags if summary is not None else ()

        def change(typed: str | None) -> None:
            if typed is None:
                return
            added, removed = tag_changes(typed, before)
            if added or removed:
                self.changes.submit(organising.change_tags(self.library, ids, added, removed))

        title = "Tags" if len(ids) == 1 else f"Tag {counted(len(ids), 'session')}"
        known = [typed_form(tag) for tag in self.counts.tags] if self.counts is not None else []
        prompt = PromptModal(
            title,
            value="".join(f"{typed_form(tag)} " for tag in before),
            placeholder='release "two words" -old',
            hint="-word takes one away · → completes · Enter saves · Esc leaves",
            suggestions=known,
        )
        self.app.push_screen(prompt, change)

    def action_rename(self) -> None:
        from chatviewer.tui.modals.prompt import PromptModal

        summary = self.session_list.cursor_summary
        if summary is None:
            self.tell(NO_SESSION)
            return
        title = "" if isinstance(summary.title, StandIn) else summary.title

        def change(typed: str | None) -> None:
            if typed is not None and typed.strip() != title:
                self.changes.submit(organising.rename(self.library, summary.id, typed.strip()))

        hint = "Enter saves · empty gives the source's title back · Esc leaves"
        self.app.push_screen(PromptModal("Title", value=title, hint=hint), change)

    def action_note(self) -> None:
        """On the session; in the transcript on the message under the cursor, or the match before, while a find is on."""
        if self.reader.has_focus:
            if self.reader.is_finding:
                self.reader.find_previous()
            elif self.reader.message_uid is not None:
                self.fetcher.submit(fetch_message_note(self.library, self.reader.message_uid), key="note")
            return
        summary = self.session_list.cursor_summary
        if summary is None:
            self.tell(NO_SESSION)
        else:
            self.fetcher.submit(fetch_session_note(self.library, summary.uid), key="note")

    @on(NoteFetched)
    def edit_note(self, event: NoteFetched) -> None:
        from chatviewer.tui.modals.note import NoteModal

        self.app.push_screen(NoteModal(event.label, event.text), partial(self._save_note, event))

    def _save_note(self, event: NoteFetched, text: str | None) -> None:
        if text is not None and text != event.text:
            self.changes.submit(organising.set_note(self.library, event.uid, text, message_uid=event.message_uid))

    @on(RateReply)
    def rate(self, event: RateReply) -> None:
        self.changes.submit(organising.rate(self.library, event.uid, event.value))
