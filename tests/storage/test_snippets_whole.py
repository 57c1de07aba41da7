"""What is lit is what was found, where a text also holds it as a part of other words."""

import pytest

from chatviewer.domain import HitKind, Role
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session


def found(library: Library, typed: str, content: str, thinking: str = "") -> tuple[str, HitKind]:
    fill(library, make_session("s", [make_message("m", content, thinking=thinking)], title="."))
    (hit,) = library.search(parse(typed)).hits
    return hit.snippet.replace("\x02", "[").replace("\x03", "]"), hit.kind


@pytest.mark.parametrize(
    ("typed", "content", "snippet"),
    [
        ("cat", "category, concat, cat", "category, concat, [cat]"),
        ("cat*", "category, concat, cat", "[cat]egory, concat, [cat]"),
        ("cat dog", "a category of dogs: cat, dog", "a category of dogs: [cat], [dog]"),
        ("user", "users, superuser, getUserName, userName", "users, superuser, get[User]Name, [user]Name"),
        ("utf", "utfish utf8", "utfish [utf]8"),
        ("cat", "Category CAT", "Category [CAT]"),
    ],
)
def test_whole_words_are_lit_before_others(library: Library, typed: str, content: str, snippet: str) -> None:
    assert found(library, typed, content) == (snippet, HitKind.TEXT)


def test_the_word_is_shown_where_it_stands(library: Library) -> None:
    far = "category " * 60
    assert found(library, "cat", f"{far} and a cat")[0].endswith("and a [cat]")


def test_a_word_that_was_thought_of_is_shown_there(library: Library) -> None:
    snippet, kind = found(library, "cat", "A category.", "It is a cat.")
    assert (snippet, kind) == ("It is a [cat].", HitKind.THINKING)


@pytest.mark.parametrize(
    ("typed", "snippet"), [("bash", "[Bash]"), ("cat", "a [cat]"), ("rc", "~/.bash[rc]"), ("category", "[category] of ~/.bashrc")]
)
def test_of_a_call_the_part_is_shown_that_says_the_word(library: Library, typed: str, snippet: str) -> None:
    message = make_message("m", "Done.", role=Role.ASSISTANT)
    call = make_call(message.uid, tool_name="Bash", arguments={"path": "category of ~/.bashrc"}, result="a cat")
    fill(library, make_session("s", [message._replace(tool_calls=(call,))], title="."))
    (hit,) = library.search(parse(f"/{typed}/ in:tools" if typed == "rc" else f"{typed} in:tools")).hits
    assert snippet in hit.snippet.replace("\x02", "[").replace("\x03", "]")
