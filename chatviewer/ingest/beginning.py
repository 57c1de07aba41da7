"""Which files a first import begins with where somebody looks on: the newest, few enough to be there in a second.

They are read once more with all the others, so their part of the whole is kept small.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from chatviewer.domain.importing import SaveCounts
from chatviewer.domain.summary import SessionSummary
from chatviewer.ingest.parsing import Candidate

if TYPE_CHECKING:
    from chatviewer.storage.library import Library

SHORT = 16 << 20  # bytes; where all files are no more than that, nobody waits for long
MOST_BYTES = 8 << 20
MOST_FILES = 200
SHARE = 10  # at most one of so many bytes is read twice


def newest(candidates: Collection[Candidate]) -> set[str]:
    """The keys of the files to begin with; none where all of them are few enough. One that is too large comes with the rest."""
    total = sum(candidate.size for candidate in candidates)
    if total <= SHORT:
        return set()
    left = min(MOST_BYTES, total // SHARE)
    chosen: set[str] = set()
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.mtime_ns, candidate.key)):
        if candidate.size <= left:
            chosen.add(candidate.key)
            left -= candidate.size
            if len(chosen) == MOST_FILES:
                break
    return chosen


def left_sessions(library: "Library") -> list[SessionSummary]:
    """What an import that was broken off has left; nothing where there was none."""
    if library.beginning() is None:
        return []
    from chatviewer.query import parse

    return library.summaries(library.session_ids(parse("is:any")))


def counts_beyond(left: list[SessionSummary], loaded: SaveCounts, library: "Library") -> SaveCounts:
    """What a load of everything has brought, beyond the sessions that were left there before it. These keep their ids."""
    kept = {summary.id: summary for summary in library.summaries([summary.id for summary in left])}
    before = [summary for summary in left if summary.id in kept]
    updated = sum(summary.message_count != kept[summary.id].message_count for summary in before)
    return SaveCounts(
        new=loaded.new - len(before),
        updated=loaded.updated + updated,
        unchanged=loaded.unchanged + len(before) - updated,
        messages=loaded.messages - sum(summary.message_count for summary in before),
        tool_calls=loaded.tool_calls - sum(summary.tool_call_count for summary in before),
        purged=loaded.purged,
        new_subagents=loaded.new_subagents - sum(summary.parent_uid is not None for summary in before),
    )
