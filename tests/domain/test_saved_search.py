"""Named searches in the text of one preference."""

from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain.saved_search import moved, name_problem, read_searches, renamed, searches_with, write_searches

TEXT = st.text(min_size=1).map(str.strip).filter(bool)


@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_what_can_be_saved_is_read_back(searches: dict[str, str]) -> None:
    kept = {name: query for name, query in searches.items() if not name_problem(name, query)}
    assert read_searches(write_searches(kept)) == kept


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read = read_searches(text)
    assert read_searches(write_searches(read)) == read


def test_a_query_has_one_name() -> None:
    searches = read_searches("Errors = has:error ; = x; empty = ; Mine=tag:mine is:starred; a = rating:>=4")
    assert searches == {"Errors": "has:error", "Mine": "tag:mine is:starred", "a": "rating:>=4"}
    assert list(searches_with(searches, "Failed", "has:error")) == ["Mine", "a", "Failed"]
    assert searches_with(searches, "Errors", "has:error -x")["Errors"] == "has:error -x"
    assert list(searches_with(searches, "", "has:error")) == ["Mine", "a"]


def test_a_search_is_renamed_and_moved_in_its_place() -> None:
    searches = {"a": "1", "b": "2", "c": "3"}
    assert list(renamed(searches, "b", " new ").items()) == [("a", "1"), ("new", "2"), ("c", "3")]
    assert list(renamed(searches, "b", "a").items()) == [("a", "2"), ("c", "3")]
    assert list(renamed(searches, "b", "")) == ["a", "c"]
    assert renamed(searches, "nothing", "x") == searches
    assert list(moved(searches, "a", 1)) == ["b", "a", "c"]
    assert list(moved(searches, "a", -1)) == ["a", "b", "c"]
    assert list(moved(searches, "b", 9)) == ["a", "c", "b"]
    assert moved(searches, "nothing", 1) == searches
