"""Keys, tokens and passwords in chats, found and hidden before text leaves the archive.

High precision before high recall: a hidden word that was no secret spoils an export, so what stands here has a form that
nothing else has (the prefixes that providers give their keys), or stands behind a name that says what it is. Not every secret
is found; the reader of an export is told how many were, by kind.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from chatviewer.domain.summary import MessageOpening, SessionSummary
from chatviewer.exporters.base import ExportReader

if TYPE_CHECKING:
    from chatviewer.domain.message import Message
    from chatviewer.domain.session import ContextItem, Session


class Form(NamedTuple):
    """One kind of secret. `hints`: one of them (in lower case) stands in every text that holds it, a cheap test before the expression.
    The group `secret`, where there is one, is what is hidden; else the whole match. `is_told`: its place alone says that it is a secret,
    even if it is a plain word."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    is_told: bool = False


def _form(kind: str, hints: str, pattern: str, *, is_told: bool = False) -> Form:
    return Form(kind, tuple(hints.split()), re.compile(pattern), is_told)


_EDGE, _END = r"(?<![A-Za-z0-9_/+.-])", r"(?![A-Za-z0-9_-])"
# The end of a name is enough: client_secret ends in secret. Each expression begins with a set of letters, which `re` skips to quickly;
# one that ignores case as a whole would be tried at every character.
_UPPER_NAME = r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET(?:_?KEY)?|API_?KEY|ACCESS_?KEY|TOKEN)"
_NAME = r"[PpSsAaTt](?i:(?<=p)(?:assword|asswd|assphrase)|(?<=s)ecret(?:[_-]?key)?|(?<=a)(?:pi|ccess)[_-]?key|(?<=t)oken)"
# Without quotes only behind what is always a password, and with a digit and a letter in it: no word, number or `user.password2`.
_PASSWORD = r"[Pp](?i:(?<=p)(?:assword|asswd|assphrase))"
_NO_VALUE = r"\s\"'`$<>{}()\[\];|&*\\,"


def _bare(least: int) -> str:
    return (
        rf"(?=[^{_NO_VALUE}\d]{{0,200}}\d)(?=[^{_NO_VALUE}A-Za-z]{{0,200}}[A-Za-z])(?![A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:[^\w.]|\Z))"
        rf"(?P<secret>[^{_NO_VALUE}]{{{least},200}})(?=[\s\"'`;,&)\]}}<\\]|\Z)"
    )


# Arguments of commands. What else stands in the command before it, up to the next command; a value in quotes, or up to the end of a word,
# that is no variable, path, list or ports; and one behind a user's name, as few sentences about an option have it.
# A backslash is read in one way only, with the space behind it: with two, a row of them would be tried in more ways than can be counted.
_ESCAPED = r"\\(?:\s|(?!\s))"
_REST, _REST_OF_URLS = rf"(?:[^\n|;&\\]|{_ESCAPED}){{0,300}}?", rf"(?:[^\n|&\\]|&(?!&)|{_ESCAPED}){{0,300}}?"
_QUOTE = r"(?:\\?(?P<quote>[\"']))?"
_SECRET = (
    r"(?![-$<>{}()\[\]%,.~/`\s]|\d+(?:\.\d+)*:\d|[A-Za-z_]\w*(?:(?:\.[A-Za-z_]\w*)+(?:[^\w.]|\Z)|\())"
    r"(?P<secret>(?(quote)(?:(?!(?P=quote))[^\n\\`])|[^\s\"'`;|&<>()\\]){3,200})"
)
_VALUE = _QUOTE + _SECRET
_MYSQL = r"m(?<![\w-]m)(?:ysql(?:dump|admin|import|show|check|binlog|pump|sh|slap)?|ariadb(?:-[a-z]{4,8})?)(?=\s)"
_NO_OPTION = r"(?!(?:thread|ipe|edantic|rint0?|rune|ath|erm|refix|reserve|rogress|roduction|arallel)\b)"  # -pthread, find -print
_LOGIN = r"(?:docker|podman|nerdctl|buildah|skopeo|oras|registry|acr|oc|cf) login(?=\s)"
_WITH_USER = r"\s(?:-u|--user(?:name)?)[ =]?\S{1,80}\s{1,3}(?:-p|--password)[ =]?"
_BEGIN, _FINISH = r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----", r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_URL_USER = r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>`]{1,80}"

FORMS: tuple[Form, ...] = (
    # whole, or cut off after some lines of its body
    _form(
        "private key",
        "private",
        rf"{_BEGIN}(?:(?:(?!-----)[A-Za-z0-9+/=\s:,-]|\\[nr]){{32,20000}}{_FINISH}|(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{{40,80}})+)",
    ),
    _form("anthropic key", "sk-ant-", _EDGE + r"sk-ant-[A-Za-z0-9_-]{20,200}" + _END),
    _form("openrouter key", "sk-or-", _EDGE + r"sk-or-(?:v1-)?[a-f0-9]{40,80}" + _END),
    _form("openai key", "sk-", _EDGE + r"sk-(?:proj-|svcacct-|admin-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,200}" + _END),
    _form(
        "github token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", _EDGE + r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,100})" + _END
    ),
    _form("gitlab token", "glpat-", _EDGE + r"glpat-[A-Za-z0-9_-]{20,64}" + _END),
    _form("aws key", "akia asia", _EDGE + r"(?:AKIA|ASIA)[A-Z2-7]{16}" + _END),
    _form(
        "aws key",
        "aws_secret_access_key secretaccesskey",
        r"(?i:aws_secret_access_key|SecretAccessKey)\\?[\"']?\s*[=:]\s*\\?[\"']?(?P<secret>[A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])",
    ),
    _form("google key", "aiza ya29. gocspx-", _EDGE + r"(?:AIza[\w-]{35}|ya29\.[\w-]{30,300}|GOCSPX-[\w-]{28})" + _END),
    _form("slack token", "xox xapp-", _EDGE + r"(?:xox[abeoprs]|xapp-\d)-[A-Za-z0-9-]{20,250}" + _END),
    _form("slack webhook", "hooks.slack.com", r"https://hooks\.slack\.com/(?P<secret>(?:services|workflows)/[A-Za-z0-9/_-]{20,200})"),
    _form(
        "stripe key", "k_live_ k_test_ whsec_", _EDGE + r"(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,64})" + _END
    ),
    _form("package registry token", "npm_ pypi-", _EDGE + r"(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{60,250})" + _END),
    _form("hugging face token", "hf_", _EDGE + r"hf_[A-Za-z0-9]{30,40}" + _END),
    _form("sendgrid key", "sg.", _EDGE + r"SG\.[\w-]{22}\.[\w-]{43}" + _END),
    _form("digitalocean token", "dop_v1_ doo_v1_ dor_v1_", _EDGE + r"do[opr]_v1_[a-f0-9]{64}" + _END),
    _form("bot token", ":aa", r"(?<![A-Za-z0-9_])\d{8,10}:AA[\w-]{33}" + _END),
    _form("json web token", "eyj", _EDGE + r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{16,1000}"),
    _form(
        "authorization header",
        "authorization",
        r"(?i:\bauthorization\b\\?[\"']?\s*[:=]\s*\\?[\"']?(?:bearer|basic|token)\s+)(?P<secret>[A-Za-z0-9._~+/=-]{12,2000})",
    ),
    _form("password in a url", "://", _URL_USER + r":(?P<secret>[^\s/:@\"'<>`]{3,200})@(?=[A-Za-z0-9\[])"),
    # NAME=value as in .env files and shells, and name: "value" in code and settings; never a bare `token = call()`
    _form(
        "password",
        "password passwd passphrase secret token key",
        _UPPER_NAME + r"(?:_[A-Z0-9]{1,40})?="
        r"(?P<quote>[\"']?)(?P<secret>[^\s\"'$<>{}()`;|&*\\]{8,400})(?P=quote)(?=[\s;\"'`\\]|\Z)",
    ),
    _form(
        "password",
        "password passwd passphrase secret token key",
        _NAME + r"\\?[\"']?\s{0,20}[:=]\s{0,20}"
        r"\\?(?P<quote>[\"'])(?P<secret>[^\s\"'$<>{}()`\\]{8,400})\\?(?P=quote)",
    ),
    # settings, connection strings, addresses, arguments of commands: password=value, password: value, --password value
    _form("password", "password passwd passphrase", _PASSWORD + r"(?:=|:[ \t]{0,20})" + _bare(8)),
    _form("password", "--passw", r"--passw(?:or)?d(?:=|[ \t]{1,20})" + _bare(6)),
    _form("password", "--pass", r"--pass(?:word|wd|phrase)(?:=|[ \t]{1,20})(?=\\?[\"'])" + _VALUE, is_told=True),
    _form("password", "--passw", r"--passw(?:or)?d\\?[\"'],\s{0,20}(?=\\?[\"'])" + _VALUE),
    _form("password", "mysql mariadb", rf"{_MYSQL}{_REST}\s(?:-p{_NO_OPTION}|--password=){_VALUE}", is_told=True),
    _form(  # no numbers of a user and a group, which other commands take so
        "password",
        "curl",
        rf"curl(?=\s){_REST_OF_URLS}\s(?:-[A-Za-z]{{0,6}}[uU]|--(?:proxy-)?user(?=[ =]))[ =]?{_QUOTE}"
        rf"(?!\d+:\d+\b)[^\s:\"'`\\]{{0,100}}:{_SECRET}",
        is_told=True,
    ),
    _form("password", "mongo", rf"mongo[a-z]{{0,8}}(?=\s){_REST}{_WITH_USER}{_VALUE}", is_told=True),
    _form("password", "login", rf"{_LOGIN}{_REST}{_WITH_USER}{_VALUE}", is_told=True),
    _form("password", "login", rf"{_LOGIN}{_REST}\s-p ?{_VALUE}"),
    _form("password", "sshpass", rf"sshpass\s+-p ?{_VALUE}"),
    _form("password", "sshpass", rf"sshpass\s+-p ?{_VALUE}[\\\"']{{0,2}}\s+(?:ssh|scp|sftp|rsync)\s", is_told=True),
    _form("password", "redis-cli", rf"redis-cli(?=\s){_REST}\s(?:-a|--pass)[ =]{_VALUE}"),
    _form(
        "password", "pgpassword mysql_pwd sshpass rediscli_auth", rf"(?:PGPASSWORD|MYSQL_PWD|SSHPASS|REDISCLI_AUTH)={_VALUE}", is_told=True
    ),
)

# Members of JSON objects (tool arguments, metadata) whose value is a secret whatever it looks like.
_SECRET_MEMBER = re.compile(
    r"(?:\w{1,40}[_-])?(?:password|passwd|passphrase|secret|(?:api|secret|private)[_-]?key|(?:access|auth|refresh)[_-]?token|client[_-]?secret)",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"(?i)(?:.*(?:example|placeholder|your[ _-]|change_?me|redacted|dummy|sample|process\.env|os\.environ).*"
    r"|[x*.\-_#0]+|(?:my|the|test|some|user|a|new|old|api|db)?[_-]?(?:password|passwd|pwd|passphrase|secret|token|key|pass|user)\d{0,3}|none|null|true|false|undefined)"
)


class Redactor:
    """Hides secrets in texts and counts them by kind in `found`."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()

    def text(self, text: str) -> str:
        """The text with each secret replaced by `[redacted: kind]`."""
        if len(text) < 12:
            return text
        lower = text.lower()
        for form in FORMS:
            if any(hint in lower for hint in form.hints):
                text = form.pattern.sub(partial(self._hidden, form), text)
        return text

    def _hidden(self, form: Form, match: re.Match[str]) -> str:
        kind, group = form.kind, "secret" if "secret" in match.re.groupindex else 0
        if group and not _looks_secret(match[group], is_word_too=form.is_told or kind != "password"):
            return match[0]
        self.found[kind] += 1
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return f"{match[0][:start]}[redacted: {kind}]{match[0][end:]}"

    def value(self, value: Any) -> Any:
        """The same in every text of a JSON value. Iterative: foreign values may be nested very deep."""
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, (dict, list, tuple, Mapping)):
            return value
        root: list[Any] = [None]
        stack: list[tuple[Any, Any, Any]] = [(root, 0, value)]
        while stack:
            home, place, item = stack.pop()
            if isinstance(item, Mapping):
                home[place] = made = dict.fromkeys(item)
                stack.extend((made, key, element) for key, element in item.items())
            elif isinstance(item, (list, tuple)):
                home[place] = array = [None] * len(item)
                stack.extend((array, index, element) for index, element in enumerate(item))
            elif isinstance(item, str):
                home[place] = self._member(place, item)
            else:
                home[place] = item
        return root[0]

    def _member(self, name: Any, text: str) -> str:
        if isinstance(name, str) and len(text) >= 6 and _SECRET_MEMBER.fullmatch(name) and _looks_secret(text, is_word_too=True):
            self.found["password"] += 1
            return "[redacted: password]"
        return self.text(text)

    def summary(self) -> str:
        """2 github tokens, 1 password"""
        return ", ".join(
            f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(self.found.items(), key=lambda item: (-item[1], item[0]))
        )


def _looks_secret(text: str, *, is_word_too: bool) -> bool:
    """Whether a value behind a telling name is one: no placeholder, no reference, no plain word or path."""
    if _PLACEHOLDER.fullmatch(text) or text.startswith(("$", "<", "{", "%", "/", "./", "~", "http://", "https://")):
        return False
    if not is_word_too and re.sub("[_.-]", "", text).isalpha():
        return False  # name: "value" in code is mostly a label; a secret holds a digit or a sign
    return len(set(text)) > 2


class RedactingReader:
    """An `ExportReader` that hides secrets in everything that another one gives."""

    def __init__(self, reader: ExportReader, redactor: Redactor) -> None:
        self._reader = reader
        self._redactor = redactor
        self.stubs = reader.stubs
        self.attachment_data = reader.attachment_data
        self.preferences = reader.preferences

    def summaries(self, summaries: Iterable[SessionSummary]) -> Iterator[SessionSummary]:
        """The titles of sessions without secrets."""
        for summary in summaries:
            yield summary._replace(title=self._redactor.text(summary.title), tags=tuple(map(self._redactor.text, summary.tags)))

    def session(self, uid: str) -> "Session":
        session, hide = self._reader.session(uid), self._redactor
        return session._replace(
            title=Redactor().text(session.title),  # counted with its summary
            summary=hide.text(session.summary),
            system_prompt=hide.text(session.system_prompt),
            note=None if session.note is None else hide.text(session.note),
            context=hide.value(session.context),
            metadata=hide.value(session.metadata),
        )

    def messages(self, session_id: int, seqs: Sequence[int] | None = None) -> "list[Message]":
        return [self._message(message) for message in self._reader.messages(session_id, seqs)]

    def openings(self, session_id: int, seqs: Sequence[int] | None = None) -> list[MessageOpening]:
        """Whole texts, so that no secret is cut where it could still be read; counted with their messages."""
        quiet = RedactingReader(self._reader, Redactor())
        return [MessageOpening(message.seq, message.content, message.created_at) for message in quiet.messages(session_id, seqs)]

    def message_session(self, uid: str) -> "tuple[SessionSummary, Message]":
        summary, message = self._reader.message_session(uid)
        quiet = RedactingReader(self._reader, Redactor())  # it is counted when it is written
        return next(quiet.summaries([summary])), quiet._message(message)

    def context_items(self, session_id: int) -> "list[ContextItem]":
        return [
            item._replace(value=self._redactor.value({item.key: item.value})[item.key]) for item in self._reader.context_items(session_id)
        ]

    def _message(self, message: "Message") -> "Message":
        hide = self._redactor
        calls = tuple(
            call._replace(
                arguments=hide.value(call.arguments),
                result=None if call.result is None else hide.text(call.result),
                error_message=None if call.error_message is None else Redactor().text(call.error_message),  # a line of the result
            )
            for call in message.tool_calls
        )
        attachments = tuple(item._replace(text=None if item.text is None else hide.text(item.text)) for item in message.attachments)
        rating = message.rating
        return message._replace(
            content=hide.text(message.content),
            thinking=hide.text(message.thinking),
            note=None if message.note is None else hide.text(message.note),
            rating=None if rating is None else rating._replace(text=hide.text(rating.text)),
            metadata=hide.value(message.metadata),
            tool_calls=calls,
            attachments=attachments,
        )
