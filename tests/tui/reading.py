"""A transcript under test: made-up conversations, an app around the view, the text on its screen."""

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.message import Message as TextualMessage
from textual.pilot import Pilot

from chatviewer.domain import Message, Role, ToolCall, ToolCallStatus
from chatviewer.tui.messages import BranchSwitched, FindProgressed, MessageHighlighted, OpenSession, RateReply, WorkFailed
from chatviewer.tui.widgets.transcript import TranscriptView
from chatviewer.tui.widgets.transcript_sample import ListSource, stubs_of, summary_of
from chatviewer.tui.widgets.transcript_source import TranscriptSource

OUTPUT = "\n".join(f"output line {number}" for number in range(5_000))


class ReadingApp(App[None]):
    """The view alone; keeps what it posts."""

    CSS = "TranscriptView { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[TextualMessage] = []

    def compose(self) -> ComposeResult:
        yield TranscriptView()

    @property
    def view(self) -> TranscriptView:
        return self.query_one(TranscriptView)

    def on_open_session(self, message: OpenSession) -> None:
        self.posted.append(message)

    def on_rate_reply(self, message: RateReply) -> None:
        self.posted.append(message)

    def on_branch_switched(self, message: BranchSwitched) -> None:
        self.posted.append(message)

    def on_find_progressed(self, message: FindProgressed) -> None:
        self.posted.append(message)

    def on_message_highlighted(self, message: MessageHighlighted) -> None:
        self.posted.append(message)

    def on_work_failed(self, message: WorkFailed) -> None:
        self.posted.append(message)

    def last(self, kind: type[TextualMessage]) -> TextualMessage:
        return next(message for message in reversed(self.posted) if isinstance(message, kind))


def conversation(count: int) -> list[Message]:
    """Prompts and replies in turn; every tenth message calls a tool with a long output."""
    return [
        Message(
            uid=f"m{seq}",
            seq=seq,
            role=Role.ASSISTANT if seq % 2 else Role.USER,
            parent_uid=f"m{seq - 1}" if seq else None,
            content=f"message number {seq}\n\n" + "some **bold** words and `code` " * (seq % 7 * 5),
            thinking="thought\n" * 5 if seq % 2 else "",
            tool_calls=(call(f"c{seq}", OUTPUT),) if seq % 10 == 1 else (),
        )
        for seq in range(count)
    ]


def call(uid: str, result: str, **fields: object) -> ToolCall:
    made = ToolCall(uid=uid, tool_name="Bash", arguments={"command": "make"}, result=result, status=ToolCallStatus.COMPLETED)
    return made._replace(**fields)  # type: ignore[arg-type]


async def settle(pilot: Pilot[None]) -> None:
    """Until every page that is wanted is there."""
    view = pilot.app.query_one(TranscriptView)
    for _ in range(200):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        if not view._is_fetching and view._is_complete:
            return
    raise AssertionError("pages kept on being fetched")


async def show(pilot: Pilot[None], messages: Sequence[Message], source: TranscriptSource | None = None, **where: object) -> TranscriptView:
    view = pilot.app.query_one(TranscriptView)
    view.focus()
    view.show(summary_of(messages), stubs_of(messages), source or ListSource(messages), **where)  # type: ignore[arg-type]
    await settle(pilot)
    return view


def screen(view: TranscriptView) -> list[str]:
    """The text on the screen, row by row."""
    return ["".join(segment.text for segment in view.render_line(y)).rstrip() for y in range(view.size.height)]


def cursor_line(view: TranscriptView) -> int:
    return next(y for y, (position, _row) in enumerate(view.visible_lines()) if position == view.cursor)
