"""The panes side by side. Where two of them meet, their borders can be dragged; under the pointer they light up."""

from itertools import pairwise

from textual import events
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

EDGE_CLASSES = ("-edge-right", "-edge-left")  # of the pane left of the edge, and of the one right of it


class Panes(Horizontal):
    """Knows where its children meet, not how wide they may be: it tells where an edge is dragged to."""

    class EdgeDragged(Message):
        """Intent: this pane is to be so many cells wide."""

        def __init__(self, pane: Widget, width: int) -> None:
            super().__init__()
            self.pane = pane
            self.width = width

    class EdgeReset(Message):
        """Intent: this pane is to be as wide as it is by itself."""

        def __init__(self, pane: Widget) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, *children: Widget, id: str | None = None) -> None:  # noqa: A002
        super().__init__(*children, id=id)
        self._dragged: Widget | None = None

    def _edge_at(self, event: events.MouseEvent) -> tuple[Widget, Widget] | None:
        """The panes whose borders meet under the pointer."""
        x, y = event.screen_x, event.screen_y
        shown = [child for child in self.children if child.display and child.region.width]
        for left, right in pairwise(shown):
            if left.region.y <= y < left.region.bottom and left.region.right - 1 <= x <= right.region.x:
                return left, right
        return None

    def _light_up(self, edge: tuple[Widget, Widget] | None) -> None:
        for child in self.children:
            for place, name in enumerate(EDGE_CLASSES):
                child.set_class(edge is not None and edge[place] is child, name)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged is not None:
            self.post_message(self.EdgeDragged(self._dragged, round(event.screen_x) - self._dragged.region.x + 1))
        else:
            self._light_up(self._edge_at(event))

    def on_leave(self) -> None:
        if self._dragged is None:
            self._light_up(None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        edge = self._edge_at(event)
        if edge is not None and event.button == 1:
            event.stop()
            self._dragged = edge[0]
            self._light_up(edge)
            self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragged is not None:
            event.stop()
            self._dragged = None
            self.release_mouse()
            self._light_up(self._edge_at(event))

    def on_click(self, event: events.Click) -> None:
        edge = self._edge_at(event)
        if edge is not None and event.chain == 2:
            self.post_message(self.EdgeReset(edge[0]))
