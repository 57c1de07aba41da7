"""Messages: their outline, whole ones, and where in a session a text stands."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatviewer.domain import Attachment, Rating, RatingOrigin, Role
from chatviewer.errors import NotFoundError
from chatviewer.storage.library import Library
from tests.chance import examples
from tests.factories import at, fill, make_call, make_message, make_session

DATA = b"\x89PNG made up"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def thread(library: Library) -> Library:
    """A prompt with two replies; the second reply calls tools twice; the prompt has an image and a pasted text."""
    prompt = make_message(
        "m0",
        "Why is the Sky BLUE? Größe",
        created_at=at(0),
        attachments=(
            Attachment(media_type="image/png", name="sky.png", byte_count=len(DATA), sha256=DIGEST, data=DATA),
            Attachment(media_type="text/plain", name="pasted", text="a needle in the paste"),
        ),
    )
    first = make_message("m1", "It scatters.", role=Role.ASSISTANT, parent="m0", thinking="Rayleigh", created_at=at(1), model="m-1")
    second = make_message("m2", "100% _sure_", role=Role.ASSISTANT, parent="m0", input_tokens=3, output_tokens=4, metadata={"k": [1]})
    calls = (
        make_call(second.uid, 0, arguments={"command": 'echo "tüb"\nfoo', "n": 4242}, result="RESULT one"),
        make_call(second.uid, 1, tool_name="Read", arguments="raw words", result=None, error_message="No such file"),
    )
    second = make_message(
        "m2",
        "100% _sure_",
        role=Role.ASSISTANT,
        parent="m0",
        input_tokens=3,
        output_tokens=4,
        metadata={"k": [1]},
        tool_calls=calls,
    )
    fill(
        library,
        make_session("s", [prompt, first, second], ratings=(Rating(uid=first.uid, value=1, text="meh", origin=RatingOrigin.SOURCE),)),
        make_session("other", ["another needle", "reply"]),
    )
    return library


def session_id(library: Library) -> int:
    return library.summary(make_session("s").uid).id


def test_stubs_are_the_outline(thread: Library) -> None:
    stubs = thread.stubs(session_id(thread))
    assert [tuple(stub) for stub in stubs] == [
        (0, -1, Role.USER, len("Why is the Sky BLUE? Größe"), 0, 0, 0),
        (1, 0, Role.ASSISTANT, len("It scatters."), len("Rayleigh"), 0, 1),
        (2, 0, Role.ASSISTANT, len("100% _sure_"), 0, 2, 0),
    ]


def test_the_users_rating_stands_above_the_sources_and_goes_without_taking_it_along(thread: Library) -> None:
    id_ = session_id(thread)
    uid = thread.messages(id_, [1])[0].uid
    thread.rate(uid, 5, "great")
    rated = thread.messages(id_, [1])[0].rating
    assert rated is not None
    assert (rated.value, rated.text, rated.origin) == (5, "great", RatingOrigin.USER)
    assert thread.stubs(id_)[1].rating == 5
    assert thread.summary(make_session("s").uid).rating == 5
    thread.rate(uid, None)
    left = thread.messages(id_, [1])[0].rating
    assert left is not None
    assert (left.value, left.text, left.origin) == (1, "meh", RatingOrigin.SOURCE)
    assert thread.stubs(id_)[1].rating == 1
    assert thread.summary(make_session("s").uid).rating == 1


def test_whole_messages_carry_all_that_hangs_on_them(thread: Library) -> None:
    id_ = session_id(thread)
    thread.set_note(thread.messages(id_)[2].uid, "a note")
    prompt, first, second = thread.messages(id_)
    assert (prompt.parent_uid, first.parent_uid, second.parent_uid) == (None, prompt.uid, prompt.uid)
    assert [(one.name, one.media_type, one.text, one.data) for one in prompt.attachments] == [
        ("sky.png", "image/png", None, None),
        ("pasted", "text/plain", "a needle in the paste", None),
    ]
    assert (first.thinking, first.model, first.created_at, second.created_at) == ("Rayleigh", "m-1", at(1), None)
    assert (second.note, first.note, dict(second.metadata)) == ("a note", None, {"k": [1]})
    assert [(call.tool_name, call.arguments, call.result, call.error_message) for call in second.tool_calls] == [
        ("Bash", {"command": 'echo "tüb"\nfoo', "n": 4242}, "RESULT one", None),
        ("Read", "raw words", None, "No such file"),
    ]


def test_a_page_holds_the_numbers_asked_for_in_order(thread: Library) -> None:
    id_ = session_id(thread)
    assert [message.seq for message in thread.messages(id_, [2, 0, 99])] == [0, 2]
    assert thread.messages(id_, []) == []
    assert thread.messages(10**6) == thread.stubs(10**6) == []
    assert thread.messages(id_, range(1, 3)) == thread.messages(id_)[1:]


def test_the_bytes_of_an_attachment_come_when_asked(thread: Library) -> None:
    assert thread.attachment_data(DIGEST) == DATA
    assert thread.attachment_data("0" * 64) is None


def test_a_message_is_found_by_the_beginning_of_its_uid(thread: Library) -> None:
    wanted = thread.messages(session_id(thread))[2]
    summary, message = thread.message_session(wanted.uid[:18])
    assert (summary.uid, message) == (make_session("s").uid, wanted)
    for typed in ("", "zz", "\udc80"):
        with pytest.raises(NotFoundError, match="There is no message"):
            thread.message_session(typed)


@pytest.mark.parametrize(
    ("needle", "seqs"),
    [
        ("sky blue", [0]),
        ("NEEDLE in", [0]),
        ("SKY.PNG", [0]),
        ("rayleigh", [1]),
        ("GRÖSSE", [0]),
        ("größe", [0]),
        ("100%", [2]),
        ("1%0", []),
        ("_sure_", [2]),
        ("xsure", []),
        ("result ONE", [2]),
        ("bash", [2]),
        ("no such", [2]),
        ('echo "t', [2]),
        ("TÜB", [2]),
        ("foo", [2]),
        ("nfoo", []),
        ('"\nfoo', [2]),
        ("4242", [2]),
        ("raw words", [2]),
        ("command", []),
        ("s", [0, 1, 2]),
        ("", []),
        ("x" * 60_000, []),
        ("a\0b", []),
    ],
)
def test_texts_are_found_in_a_session(thread: Library, needle: str, seqs: list[int]) -> None:
    assert thread.matching_seqs(session_id(thread), needle) == seqs


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(needle=st.text(st.sampled_from("aAbB%_\\\"'\n/üÜ[*?"), min_size=1, max_size=4))
def test_finding_is_what_python_finds(library: Library, needle: str) -> None:
    texts = ['ab%_\\"x', "AÜ'b\n/", "[a*]?", "\\\\", "b\"\n'", "ü/a"]
    session = make_session("h", [make_message(f"h{number}", text) for number, text in enumerate(texts)])
    calls = make_session(
        "hc",
        [
            make_message(f"hc{number}", "-", tool_calls=(make_call(f"u{number}", arguments={"zz": [text]}, result=None, tool_name="-"),))
            for number, text in enumerate(texts)
        ],
    )
    fill(library, session, calls)
    expected = [number for number, text in enumerate(texts) if needle.casefold() in text.casefold()]
    for one in (session, calls):
        assert library.matching_seqs(library.summary(one.uid).id, needle) == expected
