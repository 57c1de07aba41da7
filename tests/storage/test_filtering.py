"""Queries as filters of the session list."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatviewer.domain import Attachment, Role, RunState, SessionStatus, ToolCallStatus
from chatviewer.query import parse
from chatviewer.query.fields import FIELDS
from chatviewer.storage.filtering import session_where
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_call, make_message, make_session
from tests.measuring import cpu_seconds

DAY = 1440  # minutes


def message(key: str, text: str = "text", minutes: float = 0, **fields: object):  # type: ignore[no-untyped-def]
    return make_message(key, text, created_at=at(minutes), **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    uid = make_message("b1").uid
    calls = (
        make_call(uid, tool_name="Bash"),
        make_call(uid, 1, tool_name="mcp__files__Edit", status=ToolCallStatus.FAILED, result="no such file"),
    )
    with Library.open(tmp_path_factory.mktemp("filtering") / "chatviewer.db") as opened:
        fill(
            opened,
            make_session(
                "a",
                [message("a0", "Why is the import flaky?"), message("a1", "Ein Café.\n```py\nx\n```", 1, role=Role.ASSISTANT)],
                project="/home/me/api",
                title="Flaky import",
                model="claude-opus-4-5",
            ),
            make_session(
                "b",
                [
                    message("b0", "rename 100% of the keys_a", DAY),
                    message("b1", "done", DAY + 1, role=Role.ASSISTANT, parent="b0", tool_calls=calls, thinking="hm"),
                    message("b2", "done otherwise", DAY + 2, role=Role.ASSISTANT, parent="b0"),
                ],
                project="/home/me/api-server",
                title="Rename 100% of the keys",
                model="gpt-5-mini",
                run_state=RunState.PAUSED,
                input_tokens=12_000,
                output_tokens=500,
            ),
            make_session(
                "c",
                [message("c0", "look", 40 * DAY, source="chatgpt", attachments=(Attachment(media_type="image/png", name="x.png"),))],
                source="chatgpt",
                project="",
                title="",
                is_starred=True,
            ),
            make_session("d", [message("d0", "old news")], title="Archived", model="gpt-5"),
            make_session("e", [message("e0", "import again")], title="Sub", parent_uid=make_session("a").uid),
        )
        uids = {summary.source_id: summary.uid for summary in opened.summaries(opened.session_ids(parse("is:any")))}
        opened.set_status([uids["d"]], SessionStatus.ARCHIVED)
        opened.add_tags([uids["a"]], ["Release"])
        opened.rate(make_message("a1").uid, 4)
        opened.set_note(make_message("b1").uid, "remember")
        yield opened


def listed(library: Library, text: str) -> str:
    """The sessions, sorted, as one word."""
    query = parse(text)
    assert not query.problems
    return "".join(sorted(summary.source_id for summary in library.summaries(library.session_ids(query))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "abc"),
        ("source:claude-code", "ab"),
        ("source:claude", "ab"),
        ("source:CHATGPT,codex", "c"),
        ("-source:chatgpt", "ab"),
        ("project:api", "ab"),
        ("project:api-server", "b"),
        ("project:/home/me/api-server", "b"),
        ("project:me/api-s", "b"),
        ("project:server", "b"),
        ("project:ME", "ab"),
        ("project:pi", "ab"),
        ("-project:erve", "ac"),
        ("project:api_server", ""),
        ("source:code", "ab"),
        ("source:gpt", "c"),
        ("project:none", "c"),
        ("-project:none", "ab"),
        ("model:opus", "a"),
        ("model:OPUS,mini", "ab"),
        ("-model:opus", "bc"),
        ("model:none", "c"),
        ("role:assistant", "ab"),
        ("-role:assistant", "c"),
        ("role:system", ""),
        ("tool:bash", "b"),
        ("tool:edit", "b"),
        ("tool:Read,Bash", "b"),
        ("tool:files", "b"),
        ("tool:ash", "b"),
        ("tool:ashe", ""),
        ("-tool:Bash", "ac"),
        ("tag:release", "a"),
        ("tag:#release", "a"),
        ("tag:rel", ""),
        ("tag:rel*", "a"),
        ("tag:ease*", "a"),
        ("tag:none", "bc"),
        ("-tag:release", "bc"),
        ("title:flaky", "a"),
        ("title:lak", "a"),
        ("title:100%", "b"),
        ("title:10%", ""),
        ('title:"flaky import"', "a"),
        ("rating:4", "a"),
        ("rating:>=4", "a"),
        ("rating:<4", ""),
        ("rating:none", "bc"),
        ("rating:none,4", "abc"),
        ("is:rated", "a"),
        ("-is:rated", "bc"),
        ("on:2026-03-01", "a"),
        ("on:2026-03", "ab"),
        ("after:2026-03-02", "bc"),
        ("before:2026-03-02", "a"),
        ("after:2026-03-02 before:2026-04", "b"),
        ("is:archived", "d"),
        ("status:archived", "d"),
        ("-is:archived", "abc"),
        ("is:archived,active", "abcd"),
        ("is:trashed", ""),
        ("is:any", "abcde"),
        ("is:subagent", "e"),
        ("is:any -is:subagent", "abcd"),
        ("is:starred", "c"),
        ("is:branched", "b"),
        ("status:paused", "b"),
        ("has:error", "b"),
        ("has:tool", "b"),
        ("has:thinking", "b"),
        ("has:code", "a"),
        ("has:image", "c"),
        ("has:note", "b"),
        ("has:image,code", "ac"),
        ("-has:code", "bc"),
        ("messages:>=2", "ab"),
        ("messages:3", "b"),
        ("messages:..1", "c"),
        ("tokens:>10k", "b"),
        ("flaky", "a"),
        ("keys_a", "b"),
        ("import", "a"),
        ("import is:any", "ae"),
        ("-import", "bc"),
        ("flaky cafe", "a"),
        ("flaky done", ""),
        ("fla* OR look", "ac"),
        ("-(flaky OR look)", "b"),
        ("flaky OR source:chatgpt", "ac"),
        ("flaky in:thinking", ""),
        ("flaky in:title", "a"),
        ("hm", "b"),
        ("hm in:text", ""),
        ("hm in:thinking", "b"),
        ("pytest", ""),
        ("pytest in:tools", "b"),
        ("/fl.ky/", "a"),
        ("-/fl.ky/", "bc"),
        ("```", "a"),
        ("100%", "b"),
        ("f*", "a"),
    ],
)
def test_filters(library: Library, text: str, expected: str) -> None:
    assert listed(library, text) == expected


def test_every_field_is_a_condition_that_runs(library: Library) -> None:
    for spec in FIELDS.values():
        for typed in (*spec.examples, *(f"-{example}" for example in spec.examples), *(f"{spec.name}:{choice}" for choice in spec.choices)):
            library.session_ids(parse(typed))
            library.search(parse(typed))
            library.search(parse(f"{typed} import"))


def test_values_are_bound_and_never_sql() -> None:
    typed = "x'); DROP TABLE session;--"
    for field in FIELDS.values():
        if field.kind == "name":
            sql, parameters = session_where(parse(f'{field.name}:"{typed}"'), 1)
            assert "DROP" not in sql
            assert any(typed in str(parameter) for parameter in parameters)
    sql, parameters = session_where(parse(f'"{typed}" /DROP/'), 1)
    assert "DROP" not in sql


def test_a_filter_is_another_users_nothing(library: Library) -> None:
    sql, parameters = session_where(parse("is:any"), 2)
    connection = library.database.connection()
    assert connection.execute(f"SELECT count(*) FROM session WHERE {sql}", parameters).fetchone() == (0,)


def test_a_deep_and_wide_query_is_answered_quickly(library: Library) -> None:
    nested = (
        "(a OR -(b ",
        "-(a OR is:any OR (b ",
        "(a (b OR ",
        "(漢 OR -(tag:x -",
        "((userName OR -(/a/ tool:x OR -",
        "(in:all a* OR -(b ",
    )
    wide = (" ".join(f"w{number} OR -x{number}" for number in range(90)), "a" * 9_000, "-" + "(x " * 3_000, "userName " * 150)
    for text in (*(piece * 40 + "c" for piece in nested), *wide):
        assert cpu_seconds(lambda text=text: library.session_ids(parse(text))) < 1, text[:50]  # type: ignore[misc]
        assert cpu_seconds(lambda text=text: library.search(parse(text))) < 1, text[:50]  # type: ignore[misc]
        assert cpu_seconds(lambda text=text: library.search(parse(text), order="best")) < 1, text[:50]  # type: ignore[misc]


def test_the_order_of_the_list_stays(library: Library, tmp_path: Path) -> None:
    ids = library.session_ids(parse("is:any"), sort="started")
    assert list(library.session_ids(parse("is:any"), sort="-started")) == list(ids)[::-1]


def test_a_name_is_called_by_the_beginning_of_a_word_or_else_by_any_part(library: Library) -> None:
    paths = ("/w/my-kit", "/w/kitchen", "/w/toolkit", "/w/Änderungen", "C:\\work\\Ablage")
    with Library.open(library.path.parent / "names.db") as opened:
        fill(opened, *(make_session(path, [message(path, path)], project=path, title=path) for path in paths))
        opened.add_tags([make_session(path).uid for path in paths[:2]], ["release-1.2"])
        tags = opened.add_tags([make_session(paths[2]).uid], ["prerelease"])
        assert tags == 1

        def found(text: str) -> str:
            """What is listed, what is searched, what is counted: three ways, one answer."""
            query = parse(text)
            names = sorted(each.source_id for each in opened.summaries(opened.session_ids(query)))
            searched = opened.search(query).hits
            facets = opened.result_facets(query)
            assert facets is not None
            assert sorted(hit.title for hit in searched) == names == sorted(facets.projects)
            return " ".join(names)

        assert found("project:kit") == found("project:KIT,Kit") == "/w/kitchen /w/my-kit", "toolkit has no word that begins so"
        assert found("project:olk") == found("project:w/toolk") == "/w/toolkit"
        assert found("project:kits") == ""
        assert found("-project:kit") == " ".join(sorted(paths[2:]))
        assert found("project:ÄND") == found("project:a\u0308nd") == "/w/Änderungen"
        assert found("project:ablage") == found(r"project:work\Ab") == paths[4]
        assert found("project:/w/kit") == found("project:/w/kitchen/") == "/w/kitchen"
        assert found("tag:rel*") == found("tag:1.*") == "/w/kitchen /w/my-kit"
        assert found("tag:erel*") == "/w/toolkit"
        assert found("title:änder") == "/w/Änderungen"
