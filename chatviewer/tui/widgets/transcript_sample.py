"""A made-up session that shows what a transcript can hold, and a small app around it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from chatviewer.domain import Attachment, Message, MessageStub, Rating, Role, SessionStatus, SessionSummary, ToolCall, ToolCallStatus
from chatviewer.tui.line_filter import with_control_filter
from chatviewer.tui.rendering.message import Child
from chatviewer.tui.widgets.transcript import TranscriptView

DONE, FAILED, PENDING = ToolCallStatus.COMPLETED, ToolCallStatus.FAILED, ToolCallStatus.PENDING
START = datetime(2026, 3, 4, 14, 2, tzinfo=UTC)
MODEL = "claude-opus-4-1"

ANSWER = """The fixture shares **one database file** between tests, and `pytest-xdist` runs two of them at a time. So:

1. give every test *its own* file below `tmp_path`,
2. open it with a context manager, so that it is closed.

```python
@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "test.db") as database:
        yield database  # closed whatever the test does
```

> A shared file is a shared lock.

| what | before | after |
|------|-------:|------:|
| failures in 100 runs | 11 | 0 |
| 日本語 in a cell | 3.2 s | 3.4 s |

- [x] reproduce
- [ ] see [the notes](https://example.org/notes) and $O(n \\log n)$
"""
OUTPUT = (
    "\x1b[1m===== test session starts =====\x1b[0m\ncollected 84 items\n\n\x1b[32m"
    + "." * 84
    + "\x1b[0m [100%]\n\n\x1b[32m84 passed\x1b[0m in 2.91s"
)


class ListSource:
    """A transcript's source over a list."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.by_seq = {message.seq: message for message in messages}

    def messages(self, seqs: Sequence[int]) -> list[Message]:
        return [self.by_seq[seq] for seq in seqs if seq in self.by_seq]

    def child(self, uid: str) -> Child | None:
        last = [message for message in self.by_seq.values() if message.content][-2:]
        return Child(len(self.by_seq), tuple(last)) if uid == "child" else None

    def matching_seqs(self, text: str) -> list[int]:
        return [seq for seq, message in self.by_seq.items() if text.casefold() in message.content.casefold()]


def _call(
    name: str, result: str | None, duration_ms: int | None, /, status: ToolCallStatus = DONE, child: str | None = None, **arguments: Any
) -> ToolCall:
    error = result.split("\n")[0] if result and status is FAILED else None
    return ToolCall(
        uid=f"call-{name}",
        tool_name=name,
        arguments=arguments,
        result=result,
        duration_ms=duration_ms,
        status=status,
        error_message=error,
        child_uid=child,
    )


def sample_calls() -> tuple[ToolCall, ...]:
    """One call of every kind of tool."""
    fixture = "import pytest\n\n\n@pytest.fixture\ndef database(tmp_path):\n    return open(tmp_path / 'test.db')\n"
    steps = [("Reproduce the failure", "completed"), ("Give each test its own file", "in_progress"), ("Run the tests 100 times", "pending")]
    return (
        _call("Read", "     1→import pytest\n     2→db = open('test.db')", 12, file_path="tests/conftest.py"),
        _call(
            "Edit", "Updated.", 140, file_path="tests/conftest.py", old_string="import pytest\ndb = open('test.db')\n", new_string=fixture
        ),
        _call("Bash", f"{OUTPUT}\nExit code: 0", 3_140, command="pytest -q -n 2", description="Run the tests"),
        _call("Grep", "tests/conftest.py\ntests/test_import.py", None, pattern=r"test\.db", path="tests"),
        _call("Bash", "make: *** No rule to make target 'lint'.  Stop.\nExit code: 2", 220, FAILED, command="make lint"),
        _call("TodoWrite", "ok", None, todos=[{"content": content, "status": status} for content, status in steps]),
        _call(
            "Task",
            "Nothing else.",
            65_000,
            DONE,
            "child",
            subagent_type="explorer",
            description="Other shared files",
            prompt="Look **everywhere**.",
        ),
        _call(
            "mcp__tracker__create", None, None, PENDING, title="Flaky test", labels=["test", "flaky"], assignee=None, estimate={"hours": 2}
        ),
        _call("WebFetch", "# Fixtures\n\nA fixture's **scope** says how long it lives.", 1_800, url="https://docs.example.org/fixtures"),
    )


def sample_messages() -> list[Message]:
    """One of everything, with a branch: the second prompt was asked in two ways."""
    calls = sample_calls()
    user, assistant, system = Role.USER, Role.ASSISTANT, Role.SYSTEM
    rows: list[tuple[Role, str, str | None, dict[str, object]]] = [
        (user, "The import test fails one run in ten.\nWhy?", None, {}),
        (system, "The user opened tests/conftest.py.\nDo not mention this.", "m0", {"metadata": {"kind": "system_reminder"}}),
        (
            assistant,
            "Let me look at the fixture first.",
            "m1",
            {"thinking": "One in ten smells of a race.\n" * 14, "tool_calls": calls[:5]},
        ),
        (assistant, "", "m2", {"tool_calls": calls[5:], "output_tokens": 310}),
        (assistant, ANSWER, "m3", {"output_tokens": 1_240, "rating": Rating(uid="m4", value=4)}),
        (
            user,
            "Good. Now the same for the export test.",
            "m4",
            {"attachments": (Attachment(name="log.txt", media_type="text/plain", text="a\nb\nc"),)},
        ),
        (
            user,
            "Good. Is the export test safe too?",
            "m4",
            {"attachments": (Attachment(name="shot.png", media_type="image/png", byte_count=48_231),)},
        ),
        (assistant, "It writes to `tmp_path` already; it is **safe**. 安全です。 🎉", "m6", {"note": "The reply that settled it."}),
        (Role.TOOL, "\n".join(f"line {number} of a result whose call is unknown" for number in range(1, 31)), "m7", {"tool_name": "exec"}),
    ]
    messages: list[Message] = []
    for seq, (role, content, parent, more) in enumerate(rows):
        message = Message(uid=f"m{seq}", seq=seq, role=role, content=content, parent_uid=parent, created_at=START + timedelta(minutes=seq))
        messages.append(message._replace(model=MODEL if role is assistant else None, **more))  # type: ignore[arg-type]
    return messages


def stubs_of(messages: Sequence[Message]) -> list[MessageStub]:
    """What the library keeps of messages to lay a transcript out."""
    seq_of = {message.uid: message.seq for message in messages}
    return [
        MessageStub(
            message.seq,
            seq_of.get(message.parent_uid or "", -1),
            message.role,
            len(message.content),
            len(message.thinking),
            len(message.tool_calls),
            message.rating.value if message.rating else 0,
        )
        for message in messages
    ]


def summary_of(messages: Sequence[Message], uid: str = "sample") -> SessionSummary:
    """A session's row for these messages."""
    first, last = (messages[0].created_at, messages[-1].created_at) if messages else (None, None)
    return SessionSummary(
        1, uid, "claude-code", uid, "/src/api", "Fix the flaky import test", MODEL, SessionStatus.ACTIVE, False, None, (), len(messages),
        sum(len(message.tool_calls) for message in messages), None, None, first, last, None, 0, False, False,
    )  # fmt: skip


class SampleScreen(Screen[None]):
    """The transcript, and a line to find words in it."""

    def compose(self) -> ComposeResult:
        yield TranscriptView(id="transcript")
        yield Input(placeholder="find", id="find", classes="-hidden", compact=True)

    def on_mount(self) -> None:
        messages = sample_messages()
        self.transcript.show(summary_of(messages), stubs_of(messages), ListSource(messages))
        self.transcript.focus()

    @property
    def transcript(self) -> TranscriptView:
        return self.query_one(TranscriptView)

    def action_find(self) -> None:
        self.query_one(Input).focus()

    def action_find_next(self) -> None:
        self.transcript.find_next()

    def action_note(self) -> None:
        self.transcript.find_previous()

    def action_back(self) -> None:
        self.transcript.end_find()
        self.transcript.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.transcript.find(event.value)

    def on_input_submitted(self) -> None:
        self.transcript.focus()


class SampleApp(App[None]):
    """`python -m chatviewer.tui.widgets.transcript`."""

    CSS = "Input { dock: bottom; } TranscriptView { width: 1fr; height: 1fr; }"

    def get_default_screen(self) -> Screen[None]:
        return SampleScreen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return with_control_filter(super().get_line_filters())
