"""What the main screen can open and change about itself: menus, panes, other screens, the clipboard."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from chatviewer.domain import safe
from chatviewer.tui.clipboard import is_too_long
from chatviewer.tui.fetching import fetch_children, fetch_details, set_preference
from chatviewer.tui.formatting import counted
from chatviewer.tui.list_messages import AgentsClicked, ChildrenFetched
from chatviewer.tui.messages import CopyText, DetailsFetched, EmptyListChosen, PreferencesFetched, WorkFailed
from chatviewer.tui.screens.organising_actions import NO_SESSION
from chatviewer.tui.screens.pane_actions import NARROW
from chatviewer.tui.screens.reading_actions import ReadingActions
from chatviewer.tui.titles import put_title


class WindowActions(ReadingActions):
    """Filter, sort, details, copy, preview, zoom, preferences, import, help."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "help", "Help", show=False)]  # for the boxes, in which ? is text

    _unreadable = ""  # why the last session could not be shown

    def action_filter(self) -> None:
        from chatviewer.tui.modals.filtering import filter_choices, with_filter
        from chatviewer.tui.modals.menu import MenuModal

        def apply(term: str | None) -> None:
            if term is not None:
                self.search_for(with_filter(self.listing.text, term))
                self.focus_list()

        text = self.listing.text.strip()
        self.app.push_screen(MenuModal("Filter", filter_choices(self.counts, text, self.saved_searches), current=text), apply)

    def action_clear_filter(self) -> None:
        self.search_for("")

    def action_show_archived(self) -> None:
        from chatviewer.query.editing import toggled

        text = self.listing.text
        self.search_for(toggled(text, "is:any" if self.listing.is_search else "is:archived").strip())
        self.focus_list()

    def action_sort(self) -> None:
        from chatviewer.tui.modals.menu import MenuModal
        from chatviewer.tui.modals.sorting import chosen_group, chosen_sort, current_sort, sort_choices

        def apply(value: str | None) -> None:
            if value is None:
                return
            if (group := chosen_group(value)) is not None:
                self.listing.group_by(group)
                self.changes.submit(set_preference(self.library, "list_groups", group))
            elif (sort := chosen_sort(value)) is not None:
                self.listing.sort_by(sort)

        title = "Sort" if self.listing.is_search else "Sort and group"
        choices = sort_choices(self.listing, is_brief=self.app.size.width < NARROW)
        self.app.push_screen(MenuModal(title, choices, current=current_sort(self.listing)), apply)

    @on(AgentsClicked)
    def action_toggle_agents(self) -> None:
        """Show or hide the sub-agents of the session under the cursor, below it."""
        if not self.session_list.can_fold:
            self.tell("There are no sub-agents to unfold here.")
        elif (session_id := self.session_list.toggle_agents()) is not None:
            self.fetcher.submit(fetch_children(self.library, session_id), key=f"children-{session_id}")

    @on(ChildrenFetched)
    def show_children(self, event: ChildrenFetched) -> None:
        self.session_list.put_children(event.session_id, event.children)

    @on(PreferencesFetched)
    def use_preferences(self, event: PreferencesFetched) -> None:
        self.viewer.apply_preferences(dict(event.values))

    def action_details(self) -> None:
        session_id = self.reader.shown.summary.id if self.reader.has_focus and self.reader.shown else self.session_list.cursor_id
        if session_id is None:
            self.tell(NO_SESSION)
        else:
            self.fetcher.submit(fetch_details(self.library, session_id), key="details")

    @on(DetailsFetched)
    def show_details(self, event: DetailsFetched) -> None:
        from chatviewer.tui.modals.details import details_text
        from chatviewer.tui.modals.notice import NoticeModal, text_width

        self.app.push_screen(NoticeModal("Details", details_text(event, text_width(self.app.size.width))))

    def action_copy(self) -> None:
        """In the transcript the message under the cursor, in the list the session's id."""
        if self.reader.has_focus:
            self.reader.copy()
        elif (summary := self.session_list.cursor_summary) is not None:
            self.copy(CopyText(summary.uid, "session id"))
        else:
            self.tell(NO_SESSION)

    @on(CopyText)
    def copy(self, event: CopyText) -> None:
        text = safe(event.text)
        if is_too_long(text):
            path = self.viewer.keep_copy(text)
            if path is None:
                self.tell(f"The {event.label} is too long for the clipboard of a terminal.", is_warning=True)
            else:
                self.tell(f"Too long for the clipboard of a terminal: the {event.label} is in {path}", lasts=True)
            return
        self.viewer.write_clipboard(text)
        self.tell(f"Copied the {event.label} · {counted(len(text), 'character')}", lasts=True)

    def action_preferences(self) -> None:
        from chatviewer.tui.screens.preferences import PreferencesScreen

        self.app.push_screen(PreferencesScreen(self.library))

    def action_show_import(self) -> None:
        from chatviewer.tui.screens.importing import ImportScreen

        self.app.push_screen(ImportScreen(self.library))

    def action_import_chats(self) -> None:
        if self.listing.failure:
            self.listing.refresh()
        self.viewer.start_import()

    @on(EmptyListChosen)
    def do_what_the_welcome_offers(self) -> None:
        """The first key that newcomers press is Enter."""
        if self.has_class("-first-start"):
            self.action_import_chats()

    @on(WorkFailed)
    def show_failure(self, event: WorkFailed) -> None:
        """Where something is missing for it, say so there; else in the bottom line, or before everything where that is too short."""
        event.stop()  # to the App it would be the failure of an import
        is_seen = self.listing.take_failure(event.generation, event.sentence)
        if is_seen:
            self.describe_list()
            self.advise()
        elif event.key == "transcript":
            self.reader.clear()
            put_title(self.query_one("#reading"), "This session cannot be read")
        from chatviewer.tui.modals.notice import NoticeModal

        is_known = event.key == "transcript" and event.sentence == self._unreadable  # else at every step of the cursor
        if event.key == "transcript":
            self._unreadable = event.sentence
        if is_seen or is_known or event.sentence == self.listing.failure or len(event.sentence) < self.app.size.width - 4:
            self.tell(event.sentence, is_warning=True)
        elif not any(isinstance(screen, NoticeModal) for screen in self.app.screen_stack):  # one at a time
            self.app.push_screen(NoticeModal("That did not work", event.sentence, is_error=True))

    def action_help(self) -> None:
        from chatviewer.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.pane))
