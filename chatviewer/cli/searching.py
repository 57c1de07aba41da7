"""`chatviewer search`: messages by their words, each with the passage around them."""

from __future__ import annotations

import sys

from chatviewer.cli.opening import asked_query, missing, open_library, titled_hits
from chatviewer.cli.output import bold, counted, dim, is_terminal, say, say_document, shown_title, tell, terminal_width
from chatviewer.cli.parser import add_query_words, add_scopes, limit_number
from chatviewer.domain.sanitizing import safe_line
from chatviewer.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from chatviewer.cli.parser import Arguments
    from chatviewer.domain.hit import Hit, SearchHints, SearchResult

DEFAULT_LIMIT = 50
_MARKS = str.maketrans({"\x02": None, "\x03": None})  # around the words that match


def add_arguments(parser: Arguments) -> None:
    add_query_words(parser, "what to find, quoted or not; `--` before a word that starts with a dash")
    parser.add_argument(
        "--limit", metavar="N", type=limit_number, default=DEFAULT_LIMIT, help=f"at most N hits (0: all; default {DEFAULT_LIMIT})"
    )
    parser.add_argument("--sort", choices=("recent", "best"), default="recent", help="newest first (default) or best first")
    add_scopes(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    if not arguments.words:
        raise UsageError("search needs words (`chatviewer search --help` shows how)")
    query = asked_query(" ".join(arguments.words), getattr(arguments, "in"))
    with open_library(arguments) as library:
        result = library.search(query, order=arguments.sort, limit=arguments.limit or sys.maxsize)
        if not arguments.json:
            result = result._replace(hits=titled_hits(library, result.hits))
        not_here = missing(library) if is_terminal() else ""
        has_hints = not arguments.json and (is_terminal() or not result.hits)
        hints = library.search_hints(query, is_found=bool(result.hits)) if has_hints else None
    told = {words for _, words in query.problems}
    for problem in result.problems:
        if problem not in told:
            tell(problem)
    if arguments.json:
        hidden = {"hidden": result.hidden_count, "hidden_is_whole": result.is_hidden_count_whole}
        say_document({"hits": [_document(hit) for hit in result.hits], **hidden, "seconds": round(result.seconds, 4)})
    elif is_terminal():
        _say_hits(result)
        if not_here:
            tell(not_here)
    else:
        for hit in result.hits:
            say("\t".join(safe_line(cell) for cell in _cells(hit)))
    if hints is not None:
        _tell_hints(hints)
    return 0


def _tell_hints(hints: SearchHints) -> None:
    """What would find more, beside the hits."""
    if hints.tool_count:
        more = "" if hints.is_tool_count_whole else " or more"
        tell(f"{hints.tool_count:,}{more} in tool output (in:all shows them)")
    if hints.suggestion:
        tell(f"Nothing found. Did you mean: {safe_line(hints.suggestion, 200)}")
    elif hints.shorter:
        count = f"{hints.shorter_count:,}{' or more hits' if hints.has_more_shorter else ' hit' if hints.shorter_count == 1 else ' hits'}"
        tell(f"Nothing holds all of it. Without {safe_line(hints.dropped, 60)}: {count}")


def _document(hit: Hit) -> dict[str, Any]:
    from chatviewer.domain.wording import iso_time

    return {
        "session": hit.session_uid,
        "message": hit.message_uid,
        "title": hit.title,
        "source": hit.source,
        "role": None if hit.role is None else str(hit.role),
        "created_at": iso_time(hit.created_at),
        "snippet": hit.snippet.translate(_MARKS),
        "kind": str(hit.kind),
    }


def _cells(hit: Hit) -> tuple[str, ...]:
    from chatviewer.domain.wording import iso_time

    moment = iso_time(hit.created_at) or ""
    return hit.session_uid, hit.message_uid or "", hit.source, str(hit.role or ""), moment, hit.title, hit.snippet.translate(_MARKS)


def _say_hits(result: SearchResult) -> None:
    from chatviewer.cli.listing import local_time
    from chatviewer.cli.table import cell_width, cut_to
    from chatviewer.domain.wording import project_name

    session, width = None, terminal_width()
    for hit in result.hits:
        if hit.session_id != session:
            if session is not None:
                say()
            session = hit.session_id
            where = " · ".join(part for part in (hit.source, safe_line(project_name(hit.project), 40), hit.session_uid[:8]) if part)
            title = cut_to(shown_title(hit.title, 100), max(20, width - cell_width(where) - 2))
            say(f"{bold(title)}  {dim(where)}")
        head = " · ".join(part for part in (str(hit.role or hit.kind), local_time(hit.created_at), (hit.message_uid or "")[:13]) if part)
        say(f"  {dim(head)}")
        for line in in_lines(hit.snippet, max(20, width - 4)):
            say(f"    {lit(line)}")
    over = "" if result.is_hidden_count_whole else "over "
    hidden = f"; {over}{result.hidden_count:,} more in archived or trashed sessions (is:any shows them)" if result.hidden_count else ""
    if not result.hidden_count and not result.is_hidden_count_whole:
        hidden = "; archived and trashed sessions may hold more (is:any looks there)"
    more = " and more (--limit 0 shows all)" if result.has_more else ""
    tell(f"{counted(len(result.hits), 'hit')}{more}{hidden}, {result.seconds * 1000:.0f} ms")


def in_lines(snippet: str, width: int) -> list[str]:
    """The passage in lines of so many cells, broken between words; a match that goes on in the next line is one in both."""
    from chatviewer.cli.table import cell_width

    lines: list[str] = []
    line, used, is_open = "", 0, False
    for word in snippet.split(" "):
        cells = cell_width(word.translate(_MARKS))
        if line and used + 1 + cells > width:
            lines.append(f"{line}\x03" if is_open else line)
            line, used = ("\x02" if is_open else "") + word, cells
        else:
            line, used = f"{line} {word}" if line else word, used + 1 + cells if line else cells
        if (last := max(word.rfind("\x02"), word.rfind("\x03"))) >= 0:
            is_open = word[last] == "\x02"
    return [*lines, line]


def lit(snippet: str) -> str:
    """The passage with the words that match in bold."""
    pieces = []
    for index, part in enumerate(snippet.split("\x02")):
        match, end, rest = part.partition("\x03") if index else ("", "", part)
        pieces.append(f"{bold(_spaced(match))}{_spaced(rest)}" if end or not index else _spaced(match))
    return "".join(pieces).strip()


def _spaced(text: str) -> str:
    """As `safe_line`, but a space at either end stays: it stands between a word and its neighbour."""
    line = safe_line(text)
    if not line:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{line}{' ' if text[-1].isspace() else ''}"
