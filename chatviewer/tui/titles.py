"""Words on the border of a pane."""

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


def put_title(pane: Widget, title: str) -> None:
    """Write on the upper border."""
    _put(pane, "border_title", title, -1)


def put_subtitle(pane: Widget, subtitle: str) -> None:
    """Write on the lower border."""
    _put(pane, "border_subtitle", subtitle, pane.size.height)


def _put(pane: Widget, name: str, words: str, line: int) -> None:
    """Setting Textual's attribute paints the whole pane anew, at every key that moves a cursor; here only the border's line is."""
    new = Content(words).expand_tabs(4).split()[0] if words else Content("")
    old: Content | None = getattr(pane, f"_{name}")
    if old is None:
        setattr(pane, name, new)
    elif not old.is_same(new):
        setattr(pane, f"_{name}", new)
        pane.refresh(Region(0, line, pane.size.width, 1))
