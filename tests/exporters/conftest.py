"""A session with everything that an export must carry."""

import pytest

from chatviewer.domain import Attachment, ContextItem, Message, Rating, Role, Session, ToolCall, ToolCallStatus
from tests.exporters.shelf import NOON, Shelf

PIXEL = b"\x89PNG\r\n\x1a\n fake"


def full_session() -> Session:
    """A prompt, two alternative replies, a call with its result, a rating, a note, an image; a hostile title."""
    call = ToolCall(
        uid="c1",
        tool_name="Bash",
        tool_call_id="toolu_1",
        arguments={"command": "pytest -q", "deep": [1, None, {"a": True}]},
        result="1 failed\x1b[31m\n",
        status=ToolCallStatus.FAILED,
        error_message="1 failed",
        started_at=NOON,
        duration_ms=3200,
        child_uid="s2",
    )
    return Session(
        uid="s1",
        source="claude-code",
        source_id="abc",
        project="/home/ada/api",
        title="Fix <b>it</b> \x1b]52;c;aGk=\x07 now",
        summary="It was the fixture.",
        system_prompt="Be brief.",
        model="claude-opus",
        current_uid="m2",
        started_at=NOON,
        last_message_at=NOON,
        input_tokens=10,
        output_tokens=20,
        metadata={"cwd": "/home/ada/api"},
        context={"os": "linux"},
        context_items=(ContextItem(type="fact", key="name", value={"is": "Ada"}, priority=2, expires_at=NOON),),
        note="mine",
        messages=(
            Message(uid="m1", seq=0, role=Role.USER, content="Why does <script>alert(1)</script> fail?", created_at=NOON),
            Message(uid="m2", seq=1, role=Role.ASSISTANT, content="First answer", parent_uid="m1"),
            Message(
                uid="m3",
                seq=2,
                role=Role.ASSISTANT,
                content="Second:\n```python\nx = 1 < 2\n```\nsee https://example.org/a?b=1&c=2.",
                thinking="hm \ud800",
                parent_uid="m1",
                model="claude-opus",
                input_tokens=10,
                output_tokens=20,
                rating=Rating(uid="m3", value=4, text="good"),
                note="keep",
                tool_calls=(call,),
                attachments=(
                    Attachment(media_type="image/png", name="shot.png", byte_count=len(PIXEL), sha256="f" * 64),
                    Attachment(media_type="text/plain", name="log.txt", text="pasted words"),
                ),
                metadata={"kind": "reply"},
            ),
            Message(uid="m4", seq=3, role=Role.TOOL, content="orphan", parent_uid="m3", tool_name="Grep", tool_call_id="toolu_9"),
        ),
    )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(full_session(), data={"f" * 64: PIXEL})
