"""The house: who may import whom, where libraries may be named, how large things may grow, what is never used.

Each rule stands beside its reason. A rule is changed here, with a new reason, or not at all.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "chatviewer"

# A row imports only lower rows and itself, so that each layer can be read, tested and replaced without those above it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("tui",),
    ("ingest", "demo"),
    ("storage", "importers", "exporters"),
    ("query",),
    ("domain",),
    ("crash",),
    ("paths", "errors"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# Libraries live where they can be exchanged; importers, exporters, query and domain stay with the standard library and orjson.
HOMES = {
    "textual": {"tui"},
    "rich": {"tui", "cli"},
    "pygments": {"tui"},
    "markdown_it": {"tui"},
    "peewee": {"storage"},
    "playhouse": {"storage"},
    "sqlite3": {"storage", "importers"},  # importers read foreign databases, read-only
    "orjson": {"storage", "importers", "exporters", "cli"},
    "argparse": {"cli"},
    "platformdirs": {"paths"},
}
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 60
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "tools"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a module, the deferred ones and those for type checking included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{named(path)}:{node.lineno} imports relatively"
            if node.module == "chatviewer":
                yield from ((node.lineno, f"chatviewer.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def test_every_module_has_a_layer() -> None:
    unplaced = {layer_of(path) for path in modules()} - set(RANK) - {"__init__"}
    assert not unplaced, f"say in LAYERS where these belong: {unplaced}"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_imports_go_down(path: Path) -> None:
    own = layer_of(path)
    if own == "__init__":
        return
    wrong = []
    for line, module in imports(path):
        if module.startswith("chatviewer."):
            other = module.split(".")[1]
            if other in RANK and other != own and RANK[other] <= RANK[own] and not (own == "paths" and other == "errors"):
                wrong.append(f"{named(path)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", modules(), ids=named)
def test_libraries_stay_in_their_homes(path: Path) -> None:
    own = layer_of(path)
    wrong = [
        f"{named(path)}:{line} imports {module}"
        for line, module in imports(path)
        if (home := HOMES.get(module.split(".")[0])) is not None and own not in home
    ]
    assert not wrong, "\n".join(wrong)


def test_importers_do_not_know_each_other() -> None:
    """A format may share `reading`, `building` and the like, and modules that begin with its own name; not another format's."""
    sources = {path.stem for path in (PACKAGE / "importers").glob("*.py") if re.search(r"\(Importer\):", path.read_text("utf-8"))}
    for path in (PACKAGE / "importers").rglob("*.py"):
        for line, module in imports(path):
            other = module.removeprefix("chatviewer.importers.").split(".")[0]
            owner = next((name for name in sources if other == name or other.startswith(name + "_")), None)
            assert owner is None or path.stem.startswith(owner) or path.stem == owner, f"{named(path)}:{line} knows {module}"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_sizes(path: Path) -> None:
    """In every well-known program of this kind one file became a god; here none can."""
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_FILE_LINES, f"{named(path)} has {lines} lines"
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= MAX_FUNCTION_LINES, f"{named(path)}:{node.lineno} {node.name} has {size} lines"


def test_the_app_stays_small() -> None:
    """It holds modes, theme and the error modal; features live in screens and widgets."""
    app = PACKAGE / "tui" / "app.py"
    if app.exists():
        assert app.read_text(encoding="utf-8").count("\n") <= 250


@pytest.mark.parametrize("path", modules(), ids=named)
def test_sql_stays_in_storage(path: Path) -> None:
    if layer_of(path) in ("storage", "importers"):
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.search(node.value), f"{named(path)}:{node.lineno} says SQL"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_names_and_promises(path: Path) -> None:
    assert path.stem not in VAGUE, f"{named(path)}: a module is named for what it defines"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError", text), f"{named(path)} puts something off"
    assert text.lstrip().startswith(('"""', "#!")) or not text.strip(), f"{named(path)} does not say what it is for"


@pytest.mark.parametrize("path", [p for p in modules() if layer_of(p) == "tui"], ids=named)
def test_foreign_text_is_never_markup(path: Path) -> None:
    """`[@click=app.quit]` in a message must not run: whoever makes text for the screen makes `Content`, never markup."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert name != "from_markup", f"{named(path)}:{node.lineno} reads markup"
            if name in ("Static", "Label"):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                fixed = not node.args or all(isinstance(a, ast.Constant) for a in node.args)
                off = isinstance(given.get("markup"), ast.Constant) and given["markup"].value is False  # type: ignore[union-attr]
                content = bool(node.args) and isinstance(node.args[0], ast.Call) and "Content" in ast.unparse(node.args[0].func)
                assert fixed or off or content, f"{named(path)}:{node.lineno} {name} without markup=False"
            if name == "notify":
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                off = isinstance(given.get("markup"), ast.Constant) and given["markup"].value is False  # type: ignore[union-attr]
                fixed = bool(node.args) and isinstance(node.args[0], ast.Constant)
                assert off or fixed, f"{named(path)}:{node.lineno} notify without markup=False"


def test_styles_stand_in_files() -> None:
    """CSS in Python strings grows unseen: a screen's looks stand in the .tcss beside it. A widget may keep a few lines."""
    for path in (p for p in modules() if layer_of(p) == "tui"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assign) and any(getattr(t, "id", "") in ("CSS", "DEFAULT_CSS") for t in node.targets):
                value = node.value.value if isinstance(node.value, ast.Constant) else ""
                assert isinstance(value, str)
                assert value.count("\n") <= 30, f"{named(path)}:{node.lineno} keeps {value.count(chr(10))} lines of CSS"


# What a plain `list` or `search` loads, each import of it at once: these modules load no large one as they are imported, or a command
# that answers in 25 ms takes 40. A module in `TYPE_CHECKING` or within a function costs nothing.
QUICK = (
    *("__main__", "errors", "paths", "cli", "cli.listing", "cli.opening", "cli.output", "cli.parser", "cli.searching"),
    *("cli.table", "domain", "domain.hit", "domain.kinds", "domain.record", "domain.sanitizing", "domain.summary"),
    *("domain.surrogates", "domain.user", "domain.wording", "query", "query.fielding", "query.fields", "query.lexing", "query.nodes"),
    *("query.parsing", "storage.candidates"),
    *("storage.connection", "storage.filtering", "storage.gathering", "storage.library", "storage.matching", "storage.migrating"),
    *("storage.opening", "storage.own_words", "storage.patterns", "storage.presenting", "storage.prose", "storage.reading"),
    *("storage.searching", "storage.sessions", "storage.snippets", "storage.vocabulary", "storage.walking"),
)
LARGE = {"typing", "re", "enum", "contextlib", "threading", "dataclasses", "pathlib", "argparse", "json", "inspect", "logging", "importlib"}


@pytest.mark.parametrize("name", QUICK)
def test_quick_commands_import_nothing_large(name: str) -> None:
    path = PACKAGE.joinpath(*name.split("."))
    here = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    found: list[str] = []
    for node in tree_of(here).body:  # what is imported at once; a class body imports nothing
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    assert not LARGE & {each.partition(".")[0] for each in found}, f"{name}: import it where it is used, or under TYPE_CHECKING = False"
    quick = {f"chatviewer.{each}" for each in QUICK} | {"chatviewer"}
    assert {each for each in found if each.startswith("chatviewer")} <= quick, f"{name} imports what is not among QUICK"
