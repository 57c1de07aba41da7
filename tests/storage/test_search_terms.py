"""What people type and what it must find: real-shaped text, searched through the whole library. This set decides, not taste."""

import re
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import Attachment, Session
from chatviewer.query import parse
from chatviewer.storage import terms as terms_module
from chatviewer.storage.library import Library
from chatviewer.storage.terms import extra_terms, extra_terms_of, query_terms, unordered_terms, unordered_terms_of
from tests.factories import fill, make_message, make_session
from tests.measuring import cpu_seconds

TEXTS = {
    "snake": "Rename retry_with_backoff to retry_with_jitter in http_client.py, and keep MAX_RETRY_COUNT.",
    "camel": "getUserName calls parseHTTPResponse; the XMLHttpRequest wrapper is in userProfile.displayName.",
    "kebab": "Set --no-verify-ssl and data-test-id, then run pre-commit in the blue-heron repository.",
    "path": "It fails at src/app/models/user.py:42 and in C:\\Users\\ana\\notes.txt, see ../shared/README.md",
    "version": "Upgrade from v1.2.3 to v1.10.0-rc2; Python 3.11.7 and node@20.11.1 are fine, utf8 too.",
    "error": "Error: connect ECONNREFUSED 127.0.0.1:5432; HTTP 404, E0308, TS2345 and exit code 137 (SIGKILL).",
    "hexadecimal": "Segfault at 0x7ffe12ab, commit 3f2a9c1d8e, colour #ff8800, mask 0xDEADBEEF.",
    "uuid": "Request 550e8400-e29b-41d4-a716-446655440000 failed, trace 4bf92f3577b34da6a3ce929d0e0e4736.",
    "mail": "Ask jane.doe+lists@example.co.uk or @octocat about PR #1234.",
    "url": "Docs: https://docs.example.org/api/v2/users?id=7&sort=name#top and http://localhost:8080/health",
    "accents": "Der Größenwähler für die Café-Küche: naïve résumé, Ångström, señor, Kraków, smørrebrød, Łódź.",
    "sharp": "In der Hauptstraße gilt: Maße prüfen, weiß streichen.",
    "chinese": "请帮我修复登录页面的错误，数据库连接超时。",
    "japanese": "テストが不安定です。データベース接続をモックしてください。関数getUserを使う。",
    "korean": "데이터베이스 연결이 실패했습니다. 사용자에게 알려주세요.",
    "thai": "ช่วยแก้ไขข้อผิดพลาดในหน้าเข้าสู่ระบบ ภาษาไทยไม่มีช่องว่าง",
    "emoji": "Deployed 🚀 and celebrated 🎉🎉, then it broke 😱 — fixed with ❤️ by 👩‍💻.",
    "russian": "Ошибка подключения к базе данных: ёлка.",
    "hebrew": "שלום עולם, בדיקה",
    "code": "def foo(a, b): return a+b  # x = arr[0]; std::vector<int>; fmt.Println(err); $HOME; p->next != NULL",
    "mixed": "使用Python3编写的API接口，调用useEffect和axios.get()。",
    "units": "The column is 640px wide, done in 12ms with 16GB, on the 3rd try, 5 kg.",
    "apart": unicodedata.normalize("NFD", "받은 데이터베이스.pdf, ガイドブック, Müllers Ménü.txt") + ", ｶﾞｲﾄﾞ",  # as macOS writes names
    "wide": "ＰＹＴＨＯＮ　ｖ３ ﬁle",
    "coloured": "\x1b[32mPASSED\x1b[0m lib/a.rs \x1b[1;38;5;9mlintError\x1b[m \x1b[01;31m\x1b[Ksrc/lexer.rs:17\x1b[0m \x1b[34m警告\x1b[0m",
}

# (query, those that must be found, those that must not)
TRIPLES = [
    ("passed", "coloured", ""),
    ("pass*", "coloured", ""),
    ("lintError", "coloured", ""),
    ("lint", "coloured", ""),
    ("lexer.rs", "coloured", ""),
    ("src/lexer.rs:17", "coloured", ""),
    ("lexer src", "coloured", ""),
    ('"lexer src"', "", "coloured"),
    ("警告", "coloured", ""),
    ("640", "units", ""),
    ("12", "units", ""),
    ("16 3", "units", ""),
    ("5kg", "units", ""),
    ("640px", "units", ""),
    ('"640"', "", "units"),
    ('"640px wide"', "units", ""),
    ("64", "", "units"),
    ("px", "", "units"),
    ("640 px", "units", ""),
    ("12 MS with", "units", ""),
    ("on 16 gb", "units", ""),
    ("5 kg", "units", ""),
    ("px 640", "", "units"),
    ('"640" px', "", "units"),
    ("640 OR px 3", "units", ""),
    ("-640 px", "", "units"),
    ("64 px", "", "units"),
    ("64* px", "", "units"),
    ("640 p", "", "units"),
    ("retry_with_backoff", "snake", ""),
    ("retry with backoff", "snake", ""),
    ("backoff", "snake", ""),
    ("retry_with", "snake", ""),
    ("with_backoff_retry", "", "snake"),
    ("max_retry_count", "snake", ""),
    ("http_client.py", "snake", ""),
    ("jit*", "snake", ""),
    ("jit", "", "snake"),
    ("getUserName", "camel", "japanese"),
    ("getusername", "camel", ""),
    ("userName", "camel", "snake"),
    ("user", "camel japanese", ""),
    ("get_user_name", "camel", ""),
    ("parseHTTPResponse", "camel", ""),
    ("HTTPResponse", "camel", ""),
    ("http response", "camel", ""),
    ("XMLHttpRequest", "camel", ""),
    ("HttpRequest", "camel", ""),
    ("request", "camel uuid", ""),
    ("displayName", "camel", ""),
    ("userProfile.displayName", "camel", ""),
    ("profile.display", "camel", ""),
    ("nameUser", "", "camel"),
    ("--no-verify-ssl", "kebab", ""),
    ("no-verify-ssl", "kebab", ""),
    ("data-test-id", "kebab", ""),
    ("pre-commit", "kebab", ""),
    ("blue-her*", "kebab", ""),
    ("commit-pre", "", "kebab"),
    ("src/app/models/user.py:42", "path", ""),
    ("models/user.py", "path", ""),
    ("user.py", "path", "snake"),
    ("app/user", "", "path"),
    ("C:\\Users\\ana", "path", ""),
    ("notes.txt", "path", ""),
    ("README.md", "path", ""),
    ("v1.2.3", "version", ""),
    ("1.2.3", "version", ""),
    ("1.2", "version", ""),
    ("2.1", "", "version"),
    ("v1.10.0-rc2", "version", ""),
    ("1.10.0", "version", ""),
    ("3.11.7", "version", ""),
    ("3.11", "version", ""),
    ("node@20", "version", ""),
    ("utf8", "version", ""),
    ("utf", "version", ""),
    ("ECONNREFUSED", "error", ""),
    ("econnrefused", "error", ""),
    ("econn*", "error", ""),
    ("127.0.0.1:5432", "error", ""),
    ("127.0.0.1", "error", ""),
    ("5432", "error", ""),
    ("404", "error", ""),
    ("E0308", "error", ""),
    ("TS2345", "error", ""),
    ("2345", "error", ""),
    ("exit code 137", "error", ""),
    ('"exit code 137"', "error", ""),
    ('"code exit"', "", "error"),
    ("sigkill", "error", ""),
    ("0x7ffe12ab", "hexadecimal", ""),
    ("7ffe12ab", "hexadecimal", ""),
    ("0x7ffe*", "hexadecimal", ""),
    ("deadbeef", "hexadecimal", ""),
    ("3f2a9c1d8e", "hexadecimal", ""),
    ("3f2a9*", "hexadecimal", ""),
    ("#ff8800", "hexadecimal", ""),
    ("550e8400-e29b-41d4-a716-446655440000", "uuid", ""),
    ("550e8400", "uuid", ""),
    ("550e8400-e29b", "uuid", ""),
    ("550e84*", "uuid", ""),
    ("550e8400-e2*", "uuid", ""),
    ("a716-446655440000", "uuid", ""),
    ("e29b-550e8400", "", "uuid"),
    ("4bf92f35*", "uuid", ""),
    ("jane.doe+lists@example.co.uk", "mail", ""),
    ("jane.doe", "mail", ""),
    ("example.co.uk", "mail", "url"),
    ("@octocat", "mail", ""),
    ("#1234", "mail", ""),
    ("https://docs.example.org/api/v2/users", "url", ""),
    ("docs.example.org", "url", "mail"),
    ("example.org", "url", "mail"),
    ("users?id=7", "url", ""),
    ("localhost:8080", "url", ""),
    ("localhost:9090", "", "url"),
    ("grossenwahler", "", ""),
    ("größenwähler", "accents", ""),
    ("grössenwähler", "accents", ""),
    ("cafe", "accents", ""),
    ("CAFÉ", "accents", ""),
    ("kuche", "accents", ""),
    ("naive resume", "accents", ""),
    ("angstrom", "accents", ""),
    ("senor", "accents", ""),
    ("krakow", "accents", ""),
    ("smørrebrød", "accents", ""),
    ("smorrebrod", "accents", ""),
    ("lodz", "accents", ""),
    ("Hauptstraße", "sharp", ""),
    ("hauptstrasse", "sharp", ""),
    ("HAUPTSTRASSE", "sharp", ""),
    ("strasse", "", "sharp"),
    ("weiss", "sharp", ""),
    ("masse", "sharp", ""),
    ("登录", "chinese", ""),
    ("登录页面", "chinese", ""),
    ("数据库", "chinese", ""),
    ("据库连", "chinese", ""),
    ("录登", "", "chinese"),
    ("页面登录", "", "chinese"),
    ("超", "chinese", "japanese"),
    ("时", "chinese", ""),
    ("数据库 超时", "chinese", ""),
    ('"连接超时"', "chinese", ""),
    ("データベース", "japanese", ""),
    ("データ", "japanese", ""),
    ("タベ", "japanese", ""),
    ("ベータ", "", "japanese"),
    ("接続", "japanese", "chinese"),
    ("不安定", "japanese", ""),
    ("getUser", "japanese camel", ""),
    ("関数getUser", "japanese", ""),
    ("データベース接続をモックしてください", "japanese", ""),
    ("데이터베이스", "korean", ""),
    ("데이터", "korean", ""),
    ("연결", "korean", ""),
    ("결연", "", "korean"),
    ("사용자", "korean", ""),
    ("ภาษาไทย", "thai", ""),
    ("ภาษา", "thai", ""),
    ("ไทย", "thai", ""),
    ("ผิดพลาด", "thai", ""),
    ("ระบบ", "thai", ""),
    ("ยทไ", "", "thai"),
    ("🚀", "emoji", ""),
    ("🎉", "emoji", ""),
    ("🎉 broke", "emoji", ""),
    ("❤️", "emoji", ""),
    ("❤", "emoji", ""),
    ("👩‍💻", "emoji", ""),
    ("🐍", "", "emoji"),
    ("ошибка", "russian", ""),
    ("ОШИБКА", "russian", ""),
    ("подключения", "russian", ""),
    ("елка", "russian", ""),
    ("שלום", "hebrew", ""),
    ("foo(a,", "code", ""),
    ("a+b", "code", ""),
    ("arr[0]", "code", ""),
    ("std::vector", "code", ""),
    ("fmt.Println", "code", ""),
    ("println", "code", ""),
    ("$HOME", "code", ""),
    ("p->next", "code", ""),
    ("->", "code", "snake"),
    ("!=", "code", ""),
    ("Python", "mixed version wide", ""),
    ("python3", "mixed version", "wide"),
    ("编写", "mixed", ""),
    ("API接口", "mixed", ""),
    ("接口", "mixed", "chinese"),
    ("api", "mixed url", ""),
    ("useEffect", "mixed", ""),
    ("effect", "mixed", ""),
    ("axios.get", "mixed", ""),
    ("v3", "wide", ""),
    ("데이터", "korean apart", ""),
    ("이터베", "korean apart", ""),
    ("터데", "", "apart"),
    (unicodedata.normalize("NFD", "데이터"), "korean apart", ""),
    ("ガイド", "apart", ""),
    ("カイト", "", "apart"),
    ("müllers", "apart", ""),
    ("mullers menu", "apart", ""),
    (unicodedata.normalize("NFD", "größen*"), "accents", "apart"),
    ("file", "wide", ""),
]


PLACES: dict[str, Callable[[str, str], Session]] = {
    "message": lambda name, text: make_session(name, [make_message(name, text)], title="."),
    "title": lambda name, text: make_session(name, [make_message(name, ".")], title=text),
    "summary": lambda name, text: make_session(name, [make_message(name, ".")], title=".", summary=text),
    "attachment name": lambda name, text: make_session(name, [make_message(name, ".", attachments=(Attachment(name=text),))], title="."),
    "attachment": lambda name, text: make_session(name, [make_message(name, ".", attachments=(Attachment(text=text),))], title="."),
}


@pytest.fixture(scope="module", params=PLACES)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Each text in a session of its own, wherever a person's words may stand."""
    with Library.open(tmp_path_factory.mktemp("terms") / "chatviewer.db") as opened:
        fill(opened, *(PLACES[request.param](name, text) for name, text in TEXTS.items()))
        yield opened


def test_the_set_is_large_enough() -> None:
    assert len(TRIPLES) >= 150


@pytest.mark.parametrize(("text", "wanted", "unwanted"), TRIPLES)
def test_finds(library: Library, text: str, wanted: str, unwanted: str) -> None:
    names = {summary.id: summary.source_id for summary in library.summaries(library.session_ids())}
    found = {names[hit.session_id] for hit in library.search(parse(text)).hits}
    assert found >= set(wanted.split())
    assert found.isdisjoint(unwanted.split())
    listed = {names[id_] for id_ in library.session_ids(parse(text))}
    assert listed >= set(wanted.split())
    assert listed.isdisjoint(unwanted.split())


@pytest.mark.parametrize(
    ("text", "lit"),
    [
        ("userName", "UserName"),
        ("retry_with", "retry_with"),
        ("登录", "登录"),
        ("cafe", "Café"),
        ("ECONNREFUSED", "ECONNREFUSED"),
        ("jit*", "jit"),
        ("데이터", unicodedata.normalize("NFD", "데이터")),
        ("ガイド", unicodedata.normalize("NFD", "ガイド")),
        ("menu", unicodedata.normalize("NFD", "Ménü")),
        (unicodedata.normalize("NFD", "größenwähler"), "Größenwähler"),
        ("file", "ﬁle"),
        ("ガイド", "ｶﾞｲﾄﾞ"),
        ("ｶﾞｲﾄﾞ", "ｶﾞｲﾄﾞ"),
        ("🚀", "🚀"),
        ("->", "->"),
        ("lintError", "lintError"),
    ],
)
def test_what_was_found_is_lit(library: Library, text: str, lit: str) -> None:
    snippets = [hit.snippet for hit in library.search(parse(text)).hits]
    assert any(f"\x02{lit}\x03" in snippet for snippet in snippets), snippets


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("plain words, and 1,234 numbers: 10ms", None),
        ("commit 3f2a9c1d8e at 2026-03-01T10:00:00Z", None),
        ("aGVsbG8gd29ybGQgYmFzZTY0IGRhdGE0", None),
        ("ein Café für alle — “quoted”", None),
        ("getUserName", "get User Name"),
        ("v1.2.3", "v 1 2 3"),
        ("getUserName getUserName", "get User Name"),
        ("漢字", "漢字 字"),
        ("漢", "漢"),
        ("x🎉", "x u1f389"),
    ],
)
def test_terms_hold_only_what_the_tokenizer_misses(text: str, terms: str | None) -> None:
    assert extra_terms(text) == terms


@pytest.mark.parametrize("joint", [" ", "\n", "。"])
def test_a_text_that_is_worked_on_in_pieces_has_the_terms_of_the_whole(monkeypatch: pytest.MonkeyPatch, joint: str) -> None:
    text = joint.join([*TEXTS.values(), "用Python写getUserName", "x" * 500, "🎉"] * 2)
    whole = extra_terms(text)
    unordered = unordered_terms(text.encode())
    monkeypatch.setattr(terms_module, "LONG", 700)
    assert len(list(terms_module.pieces(text))) > 3
    assert "".join(terms_module.pieces(text)) == text
    assert set((extra_terms(text) or "").split()) == set((whole or "").split())
    assert set((unordered_terms_of([text]) or "").split()) == set((unordered or "").split())


@pytest.mark.parametrize("size", [1, 300, 1 << 17])
def test_texts_that_are_searched_together_have_the_terms_that_each_has_alone(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(terms_module, "_BATCH", size)
    texts = ["", *TEXTS.values(), "", "getUser", "Name", "v1", ".2.3", "plain", "", "漢", "字", "x" * 500, "é", ""]
    assert extra_terms_of(texts) == [extra_terms(text) for text in texts]
    assert extra_terms_of([]) == []


def test_terms_are_bounded() -> None:
    dictionary = " ".join(f"word{number}Two" for number in range(100_000))
    texts = (
        "aB" * 500_000,
        "a1" * 500_000,
        "漢" * 500_000,
        "a." * 500_000,
        "A" * 1_000_000,
        dictionary,
        "é" * 500_000,
        "漢a" * 200_000,
    )
    assert cpu_seconds(lambda: [extra_terms(text) for text in texts]) < 5
    for text in texts:
        assert len(extra_terms(text) or "") <= 200_000


@given(st.text())
def test_any_text_has_terms_that_can_be_stored(text: str) -> None:
    terms = extra_terms(text)
    assert terms is None or (terms == terms.strip() and "\0" not in terms and terms.encode())
    query_terms(text)


@given(st.text(alphabet="漢字仮名交じり文テスト한국어ภาษา", min_size=2, max_size=12), st.data())
def test_any_stretch_of_an_unspaced_run_is_found(run: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(run) - 2))
    piece = run[start : data.draw(st.integers(start + 2, len(run)))]
    split = query_terms(piece)
    assert split is not None
    parts, is_beginning = split
    pattern = " ".join(map(re.escape, parts))
    assert re.search(rf"(^| ){pattern}{'' if is_beginning else '( |$)'}", extra_terms(run) or "")
