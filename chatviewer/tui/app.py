"""The App: theme, preferences in use, the import that runs beside everything, and the last wall against errors. No feature lives here."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.reactive import reactive

from chatviewer import paths
from chatviewer.crash import record
from chatviewer.domain.preference import find_preference
from chatviewer.ingest.watching import Watch
from chatviewer.storage.library import Library
from chatviewer.tui.actions import LIBRARY, LIST, TRANSCRIPT, Action
from chatviewer.tui.background import JobThread
from chatviewer.tui.clipboard import sequence
from chatviewer.tui.hanging_up import tell_hang_up
from chatviewer.tui.import_messages import ChangedElsewhere, ImportBegun, ImportFinished, ImportProgressed
from chatviewer.tui.importing import SECONDS_BETWEEN_LOOKS, ImportState, import_job, watch_job
from chatviewer.tui.line_filter import with_control_filter
from chatviewer.tui.messages import CopyText, PreferencesFetched, WorkFailed
from chatviewer.tui.screens.main import MainScreen
from chatviewer.tui.shown_keys import tell_alt_digits
from chatviewer.tui.themes import THEMES
from chatviewer.tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from textual.command import Provider

# event loops of Windows take no handlers
_END_SIGNALS = () if sys.platform == "win32" else (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def _palette() -> "type[Provider]":
    from chatviewer.tui.palette import ActionProvider

    return ActionProvider


class ChatviewerApp(App[int]):
    """`clock` stands in for the time in tests and screenshots."""

    TITLE = "chatviewer"
    CSS_PATH = ["app.tcss", "screens/main.tcss"]  # those of the other screens are read when they are opened
    COMMANDS = {_palette}
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]

    import_state: reactive[ImportState] = reactive(ImportState(), always_update=True)

    def __init__(self, library: Library, *, clock: Callable[[], datetime] | None = None, is_watching: bool = False) -> None:
        super().__init__()
        tell_alt_digits()
        self.library = library
        self.now = clock or (lambda: datetime.now(UTC))
        self.preference_values: dict[str, Any] = library.preferences()
        self.crash = ""  # one sentence for stderr, once the terminal is restored
        self.main = MainScreen(library)
        self.typed_ahead = TypedAhead(self, super().on_event)
        self._importer = JobThread("import", self)
        self._stop_import = threading.Event()
        self._import_began = 0.0  # by the monotonic clock, when the first file was done
        self._is_watching = is_watching
        self._is_import_stopped = False  # by the user, who starts it again
        for theme in THEMES:
            self.register_theme(theme)
        self._begin_with_theme()

    def action_command_palette(self) -> None:
        from chatviewer.tui.palette import ActionPalette

        if not isinstance(self.screen, ActionPalette):
            self.push_screen(ActionPalette())

    def get_default_screen(self) -> MainScreen:
        return self.main

    def get_line_filters(self) -> Sequence[LineFilter]:
        return with_control_filter(super().get_line_filters())

    def on_mount(self) -> None:
        if self._is_watching:
            self._watch = Watch(self.library)
            self.set_interval(SECONDS_BETWEEN_LOOKS, self._look)
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread() and not self.is_headless:
            for number in _END_SIGNALS:
                loop.add_signal_handler(number, self._end_by_signal, number)
            if sys.__stdin__ is not None and sys.__stdin__.isatty():
                tell_hang_up(sys.__stdin__.fileno(), lambda: self.call_later(self._end_by_hang_up))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.typed_ahead.take(event)
        else:
            await super().on_event(event)

    def _end_by_signal(self, number: int) -> None:
        """Leave as after `q`, so that the terminal is restored. Textual leaves it in a mess."""
        self.exit(return_code=128 + number)

    def _end_by_hang_up(self) -> None:
        """Nobody sees it any more. Where a signal tells the same, the exit code is that of the signal."""
        if not self._exit:
            self.exit(return_code=1)

    def on_unmount(self) -> None:
        self._stop_import.set()
        self._importer.stop()

    # Errors

    def _handle_exception(self, error: Exception) -> None:
        """The last wall: Textual would print a traceback with the values of all variables, which are somebody's chats."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.crash = record(error)
        self._close_messages_no_wait()

    # Preferences

    def preference(self, key: str) -> Any:
        """The value in use."""
        return self.preference_values.get(key, find_preference(key).default)

    def apply_preferences(self, values: dict[str, Any]) -> None:
        """Use these values from now on."""
        self.preference_values = values
        self._use_theme()
        self.main.apply_preferences()

    def _begin_with_theme(self) -> None:
        """Before the first frame: no style sheet has been read yet that would have to be read again."""
        name = str(self.preference("theme"))
        if name in self.available_themes:
            self.set_reactive(App.theme, name)
            self.stylesheet.set_variables(self.get_css_variables())
            self.set_class(self.current_theme.dark, "-dark-mode", update=False)
            self.set_class(not self.current_theme.dark, "-light-mode", update=False)

    def _use_theme(self) -> None:
        name = str(self.preference("theme"))
        if name in self.available_themes and name != self.theme:
            self.theme = name

    @on(PreferencesFetched)
    def use_preferences(self, event: PreferencesFetched) -> None:
        self.apply_preferences(dict(event.values))
        if event.step is not None:  # it may have been something else than a preference
            self.main.post_message(event.step)

    # Import

    def start_import(self) -> None:
        """Look for new chats in the background, unless that goes on already."""
        if not self.import_state.is_running:
            self._stop_import.clear()
            self._is_import_stopped = False
            self.import_state = ImportState(is_running=True)
            self._importer.submit(import_job(self.library, self, self._stop_import))

    def _look(self) -> None:
        """See whether running sessions wrote something, unless an import runs, was stopped, or the last look was a moment ago."""
        is_wanted = self.preference("watch") and not self._is_import_stopped
        if is_wanted and self._watch.is_due and self._importer.is_idle and not self.import_state.is_running:
            self._stop_import.clear()
            self._importer.submit(watch_job(self._watch, self, self._stop_import), key="watch")

    def stop_import(self) -> None:
        """End it after the file that is being read; what was read stays, and watching waits until the user imports again."""
        if self.import_state.is_running:
            self._is_import_stopped = True
            self._stop_import.set()

    @on(ImportProgressed)
    def follow_import(self, event: ImportProgressed) -> None:
        if self.import_state.progress is None:
            self._import_began = monotonic()
        seconds = monotonic() - self._import_began
        self.import_state = self.import_state._replace(is_running=True, progress=event.progress, seconds=seconds)

    @on(ImportBegun)
    def show_beginning(self, event: ImportBegun) -> None:
        self.import_state = ImportState(is_running=True, beginning=event.beginning)

    @on(ImportFinished)
    def end_import(self, event: ImportFinished) -> None:
        self.import_state = ImportState(report=event.report, is_quiet=event.is_quiet)

    @on(ChangedElsewhere)
    def follow_others(self) -> None:
        self.main.show_imported()

    @on(WorkFailed)
    def fail_import(self, event: WorkFailed) -> None:
        self.import_state = ImportState(failure=event.sentence)
        self.main.show_failure(event)

    # Actions

    async def perform(self, action: Action) -> None:
        """Do an action as if its key had been pressed in the pane that it belongs to."""
        main = self.main
        while self.screen is not main:
            self.pop_screen()
        if main.pane not in action.where and not action.handler.startswith(("screen.", "app.")):
            main.go_to(next(pane for pane in (LIST, TRANSCRIPT, LIBRARY) if pane in action.where))
        target = {LIST: main.session_list, TRANSCRIPT: main.reader.view, LIBRARY: main.library_pane}.get(main.pane) or main.session_list
        await self.run_action(action.handler, target)

    def copy_to_clipboard(self, text: str) -> None:
        """What is selected with the mouse or in a line of input, on the way of everything that is copied."""
        self.main.copy(CopyText(text, "selection"))

    def write_clipboard(self, text: str) -> None:
        """Hand text that is safe and short enough to the terminal."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(sequence(text, os.environ))

    def keep_copy(self, text: str) -> Path | None:
        """Put what is too long for the clipboard into a file; None when that fails."""
        path = paths.handover_directory() / "copied.txt"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(text, encoding="utf-8", errors="replace")
            path.chmod(0o600)
        except OSError:
            return None
        return path
