"""How the main screen gives room and focus to its panes: wide, medium, narrow, zoomed, and the way back out."""

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input

from chatviewer.tui.actions import ACTION_BY_ID, LIBRARY, LIST, TRANSCRIPT, footer_hints
from chatviewer.tui.pane_widths import pane_widths
from chatviewer.tui.screens.viewer_screen import ViewerScreen
from chatviewer.tui.widgets.panes import Panes

NARROW, MEDIUM = 80, 120  # columns: below the first one pane, below the second no library
SEARCH = "search"
SEARCH_HINTS = (("Enter", "open"), ("Esc", "clear"), ("↑↓", "choose"), ("Tab", "to the list"), ("^t", "tool output"), ("F1", "help"))
EMPTY_SEARCH_HINTS = (("Esc", "clear"), ("Tab", "to the list"), ("^t", "tool output"), ("F1", "help"))
NARROW_HINT = ("1-9", "narrow")
FIND_HINTS = (("Enter", "stay here"), ("↑↓", "other matches"), ("Esc", "back"))
FIRST_HINTS = (("Enter", "look for chats"), ("I", "sources"), ("q", "quit"), ("?", "help"))  # nothing is there to act on


class PaneActions(ViewerScreen):
    """The room and the focus of the panes."""

    is_zoomed = False
    _enters_soon = False  # the transcript is to have the focus as soon as there is one

    def advise(self) -> None:
        """Say under the search box what helps now."""

    def show_facets(self) -> None:
        """Say which keys narrow the result."""

    def on_resize(self) -> None:
        self.apply_layout()
        self.show_facets()

    def apply_layout(self) -> None:
        """As many panes as there is room for."""
        width = self.app.size.width
        self.set_class(width < NARROW, "-narrow")
        self.set_class(NARROW <= width < MEDIUM, "-medium")
        is_alone = width < NARROW or self.is_zoomed or not self.layout_state.has_preview
        self.set_class(is_alone, "-one-pane")
        # a class of the screen that changes has every widget styled anew, so those without effect are left out
        self.set_class(is_alone and self.pane == TRANSCRIPT, "-at-transcript")
        self.set_class(is_alone and self.pane == LIBRARY, "-at-library")
        self._share_width(width)
        if self.pane == LIBRARY and not self.is_zoomed and width < MEDIUM:
            self.focus_list()

    def _share_width(self, window: int) -> None:
        """Beside others each pane is as wide as the user wants it; alone it has all there is."""
        is_alone = self.has_class("-one-pane") or self.has_class("-first-start")
        has_library = not (is_alone or self.has_class("-no-library") or window < MEDIUM)
        state = self.layout_state
        library, sessions = pane_widths(window, state.library_width, state.list_width, has_library=has_library)
        self.library_pane.styles.width = library if has_library else None
        self.query_one("#list-pane").styles.width = None if is_alone else sessions

    @on(Panes.EdgeDragged)
    def drag_edge(self, event: Panes.EdgeDragged) -> None:
        self._set_width(event.pane, event.width)

    @on(Panes.EdgeReset)
    def reset_edge(self, event: Panes.EdgeReset) -> None:
        self._set_width(event.pane, 0)

    def _set_width(self, pane: Widget, width: int) -> None:
        """What is kept is a width that there is room for now."""
        state, window = self.layout_state, self.app.size.width
        has_library = self.library_pane.region.width > 0
        if pane is self.library_pane:
            state.library_width = width and pane_widths(window, max(1, width), state.list_width, has_library=True)[0]
        else:
            state.list_width = width and pane_widths(window, state.library_width, max(1, width), has_library=has_library)[1]
        self.apply_layout()

    def show_pane(self) -> None:
        """Say in footer and classes which pane has the focus."""
        self.forget_told()
        self.name_keys()
        for widget in (self.session_list, self.query_one("#slash")):  # a class of the screen would style all panes anew
            widget.set_class(self.pane == SEARCH, "-searching")
        self.advise()
        self.apply_layout()
        self.show_facets()

    def name_keys(self) -> None:
        """The keys that help most in the pane that has the focus, in the bottom line."""
        if self.focused is not None and self.focused.id == "find" and self.query_one("#reading").has_class("-finding"):
            self.status.hints = FIND_HINTS
            return
        has_sessions = self.reader.shown is not None if self.pane == TRANSCRIPT else bool(len(self.session_list.rows))
        hints = SEARCH_HINTS if self.pane == SEARCH else tuple(footer_hints(self.pane, has_sessions=has_sessions))
        if self.pane == SEARCH and not self.search_box.value.strip() and self.history.entries:
            hints = (("↑", "earlier searches"), *hints[1:])
        elif self.pane == SEARCH and not len(self.session_list.rows):
            hints = EMPTY_SEARCH_HINTS
        elif self.pane == LIST and not has_sessions and self.search_box.value.strip():
            hints = (hints[0], ("Esc", "clear"), *hints[1:])
        if self.pane == TRANSCRIPT:
            hints = (hints[0], ("Esc", "back"), *((("n", "next match"),) if self.reader.is_finding else ()), *hints[1:])
        if self.pane == LIST and self.session_list.can_fold:
            agents = ACTION_BY_ID["agents"]
            hints = (*hints[:2], (agents.shown, agents.label.lower()), *hints[2:])
        if self.library_pane.is_narrowing and self.library_pane.numbered and self.pane in (LIST, LIBRARY):
            hints = (*hints[:2], NARROW_HINT, *hints[2:])
        if self.pane == LIST and self.has_class("-first-start"):
            hints = FIRST_HINTS[1:] if self.viewer.import_state.is_running else FIRST_HINTS
        self.status.hints = hints

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        widget = event.widget
        panes: dict[Widget | None, str] = {self.session_list: LIST, self.library_pane: LIBRARY, self.search_box: SEARCH}
        panes[self.reader.view] = TRANSCRIPT
        if widget.id == "find":
            self.name_keys()
        elif (pane := panes.get(widget)) is not None and pane != self.pane:
            self.pane = pane
            self.show_pane()
        self.reader.begin_to_read()
        if widget is self.session_list:
            self.preview_cursor()

    def focus_list(self) -> None:
        """Give the list the focus, and the screen where there is only room for one pane."""
        self._enters_soon = False
        self.pane = LIST
        self.show_pane()
        self.session_list.focus()

    def focus_transcript(self) -> None:
        """Give the transcript the focus, and the screen where there is only room for one pane."""
        self._enters_soon = self.reader.view is None
        if self.reader.view is not None:
            self.pane = TRANSCRIPT
            self.show_pane()
            self.reader.view.focus()

    def preview_cursor(self) -> None:
        """Show the session under the cursor of the list beside it."""

    @property
    def shows_library(self) -> bool:
        """Whether there is room for the library pane, and it is wanted."""
        is_hidden = any(self.has_class(name) for name in ("-no-library", "-medium", "-narrow", "-one-pane", "-first-start"))
        return not is_hidden or (self.has_class("-at-library") and self.has_class("-one-pane") and self.app.size.width >= MEDIUM)

    def _panes(self) -> list[str]:
        has_library = self.library_pane.display and not self.has_class("-no-library", "-medium", "-narrow")
        return [*([LIBRARY] if self.app.size.width >= MEDIUM and has_library else []), LIST, TRANSCRIPT]

    def go_to(self, pane: str) -> None:
        """Give a pane the focus."""
        if pane == LIBRARY:
            self.pane = LIBRARY
            self.show_pane()
            self.library_pane.focus()
        elif pane == TRANSCRIPT:
            self.focus_transcript()
        else:
            self.focus_list()

    def action_next_pane(self, step: int = 1) -> None:
        panes = self._panes()
        here = panes.index(self.pane) if self.pane in panes else 0
        self.go_to(panes[(here + step) % len(panes)])

    def action_previous_pane(self) -> None:
        self.action_next_pane(-1)

    def action_zoom(self) -> None:
        self.is_zoomed = not self.is_zoomed
        self.apply_layout()

    def action_preview(self) -> None:
        self.layout_state.has_preview = not self.layout_state.has_preview
        self.apply_layout()
        self.tell("Transcript beside the list" if self.layout_state.has_preview else "List alone · Enter opens, Esc comes back")

    def action_resize_pane(self, cells: int) -> None:
        """The library while it has the focus, else the list."""
        if self.has_class("-one-pane"):
            key = "\\" if self.is_zoomed else "p"
            is_narrow = self.app.size.width < NARROW
            self.tell(f"Two panes need {NARROW} columns." if is_narrow else f"One pane now: {key} brings the others back.")
            return
        pane = self.library_pane if self.pane == LIBRARY else self.query_one("#list-pane")
        self._set_width(pane, pane.region.width + cells)

    def action_leave(self) -> None:
        if self.pane == LIST and not self.is_zoomed:
            self.app.exit(0)
        elif self.is_zoomed and self.pane == LIST:
            self.action_zoom()
        else:
            self.focus_list()

    def action_back(self) -> None:
        """One step: a find, a search, marks, a zoom, the pane."""
        if self.pane == TRANSCRIPT:
            if self.reader.is_finding:
                self.end_find()
            elif not self.reader.back():
                self.focus_list()
        elif self.pane == LIBRARY:
            self.focus_list()
        elif self.listing.text:
            self.search_for("")
        elif self.pane == SEARCH:
            self.focus_list()
        elif not self.session_list.clear_marks():
            if self.is_zoomed:
                self.action_zoom()
            else:
                self.tell("q quits")

    def end_find(self) -> None:
        """Take the lights off and give the transcript the focus."""
        self.query_one("#find", Input).value = ""
        self.reader.find("")
        self.query_one("#reading").remove_class("-finding")
        self.focus_transcript()
