"""A terminal that is no more. Its own session gets SIGHUP; a viewer that was started on a terminal of no session, or of another one, only
reads the end of a file, and Textual reads it again and again. What it writes fails, and with it Textual's thread for that: who writes more
than its queue takes then waits for ever."""

import os
import select
import threading
import time
from collections.abc import Callable

_PATIENCE_SECONDS = 5.0  # for the ordinary way out


def tell_hang_up(descriptor: int, tell: Callable[[], object]) -> None:
    """Call `tell`, from a thread that sleeps until then, once the other end of the terminal is closed; never where there is no `poll`.

    What is written to it from then on goes nowhere. Who has not ended the process a moment later cannot: it is ended here, with 1. That
    costs no more than a kill, after which the database is sound.
    """
    if not hasattr(select, "poll"):
        return

    def wait() -> None:
        if _is_hung_up(descriptor, None):
            nowhere = os.open(os.devnull, os.O_RDWR)
            for each in (0, 1, 2):
                if _is_hung_up(each, 0):
                    os.dup2(nowhere, each)
            tell()
            time.sleep(_PATIENCE_SECONDS)
            os._exit(1)

    threading.Thread(target=wait, name="hang-up", daemon=True).start()


def _is_hung_up(descriptor: int, timeout: int | None) -> bool:
    """Whether nobody holds the other end, now (0) or as soon as something is to be said about it (None)."""
    poll = select.poll()
    poll.register(descriptor, 0)  # a hang-up is told always, and nothing else
    return any(event & select.POLLHUP for _, event in poll.poll(timeout))
