"""What the main screen does for the reader of a transcript: the outline of prompts, the overview of branches, what can be copied,
opening addresses and images."""

from typing import TYPE_CHECKING

from textual import on

from chatviewer.domain import safe_line
from chatviewer.tui.fetching import fetch_branches, fetch_outline
from chatviewer.tui.formatting import byte_size
from chatviewer.tui.messages import BranchesFetched, CopyText, KeyAnswered, OutlineFetched
from chatviewer.tui.opening import is_image, open_address, open_image, stored_image
from chatviewer.tui.outgoing_messages import OpenAttachment, Opened, OpenLink
from chatviewer.tui.rendering.wording import local_day
from chatviewer.tui.screens.search_actions import SearchActions

if TYPE_CHECKING:
    from chatviewer.tui.widgets.transcript import TranscriptView


class ReadingActions(SearchActions):
    """Outline, branches, the copy menu, addresses and images."""

    def prefer_folds(self, view: "TranscriptView") -> None:
        """Show tool calls and thinking as the preferences say, where the reader did not fold them otherwise."""
        from chatviewer.tui.rendering.block import Folds, Level

        thinking = Level.FULL if self.viewer.preference("show_thinking") else Level.LINE
        view.prefer(Folds(self.viewer.preference("tool_calls"), thinking))

    @on(KeyAnswered)
    def say_how(self, event: KeyAnswered) -> None:
        self.tell(event.words)

    def action_outline(self) -> None:
        if self.reader.shown is not None:
            self.fetcher.submit(fetch_outline(self.library, self.reader.shown.summary.id), key="outline")

    def action_branches(self) -> None:
        shown, view = self.reader.shown, self.reader.view
        if shown is not None and view is not None:
            layout = view.layout_of_rows
            self.fetcher.submit(fetch_branches(self.library, shown.summary.id, layout.tree, layout.stubs), key="branches")

    @on(OutlineFetched)
    def show_outline(self, event: OutlineFetched) -> None:
        from chatviewer.tui.modals.menu import MenuModal
        from chatviewer.tui.modals.outline import WIDTH, prompt_choices

        shown, view = self.reader.shown, self.reader.view
        if shown is None or view is None or shown.summary.id != event.session_id:
            return  # another session is shown by now
        layout = view.layout_of_rows
        choices = prompt_choices(event.prompts, layout.index_of, local_day(shown.summary.started_at))
        if not choices:
            self.tell("There is no prompt in this session.")
            return
        above = [choice.value for choice in choices if layout.index_of[int(choice.value)] <= view.cursor.at]
        hint = "Enter jumps · Esc stays"
        menu = MenuModal("Outline", choices, current=above[-1] if above else "", hint=hint, width=WIDTH)
        self.app.push_screen(menu, self._show_message)

    @on(BranchesFetched)
    def show_branches(self, event: BranchesFetched) -> None:
        from chatviewer.tui.modals.menu import MenuModal
        from chatviewer.tui.modals.outline import WIDTH, branch_choices

        shown, view = self.reader.shown, self.reader.view
        if shown is None or view is None or shown.summary.id != event.session_id:
            return
        if len(event.branches) < 2:
            self.tell("This session has no branches.")
            return
        layout = view.layout_of_rows
        choices = branch_choices(event.branches, event.openings, layout.index_of, local_day(shown.summary.started_at))
        above = [str(branch.seq) for branch in event.branches if layout.index_of.get(branch.seq, len(layout.path)) <= view.cursor.at]
        hint = "● shown · Enter shows the branch · Esc stays"
        menu = MenuModal("Branches", choices, current=above[-1] if above else "", hint=hint, width=WIDTH)
        self.app.push_screen(menu, self._show_message)

    def action_end_find(self) -> None:
        self.end_find()

    def action_find_previous(self) -> None:
        self.reader.find_previous()

    def action_copy_menu(self) -> None:
        from chatviewer.tui.modals.copying import copy_choices
        from chatviewer.tui.modals.menu import MenuModal
        from chatviewer.tui.rendering.copying import ids_of

        shown, view = self.reader.shown, self.reader.view
        if shown is None or view is None:
            return
        found = [*view.copyables(), *ids_of(shown.summary, self.reader.message_uid)]

        def copy(number: str | None) -> None:
            if number is not None:
                one = found[int(number)]
                self.post_message(CopyText(one.text, one.label))

        hint = "Enter copies · Esc leaves"
        self.app.push_screen(MenuModal("Copy", copy_choices(found), hint=hint, width=90), copy)

    def _show_message(self, seq: str | None) -> None:
        if seq is not None and self.reader.view is not None:
            self.reader.view.show_message(int(seq))
            self.focus_transcript()

    # Addresses and images

    @on(OpenLink)
    def open_link(self, event: OpenLink) -> None:
        """Ask with the whole address; of several, which one first."""
        from chatviewer.tui.modals.menu import Choice, MenuModal

        if len(event.urls) == 1:
            self._ask_for_address(event.urls[0])
        else:
            choices = [Choice(url, "", url) for url in event.urls]
            self.app.push_screen(MenuModal("Open which address?", choices, width=110), self._ask_for_address)

    def _ask_for_address(self, url: str | None) -> None:
        from chatviewer.tui.modals.notice import ConfirmModal

        def open_it(is_yes: bool | None) -> None:
            if is_yes and url:
                self.fetcher.submit(lambda: open_address(url))

        if url:
            self.app.push_screen(ConfirmModal("Open this address in the browser?", url), open_it)

    @on(OpenAttachment)
    def open_attachment(self, event: OpenAttachment) -> None:
        from chatviewer.tui.modals.notice import ConfirmModal
        from chatviewer.tui.picturing import can_picture, picture

        attachment = event.attachment
        if not is_image(attachment) or not attachment.sha256:
            self.tell("Of this attachment no image is stored here.")
            return
        size = f", {byte_size(attachment.byte_count)}" if attachment.byte_count is not None else ""
        words = f"{safe_line(attachment.name, 100) or 'image'} ({safe_line(attachment.media_type, 40)}{size})"

        def open_it(is_yes: bool | None) -> None:
            if is_yes:
                self.fetcher.submit(open_image(self.library, attachment))

        if can_picture():
            from chatviewer.tui.modals.image import ImageModal

            self.app.push_screen(ImageModal(words, lambda *room: picture(stored_image(self.library, attachment), *room)), open_it)
        else:
            hint = "y or Enter: yes · n or Esc: no\nWith chatviewer[images] installed, images are shown in the terminal."
            self.app.push_screen(ConfirmModal("Open this image in the system's viewer?", words, hint=hint), open_it)

    @on(Opened)
    def say_opened(self, event: Opened) -> None:
        if event.instead:
            self.post_message(CopyText(event.instead, "address, as there is no browser here"))
        else:
            self.tell(event.words, is_warning=event.is_warning, lasts=True)
