"""What the Import screen says: the sources of this machine, what the last import brought, what could not be read."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

from textual.content import Content

from chatviewer.domain import ImportReport, Problem, SourceStatus, safe_line
from chatviewer.tui.formatting import byte_size, counted, fit, fit_path, full_count

_MUTED = "$foreground 60%"
_KINDS = 8  # of what was left out; the others in one sum
_LABEL = 10  # cells


def sources_text(sources: Sequence[SourceStatus], width: int) -> Content:
    """Sources with something first; of the others only where they are looked for."""
    found = sorted((source for source in sources if source.file_count), key=lambda source: -source.file_count)
    absent = [source for source in sources if not source.file_count]
    lines = []
    for source in found:
        files = f"{full_count(source.file_count)} {'file' if source.file_count == 1 else 'files'}"
        lines.append(Content.assemble((f"{safe_line(source.label, 20):<20}", "bold"), f"{files:>14}  {byte_size(source.byte_count):>8}"))
        lines += [Content.styled(f"  {fit_path(str(place), width - 2)}", _MUTED) for place in source.found_places]
        if source.expires:
            lines += [Content.styled(f"  {line}", "$warning") for line in wrap(safe_line(source.expires), max(20, width - 2))]
        if source.warning():
            lines.append(Content.styled(f"  {source.warning()}", "bold $warning"))
    if not found:
        lines.append(Content("No chats were found in the known places. `chatviewer import PATH` reads an export or any folder."))
    if absent:
        lines += [Content(""), Content.styled("Not found here", _MUTED)]
    for source in absent:
        places = ", ".join(safe_line(str(place)) for place in source.places[:2]) or "export: chatviewer import PATH"
        lines.append(Content.styled(f"{safe_line(source.label, 20):<20}  {fit(places, max(1, width - 22), pad=False)}", _MUTED))
    return Content("\n").join(lines)


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
