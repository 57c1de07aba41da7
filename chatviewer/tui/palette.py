"""The palette: every action by its name, with its key. Derived from the declaration."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.containers import Vertical

from chatviewer.tui.actions import ACTIONS, EVERYWHERE, LIST, Action
from chatviewer.tui.modals.modal import Modal
from chatviewer.tui.screens.viewer_screen import ViewerScreen


class ActionPalette(CommandPalette):
    """Textual's palette, named like the other dialogs, and with the help that they have."""

    VERTICAL_BREAKPOINTS = Modal.VERTICAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "help", "These keys", show=False)]

    def __init__(self) -> None:
        super().__init__(placeholder="Type to narrow down", id="--command-palette")

    def on_mount(self) -> None:
        box = self.query_one("#--container", Vertical)
        box.border_title = "Palette"
        box.border_subtitle = "Enter runs · Esc leaves"

    def action_help(self) -> None:
        from chatviewer.tui.screens.help import HelpScreen

        own = (
            Binding("enter", "", "Run it; what is typed narrows down"),
            Binding("down,up", "", "Move down or up"),
            Binding("pagedown,pageup", "", "A page down or up"),
            *self.BINDINGS,
            Binding("escape", "", "Leave"),
        )
        self.app.push_screen(HelpScreen(title="Palette", bindings=own))


class ActionProvider(Provider):
    """Offers all actions; what is chosen runs in the pane that it belongs to."""

    async def discover(self) -> Hits:
        pane = self.screen.pane if isinstance(self.screen, ViewerScreen) else LIST

        def rank(action: Action) -> tuple[bool, bool, bool]:
            return _is_moving(action), action.id[-1].isdigit(), not {pane, EVERYWHERE} & {*action.where}

        for action in sorted(ACTIONS, key=rank):  # what works here comes first; last the rows of digits, and what everybody knows
            yield DiscoveryHit(_name(action), lambda action=action: self._perform(action), help=action.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in ACTIONS:
            score = max(matcher.match(_name(action)), matcher.match(action.help) * 0.9)
            if score > 0:
                yield Hit(score, matcher.highlight(_name(action)), lambda action=action: self._perform(action), help=action.help)

    async def _perform(self, action: Action) -> None:
        from chatviewer.tui.app import ChatviewerApp

        if isinstance(self.app, ChatviewerApp):
            await self.app.perform(action)


def _is_moving(action: Action) -> bool:
    return action.id.startswith(("move.", "group."))


def _name(action: Action) -> str:
    return f"{action.label}  ·  {action.shown}"
