"""Columns by the cells that a terminal uses."""

import io
import re
import sys

import pytest

from chatviewer import demo
from chatviewer.__main__ import main
from chatviewer.cli.output import bold, counted
from chatviewer.cli.searching import in_lines, lit
from chatviewer.cli.table import Column, cell_width, cut_to, say_table
from chatviewer.storage.library import Library


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("é", 1), ("e\u0301", 1), ("👍", 2), ("", 0), ("…", 1)])
def test_cells(text: str, width: int) -> None:
    assert cell_width(text) == width


def test_cut_never_exceeds_its_width() -> None:
    assert cut_to("abcdef", 4) == "abc…"
    assert cut_to("日本語", 4) == "日…"
    assert cut_to("abc", 3) == "abc"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def test_a_terminal_gets_columns_that_fit(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    say_table(
        (Column("ID"), Column("N", is_right=True), Column("TITLE", is_flexible=True, style=bold)),
        [("a", "5", "日本" * 40), ("bb", "10", "x\n\x1by")],
    )
    lines = terminal.getvalue().splitlines()
    assert lines[0] == "ID   N  TITLE"
    assert lines[1].startswith("a    5  日本")
    assert lines[1].endswith("…")
    assert lines[2] == "bb  10  x ␛y"
    assert all(cell_width(line) <= 40 for line in lines)


@pytest.mark.parametrize(
    ("width", "heading"), [("40", "ID  TITLE"), ("60", "ID  KIND        TITLE"), ("90", "ID  KIND        WHERE        TITLE")]
)
def test_what_matters_less_gives_way_to_the_flexible_column(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, width: str, heading: str
) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", width)
    columns = (Column("ID"), Column("KIND", yields=1), Column("WHERE", yields=2), Column("TITLE", is_flexible=True))
    say_table(columns, [("a", "k" * 10, "w" * 11, "t" * 60)])
    lines = terminal.getvalue().splitlines()
    assert lines[0] == heading
    assert all(cell_width(line) <= int(width) for line in lines)
    assert lines[1].count("t") >= 31


def test_a_table_without_rows_has_no_heading(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    say_table((Column("ID", yields=1), Column("TITLE", is_flexible=True)), [])
    assert terminal.getvalue() == ""


def test_styles_only_where_they_are_wanted(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    assert bold("x") == "\x1b[1mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert bold("x") == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert bold("x") == "x"


def test_a_pipe_gets_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    say_table((Column("A"), Column("B")), [("x\ty", "z" * 500)])
    assert capsys.readouterr().out == f"x y\t{'z' * 500}\n"


def test_matches_are_lit(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    assert lit("a \x02word\x03 and \x1b\x02more\x03.") == "a \x1b[1mword\x1b[0m and ␛\x1b[1mmore\x1b[0m."
    assert lit("no \x03 marks\x02 open") == "no \x03 marks open".replace("\x03", "␃")


@pytest.mark.parametrize(
    ("snippet", "lines"),
    [
        ("", [""]),
        ("one two three four", ["one two", "three four"]),
        ("one \x02two three\x03 four", ["one \x02two\x03", "\x02three\x03 four"]),
        ("so \x02twoandtwo\x03 x", ["so", "\x02twoandtwo\x03", "x"]),
        ("a wordthatislongerthanaline b", ["a", "wordthatislongerthanaline", "b"]),
        ("日本 日本 日本", ["日本 日本", "日本"]),
        ("\x02a b c d e f g\x03 h", ["\x02a b c d e\x03", "\x02f g\x03 h"]),
    ],
)
def test_a_passage_is_broken_between_words(snippet: str, lines: list[str]) -> None:
    assert in_lines(snippet, 11 if "three four" in snippet else 10) == lines


def test_hits_fit_the_terminal(library: Library, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.fill(library)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    main(["search", "test OR the", "--limit", "100", "--database", str(library.path)])
    lines = re.sub(r"\x1b\[\d+m", "", terminal.getvalue()).splitlines()
    assert len(lines) > 100
    assert [line for line in lines if cell_width(line) > 60 and " " in line.strip()] == []


def test_numbers_in_words() -> None:
    assert [counted(number, "session") for number in (0, 1, 4182)] == ["0 sessions", "1 session", "4,182 sessions"]
