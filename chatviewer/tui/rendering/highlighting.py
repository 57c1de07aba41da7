"""Code to coloured lines. Pygments is imported when the first code is shown, and a lexer when its language is first met."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from textual.content import Content, Span

from chatviewer.domain import Message
from chatviewer.tui.rendering.row import MUTED

_ALIASES = {
    "shell": "bash",
    "sh": "bash",
    "zsh": "bash",
    "console": "bash",
    "js": "javascript",
    "ts": "typescript",
    "py": "python",
    "yml": "yaml",
}


@lru_cache(maxsize=64)
def _lexer(language: str) -> Any:
    """The lexer of a language's name or file extension, None if there is none."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    name = language.strip().lower()
    try:
        return get_lexer_by_name(_ALIASES.get(name, name), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _styles() -> dict[Any, str]:
    from pygments.token import Token

    return {
        Token.Comment: f"italic {MUTED}",
        Token.Keyword: "$text-accent",
        Token.Keyword.Constant: "$text-warning",
        Token.Literal.Number: "$text-warning",
        Token.Literal.String: "$text-success",
        Token.Name.Attribute: "$text-primary",
        Token.Name.Builtin: "$text-primary",
        Token.Name.Class: "bold",
        Token.Name.Decorator: "$text-warning",
        Token.Name.Exception: "$text-error",
        Token.Name.Function: "$text-primary",
        Token.Name.Tag: "$text-accent",
        Token.Name.Variable: "$text-primary",
        Token.Operator.Word: "$text-accent",
        Token.Generic.Deleted: "$text-error",
        Token.Generic.Inserted: "$text-success",
        Token.Generic.Heading: "bold",
        Token.Generic.Subheading: "$text-accent",
        Token: "",
    }


def warm_up(messages: Iterable[Message]) -> None:
    """Imports what highlighting these messages will need. For a worker thread: it takes tens of milliseconds the first time."""
    languages: set[str] = set()
    for message in messages:
        languages.update(_FENCES.findall(message.content[:_LOOKED_AT]))
        for call in message.tool_calls:
            languages.add("bash")
            languages.update(_languages_in(call.arguments))
    for language in sorted(languages)[:20]:
        _lexer(language)


def _languages_in(arguments: object) -> Iterator[str]:
    """The languages of the files that the arguments of a call name."""
    values = arguments.values() if isinstance(arguments, Mapping) else [arguments]
    for value in values:
        if isinstance(value, str):
            for path in [value] if len(value) < _LONGEST_PATH else _PATCHED.findall(value[:_LOOKED_AT]):
                if _LANGUAGE.fullmatch(language := language_of(path)):
                    yield language


_LOOKED_AT, _LONGEST_PATH = 200_000, 300  # characters
_FENCES = re.compile(r"^ *(?:```|~~~)([\w+#-]{1,20})", re.M)
_PATCHED = re.compile(r"^(?:\*\*\* \w+ File: |\+\+\+ )(.{1,300})$", re.M)
_LANGUAGE = re.compile(r"[\w+#-]{1,20}")


def _style_of(kind: Any) -> str:
    styles = _styles()
    while kind not in styles:
        kind = kind.parent
    return styles[kind]


def language_of(path: str) -> str:
    """A name that `highlight` takes for the code in this file; empty where the name says nothing."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    if name in ("dockerfile", "makefile", "cmakelists.txt"):
        return {"cmakelists.txt": "cmake"}.get(name, name)
    stem, dot, extension = name.rpartition(".")
    return _EXTENSIONS.get(extension, extension) if dot and stem else ""


_EXTENSIONS = {
    "rs": "rust",
    "rb": "ruby",
    "md": "markdown",
    "cs": "csharp",
    "kt": "kotlin",
    "h": "c",
    "hpp": "cpp",
    "cc": "cpp",
    "mjs": "javascript",
    "cjs": "javascript",
    "mts": "typescript",
    "tf": "hcl",
    "txt": "",
    "log": "",
    "jsonl": "json",
    "htm": "html",
    "pyi": "python",
    "ps1": "powershell",
}


def highlight(code: str, language: str) -> list[Content]:
    """The lines of safe code, coloured if the language is known. Same text as given, line by line."""
    lines = code.split("\n")
    lexer = _lexer(language) if language else None
    if lexer is None:
        return [Content(line) for line in lines]
    spans: list[list[Span]] = [[] for _ in lines]
    row = column = 0
    for kind, text in lexer.get_tokens(code):
        style = _style_of(kind)
        for number, part in enumerate(text.split("\n")):
            if number:
                row, column = row + 1, 0
            if row >= len(lines):
                break
            if style and part.strip():
                spans[row].append(Span(column, column + len(part), style))
            column += len(part)
    return [Content(line, marks) for line, marks in zip(lines, spans, strict=True)]
