"""The gate of a library that several threads use: many inside, or one alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatviewer.storage.library import Library
from chatviewer.storage.sharing import _FREE, Gate, SharedLibrary
from tests.factories import fill, make_session


def test_every_call_goes_through_the_gate() -> None:
    public = {name for name in dir(Library) if not name.startswith("_")}
    assert public >= _FREE
    same = {name for name in public if vars(SharedLibrary).get(name) is None}
    assert same == _FREE


def test_who_is_inside_may_come_in_again_and_who_is_outside_waits() -> None:
    gate = Gate()
    is_inside, may_leave, has_left = threading.Event(), threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with gate:
            is_inside.set()
            assert may_leave.wait(10)
            with gate:  # while somebody waits to be alone
                order.append("again")
        has_left.set()

    def second() -> None:
        with gate:
            order.append("in")

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(first)]
        assert is_inside.wait(10)
        threading.Timer(0.05, may_leave.set).start()
        with gate.alone(10) as is_alone:
            assert is_alone
            assert has_left.wait(10)
            jobs.append(pool.submit(second))
            with gate:  # the one who is alone
                order.append("alone")
        for job in jobs:
            job.result(10)
    assert order == ["again", "alone", "in"]


def test_who_does_not_leave_is_not_waited_for_without_end() -> None:
    gate = Gate()
    is_inside, may_leave = threading.Event(), threading.Event()

    def stay() -> None:
        with gate:
            is_inside.set()
            assert may_leave.wait(10)

    def visit() -> str:
        with gate:
            return "in"

    with ThreadPoolExecutor(2) as pool:
        job = pool.submit(stay)
        assert is_inside.wait(10)
        with gate.alone(0.02) as is_alone:
            assert not is_alone
            assert pool.submit(visit).result(10) == "in"
        may_leave.set()
        job.result(10)


def test_a_thread_that_meets_an_exchange_reads_the_new_file(database_path: Path) -> None:
    with SharedLibrary.open(database_path) as library, ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: library.is_empty).result() is True
        inode = database_path.stat().st_ino
        with library.bulk() as is_effective:
            assert is_effective
            fill(library, make_session("a"))
        assert database_path.stat().st_ino != inode
        assert pool.submit(lambda: library.is_empty).result() is False
        assert pool.submit(lambda: library.set_starred([make_session("a").uid], True)).result() == 1
        with Library.open(database_path) as other:
            assert other.summaries(other.session_ids())[0].is_starred
