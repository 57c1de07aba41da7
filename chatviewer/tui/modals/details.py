"""What the details of a session say: where it comes from, ids, times, tokens, files."""

from textual.content import Content

from chatviewer.domain import safe, safe_line
from chatviewer.tui.formatting import byte_size, counted, date_time, full_count, stars
from chatviewer.tui.messages import DetailsFetched
from chatviewer.tui.rendering.touched import TouchedFile

_LABEL_WIDTH = 13
_MOST_FILES = 20


def details_text(event: DetailsFetched, room: int) -> Content:
    """Aligned lines of label and value, folded below the value; what the source does not hold is left out."""
    summary, session = event.summary, event.session
    lines: list[tuple[str, str]] = [
        ("Title", safe_line(summary.title) or "Untitled"),
        ("Summary", safe(session.summary)),
        ("Source", summary.source + (" · gone at its source, kept here" if summary.is_source_gone else "")),
        ("Project", safe_line(summary.project)),
        ("Branch", safe_line(session.branch)),
        ("Model", safe_line(summary.model or "")),
        ("Status", summary.status.value + (" · starred" if summary.is_starred else "")),
        ("Rating", stars(summary.rating)),
        ("Tags", " ".join(f"#{safe_line(tag)}" for tag in summary.tags)),
        ("Messages", full_count(summary.message_count)),
        ("Tool calls", full_count(summary.tool_call_count)),
        ("Tokens", _tokens(summary.input_tokens, summary.output_tokens)),
        ("Started", date_time(summary.started_at)),
        ("Last message", date_time(summary.last_message_at)),
        ("Id", summary.uid),
        ("Source's id", safe_line(summary.source_id)),
        ("Parent", summary.parent_uid or ""),
        ("Note", safe(session.note or "")),
    ]
    lines += [("Sub-agent" if place == 0 else "", safe_line(child.title, 80)) for place, child in enumerate(event.children[:_MOST_FILES])]
    changed = [file for file in event.touched if file.change_count]
    lines += [("Changed" if place == 0 else "", _touched(file, summary.project)) for place, file in enumerate(changed[:_MOST_FILES])]
    lines.append(("", f"and {counted(len(changed) - _MOST_FILES, 'file')} more" if len(changed) > _MOST_FILES else ""))
    only_read = len(event.touched) - len(changed)
    lines.append(("Only read", counted(only_read, "file") if only_read else ""))
    lines += [
        ("Kept in" if place == 0 else "", f"{safe_line(file.path)} · {byte_size(file.size)}{' · gone' if file.gone_at else ''}")
        for place, file in enumerate(event.files[:_MOST_FILES])
    ]
    unnamed = max(0, len(event.files) - _MOST_FILES)
    lines.append(("", f"and {counted(unnamed, 'file')} more" if unnamed else ""))
    shown = [(label, value) for label, value in lines if value]
    return Content("\n").join(line for label, value in shown for line in _folded(label, value, room))


def _folded(label: str, value: str, room: int) -> list[Content]:
    rows = [row for line in value.split("\n") for row in Content(line).wrap(max(8, room - _LABEL_WIDTH - 1))]
    leads = [label, *[""] * (len(rows) - 1)]
    return [Content.assemble((f"{lead:<{_LABEL_WIDTH}} ", "$foreground 60%"), row) for lead, row in zip(leads, rows, strict=False)]


def _touched(file: TouchedFile, project: str) -> str:
    """A path below the project, with what was done to it."""
    path = file.path.removeprefix(project.rstrip("/") + "/") if project else file.path
    lines = f" · +{file.added:,} −{file.removed:,}" if file.added or file.removed else ""
    times = f" · {counted(file.change_count, 'change')}" if file.change_count > 1 else ""
    return f"{safe_line(path, 200)}{lines}{times}"


def _tokens(given: int | None, made: int | None) -> str:
    if given is None and made is None:
        return ""
    return f"{full_count(given or 0)} in · {full_count(made or 0)} out"
