"""Whether best first puts the session that was meant at the top: queries as a person would type them who half remembers a chat.

The figure is the mean reciprocal rank of the session meant: 1 where it always comes first, 0.5 where it always comes second.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatviewer import demo
from chatviewer.domain import Role, Session
from chatviewer.query import parse
from chatviewer.storage.library import Library
from tests.factories import at, fill, make_message, make_session

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
ENOUGH = 0.9
RARE = 25  # sessions that hold a word which a person would remember

MEANT = (
    ("boat names", "Names for a small boat"),
    ("small wooden boat", "Names for a small boat"),
    ("sandpiper", "Names for a small boat"),
    ("rename project", "Rename the project?"),
    ("emoji width", "Emoji width in terminals"),
    ("zero width joiner", "Emoji width in terminals"),
    ("invoice reminder", "Polite reminder for an unpaid invoice"),
    ("friendly reminder", "Polite reminder for an unpaid invoice"),
    ("neither were", "Is this sentence grammatical?"),
    ("raft restaurant", "Explain consensus with a dinner"),
    ("consensus", "Explain consensus with a dinner"),
    ("window functions", "Window functions by example"),
    ("sql example", "Window functions by example"),
    ("git bisect", "Git bisect a wrong total"),
    ("totals wrong cent", "Git bisect a wrong total"),
    ("pre-commit", "Set up the pre-commit hooks"),
    ("ruff hooks", "Set up the pre-commit hooks"),
    ("stretching", "Stretching after cycling"),
    ("post-mortem", "Summarise the incident of 3 March"),
    ("incident", "Summarise the incident of 3 March"),
    ("cron twice", "Why does the cron job run twice?"),
    ("nightly job", "Why does the cron job run twice?"),
    ("compare json files", "Compare two big JSON files"),
    ("sparse attention", "Summarise the paper on sparse attention"),
    ("трассировку", "Как читать трассировку стека"),
    ("piano practice", "Practice plan for a busy month"),
    ("PyUnicode_AsUTF8", "Undefined symbol: PyUnicode_AsUTF8"),
    ("undefined symbol", "Undefined symbol: PyUnicode_AsUTF8"),
    ("zettelkasten", "Compare three note-taking methods"),
    ("note taking", "Compare three note-taking methods"),
    ("version regex", "Regular expression for a version"),
    ("terraform replace", "Plan says it will replace the database"),
    ("storage_encrypted", "Plan says it will replace the database"),
    ("byte order mark", "CSV with a byte order mark"),
    ("utf-8-sig", "CSV with a byte order mark"),
    ("liveness probe", "Kubernetes probe kills the pod at start"),
    ("balcony plants", "Plants for a dry, shady balcony"),
    ("undo bulk", "Undo for bulk actions"),
    ("tax bracket", "Explain marginal and average tax rates"),
    ("squeaking door", "Fix a squeaking door"),
    ("interview archivist", "Interview questions for an archivist"),
    ("tmux clipboard", "Wayland clipboard in the terminal"),
    ("OSC 52", "Wayland clipboard in the terminal"),
    ("borrow checker", "Explain this borrow checker error"),
    ("E0502", "Explain this borrow checker error"),
    ("harmonic series", "Why is the harmonic series divergent?"),
    ("release notes", "Write release notes for 2.4"),
    ("catastrophic backtracking", "Catastrophic backtracking in the address pattern"),
    ("isort circular import", "Sort imports without breaking the cycle"),
    ("rename photos exif", "Rename thousands of photos by the date inside"),
    ("feature flags", "Delete dead feature flags"),
    ("京都", "七天京都行程建议"),
    ("清水寺", "七天京都行程建议"),
    ("lighthouse poem", "A birthday poem about a lighthouse"),
    ("fahrenheit", "Fahrenheit to Celsius in my head"),
    ("slow query dashboard", "Find the slow query on the dashboard"),
    ("parser twice as fast", "Make the parser twice as fast"),
    ("profile parser", "Make the parser twice as fast"),
    ("iso durations", "Parse ISO 8601 durations"),
    ("misleading chart", "What does this chart get wrong?"),
    ("deploy script", "Port the deploy script to Python"),
    ("test_worker_drains", "Flaky worker test in infra"),
    ("東京都庁", "日本語の検索が一致しない原因を調べる"),
    ("lettre de motivation", "Lettre de motivation, plus directe"),
    ("event bus mypy", "Type the event bus"),
    ("502 edge proxy", "Trace the 502s of the edge proxy"),
    ("keepalive_timeout", "Trace the 502s of the edge proxy"),
    ("sourdough", "Sourdough at 28 degrees"),
    ("make image smaller", "Make the image smaller"),
    ("python versions", "Which Python versions do we still support?"),
    ("fts tokenizers", "Compare FTS tokenizers"),
    ("trigram porter", "Compare FTS tokenizers"),
    ("sidebar flicker", "Why does the sidebar flicker when it is resized?"),
    ("healthz", "Add a health check endpoint"),
    ("settings json column", "Move the settings table to JSON columns"),
    ("json flag list", "Add a --json flag to the list command"),
    ("archives talk", "A talk about archives that outlive their tools"),
    ("max_connections", "Rename the config keys"),
    ("config keys", "Rename the config keys"),
    ("retry logic review", "Review the retry logic with three reviewers"),
    ("idempotency key", "Review"),
    ("flaky import test", "Fix the flaky import test"),
    ("database is locked", "Fix the flaky import test"),
    ("tests share one database file", "Fix the flaky import test"),
)


def first_rank(library: Library, text: str, title: str) -> int | None:
    """The place of the first session whose title begins so, among the sessions of the hits."""
    hits = library.search(parse(f"is:any {text}"), order="best", limit=200).hits
    titles = {hit.session_id: hit.title for hit in hits}
    return next((place for place, found in enumerate(titles.values(), 1) if found.startswith(title)), None)


def mean_reciprocal_rank(library: Library, meant: list[tuple[str, str]]) -> tuple[float, list[tuple[str, int | None]]]:
    """The figure, and the queries whose session does not come first."""
    ranks = [(text, first_rank(library, text, title)) for text, title in meant]
    figure = sum(1 / rank for _, rank in ranks if rank) / len(ranks)
    return figure, [(text, rank) for text, rank in ranks if rank != 1]


@pytest.fixture(scope="module")
def demo_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    path: Path = tmp_path_factory.mktemp("relevance") / "chatviewer.db"
    with Library.open(path) as library:
        demo.fill(library, NOW)
        yield library


def test_the_session_meant_comes_first(demo_library: Library) -> None:
    figure, others = mean_reciprocal_rank(demo_library, list(MEANT))
    assert len(MEANT) >= 60
    assert figure >= ENOUGH, others
    assert all(rank is not None and rank <= 10 for _, rank in others), others


@pytest.mark.parametrize("length", [5])
def test_a_word_that_is_still_being_typed_leads_there_as_well(demo_library: Library, length: int) -> None:
    """The last word cut to a few letters."""
    words = [(text.rpartition(" "), title) for text, title in MEANT if text.isascii() and " " in text]
    cut = [(f"{before} {last[:length]}*", title) for (before, _, last), title in words]
    figure, others = mean_reciprocal_rank(demo_library, cut)
    assert figure >= ENOUGH, others


def remembered(library: Library, chance: random.Random) -> list[tuple[str, str]]:
    """For each session a word of its prompt and one of its reply, drawn by chance from those that few sessions hold; none is in the
    title."""
    sessions = library.summaries(library.session_ids(parse("is:any")))
    texts = [[_words(message.content) for message in library.messages(session.id)[:3]] for session in sessions]
    holders = Counter(word for some in texts for word in set().union(*some))
    meant = []
    for session, (prompt, *replies) in zip(sessions, texts, strict=True):
        known = {word for word, count in holders.items() if count <= RARE} - _words(session.title)
        asked, told = sorted(prompt & known), sorted(set().union(*replies) & known)
        if asked and told:
            meant.append((f"{chance.choice(asked)} {chance.choice(told)}", session.title))
    return meant


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{4,}", text.lower()))


@pytest.mark.parametrize("seed", range(3))
def test_words_that_nobody_chose_lead_there_as_well(demo_library: Library, seed: int) -> None:
    meant = remembered(demo_library, random.Random(seed))
    figure, others = mean_reciprocal_rank(demo_library, meant)
    assert len(meant) >= 50
    assert figure >= ENOUGH, others


# A library in which everything is said everywhere in passing

NOUNS = (
    *("lantern", "harbour", "ledger", "walnut", "glacier", "turbine", "velvet", "compass"),
    *("anchor", "meadow", "orchard", "quarry", "saddle", "thimble", "beacon", "pepper"),
)
FILLER = (
    *("we", "could", "also", "look", "at", "the", "other", "thing"),
    *("before", "it", "is", "done", "and", "then", "try", "it"),
    *("again", "with", "what", "was", "there"),
)


def sessions_in_passing(chance: random.Random) -> tuple[list[Session], list[tuple[str, str]]]:
    """120 sessions, each about one pair of nouns, and what a person would type to find some of them."""
    pairs = [(one, other) for one in NOUNS for other in NOUNS if one < other]
    made: list[Session] = []
    for number, (one, other) in enumerate(pairs):
        words = chance.choices(FILLER, k=120)
        for noun in chance.sample(NOUNS, 4):
            words.insert(chance.randrange(len(words)), noun)
        messages = [
            make_message(f"{number}-0", f"How does the {one} go with the {other}?", created_at=at(number)),
            make_message(f"{number}-1", f"The {other} holds the {one}. {' '.join(words)}", role=Role.ASSISTANT, created_at=at(number + 1)),
        ]
        made.append(make_session(f"s{number}", messages, title=f"Plans, part {number}: {one} and {other}"))
    meant = [(f"{pairs[number][0]} {pairs[number][1]}", f"Plans, part {number}:") for number in range(0, len(pairs), 3)]
    return made, meant


def test_what_a_session_is_about_beats_what_is_said_in_passing(library: Library) -> None:
    made, meant = sessions_in_passing(random.Random(3))
    chance = random.Random(4)
    chance.shuffle(made)
    fill(library, *made)
    figure, others = mean_reciprocal_rank(library, meant)
    assert len(meant) >= 40
    assert figure >= ENOUGH, others
