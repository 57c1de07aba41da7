"""Fields put into a query, taken out and exchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.query import parse
from chatviewer.query.editing import held, pieces, quoted, terms, toggled, widened, with_term, without

TYPED = st.text(st.sampled_from('ab:,"-() ORsource:codextag/.*é'), max_size=40)
TERMS = ("source:codex", 'project:"my site"', "tag:release", "is:archived", "is:starred", "after:7d", "-source:codex", "rating:>=4")


@pytest.mark.parametrize(
    ("text", "term", "query"),
    [
        ("", "is:starred", "is:starred"),
        ("flaky te", "source:codex", "source:codex flaky te"),
        ("flaky te ", "source:codex", "source:codex flaky te "),
        ("source:codex rating:5 te", "source:claude-code", "source:claude-code rating:5 te"),
        ("te source:codex,chatgpt x", "source:claude-code", "te source:claude-code x"),
        ('project:"my site" -source:codex', "project:api", "project:api -source:codex"),
        ("after:7d x on:today", "after:30d", "after:30d x"),
        ("NOT is:starred", "is:rated", "is:rated NOT is:starred"),
        ("is:archived x", "is:any", "is:any x"),
        ("is:starred x", "is:any", "is:any is:starred x"),
        ("tag:a x", "tag:b", "tag:b tag:a x"),
        ("source:codex OR is:starred", "source:chatgpt", "source:chatgpt source:codex OR is:starred"),
        ("(source:codex x)", "source:chatgpt", "source:chatgpt (source:codex x)"),
        ("SOURCE:codex x", "source:codex", "SOURCE:codex x"),
        ("OR", "source:codex", "source:codex"),
        (" OR AND x", "source:codex", "source:codex x"),
    ],
)
def test_a_field_is_put_in(text: str, term: str, query: str) -> None:
    assert with_term(text, term) == query


@pytest.mark.parametrize(
    ("text", "term", "query"),
    [
        ("source:codex flaky te", "source:codex", "flaky te"),
        ("flaky source:codex", "source:codex", "flaky"),
        ("flaky source:codex te ", "source:codex", "flaky te "),
        ("source:codex", "source:codex", ""),
        ("source:codex,chatgpt x", "source:codex", "source:chatgpt x"),
        ('source:codex,"my bot" x', "source:codex", 'source:"my bot" x'),
        ("-source:codex x", "-source:codex", "x"),
        ("-source:codex x", "source:codex", "source:codex -source:codex x"),
        ("source:chatgpt x", "source:codex", "source:codex x"),
    ],
)
def test_the_same_again_takes_it_out(text: str, term: str, query: str) -> None:
    assert toggled(text, term) == query


def test_one_more_value_will_do() -> None:
    assert widened("source:codex x", "source:chatgpt") == "source:codex,chatgpt x"
    assert widened("source:codex,chatgpt x", "source:chatgpt") == "source:codex x"
    assert widened("x", "source:chatgpt") == "source:chatgpt x"
    assert widened("on:2026 x", "on:2025") == "on:2025 x", "dates do not add up"
    assert widened("tag:a", 'tag:"b c"') == 'tag:a,"b c"'


def test_values_among_others_are_held() -> None:
    assert held('x source:codex,"my bot" -tag:b (is:any) has:note OR y') == {"source:codex", 'source:"my bot"'}


def test_pieces_are_words_and_fields_with_their_dash() -> None:
    text = 'one -two "a phrase" -source:codex (three OR /f.ur/)'
    assert [text[start:end] for start, end in pieces(text)] == ["one", "-two", '"a phrase"', "-source:codex", "three", "/f.ur/"]


@given(TYPED, st.sampled_from(TERMS))
def test_what_was_put_in_is_there_and_can_be_taken_out(text: str, term: str) -> None:
    there = with_term(text, term)
    assert with_term(there, term) == there
    assert term.startswith("-") or term in held(there)
    if there == f"{term} {text}":
        assert toggled(there, term) == (text if text.strip() else "")
    assert not [words for _, words in parse(toggled("", term)).problems]


@given(TYPED)
def test_terms_and_pieces_stand_in_the_text(text: str) -> None:
    for term in terms(text):
        assert text[term.start : term.end].lstrip("-").lower().startswith(f"{term.field}:")
        assert len(without(text, term.start, term.end)) < len(text)
    spans = pieces(text)
    assert all(start < end for start, end in spans)
    assert spans == sorted(spans)


@given(st.text(max_size=20))
def test_a_quoted_value_is_one_value(value: str) -> None:
    found = terms(f"tag:{quoted(value)}")
    assert len(found) <= 1
    assert all(len(term.values) <= 1 for term in found)
