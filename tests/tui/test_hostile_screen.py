"""Hostile sessions walked through in a real terminal: every byte that the program writes is one of its own."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatviewer.domain import Attachment, FileImport, ToolCall, ToolCallStatus
from chatviewer.storage.library import Library
from tests.factories import make_call, make_file, make_message, make_session
from tests.tui.test_terminal import Terminal

ST = "\x1b\\"
FAMILIES = {
    "reports": "\x1b[6n\x1b[5n\x1b[c\x1b[>c\x1b[=c\x1b[14t\x1b[21t\x1b[?15n\x1b[x",
    "screen": "\x1b[?1049l\x1b[?47h\x1b[?1047h\x1b[2J\x1b[3J\x1b[999;998H\x1b[5;6r\x1b[12@\x1b[!p\x1b[8;1;1t\x1b[5i\x1b[?9h\x1b[4h\x1b[?3h",
    "colours": "\x1b[38;5;201;5;8m\x1b[3",
    "pasting": "\x1b[201~\x1b[200~\x1b[>31u\x1b[?2004l",
    "titles": f"\x1b]0;pwned\x07\x1b]2;pwned{ST}\x1b]1;pwned\x07\x1b]7;file://pwned\x07",
    "clipboard": f"\x1b]52;c;cHduZWQ=\x07\x1b]52;p;cHduZWQ={ST}",
    "links": f"\x1b]8;;http://pwned.example{ST}words\x1b]8;;{ST}",
    "notices": "\x1b]9;pwned\x07\x1b]777;notify;pwned;pwned\x07\x1b]99;;pwned\x07\x1b]1337;File=pwned\x07\x1b]633;A\x07",
    "palette": f"\x1b]4;1;rgb:00/00/00{ST}\x1b]10;?\x07\x1b]11;?\x07\x1b]104\x07\x1b]50;pwned\x07",
    "strings": f"\x1bP$qm{ST}\x1bPtmux;\x1b\x1b]52;c;cHc=\x07{ST}\x1bP+q544e{ST}\x1b_Ga=T,f=100;pwned{ST}\x1b^pwned{ST}\x1bXpwned{ST}",
    "escapes": "\x1bc\x1b#8\x1b(0\x1b)B\x1bN\x1bO\x1bD\x1bE\x1bM\x1bH\x1b7\x1b8\x1b=\x1b>\x1b%G\x1bZ\x1b n",
    "eight bits": "\x9b31m\x9b6n\x9d52;c;cHduZWQ=\x9c\x90$qm\x9c\x9fG\x9c\x84\x85\x8d\x8e\x98\x9e",
    "controls": "\x00\x01\x05\x07\x08\x08\x08\x0b\x0c\x0e\x0f\x11\x13\x18\x1a\x1c\x7f\r",
    "direction": "\u202egnp.exe\u202c\u2066\u2069\u200f\u061c\u2028\u2029\u200b\ufeff",
    "marks": "Z" + "\u0335\u0336" * 60,
    "markup": "[bold red]pwned[/] [@click=app.quit]pwned[/] $accent {0} %s <b>pwned</b> ![x](http://pwned.example/x.png)",
    "unfinished": "\x1b]52;c;cHc=",
}
EVERYTHING = "".join(f" {name} {payload}" for name, payload in FAMILIES.items())
# What Textual writes by itself.
_OWN = re.compile(
    rb"\x1b\[[\d;:]*m|\x1b\[\d+;\d+H|\x1b\[\?(?:1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048|25|7)[hl]"
    rb"|\x1b\[\?\d+\$p|\x1b\[[<>]\d*u|\x1b\]22;[a-z]*(?:\x1b\\|\x07)|[\r\n]"
)
_COPY = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def hostile_call(number: int) -> ToolCall:
    names = ("Bash", "Edit", f"mcp__x__{EVERYTHING}", "TodoWrite", "Task", "WebFetch", EVERYTHING)
    texts = {
        "command": EVERYTHING,
        "file_path": EVERYTHING,
        "old_string": "a",
        "new_string": EVERYTHING,
        "url": f"http://x.org/{EVERYTHING}",
    }
    arguments = {**texts, "prompt": EVERYTHING, "todos": [{"content": EVERYTHING, "status": "pending"}], EVERYTHING: EVERYTHING}
    return make_call(
        f"c{number}",
        tool_name=names[number],
        arguments=arguments,
        result=EVERYTHING + "\n" + EVERYTHING,
        status=ToolCallStatus.FAILED if number % 2 else ToolCallStatus.COMPLETED,
        error_message=EVERYTHING,
    )


@pytest.fixture
def database(library: Library) -> Path:
    """A session all of whose texts hold every family, and one whose title begins with each of them."""
    attachment = Attachment(media_type=f"image/{EVERYTHING}", name=EVERYTHING, text=EVERYTHING)
    messages = [
        make_message("m0", f"ask {EVERYTHING}\n\n```{EVERYTHING}\n{EVERYTHING}\n```", attachments=(attachment,)),
        make_message("m1", f"reply {EVERYTHING}", role="assistant", parent="m0", model=EVERYTHING, thinking=EVERYTHING),
        *(
            make_message(
                f"t{number}", "", role="assistant", parent=f"t{number - 1}" if number else "m1", tool_calls=(hostile_call(number),)
            )
            for number in range(7)
        ),
        make_message("m2", f"| a | b |\n|---|---|\n| {EVERYTHING} | x |", parent="m1"),
        make_message("m3", EVERYTHING, role="tool", parent="t6", tool_name=EVERYTHING),
        make_message("m4", EVERYTHING, role="system", parent="m3", metadata={"kind": EVERYTHING}),
    ]
    sessions = [
        make_session(
            "evil", messages, title=f"Every family {EVERYTHING}", project=f"/home/{EVERYTHING}", branch=EVERYTHING, summary=EVERYTHING
        )
    ]
    sessions += [
        make_session(f"s{number}", title=f"{payload} {name}", project=payload, summary=payload)
        for number, (name, payload) in enumerate(FAMILIES.items())
    ]
    library.save([FileImport(file=make_file(), sessions=tuple(sessions))])
    evil = sessions[0].uid
    library.set_note(evil, EVERYTHING)
    library.set_note(messages[1].uid, EVERYTHING)
    library.rename(evil, f"Every family {EVERYTHING}")
    library.add_tags([evil], ["tag"])
    return library.path


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def assert_only_its_own(output: bytes) -> list[str]:
    """Every control character of the output is Textual's; returns what was copied."""
    copied = [base64.b64decode(text).decode() for text in _COPY.findall(output)]
    rest = _OWN.sub(b"", _COPY.sub(b"", output)).decode("utf-8")
    found = _OBEYED.search(rest)
    assert found is None, repr(rest[max(0, found.start() - 60) : found.end() + 40])
    return copied


ESC = "\x1b"
OVER_THE_LIST = {"i": "─ Details", "r": "─ Title", "N": "─ Note on", "#": "─ Tags", "f": "─ Filter"}
OVER_THE_TRANSCRIPT = {"Y": "─ Copy", "O": "─ Outline", "B": "─ Branches", "N": "─ Note on", "i": "─ Details"}


def look_into(terminal: Terminal, opened: dict[str, str]) -> None:
    """Open each of these and close it again."""
    for key, title in opened.items():
        terminal.press(key)
        terminal.wait_for(title)
        terminal.press(ESC)
        terminal.wait_until(lambda title=title: title not in "\n".join(terminal.screen.display))


def press_slowly(terminal: Terminal, *keys: str) -> None:
    for key in keys:
        terminal.press(key)
        terminal.read(0.12)


def test_a_walk_through_hostile_sessions_writes_nothing_of_theirs(database: Path, terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal(database))
    terminal.wait_for("unfinished")
    press_slowly(terminal, "G", "k", "g", "j", "j")
    look_into(terminal, OVER_THE_LIST)
    terminal.press("G")
    terminal.wait_for("18/18")
    terminal.press("\r")
    terminal.wait_for("o fold")
    look_into(terminal, OVER_THE_TRANSCRIPT)
    press_slowly(terminal, "Z", *["\x04"] * 12, "J", "J", "y", "z", "T", "g", "/", *"pwned", "\x0e", "\r", "n", "n", "<", ">", "G", "\x15")
    terminal.press("\x11")
    assert terminal.end() == 0
    terminal.assert_restored()
    copied = assert_only_its_own(terminal.output)
    assert copied, "y copied something"
    assert not any(_OBEYED.search(text.replace("\n", "").replace("\t", "")) for text in copied)
    assert terminal.output.count(b"\x1b[?1049l") == 1
    assert "pwned" in terminal.output.decode()  # the texts were on the screen


def test_the_walk_would_notice() -> None:
    for name, payload in FAMILIES.items():
        if name not in ("markup", "marks"):
            with pytest.raises(AssertionError):
                assert_only_its_own(f"\x1b[1;1H\x1b[31m{payload}\x1b[0m".encode())
