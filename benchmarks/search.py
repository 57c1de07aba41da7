"""How long a search takes, by class of query, beside raw SQL of the same class in the same run.

`python benchmarks/search.py DATABASE [--repeat N] [--queries N]`: DATABASE is one that `chatviewer import` made; it is only read. Each
class is a set of queries made of the database's own words. Times are milliseconds: wall time at the 50th and 95th percentile, and the
processor's, which another program on the machine disturbs less. The raw query is what anybody would write first: the index joined
with messages and sessions, 50 rows, snippets by FTS5; `ranked` ones by bm25, the others by rowid.
"""

import argparse
import random
import re
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from chatviewer.query import parse
from chatviewer.storage.library import Library

RAW = """
SELECT message.id, session.uid, session.title, session.source, session.project, message.uid, message.seq, message.role, message.created_at,
snippet(message_fts, -1, char(2), char(3), '…', 24)
FROM message_fts CROSS JOIN message ON message.id = message_fts.rowid CROSS JOIN session ON session.id = message.session_id
WHERE message_fts MATCH ? AND session.status = 'active' ORDER BY {order} LIMIT 50
"""
RAW_NEWEST = RAW.format(order="message_fts.rowid DESC")
RAW_RANKED = RAW.format(order="message_fts.rank")

# What nobody types on purpose; each is to be answered in 200 milliseconds.
NASTY = (
    *('"', "**", "e* a* i*", "-e*", "-e* -a*", "e* OR a*", "(" * 500 + "a", "/.*.*.*x/", "/[aeiou]{3,}zz/", "漢", "🎉", "é*", "1* 2*"),
    *("a OR " * 150, "e* " * 150, '"the of" ' * 60, "is:branched the", "has:code -the", "e* in:tools", "the in:all -of", "x " * 5_000),
)


def words_of(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Words of a sample of messages with how often they stand in it, the most frequent first."""
    highest = connection.execute("SELECT max(id) FROM message").fetchone()[0] or 0
    chosen = random.Random(1).sample(range(1, highest + 1), min(highest, 3_000))
    counts: Counter[str] = Counter()
    for start in range(0, len(chosen), 500):
        marks = ",".join(map(str, chosen[start : start + 500]))
        for (content,) in connection.execute(f"SELECT content FROM message WHERE id IN ({marks})"):
            counts.update(set(re.findall(r"\b[a-z]{3,}\b", content[:20_000])))
    return counts.most_common()


def classes_of(words: list[tuple[str, int]], projects: list[str], count: int) -> dict[str, list[tuple[str, str | None]]]:
    """By class: (what is typed, the FTS5 expression of the raw query or None where there is none)."""
    chance = random.Random(2)
    common = [word for word, _ in words[:20]]
    middle = [word for word, seen in words if 5 <= seen <= 50] or common
    rare = [word for word, seen in words if seen == 1] or common
    some = lambda pool: [chance.choice(pool) for _ in range(count)]  # noqa: E731
    project = re.sub(r".*/", "", projects[0]) if projects else "none"
    return {
        "one letter": [(f"{word[0]}*", f'"{word[0]}" *') for word in some(middle)],
        "two-letter prefix": [(f"{word[:2]}*", f'"{word[:2]}" *') for word in some(middle)],
        "four-letter prefix": [(f"{word[:4]}*", f'"{word[:4]}" *') for word in some(middle)],
        "common word": [(word, f'"{word}"') for word in some(common)],
        "middling word": [(word, f'"{word}"') for word in some(middle)],
        "rare word": [(word, f'"{word}"') for word in some(rare)],
        "two words": [(f"{a} {b}", f'"{a}" AND "{b}"') for a, b in zip(some(common), some(middle), strict=True)],
        "word being typed": [(f"{a} {b[0]}*", f'"{a}" AND "{b[0]}" *') for a, b in zip(some(middle), some(middle), strict=True)],
        "phrase": [(f'"{a} {b}"', f'"{a} {b}"') for a, b in zip(some(common), some(common), strict=True)],
        "many fields": [
            (f"project:{project} after:2020 messages:>1 -is:starred role:assistant {word}", f'"{word}"') for word in some(middle)
        ],
        "negation only": [(f"-{word}", None) for word in some(common)],
        "fields only": [(f"project:{project} role:user", None)] * count,
        "no hit": [(f"zzq{word}", f'"zzq{word}"') for word in some(middle)],
        "in tools": [(f"{word} in:tools", None) for word in some(middle)],
        "nasty": [(text, None) for text in NASTY],
    }


def measured(run: Callable[[], object], repeat: int) -> tuple[list[float], list[float]]:
    """Wall and processor times in milliseconds of some runs after a first one."""
    run()
    walls, processors = [], []
    for _ in range(repeat):
        wall, processor = time.perf_counter(), time.process_time()
        run()
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - processor) * 1000)
    return walls, processors


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def index_sizes(connection: sqlite3.Connection) -> str:
    """The full-text indexes beside the texts that they are of."""
    texts = {
        "message": "SELECT sum(length(CAST(content AS BLOB)) + length(CAST(thinking AS BLOB))) FROM message",
        "tool": "SELECT sum(length(CAST(input_arguments AS BLOB)) + coalesce(length(CAST(output_result AS BLOB)), 0)) FROM tool_call",
    }
    cells, indexes, total = [], 0, 0
    for level, statement in texts.items():
        text = connection.execute(statement).fetchone()[0] or 0
        index = sum(
            connection.execute(f"SELECT coalesce(sum(length({column})), 0) FROM {level}_fts_{table}").fetchone()[0]
            for table, column in (("data", "block"), ("docsize", "sz"))
        )
        cells.append(f"{level} {index / 1e6:,.0f} of {text / 1e6:,.0f} MB ({index / max(text, 1):.2f})")
        indexes, total = indexes + index, total + text
    return f"index: {indexes / max(total, 1):.2f} of its text; {', '.join(cells)}"


def row(name: str, runs: list[tuple[Callable[[], object], Callable[[], object] | None]], repeat: int) -> str:
    """The figures of one class: ours, and the raw query's."""
    ours = [measured(run, repeat) for run, _ in runs]
    raw = [measured(run, repeat) for _, run in runs if run is not None]
    wall = [each for walls, _ in ours for each in walls]
    processor = [each for _, processors in ours for each in processors]
    cells = [f"{percentile(wall, 0.5):8.2f}", f"{percentile(wall, 0.95):8.2f}", f"{percentile(processor, 0.95):8.2f}"]
    if raw:
        raw_processor = [each for _, processors in raw for each in processors]
        cells += [f"{percentile([each for walls, _ in raw for each in walls], 0.95):8.2f}", f"{percentile(raw_processor, 0.95):8.2f}"]
        cells.append(f"{statistics.fmean(processor) / max(statistics.fmean(raw_processor), 1e-6):6.2f}")
    return f"{name:20} {' '.join(cells)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Times of searches by class of query, beside raw SQL.")
    parser.add_argument("database", type=Path)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each query")
    parser.add_argument("--queries", type=int, default=12, help="queries of each class")
    options = parser.parse_args()
    with Library.open(options.database, create=False) as library:
        connection = library.database.reader()
        projects = [name for (name,) in connection.execute("SELECT project FROM session GROUP BY project ORDER BY count(*) DESC LIMIT 1")]
        sizes = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("session", "message", "tool_call")]
        print("{:,} sessions, {:,} messages, {:,} tool calls".format(*sizes))
        print(index_sizes(connection))
        print(f"{'':20} {'p50':>8} {'p95':>8} {'p95 cpu':>8} {'raw p95':>8} {'raw cpu':>8} {'ratio':>6}")
        for name, queries in classes_of(words_of(connection), projects, options.queries).items():
            for order, sql in (("recent", RAW_NEWEST), ("best", RAW_RANKED)):
                if order == "best" and name not in ("common word", "middling word", "two words"):
                    continue
                runs: list[tuple[Callable[[], object], Callable[[], object] | None]] = []
                for typed, match in queries:
                    query = parse(typed)
                    raw = None if match is None else (lambda match=match, sql=sql: connection.execute(sql, (match,)).fetchall())
                    runs.append((lambda query=query, order=order: library.search(query, order=order), raw))
                print(row(name + (", ranked" if order == "best" else ""), runs, options.repeat))


if __name__ == "__main__":
    main()
