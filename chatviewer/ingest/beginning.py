"""Which files a first import begins with where somebody looks on: the newest, few enough to be there in a second.

They are read once more with all the others, so their part of the whole is kept small.
"""

from collections.abc import Collection

from chatviewer.ingest.parsing import Candidate

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
