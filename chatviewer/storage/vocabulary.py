"""The words that an index knows, and beginnings of words spelled out.

FTS5 answers the beginning of a word by merging the lists of all words that begin so, before it gives the first row: a tenth of a second
where a million messages are indexed. The words themselves are found by leaps, each a few millionths of a second, and asked for as
alternatives they are merged only as far as rows are fetched.
"""

import sqlite3

MOST_TERMS = 64  # words with one beginning that are spelled out; beyond, so many rows hold one that reading the newest finds enough
_LEAPS = (
    "WITH RECURSIVE leap (term) AS (SELECT (SELECT term FROM temp.{table} WHERE term >= ?1 LIMIT 1) UNION ALL "
    "SELECT (SELECT term FROM temp.{table} WHERE term >= leap.term || char(1) LIMIT 1) FROM leap WHERE leap.term < ?2) "
    "SELECT term FROM leap WHERE term >= ?1 AND term < ?2 LIMIT ?3"
)


class Vocabulary:
    """The words of the indexes that one connection sees. What was asked once is remembered: it lives as long as one search."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._known: dict[tuple[str, str], list[str] | None] = {}

    def words(self, index: str, beginning: str) -> list[str] | None:
        """The words of an index that begin so (ASCII letters and digits, any case); None where they are more than MOST_TERMS."""
        key = index, beginning.lower()
        if key not in self._known:
            found = self._found(index, key[1])
            self._known[key] = found if len(found) <= MOST_TERMS else None
        return self._known[key]

    def _found(self, index: str, beginning: str) -> list[str]:
        statement = _LEAPS.format(table=f"{index}_words")
        parameters = (beginning, beginning + "\U0010ffff", MOST_TERMS + 1)
        try:
            rows = self.connection.execute(statement, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            self._open(index)
            rows = self.connection.execute(statement, parameters).fetchall()
        return [word for (word,) in rows]

    def _open(self, index: str) -> None:
        """A window on the index that belongs to this connection; nothing is written to the file."""
        (is_reader,) = self.connection.execute("PRAGMA query_only").fetchone()
        self.connection.execute("PRAGMA query_only = OFF")
        try:
            self.connection.execute(f"CREATE VIRTUAL TABLE temp.{index}_words USING fts5vocab(main, {index}, instance)")
        finally:
            if is_reader:
                self.connection.execute("PRAGMA query_only = ON")

    def spelled_out(self, index: str, match: str) -> str:
        """An FTS5 expression with its beginnings as alternatives, as far as these are few. It finds the same rows."""
        # the odd pieces are what stands between quotes; typed text holds no quotes
        pieces = match.split('"')
        for number in range(1, len(pieces) - 1, 2):
            *words, last = pieces[number].split() or [""]
            if not pieces[number + 1].startswith(" *") or not (last.isascii() and last.isalnum()):
                continue  # how the index folds other letters is its own matter
            known = self.words(index, last)
            if known is not None:
                # what nothing begins with is asked for as a word, which nothing holds
                pieces[number] = '" OR "'.join(" ".join((*words, word)) for word in known or [last])
                pieces[number - 1] += "("
                pieces[number + 1] = ")" + pieces[number + 1][2:]
        return '"'.join(pieces)
