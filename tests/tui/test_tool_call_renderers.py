"""Tool calls in words: what their line says, what their body shows, for the names and shapes of many agents."""

import pkgutil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatviewer.domain import ToolCall, ToolCallStatus
from chatviewer.tui.rendering import ansi
from chatviewer.tui.rendering import tool_call as package
from chatviewer.tui.rendering.block import Level
from chatviewer.tui.rendering.message import call_block
from chatviewer.tui.rendering.tool_call.registry import describe, normal_name, renderers
from tests.chance import examples

PIECE = {"filePath": "a", "oldString": "x", "newString": "y"}
ROO = "<<<<<<< SEARCH\n:start_line:1\n-------\na\n=======\nb\n>>>>>>> REPLACE"


def call(tool_name: str, arguments: Any = None, result: str | None = None, **fields: Any) -> ToolCall:
    return ToolCall(
        uid="c", tool_name=tool_name, arguments=arguments, result=result, status=fields.pop("status", ToolCallStatus.COMPLETED), **fields
    )


def rows_of(one: ToolCall, level: Level = Level.FULL, width: int = 80) -> list[str]:
    return [row.plain.rstrip() for chunk in call_block("call:0", one, level).chunks for row in chunk.layout(width)]


def words(row: str) -> str:
    return " ".join(row.split())


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (call("Bash", {"command": "pytest -q"}, "ok\nExit code: 0", duration_ms=3_140), "▸ Bash pytest -q exit 0 · 3.1 s"),
        (call("shell", {"command": ["bash", "-lc", "ls -la"]}, '{"output": "x", "metadata": {"exit_code": 2}}'), "▸ shell ls -la exit 2"),
        (call("exec_command", {"cmd": "make"}, "Process exited with code 0\nOutput:\nx"), "▸ exec_command make exit 0"),
        (call("run_in_terminal", {"command": "a\nb"}, "x\ny\n"), "▸ run_in_terminal a 2 lines"),
        (call("Edit", {"file_path": "a.py", "old_string": "x = 1\n", "new_string": "x = 2\ny = 3\n"}), "▸ Edit a.py +2 −1"),
        (call("replace", {"file_path": "a", "old_string": "a", "new_string": "b"}), "▸ replace a +1 −1"),
        (
            call("MultiEdit", {"file_path": "a", "edits": [{"old_string": "a", "new_string": "b"}, {"old_string": "", "new_string": "c"}]}),
            "▸ MultiEdit a +2 −1",
        ),
        (call("Write", {"file_path": "a.py", "content": "x\ny\n"}), "▸ Write a.py +2"),
        (call("apply_patch", "*** Begin Patch\n*** Update File: a.py\n@@\n-x\n+y\n+z\n*** End Patch"), "▸ apply_patch a.py +2 −1"),
        (call("shell", {"command": ["apply_patch", "*** Begin Patch\n*** Add File: b\n+z\n*** End Patch"]}), "▸ shell b +1 −0"),
        (call("replace_in_file", {"path": "a", "diff": "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE"}), "▸ replace_in_file a +1 −1"),
        (call("Read", {"file_path": "a.py", "offset": 3}, "     3→x\n     4→y"), "▸ Read a.py:3 2 lines"),
        (call("Grep", {"pattern": "x+", "path": "src"}, "a\nb"), "▸ Grep x+ in src 2 lines"),
        (call("list_dir", {"path": "/x"}, "a"), "▸ list_dir /x 1 line"),
        (call("Glob", {"pattern": "*.q"}, "No files found"), "▸ Glob *.q 0 lines"),
        (call("Task", {"subagent_type": "explore", "description": "Look"}, "done", child_uid="u"), "▸ Task explore Look ↵ opens"),
        (
            call("TodoWrite", {"todos": [{"content": "a", "status": "completed"}, {"content": "b", "status": "in_progress"}]}),
            "▸ TodoWrite b 1 of 2 done",
        ),
        (call("update_plan", {"plan": [{"step": "a", "status": "pending"}]}), "▸ update_plan 0 of 1 done"),
        (call("WebFetch", {"url": "https://x.org"}, "a\nb"), "▸ WebFetch https://x.org 2 lines"),
        (call("mcp__git_hub__list_issues", {"query": "open"}), "▸ git_hub › list_issues open"),
        (call("use_mcp_tool", {"server_name": "s", "tool_name": "t", "arguments": "{}"}), "▸ s › t {}"),
        (call("developer__shell", {"command": "ls"}), "▸ developer__shell ls"),
        (call("memory__add_observations", {"name": "x"}), "▸ memory › add_observations x"),
        (call("python", "print(1)\nprint(2)", "1\n2"), "▸ python print(1) 2 lines"),
        (call("functions.exec", {"command": "ls"}), "▸ functions.exec ls"),
        (call("frobnicate", {"level": 3, "title": "so"}), "▸ frobnicate so"),
        (call("Bash", {"command": "x"}, status=ToolCallStatus.PENDING), "▸ Bash x no result"),
        (
            call("Bash", {"command": "x"}, "no\nmore", status=ToolCallStatus.FAILED, error_message="no", duration_ms=99),
            "▸ Bash x no ✗ failed",
        ),
        (call("", None), "▸ tool"),
    ],
)
def test_line(one: ToolCall, line: str) -> None:
    rows = rows_of(one, Level.LINE)
    assert len(rows) == 1
    assert words(rows[0]) == line


@pytest.mark.parametrize(
    ("one", "line"),
    [
        # Codex
        (call("shell_command", {"command": "ls", "workdir": "/x"}, "Exit code: 1\nOutput:\nno"), "▸ shell_command ls exit 1"),
        (call("view_image", {"path": "/x/a.png"}), "▸ view_image /x/a.png"),
        (call("request_user_input", {"questions": [{"question": "Which?", "options": ["a"]}]}, "a"), "▸ request_user_input Which?"),
        # Gemini
        (call("search_file_content", {"pattern": "x", "dir_path": "src"}, "a"), "▸ search_file_content x in src 1 line"),
        (call("read_many_files", {"paths": ["a", "b"]}, "x"), "▸ read_many_files a, b 1 line"),
        (call("write_todos", {"todos": [{"description": "a", "status": "completed"}]}), "▸ write_todos 1 of 1 done"),
        (call("save_memory", {"fact": "likes tests"}), "▸ save_memory likes tests"),
        (call("google_web_search", {"query": "fts5"}, "found"), "▸ google_web_search fts5 1 line"),
        # OpenCode
        (call("edit", {"filePath": "a", "oldString": "x", "newString": "y"}), "▸ edit a +1 −1"),
        (call("patch", {"patchText": "*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n*** End Patch"}), "▸ patch a +1 −1"),
        (call("codesearch", {"query": "x"}, "y"), "▸ codesearch x 1 line"),
        (call("question", {"questions": [{"question": "Go on?", "options": [{"label": "Yes"}]}]}), "▸ question Go on?"),
        # Copilot
        (call("copilot_replaceString", {"filePath": "a", "oldString": "x", "newString": "y"}), "▸ copilot_replaceString a +1 −1"),
        (call("copilot_findTextInFiles", {"query": "x"}, "y"), "▸ copilot_findTextInFiles x 1 line"),
        (call("str_replace_editor", {"command": "view", "path": "a.py"}, "1. x"), "▸ str_replace_editor a.py 1 line"),
        (call("str_replace_editor", {"command": "str_replace", "path": "a", "old_str": "x"}), "▸ str_replace_editor a +0 −1"),
        (call("report_intent", {"intent": "Reading the tests"}, "ok"), "▸ report_intent Reading the tests"),
        (call("multiReplaceString", {"replacements": [PIECE, {**PIECE, "filePath": "b"}]}), "▸ multiReplaceString a and 1 more file +2 −2"),
        # Cursor
        (call("edit_file_v2", {"target_file": "a.py", "code_edit": "x\ny"}), "▸ edit_file_v2 a.py +2"),
        (call("run_terminal_command_v2", {"command": "make"}, "ok"), "▸ run_terminal_command_v2 make 1 line"),
        (call("ripgrep_raw_search", {"pattern": "x", "path": "src"}, "a"), "▸ ripgrep_raw_search x in src 1 line"),
        (call("delete_file", {"target_file": "src/a.py"}), "▸ delete_file src/a.py"),
        (call("StrReplace", {"path": "a", "old_string": "x", "new_string": "y"}), "▸ StrReplace a +1 −1"),
        # Cline
        (call("apply_diff", {"path": "a", "diff": ROO}), "▸ apply_diff a +1 −1"),
        (call("attempt_completion", {"result": "All done.", "command": "open index.html"}), "▸ attempt_completion All done."),
        (call("ask_followup_question", {"question": "Which one?"}, "this"), "▸ ask_followup_question Which one?"),
        (call("new_task", {"mode": "code", "message": "Write it"}), "▸ new_task code Write it"),
        (call("list_code_definition_names", {"path": "src"}, "a"), "▸ list_code_definition_names src 1 line"),
    ],
)  # fmt: skip
def test_line_of_the_tools_of_other_agents(one: ToolCall, line: str) -> None:
    assert words(rows_of(one, Level.LINE)[0]) == line


def test_where_room_is_short_what_was_done_goes_before_how_long_it_took() -> None:
    one = call("WebFetch", {"url": "https://docs.example.org/a/long/page.html"}, "a\nb", duration_ms=900)
    assert words(rows_of(one, Level.LINE, 80)[0]) == "▸ WebFetch https://docs.example.org/a/long/page.html 2 lines · 900 ms"
    assert words(rows_of(one, Level.LINE, 40)[0]) == "▸ WebFetch https://docs.exa… 2 lines"


def test_words_on_a_ground_of_their_own_can_be_read() -> None:
    for code, expected in (("42", "ansi_black on ansi_green"), ("41", "ansi_bright_white on ansi_red"), ("48;2;9;9;9", "on #090909")):
        (line,) = ansi.decode(f"\x1b[{code}mPassed\x1b[m")
        assert expected in str(line.spans[0].style)
    (line,) = ansi.decode("\x1b[31;42mx\x1b[m")
    assert str(line.spans[0].style) == "ansi_red on ansi_green"


def test_questions_are_shown_with_the_answers_that_were_offered() -> None:
    questions = [{"question": "Which base?", "options": [{"label": "main", "description": "as it is"}, {"label": "next"}]}]
    body = "\n".join(words(row) for row in rows_of(call("AskUserQuestion", {"questions": questions}, "main")))
    assert "• main: as it is" in body
    assert "• next" in body


def test_diff_body_is_a_unified_diff() -> None:
    body = "\n".join(rows_of(call("Edit", {"file_path": "a.py", "old_string": "a\nb\nc", "new_string": "a\nB\nc"}))[1:])
    assert [line.strip() for line in body.split("\n")] == ["a", "- b", "+ B", "c"]


def test_short_form_says_how_much_it_leaves_out() -> None:
    one = call("Bash", {"command": "x"}, "\n".join(f"line {number}" for number in range(5_000)))
    rows = rows_of(one, Level.SHORT)
    assert len(rows) == 1 + 12 + 1
    assert words(rows[-1]) == "… 4,988 more lines"
    assert len(rows_of(one, Level.FULL)) == 5_001
    assert call_block("c", call("Bash", {"command": "x"}, "short"), Level.SHORT).next_level() is Level.LINE


def test_nothing_of_a_call_is_hidden() -> None:
    arguments = {"command": "ls", "timeout": 99, "env": {"A": [1, None, True, {"deep": "value"}]}, "text": "one\ntwo"}
    body = "\n".join(rows_of(call("Bash", arguments, "out")))
    for value in ("99", "A", "1", "null", "true", "deep", "value", "one", "two", "out"):
        assert value in body
    unknown = "\n".join(rows_of(call("unheard_of", arguments, "out")))
    assert all(value in unknown for value in ("ls", "99", "deep", "value", "two", "out"))


def test_read_shows_code_with_its_numbers() -> None:
    rows = rows_of(call("Read", {"file_path": "a.py"}, "     7→x = 1\n     8→y = 2"))
    assert [words(row) for row in rows[1:]] == ["7 x = 1", "8 y = 2"]


def test_every_renderer_is_found_and_no_name_is_claimed_twice() -> None:
    names: list[str] = []
    for info in pkgutil.iter_modules(package.__path__):
        module = __import__(f"{package.__name__}.{info.name}", fromlist=["NAMES"])
        names += getattr(module, "NAMES", "").split()
    assert len(names) == len(set(names))
    assert set(names) == set(renderers())
    assert all(normal_name(name) == name for name in names)


FIELDS = [
    "command",
    "file_path",
    "old_string",
    "new_string",
    "edits",
    "todos",
    "plan",
    "url",
    "pattern",
    "content",
    "prompt",
    "paths",
    "input",
    "x",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)


@given(
    name=st.sampled_from(["bash", "edit", "read", "grep", "task", "todowrite", "webfetch", "usemcptool", "mcp__a", "?"]),
    arguments=JSON,
    result=st.none() | st.text(max_size=60),
)
@settings(max_examples=examples(300), deadline=None)
def test_odd_arguments_never_raise(name: str, arguments: Any, result: str | None) -> None:
    one = call(name, arguments, result)
    assert describe(one).name
    for level in Level:
        for row in rows_of(one, level, 30):
            assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in row)


def test_deep_and_huge_arguments() -> None:
    deep: Any = "x"
    for _ in range(3_000):
        deep = [deep]
    assert rows_of(call("?", {"a": deep, "b": 10**6_000, "c": float("nan"), "d": "y" * 1_000_000}))
