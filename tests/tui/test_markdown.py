"""Markdown as rows: what is kept, what is aligned, what cannot happen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatviewer.tui.rendering.ansi import decode
from chatviewer.tui.rendering.chunk import markdown_chunks, output_chunks, split_markdown
from chatviewer.tui.rendering.markdown import markdown_rows
from chatviewer.tui.rendering.row import break_anywhere, break_words
from tests.chance import examples


def text_of(source: str, width: int = 60) -> str:
    return "\n".join(row.plain.rstrip() for row in markdown_rows(source, width))


def styles_of(source: str, text: str) -> set[str]:
    """The styles that lie on the whole of a text."""
    found: set[str] = set()
    for row in markdown_rows(source, 200):
        at = row.content.plain.find(text)
        if at != -1:
            found |= {str(span.style) for span in row.content.spans if span.start <= at and span.end >= at + len(text)}
    return found


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("# One\ntwo\nthree", "One\n\ntwo\nthree"),
        ("- a\n  - b\n    1. c\n- d", "• a\n  ◦ b\n    1. c\n• d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- [x] done\n- [ ] open", "☑ done\n☐ open"),
        ("> a\n> > b", "▎ a\n▎\n▎ ▎ b"),
        ("[text](http://x.org/a)", "text (http://x.org/a)"),
        ("<http://x.org/a>", "http://x.org/a"),
        ("[http://good.org](http://evil.org)", "http://good.org (http://evil.org)"),
        ("![cat](data:image/png;base64,AAAA)", "[image: cat · image/png, 26 characters]"),
        ("a <b>c</b>\n\n<div>\nx\n</div>", "a <b>c</b>\n\n<div>\nx\n</div>"),
        (r"\(a_b\) and $x_1^2$ and $$\frac{a}{b}$$", r"\(a_b\) and $x_1^2$ and $$\frac{a}{b}$$"),
        ("costs $5 and *$6*", "costs $5 and $6"),
        ("snake_case_name and 2*3*4", "snake_case_name and 234"),
        ("[bold]x[/bold] [@click=app.quit]y[/]", "[bold]x[/bold] [@click=app.quit]y[/]"),
        ("", ""),
    ],
)
def test_text(source: str, shown: str) -> None:
    assert text_of(source) == shown


def test_tables_are_aligned_by_display_width() -> None:
    rows = text_of("| name | 数 |\n|:--|--:|\n| 漢字 | 1 |\n| abc | 22 |").split("\n")
    assert rows == ["name │ 数", "─────┼───", "漢字 │  1", "abc  │ 22"]
    assert len({cell_len(row) for row in rows}) == 1


@pytest.mark.parametrize("width", range(20, 90))
def test_the_columns_of_a_table_stand_below_each_other_at_any_width(width: int) -> None:
    table = """
| tokenizer | snake_case | camelCase | part of a word | index size |
|---|---|--:|:-:|---|
| `unicode61` | two words | one word | no | 0.4x of the text |
| `porter` | two words, stemmed | one word | **no** | 0.35x |
| 三元組分詞器 | yes | yes | from 3 letters | 3-6x |
"""
    rows = [row.plain for row in markdown_rows(table, width)]
    assert all(cell_len(row) <= width for row in rows)
    columns = [row for row in rows if " │ " in row]
    places = {tuple(cell_len(row[:at]) for at, sign in enumerate(row) if sign in "│┼") for row in columns}
    assert len(places) == (1 if columns else 0)
    if width >= 59:  # there is room for the longest word of every column: none is broken
        shown = [{word for row in columns for word in row.split(" │ ")[place].split()} for place in range(5)]
        assert {"tokenizer", "unicode61"} <= shown[0]
        assert {"snake_case", "stemmed"} <= shown[1]
        assert "letters" in shown[3]
    if width < 52:  # not even eight cells for each
        assert not columns
        assert "camelCase: one" in "\n".join(rows)


def test_a_wide_table_loses_nothing() -> None:
    words = [f"word{number}" for number in range(24)]
    table = (
        "|"
        + "|".join(f"h{number}" for number in range(3))
        + "|\n|-|-|-|\n|"
        + "|".join(" ".join(words[start::3]) for start in range(3))
        + "|"
    )
    for width in (80, 40, 24, 12):
        shown = text_of(table, width)
        assert all(cell_len(row) <= width for row in shown.split("\n"))
        assert all(word in shown for word in words)


def test_code_keeps_its_text_and_its_colours() -> None:
    source = "```python\ndef f():\n\treturn 'x'\n```\n"
    assert "def f():" in text_of(source)
    assert "    return 'x'" in text_of(source)
    assert "$text-accent" in styles_of(source, "return")
    assert not styles_of("```python\n" + "x = 1\n" * 501 + "```", "x")  # long code is not highlighted
    assert text_of("```nonsense-language\ncode\n```").strip().endswith("code")


def test_replies_wrapped_by_hand_are_wrapped_anew() -> None:
    source = "word " * 14 + "end\nof the sentence.\nA short line\nstays."
    assert [row.plain for row in markdown_rows(source, 200, reflows=True)] == [
        "word " * 14 + "end of the sentence.",
        "A short line",
        "stays.",
    ]
    assert len(markdown_rows(source, 200)) == 4


def test_emphasis_nests() -> None:
    assert {"bold", "italic"} <= styles_of("**a *b c* d**", "b c")
    assert "strike" in styles_of("~~gone~~", "gone")


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200), width=st.integers(1, 40))
@settings(max_examples=examples(150), deadline=None)
def test_breaking_keeps_every_character(text: str, width: int) -> None:
    text = text.replace("\n", " ")
    anywhere = break_anywhere(text, width)
    assert "".join(text[start:end] for start, end in anywhere) == text
    words = break_words(text, width)
    assert "".join(text[start:end] for start, end in words).replace(" ", "") == text.replace(" ", "")


@given(
    st.lists(
        st.sampled_from(
            ["# ", "- ", "> ", "1. ", "```", "|", "---", "**", "`", "a", "漢", "\n", "\n\n", "  ", "[x](", ")", "<b>", "$", "\\"]
        ),
        max_size=60,
    )
)
@settings(max_examples=examples(200), deadline=None)
def test_no_markdown_raises_or_overflows(parts: list[str]) -> None:
    for width in (20, 60):
        for row in markdown_rows("".join(parts), width):
            assert cell_len(row.plain) <= width + 2
            assert "\n" not in row.plain


def test_deep_nesting_and_long_text_stay_cheap() -> None:
    assert markdown_rows("> " * 5_000 + "x", 60)
    assert markdown_rows("- " * 2_000 + "x", 60)
    assert len(markdown_rows("word " * 200_000, 60)) < 100
    assert markdown_rows("[" * 5_000 + "*" * 5_000, 60)


def test_a_long_message_is_cut_between_blocks() -> None:
    source = "\n\n".join(f"Paragraph {number} with *words*.\n\n```python\nprint({number})\n\nmore\n```" for number in range(1_500))
    pieces = [piece for piece, _has_gap in split_markdown(source)]
    assert len(pieces) > 3
    assert "\n".join(pieces) == source
    shown = [row.plain for chunk in markdown_chunks(source) for row in chunk.layout(80)]
    assert sum("python" in row for row in shown) == 1_500
    assert not any("```" in row for row in shown)


def test_a_list_a_table_and_a_paragraph_longer_than_a_piece() -> None:
    for line, count in (("- item *x*", 5_000), ("plain words", 5_000), ("| a | b |", 3_000)):
        head = "| h | i |\n|---|---|\n" if line[0] == "|" else ""
        chunks = markdown_chunks(head + f"{line}\n" * count)
        assert len(chunks) > 3
        rows = [row.plain for chunk in chunks for row in chunk.layout(60)]
        assert "" not in rows
        assert not any("|" in row or "*" in row for row in rows)
        assert sum(any(word in row for word in ("item", "plain", "a │ b")) for row in rows) == count


def test_a_fence_longer_than_a_piece_goes_on_as_code() -> None:
    source = "```text\n" + "*not emphasis*\n" * 20_000 + "```"
    rows = [row for chunk in markdown_chunks(source) for row in chunk.layout(80)]
    assert sum("*not emphasis*" in row.plain for row in rows) == 20_000


def test_colours_of_programs_are_parsed_and_nothing_else_passes() -> None:
    lines = list(decode("\x1b[1;31mred\x1b[0m \x1b[38;5;208mx\x1b[48;2;1;2;3my\x1b]0;title\x07\x1b[2Jz\x1b[?25l\x1bPq#0\x1b\\\x9b5n"))
    assert lines[0].plain == "red xyz\ufffd5n"
    assert [str(span.style) for span in lines[0].spans] == [
        "bold ansi_red",
        "#ff8700",
        "#ff8700 on #010203",
        "#ff8700 on #010203",
        "#ff8700 on #010203",
    ][: len(lines[0].spans)]
    assert [row.plain for chunk in output_chunks("10%\r50%\r100%\nend\tx") for row in chunk.layout(40)] == ["10%", "50%", "100%", "end x"]
