"""Changes of files, one by one: out of what agents and `diff` write, and back into a patch that `patch -p1` takes.

What stands in a hunk is decided by the hunk's own counts where it has any: a removed SQL comment looks like a header (`--- x`).
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_LARGEST_COMPARISON = 400_000  # pairs of lines; the comparison grows with their number
_NUMBERS = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ENVELOPE = re.compile(r"\*\*\* (Update|Add|Delete) File: (.+)")
_GIT = re.compile(r"diff --git a/(.+) b/(.+)")
_GIT_LINES = ("index ", "new file mode ", "deleted file mode ", "old mode ", "new mode ", "similarity index ", "rename from ", "rename to ")
_MARKS = ("*** Begin Patch", "*** End of File", "apply_patch")
_END = "*** End Patch"
_GUESS = 2  # a hunk that says line 1 is only looked for there


class FileChange(NamedTuple):
    """What was done to a file. `lines` are hunks: each line with its sign in front, `@@` lines between or before them."""

    path: str
    lines: tuple[str, ...] = ()
    kind: str = "update"  # or add, delete
    new_path: str = ""  # where it was moved to

    @property
    def added(self) -> int:
        return sum(line.startswith("+") for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.startswith("-") for line in self.lines)


def tally(changes: Iterable[FileChange]) -> str:
    """Lines added and removed: `+4 −1`."""
    changes = list(changes)
    return f"+{sum(change.added for change in changes):,} −{sum(change.removed for change in changes):,}"


def compare(old: str, new: str) -> list[str]:
    """The lines of a unified diff with three lines of context, without file headers."""
    if old.endswith("\n") and (new.endswith("\n") or not new):
        old, new = old[:-1], new[:-1]
    elif not old:
        new = new.removesuffix("\n")
    before, after = (old.split("\n") if old else []), (new.split("\n") if new else [])
    if len(before) * len(after) > _LARGEST_COMPARISON:
        return [f"-{line}" for line in before] + [f"+{line}" for line in after]
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    # a fragment's line numbers say nothing about the file: one hunk needs no header
    hunks = sum(1 for line in lines if line.startswith("@@"))
    return [("@@" if line.startswith("@@") else line) for line in lines if hunks > 1 or not line.startswith("@@")]


class _Reader:
    """Takes a patch line by line."""

    def __init__(self, path: str) -> None:
        self.changes: list[FileChange] = []
        self.lines: list[str] = []
        self.head = FileChange(path)
        self.left = [0, 0]  # old and new lines that the hunk still has, by its own counts

    def begin(self, head: FileChange) -> None:
        self.finish()
        self.head, self.lines = head, []

    def finish(self) -> None:
        while self.lines and self.lines[-1] == " ":
            self.lines.pop()
        head, has_name = self.head, bool(self.head.path)
        if self.lines or (has_name and (head.kind != "update" or head.new_path)):
            self.changes.append(head._replace(lines=tuple(self.lines)))
        self.head, self.lines = FileChange(""), []

    def take(self, line: str) -> None:
        """A line of a hunk. One without any sign, as models forget it, is context."""
        line = line if line[:1] in ("+", "-", " ", "@", "\\") and line else f" {line}"
        self.lines.append(line)
        if line[0] in "- ":
            self.left[0] -= 1
        if line[0] in "+ ":
            self.left[1] -= 1


def split_patch(text: str, path: str = "") -> list[FileChange]:
    """The files of a patch as `apply_patch`, `diff -u` and `git diff` write it; hunks without a header are of `path`."""
    reader = _Reader(path)
    lines = text.replace("\r\n", "\n").split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        following = lines[number] if number < len(lines) else ""
        if max(reader.left) > 0 and not line.startswith("\\"):
            reader.take(line)
        elif envelope := _ENVELOPE.match(line):
            kind = envelope[1].lower()
            reader.begin(FileChange(envelope[2].strip(), kind=kind))
        elif line.startswith("*** Move to: "):
            reader.head = reader.head._replace(new_path=line[13:].strip())
        elif line.startswith("--- ") and following.startswith("+++ "):
            reader.head = reader.head if reader.lines else FileChange("")
            reader.begin(_named(line, following))
            number += 1
        elif names := _GIT.match(line):
            reader.begin(FileChange(names[1], new_path=names[2] if names[2] != names[1] else ""))
        elif line.startswith(_MARKS):
            continue
        elif line.startswith(_GIT_LINES) and not reader.lines:
            if line.startswith(("new file", "deleted file")):
                reader.head = reader.head._replace(kind="add" if line.startswith("new") else "delete")
        elif line.startswith(_END):
            break
        else:
            if counts := _NUMBERS.match(line):
                reader.left = [int(counts[1] or 1), int(counts[2] or 1)]
                reader.lines.append(line)
            elif line or reader.lines:
                reader.take(line)
                reader.left = [0, 0]
    reader.finish()
    return reader.changes


def after_patch(text: str) -> str:
    """What follows an `apply_patch` in a command, the end of its heredoc left out."""
    rest = text.partition(_END)[2].strip()
    first, _newline, more = rest.partition("\n")
    return more.strip() if first.strip("'\"").isalnum() else rest


def _named(old: str, new: str) -> FileChange:
    before, after = _path_in(old, "a/"), _path_in(new, "b/")
    if before == "/dev/null":
        return FileChange(after, kind="add")
    if after == "/dev/null":
        return FileChange(before, kind="delete")
    return FileChange(before, new_path=after if after != before else "")


def _path_in(line: str, prefix: str) -> str:
    return line[4:].split("\t")[0].strip().removeprefix(prefix)


# Back into a patch


def unified(changes: Iterable[FileChange], root: str = "") -> str:
    """A patch with a header for each file, its paths below `root`, to be applied there by `patch -p1`.

    `git apply` takes it too, unless a change reaches to the end of the fragment that the agent gave.
    """
    return "".join(f"{line}\n" for change in changes for line in _section(change, root))


def _section(change: FileChange, root: str) -> Iterator[str]:
    old, new = _below(change.path, root), _below(change.new_path or change.path, root)
    if change.new_path:
        yield from (f"diff --git a/{old} b/{new}", f"rename from {old}", f"rename to {new}")
    if not change.lines:
        if change.kind == "add":
            yield from (f"diff --git a/{new} b/{new}", "new file mode 100644")
        elif not change.new_path:
            yield f"The file {old} was deleted; its text is not in the chat."
        return
    yield "--- /dev/null" if change.kind == "add" else f"--- a/{old}"
    yield "+++ /dev/null" if change.kind == "delete" else f"+++ b/{new}"
    guess = _GUESS
    for head, lines in _hunks(change.lines):
        if _NUMBERS.match(head):
            yield from (head, *lines)
            continue
        lines = lines if change.kind != "update" else _balanced(lines)
        before, after = sum(line[0] in "- " for line in lines), sum(line[0] in "+ " for line in lines)
        start = {"add": (0, 1), "delete": (1, 0)}.get(change.kind, (guess, guess))
        place = head.removeprefix("@@").removesuffix("@@").strip()
        yield f"@@ -{start[0]},{before} +{start[1]},{after} @@{f' {place}' if place else ''}"
        yield from lines
        guess += before + 1


def _below(path: str, root: str) -> str:
    root = root.rstrip("/") + "/"
    return (path[len(root) :] if root != "/" and path.startswith(root) else path).lstrip("/").removeprefix("./")


def _hunks(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    head, body = "", list[str]()
    for line in lines:
        if line.startswith("@@"):
            if body:
                yield head, body
            head, body = line, []
        else:
            body.append(line)
    if body:
        yield head, body


def _balanced(lines: list[str]) -> list[str]:
    """The same change with as much context before as after it: `patch` takes a hunk with less on one side for an end of the file.
    What is too much is removed and added again, so that the place is still found by all of it."""
    changed = [number for number, line in enumerate(lines) if line[0] in "+-"]
    if not changed:
        return lines
    before, after = changed[0], len(lines) - 1 - changed[-1]
    most = min(before, after)
    inner = lines[most : len(lines) - most]
    if before == after:
        return lines
    old = [f"-{line[1:]}" for line in inner if line[0] in "- "]
    new = [f"+{line[1:]}" for line in inner if line[0] in "+ "]
    return [*lines[:most], *old, *new, *lines[len(lines) - most :]]
