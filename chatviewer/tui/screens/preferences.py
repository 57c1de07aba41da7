"""Preferences: the declaration as rows in groups, edited in place. What a preference does stands below while its row has the focus."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Static

from chatviewer.domain import safe_line
from chatviewer.domain.preference import PREFERENCES, Preference
from chatviewer.storage.library import Library
from chatviewer.tui import organising
from chatviewer.tui.background import Job, JobThread
from chatviewer.tui.messages import LibraryChanged, PreferencesFetched, WorkFailed
from chatviewer.tui.widgets.preference_row import PreferenceRow
from chatviewer.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from chatviewer.tui.app import ChatviewerApp

NARROW, LOW = 60, 18  # columns, rows
HINTS = (("Enter", "change"), ("r", "reset"), ("u", "undo"), ("Esc", "back"), ("?", "help"))


class _Receiver:
    """Where the thread's messages go: a change that failed after the screen was left is told by the main screen."""

    def __init__(self, screen: MessagePump) -> None:
        self._screen = screen
        self.main: MessagePump | None = None
        self.is_left = False

    def post_message(self, message: Message) -> bool:
        receiver = self.main if self.is_left and isinstance(message, WorkFailed) else None
        return (receiver or self._screen).post_message(message)


class PreferencesScreen(Screen[None]):
    """Stores every change at once; the viewer uses it at once."""

    CSS_PATH = "preferences.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo or redo your last change, also from earlier days", show=False),
        Binding("ctrl+r", "redo", "Undo or redo your last change, also from earlier days", show=False),
        Binding("j,down", "step(1)", "Move down or up", show=False),
        Binding("k,up", "step(-1)", "Move down or up", show=False),
        Binding("g,home", "step(-1000)", "To the top or the end", show=False),
        Binding("G,end", "step(1000)", "To the top or the end", show=False),
        Binding("question_mark,f1", "help", "These keys", show=False),
        Binding("escape,q,comma", "leave", "Back", show=False),
    ]

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library
        self._receiver = _Receiver(self)
        self._changes = JobThread("preferences", self._receiver)

    @property
    def viewer(self) -> "ChatviewerApp":
        return cast("ChatviewerApp", self.app)

    def compose(self) -> ComposeResult:
        group = ""
        with Vertical(id="preferences"):
            with VerticalScroll(id="rows", can_focus=False):
                for preference in PREFERENCES:
                    if preference.group != group:
                        group = preference.group
                        yield Static(group, classes="group", markup=False)
                    yield PreferenceRow(preference, self.viewer.preference(preference.key))
            yield Static("", id="effect", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self._receiver.main = self.viewer.main
        self.query_one("#preferences").border_title = "Preferences"
        self.query_one(StatusLine).hints = HINTS
        self.query(PreferenceRow).first().focus(scroll_visible=False)

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.height < LOW, "-low")

    def on_unmount(self) -> None:
        self._receiver.is_left = True
        self._changes.stop()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, PreferenceRow):
            self._explain(event.widget.preference)

    def _explain(self, preference: Preference, problem: str = "") -> None:
        words = [Content(preference.effect)]
        default = safe_line(preference.show(preference.default) or "empty")
        if problem:
            words.append(Content.styled(problem, "bold $warning"))
        elif preference.kind == "choice":  # in as few lines as can be: in a window of 80 columns all but four are cut off
            choices = [f"{choice} (default)" if choice == preference.default else choice for choice in preference.choices]
            words.append(Content.styled(f"One of {', '.join(choices)}.", "$foreground 65%"))
        else:
            words.append(Content.styled(f"Default: {default}", "$foreground 65%"))
        self.query_one("#effect", Static).update(Content("\n").join(words))

    @on(PreferenceRow.Rejected)
    def say_problem(self, event: PreferenceRow.Rejected) -> None:
        row = next((row for row in self.query(PreferenceRow) if row.is_editing or row.has_focus), None)
        if row is not None:
            self._explain(row.preference, event.words)

    @on(PreferenceRow.Chosen)
    def store(self, event: PreferenceRow.Chosen) -> None:
        key, value, viewer = event.preference.key, event.value, self.viewer

        def job() -> PreferencesFetched:
            if value is None:
                self._library.reset_preference(key)
            else:
                self._library.set_preference(key, value)
            return self._told(viewer)

        self._changes.submit(job)

    def _told(self, viewer: "ChatviewerApp", step: LibraryChanged | None = None) -> PreferencesFetched:
        """The values, for this screen; the app is told by itself, because this screen may be closed before they are here."""
        values = self._library.preferences()
        viewer.post_message(PreferencesFetched(values, step))
        return PreferencesFetched(values, step)

    @on(PreferencesFetched)
    def show_values(self, event: PreferencesFetched) -> None:
        values: dict[str, Any] = dict(event.values)
        for row in self.query(PreferenceRow):
            row.show(values.get(row.preference.key, row.preference.default))
        if event.step is not None:
            self.query_one(StatusLine).tell(event.step.words, about=event.step.about)

    @on(WorkFailed)
    def show_failure(self, event: WorkFailed) -> None:
        event.stop()
        self.query_one(StatusLine).tell(event.sentence, is_warning=True)

    def action_step(self, step: int) -> None:
        rows = list(self.query(PreferenceRow))
        here = next((place for place, row in enumerate(rows) if row.has_focus_within), 0)
        there = max(0, min(here + step, len(rows) - 1))
        rows[there].focus()
        if there == 0:
            self.query_one("#rows").scroll_home(animate=False)  # the heading above the first row

    def _step_history(self, step: Job) -> None:
        viewer = self.viewer

        def job() -> PreferencesFetched:
            change = step()
            return self._told(viewer, change if isinstance(change, LibraryChanged) else None)

        self._changes.submit(job)

    def action_undo(self) -> None:
        self._step_history(organising.undo(self._library))

    def action_redo(self) -> None:
        self._step_history(organising.redo(self._library))

    def action_help(self) -> None:
        from chatviewer.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(title="Preferences", bindings=[*PreferenceRow.BINDINGS, *self.BINDINGS]))

    def action_leave(self) -> None:
        if self.is_current:
            self._receiver.is_left = True
            self.dismiss(None)
