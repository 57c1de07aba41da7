"""How long something takes by this thread's own work: what else the machine and the test run do does not count."""

import gc
import time
from collections.abc import Callable


def cpu_seconds(work: Callable[[], object], runs: int = 1) -> float:
    """Seconds of CPU of this thread, without a look for garbage of other tests; of several runs the least."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        taken = []
        for _ in range(runs):
            start = time.thread_time()
            work()
            taken.append(time.thread_time() - start)
        return min(taken)
    finally:
        if was_on:
            gc.enable()
