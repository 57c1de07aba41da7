"""A thread that does jobs for the screens: fetches and changes. Jobs return a message, which is posted; handlers change state.

A job with a key takes the place of a waiting job with the same key: of ten previews asked for in a row only the last is fetched.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from textual.message import Message

from chatviewer.crash import record
from chatviewer.errors import ChatviewerError
from chatviewer.tui.messages import WorkFailed

Job = Callable[[], Message | None]


class Receiver(Protocol):
    """Anything that takes messages from other threads: an App, a screen, a widget."""

    def post_message(self, message: Message) -> bool: ...


class JobThread:
    """Does jobs one after the other, in the order they came. One thread: one connection to the database."""

    def __init__(self, name: str, receiver: Receiver) -> None:
        self._receiver = receiver
        self._jobs: dict[object, Job] = {}
        self._changed = threading.Condition()
        self._is_stopped = False
        self._is_busy = False
        self._doing: object = None  # the slot of the job that is being done
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_started = False

    def submit(self, job: Job, key: str | None = None) -> None:
        """Do this job after those that wait. Jobs without a key are never dropped."""
        with self._changed:
            if not self._is_started:
                self._is_started = True
                self._thread.start()
            slot: object = key if key is not None else object()
            self._jobs.pop(slot, None)
            self._jobs[slot] = job
            self._changed.notify_all()

    @property
    def is_idle(self) -> bool:
        with self._changed:
            return not self._jobs and not self._is_busy

    def is_doing(self, *keys: str) -> bool:
        """Whether a job with one of these keys, or "key-..." for one of several, waits or is being done."""
        with self._changed:
            return any(isinstance(slot, str) and slot.partition("-")[0] in keys for slot in (self._doing, *self._jobs))

    def stop(self, timeout_seconds: float = 2.0) -> None:
        """Finish what was begun and end. What waits under a key is dropped, changes are still made."""
        with self._changed:
            self._is_stopped = True
            self._jobs = {slot: job for slot, job in self._jobs.items() if not isinstance(slot, str)}
            self._changed.notify_all()
        if self._is_started:
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_busy, self._doing = False, None
                self._changed.wait_for(lambda: self._jobs or self._is_stopped)
                if not self._jobs:
                    return
                slot = next(iter(self._jobs))
                job = self._jobs.pop(slot)
                self._is_busy, self._doing = True, slot
            message = run_job(job)
            if isinstance(message, WorkFailed):
                message.key = slot if isinstance(slot, str) else ""
            if message is not None:
                self._receiver.post_message(message)


def run_job(job: Job) -> Message | None:
    """What the job returns, or `WorkFailed` with one plain sentence."""
    try:
        return job()
    except ChatviewerError as error:
        return WorkFailed(str(error))
    except Exception as error:  # the wall of a thread: without it the thread would die, and the screen wait for ever
        return WorkFailed(record(error))


def attempt(receiver: Receiver, job: Job) -> None:
    """Do a job in a thread of somebody else's, and post what it returns, or why it failed."""
    message = run_job(job)
    if message is not None:
        receiver.post_message(message)
