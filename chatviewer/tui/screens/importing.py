"""Import: which sources are on this machine, how far the import is, what it brought, and what could not be read, with file and line."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, ProgressBar, Static
from textual.widgets.option_list import Option

from chatviewer.domain import ImportReport, Problem, SourceStatus, safe, safe_line
from chatviewer.errors import UsageError
from chatviewer.storage.library import Library
from chatviewer.tui.background import JobThread
from chatviewer.tui.editing import chosen_editor, editor_command, is_gone
from chatviewer.tui.fetching import fetch_problem_line, fetch_sources
from chatviewer.tui.formatting import byte_size, in_lines, wrapped
from chatviewer.tui.import_messages import ProblemLineFetched, SourcesFetched
from chatviewer.tui.import_report import problem_heading, problem_line, report_text, sources_text
from chatviewer.tui.importing import ImportState, progress_facts, report_words
from chatviewer.tui.lending import lend_terminal
from chatviewer.tui.messages import WorkFailed
from chatviewer.tui.modals.notice import NoticeModal
from chatviewer.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from chatviewer.tui.app import ChatviewerApp

MOST_PROBLEMS = 500
HELP_HINT = ("?", "help")
HINTS = (("Esc", "back"), ("R", "look for new chats"), HELP_HINT)
RUNNING_HINTS = (("Esc", "back; it goes on"), ("s", "stop"), HELP_HINT)
PROBLEM_HINTS = (("Enter", "show"), ("e", "editor"), ("y", "copy the place"))


class ImportScreen(Screen[None]):
    """Follows `import_state` of the App."""

    CSS_PATH = "importing.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R,f5", "start", "Look for new chats in all these places", show=False),
        Binding("s", "stop", "Stop the import; what was read stays", show=False),
        Binding("enter", "look_at", "Show what could not be read", show=False),
        Binding("e", "edit", "Open the file of the problem in the editor, at its line", show=False),
        Binding("y", "copy", "Copy file and line of the problem", show=False),
        Binding("tab,shift+tab", "app.focus_next", "From the sources to the problems and back", show=False),
        Binding("j", "move('down')", "Move down or up", show=False),
        Binding("k", "move('up')", "Move down or up", show=False),
        Binding("g", "move('home')", "To the top or the end", show=False),
        Binding("G", "move('end')", "To the top or the end", show=False),
        Binding("question_mark,f1", "help", "These keys", show=False),
        Binding("escape,q,h,I", "leave", "Back; an import goes on", show=False),
    ]

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library
        self._fetcher = JobThread("sources", self)
        self._was_running = False
        self._state = ImportState()
        self._sources: list[SourceStatus] | None = None
        self._problems: list[Problem] = []
        self._report: ImportReport | None = None

    @property
    def viewer(self) -> "ChatviewerApp":
        return cast("ChatviewerApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="import"):
            yield Static("", id="state", markup=False)
            yield ProgressBar(total=1.0, show_eta=False, show_percentage=False, id="progress")
            with VerticalScroll(id="page"):
                yield Static("", id="report", markup=False)
                yield Static("Looking …", id="sources", markup=False)
            yield Static("", id="heading", markup=False)
            yield OptionList(id="problems", markup=False, compact=True)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self.query_one("#import").border_title = "Sources"
        self.query_one("#page").focus()
        self.watch(self.viewer, "import_state", self.show_state)
        self._fetch()

    def _fetch(self) -> None:
        self._fetcher.submit(fetch_sources(self._library), key="sources")

    def on_unmount(self) -> None:
        self._fetcher.stop()

    def on_resize(self) -> None:
        self._lay_out()

    def show_state(self, state: ImportState) -> None:
        self._state = state
        self._say_state()
        bar = self.query_one("#progress", ProgressBar)
        bar.display = state.is_running
        bar.update(progress=state.share)
        self._report = state.report or self._report
        has_news = state.is_quiet and state.report is not None  # found by watching
        if has_news or (self._was_running and not state.is_running):
            self._fetch()
        self._was_running = state.is_running
        self._say_keys()

    def _say_state(self) -> None:
        """A number stands beside its unit, however narrow the window is."""
        state, width = self._state, self._width()
        if state.is_running:
            words = in_lines([*state.facts(), *progress_facts(state)], width)
        elif state.report is not None:
            words = wrapped(report_words(state.report, way_to_problems=""), width)
        else:
            words = wrapped(state.failure or "R looks into all these places for new chats. Files are only read, never changed.", width)
        self.query_one("#state", Static).update(Content(words))

    def _width(self) -> int:
        return max(20, self.size.width - 8)

    @on(SourcesFetched)
    def show_sources(self, event: SourcesFetched) -> None:
        self._sources = list(event.sources)
        self._problems = list(event.problems)
        self._lay_out()
        if self._problems and self.focused is self.query_one("#page"):
            self.query_one(OptionList).focus()

    def _lay_out(self) -> None:
        """Everything as wide as there is room."""
        self._say_state()
        width = self._width()
        if self._sources is not None:
            self.query_one("#sources", Static).update(sources_text(self._sources, width, self.viewer.now()))
        report = self.query_one("#report", Static)
        report.update(report_text(self._report))
        report.display = self._report is not None
        self.set_class(bool(self._problems), "-problems")
        shown = self._problems[:MOST_PROBLEMS]
        self.query_one("#heading", Static).update(problem_heading(len(self._problems), len(shown)))
        options = self.query_one(OptionList)
        before = options.highlighted
        options.clear_options()
        options.add_options([Option(problem_line(problem, width)) for problem in shown])
        if shown:
            options.highlighted = min(before or 0, len(shown) - 1)

    def _say_keys(self) -> None:
        back, *others = RUNNING_HINTS if self._was_running else HINTS
        problems = PROBLEM_HINTS if self.focused is self.query_one(OptionList) else ()
        # the way back stands where it is seen in 80 columns beside what has just happened
        self.query_one(StatusLine).hints = (*problems[:2], back, *problems[2:], *others)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._say_keys()

    @on(WorkFailed)
    def show_failure(self, event: WorkFailed) -> None:
        event.stop()
        self.query_one(StatusLine).tell(event.sentence, is_warning=True)

    def action_start(self) -> None:
        self.viewer.start_import()

    def action_stop(self) -> None:
        if self.viewer.import_state.is_running:
            self.viewer.stop_import()
            self.query_one(StatusLine).tell("It ends after this file, and what was read stays · R goes on")

    def action_move(self, where: str) -> None:
        options = self.query_one(OptionList)
        if self.focused is options:
            names = {"down": "cursor_down", "up": "cursor_up", "home": "first", "end": "last"}
            getattr(options, f"action_{names[where]}")()
        else:
            getattr(self.query_one("#page", VerticalScroll), f"scroll_{where}")(animate=False)

    # One problem

    def _chosen(self) -> Problem | None:
        place = self.query_one(OptionList).highlighted
        if not self._problems or place is None:
            self.query_one(StatusLine).tell("There is no problem to do that with.")
            return None
        return self._problems[place]

    @on(OptionList.OptionSelected)
    def action_look_at(self) -> None:
        problem = self._chosen()
        if problem is not None:
            self._fetcher.submit(fetch_problem_line(problem), key="line")

    @on(ProblemLineFetched)
    def show_line(self, event: ProblemLineFetched) -> None:
        problem, found = event.problem, event.found
        facts = [safe_line(problem.reason, 300), f"{safe_line(problem.path)}:{problem.line}"]
        cut = f"… the beginning of {byte_size(found.size)}" if found.size > len(found.text.encode()) else ""
        lines = [
            Content.styled(facts[0], "bold $warning"),
            Content.styled(facts[1], "$foreground 60%"),
            Content(""),
            *([Content(safe(found.text))] if found.text else []),
            *(Content.styled(words, "$foreground 60%") for words in (cut, found.remark) if words),
        ]
        if not found.text and not found.remark:
            lines.append(Content.styled("The line is empty.", "$foreground 60%"))
        self.app.push_screen(NoticeModal("What could not be read", Content("\n").join(lines), is_wide=True))

    def action_copy(self) -> None:
        problem = self._chosen()
        if problem is not None:
            self.viewer.write_clipboard(f"{safe_line(problem.path)}:{problem.line}")
            self.query_one(StatusLine).tell("Copied file and line")

    def action_edit(self) -> None:
        """The editor has the terminal until it is left."""
        problem = self._chosen()
        if problem is None:
            return
        if is_gone(problem.path):  # an editor would begin a new one in its place
            self.query_one(StatusLine).tell("The file is not there any more.")
            return
        try:
            failure = lend_terminal(self.viewer, editor_command(chosen_editor(), problem.path, problem.line)).problem
        except UsageError as error:
            failure = str(error)
        if failure:
            self.query_one(StatusLine).tell(failure, is_warning=True)
        else:
            self.query_one(StatusLine).tell("R reads the file again")

    def action_help(self) -> None:
        from chatviewer.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(title="Sources", bindings=self.BINDINGS))

    def action_leave(self) -> None:
        if self.is_current:
            self.dismiss(None)
