"""A terminal that is no more. Its own session gets SIGHUP; a viewer that was started on a terminal of no session, or of another one, reads
nothing but the end of a file, which Textual would do again and again."""

import select
import threading
from collections.abc import Callable


def tell_hang_up(descriptor: int, tell: Callable[[], object]) -> None:
    """Call `tell`, from a thread that sleeps until then, once the other end of the terminal is closed; never where there is no `poll`."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(descriptor, 0)  # that it hung up is told always, and nothing else

    def wait() -> None:
        if any(event & select.POLLHUP for _, event in poll.poll()):
            tell()

    threading.Thread(target=wait, name="hang-up", daemon=True).start()
