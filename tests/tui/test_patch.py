"""Changes of files out of what agents write, and back into patches that the usual programs apply."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatviewer.domain import Message, Role, ToolCall
from chatviewer.tui.rendering.copying import copyables
from chatviewer.tui.rendering.message import call_block
from chatviewer.tui.rendering.part import Diff
from chatviewer.tui.rendering.patch import FileChange, compare, split_patch, tally, unified
from chatviewer.tui.rendering.tool_call.registry import describe

BEFORE = "".join(f"line {number}\n" for number in range(1, 21))
ENVELOPE = """*** Begin Patch
*** Update File: src/a.txt
@@ the middle
 line 9
-line 10
+line ten
 line 11
@@
 line 17
+line 17 and a half
 line 18
*** Add File: src/new.txt
+first
+second
*** Delete File: src/old.txt
*** End Patch
"""
GIT = """diff --git a/q.sql b/q.sql
index 1..2 100644
--- a/q.sql
+++ b/q.sql
@@ -1,3 +1,3 @@
 select 1;
--- an old comment
+++ a strange one
 select 2;
diff --git a/old.py b/new.py
similarity index 100%
rename from old.py
rename to new.py
"""


def change_call(name: str, arguments: Any) -> ToolCall:
    return ToolCall(uid="c", tool_name=name, arguments=arguments, result="ok")


def copied(call: ToolCall, project: str = "") -> str:
    message = Message(uid="m", seq=0, role=Role.ASSISTANT, tool_calls=(call,))
    return next(one.text for one in copyables(message, "call:0", project) if one.label == "diff")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.txt").write_text(BEFORE)
    return tmp_path


def apply(program: list[str], patch: str, tree: Path) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    done = subprocess.run(program, cwd=tree, input=patch, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", [["patch", "-p1"], ["git", "apply"]])
def test_a_copied_patch_of_an_agent_applies(program: list[str], tree: Path) -> None:
    apply(program, copied(change_call("apply_patch", ENVELOPE)), tree)
    text = (tree / "src" / "a.txt").read_text()
    assert "line 9\nline ten\nline 11\n" in text
    assert "line 17\nline 17 and a half\nline 18\n" in text
    assert (tree / "src" / "new.txt").read_text() == "first\nsecond\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("line 7\n", "line seven\n"),
        ("line 5\nline 6\nline 7\nline 8", "line 5\nline 6\nline 7\nline eight"),
        ("line 1\nline 2\nline 3", "zero\nline 1\nline 2\nline 3"),
        ("line 19\nline 20", "line 19\nline 19.5\nline 20\nline 21"),
        ("line 3\nline 4", "line 3"),
    ],
)
def test_a_copied_edit_applies_where_the_agent_made_it(old: str, new: str, tree: Path) -> None:
    call = change_call("Edit", {"file_path": "/home/me/api/src/a.txt", "old_string": old, "new_string": new})
    apply(["patch", "-p1", "--no-backup-if-mismatch"], copied(call, "/home/me/api"), tree)
    assert (tree / "src" / "a.txt").read_text() == BEFORE.replace(old, new)


def test_several_edits_apply_one_after_the_other(tree: Path) -> None:
    edits = [{"old_string": "line 15", "new_string": "line 15a"}, {"old_string": "line 2\n", "new_string": "line two\n"}]
    patch = copied(change_call("MultiEdit", {"file_path": "src/a.txt", "edits": edits}))
    apply(["patch", "-p1", "--no-backup-if-mismatch"], patch, tree)
    assert (tree / "src" / "a.txt").read_text() == BEFORE.replace("line 15", "line 15a").replace("line 2\n", "line two\n")


def test_an_insertion_applies_at_its_line(tree: Path) -> None:
    arguments = {"command": "insert", "path": "src/a.txt", "insert_line": 4, "new_str": "four and a half"}
    apply(["patch", "-p1"], copied(change_call("str_replace_editor", arguments)), tree)
    assert (tree / "src" / "a.txt").read_text().split("\n")[3:6] == ["line 4", "four and a half", "line 5"]


def test_lines_that_look_like_headers_are_counted() -> None:
    changes = split_patch(GIT)
    assert [(change.path, change.new_path, change.added, change.removed) for change in changes] == [
        ("q.sql", "", 1, 1),
        ("old.py", "new.py", 0, 0),
    ]
    assert unified(changes).endswith("diff --git a/old.py b/new.py\nrename from old.py\nrename to new.py\n")
    assert describe(change_call("Edit", {"file_path": "q.sql", "old_string": "-- old", "new_string": "++ new"})).outcome == "+1 −1"
    rows = call_block("c", change_call("patch", {"patch": GIT}), level=2).chunks  # type: ignore[arg-type]
    shown = [row.plain.strip() for chunk in rows for row in chunk.layout(60)]
    assert "- -- an old comment" in shown
    assert "+ ++ a strange one" in shown


def test_every_file_of_a_patch_has_its_own_heading() -> None:
    view = describe(change_call("apply_patch", ENVELOPE))
    assert (view.detail, view.outcome) == ("src/a.txt and 2 more files", "+4 −1")
    diffs = [part for part in view.parts if isinstance(part, Diff)]
    assert [(part.change.path, part.change.kind, part.is_named) for part in diffs] == [
        ("src/a.txt", "update", True),
        ("src/new.txt", "add", True),
        ("src/old.txt", "delete", True),
    ]
    headings = [" ".join(part.chunks()[0].layout(60)[0].plain.split()) for part in diffs]
    assert headings == ["src/a.txt +2 −1", "src/new.txt new file · +2 −0", "src/old.txt deleted"]
    moved = describe(change_call("apply_patch", "*** Begin Patch\n*** Update File: a\n*** Move to: b\n@@\n-x\n+y\n*** End Patch"))
    assert "rename to b" in unified([part.change for part in moved.parts if isinstance(part, Diff)])


def test_what_follows_a_patch_in_a_command_is_shown() -> None:
    command = f"apply_patch <<'EOF'\n{ENVELOPE}EOF\npytest -q"
    parts = describe(change_call("shell", {"command": ["bash", "-lc", command]})).parts
    assert any(getattr(part, "text", "") == "pytest -q" for part in parts)


def test_changes_that_codex_reports_by_path() -> None:
    changes = {"a.py": {"type": "update", "unified_diff": "@@ -1 +1 @@\n-x\n+y\n"}, "b.py": {"type": "add", "content": "one\ntwo\n"}}
    view = describe(change_call("apply_patch", {"changes": changes}))
    assert (view.detail, view.outcome) == ("a.py and 1 more file", "+3 −1")


LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "-- x", "++ y", "", "@@ z", "*** Update File: n"]), max_size=12)


@given(old=LINES, new=LINES)
@example(["a"], ["a", ""])
@settings(deadline=None)
def test_a_diff_says_what_changed_and_a_patch_of_it_reads_back(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    change = FileChange("f", tuple(compare(before, after)))
    # an empty last line may be what a newline at the end leaves, or none at all
    assert abs(change.added - change.removed - (after.count("\n") - before.count("\n"))) <= 1
    if before == after or before.removesuffix("\n") != after.removesuffix("\n"):
        assert (change.added == change.removed == 0) == (before == after) or {before, after} & {"", "\n"}
    again = split_patch(unified([change]))
    assert tally(again)[0] == "+"
    assert sum(one.added - one.removed for one in again) == change.added - change.removed


@given(st.text(alphabet="*-+@ \nabEPF:/,0123", max_size=120))
def test_any_text_is_a_patch_or_none(text: str) -> None:
    for change in split_patch(text, "p"):
        assert all(line[:1] in ("+", "-", " ", "@", "\\") for line in change.lines)
        unified([change])
