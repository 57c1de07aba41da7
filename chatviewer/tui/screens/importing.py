"""Import: which sources are on this machine, how far the import is, and what could not be read, with file and line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ProgressBar, Static

from chatviewer.domain import Problem, SourceStatus, safe_line
from chatviewer.storage.library import Library
from chatviewer.tui.background import JobThread
from chatviewer.tui.fetching import fetch_sources
from chatviewer.tui.formatting import byte_size, counted, full_count
from chatviewer.tui.importing import ImportState, progress_words
from chatviewer.tui.messages import SourcesFetched, WorkFailed
from chatviewer.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from chatviewer.tui.app import ChatviewerApp

MOST_PROBLEMS = 500
HINTS = (("R", "look for new chats"), ("s", "stop"), ("Esc", "back"))


class ImportScreen(Screen[None]):
    """Follows `import_state` of the App."""

    CSS_PATH = "importing.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,h,I", "leave", "Back", show=False),
        Binding("R,f5,enter", "start", "Import", show=False),
        Binding("s", "stop", "Stop", show=False),
        Binding("j", "scroll('down')", "Down", show=False),
        Binding("k", "scroll('up')", "Up", show=False),
    ]

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library
        self._fetcher = JobThread("sources", self)
        self._was_running = False

    @property
    def viewer(self) -> "ChatviewerApp":
        return cast("ChatviewerApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="import"):
            yield Static("", id="state", markup=False)
            yield ProgressBar(total=1.0, show_eta=False, show_percentage=False, id="progress")
            with VerticalScroll(id="page"):
                yield Static("Looking …", id="sources", markup=False)
                yield Static("", id="problems", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self.query_one("#import").border_title = "Sources"
        self.query_one(StatusLine).hints = HINTS
        self.query_one("#page").focus()
        self.watch(self.viewer, "import_state", self.show_state)
        self._fetcher.submit(fetch_sources(self._library), key="sources")

    def on_unmount(self) -> None:
        self._fetcher.stop()

    def show_state(self, state: ImportState) -> None:
        words = state.words() or "R looks into all these places for new chats. Files are only read, never changed."
        if state.is_running and state.progress is not None:
            words = f"{words} · {progress_words(state)}"
        self.query_one("#state", Static).update(Content(words))
        bar = self.query_one("#progress", ProgressBar)
        bar.display = state.is_running
        bar.update(progress=state.share)
        if self._was_running and not state.is_running:
            self._fetcher.submit(fetch_sources(self._library), key="sources")
        self._was_running = state.is_running

    @on(SourcesFetched)
    def show_sources(self, event: SourcesFetched) -> None:
        self.query_one("#sources", Static).update(sources_text(event.sources))
        self.query_one("#problems", Static).update(problems_text(event.problems))

    @on(WorkFailed)
    def show_failure(self, event: WorkFailed) -> None:
        self.query_one(StatusLine).tell(event.sentence, is_warning=True)

    def action_start(self) -> None:
        self.viewer.start_import()

    def action_stop(self) -> None:
        self.viewer.stop_import()

    def action_scroll(self, where: str) -> None:
        getattr(self.query_one("#page", VerticalScroll), f"scroll_{where}")(animate=False)

    def action_leave(self) -> None:
        if self.is_current:
            self.dismiss(None)


def sources_text(sources: Sequence[SourceStatus]) -> Content:
    """Sources with something first; of the others only where they are looked for."""
    found = sorted((source for source in sources if source.file_count), key=lambda source: -source.file_count)
    absent = [source for source in sources if not source.file_count]
    lines = []
    for source in found:
        files = f"{full_count(source.file_count)} {'file' if source.file_count == 1 else 'files'}"
        lines.append(Content.assemble((f"{source.label:<20}", "bold"), f"{files:>14}  {byte_size(source.byte_count):>8}"))
        lines += [Content.styled(f"  {safe_line(str(place))}", "$foreground 60%") for place in source.found_places]
        if source.expires:
            lines.append(Content.styled(f"  {safe_line(source.expires)}", "$warning"))
        if source.warning():
            lines.append(Content.styled(f"  {source.warning()}", "bold $warning"))
    if not found:
        lines.append(Content("No chats were found in the known places. `chatviewer import PATH` reads an export or any folder."))
    if absent:
        lines += [Content(""), Content.styled("Not found here", "$foreground 60%")]
    for source in absent:
        places = ", ".join(safe_line(str(place)) for place in source.places[:2]) or "export: chatviewer import PATH"
        lines.append(Content.styled(f"{source.label:<20}  {places}", "$foreground 60%"))
    return Content("\n").join(lines)


def problems_text(problems: Sequence[Problem]) -> Content:
    """Every record that could not be stored; empty when all could."""
    if not problems:
        return Content("")
    lines = [Content(""), Content.styled(f"{counted(len(problems), 'problem')}: what could not be read", "bold $warning")]
    for problem in problems[:MOST_PROBLEMS]:
        place = f"{safe_line(problem.path)}:{problem.line}: "
        lines.append(Content.assemble((place, "$foreground 60%"), safe_line(problem.reason, 300)))
    if len(problems) > MOST_PROBLEMS:
        lines.append(Content(f"… and {full_count(len(problems) - MOST_PROBLEMS)} more"))
    return Content("\n").join(lines)
