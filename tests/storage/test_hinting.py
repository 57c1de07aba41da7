"""What is said beside the hits: more in tool output, and words as the library spells them."""

import pytest

from chatviewer.domain import Role, SearchHints, SessionStatus
from chatviewer.query import parse
from chatviewer.storage import hinting
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session


def hints(library: Library, text: str, **options: bool) -> SearchHints:
    query = parse(text, **options)
    return library.search_hints(query, is_found=bool(library.search(query).hits))


def session_with_calls(source_id: str, text: str, *results: str):  # type: ignore[no-untyped-def]
    calls = tuple(make_call(f"{source_id}-1", number, result=result) for number, result in enumerate(results))
    messages = [make_message(f"{source_id}-0", text), make_message(f"{source_id}-1", "Done.", role=Role.ASSISTANT, tool_calls=calls)]
    return make_session(source_id, messages, project=f"/home/me/{source_id}")


def test_hits_in_tool_output_are_counted_where_the_query_does_not_look(library: Library) -> None:
    fill(library, session_with_calls("api", "needle", "a needle", "hay"), session_with_calls("web", "hay", "needle", "needles", "needle"))
    assert hints(library, "needle").tool_count == 3
    assert hints(library, "needle project:api").tool_count == 1
    assert hints(library, "needl", is_being_typed=True).tool_count == 4
    assert hints(library, "needle in:all").tool_count == 0
    assert hints(library, "needle in:text").tool_count == 0
    assert hints(library, "-needle").tool_count == 0
    assert hints(library, "project:api").tool_count == 0
    library.set_status([library.summaries(library.session_ids(parse("project:web")))[0].uid], SessionStatus.ARCHIVED)
    assert hints(library, "needle").tool_count == 1


def test_the_count_ends_somewhere(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, session_with_calls("api", "hay", *["needle"] * 6))
    monkeypatch.setattr(hinting, "MOST", 5)
    assert hints(library, "needle") == SearchHints(5, is_tool_count_whole=False)
    monkeypatch.setattr(hinting, "MOST", 6)
    assert hints(library, "needle") == SearchHints(6)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("databsae", "database"), ("databse", "database"), ("dataabase", "database"), ("detabase", "database"), ("atabase", "database")),
        *(("flkay databsae", "flaky database"), ("project:api databsae -hay", "project:api database -hay")),
        *(("Databsae", "database"), ("na\u00efev", ""), ("xyzzyq", ""), ("databsae xyzzyq", ""), ("daabse", "")),
        *(('"databsae"', ""), ("/databsae/", ""), ("databsae OR nothing1", ""), ("titel", "title"), ("tset", "test")),
    ],
)
def test_a_word_that_nothing_holds_is_spelled_as_the_library_spells_it(library: Library, typed: str, meant: str) -> None:
    messages = [make_message("m0", "The flaky database test, tested"), make_message("m1", "set of a database")]
    fill(library, make_session("api", messages, project="/home/me/api", title="A title"))
    assert hints(library, typed).suggestion == meant
    assert hints(library, typed, is_being_typed=True).suggestion == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(
            ("dat", "dat*"),
            ("Datenban", "Datenban*"),
            ("dat needle", "dat* needle"),
            ("tdatabas", "/tdatabas/"),
            ("verbindung", "/verbindung/"),
        ),
        *(("10:15", "/10:15/"), ("xyz", ""), ("ung", ""), ("dat nowhere", ""), ("kubec", ""), ("kubec in:all", "kubec* in:all")),
        *(("ectl in:tools", "/ectl/ in:tools"), ("kubcetl in:tools", "kubectl in:tools"), ("kubcetl", "")),
    ],
)
def test_where_no_word_is_near_the_beginning_or_a_part_of_one_is_suggested(library: Library, text: str, meant: str) -> None:
    fill(library, session_with_calls("api", "Datenbankverbindung testdatabase needle 2026-03-01T10:15:30Z", "kubectl"))
    assert hints(library, text).suggestion == meant


def test_of_many_words_the_one_that_says_most_is_kept(library: Library) -> None:
    texts = ["that was it", "was that so", "the thing", "thing or the other", "about that", "about this"]
    fill(library, make_session("a", ["nginx"]), *(make_session(text, [text], title=".") for text in texts))
    found = hints(library, "the thing that was about nginx")
    assert (found.shorter, found.dropped, found.shorter_count) == ("nginx", "the thing that was about", 1)
    assert hints(library, "zzyzx qqxqq xxyxx").shorter == ""
    assert hints(library, "zzyzx qqxqq -that").shorter == ""


def test_the_commonest_word_is_suggested(library: Library) -> None:
    fill(library, make_session("s", [make_message(f"m{number}", text) for number, text in enumerate(("cart", "card", "card"))]))
    assert hints(library, "carx").suggestion == "card"


def test_time_over_is_no_error(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, make_session("s", [make_message("m", "database")]))
    monkeypatch.setattr(hinting, "SECONDS", -1.0)
    monkeypatch.setattr(hinting, "_STEPS", 1)
    assert hints(library, "databsae") == SearchHints()
    assert library.search(parse("database")).hits, "the limit is gone afterwards"


@pytest.mark.parametrize("typed", ["databsae", "database zzyzx"])
def test_whenever_it_is_stopped_that_is_no_error(library: Library, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    fill(library, *(make_session(f"s{number}", [make_message("m", "database")]) for number in range(3)))
    monkeypatch.setattr(hinting, "_STEPS", 20)
    query, whole = parse(typed), hints(library, typed)
    for number in (*range(60), *range(60, 3_000, 50)):
        calls = iter(range(number))
        found = library.search_hints(query, is_found=False, should_stop=lambda calls=calls: next(calls, None) is None)  # type: ignore[misc]
        assert found in (SearchHints(), whole) or found._replace(suggestion=whole.suggestion) == whole


@pytest.mark.parametrize("typed", ["", "((", "a*", "*", "日本語", "\0", "\ud800", "-", "x" * 3000, 'a"b', "in:", "tool:Bash x"])
def test_nothing_typed_fails(library: Library, typed: str) -> None:
    fill(library, session_with_calls("api", "hay", "needle"))
    assert hints(library, typed, is_being_typed=True).suggestion == ""


def test_the_word_or_field_in_the_way_is_named(library: Library) -> None:
    fill(
        library,
        make_session("a", ["needle in hay", "yes"], project="/home/me/a"),
        make_session("b", ["needle in hay"], project="/home/me/b"),
        make_session("c", ["straw"], project="/home/me/c"),
    )
    found = hints(library, "needle zzyzx hay")
    assert (found.shorter, found.dropped, found.shorter_count, found.has_more_shorter) == ("needle hay", "zzyzx", 2, False)
    assert hints(library, "straw needle project:b").dropped == "straw"
    assert hints(library, "-needle project:nothing").shorter == "-needle"
    assert hints(library, "zzyzx").shorter == ""
    assert hints(library, "needle").shorter == ""


def test_a_word_that_is_still_being_typed_is_a_beginning_in_what_is_offered_too(library: Library) -> None:
    fill(library, make_session("s", ["the flaky database", "another flaky one"], title="Hay"))
    found = hints(library, "zzyzx flak", is_being_typed=True)
    assert (found.dropped, found.shorter, found.shorter_count) == ("zzyzx", "flak", 2)
    assert hints(library, "zzyzx flak").shorter == ""
    assert hints(library, "flkay datab", is_being_typed=True).suggestion == "flaky datab"
    assert hints(library, "flkay datab").suggestion == "flaky datab*"
    assert hints(library, "zzyzx flak qq* in:text").shorter == ""  # what ends with a star says nothing of the words before it


def test_a_list_says_how_many_sessions_archive_and_trash_hold(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("a", "b", "c", "d")
    fill(library, *(make_session(name, ["needle"], project="/home/me/x" if name == "d" else "/home/me/api") for name in names))
    library.set_status([make_session(name).uid for name in ("b", "d")], SessionStatus.ARCHIVED)
    library.set_status([make_session("c").uid], SessionStatus.TRASHED)
    for text, count in (("project:api", 2), ("project:x", 1), ("-project:x", 2), ("project:y", 0), ("project:api is:archived", 0), ("", 0)):
        assert hints(library, text).hidden_count == count, text
    assert hints(library, "needle project:api").hidden_count == 0, "the search has counted them"
    monkeypatch.setattr(hinting, "FEW", 1)
    found = hints(library, "project:api")
    assert (found.hidden_count, found.is_hidden_count_whole) == (1, False)
