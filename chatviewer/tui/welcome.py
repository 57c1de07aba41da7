"""What a newcomer sees: the chats that are on this machine, and the one key that brings them in."""

from collections.abc import Sequence
from textwrap import wrap

from textual.content import Content

from chatviewer.domain import SourceStatus, safe_line
from chatviewer.tui.formatting import byte_size, counted, full_count
from chatviewer.tui.importing import ImportState, progress_facts

LOW = 19  # rows, below which only the keys are shown
_BAR = 40  # cells
_WIDTH = 60  # of the longer lines, so that they keep their indent in a window of 80 columns


def welcome_text(sources: Sequence[SourceStatus], left_changes: int = 0, *, is_low: bool = False) -> Content:
    """Sources with something, largest first, and what to press: that alone in a low window, where it would be cut off. `left_changes`:
    what the journal of a database that is gone still holds."""
    found = sorted((source for source in sources if source.file_count), key=lambda source: -source.file_count)
    lines = [Content.styled("Welcome to chatviewer", "bold $text-accent"), Content("")]
    if found and is_low:
        total = counted(sum(source.file_count for source in found), "chat file")
        return Content("\n").join(
            [
                lines[0],
                Content(f"{total} found."),
                _key("Enter", "or R brings them all in"),
                _key("I", "shows where they are"),
                *_left(left_changes, is_low=True),
            ]
        )
    if found:
        total = counted(sum(source.file_count for source in found), "chat file")
        lines += [Content(f"{total} found on this machine:"), Content("")]
        for source in found:
            files = f"{full_count(source.file_count)} {'file' if source.file_count == 1 else 'files'}"
            lines.append(
                Content.assemble((f"  {safe_line(source.label, 22):<22}", "bold"), f"{files:>13}  {byte_size(source.byte_count):>8}")
            )
            lines += [Content.styled(f"    {line}", "$warning") for line in wrap(safe_line(source.expires), _WIDTH)]
            if source.warning():
                lines.append(Content.styled(f"    {source.warning()}", "bold $warning"))
        lines += [Content(""), _key("Enter", "or R brings them all in; files are only read, never changed")]
    else:
        lines += [Content("No chats were found in the places where they usually lie."), Content("")]
        lines += [_key("Enter", "or R looks again")]
    lines += [
        _key("I", "shows where chats are looked for"),
        _key("q", "leaves"),
    ]
    if not left_changes:  # who was here before knows these, and in a window of 24 rows there is no room for all
        lines += [
            Content(""),
            Content("`chatviewer import PATH` reads an export or any folder,"),
            Content("`chatviewer demo` opens a made-up library to try things out."),
        ]
    return Content("\n").join([*lines[:2], *_left(left_changes), *lines[2:]])


def _left(changes: int, *, is_low: bool = False) -> list[Content]:
    """What of the user's own is there still, and the way to have it back."""
    if not changes:
        return []
    held = f"journal.jsonl still holds {counted(changes, 'change')} of yours"
    way = "`chatviewer doctor --repair` brings"
    words = (
        f"{held}: {way} them back."
        if is_low
        else (f"Your earlier library is gone, but {held} (ratings, notes, tags). {way} your chats and these back; leave with q for that.")
    )
    return [Content.styled(words, "$warning"), Content("")]


def import_text(state: ImportState) -> Content:
    """The first import while it goes on: a bar, how fast, how long still, and what can be done meanwhile."""
    done = round(state.share * _BAR)
    progress = state.progress
    lines = [Content.styled("Bringing in your chats", "bold $text-accent"), Content("")]
    lines.append(Content.assemble(("━" * done, "$accent"), ("━" * (_BAR - done), "$foreground 20%"), f"  {state.share:.0%}"))
    lines.append(Content(""))
    if progress is None:
        lines.append(Content("Looking for chats …"))
    else:
        lines.append(Content(" · ".join(progress_facts(state))))
        files = f"{full_count(progress.files_done)} of {counted(progress.files_total, 'file')}"
        sessions = f" · {counted(progress.sessions, 'session')} so far" if progress.sessions else ""  # they count once they are stored
        sorting = " · sorting in what was read" if state.is_read else ""  # which may take some seconds
        lines.append(Content.styled(f"{files}{sessions}{sorting}", "$foreground 60%"))
    lines += [Content(""), _key("I", "shows more, and stops it"), _key("?", "shows the keys meanwhile")]
    return Content("\n").join(lines)


def _key(key: str, words: str) -> Content:
    return Content.assemble((f"  {key:<7}", "bold $text-accent"), words)
