"""`chatviewer stats`: what the archive holds, and how much of a budget the sources show as used."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chatviewer.cli.opening import open_library
from chatviewer.cli.output import bold, counted, is_terminal, say, say_document
from chatviewer.cli.table import Column, say_table

if TYPE_CHECKING:
    from chatviewer.domain.counts import LibraryCounts, StatisticsRow

KEYS = ("day", "model", "source", "project", "tool")
NAMELESS = {"day": "no date", "model": "no model", "source": "no source", "project": "no project", "tool": "no name"}
TOP = 10  # rows of each table in the overview
COLUMNS = (
    Column("", is_flexible=True),
    Column("SESSIONS", is_right=True),
    Column("MESSAGES", is_right=True),
    Column("TOKENS", is_right=True),
    Column("RATED", is_right=True),
    Column("MEAN", is_right=True),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--by", choices=KEYS, help="one whole table instead of the overview")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    keys = (arguments.by,) if arguments.by else KEYS
    with open_library(arguments) as library:
        counts = library.counts()
        tables = {key: library.statistics(key) for key in keys}
        days = tables["day"] if "day" in tables else library.statistics("day")
        budget = _budget(days, library.preferences(), datetime.now(UTC))
    if arguments.json:
        by = {key: [_document(row) for row in rows] for key, rows in tables.items()}
        say_document({"counts": _counts_document(counts), "budget": budget, "by": by})
        return 0
    if not arguments.by:
        _say_counts(counts, budget)
    for key, rows in tables.items():
        if rows and not arguments.by and is_terminal():
            say(f"\n{bold(f'By {key}')}")
        shown = [_cells(key, row) for row in (rows if arguments.by else _top(key, rows))]
        if arguments.by or is_terminal():
            say_table(COLUMNS, shown)
        else:  # one table after the other in a pipe: each line says which it belongs to
            say_table((Column("BY"), *COLUMNS), [(key, *cells) for cells in shown])
    return 0


def _top(key: str, rows: "list[StatisticsRow]") -> "list[StatisticsRow]":
    """The newest days, the largest of the others; below them what has none, say no project."""
    named = [row for row in rows if row.key]
    if key == "day":
        named.sort(key=lambda row: row.key, reverse=True)
    else:
        named.sort(key=lambda row: (-row.messages, -row.sessions, row.key))
    return named[:TOP] + [row for row in rows if not row.key]


def _cells(key: str, row: "StatisticsRow") -> tuple[str, ...]:
    mean = f"{row.rating_sum / row.rated:.1f}" if row.rated else ""
    return row.key or NAMELESS[key], f"{row.sessions:,}", f"{row.messages:,}", f"{row.tokens:,}", f"{row.rated:,}", mean


def _document(row: "StatisticsRow") -> dict[str, Any]:
    return {
        "key": row.key or None,
        "sessions": row.sessions,
        "messages": row.messages,
        "tokens": row.tokens,
        "rated": row.rated,
        "rating_mean": round(row.rating_sum / row.rated, 3) if row.rated else None,
    }


def _counts_document(counts: "LibraryCounts") -> dict[str, Any]:
    from chatviewer.exporters.document import iso_time

    return {
        "active": counts.active,
        "archived": counts.archived,
        "trashed": counts.trashed,
        "starred": counts.starred,
        "rated": counts.rated,
        "subagents": counts.subagents,
        "messages": counts.messages,
        "last_import_at": iso_time(counts.last_import_at),
    }


def _budget(days: "list[StatisticsRow]", preferences: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Messages of today and tokens of this month, beside the limits that the preferences set (null: none)."""
    today, month = now.strftime("%Y-%m-%d"), now.strftime("%Y-%m")
    return {
        "messages_today": sum(row.messages for row in days if row.key == today),
        "daily_message_limit": preferences["daily_message_limit"] or None,
        "tokens_this_month": sum(row.tokens for row in days if row.key.startswith(month)),
        "monthly_token_limit": preferences["monthly_token_limit"] or None,
    }


def _say_counts(counts: "LibraryCounts", budget: dict[str, Any]) -> None:
    say(
        f"{counted(counts.active, 'session')}, {counts.archived:,} archived, {counts.trashed:,} in the trash, "
        f"{counted(counts.subagents, 'sub-agent')}; {counted(counts.messages, 'message')}; "
        f"{counts.starred:,} starred, {counts.rated:,} rated."
    )
    for used, limit, what in (
        ("messages_today", "daily_message_limit", "messages today"),
        ("tokens_this_month", "monthly_token_limit", "tokens this month"),
    ):
        if budget[limit]:
            share = 100 * budget[used] / budget[limit]
            say(f"{budget[used]:,} of {budget[limit]:,} {what} ({share:.0f} %).")
