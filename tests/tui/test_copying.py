"""What can be copied, how it reaches the terminal, and opening addresses and images."""

import base64
import subprocess
import webbrowser
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from chatviewer import paths
from chatviewer.domain import Attachment, FileImport, SessionSummary
from chatviewer.storage.library import Library
from chatviewer.tui import opening, picturing
from chatviewer.tui.clipboard import LIMIT_BYTES, sequence
from chatviewer.tui.continuing import resume_command
from chatviewer.tui.modals.menu import MenuModal
from chatviewer.tui.modals.notice import ConfirmModal
from chatviewer.tui.rendering.chunk import markdown_chunks
from chatviewer.tui.rendering.copying import code_blocks, copyables
from chatviewer.tui.rendering.links import addresses, addresses_in_row
from chatviewer.tui.widgets.transcript_sample import sample_messages, summary_of
from tests.factories import make_call, make_file, make_message, make_session
from tests.tui.test_main_screen import main_of, press

OpenViewer = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_code_blocks_are_taken_as_they_were_written() -> None:
    text = "a\n```python title=x\ndef f():\n    pass\n```\n> ~~~\n> quoted\n> ~~~\n```one line```\n"
    text += "- item\n  ```\n  two\n    three\n  ```\n````\n```\n````\n```sh\nopen"
    assert list(code_blocks(text)) == [
        ("python", "def f():\n    pass"),
        ("", "quoted"),
        ("", "two\n  three"),
        ("", "```"),
        ("sh", "open"),
    ]


@given(st.text(alphabet="`~> \nab", max_size=60))
def test_any_text_has_code_blocks_or_none(text: str) -> None:
    assert all(set(code) <= set(text) for _language, code in code_blocks(text))


def test_the_menu_offers_text_code_commands_diffs_and_links() -> None:
    messages = sample_messages()
    labels = [one.label for one in copyables(messages[4], "text")]
    assert labels[:3] == ["reply", "code block 1", "link"]
    code = copyables(messages[4], "text")[1].text
    assert code.startswith("@pytest.fixture\ndef database")
    here = copyables(messages[2], "call:1")
    assert here[0].label == "diff"
    assert "+import pytest" in here[0].text or " import pytest" in here[0].text
    command = next(one for one in copyables(messages[2], "text") if one.label == "command")
    assert command.text == "pytest -q -n 2"


def with_fields(**fields: object) -> SessionSummary:
    return summary_of(sample_messages())._replace(**fields)  # type: ignore[arg-type]


def test_resume_commands_name_id_and_place() -> None:
    assert resume_command(with_fields(source_id="1a-2b", project="/src/my api")) == "cd '/src/my api' && claude --resume 1a-2b"
    assert resume_command(with_fields(source="codex", source_id="1a", project="")) == "codex resume 1a"
    assert resume_command(with_fields(source_id="1a; rm -rf ~", project="")) == "claude --resume '1a; rm -rf ~'"
    for fields in ({"source": "chatgpt"}, {"parent_uid": "p"}, {"source_id": "a\x1b]52;c;x\x07"}, {"source_id": "-x"}, {"source_id": ""}):
        assert resume_command(with_fields(**fields)) == ""


def test_addresses_end_where_the_sentence_goes_on() -> None:
    text = "See [x](https://a.org/b_(c)) and <http://b.org/?q=1&r=2>, (https://c.org/d). `https://e.org/`;"
    text += " ftp://no.org file:///etc javascript:x"
    assert addresses(text) == ["https://a.org/b_(c)", "http://b.org/?q=1&r=2", "https://c.org/d", "https://e.org/"]
    assert addresses("https://a.org/\u202egnp.exe https:// https://\x1b[0m") == []


@given(st.text(max_size=80))
def test_no_address_holds_what_a_terminal_obeys(text: str) -> None:
    for address in addresses(f"https://x.org/{text}"):
        assert address.isprintable()
        assert " " not in address


def test_a_row_knows_the_addresses_that_it_shows_also_wrapped_ones() -> None:
    text = "one https://example.org/a/very/long/path/that/does/not/fit/on/one/row and [two](https://example.org/a) end"
    rows = [row for chunk in markdown_chunks(text) for row in chunk.layout(24)]
    found = addresses(text)
    shown = [addresses_in_row(found, rows, number) for number in range(len(rows))]
    assert [found[0]] in shown
    assert [found[1]] in shown
    assert sum(found[0] in one for one in shown) > 2
    assert addresses_in_row(found, rows, len(rows) - 1) in ([], [found[1]])


def test_multiplexers_are_told_to_hand_the_text_on() -> None:
    plain = sequence("héllo", {})
    assert base64.b64decode(plain.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == "héllo"
    wrapped = sequence("héllo", {"TMUX": "/tmp/tmux-1000/default,1,0"})
    assert wrapped == plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    in_screen = sequence("héllo" * 400, {"STY": "1.pts"})
    pieces = in_screen.split("\x1b\\")
    assert pieces.pop() == ""
    assert all(piece.startswith("\x1bP") and len(piece) < 768 for piece in pieces)
    assert "".join(piece[2:] for piece in pieces) == sequence("héllo" * 400, {})


@pytest.fixture
def linked(library: Library) -> Library:
    image = Attachment(media_type="image/png", name="shot.png", byte_count=len(PNG), data=PNG)
    session = make_session(
        "1a-2b",
        [
            make_message("m0", "look at https://example.org/docs please \x1b]52;c;eA==\x07", attachments=(image,)),
            make_message(
                "m1", "```sh\nls\n```", role="assistant", parent="m0", tool_calls=(make_call("m1", result="x" * (LIMIT_BYTES + 1)),)
            ),
        ],
        project="/src/api",
    )
    library.save([FileImport(file=make_file(), sessions=(session,))])
    return library


async def test_the_copy_menu_copies_what_is_chosen_and_says_so(open_viewer: OpenViewer, linked: Library) -> None:
    async with open_viewer(linked) as pilot:
        main = main_of(pilot)
        await press(pilot, "enter", "J", "Y")
        assert isinstance(pilot.app.screen, MenuModal)
        await press(pilot, *"code", "enter")
        assert pilot.app.clipboard == "ls"
        assert main.status.notice == "Copied the code block 1 · 2 characters"
        await press(pilot, "Y", *"resume", "enter")
        assert pilot.app.clipboard == "cd /src/api && claude --resume 1a-2b"
        await press(pilot, "Y", *"result", "enter")
        assert "Too long for the clipboard" in main.status.notice
        copied = paths.handover_directory() / "copied.txt"
        assert copied.read_text() == "x" * (LIMIT_BYTES + 1)
        assert copied.stat().st_mode & 0o077 == 0


async def test_copied_text_is_harmless_however_it_is_copied(open_viewer: OpenViewer, linked: Library) -> None:
    async with open_viewer(linked) as pilot:
        await press(pilot, "enter", "y")
        assert "␛]52" in pilot.app.clipboard
        pilot.app.copy_to_clipboard("a\x1b[31mb")
        assert pilot.app.clipboard == "a␛[31mb"
        assert "selection" in main_of(pilot).status.notice


async def test_enter_on_an_address_asks_with_all_of_it(open_viewer: OpenViewer, linked: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Browser(webbrowser.BaseBrowser):
        def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
            asked.append(url)
            return True

    monkeypatch.setattr(webbrowser, "get", lambda: Browser("graphical"))
    async with open_viewer(linked) as pilot:
        await press(pilot, "enter", "j", "enter")
        assert isinstance(pilot.app.screen, ConfirmModal)
        await press(pilot, "n")
        assert not asked
        await press(pilot, "enter", "y")
        assert asked == ["https://example.org/docs"]
        assert main_of(pilot).status.notice == "Opened in the browser"


async def test_without_a_browser_the_address_is_copied(open_viewer: OpenViewer, linked: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("/usr/bin/w3m"))
    async with open_viewer(linked) as pilot:
        await press(pilot, "enter", "j", "enter", "y")
        assert pilot.app.clipboard == "https://example.org/docs"
        assert "no browser" in main_of(pilot).status.notice


async def test_enter_on_an_image_asks_and_opens_it_from_a_private_file(
    open_viewer: OpenViewer, linked: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    monkeypatch.setattr(picturing, "can_picture", lambda: False)
    async with open_viewer(linked) as pilot:
        await press(pilot, "enter", "J", "k", "k")
        view = main_of(pilot).reader.view
        assert view is not None
        block = view.layout_of_rows.block_at(view.cursor)
        assert block is not None
        assert block.key == "attachment:0"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ConfirmModal)
        await press(pilot, "y")
        path = Path(started[0][-1])
        assert path.read_bytes() == PNG
        assert path.suffix == ".png"
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("data", "suffix"), [(PNG, ".png"), (b"RIFF1234WEBPVP8 ", ".webp"), (b"<svg onload=x>", None), (b"#!/bin/sh", None)]
)
def test_only_what_begins_as_an_image_is_opened(data: bytes, suffix: str | None) -> None:
    assert opening.image_suffix(data) == suffix


def test_only_http_is_ever_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: pytest.fail("asked for a browser"))
    for url in ("file:///etc/passwd", "javascript:alert(1)", "-x", ""):
        assert opening.open_address(url).is_warning


def test_sample_messages_can_all_be_copied() -> None:
    for message in sample_messages():
        for call in range(len(message.tool_calls)):
            assert copyables(message, f"call:{call}")
        assert copyables(message._replace(note="n"), "note")
