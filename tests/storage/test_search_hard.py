"""Hard cases: stack traces, error codes, addresses, versions, paths and many scripts. Each query finds its texts and no other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatviewer.domain import Attachment, Session
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.factories import fill, make_call, make_message, make_session

FILE = Path(__file__).with_name("hard_searches.txt")
NOT_LIT = ("カタカナ", "👍🏿")  # written in half width, and with another tone of skin, in the text


def read_file() -> tuple[dict[str, str], dict[str, set[str]]]:
    """The texts by name, and the names of those that each query finds."""
    texts: dict[str, str] = {}
    finds: dict[str, set[str]] = {}
    for block in FILE.read_text(encoding="utf-8").split("\n== ")[1:]:
        name, _, rest = block.partition("\n")
        text, _, queries = f"\n{rest}".partition("\n--\n")
        if name != "none":
            texts[name] = text.strip("\n")
        for query in queries.replace("\n", " ").split("¦"):
            finds.setdefault(query.strip(), set()).update({name} - {"none"})
    return texts, finds


TEXTS, FINDS = read_file()


def in_call(name: str, **fields: object) -> Session:
    message = make_message(name, ".")
    return make_session(name, [make_message(name, ".", tool_calls=(make_call(message.uid, **{"result": "", **fields}),))], title=".")


PLACES: dict[str, Callable[[str, str], Session]] = {
    "text": lambda name, text: make_session(name, [make_message(name, text)], title="."),
    "thinking": lambda name, text: make_session(name, [make_message(name, ".", thinking=text)], title="."),
    "title": lambda name, text: make_session(name, [make_message(name, ".")], title=text),
    "pasted": lambda name, text: make_session(name, [make_message(name, ".", attachments=(Attachment(text=text),))], title="."),
    "result": lambda name, text: in_call(name, result=text),
    "arguments": lambda name, text: in_call(name, arguments={"command": text}),
}


@pytest.fixture(scope="module", params=PLACES)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("hard") / "chatviewer.db") as opened:
        fill(opened, *(PLACES[request.param](name, text) for name, text in TEXTS.items()))
        yield opened


def test_the_set_is_large() -> None:
    assert len(FINDS) >= 450
    assert len(TEXTS) >= 30


def test_each_query_finds_its_texts_and_no_other(library: Library) -> None:
    names = {summary.id: summary.source_id for summary in library.summaries(library.session_ids())}
    wrong = []
    for text, expected in FINDS.items():
        query = parse(f"{text} in:all")
        assert not query.problems, text
        recent = library.search(query, limit=100).hits
        found = {names[hit.session_id] for hit in recent}
        others = [{names[hit.session_id] for hit in library.search(query, order="best", limit=100).hits}]
        others.append({names[id_] for id_ in library.session_ids(query)})
        if found != expected or any(each != found for each in others):
            wrong.append((text, found ^ expected, others))
    assert not wrong


def test_what_was_found_is_lit(library: Library) -> None:
    unlit = [text for text in FINDS for hit in library.search(parse(f"{text} in:all")).hits if "\x02" not in hit.snippet]
    assert set(unlit) <= set(NOT_LIT)
