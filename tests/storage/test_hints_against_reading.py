"""What is said beside the hits is so: held against reading, for random libraries and queries."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from chatviewer.query import parse
from chatviewer.query.editing import pieces, without
from chatviewer.query.nodes import Query
from chatviewer.storage import hinting
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.factories import fill, make_session
from tests.storage.plain_reader import Reader, Stored, is_of_words
from tests.storage.random_libraries import libraries, queries, store

PAGE = 50  # hits that are counted of a shorter query
VOCABULARY = ["database", "flaky", "flask", "card", "cart", "carts", "retry", "python", "needle", "kernel", "colonel"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def check_tools(library: Library, stored: list[Stored], query: Query, count: int) -> None:
    """As many hits in tool output as `in:tools` instead of what is searched would give."""
    if query.has_scopes or "tools" in Reader(stored, query).scopes:
        assert count == 0
        return
    reader = Reader(stored, query._replace(scopes=("tools",)))
    answers: Counter[bool | None] = Counter()
    for each in stored:
        if reader.may_show(each):
            answers.update(answer for row, answer in reader.found(each) if row.level == "tool")
    if any(map(is_of_words, reader.nodes)):
        assert answers[True] <= count <= answers[True] + answers[None], ("tools", answers, count)
    else:
        assert count == 0


def check_shorter(library: Library, query: Query, hints: Any) -> None:
    """The part named is one without which there are most hits."""
    counts = {}
    for start, end in pieces(query.text)[: hinting.MAX_WORDS]:
        if shorter := without(query.text, start, end).strip():
            counts[shorter] = len(library.search(parse(shorter), limit=PAGE).hits)
    best = max(counts.values(), default=0)
    if not best and hints.shorter:
        parts = [query.text[start:end] for start, end in pieces(query.text)[: hinting.MAX_WORDS]]
        alone = {part: len(library.search(parse(part), limit=PAGE).hits) for part in parts if parse(part).words}
        assert hints.shorter_count == alone[hints.shorter] == min(count for count in alone.values() if count)
        return
    assert hints.shorter_count == best
    assert (counts[hints.shorter] if hints.shorter else 0) == best


@settings(max_examples=examples(40), phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(libraries, st.lists(queries, min_size=1, max_size=5))
def test_hints_are_what_reading_finds(given: list[dict[str, Any]], texts: list[str]) -> None:
    with TemporaryDirectory() as folder, Library.open(Path(folder) / "chatviewer.db") as library:
        stored = store(library, given)
        for text in texts:
            note(f"query: {text}")
            query = parse(text)
            is_found = bool(library.search(query).hits)
            hints = library.search_hints(query, is_found=is_found)
            check_tools(library, stored, query, hints.tool_count)
            if is_found:
                assert (hints.suggestion, hints.shorter, hints.shorter_count) == ("", "", 0)
            else:
                check_shorter(library, query, hints)
                assert not hints.suggestion or library.search(parse(hints.suggestion)).hits


def edits(word: str) -> set[str]:
    """All words one edit away, by trying."""
    places = range(len(word) + 1)
    return {
        *(word[:at] + word[at + 1 :] for at in places),
        *(word[:at] + letter + word[at:] for at in places for letter in LETTERS),
        *(word[:at] + letter + word[at + 1 :] for at in places[:-1] for letter in LETTERS),
        *(word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :] for at in places[:-1]),
    } - {word}


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=4), min_size=1, max_size=5), st.data())
def test_a_misspelt_word_is_the_commonest_one_edit_away(texts: list[list[str]], data: st.DataObject) -> None:
    meant = data.draw(st.sampled_from(sorted({word for text in texts for word in text})))
    typed = data.draw(st.sampled_from(sorted(edits(meant))))
    holders = Counter(word for text in texts for word in set(text))
    with TemporaryDirectory() as folder, Library.open(Path(folder) / "chatviewer.db") as library:
        fill(library, *(make_session(f"s{number}", [" ".join(text)], title=".") for number, text in enumerate(texts)))
        query = parse(typed)
        hits = library.search(query).hits
        assert bool(hits) == (typed in holders)
        suggestion = library.search_hints(query, is_found=bool(hits)).suggestion
        if not hits and any(word.startswith(typed) for word in holders):
            assert suggestion == f"{typed}*"
            return
        if hits or len(typed) < hinting.SHORTEST:
            assert suggestion == ""
            return
        swapped = {word for word in holders if sorted(word) == sorted(typed) and len(word) == len(typed)} & edits(typed)
        near = swapped or edits(typed) & set(holders)
        assert suggestion in near
        assert holders[suggestion] == max(holders[word] for word in near)
