"""The documents say what is there: links lead somewhere, commands exist, derived pages are up to date."""

import re
import runpy
import shlex
from pathlib import Path

import pytest

from chatviewer.cli.parser import COMMANDS, parse
from chatviewer.domain.preference import PREFERENCES
from chatviewer.exporters.registry import exporters
from chatviewer.importers.registry import importers
from chatviewer.query import parse as parse_query
from chatviewer.storage.library import Library
from chatviewer.tui.actions import ACTIONS

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES: dict[str, str] = runpy.run_path(str(ROOT / "assets" / "docs.py"))["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_derived_pages_are_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name], "run: python assets/docs.py"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path.name} links to {target}"


def test_readme_names_every_command() -> None:
    table = README.partition("## Commands")[2].partition("\n## ")[0]
    named = {word for span in re.findall(r"`([^`]+)`", table) for word in span.split()}
    assert set(COMMANDS) <= named


def test_commands_in_the_documents_exist() -> None:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        lines = re.findall(r"chatviewer (\w[^`\n]*)`", text)
        for line in lines:
            words = shlex.split(line.partition("[")[0])
            if words and words[0].islower() and words[0].isalpha() and not line.startswith("alone"):
                assert words[0] in COMMANDS, f"{path.name}: chatviewer {line}"


def test_the_readme_sets_up_what_it_says() -> None:
    blocks = re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL)
    assert any(block.endswith("chatviewer demo") for block in blocks)
    tests = next(block for block in blocks if "pytest" in block).rpartition("&& ")[2]
    assert tests.removeprefix(".venv/bin/python ") in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert any(
        tests in block for block in re.findall(r"```sh\n(.+?)\n```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    )


def test_every_source_stands_in_the_readme() -> None:
    table = README.partition("## Sources")[2].partition("\n## ")[0]
    assert [importer.label for importer in importers() if importer.label not in table] == []


def test_every_format_stands_in_the_readme() -> None:
    table = README.partition("## Commands")[2].partition("\n## ")[0]
    assert [each.format for each in exporters() if not re.search(rf"\b{each.format}\b", table)] == []


def test_every_preference_and_key_is_documented() -> None:
    assert all(f"`{each.key}`" in PAGES["preferences.md"] for each in PREFERENCES)
    assert all(each.help.replace("|", "\\|") in PAGES["keys.md"] for each in ACTIONS)


def test_keys_in_the_readme_do_something() -> None:
    table = README.partition("## Keys")[2].partition("\n## ")[0]
    known = {key for action in ACTIONS for key in action.shown.split()}
    for key in re.findall(r"`([^`]+)`", table):
        assert key in known or key == "docs/keys.md", f"README names the key {key}"


def test_queries_in_the_readme_are_right() -> None:
    block = re.search(r"## Searching.*?```\n(.+?)\n```", README, re.DOTALL)
    assert block
    for line in block[1].splitlines():
        query = parse_query(line)
        assert not query.problems
        assert not query.is_empty


def test_examples_of_options_parse() -> None:
    """The commands of the README's table, as far as they stand there whole."""
    for words in (["export", "--format", "md"], ["rate", "abc", "5"], ["backup", "copy.db"], ["preferences"], ["stats"]):
        assert parse(words).command is not None


def test_the_architecture_names_every_method_of_the_one_door() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    start = text.index("class Library:")
    listed = text[start : text.index("```", start)]
    names = {*re.findall(r"def (\w+)\(", listed), *re.findall(r"^    (\w+):", listed, re.MULTILINE)}
    public = {name for name in dir(Library) if not name.startswith("_")}
    assert names == public
