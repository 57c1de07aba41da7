"""What reading costs in CPU, as ratios to a session of 100 messages: opening, paging, jumping, folding all, resizing; the same, with
groups and sub-agents, for lists of 1,000, 10,000 and 100,000 sessions; and the memory that all of it took at its peak.

    python benchmarks/reading.py

Ratios of one run on one machine; the milliseconds are for the curious.
"""

import asyncio
import gc
import resource
import sys
import time
from array import array
from collections.abc import Awaitable, Callable
from datetime import timedelta

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from chatviewer.domain import Message, Role, SessionSummary, ToolCall, ToolCallStatus
from chatviewer.tui.messages import SummariesNeeded
from chatviewer.tui.widgets.row_layout import Heading
from chatviewer.tui.widgets.session_list import SessionList
from chatviewer.tui.widgets.session_rows import SessionRows
from chatviewer.tui.widgets.transcript import TranscriptView
from chatviewer.tui.widgets.transcript_sample import ANSWER, START, ListSource, stubs_of, summary_of

SIZES = (100, 1_000, 10_000)
LIST_SIZES = (1_000, 10_000, 100_000)
HUGE_OUTPUT = "\n".join(f"{number}: a line of a tool's output, such as a build log" for number in range(5_000))


def conversation(count: int) -> list[Message]:
    """Prompts and replies in turn; each tenth reply calls a tool, and one message holds a line of a megabyte."""
    messages = []
    for seq in range(count):
        role = Role.ASSISTANT if seq % 2 else Role.USER
        call = ToolCall(uid=f"c{seq}", tool_name="Bash", arguments={"command": "make"}, result=HUGE_OUTPUT, status=ToolCallStatus.COMPLETED)
        messages.append(
            Message(
                uid=f"m{seq}",
                seq=seq,
                role=role,
                parent_uid=f"m{seq - 1}" if seq else None,
                content="word " * 200_000
                if seq == 40
                else f"{ANSWER}\n\nnumber {seq}"
                if role is Role.ASSISTANT
                else f"Question {seq}, please?",
                created_at=START + timedelta(seconds=seq),
                tool_calls=(call,) if seq % 20 == 1 else (),
            )
        )
    return messages


class ReadingApp(App[None]):
    CSS = "TranscriptView { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield TranscriptView()


async def settle(pilot: Pilot[None]) -> None:
    """Until no page is under way."""
    for _ in range(20):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def cpu(pilot: Pilot[None], act: Callable[[], Awaitable[object] | object], times: int = 1) -> float:
    """Milliseconds of CPU for one of `times` repetitions, what the screen then draws included."""
    gc.collect()
    start = time.process_time()
    for _ in range(times):
        result = act()
        if isinstance(result, Awaitable):
            await result
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    return (time.process_time() - start) * 1_000 / times


async def measure(count: int) -> dict[str, float]:
    messages = conversation(count)
    stubs, source, summary = stubs_of(messages), ListSource(messages), summary_of(messages)
    figures: dict[str, float] = {}
    app = ReadingApp()
    async with app.run_test(size=(120, 36)) as pilot:
        view = app.query_one(TranscriptView)
        view.focus()
        view.show(summary, stubs, source)
        await settle(pilot)
        view.clear()
        await settle(pilot)
        figures["idle pause"] = await cpu(pilot, lambda: None, 10)
        figures["open"] = await cpu(pilot, lambda: view.show(summary, stubs, source))
        await settle(pilot)
        figures["j"] = await cpu(pilot, view.action_cursor_down, 30)
        figures["page down"] = await cpu(pilot, view.action_page_down, 10)
        figures["J"] = await cpu(pilot, view.action_next_message, 10)
        figures["end"] = await cpu(pilot, view.action_last)
        await settle(pilot)
        figures["page up"] = await cpu(pilot, view.action_page_up, 10)
        figures["first"] = await cpu(pilot, view.action_first)
        figures["to the middle"] = await cpu(pilot, lambda: view.go_to_message(count // 2))
        await settle(pilot)
        figures["unfold all"] = await cpu(pilot, view.action_unfold_all)
        figures["fold all"] = await cpu(pilot, view.action_fold_all)
        figures["resize"] = await cpu(pilot, lambda: pilot.resize_terminal(100, 36))
        await settle(pilot)
    return figures


class ListApp(App[None]):
    """The list alone; its rows come at once."""

    CSS = "SessionList { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield SessionList(lambda: START)

    def on_summaries_needed(self, event: SummariesNeeded) -> None:
        self.query_one(SessionList).put_summaries([row_of(id_) for id_ in event.ids])


def row_of(id_: int) -> SessionSummary:
    return summary_of([], f"uid-{id_}")._replace(id=id_, title=f"Session number {id_}", last_message_at=START, child_count=5)


async def measure_list(count: int) -> dict[str, float]:
    """A list of so many sessions under a heading for every hundred."""
    rows = SessionRows(array("q", range(1, count + 1)), [Heading(row, f"Day {row // 100}", 100) for row in range(0, count, 100)])
    figures: dict[str, float] = {}
    app = ListApp()
    async with app.run_test(size=(120, 36)) as pilot:
        sessions = app.query_one(SessionList)
        sessions.focus()
        await pilot.pause()
        figures["idle pause"] = await cpu(pilot, lambda: None, 10)
        figures["open"] = await cpu(pilot, lambda: sessions.show(rows))
        figures["j"] = await cpu(pilot, sessions.action_cursor_down, 30)
        figures["page down"] = await cpu(pilot, sessions.action_page_down, 10)
        figures["end"] = await cpu(pilot, sessions.action_last)
        figures["page up"] = await cpu(pilot, sessions.action_page_up, 10)
        figures["first"] = await cpu(pilot, sessions.action_first)
        figures["next group"] = await cpu(pilot, sessions.action_next_group, 10)
        figures["previous group"] = await cpu(pilot, sessions.action_previous_group, 10)
        parent = rows.session_id(sessions.cursor)
        agents = [row_of(count + number)._replace(parent_uid="x") for number in range(1, 6)]
        figures["unfold"] = await cpu(pilot, lambda: sessions.put_children(parent, agents))
        figures["fold"] = await cpu(pilot, sessions.toggle_agents)
        figures["mark all"] = await cpu(pilot, sessions.action_mark_all)
        figures["resize"] = await cpu(pilot, lambda: pilot.resize_terminal(100, 36))
    return figures


def report(table: dict[int, dict[str, float]], what: str) -> None:
    """A column for each size; ratios to the first."""
    print(f"{'':16}" + "".join(f"{f'{count:,} {what}':>24}" for count in table))
    for name, base in next(iter(table.values())).items():
        print(f"{name:16}" + "".join(f"{figures[name]:>14.1f} ms {figures[name] / max(base, 0.1):>5.1f}x" for figures in table.values()))
    print(f"peak memory of the process so far: {peak_megabytes():,.0f} MB\n")


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1_000_000 if sys.platform == "darwin" else 1_000)


async def main() -> None:
    print(f"memory at the start: {peak_megabytes():,.0f} MB\n")
    await measure_list(SIZES[0])  # warms up imports and caches
    report({count: await measure_list(count) for count in LIST_SIZES}, "sessions")
    await measure(SIZES[0])
    report({count: await measure(count) for count in SIZES}, "messages")


if __name__ == "__main__":
    asyncio.run(main())
