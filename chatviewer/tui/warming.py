"""What is imported late, imported in idle time: so the first key that needs it is as quick as the second.

The start imports nothing but the list. Once the first frame stands, a background thread fetches the rest, a module at a time.
"""

import gc
import threading
from importlib import import_module

from chatviewer.tui.background import Job

DELAY_SECONDS = 0.8  # after the first frame: the first preview comes before
_PAUSE_SECONDS = 0.004  # between two modules, for keys that come meanwhile
MODULES = (
    "chatviewer.tui.rendering.markdown",
    "chatviewer.tui.rendering.tool_call.registry",
    "chatviewer.tui.rendering.highlighting",
    "chatviewer.storage.annotations",
    "chatviewer.tui.modals.menu",
    "chatviewer.tui.modals.outline",
    "chatviewer.tui.modals.notice",
    "chatviewer.tui.modals.prompt",
    "chatviewer.tui.modals.copying",
    "chatviewer.tui.modals.filtering",
    "chatviewer.tui.modals.details",
    "chatviewer.tui.modals.note",
    "chatviewer.tui.rendering.touched",
    "chatviewer.exporters.registry",
    "chatviewer.tui.screens.help",
)


def warm_up(stop: threading.Event) -> Job:
    """Imports them, and what they import in their turn when they are first used; until `stop`."""

    def job() -> None:
        for name in MODULES:
            if stop.wait(_PAUSE_SECONDS):
                return
            import_module(name)
        from chatviewer.exporters.registry import exporters
        from chatviewer.tui.rendering.tool_call.registry import renderers

        renderers()
        exporters()
        gc.freeze()  # what is there now stays: looking through it for garbage would stop a key for tens of milliseconds

    return job
