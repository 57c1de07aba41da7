"""Texts that are held in UTF-8 while an excerpt stands for them."""

import json
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import long_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(' \n"\\é文🎉'), min_size=30, max_size=200)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends and pieces of some bytes."""
    monkeypatch.setattr(long_text, "EXCERPT", 9)
    monkeypatch.setattr(long_text, "PIECE", 11)
    long_text.release()


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_put_beside_an_excerpt_the_whole_text_is_given(text: str, before: str, after: str) -> None:
    excerpt, other = long_text.hold(bytearray(text.encode())), long_text.hold(bytearray(after.encode()))
    assert long_text.is_excerpt(excerpt)
    assert long_text.in_utf8(excerpt) == text.encode()
    assert long_text.whole(f"{before}\n{excerpt}\n\n{other}") == f"{before}\n{text}\n\n{after}"
    assert long_text.size(excerpt) == len(text.encode())
    assert long_text.whole(excerpt.strip()) == text.strip()


@given(TEXTS)
def test_an_excerpt_in_json_gives_the_json_of_its_text(text: str) -> None:
    dumped = json.dumps({"a": ["x", long_text.hold(bytearray(text.encode()))]}, ensure_ascii=False)
    assert long_text.whole(dumped, long_text.in_json) == json.dumps({"a": ["x", text]}, ensure_ascii=False)


def test_the_same_text_is_held_once_and_forgotten_with_the_rest() -> None:
    excerpts = [long_text.hold(bytearray(("word " * 30 + "ü").encode())) for _ in range(3)]
    assert len(set(excerpts)) == 1
    assert long_text.is_any_held()
    long_text.release()
    assert not long_text.is_any_held()
    assert not long_text.is_excerpt(excerpts[0])


def test_another_thread_forgets_its_own() -> None:
    excerpt = long_text.hold(bytearray(("word " * 30 + "ü").encode()))
    other = Thread(target=long_text.release)
    other.start()
    other.join()
    assert long_text.whole(excerpt) == "word " * 30 + "ü"


def test_an_excerpt_that_was_cut_in_its_mark_is_seen_to_be() -> None:
    excerpt = long_text.hold(bytearray(("word " * 30 + "ü").encode()))
    assert "\ufffd" in long_text.whole(excerpt[:20])
    assert long_text.in_utf8("only text") == b"only text"
    assert long_text.whole("only text") == "only text"


@given(st.text(st.sampled_from("ab é文🎉"), max_size=60), st.integers(4, 20))
def test_pieces_hold_whole_characters_and_all_of_them(text: str, size: int) -> None:
    assert "".join(long_text.cut(text.encode(), size)) == text
