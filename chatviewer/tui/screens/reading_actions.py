"""What the main screen does for the reader of a transcript: the outline of prompts, the overview of branches."""

from textual import on

from chatviewer.tui.fetching import fetch_branches, fetch_outline
from chatviewer.tui.messages import BranchesFetched, OutlineFetched
from chatviewer.tui.rendering.wording import local_day
from chatviewer.tui.screens.pane_actions import PaneActions


class ReadingActions(PaneActions):
    """Outline, branches."""

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
        hint = "Type to narrow down · Enter jumps · Esc stays"
        menu = MenuModal("Prompts", choices, current=above[-1] if above else "", hint=hint, width=WIDTH)
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
        hint = "● shown · Type to narrow down · Enter shows the branch · Esc stays"
        menu = MenuModal("Branches", choices, current=above[-1] if above else "", hint=hint, width=WIDTH)
        self.app.push_screen(menu, self._show_message)

    def _show_message(self, seq: str | None) -> None:
        if seq is not None and self.reader.view is not None:
            self.reader.view.show_message(int(seq))
            self.focus_transcript()
