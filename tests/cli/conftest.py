"""The program run in-process, and a small library for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatviewer.__main__ import main
from chatviewer.domain import Attachment, Rating, Role, Session, ToolCallStatus
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_call, make_message, make_session


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; it must be harmless as it stands."""
        assert all(char == "\n" or char.isprintable() for char in self.out)
        document = json.loads(self.out)
        assert document["schema_version"] == 1
        return document


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("list", "--json")`"""

    def call(*words: str) -> Outcome:
        capsys.readouterr()
        code = main(words)
        return Outcome(code, *capsys.readouterr())

    return call


ESCAPES = "\x1b]52;c;aGk=\x07\x9b2J\u202e"


def branched_session() -> Session:
    """A prompt with two alternative replies; the first one calls a tool that fails, and is what the source shows."""
    call = make_call("m1", arguments={"command": "pytest -q", "deep": [1, None]}, result="1 failed\nlots", status=ToolCallStatus.FAILED)
    messages = (
        make_message("m0", f"Why is the import test flaky? {ESCAPES}", created_at=at(0)),
        make_message(
            "m1",
            "The fixture shares a database.",
            role=Role.ASSISTANT,
            parent="m0",
            thinking="one\ntwo",
            model="claude-opus",
            input_tokens=10,
            output_tokens=20,
            created_at=at(1),
            tool_calls=(call,),
            attachments=(Attachment(media_type="text/plain", name="log.txt", byte_count=12, text="pasted words"),),
        ),
        make_message("m2", "Another answer entirely.", role=Role.ASSISTANT, parent="m0", created_at=at(2)),
    )
    return make_session(
        "branched",
        messages,
        title=f"Fix the flaky test {ESCAPES}",
        system_prompt="Be brief.",
        summary="It was the fixture.",
        model="claude-opus",
        current_uid=messages[1].uid,
        metadata={"version": "1.0"},
        ratings=(Rating(uid=messages[2].uid, value=5, text="yes"),),
    )


@pytest.fixture
def filled(database_path: Path) -> list[Session]:
    """Three sessions in the usual database: one with branches, one of another source, one sub-agent."""
    sessions = [
        branched_session(),
        make_session("codex-1", ("Rename the config keys", "Done."), source="codex", project="/home/dev/infra", title="Rename the keys"),
        make_session("child", ("Look for it", "Found."), title="Explore", parent_uid=branched_session().uid),
    ]
    with Library.open(database_path) as library:
        fill(library, *sessions)
    return sessions
