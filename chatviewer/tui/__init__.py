"""The viewer. The only package that says textual."""

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatviewer.storage.library import Library


def run(library: "Library", *, is_watching: bool = False) -> int:
    """Open the viewer; the exit code once it is left. With `is_watching` it looks for new chats on its own, if the preference allows."""
    gc.disable()  # until the first frame: nothing that is made up to there is garbage, and looking for it takes a tenth of the start
    from chatviewer.tui.app import ChatviewerApp

    app = ChatviewerApp(library, is_watching=is_watching)
    try:
        app.run()
    except OSError:
        if not app.return_code:  # the terminal went away: nobody is left to tell
            return 1
    if app.crash:
        sys.stderr.write(f"{app.crash}\n")
    return app.return_code or 0
