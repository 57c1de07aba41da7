"""Words that stand apart in a session: their order and what is told of the rest do not depend on how much time there was."""

import pytest

from chatviewer.domain import Attachment, Session, SessionStatus
from chatviewer.query import parse
from chatviewer.storage import walking
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_message, make_session


def apart(number: int) -> Session:
    """One word in a message or, every other time, in pasted text; the other, which is not as rare, everywhere else."""
    pasted = (Attachment(text="walnut"),) if number % 2 else ()
    first = make_message(f"{number}-0", "hay" if pasted else "walnut", created_at=at(number), attachments=pasted)
    second = make_message(f"{number}-1", "glacier", created_at=at(number), attachments=(Attachment(text="glacier"),))
    return make_session(f"s{number}", [first, second], title="Glacier")


def found(library: Library) -> list[tuple[str, str | None]]:
    return [(hit.session_uid, hit.message_uid) for hit in library.search(parse("walnut glacier"), limit=100).hits]


def test_sessions_come_newest_first_wherever_the_words_stand(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, *map(apart, range(12)))
    whole = found(library)
    assert list(dict.fromkeys(uid for uid, _ in whole)) == [apart(number).uid for number in reversed(range(12))]
    for few in (1, 3):
        monkeypatch.setattr(walking, "FEW", few)
        monkeypatch.setattr(walking, "PROBE", few)
        assert found(library) == whole


def test_the_hits_of_a_session_come_in_the_order_of_the_words(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another word seems to be the rarest, as there was no time to count."""
    fill(library, *map(apart, range(4)), *(make_session(f"only{number}", ["walnut"] * 3, title="Hay") for number in range(3)))
    whole = found(library)
    for seconds, few in ((-1, 1), (-1, 5), (9, 3)):
        monkeypatch.setattr(walking, "PROBE_SECONDS", seconds)
        monkeypatch.setattr(walking, "FEW", few)
        monkeypatch.setattr(walking, "PROBE", few)
        assert found(library) == whole


def test_hidden_hits_that_were_not_all_counted_are_told_so(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, make_session("shown", ["walnut and glacier"]), make_session("hidden", ["walnut and glacier"] * 5, title="Hay"))
    library.set_status([make_session("hidden").uid], SessionStatus.ARCHIVED)
    result = library.search(parse("walnut glacier"))
    assert (result.hidden_count, result.is_hidden_count_whole) == (5, True)
    monkeypatch.setattr(walking, "FEW", 1)
    monkeypatch.setattr(walking, "PROBE", 1)
    monkeypatch.setattr(walking, "LARGE", 1)
    result = library.search(parse("walnut glacier"))
    assert result.hidden_count < 5
    assert not result.is_hidden_count_whole


def test_without_text_only_what_would_be_shown_counts_as_hidden(library: Library) -> None:
    """Where an unwanted word, a role or a date speaks of messages, a hidden session without such a message is no hidden hit."""
    fill(
        library, *(make_session(name, texts, title="Hay") for name, texts in (("a", ["walnut"]), ("b", ["walnut", "hay"]), ("c", ["hay"])))
    )
    library.set_status([make_session(name).uid for name in "abc"], SessionStatus.ARCHIVED)
    for text, count in (
        ("-walnut", 2),
        ("-walnut role:assistant", 1),
        ("role:assistant", 1),
        ("role:tool", 0),
        ("-/wal/", 2),
        ("-hay -walnut", 0),
    ):
        result = library.search(parse(text))
        assert (result.hidden_count, result.is_hidden_count_whole) == (count, True), text
        assert len(library.search(parse(f"{text} is:any")).hits) == count, text
