"""Every example of docs/search.md is searched for, and finds what the words beside it say."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatviewer.domain import Attachment, Message, Role, RunState, Session, SessionStatus, ToolCallStatus
from chatviewer.domain.identity import session_uid
from chatviewer.query import parse
from chatviewer.query.fields import FIELDS
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "search.md"
NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)  # a Thursday

# Of each example the sessions that a search finds; a list finds the same but for the sub-agent.
EXAMPLES = {
    "flaky test": "flaky apart",
    '"import test"': "flaky",
    "pre*": "pre",
    "-word": "flaky apart pre api signs names old helper",
    "NOT word": "flaky apart pre api signs names old helper",
    "error OR warning": "api pre",
    "api error OR warning": "api",
    "api (error OR warning)": "api",
    "(read timeout) OR slow": "apart signs",
    "/time(d )?out/": "apart signs",
    "->": "signs",
    "!=": "signs",
    "getUserName": "names",
    "userName": "names",
    "user": "names",
    "src/models/user.py:42": "names",
    "user.py": "names",
    "models/user.py": "names",
    "v1.2.3": "names",
    "1.2.3": "names",
    "OAuth2Client": "names",
    "oauth2": "names",
    "2026-03-01T10:15:30Z": "names",
    "2026-03-01": "names",
    "640px": "names",
    "640": "names",
    "640 px": "names",
    "source:claude-code": "flaky apart pre api signs names words helper",
    "source:codex,chatgpt": "old",
    "source:codex": "old",
    'project:"my site"': "pre",
    "project:api": "flaky",
    "project:kit": "words",
    "project:none": "old",
    "model:opus": "flaky",
    "-model:mini": "flaky apart pre signs names old words helper",
    "role:user": "flaky apart pre api signs names old words helper",
    "tool:Bash": "api",
    "tool:Edit,Write": "signs",
    "tag:release": "pre",
    "tag:rel*": "pre",
    "tag:none": "flaky apart api signs names old words helper",
    "title:flaky": "flaky",
    'title:"import test"': "flaky",
    "rating:>=4": "api signs",
    "rating:5": "signs",
    "rating:none": "flaky apart pre names old words helper",
    "before:2026-03": "old",
    "before:7d": "flaky old",
    "after:2026-03-01": "flaky apart pre api signs names words helper",
    "after:yesterday": "apart pre api signs names words helper",
    "after:3w": "flaky apart pre api signs names words helper",
    "on:2026": "flaky apart pre api signs names words helper",
    "on:today": "pre api signs names words helper",
    "on:monday": "",
    "on:2026-03-01..2026-03-07": "flaky",
    "is:starred": "names",
    "is:unread": "apart",
    "is:archived": "archived",
    "is:trashed": "trashed",
    "is:any": "flaky apart pre api signs names old words archived trashed helper",
    "is:subagent": "helper",
    "has:error": "api",
    "has:image,code": "flaky pre",
    "in:text": "flaky apart pre api signs names old words helper",
    "in:thinking": "flaky apart pre api signs names old words helper",
    "in:tools": "flaky apart pre api signs names old words helper",
    "in:title": "flaky apart pre api signs names old words helper",
    "in:all": "flaky apart pre api signs names old words helper",
    "status:archived": "archived",
    "status:paused": "signs",
    "messages:>100": "old",
    "messages:10..20": "api",
    "tokens:>10k": "pre",
}


def made_session(source_id: str, messages: list[Message], **fields: Any) -> Session:
    return make_session(source_id, messages, **{"title": "Hay", "project": "/home/me/web", **fields})


def said(key: str, *texts: str, day: int = 12, year: int = 2026, **fields: Any) -> list[Message]:
    """A prompt and its replies; `fields` are those of the last one."""
    moment = datetime(year, 3, day, 9, 0, tzinfo=UTC)
    roles = [Role.USER, *[Role.ASSISTANT] * len(texts)]
    return [
        make_message(f"{key}-{number}", text, role=roles[number], created_at=moment, **(fields if number == len(texts) - 1 else {}))
        for number, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    failed = make_call(make_message("api-9").uid, status=ToolCallStatus.FAILED, result="word")
    edit = make_call(make_message("signs-1").uid, tool_name="Edit")
    image = (Attachment(media_type="image/png", name="x.png"),)
    names = "getUserName in src/models/user.py:42, v1.2.3 with OAuth2Client since 2026-03-01T10:15:30Z, 640px wide"
    made = [
        made_session(
            "flaky",
            said("flaky", "The import test", "```x```", day=3),
            title="A flaky import test",
            project="/home/me/api",
            model="claude-opus-4",
        ),
        made_session("apart", said("apart", "something flaky", "a test with a read timeout", day=11)),
        made_session("pre", said("pre", "a prefix", "warning", attachments=image), project="/home/me/my site", input_tokens=12_000),
        made_session("api", said("api", *["an api"] * 8, "hay", "an error", tool_calls=(failed,)), model="gpt-5-mini"),
        made_session("signs", said("signs", "p->next != 0", "it timed out, slow", tool_calls=(edit,)), run_state=RunState.PAUSED),
        made_session("names", said("names", names, "hay"), is_starred=True),
        made_session("old", said("old", *["hay"] * 101, year=2025), source="codex", project=""),
        made_session("words", said("words", "a word"), project="/home/me/my-kit"),
        made_session("helper", said("helper", "hay"), parent_uid=session_uid("claude-code", "names")),
        made_session("archived", said("archived", "hay")),
        made_session("trashed", said("trashed", "hay")),
    ]
    with Library.open(tmp_path_factory.mktemp("examples") / "chatviewer.db") as opened:
        fill(opened, *(each for each in made if each.source_id != "apart"))
        opened.finish_import({"claude-code"})
        fill(opened, made[1])
        uids = {each.source_id: each.uid for each in made}
        opened.add_tags([uids["pre"]], ["release"])
        opened.set_status([uids["archived"]], SessionStatus.ARCHIVED)
        opened.set_status([uids["trashed"]], SessionStatus.TRASHED)
        opened.rate(made[3].messages[1].uid, 4)
        opened.rate(made[4].messages[1].uid, 5)
        yield opened


def examples() -> set[str]:
    """The queries in backquotes: of the table and the sentences on words, and each field with a value."""
    text = DOCUMENT.read_text(encoding="utf-8")
    words = text[text.index("## Words") : text.index("## In the search box")]
    fields = [each for each in re.findall(r"`([^`]+)`", text) if re.match(rf"-?({'|'.join(FIELDS)}):[^ ]", each)]
    return {*re.findall(r"`([^`]+)`", words), *fields} - {"OR"}


def test_every_example_is_searched_for() -> None:
    assert examples() == set(EXAMPLES)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_finds_what_it_says(library: Library, text: str) -> None:
    query = parse(text, now=NOW)
    assert not query.problems
    names = {summary.id: summary.source_id for summary in library.summaries(library.session_ids(parse("is:any")))}
    expected = set(EXAMPLES[text].split())
    assert {names[hit.session_id] for hit in library.search(query, limit=500).hits} == expected
    listed = expected if query.asks("is", "any", "subagent") else expected - {"helper"}
    assert {names[id_] for id_ in library.session_ids(query)} == listed
