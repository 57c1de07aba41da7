"""The palette: every action by its name, with its key. Derived from the declaration."""

from textual.command import DiscoveryHit, Hit, Hits, Provider

from chatviewer.tui.actions import ACTIONS, Action


class ActionProvider(Provider):
    """Offers all actions; what is chosen runs in the pane that it belongs to."""

    async def discover(self) -> Hits:
        for action in sorted(ACTIONS, key=_is_moving):  # what everybody knows comes last
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
