"""`chatviewer export`: what is written where, and what is hidden on the way."""

import json
from pathlib import Path

import pytest

from chatviewer.domain import Session
from chatviewer.storage.library import Library
from tests.cli.conftest import Run
from tests.factories import fill, make_session

SECRET = "gh" + "p_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"


def test_jsonl_is_show_for_each_session(run: Run, filled: list[Session]) -> None:
    lines = run("export", "--query", "is:any", "--format", "jsonl").out.splitlines()
    assert {json.loads(line)["session"]["uid"] for line in lines} == {each.uid for each in filled}
    for line in lines:
        document = json.loads(line)
        assert document == run("show", document["session"]["uid"], "--json").json


def test_without_a_query_it_is_what_the_list_shows(run: Run, filled: list[Session]) -> None:
    run("archive", filled[1].uid)
    out = run("export", "--format", "json").out
    assert [each["session"]["uid"] for each in json.loads(out)["sessions"]] == [filled[0].uid]


def test_that_nothing_was_found_is_said(run: Run, filled: list[Session]) -> None:
    outcome = run("export", "--query", "tag:nothing", "--format", "md")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "0 sessions written.\n")


def test_to_a_file_once(run: Run, filled: list[Session], tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    outcome = run("export", filled[0].uid[:12], "--format", "jsonl", "-o", str(target))
    assert (outcome.code, outcome.out) == (0, "")
    assert "1 session written" in outcome.err
    before = target.read_bytes()
    outcome = run("export", "--format", "md", "-o", str(target))
    assert outcome.code == 1
    assert "--force" in outcome.err
    assert target.read_bytes() == before
    assert run("export", "--format", "md", "-o", str(target), "--force").code == 0
    assert target.read_text(encoding="utf-8").startswith("# ")


def test_a_missing_session_is_told(run: Run, filled: list[Session]) -> None:
    outcome = run("export", "zzzz", filled[1].uid, "--format", "md")
    assert outcome.code == 1
    assert "Rename the config keys" in outcome.out
    assert "zzzz" in outcome.err


def test_secrets_are_hidden_unless_told_otherwise(run: Run, database_path: Path) -> None:
    with Library.open(database_path) as library:
        fill(library, make_session("s", (f"use {SECRET} for it", "ok")))
    outcome = run("export", "--format", "jsonl")
    assert SECRET not in outcome.out
    assert "1 github token" in outcome.err
    outcome = run("export", "--format", "jsonl", "--no-redact")
    assert SECRET in outcome.out
    assert outcome.err == ""
    run("preferences", "set", "redact_exports", "off")
    assert SECRET in run("export", "--format", "md").out
    assert SECRET not in run("export", "--format", "md", "--redact").out


def test_training_needs_leave(run: Run, filled: list[Session], tmp_path: Path) -> None:
    target = tmp_path / "set.jsonl"
    outcome = run("export", "--format", "training", "-o", str(target))
    assert outcome.code == 1
    assert "allow_training" in outcome.err
    assert not target.exists()
    run("preferences", "set", "allow_training", "on")
    assert run("export", "--format", "training", "-o", str(target)).code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["rating"] == 5


@pytest.mark.parametrize("name", ["md", "html", "context"])
def test_formats_for_people(run: Run, filled: list[Session], name: str) -> None:
    outcome = run("export", filled[0].uid, "--format", name)
    assert outcome.code == 0
    assert "The fixture shares a database." in outcome.out


def test_usage(run: Run) -> None:
    assert run("export").code == 2
    assert run("export", "--format", "pdf").code == 2
