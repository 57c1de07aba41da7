"""Keys that come faster than the viewer follows them: each is acted on only when what the one before it began is over.

Textual hands a key to what has the focus at that moment, while the focus itself moves some messages later, and what a key asks for (a
session, a menu, the hits of a query) comes from another thread. So that keys typed ahead do what they would do if they were typed slowly,
a key waits until the messages of the one before it have been handled and until nothing is due that it may be meant for. It never waits
longer than `LONGEST_SECONDS`: a viewer that does not answer is worse than a key that goes astray.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual import events
from textual.app import App, ScreenStackError
from textual.command import CommandPalette
from textual.message_pump import MessagePump
from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    from textual.widget import Widget

LONGEST_SECONDS = 1.5
_LOOK_SECONDS = 0.004  # between two looks whether what is due has come
_ROUNDS = 12  # at most, through the messages that a key set off
_EDITING = {"backspace", "delete", "left", "right", "home", "end", "space"}
_AT_ONCE = {"ctrl+q", "ctrl+c"}  # never wait

Typed = events.Key | events.Paste


@runtime_checkable
class Expecting(Protocol):
    """A screen for which something may be under way that keys have asked for."""

    def is_expecting(self, *, is_text: bool) -> bool:
        """Whether a key has to wait for it; `is_text`: it would only be written where the focus is."""


class TypedAhead:
    """Lets keys through to an App one at a time. `act` is what the App does with a key."""

    def __init__(self, app: App[int], act: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._act = act
        self._waiting: deque[Typed] = deque()
        self._task: asyncio.Task[None] | None = None
        self._has_given_up = False  # on what is due now

    @property
    def is_idle(self) -> bool:
        """Whether no key waits or is being followed."""
        return self._task is None

    async def take(self, typed: Typed) -> None:
        """Act on a key now, or once those before it are done with."""
        if isinstance(typed, events.Key) and typed.key in _AT_ONCE:
            await self._act(typed)
        elif self._task is not None:
            self._waiting.append(typed)
        elif self._must_wait(typed):
            self._waiting.append(typed)
            self._task = asyncio.create_task(self._follow())
        else:
            self._task = asyncio.create_task(self._follow())
            await self._act(typed)

    async def _follow(self) -> None:
        try:
            await self._let_settle()
            while self._waiting:
                await self._wait_for_turn(self._waiting[0])
                typed, done = self._waiting.popleft(), asyncio.Event()
                if not self._app.call_later(self._pass_on, typed, done):
                    return  # the viewer ends
                await done.wait()
                await self._let_settle()
        except ScreenStackError:
            return  # the viewer ends
        finally:
            self._task = None

    async def _pass_on(self, typed: Typed, done: asyncio.Event) -> None:
        try:
            await self._act(typed)
        finally:
            done.set()

    # What is waited for

    async def _wait_for_turn(self, typed: Typed) -> None:
        end = monotonic() + LONGEST_SECONDS
        while self._must_wait(typed):
            if monotonic() > end:
                self._has_given_up = True
                return
            await asyncio.sleep(_LOOK_SECONDS)
            await self._let_settle()

    def _must_wait(self, typed: Typed) -> bool:
        """Whether something is due that this key may be meant for."""
        if not self._is_expecting(is_text=self._is_text(typed)):
            self._has_given_up = False
            return False
        return not self._has_given_up

    def _is_expecting(self, *, is_text: bool) -> bool:
        screen = self._app.screen
        if isinstance(screen, CommandPalette):
            return not is_text and any(worker.node is screen and not worker.is_finished for worker in self._app.workers)
        return isinstance(screen, Expecting) and screen.is_expecting(is_text=is_text)

    def _is_text(self, typed: Typed) -> bool:
        if not isinstance(self._app.focused, Input | TextArea):
            return False
        return isinstance(typed, events.Paste) or typed.is_printable or typed.key in _EDITING

    async def _let_settle(self) -> None:
        """Until the messages that a key set off are handled, unless something is busy for longer than a key may wait."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._go_round()
        except TimeoutError:
            return

    async def _go_round(self) -> None:
        """Up from what has the focus to the App, and again for the messages that those which were handled set off."""
        before: tuple[object, Widget | None] | None = None
        for number in range(_ROUNDS):
            focused, screen = self._app.focused, self._app.screen
            pumps: list[MessagePump] = [*(focused.ancestors_with_self if focused is not None else (screen, self._app))]
            is_quiet = not any(pump.message_queue_size for pump in pumps)
            if number > 1 and is_quiet and before == (screen, focused):
                return
            before = (screen, focused)
            for pump in pumps:
                if pump in (focused, screen, self._app) or pump.message_queue_size:
                    await _handled(pump)


async def _handled(pump: MessagePump) -> None:
    """Until a pump has handled what is in its queue now."""
    reached = asyncio.Event()
    if pump.call_later(reached.set):
        await reached.wait()
