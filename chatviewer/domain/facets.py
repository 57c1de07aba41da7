"""How a result falls into sources, projects, times and the like."""

from collections.abc import Mapping
from typing import NamedTuple


class ResultFacets(NamedTuple):
    """In how many sessions of a result each value stands, the most frequent first; what is unknown is left out.

    A session stands under one time, that of its newest hit, but under every role that said something in it.
    """

    session_count: int = 0
    hit_count: int = 0
    is_whole: bool = True  # else only those stored last were counted
    sources: Mapping[str, int] = {}
    projects: Mapping[str, int] = {}
    models: Mapping[str, int] = {}
    roles: Mapping[str, int] = {}
    tags: Mapping[str, int] = {}
    statuses: Mapping[str, int] = {}
    ratings: Mapping[str, int] = {}  # "5" to "1", of rated sessions
    starred: int = 0
    times: tuple[int, ...] = ()  # one for each session that has one: UTC milliseconds, in no order
