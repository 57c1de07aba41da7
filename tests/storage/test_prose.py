"""Snippets of Markdown without its marks: the words stay, all code does, and so does what was searched for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import Role
from chatviewer.query import parse
from chatviewer.storage.library import Library
from chatviewer.storage.prose import stretch
from tests.factories import fill, make_message, make_session
from tests.measuring import cpu_seconds


def bare(text: str, *, is_reply: bool = True) -> str:
    return stretch(text, 0, [], 60, 10_000, is_reply=is_reply).text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[![a picture](a.png)](b.org), [[1]](c.org), [f(g(x))](d.org/(e))", "a picture, [1], f(g(x))"),
        ("a **fixed path**, shared", "a fixed path, shared"),
        ("***both*** and *one*, (**two**): **`code`**", "both and one, (two): `code`"),
        ("**outer *inner* words**", "outer inner words"),
        ("这是**重点**内容", "这是重点内容"),
        ("1. **Add** it\n   - *then* go\n      - **on**", "1. Add it\n   - then go\n      - on"),
        ("## The **second** part ##\ntext", "The second part ##\ntext"),
        ("# Title\n\ntext", "Title\n\ntext"),
        ("see [the page](https://x.org/a_(b) 'title'), [`x`](src/x.py) and ![a picture](a.png)", "see the page, `x` and a picture"),
        ("[a **bold** link](#there)", "a bold link"),
        ("so:\n```python\ndef f(**kwargs): *x* # no\n```\n**end**", "so:\n\ndef f(**kwargs): *x* # no\n\nend"),
        ("- ````md\n  ```\n  **raw**\n  ```\n  ````\n~~~\n**raw**\n~~~", "- \n  ```\n  **raw**\n  ```\n  \n\n**raw**\n"),
        ("| a | b |\n|---|:--|\n| **1** | 2 |", "| a | b |\n\n| 1 | 2 |"),
    ],
)
def test_marks_go(text: str, shown: str) -> None:
    assert bare(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("f(*args, **kwargs)", "{**a, **b}", "[*a,*b]", "a * b * c", "2**3**4", "x**2 + y**2", "a*b*c", "`**x**` and ``*`*``"),
        *("*.py and *.js", "src/**/*.py **/*.md", '"*" and "*"', "SELECT * FROM a; SELECT * FROM b", "0 * * * *", "/** @param x */"),
        *("int *p, *q;", "char **argv, **envp;", "* one\n* two", "* * *", "***", "^.*foo.*$", "\\*not\\* \\**not\\**", "**open\nclosed**"),
        *("#include <a.h>", "#123 and #ui", "# comment\npip install x", "#!/bin/sh", "a # b", "####### seven", "C# is # here"),
        *("__init__ and _x_ and __all__", "arr[i](x.y)", "f(x)[0](a.b)", "[a](b)", "[x] (y.z)", "[ ](a.b)", "- [ ] to do", "[^1]: note"),
        *("    **kwargs** = code", "\tx = **y**", "```x``` is `code`", "--flag and -- and ---", "a | b -- c"),
    ],
)
def test_what_may_be_no_mark_stays(text: str) -> None:
    assert bare(text) == text


def test_what_people_type_keeps_what_may_be_a_pattern() -> None:
    assert bare("*log* and **bold**\n\n# one\n\n## two", is_reply=False) == "*log* and bold\n\n# one\n\ntwo"


PIECES = st.sampled_from(
    ["*", "**", "***", "`", "``", "```", "```\n", "~~~", "#", "## ", "[", "]", "](", ")", "](a.b)", "!", "\\", "\n", " "]
)
TEXTS = st.lists(PIECES | st.sampled_from(["w1", "wide ", "字", "| ", "---", "    ", "- "]), max_size=40).map("".join)


@given(TEXTS, st.data())
def test_nothing_that_was_found_is_lost(text: str, data: st.DataObject) -> None:
    """In whatever is made of marks: what was found is where it is said to be, and of the rest only marks and addresses go."""
    words = [match.span() for match in re.finditer(r"w1|wide|字|\*|a\.b", text)]
    spans = sorted(data.draw(st.lists(st.sampled_from(words), unique=True, max_size=4))) if words else []
    at = spans[0][0] if spans else 0
    made = stretch(text, at, spans, 5, 8, is_reply=True)
    lit = [text[start:end] for start, end in spans]
    assert [made.text[start:end] for start, end in made.spans] == lit[: len(made.spans)]
    assert made.text[made.at :].startswith(lit[0] if lit else "")
    rest = iter(text)
    assert all(letter in rest for letter in made.text)  # nothing is new, and the order is the same
    if not (made.is_begun or made.is_cut or re.search(r"(?:[`~]{3}|\]\()[^\n]*(?:w1|wide|字)", text)):
        assert re.findall(r"w1|wide|字", made.text) == re.findall(r"w1|wide|字", text)


def test_a_snippet_is_prose(library: Library) -> None:
    reply = f"{'before this. ' * 30}\n\n## What it was\n\n1. The fixture opened a **fixed path**, see [the docs](https://x.org/needle/a)."
    prompt = "*needle* in `**kw`:\n```\n**needle** **kw**\n```"
    messages = [make_message("a", reply, role=Role.ASSISTANT), make_message("b", prompt)]
    fill(library, make_session("s", messages, title="."))

    def snippets(typed: str) -> list[str]:
        return [hit.snippet.replace("\x02", "<").replace("\x03", ">") for hit in library.search(parse(typed)).hits]

    assert snippets("fixture") == ["…this. before this. before this. What it was 1. The <fixture> opened a fixed path, see the docs."]
    assert snippets('"fixed path"') == ["…this. before this. What it was 1. The fixture opened a <fixed path>, see the docs."]
    assert snippets("needle role:assistant") == ["…fixture opened a fixed path, see [the docs](https://x.org/<needle>/a)."]
    assert snippets("needle role:user") == ["*<needle>* in `**kw`: **<needle>** **kw**"]
    assert snippets("role:user") == ["*needle* in `**kw`: **needle** **kw**"]


def test_what_a_tool_returned_is_no_markdown(library: Library) -> None:
    fill(library, make_session("s", [make_message("t", "## **a** [needle](x.y)", role=Role.TOOL)], title="."))
    (hit,) = library.search(parse("needle")).hits
    assert hit.snippet == "## **a** [\x02needle\x03](x.y)"


@pytest.mark.parametrize(
    "piece", ["*", "**a ", "*a* ", "[", "[a](", "[a](b.c) ", "`", "``` ", "```\n", "`a", "# \n", "|---|\n", "\\", "a "]
)
@pytest.mark.parametrize("at", [0, 1_000_000, 1_999_990])
def test_no_text_takes_long(piece: str, at: int) -> None:
    text = piece * (2_000_000 // len(piece))
    assert cpu_seconds(lambda: stretch(text, at, [(at, at + 1)], 60, 200, is_reply=True)) < 0.5


@pytest.mark.parametrize("piece", ["[", "![x", "[a](b.c(", "y```\n", " *a", " **a"])
def test_rows_of_what_only_opens_take_no_time(piece: str) -> None:
    """A page of results holds fifty passages."""
    text = f"{piece * (1_000_000 // len(piece))} needle ](.) {'a* ' * 600}{piece * 1_000}"
    at = text.index("needle")
    assert cpu_seconds(lambda: stretch(text, at, [(at, at + 6)], 60, 200, is_reply=True)) < 0.1
    text = f"{piece * (3_900 // len(piece))} needle ](.) {'a* ' * 600}{piece * 1_000}"
    at = text.index("needle")
    assert cpu_seconds(lambda: stretch(text, at, [(at, at + 6)], 60, 200, is_reply=True)) < 0.1
