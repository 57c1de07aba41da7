"""Every format over the same sessions: valid, complete, harmless."""

import json
from datetime import timedelta
from html.parser import HTMLParser
from io import StringIO

import pytest

from chatviewer.domain import ContextItem, Message, Rating, Role, Session
from chatviewer.errors import RefusedError, UsageError
from chatviewer.exporters.base import Exporter, ExportReader
from chatviewer.exporters.context import remembered
from chatviewer.exporters.markdown import fenced
from chatviewer.exporters.registry import exporters, find_exporter
from tests.exporters.conftest import full_session
from tests.exporters.shelf import NOON, Shelf


def written(name: str, shelf: Shelf) -> str:
    out = StringIO()
    find_exporter(name).write(shelf, iter(shelf.summaries()), out)
    return out.getvalue()


def test_the_formats() -> None:
    assert [each.format for each in exporters()] == ["context", "html", "json", "jsonl", "md", "training"]
    assert all(each.label and each.extension.startswith(".") for each in exporters())
    with pytest.raises(UsageError, match="html, json, jsonl, md"):
        find_exporter("pdf")


def test_jsonl_is_the_document_of_show(shelf: Shelf) -> None:
    lines = written("jsonl", shelf).splitlines()
    assert len(lines) == 1
    document = json.loads(lines[0])
    assert document["schema_version"] == 1
    session = document["session"]
    assert session["uid"] == "s1"
    assert session["title"] == full_session().title
    assert session["starred"] is False
    assert session["status"] == "active"
    assert session["rating"] == 4
    assert session["tags"] == ["release", "two words"]
    assert session["started_at"] == "2026-03-01T12:00:00.123Z"
    assert session["parent"] is None
    assert session["summary"] == "It was the fixture."
    assert session["system_prompt"] == "Be brief."
    assert session["metadata"] == {"cwd": "/home/ada/api"}
    assert session["note"] == "mine"
    assert session["context_items"][0]["value"] == {"is": "Ada"}
    assert [message["seq"] for message in document["messages"]] == [0, 1, 2, 3]
    assert [message["parent"] for message in document["messages"]] == [None, "m1", "m1", "m3"]
    reply = document["messages"][2]
    assert reply["thinking"] == "hm \ud800"
    assert (reply["rating"], reply["rating_text"], reply["note"]) == (4, "good", "keep")
    assert reply["created_at"] is None
    assert reply["attachments"][1]["text"] == "pasted words"
    assert reply["tool_calls"] == [
        {
            "uid": "c1",
            "tool_call_id": "toolu_1",
            "name": "Bash",
            "arguments": {"command": "pytest -q", "deep": [1, None, {"a": True}]},
            "result": "1 failed\x1b[31m\n",
            "status": "failed",
            "error": "1 failed",
            "started_at": "2026-03-01T12:00:00.123Z",
            "duration_ms": 3200,
            "child": "s2",
        }
    ]
    assert document["messages"][3]["tool_name"] == "Grep"


def test_json_holds_the_same_documents(shelf: Shelf) -> None:
    document = json.loads(written("json", shelf))
    assert document["schema_version"] == 1
    assert document["sessions"] == [json.loads(written("jsonl", shelf))]
    assert json.loads(written("json", Shelf())) == {"schema_version": 1, "sessions": []}


@pytest.mark.parametrize("exporter", [each for each in exporters() if each.is_data], ids=lambda each: each.format)
def test_data_formats_hold_no_control(exporter: Exporter) -> None:
    text = written(exporter.format, Shelf(full_session(), preferences={"allow_training": True}))
    assert text
    assert all(char == "\n" or char.isprintable() for char in text)
    text.encode("utf-8")


def test_markdown_keeps_content_and_closes_its_fences(shelf: Shelf) -> None:
    text = written("md", shelf)
    assert "Why does <script>alert(1)</script> fail?" in text
    assert "branch 2 of 2" in text
    assert "★★★★☆" in text
    assert "First answer" in text
    assert text.count("\n```") % 2 == 0
    assert fenced("a\n````\nb") == "`````\na\n````\nb\n`````"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_html_fetches_and_runs_nothing(shelf: Shelf) -> None:
    text = written("html", shelf)
    parser = _Tags()
    parser.feed(text)
    names = [tag for tag, _ in parser.tags]
    assert "script" not in names
    assert "link" not in names
    assert [attributes["src"] for tag, attributes in parser.tags if tag == "img"] == ["data:image/png;base64,iVBORw0KGgogZmFrZQ=="]
    assert [attributes["href"] for tag, attributes in parser.tags if tag == "a"] == ["https://example.org/a?b=1&c=2"]
    assert not [name for _, attributes in parser.tags for name in attributes if name.startswith("on")]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "x = 1 &lt; 2" in text
    assert "\x1b" not in text
    assert "\x07" not in text
    text.encode("utf-8")


def test_context_pack_obeys_its_preferences() -> None:
    items = (
        ContextItem(type="fact", key="old", value="gone", expires_at=NOON - timedelta(days=10_000)),
        ContextItem(type="fact", key="low", value="later", priority=1),
        ContextItem(type="fact", key="high", value="sooner", priority=9),
    )
    session = full_session()._replace(context_items=items, system_prompt="")
    wishes = {
        "preferred_model": "opus",
        "default_system_prompt": "Default words.",
        "response_tone": "direct",
        "max_context_messages": 1,
    }
    text = written("context", Shelf(session, preferences=wishes))
    assert "Model: opus" in text
    assert "Default words." in text
    assert "Tone: direct" in text
    assert "Length" not in text
    assert text.index("sooner") < text.index("later")
    assert "gone" not in text
    assert "First answer" in text  # the current branch
    assert "Second" not in text
    assert "Why does" not in text  # only the last message
    assert "later" not in written("context", Shelf(session, preferences={"context_memory": False}))
    assert "Be brief." in written("context", Shelf(full_session(), preferences=wishes))


def test_context_items_by_priority_then_name() -> None:
    items = [ContextItem(type="t", key=key, value=1, priority=priority) for key, priority in (("b", 1), ("a", 1), ("c", 5))]
    assert [item.key for item in remembered(items, NOON)] == ["c", "a", "b"]


def test_training_is_refused_unless_allowed(shelf: Shelf) -> None:
    out = StringIO()
    with pytest.raises(RefusedError, match="allow_training"):
        find_exporter("training").write(shelf, shelf.summaries(), out)
    assert out.getvalue() == ""


def test_training_holds_rated_replies_with_what_led_to_them() -> None:
    lines = written("training", Shelf(full_session(), preferences={"allow_training": True})).splitlines()
    assert len(lines) == 1
    example = json.loads(lines[0])
    assert [message["role"] for message in example["messages"]] == ["system", "user", "assistant", "tool"]
    assert example["rating"] == 4
    call = example["messages"][2]["tool_calls"][0]
    assert json.loads(call["function"]["arguments"])["command"] == "pytest -q"
    assert example["messages"][3]["tool_call_id"] == call["id"] == "toolu_1"


def test_long_sessions_are_read_in_pages() -> None:
    messages = tuple(Message(uid=f"m{n}", seq=n, role=Role.USER, content="x" * 200_000) for n in range(64))
    shelf = Shelf(Session(uid="s", source="x", source_id="y", messages=messages))
    out = StringIO()
    find_exporter("jsonl").write(shelf, shelf.summaries(), out)
    assert max(shelf.pages[1:]) <= 16
    assert sum(shelf.pages) == 64
    assert len(json.loads(out.getvalue())["messages"]) == 64


def test_a_rating_without_words(shelf: Shelf) -> None:
    session = full_session()
    rated = session.messages[2]._replace(rating=Rating(uid="m3", value=1))
    shelf = Shelf(session._replace(messages=(*session.messages[:2], rated)))
    assert json.loads(written("jsonl", shelf))["messages"][2]["rating_text"] == ""


def test_a_library_is_a_reader() -> None:
    reader: ExportReader = Shelf()
    assert reader.preferences()["redact_exports"] is True
