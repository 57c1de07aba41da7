"""What the Import screen says: the sources of this machine, what the last import brought, what could not be read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import wrap

from textual.content import Content

from chatviewer.domain import ImportReport, Problem, SourceStatus, safe_line
from chatviewer.tui.formatting import ago, byte_size, counted, fit, fit_path, full_count

_MUTED = "$foreground 60%"
_KINDS = 8  # of what was left out; the others in one sum
_LABEL = 10  # cells


def sources_text(sources: Sequence[SourceStatus], width: int, now: datetime) -> Content:
    """Sources with something first, here or imported from elsewhere; of the others only where they are looked for."""
    known = sorted((source for source in sources if source.file_count or source.imported), key=lambda source: -source.file_count)
    lines = [line for source in known for line in _source_lines(source, width, now)]
    if not any(source.file_count for source in known):
        lines.insert(0, Content("No chats were found in the known places. `chatviewer import PATH` reads an export or any folder."))
    others = [source for source in sources if source not in known]
    for heading, group in (
        ("Not found here", [source for source in others if source.places]),
        ("Read from an export that you bring", [source for source in others if not source.places]),
    ):
        if group:
            lines += [Content(""), Content.styled(heading, _MUTED)]
        for source in group:
            places = ", ".join(safe_line(str(place)) for place in source.places[:2]) or "chatviewer import PATH"
            lines.append(Content.styled(f"{safe_line(source.label, 20):<20}  {fit(places, max(1, width - 22), pad=False)}", _MUTED))
    return Content("\n").join(lines)


def _source_lines(source: SourceStatus, width: int, now: datetime) -> Iterator[Content]:
    """What is found, where, what its program deletes of it; what was imported beside that, from where and when."""
    sums = f"{counted(source.file_count, 'file'):>14}  {byte_size(source.byte_count):>8}" if source.file_count else f"{'imported':>14}"
    yield Content.assemble((f"{safe_line(source.label, 20):<20}", "bold"), sums)
    for place in source.found_places if source.file_count else ():
        yield Content.styled(f"  {fit_path(str(place), width - 2)}", _MUTED)
    if source.expires and source.file_count:
        for line in wrap(safe_line(source.expires), max(20, width - 2)):
            yield Content.styled(f"  {line}", "$warning")
    if source.warning():
        yield Content.styled(f"  {source.warning()}", "bold $warning")
    lead = "  also imported: " if source.file_count else "  "
    for imported in source.imported:
        files = f" · {counted(imported.file_count, 'file')}" if imported.file_count > 1 else ""
        facts = f"{files} · {ago(imported.imported_at, now)}{' · gone there, kept here' if imported.is_gone else ''}"
        yield Content.styled(f"{lead}{fit_path(imported.path, max(12, width - len(lead) - len(facts)))}{facts}", _MUTED)


def report_text(report: ImportReport | None) -> Content:
    """What the last import found, added, knew already and left out, by kind; empty before the first of this start."""
    if report is None:
        return Content("")
    counts = report.counts
    subagents = counts.new_subagents
    sessions = (
        (counts.new - subagents, "new"),
        (subagents, "new sub-agent" if subagents == 1 else "new sub-agents"),
        (counts.updated, "updated"),
        (counts.unchanged, "unchanged"),
    )
    messages = ((counts.messages, "new"), (counts.tool_calls, "tool call" if counts.tool_calls == 1 else "tool calls"))
    files = ((report.files_read, "read"), (report.files_unchanged, "unchanged"), (report.files_skipped, "left out"))
    rows = [
        ("sessions", _sums(sessions)),
        ("messages", _sums(messages)),
        ("files", _sums(files) or "none"),
        ("left out", _kinds(report.skipped)),
        ("problems", full_count(len(report.problems)) if report.problems else ""),
    ]
    told = [Content.assemble((f"{label:<{_LABEL}}", _MUTED), words) for label, words in rows if words]
    heading = Content.styled(f"The last look took {_seconds(report.seconds)}", "bold")
    return Content("\n").join([heading, *told, Content("")])


def _sums(sums: Sequence[tuple[int, str]]) -> str:
    return " · ".join(f"{full_count(number)} {words}" for number, words in sums if number)


def _kinds(skipped: Mapping[str, int]) -> str:
    kinds = sorted(skipped.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{full_count(count)} {safe_line(kind, 60)}" for kind, count in kinds[:_KINDS]]
    if len(kinds) > _KINDS:
        told.append(f"{full_count(sum(count for _, count in kinds[_KINDS:]))} of other kinds")
    return " · ".join(told)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def problem_heading(count: int, shown: int) -> Content:
    """What the list of problems is; empty when there are none."""
    if not count:
        return Content("")
    more = f", the first {full_count(shown)} of them" if shown < count else ""
    return Content.styled(f"{counted(count, 'problem')}: what could not be read{more}", "bold $warning")


def problem_line(problem: Problem, width: int) -> Content:
    """Reason, then file and line below it."""
    place = f"{fit_path(problem.path, max(12, width - len(str(problem.line)) - 3))}:{problem.line}"
    return Content.assemble(fit(problem.reason, width, pad=False), "\n", (f"  {place}", _MUTED))
