"""Everything that a library goes through, in any order, against a simple model: what was imported or said is there until it is purged."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chatviewer import ingest
from chatviewer.domain import SessionStatus
from chatviewer.domain.identity import session_uid
from chatviewer.ingest import beginning
from chatviewer.ingest.repairing import repair
from chatviewer.query import parse
from chatviewer.storage import taking_place
from chatviewer.storage.library import Library
from chatviewer.storage.sharing import SharedLibrary
from tests.drills.machine import DRILLS, damages, record, session_id, transcript

SESSIONS = 4
WORDS = ("lorem", "ipsum dolor", "getUser", "日本語")
TAGS = ("red", "Red", "blue")
Key = tuple[str, str]  # facet and target

numbers, choices, whos = st.integers(0, SESSIONS - 1), st.integers(0, 50), st.integers(0, 1)


class Step(NamedTuple):
    """A step of undo, as the model knows it."""

    number: int
    deltas: dict[Key, tuple[Any, Any]]
    undone: list[bool]  # of one


class Said:
    """What the user said, with the way back. `lines` is what the journal's file tells: kind, step, what it is of, before, after."""

    def __init__(self) -> None:
        self.values: dict[Key, Any] = {}
        self.steps: list[Step] = []
        self.lines: list[tuple[str, int, Key, Any, Any]] = []

    def change(self, deltas: dict[Key, Any]) -> None:
        changed = {key: (self.values.get(key), value) for key, value in deltas.items() if self.values.get(key) != value}
        if not changed:
            return
        self.steps = [step for step in self.steps if not step.undone[0]]
        number = 1 + max((step.number for step in self.steps), default=max((line[1] for line in self.lines), default=0))
        self.steps.append(Step(number, changed, [False]))
        self._put({key: after for key, (_, after) in changed.items()})
        self.lines += [("do", number, key, *delta) for key, delta in changed.items()]

    def _put(self, values: dict[Key, Any]) -> None:
        self.values |= values
        self.values = {key: value for key, value in self.values.items() if value is not None}

    def undo(self) -> bool:
        done = [step for step in self.steps if not step.undone[0]]
        if done:
            done[-1].undone[0] = True
            self._put({key: before for key, (before, _) in done[-1].deltas.items()})
            self.lines += [("undo", done[-1].number, key, after, before) for key, (before, after) in done[-1].deltas.items()]
        return bool(done)

    def redo(self) -> bool:
        undone = [step for step in self.steps if step.undone[0]]
        if undone:
            undone[0].undone[0] = False
            self._put({key: after for key, (_, after) in undone[0].deltas.items()})
            self.lines += [("redo", undone[0].number, key, *delta) for key, delta in undone[0].deltas.items()]
        return bool(undone)

    def forget(self, targets: set[str]) -> None:
        """They were purged."""
        self.lines = [line for line in self.lines if line[2][1] not in targets]
        self.values = {key: value for key, value in self.values.items() if key[1] not in targets}
        self.steps = [
            Step(step.number, kept, step.undone)
            for step in self.steps
            if (kept := {key: delta for key, delta in step.deltas.items() if key[1] not in targets})
        ]

    def lose(self) -> None:
        """The database is gone, the file is there."""
        self.values, self.steps = {}, []

    def restore(self, purged: set[str]) -> None:
        """As the file tells."""
        self.lose()
        for kind, number, key, before, after in self.lines:
            if key[1] in purged:
                continue
            self._put({key: after})
            if kind == "do":
                self.steps = [step for step in self.steps if not step.undone[0]]
                if not self.steps or self.steps[-1].number != number:
                    self.steps.append(Step(number, {}, [False]))
                self.steps[-1].deltas[key] = before, after
            else:
                for step in self.steps:
                    if step.number == number:
                        step.undone[0] = kind == "undo"


_SAID = (
    ("rate", "SELECT uid, value FROM rating WHERE origin = 'user'"),
    ("note", "SELECT uid, text FROM note"),
    ("star", "SELECT uid, is_starred FROM star"),
    ("title", "SELECT uid, title FROM title_override"),
    ("status", "SELECT uid, status FROM status_change"),
    ("preference", "SELECT key, value FROM preference"),
    ("tag", "SELECT session_tag.uid, group_concat(lower(tag.name)) FROM session_tag JOIN tag ON tag.id = tag_id GROUP BY 1"),
)


def said(library: Library) -> dict[Key, Any]:
    rows = {(facet, row[0]): row[1] for facet, sql in _SAID for row in library.database.connection().execute(sql)}
    return {key: frozenset(value.split(",")) if key[0] == "tag" else value for key, value in rows.items()}


class Machine(RuleBasedStateMachine):
    """Two programs have the library open; sources come, grow, change and go."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="interleaving"))
        self.stack = ExitStack()
        self.stack.callback(shutil.rmtree, self.folder)
        patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        self.home = self.folder / "home"
        (self.home / ".claude" / "projects" / "-home-mira-api").mkdir(parents=True)
        patch.setenv("HOME", str(self.home))
        patch.setenv("CHATVIEWER_HOME", str(self.folder / "chatviewer"))
        patch.setattr(beginning, "SHORT", 0)
        patch.setattr(beginning, "SHARE", 2)
        patch.setattr(taking_place, "_SECONDS_BETWEEN", 0.01)
        patch.setattr(taking_place, "_TRIES", 2)
        self.path = self.folder / "chatviewer" / "chatviewer.db"
        self.programs: list[Library | None] = [None, None]
        self.sources: dict[int, list[str]] = {}  # by session, the texts of its file
        self.given: dict[str, set[str]] = {}  # by session uid, all texts that were ever imported
        self.said = Said()
        self.purged: set[str] = set()
        self.purged_here: set[str] = set()  # since the database was made: without a repair, what was purged before may be there again
        self.clock = 0
        self.is_to_be_checked = False

    def teardown(self) -> None:
        try:
            self.closed()
            with Library.open(self.path) as library:
                assert damages(library) == []
        finally:
            self.closed()
            self.stack.close()

    # programs

    def library(self, who: int) -> Library:
        kind = SharedLibrary if who else Library
        opened = self.programs[who]
        if opened is None:
            opened = self.programs[who] = kind.open(self.path)
        return opened

    def closed(self) -> None:
        for who, opened in enumerate(self.programs):
            if opened is not None:
                opened.close()
                self.programs[who] = None

    @rule(who=whos)
    def close(self, who: int) -> None:
        opened, self.programs[who] = self.programs[who], None
        if opened is not None:
            opened.close()

    # sources

    def _write(self, number: int) -> None:
        path = transcript(self.home, number)
        lines = [record(session_id(number), place, text) for place, text in enumerate(self.sources[number])]
        path.write_text("".join(f"{line}\n" for line in lines))
        self.clock += 1
        os.utime(path, ns=(10**18 + self.clock * 10**10,) * 2)

    @rule(number=numbers, count=st.integers(1, 10), word=st.sampled_from(WORDS))
    def append(self, number: int, count: int, word: str) -> None:
        lines = self.sources.setdefault(number, [])
        self.clock += 1
        for _ in range(count):
            lines.append(f"{word} s{number} p{len(lines)} t{self.clock}.")
        self._write(number)

    @precondition(lambda self: self.sources)
    @rule(number=numbers, place=choices, is_longer=st.booleans())
    def rewrite(self, number: int, place: int, is_longer: bool) -> None:
        """A record says something else, or more."""
        lines = self.sources.get(number)
        if lines:
            self.clock += 1
            place %= len(lines)
            lines[place] = f"{lines[place]} And more {self.clock}." if is_longer else f"other s{number} p{place} t{self.clock}."
            self._write(number)

    @precondition(lambda self: self.sources)
    @rule(number=numbers, left=choices)
    def truncate(self, number: int, left: int) -> None:
        lines = self.sources.get(number)
        if lines:
            del lines[1 + left % len(lines) :]
            self._write(number)

    @precondition(lambda self: self.sources)
    @rule(number=numbers)
    def delete_source(self, number: int) -> None:
        if number in self.sources:
            del self.sources[number]
            transcript(self.home, number).unlink()

    # importing

    def _imported(self) -> None:
        for number, lines in self.sources.items():
            uid = self._uid(number)
            if uid not in self.purged_here:
                self.given.setdefault(uid, set()).update(lines)
        self.is_to_be_checked = True

    def _uid(self, number: int) -> str:
        return session_uid("claude-code", session_id(number))

    @rule(who=whos)
    def import_all(self, who: int) -> None:
        ingest.run(self.library(who))
        self._imported()

    @rule(who=whos, reads=st.integers(1, 3))
    def import_some(self, who: int, reads: int) -> None:
        """Stopped; only an import that went through tells what is there."""
        asked = iter(range(reads))
        ingest.run(self.library(who), should_stop=lambda: next(asked, None) is None)

    @rule(who=whos, acts=st.lists(st.tuples(st.integers(0, 8), choices), max_size=3), has_other=st.booleans())
    def look_on(self, who: int, acts: list[tuple[int, int]], has_other: bool) -> None:
        """An import with somebody who acts as soon as there is something; in this program or another."""
        library = self.library(who)

        def act(_: object) -> None:
            actor = self.library(1 - who) if has_other else library
            for kind, choice in acts:
                self._act(actor, kind, choice)

        ingest.run(library, on_beginning=act)
        self._imported()

    # what the user says

    @rule(who=whos, kind=st.integers(0, 8), choice=choices)
    def say(self, who: int, kind: int, choice: int) -> None:
        self._act(self.library(who), kind, choice)

    def _act(self, library: Library, kind: int, choice: int) -> None:
        if kind == 7:
            theme = ("nord", "gruvbox")[choice % 2]
            library.set_preference("theme", theme)
            return self.said.change({("preference", "theme"): f'"{theme}"'})
        if kind == 8:
            library.reset_preference("theme")
            return self.said.change({("preference", "theme"): None})
        sessions = library.summaries(library.session_ids(parse("is:any"), sort="title"))
        if not sessions:
            return None
        session = sessions[choice % len(sessions)]
        messages = library.messages(session.id)
        uid, message = session.uid, messages[choice % len(messages)].uid
        values = self.said.values
        if kind == 0:
            value = 1 + choice % 5 if choice % 7 else None
            library.rate(message, value)
            self.said.change({("rate", message): value})
        elif kind == 1:
            target, text = (uid if choice % 2 else message), f"note {choice}" if choice % 3 else ""
            library.set_note(target, text)
            self.said.change({("note", target): text or None})
        elif kind == 2:
            is_starred = bool(choice % 2)
            if session.is_starred != is_starred:
                library.set_starred([uid], is_starred)
                self.said.change({("star", uid): int(is_starred)})
        elif kind == 3:
            tag, uids = TAGS[choice % 3], [one.uid for one in sessions[: 1 + choice % 3]]
            if choice % 2:
                library.add_tags(uids, [tag])
                new = {("tag", one): values.get(("tag", one), frozenset()) | {tag.lower()} for one in uids}
            else:
                library.remove_tags(uids, [tag])
                new = {("tag", one): (values.get(("tag", one), frozenset()) - {tag.lower()}) or None for one in uids}
            self.said.change(new)
        elif kind == 4:
            title = f"title {choice}" if choice % 3 else ""
            library.rename(uid, title)
            self.said.change({("title", uid): title or None})
        elif kind in (5, 6):
            status = list(SessionStatus)[choice % 3]
            uids = [one.uid for one in sessions[: 1 + choice % 2] if one.status is not status]
            library.set_status([one.uid for one in sessions[: 1 + choice % 2]], status)
            self.said.change({("status", one): status.value for one in uids})
        return None

    @rule(who=whos)
    def undo(self, who: int) -> None:
        assert (self.library(who).undo() is not None) == self.said.undo()

    @rule(who=whos)
    def redo(self, who: int) -> None:
        assert (self.library(who).redo() is not None) == self.said.redo()

    @rule(who=whos, choice=choices)
    def purge(self, who: int, choice: int) -> None:
        library = self.library(who)
        sessions = library.summaries(library.session_ids(parse("is:any"), sort="title"))
        if sessions:
            session = sessions[choice % len(sessions)]
            uids = {session.uid, *(message.uid for message in library.messages(session.id))}
            assert library.purge([session.uid]) == 1
            self.purged.add(session.uid)
            self.purged_here.add(session.uid)
            self.given.pop(session.uid, None)
            self.said.forget(uids)
            self.is_to_be_checked = True

    @rule(who=whos, choice=choices)
    def read(self, who: int, choice: int) -> None:
        library = self.library(who)
        ids = library.session_ids(parse("is:any"))
        for session in library.summaries(ids[choice % len(ids) :][:1] if ids else []):
            library.mark_read({session.uid: choice % (session.message_count + 1)})

    # loss and repair

    @rule(choice=choices)
    def repair_sound(self, choice: int) -> None:
        """Of a database that is sound: nothing is lost, not what the sources have lost either."""
        if choice % 3:
            return
        self.closed()
        repair(self.path)
        self._repaired()

    def _repaired(self) -> None:
        self.purged_here = set(self.purged)
        for uid in self.purged:
            self.given.pop(uid, None)
        self.said.restore(self.purged)
        self._imported()

    def _lose(self) -> None:
        self.closed()
        for end in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        self.given.clear()

    @rule(choice=choices)
    def import_anew(self, choice: int) -> None:
        """The database is deleted and imported once more, without its journal."""
        if choice % 3:
            return
        self._lose()
        self.said.lose()
        self.purged_here = set()
        self.import_all(0)

    @rule(choice=choices)
    def lose_database(self, choice: int) -> None:
        if choice % 3:
            return
        self._lose()
        repair(self.path)
        self._repaired()

    # what must hold

    @invariant()
    def what_was_said_stands(self) -> None:
        if self.path.exists():
            assert said(self.library(0)) == self.said.values

    @invariant()
    def what_was_given_is_there(self) -> None:
        if not self.path.exists():
            return
        library = self.library(0)
        for uid, texts in self.given.items():
            session = library.summary(uid)
            held = [message.content for message in library.messages(session.id)]
            # results of tools are with their calls
            held += [call.result for message in library.messages(session.id) for call in message.tool_calls if call.result]
            lost = [text for text in texts if not any(text in one for one in held)]
            assert not lost, (uid, lost, held)
        uids = {one.uid for one in library.summaries(library.session_ids(parse("is:any")))}
        assert not uids & self.purged_here

    @invariant()
    def it_is_sound(self) -> None:
        if self.is_to_be_checked and self.path.exists():
            assert damages(self.library(0)) == []
        self.is_to_be_checked = False


def test_whatever_happens_in_whatever_order() -> None:
    examples = settings(
        max_examples=DRILLS,
        derandomize=DRILLS < 50,
        stateful_step_count=30,
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    run_state_machine_as_test(Machine, settings=examples)
