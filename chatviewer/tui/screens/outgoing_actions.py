"""What the main screen sends elsewhere: a copy to the editor, sessions to a file, a session to the agent that made it."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on

from chatviewer.domain import SessionSummary, safe, safe_file_name
from chatviewer.paths import expanded
from chatviewer.tui.continuing import find_continuation
from chatviewer.tui.formatting import counted
from chatviewer.tui.lending import lend_terminal
from chatviewer.tui.messages import CopyText
from chatviewer.tui.outgoing import export_path, export_sessions, problem_with, write_copy
from chatviewer.tui.outgoing_messages import ContinuationFound, CopyWritten, Exported
from chatviewer.tui.screens.organising_actions import NO_SESSION, OrganisingActions

if TYPE_CHECKING:
    from chatviewer.exporters.base import Exporter

_ORDER = "md html jsonl json context training "  # of the menu; others behind them
AT_ONCE_SECONDS = 2.0  # an editor that is back sooner may have a window of its own and still read the file
_TOGGLE, _RUN, _COPY, _PACK = "toggle", "run", "copy", "pack"


class OutgoingActions(OrganisingActions):
    """Editor, export, continue."""

    def _named_session(self) -> SessionSummary | None:
        """The session that is read, else the one under the cursor of the list."""
        if self.reader.has_focus and self.reader.shown is not None:
            return self.reader.shown.summary
        return self.session_list.cursor_summary

    # In the editor

    def action_open_editor(self) -> None:
        summary = self._named_session()
        if summary is None:
            self.tell(NO_SESSION)
        else:
            self.writer.submit(write_copy(self.library, summary.id, self.copies, self.is_leaving), key="copy")

    @on(CopyWritten)
    def show_copy(self, event: CopyWritten) -> None:
        path = event.path
        lent = lend_terminal(self.viewer, [*event.command, str(path)])
        if path.exists() and path.stat().st_mtime_ns != self.copies.get(path.parent):
            self.tell(f"What you changed is in {path}; the chat itself stays as it is.", lasts=True)
            self.copies.pop(path.parent, None)  # the user's now
            return
        if lent.problem:
            self.tell(lent.problem, is_warning=True)
        if lent.seconds >= AT_ONCE_SECONDS or lent.problem:
            self.copies.pop(path.parent, None)
            shutil.rmtree(path.parent, ignore_errors=True)
        else:
            self.tell("The copy is deleted when you leave the viewer, unless you have changed it by then.", lasts=True)

    # To a file

    def action_export(self) -> None:
        ids = self._chosen()
        if ids:
            self._choose_format(ids, is_redacting=bool(self.viewer.preference("redact_exports")))
        else:
            self.tell(NO_SESSION)

    def _choose_format(self, ids: list[int], *, is_redacting: bool) -> None:
        from chatviewer.exporters.registry import exporters
        from chatviewer.tui.modals.menu import Choice, MenuModal

        formats = {exporter.format: exporter for exporter in sorted(exporters(), key=lambda one: _ORDER.find(one.format) % len(_ORDER))}
        choices = [Choice(_sentence(exporter.label), exporter.extension, name, f"{name:<10}") for name, exporter in formats.items()]
        state = "hidden; Enter leaves it in" if is_redacting else "left in; Enter hides it"
        choices.append(Choice(f"What looks like a secret is {state}", "", _TOGGLE, f"{'secrets':<10}"))

        def go_on(chosen: str | None) -> None:
            if chosen == _TOGGLE:
                self._choose_format(ids, is_redacting=not is_redacting)
            elif chosen is not None:
                self._ask_for_path(ids, formats[chosen], is_redacting=is_redacting)

        self.app.push_screen(MenuModal(f"Export {counted(len(ids), 'session')}", choices, current="md", width=100), go_on)

    def _ask_for_path(self, ids: list[int], exporter: "Exporter", *, is_redacting: bool) -> None:
        from chatviewer.tui.modals.prompt import PromptModal

        summary = self._named_session()
        name = safe_file_name(summary.title) if summary is not None and len(ids) == 1 else "chats"
        secrets = f"What looks like a key, token or password is {'hidden' if is_redacting else 'left in'}."

        def write(typed: str | None) -> None:
            if typed is not None:
                path = export_path(typed, exporter.extension)
                self.tell(f"Exporting {counted(len(ids), 'session')} …", lasts=True)
                job = export_sessions(self.library, ids, exporter, path, is_redacting=is_redacting, stop=self.is_leaving)
                self.writer.submit(job)

        prompt = PromptModal(
            f"Export {counted(len(ids), 'session')} as {exporter.format}",
            value=str(_free(_here() / f"{name}{exporter.extension}")),
            explanation=f"{secrets} The file is readable by you only; nothing is overwritten.",
            hint="Enter writes the file · Esc leaves",
            problem=lambda typed: problem_with(typed, exporter.extension),
        )
        self.app.push_screen(prompt, write)

    @on(Exported)
    def say_exported(self, event: Exported) -> None:
        self.tell(safe(event.words), lasts=True)

    # Back to its agent

    def action_continue_session(self) -> None:
        summary = self._named_session()
        if summary is None:
            self.tell(NO_SESSION)
        else:
            self.fetcher.submit(find_continuation(self.library, summary.id), key="continuation")

    @on(ContinuationFound)
    def offer_continuation(self, event: ContinuationFound) -> None:
        from chatviewer.tui.modals.menu import Choice, MenuModal

        choices = [Choice("Run it here", "the viewer waits until it ends", _RUN)] if event.command and not event.problem else []
        if event.command:
            choices.append(Choice("Copy the command", "", _COPY))
        choices.append(Choice("Export a context pack", "puts this session in front of a new chat", _PACK))
        words = "\n".join(filter(None, [safe(event.command), safe(event.problem)]))
        menu = MenuModal(f"Continue in {event.tool}", choices, explanation=words, width=90)
        self.app.push_screen(menu, lambda chosen: self._continue(event, chosen))

    def _continue(self, event: ContinuationFound, chosen: str | None) -> None:
        from chatviewer.exporters.registry import find_exporter

        if chosen == _COPY:
            self.post_message(CopyText(event.command, "command"))
        elif chosen == _PACK:
            self._ask_for_path([event.session_id], find_exporter("context"), is_redacting=bool(self.viewer.preference("redact_exports")))
        elif chosen == _RUN:
            lent = lend_terminal(self.viewer, event.arguments, event.folder)
            back = lent.problem or f"Back from {event.arguments[0]} · R looks for new messages"
            self.tell(back, is_warning=bool(lent.problem), lasts=True)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _here() -> Path:
    """The working directory; the home where somebody has deleted that one."""
    try:
        return Path.cwd()
    except OSError:
        return expanded("~")


def _free(path: Path) -> Path:
    """This path, or one with a number behind its name if there is a file already."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 100))
    return next((one for one in (path, *numbered) if not os.path.lexists(one)), path)
